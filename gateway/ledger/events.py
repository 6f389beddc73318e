"""What happened to people and starts or ends a period, as the firm wrote it down: told by the operator, or from a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import rows_in
from gateway.ledger.tables import events, subjects
from gateway.obligations import EventFact


class Event(NamedTuple):
    """One event as it stands; `purpose` None: for every purpose."""

    name: str
    purpose: str | None
    at: datetime
    source: str
    noted_at: datetime


def add(
    tx: Connection, subject: int, name: str, purpose: str | None, at: datetime, source: str, now: datetime
) -> bool:
    """Write one event down and have the rules look again; False where the same is written down already."""
    same = sa.select(events.c.id).where(
        events.c.subject_id == subject,
        events.c.name == name,
        events.c.purpose.is_not_distinct_from(purpose),
        events.c.at == at,
    )
    if tx.execute(same.limit(1)).first() is not None:
        return False
    tx.execute(
        events.insert(),
        {
            "subject_id": subject,
            "name": name,
            "purpose": purpose,
            "at": at,
            "source": source,
            "noted_at": now,
        },
    )
    tx.execute(subjects.update().where(subjects.c.id == subject).values(look_at=0))
    return True


def of(tx: Connection, subject: int) -> list[Event]:
    """All that happened to a person, as far as it is written down; oldest first."""
    query = sa.select(events).where(events.c.subject_id == subject).order_by(events.c.at, events.c.id)
    return [Event(row.name, row.purpose, row.at, row.source, row.noted_at) for row in tx.execute(query)]


def facts_of(tx: Connection, people: Iterable[int]) -> dict[int, list[EventFact]]:
    """What happened to these people, as the rules read it; in no order."""
    found: dict[int, list[EventFact]] = {}
    query = sa.select(events.c.subject_id, events.c.name, events.c.purpose, events.c.at).where(sa.true())
    for subject, name, purpose, at in rows_in(tx, query, events.c.subject_id, people):
        found.setdefault(subject, []).append(EventFact(name, purpose, at))
    return found
