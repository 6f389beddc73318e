"""What is stopped: all deletions, those at one processor, or an account that stopped by itself; and what lets it go on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.tables import processors, steps

ALL = "*"
"""The name that stands for every processor."""
OPERATOR, REFUSED, ERRORS = "operator", "refused", "errors"
"""Who or what stopped it: a person, refused credentials, too many answers that were not understood."""
ITSELF = "gateway"
"""Who stopped an account that stopped by itself."""
NOT_CALLED = "not called: "
"""How the reason of a step begins that waits because nobody calls."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One reason why something is stopped. By an operator: nothing is deleted; otherwise: nothing is called."""

    name: str
    since: datetime
    by: str
    cause: str
    why: str

    def __str__(self) -> str:
        if self.cause == REFUSED:
            return self.why
        what = "all deletions are stopped" if self.name == ALL else "stopped"
        return f"{what} by {self.by} since {self.since:%Y-%m-%d %H:%M} UTC: {self.why}"


def stop(tx: Connection, name: str, why: str, now: datetime, *, cause: str, by: str = ITSELF) -> None:
    """Stop a processor (or `ALL`) for one cause; one that is stopped for it already has a new reason."""
    tx.execute(processors.delete().where(processors.c.name == name, processors.c.cause == cause))
    values = {"name": name, "cause": cause, "stopped_at": now, "stopped_why": why, "stopped_by": by}
    tx.execute(processors.insert(), values)


def all_stops(tx: Connection) -> list[Stop]:
    """Everything that is stopped, all deletions first."""
    query = sa.select(processors).where(processors.c.stopped_at.is_not(None))
    return [
        Stop(row.name, row.stopped_at, row.stopped_by or ITSELF, row.cause, row.stopped_why or "")
        for row in tx.execute(query.order_by(processors.c.name, processors.c.cause.desc()))
    ]


def of_account(tx: Connection, name: str) -> Stop | None:
    """Why a processor is not called at all, if it is not."""
    return next((each for each in all_stops(tx) if each.name == name and each.cause != OPERATOR), None)


def of_deletions(tx: Connection, name: str) -> Stop | None:
    """Why nothing is deleted at a processor, if nothing is."""
    return next((each for each in all_stops(tx) if each.name in (ALL, name)), None)


def end(tx: Connection, name: str) -> list[Stop]:
    """End all stops of this name; which they were. Steps that waited for it do not say so any more."""
    ended = [each for each in all_stops(tx) if each.name == name]
    tx.execute(processors.delete().where(processors.c.name == name))
    for each in ended:
        waits = steps.update().where(steps.c.closed_at.is_(None), steps.c.reason == f"{NOT_CALLED}{each}")
        tx.execute(waits.values(reason=""))
    return ended


def let_go_on(tx: Connection, names: Collection[str]) -> None:
    """Accounts whose credentials were refused are tried again: the operator has asked for it."""
    tx.execute(processors.delete().where(processors.c.name.in_(names), processors.c.cause == REFUSED))
