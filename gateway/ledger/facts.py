"""What is true of a ledger as a whole: where it was moved, when it was restored, what its look-up key is sealed with."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.errors import SettingsError
from gateway.ledger.columns import from_micros
from gateway.ledger.keeping_tables import facts

BACKED_UP = "backed-up"
RESTORED = "restored"
MOVED = "moved-to"
LOOKUP = "lookup-key"
"""The look-up key, sealed under the master key: there from the first change of the master key on."""
_WATCHED = f"SELECT name, value, at FROM facts WHERE name IN ('{LOOKUP}', '{MOVED}', '{RESTORED}')"  # noqa: S608 - our own names


class Fact(NamedTuple):
    """What is said, and since when."""

    value: str
    at: datetime


def get(tx: Connection, name: str) -> Fact | None:
    row = tx.execute(sa.select(facts.c.value, facts.c.at).where(facts.c.name == name)).one_or_none()
    return None if row is None else Fact(row.value, row.at)


def put(tx: Connection, name: str, value: str, now: datetime) -> None:
    tx.execute(facts.delete().where(facts.c.name == name))
    tx.execute(facts.insert(), {"name": name, "value": value, "at": now})


def drop(tx: Connection, name: str) -> None:
    tx.execute(facts.delete().where(facts.c.name == name))


def watched(tx: Connection) -> dict[str, Fact]:
    """What must not change under a process that has the ledger open."""
    return {name: Fact(value, from_micros(at)) for name, value, at in tx.exec_driver_sql(_WATCHED)}


def refuse_moved(found: dict[str, Fact]) -> None:
    """SettingsError where this ledger goes on elsewhere."""
    if MOVED in found:
        moved = found[MOVED]
        raise SettingsError(
            f"gateway.ledger: this ledger was moved to {moved.value} on {moved.at:%Y-%m-%d}; name that one in gateway.toml"
        )
