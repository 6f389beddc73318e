"""How many calls an account has left, kept where every process sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.store import Ledger
from gateway.ledger.tables import quota

T = TypeVar("T")


class LedgerQuota:
    """Call counts in the ledger, changed in one transaction each."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def change(self, account: str, alter: Callable[[dict[str, Any]], T]) -> T:
        """Let `alter` change the account's state; what it returns is returned."""
        with self._ledger.write() as tx:
            return _change(tx, account, alter)


def _change(tx: Connection, account: str, alter: Callable[[dict[str, Any]], T]) -> T:
    row = tx.execute(sa.select(quota.c.state).where(quota.c.account == account)).one_or_none()
    state: dict[str, Any] = dict(row.state) if row else {}
    result = alter(state)
    if row is None:
        tx.execute(quota.insert(), {"account": account, "state": state})
    else:
        tx.execute(quota.update().where(quota.c.account == account).values(state=state))
    return result


def state_of(tx: Connection, account: str) -> dict[str, Any]:
    """The account's call counts as they stand."""
    row = tx.execute(sa.select(quota.c.state).where(quota.c.account == account)).one_or_none()
    return dict(row.state) if row else {}


def copy_states(tx: Connection, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Take over the call counts of these accounts: calls made in a dry run were made all the same."""
    for account, state in states.items():
        tx.execute(quota.delete().where(quota.c.account == account))
        tx.execute(quota.insert(), {"account": account, "state": dict(state)})
