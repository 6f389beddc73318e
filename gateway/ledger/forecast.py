"""What a plan of the future reads: all people with what has begun for them, the open steps, and what calls were spent on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.store import Ledger
from gateway.ledger.tables import cases, runs, steps, sweeps
from gateway.model import Outcome

UNDER_WAY = ("open", "held", "waiting")
_FOR_PERSON = frozenset({Outcome.MANUAL, Outcome.UNLINKABLE, Outcome.BROKEN})
_TO_DO = frozenset({Outcome.RETRY, Outcome.RETURNED})


@contextmanager
def reading(ledger: Ledger) -> Iterator[Connection]:
    """A connection that sees one state of the ledger and cannot write, on either database."""
    with ledger.read() as tx:
        if not ledger.on_sqlite:
            yield tx  # PostgreSQL was told already
            return
        tx.exec_driver_sql("PRAGMA query_only = ON")
        try:
            yield tx
        finally:
            tx.exec_driver_sql("PRAGMA query_only = OFF")


@dataclass(frozen=True, slots=True)
class OpenSteps:
    """Steps that stand alike at a processor and have to be done by the same day."""

    processor: str
    outcome: Outcome | None
    hard: int
    steps: int

    @property
    def for_person(self) -> bool:
        """Whether a person has to do something before it goes on."""
        return self.outcome in _FOR_PERSON

    @property
    def proof(self) -> bool:
        """Whether only the proof is missing."""
        return self.outcome is not None and not self.for_person and self.outcome not in _TO_DO


def open_steps(tx: Connection, zone: ZoneInfo) -> list[OpenSteps]:
    """What is open in cases under way, by processor, outcome and the day it has to be done by."""
    query = (
        sa.select(steps.c.processor, steps.c.outcome, cases.c.due_at, sa.func.count())
        .join(cases, cases.c.id == steps.c.case_id)
        .where(steps.c.closed_at.is_(None), cases.c.state.in_(UNDER_WAY))
        .group_by(steps.c.processor, steps.c.outcome, cases.c.due_at)
    )
    found: dict[tuple[str, str | None, int], int] = {}
    for processor, outcome, due_at, count in tx.execute(query):
        key = (processor, outcome, due_at.astimezone(zone).toordinal())
        found[key] = found.get(key, 0) + count
    order = sorted(found.items(), key=lambda each: (each[0][0], each[0][2], each[0][1] or ""))
    return [
        OpenSteps(processor, Outcome(outcome) if outcome else None, hard, count)
        for (processor, outcome, hard), count in order
    ]


class Begun(NamedTuple):
    """The processors where a person has an `open` step, and those that were `tried`: called for it at least once."""

    open: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()


NOT_BEGUN = Begun()


def begun(tx: Connection, first: int, last: int) -> dict[int, Begun]:
    """Where cases are under way, for each of the people with numbers from `first` to `last` that has one."""
    query = (
        sa.select(
            cases.c.subject_id,
            steps.c.processor,
            steps.c.intent_run.is_not(None) | steps.c.done_at.is_not(None),
        )
        .join(cases, cases.c.id == steps.c.case_id)
        .where(
            cases.c.subject_id.between(first, last), cases.c.state.in_(UNDER_WAY), steps.c.closed_at.is_(None)
        )
    )
    found: dict[int, dict[str, bool]] = {}
    for subject, processor, tried in tx.execute(query):
        found.setdefault(subject, {})[processor] = bool(tried)
    return {
        subject: Begun(frozenset(there), frozenset(name for name, tried in there.items() if tried))
        for subject, there in found.items()
    }


def pages_of_whole_sweeps(tx: Connection, processor: str, kinds: Collection[str]) -> int:
    """How many pages it took to read all records of these kinds, the last time that was done."""
    last = (
        sa.select(sa.func.max(sweeps.c.id))
        .where(sweeps.c.processor == processor, sweeps.c.kind.in_(kinds), sweeps.c.whole, sweeps.c.complete)
        .group_by(sweeps.c.kind)
    )
    return _pages(tx, sweeps.c.id.in_(last))


def pages_of_changes(tx: Connection, processor: str, since: datetime) -> int:
    """How many pages of changes were read since a moment."""
    return _pages(tx, (sweeps.c.processor == processor) & ~sweeps.c.whole & (sweeps.c.started_at >= since))


def pages_since(tx: Connection, processor: str, since: datetime) -> int:
    """How many pages were read since a moment."""
    return _pages(tx, (sweeps.c.processor == processor) & (sweeps.c.started_at >= since))


def _pages(tx: Connection, which: sa.ColumnElement[bool]) -> int:
    return int(tx.execute(sa.select(sa.func.sum(sweeps.c.pages)).where(which)).scalar() or 0)


class Waiting(NamedTuple):
    """How many steps wait for calls: to be deleted, and to be proven (or, after an interrupted call, looked at)."""

    deletions: int
    proofs: int


def waiting_until(tx: Connection, processor: str, until: datetime) -> Waiting:
    """The open steps of open cases at one processor whose time comes before a moment."""
    query = (
        sa.select(steps.c.outcome, steps.c.intent_run.is_not(None), sa.func.count())
        .join(cases, cases.c.id == steps.c.case_id)
        .where(steps.c.processor == processor, steps.c.closed_at.is_(None), cases.c.state == "open")
        .where(steps.c.next_at <= until)
        .group_by(steps.c.outcome, steps.c.intent_run.is_not(None))
    )
    deletions = proofs = 0
    for outcome, begun, count in tx.execute(query):
        if outcome is not None and Outcome(outcome) in _FOR_PERSON and outcome != Outcome.BROKEN:
            continue
        if begun or (outcome is not None and Outcome(outcome) not in _TO_DO):
            proofs += count
        else:
            deletions += count
    return Waiting(deletions, proofs)


def deleted_since(tx: Connection, processor: str, since: datetime) -> int:
    """For how many people a deletion was answered since a moment; those of a bulk task took no call."""
    query = sa.select(sa.func.count()).where(
        steps.c.processor == processor, steps.c.done_at >= since, steps.c.bulk_id.is_(None)
    )
    return int(tx.execute(query).scalar_one())


class Done(NamedTuple):
    """How many people deletions and proofs were asked for."""

    deleted: int
    proven: int


def done_since(tx: Connection, processor: str, since: datetime) -> Done:
    """What was asked of a processor since a moment and answered."""
    query = (
        sa.select(runs.c.hook, sa.func.sum(runs.c.size))
        .where(runs.c.processor == processor, runs.c.started_at >= since, runs.c.error.is_(None))
        .where(runs.c.ended_at.is_not(None))
        .group_by(runs.c.hook)
    )
    sizes = {hook: int(size) for hook, size in tx.execute(query)}
    return Done(sizes.get("delete", 0), sizes.get("audit", 0))
