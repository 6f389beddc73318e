"""Which steps are due and nobody's work yet: what the daemon puts as tasks, in chunks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.tables import AnyRow, cases, steps
from gateway.model import Outcome

TO_BE_DONE = (str(Outcome.RETRY), str(Outcome.RETURNED))
MOST = 10_000


def _due(processors: Collection[str], now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        steps.c.next_at <= now,
        steps.c.closed_at.is_(None),
        steps.c.processor.in_(list(processors)),
        cases.c.state == "open",
        sa.or_(steps.c.outcome.is_(None), steps.c.outcome.in_(TO_BE_DONE)),
    )


def due_where(tx: Connection, processors: Collection[str], now: datetime) -> list[AnyRow]:
    """At which of these processors steps are to be carried out now, and as part of which chunks; each pair once."""
    query = sa.select(steps.c.processor, steps.c.chunk).join(cases, cases.c.id == steps.c.case_id)
    return list(tx.execute(query.where(*_due(processors, now)).distinct()))


def due(tx: Connection, processors: Collection[str], now: datetime) -> list[AnyRow]:
    """Open steps at these processors that are to be carried out now, nearest deadline first, with their chunk.

    Those whose call was begun and never answered for are among them: an audit settles them first.
    """
    query = (
        sa.select(steps.c.id, steps.c.processor, steps.c.chunk, cases.c.due_at)
        .join(cases, cases.c.id == steps.c.case_id)
        .where(*_due(processors, now))
    )
    return list(tx.execute(query.order_by(cases.c.due_at, steps.c.id).limit(MOST)))


def any_due(tx: Connection, now: datetime) -> bool:
    """Whether any step at all may be due: one cheap question, which a node asks again and again."""
    query = sa.select(steps.c.id).where(steps.c.next_at <= now, steps.c.closed_at.is_(None)).limit(1)
    return tx.execute(query).first() is not None


def following(
    tx: Connection, processor: str, now: datetime, besides: Collection[int]
) -> tuple[str, tuple[int, ...]]:
    """The chunk that waits behind these steps at a processor, nearest deadline first, and its steps; empty for none."""
    rows = [row for row in due(tx, (processor,), now) if row.chunk is not None and row.id not in besides]
    chunk = rows[0].chunk if rows else ""
    return chunk, tuple(row.id for row in rows if row.chunk == chunk)


def assign(tx: Connection, step_ids: Sequence[int], chunk: str) -> None:
    """These steps are part of a task now."""
    for some in batches(step_ids):
        tx.execute(steps.update().where(steps.c.id.in_(some)).values(chunk=chunk))


def free(tx: Connection, chunk: str) -> None:
    """A task is over: what it left open can be part of another."""
    tx.execute(steps.update().where(steps.c.chunk == chunk).values(chunk=None))
