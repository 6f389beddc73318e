"""Secrets a vendor gave an account that have to outlive the process: sealed with the master key, durable when stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.errors import SettingsError
from gateway.ledger.engines import LedgerError
from gateway.ledger.store import Ledger
from gateway.ledger.tables import AnyRow, secrets
from gateway.model import Secret


class LedgerSecrets:
    """The secrets of all accounts, each written in a transaction of its own."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger, self._now = ledger, now

    def get(self, account: str, name: str) -> Secret | None:
        """The secret an account stored under a name, if it did; LedgerError where the master key is another one."""
        with self._ledger.read() as tx:
            row = _find(tx, account, name)
        if row is None:
            return None
        try:
            return self._ledger.vault.open_secret(place_of(account, name), row.sealed)
        except SettingsError as err:
            # A plugin asks in the middle of its work, and has no part in this.
            raise LedgerError(str(err)) from err

    def put(self, account: str, name: str, value: Secret) -> None:
        sealed = self._ledger.vault.seal_secret(place_of(account, name), value)
        with self._ledger.write() as tx:
            _write(tx, {"account": account, "name": name, "sealed": sealed, "stored_at": self._now()})


def place_of(account: str, name: str) -> str:
    """What a secret is sealed for: it is of no use anywhere else."""
    return f"{account}\0{name}"


def _find(tx: Connection, account: str, name: str) -> AnyRow | None:
    query = sa.select(secrets).where(secrets.c.account == account, secrets.c.name == name)
    return tx.execute(query).one_or_none()


def _write(tx: Connection, row: dict[str, object]) -> None:
    tx.execute(secrets.delete().where(secrets.c.account == row["account"], secrets.c.name == row["name"]))
    tx.execute(secrets.insert(), row)


def stored_since(tx: Connection, since: datetime) -> list[AnyRow]:
    """What was stored from this moment on, as it stands in the table."""
    query = sa.select(secrets).where(secrets.c.stored_at >= since)
    return list(tx.execute(query.order_by(secrets.c.account, secrets.c.name)))


def take_over(tx: Connection, rows: Iterable[AnyRow]) -> None:
    """Write down what a dry run stored, unless something newer is there: the vendor has given it all the same."""
    for row in rows:
        there = _find(tx, row.account, row.name)
        if there is None or there.stored_at < row.stored_at:
            _write(tx, row._asdict())
