"""What the commands show and no other room asks for: small reads, each one statement."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.tables import AnyRow, cases, checkpoints, questions, steps, subjects, tombstones, trail

UNDER_WAY = ("open", "held", "waiting")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one case stands at one processor, in short."""

    processor: str
    outcome: str | None
    closed: bool


def standings(tx: Connection, numbers: Collection[int]) -> dict[int, list[Standing]]:
    """How each of these cases stands at its processors."""
    found: dict[int, list[Standing]] = {}
    for some in batches(numbers):
        query = sa.select(steps.c.case_id, steps.c.processor, steps.c.outcome, steps.c.closed_at)
        for row in tx.execute(query.where(steps.c.case_id.in_(some)).order_by(steps.c.id)):
            standing = Standing(row.processor, row.outcome, row.closed_at is not None)
            found.setdefault(row.case_id, []).append(standing)
    return found


def questions_of_case(tx: Connection, case: int) -> list[AnyRow]:
    """The questions without an answer that a case waits for: about its steps, or about who it is."""
    mine = sa.select(steps.c.id).where(steps.c.case_id == case)
    holding = sa.select(cases.c.held_by).where(cases.c.id == case)
    query = sa.select(questions).where(
        questions.c.answered_at.is_(None),
        sa.or_(questions.c.step_id.in_(mine), questions.c.id.in_(holding)),
    )
    return list(tx.execute(query.order_by(questions.c.id)))


def cases_of_steps(tx: Connection, numbers: Collection[int]) -> dict[int, int]:
    """The case each of these steps belongs to."""
    found: dict[int, int] = {}
    for some in batches(numbers):
        query = sa.select(steps.c.id, steps.c.case_id).where(steps.c.id.in_(some))
        found.update((row.id, row.case_id) for row in tx.execute(query))
    return found


def next_time(tx: Connection) -> datetime | None:
    """When the next open step of an open case is to be looked at; None when none has a time."""
    query = (
        sa.select(steps.c.next_at)
        .join(cases, cases.c.id == steps.c.case_id)
        .where(cases.c.state == "open", steps.c.closed_at.is_(None), steps.c.next_at.is_not(None))
    )
    found: datetime | None = tx.execute(query.order_by(steps.c.next_at).limit(1)).scalar()
    return found


def last_lines(tx: Connection, most: int | None, case: int | None = None) -> list[tuple[int, str, bytes]]:
    """The last lines of the trail (of one case, if it is given), oldest first."""
    query = sa.select(trail.c.seq, trail.c.body, trail.c.hash).order_by(trail.c.seq.desc())
    if case is not None:
        query = query.where(trail.c.body.like(f'%"case":{case},%'))
    found: list[tuple[int, str, bytes]] = []
    for row in tx.execute(query):
        if most is not None and len(found) == most:
            break
        # The statement finds a number of the same name inside `data` too.
        if case is None or json.loads(row.body).get("case") == case:
            found.append((row.seq, row.body, row.hash))
    return found[::-1]


def signed_to(tx: Connection) -> int:
    """The last line of the trail that a checkpoint was signed over; 0 where there is none."""
    return int(tx.execute(sa.select(sa.func.max(checkpoints.c.seq))).scalar() or 0)


def a_wrapped_key(tx: Connection) -> bytes | None:
    """One subject's wrapped key, to try the master key on; None in a ledger without people."""
    query = sa.select(subjects.c.wrapped_key).where(subjects.c.wrapped_key.is_not(None))
    found: bytes | None = tx.execute(query.limit(1)).scalar()
    return found


def count_cases(tx: Connection) -> int:
    """How many cases there ever were."""
    return tx.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one()


def cases_about(tx: Connection, subjects: Collection[int], mark: bytes) -> set[int]:
    """The cases about these people, and those that erased what this keyed hash marks."""
    buried = sa.select(steps.c.case_id).join(tombstones, tombstones.c.step_id == steps.c.id)
    about = sa.select(cases.c.id).where(cases.c.subject_id.in_(subjects))
    return set(tx.execute(sa.union(about, buried.where(tombstones.c.hash == mark))).scalars())
