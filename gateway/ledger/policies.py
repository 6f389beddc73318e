"""The versions of the rules: each as it was read, whether it acts, and who let it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import new_key
from gateway.ledger.tables import AnyRow, policies

ACTIVE, WAITING, REPLACED, DROPPED = "active", "waiting", "replaced", "dropped"


def active(tx: Connection) -> AnyRow | None:
    """The version that acts; None before the first plan."""
    return tx.execute(sa.select(policies).where(policies.c.state == ACTIVE)).one_or_none()


def newest(tx: Connection, version: str) -> AnyRow | None:
    """The last time a version was seen."""
    query = sa.select(policies).where(policies.c.version == version)
    return tx.execute(query.order_by(policies.c.id.desc()).limit(1)).one_or_none()


def get(tx: Connection, number: int) -> AnyRow | None:
    return tx.execute(sa.select(policies).where(policies.c.id == number)).one_or_none()


def listed(tx: Connection) -> list[AnyRow]:
    """All versions, the newest first."""
    return list(tx.execute(sa.select(policies).order_by(policies.c.id.desc())))


def add(
    tx: Connection,
    version: str,
    body: str,
    state: str,
    by: str,
    now: datetime,
    *,
    erases: int = 0,
    allowed: int = 0,
) -> int:
    """A version that was not there before; its number. Another one that waits is waited for no longer."""
    tx.execute(policies.update().where(policies.c.state == WAITING).values(state=REPLACED))
    if state == ACTIVE:
        tx.execute(policies.update().where(policies.c.state == ACTIVE).values(state=REPLACED))
    made = tx.execute(
        policies.insert().values(
            version=version, body=body, state=state, seen_at=now, seen_by=by, erases=erases, allowed=allowed
        )
    )
    return new_key(made)


def answer(tx: Connection, number: int, state: str, by: str, now: datetime) -> None:
    """Let a version that waits act, or drop it."""
    if state == ACTIVE:
        tx.execute(policies.update().where(policies.c.state == ACTIVE).values(state=REPLACED))
    tx.execute(
        policies.update().where(policies.c.id == number).values(state=state, answered_at=now, answered_by=by)
    )
