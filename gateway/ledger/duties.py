"""What only people can do for somebody, as the rules say now: kept in step with them, and listed by its day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.tables import AnyRow, from_micros, obligations
from gateway.obligations import Obligation


def reconcile(
    tx: Connection,
    people: Iterable[int],
    owed: Mapping[int, Sequence[Obligation]],
    policy: int | None,
    now: datetime,
    roll: Callable[[datetime], datetime],
) -> None:
    """Make what is written down for these people what is owed to them now; `due_at` is the last moment for it.

    A duty that counts from no known event has its day from when it was first seen, which does not move.
    """
    known: dict[tuple[int, str, str], AnyRow] = {}
    for some in batches(people):
        query = sa.select(obligations).where(obligations.c.subject_id.in_(some))
        known.update({(row.subject_id, row.action, row.purpose): row for row in tx.execute(query)})
    new = []
    for each in (duty for duties in owed.values() for duty in duties):
        row = known.pop((each.subject, str(each.action), each.purpose), None)
        due = from_micros(each.due - 1)
        if row is not None and (each.start is None or (row.due_at == due and row.rule == each.rule)):
            continue
        if row is not None:
            tx.execute(obligations.delete().where(obligations.c.id == row.id))
        new.append(
            {
                "subject_id": each.subject, "action": str(each.action), "purpose": each.purpose, "rule": each.rule,
                "policy_id": policy, "event": each.event, "noted_at": now if row is None else row.noted_at,
                "start_at": None if each.start is None else from_micros(each.start), "due_at": due,
                "rolled_at": roll(due),
            }
        )  # fmt: skip
    for some in batches([row.id for row in known.values()]):
        tx.execute(obligations.delete().where(obligations.c.id.in_(some)))
    if new:
        tx.execute(obligations.insert(), new)


def any_at_all(tx: Connection) -> bool:
    """Whether anything is written down of anybody."""
    return tx.execute(sa.select(obligations.c.id).limit(1)).first() is not None


def listed(
    tx: Connection, *, action: str = "", before: datetime | None = None, subject: int | None = None
) -> list[AnyRow]:
    """What is owed (of one action, to one person, before a moment), nearest day first."""
    query = sa.select(obligations)
    if subject is not None:
        query = query.where(obligations.c.subject_id == subject)
    if action:
        query = query.where(obligations.c.action == action)
    if before is not None:
        query = query.where(obligations.c.due_at < before)
    return list(
        tx.execute(query.order_by(obligations.c.due_at, obligations.c.subject_id, obligations.c.purpose))
    )


def counted(tx: Connection, now: datetime) -> tuple[dict[str, int], int]:
    """How many there are by action, and how many are past their day."""
    query = sa.select(obligations.c.action, sa.func.count()).group_by(obligations.c.action)
    counts = {action: int(count) for action, count in tx.execute(query.order_by(obligations.c.action))}
    late = sa.select(sa.func.count()).select_from(obligations).where(obligations.c.due_at < now)
    return counts, int(tx.execute(late).scalar_one())
