"""A circuit for each account: who gets no answer several times in a row calls no more for a while, then tries once.

It also counts how often in a row an answer was not understood.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.stops import NOT_CALLED
from gateway.ledger.tables import AnyRow, circuits, steps
from gateway.model import Outcome

MOST_FAILURES = 3
"""So many calls in a row without an answer open the circuit."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Circuit:
    """An open circuit: nobody calls this account until then."""

    account: str
    failures: int
    since: datetime
    until: datetime
    why: str

    def __str__(self) -> str:
        return (
            f"{self.failures} calls in a row were not answered since {self.since:%Y-%m-%d %H:%M} UTC, the last: "
            f"{self.why}; tried again at {self.until:%Y-%m-%d %H:%M} UTC"
        )


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row, the first counting as 0: doubling, up to six hours."""
    doubled: int = 2 ** min(failures, 20)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def _row(tx: Connection, account: str) -> AnyRow | None:
    return tx.execute(sa.select(circuits).where(circuits.c.account == account)).one_or_none()


def all_open(tx: Connection, now: datetime) -> list[Circuit]:
    """The accounts nobody calls now, by name."""
    query = sa.select(circuits).where(circuits.c.until > now).order_by(circuits.c.account)
    return [Circuit(row.account, row.failures, row.since, row.until, row.why) for row in tx.execute(query)]


def opened(tx: Connection, account: str, now: datetime) -> Circuit | None:
    """The open circuit of an account; None where it may be called."""
    return next((each for each in all_open(tx, now) if each.account == account), None)


def enter(tx: Connection, account: str, now: datetime) -> Circuit | None:
    """The circuit that forbids a call; None where it may be made.

    After the wait, whoever comes first tries: the others wait for what comes of it.
    """
    row = _row(tx, account)
    if row is None or row.until is None:
        return None
    if row.until > now:
        return opened(tx, account, now)
    until = now + wait_after(row.failures - MOST_FAILURES)
    tx.execute(circuits.update().where(circuits.c.account == account).values(until=until))
    return None


def failed(
    tx: Connection, account: str, why: str, now: datetime, retry_at: datetime | None = None
) -> datetime | None:
    """A call got no answer; until when nobody calls from now on, if the circuit is open with that.

    `retry_at` is the vendor's own word on when to come again: it counts where it is later.
    """
    row = _row(tx, account)
    failures = 1 + (row.failures if row is not None else 0)
    until = None
    if failures >= MOST_FAILURES:
        until = now + wait_after(failures - MOST_FAILURES)
        if retry_at is not None and retry_at.tzinfo is not None:
            until = max(until, retry_at)
    since = row.since if row is not None and row.failures else now
    _keep(tx, row, account, failures=failures, since=since, until=until, why=why)
    return until


def not_understood(tx: Connection, account: str, why: str, now: datetime) -> int:
    """An answer came and was not understood; how often in a row by now."""
    row = _row(tx, account)
    broken = 1 + (row.broken if row is not None else 0)
    _keep(tx, row, account, failures=0, since=now, until=None, why=why, broken=broken)
    return broken


def worked(tx: Connection, account: str, now: datetime) -> None:
    """A run ended well: nothing is counted any more, and what waited for the circuit can be taken up."""
    row = _row(tx, account)
    if row is None:
        return
    tx.execute(circuits.delete().where(circuits.c.account == account))
    if row.until is not None:
        _take_up(tx, [account], now)


def try_now(tx: Connection, accounts: Collection[str], now: datetime) -> None:
    """Try these once at their next call, whatever the wait: an operator has asked for it."""
    waiting = circuits.c.account.in_(accounts) & (circuits.c.until > now)
    names = list(tx.execute(sa.select(circuits.c.account).where(waiting)).scalars())
    if names:
        tx.execute(circuits.update().where(circuits.c.account.in_(names)).values(until=now))
        _take_up(tx, names, now)


def undecided(tx: Connection, account: str, now: datetime) -> None:
    """A run ended without a word on how the vendor is (no calls were left): the next one tries."""
    trying = circuits.update().where(circuits.c.account == account, circuits.c.until > now)
    tx.execute(trying.values(until=now))


def _take_up(tx: Connection, accounts: Collection[str], now: datetime) -> None:
    waits = steps.update().where(
        steps.c.processor.in_(accounts), steps.c.closed_at.is_(None), steps.c.outcome == str(Outcome.RETRY),
        steps.c.next_at > now,
    )  # fmt: skip
    tx.execute(waits.values(next_at=now))
    told = steps.update().where(
        steps.c.processor.in_(accounts), steps.c.closed_at.is_(None), steps.c.reason.startswith(NOT_CALLED)
    )
    tx.execute(told.values(reason=""))


def _keep(tx: Connection, row: AnyRow | None, account: str, **values: object) -> None:
    if row is None:
        tx.execute(circuits.insert(), {"account": account, **values})
    else:
        tx.execute(circuits.update().where(circuits.c.account == account).values(**values))
