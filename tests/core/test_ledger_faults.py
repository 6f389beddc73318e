"""The ledger fails in the middle: the sync ends with one clear error, nothing is lost, and the next run recovers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway import GatewayError, Outcome, PluginError
from gateway.ledger import Ledger, LedgerError
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


class Failing(Ledger):
    """A ledger whose disk is full from the Nth write on."""

    left = 0
    writes = 0

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self.writes += 1
        with super()._transaction() as tx:
            yield tx
            if 0 < self.left <= self.writes:
                raise sa.exc.OperationalError(
                    "COMMIT", None, sqlite3.OperationalError("database or disk is full")
                )


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman", "source = true\nparallel = 4\n")
    vendor.page_size = 3
    vendor.add_many(range(1, 4), over=OVER)
    vendor.add_many(range(4, 8))
    return vendor


@pytest.fixture
def failing(ledger: Ledger) -> Iterator[Failing]:
    made = Failing(ledger.url, ledger.vault)
    yield made
    made.close()


@on_both
def test_disk_full_at_any_write_loses_nothing(firm: Firm, recman: ScriptedVendor, failing: Failing) -> None:
    said: list[GatewayError] = []
    while len(said) == failing.left:
        failing.left, failing.writes = failing.left + 1, 0
        try:
            firm.sync(ledger=failing)
        except GatewayError as err:
            said.append(err)
        firm.later(minutes=30)
    assert len(said) > 10
    assert {type(each) for each in said} == {LedgerError}
    assert {"disk is full. Nothing of this step was written" in str(each) for each in said} == {True}
    assert sorted(recman.deleted) == ["1", "2", "3"]
    failing.left = 0
    assert firm.sync_later().exit_code == 0
    assert {row.outcome for row in firm.rows(t.steps)} == {"verified"}
    assert sorted(recman.records) == ["4", "5", "6", "7"]


def test_ledger_that_may_only_be_read_starts_nothing(
    firm: Firm, recman: ScriptedVendor, ledger: Ledger
) -> None:
    class ReadOnly(Failing):
        @contextmanager
        def _transaction(self) -> Iterator[Connection]:
            with super()._transaction() as tx:
                tx.exec_driver_sql("PRAGMA query_only = ON")
                try:
                    yield tx
                finally:
                    tx.exec_driver_sql("PRAGMA query_only = OFF")

    readonly = ReadOnly(ledger.url, ledger.vault)
    with pytest.raises(GatewayError, match="attempt to write a readonly database"):
        firm.sync(ledger=readonly)
    readonly.close()
    assert recman.journal == []
    assert firm.sync_later().exit_code == 0


def test_fault_of_the_ledger_inside_a_plugins_call_is_not_the_plugins(
    firm: Firm, recman: ScriptedVendor
) -> None:
    def counted(account: object, subjects: object) -> Iterator[object]:
        with firm.ledger.read() as tx:
            tx.execute(sa.text("SELECT 1"))
            raise sa.exc.OperationalError("SELECT", None, sqlite3.OperationalError("disk I/O error"))

    recman.replace("delete", counted)
    with pytest.raises(GatewayError, match="disk I/O error") as err:
        firm.sync()
    assert not isinstance(err.value, PluginError)
    recman.mend()
    assert firm.sync_later().exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED
