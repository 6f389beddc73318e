"""What the tests of the ledger share: looking at who is one person, and cases to work on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.ledger import Ledger, graves, planning, work
from gateway.ledger import tables as t
from gateway.model import Ref


@pytest.fixture
def rows() -> Callable[..., list[Any]]:
    """All rows of a table, oldest first: `rows(ledger, t.records, state="held")`."""

    def read(ledger: Ledger, table: sa.Table, **where: Any) -> list[Any]:
        query = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
        query = query.order_by(*table.primary_key)
        with ledger.read() as tx:
            return list(tx.execute(query))

    return read


@pytest.fixture
def whose(rows: Callable[..., list[Any]]) -> Callable[[Ledger], dict[str, int]]:
    """Whose each record is: {"recman:1": 1, …}."""

    def read(ledger: Ledger) -> dict[str, int]:
        return {f"{row.processor}:{row.vendor_id}": row.subject_id for row in rows(ledger, t.records)}

    return read


@pytest.fixture
def doubts(rows: Callable[..., list[Any]]) -> Callable[[Ledger], list[tuple[int, int]]]:
    """The pairs that are asked about and not answered."""

    def read(ledger: Ledger) -> list[tuple[int, int]]:
        found = [row for row in rows(ledger, t.questions, kind="match") if row.answered_at is None]
        return sorted((row.subject_id, row.other_id) for row in found)

    return read


@pytest.fixture
def open_case(now: datetime) -> Callable[..., list[int]]:
    """Opens a case with a step at each processor; the numbers of the steps (their case has the first's number)."""

    def open_one(
        ledger: Ledger, subject: int, processors: Iterable[str] = ("recman",), *, state: str = "open",
        held_by: int | None = None, at: datetime = now,
    ) -> list[int]:  # fmt: skip
        with ledger.write() as tx:
            plan = work.add_plan(tx, at, 1, 20, "running", "operator")
            case = step = max(planning.next_numbers(tx))
            case_row = {
                "id": case, "subject_id": subject, "plan_id": plan, "trigger": "request", "purpose": None,
                "why": "asked to be erased", "state": state, "held_by": held_by, "opened_at": at, "due_at": at,
            }  # fmt: skip
            step_rows = [
                {"id": number, "case_id": case, "processor": name, "outcome": None, "reason": "", "kept": [],
                 "deleted": [], "attempts": 0, "next_at": at}
                for number, name in enumerate(processors, step)
            ]  # fmt: skip
            work.add_cases(tx, [case_row], step_rows)
        return [row["id"] for row in step_rows]

    return open_one


@pytest.fixture
def prove_gone(now: datetime) -> Callable[..., list[Any]]:
    """Closes a step as an audit does that found nothing left; what the trail has to say of it."""

    def prove(ledger: Ledger, number: int, *, stay: Iterable[Ref] = (), at: datetime = now) -> list[Any]:
        with ledger.write() as tx:
            step = work.get_step(tx, number)
            assert step is not None
            assert work.change_step(tx, number, outcome="verified", closed_at=at, next_at=None)
            gone = work.forget_records(tx, step.processor, {step.subject: set(stay)})
            marks = [(graves.link_hash(ledger.vault, step.processor, row.vendor_id), number) for row in gone]
            marks += [(mark, number) for _, mark in graves.hashes_of(tx, [row.id for row in gone])]
            graves.bury(tx, marks, step.processor, at)
            return graves.finish_cases(tx, ledger.vault, {step.case: number}, at, "gateway")

    return prove
