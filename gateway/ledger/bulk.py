"""Deletions that a person does all at once in a vendor's own screen: the steps of such a task, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.tables import cases, questions, records, steps
from gateway.ledger.work import Step, steps_where, unpack_scope
from gateway.model import Outcome

KIND = "bulk"
_TO_DO = (Outcome.RETRY, Outcome.RETURNED)


class Open(NamedTuple):
    """A step that a call would delete for: whose it is and by when it is owed."""

    step: int
    due_at: datetime


def waiting(tx: Connection, processor: str) -> list[Open]:
    """Steps at one processor that no call was made for yet, nearest date first, where a record is known to delete."""
    query = (
        sa.select(steps.c.id, steps.c.scope, cases.c.due_at, records.c.kind)
        .join(cases, cases.c.id == steps.c.case_id)
        .join(records, records.c.subject_id == cases.c.subject_id)
        .where(steps.c.processor == processor, steps.c.closed_at.is_(None), steps.c.intent_run.is_(None))
        .where(sa.or_(steps.c.outcome.is_(None), steps.c.outcome.in_([str(each) for each in _TO_DO])))
        .where(cases.c.state == "open", steps.c.next_at.is_not(None))
        .where(records.c.processor == processor, records.c.state.in_(("held", "vanished")))
    )
    found: dict[int, Open] = {}
    for row in tx.execute(query.order_by(cases.c.due_at, steps.c.id)):
        scope = unpack_scope(row.scope)
        if scope is None or scope.kinds is None or row.kind in scope.kinds:
            found.setdefault(row.id, Open(row.id, row.due_at))
    return list(found.values())


def hand_over(tx: Connection, question: int, step_ids: Collection[int], why: str) -> None:
    """Let these steps be part of a task: no call is made for them as long as it waits."""
    values = {"bulk_id": question, "outcome": str(Outcome.MANUAL), "reason": why, "next_at": None}
    for some in batches(step_ids):
        tx.execute(steps.update().where(steps.c.id.in_(some), steps.c.closed_at.is_(None)).values(**values))


def task_at(tx: Connection, processor: str) -> int | None:
    """The task without an answer at one processor."""
    query = (
        sa.select(questions.c.id)
        .join(steps, steps.c.bulk_id == questions.c.id)
        .where(questions.c.kind == KIND, questions.c.answered_at.is_(None), steps.c.processor == processor)
    )
    found: int | None = tx.execute(query.order_by(questions.c.id).limit(1)).scalar()
    return found


def steps_of(tx: Connection, question: int) -> list[Step]:
    """What of a task is still to be done by hand, nearest date first."""
    by_hand = steps.c.outcome == str(Outcome.MANUAL)
    return steps_where(tx, steps.c.bulk_id == question, steps.c.closed_at.is_(None), by_hand)


def said_done(tx: Connection, step_ids: Iterable[int], why: str, now: datetime, verify_at: datetime) -> None:
    """A person says that all of it is done: from then on an audit can prove it."""
    _change(tx, step_ids, outcome=str(Outcome.DONE), reason=why, done_at=now, next_at=verify_at)


def take_back(tx: Connection, step_ids: Iterable[int], why: str, now: datetime) -> None:
    """It is not done by hand: a call deletes again."""
    _change(tx, step_ids, outcome=str(Outcome.RETRY), reason=why, next_at=now, bulk_id=None)


def _change(tx: Connection, step_ids: Iterable[int], **values: Any) -> None:
    for some in batches(step_ids):
        mine = steps.update().where(steps.c.id.in_(some), steps.c.closed_at.is_(None))
        tx.execute(mine.values(intent_run=None, **values))
