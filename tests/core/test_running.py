"""One sync at a time, on a clock that goes forward, over processors that exist; and a dry run that changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from filelock import FileLock

from gateway import GatewayError, Outcome, SettingsError
from gateway.ledger import BusyError, Ledger
from gateway.ledger import tables as t
from gateway.model import Page
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman", "source = true")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.add_many([2, 3, 4])
    return vendor


@on_both
def test_second_sync_is_told_who_is_at_it(firm: Firm, recman: ScriptedVendor, ledger: Ledger) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(account: object, kind: str, cursor: str | None) -> Iterator[Page]:
        begun.set()
        assert go_on.wait(30)
        yield from recman.fetch(kind, cursor)

    recman.replace("fetch", slow)
    first = threading.Thread(target=firm.sync)
    first.start()
    try:
        assert begun.wait(30)
        other = Ledger(ledger.url, ledger.vault)
        with pytest.raises(
            BusyError, match=r"already running: sync, process \d+ on .*, since 2026-11-23 12:00:00 UTC"
        ):
            firm.sync(ledger=other)
        other.close()
    finally:
        go_on.set()
        first.join()
    recman.mend()
    assert firm.outcome("recman") == Outcome.VERIFIED
    assert firm.sync_later().exit_code == 0


def test_lock_left_by_a_process_that_died_holds_nobody(
    firm: Firm, recman: ScriptedVendor, ledger: Ledger
) -> None:
    lock = FileLock(f"{ledger.url.database}.lock")
    with lock, pytest.raises(BusyError, match="already running"):
        firm.sync()
    assert firm.sync_later().exit_code == 0


def test_clock_set_back_starts_nothing(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    recman.journal.clear()
    firm.now -= timedelta(minutes=6)
    with pytest.raises(SettingsError, match=r"the clock says 2026-11-23 11:54 UTC.*nothing was started"):
        firm.sync()
    assert recman.journal == []
    firm.later(minutes=2)
    assert firm.sync().exit_code == 0


def test_processor_nobody_knows_is_named_with_those_there_are(firm: Firm, recman: ScriptedVendor) -> None:
    with pytest.raises(SettingsError, match=r"recmann: no such processor; gateway.toml has recman"):
        firm.sync("recmann")
    assert recman.journal == []


@on_both
def test_dry_run_shows_the_plan_and_changes_nothing(
    firm: Firm, recman: ScriptedVendor, ledger: Ledger
) -> None:
    firm.vendor("crm").add(7, "kari@example.org", "Kari Nordmann")
    dry = Ledger(ledger.url, ledger.vault, dry=True)
    report = firm.sync(ledger=dry)
    dry.close()
    assert (report.dry, report.planned.people, report.planned.steps) == (True, 1, {"recman": 1, "crm": 1})
    assert (recman.calls("delete"), recman.deleted) == ([], [])
    kept = [table.name for table in t.metadata.sorted_tables if firm.rows(table) and table.name != "quota"]
    assert kept == []
    assert not (firm.folder / "trail.checkpoints").exists()
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["1"]


def test_dry_run_after_a_sweep_asks_about_the_missing_and_deletes_nobody(
    firm: Firm, recman: ScriptedVendor, ledger: Ledger
) -> None:
    firm.vendor("crm").add(72, "person2@example.org", "Person Nr2")
    firm.sync()
    del recman.records["2"]
    firm.later(hours=1)
    before = {table.name: firm.rows(table) for table in t.metadata.sorted_tables}
    dry = Ledger(ledger.url, ledger.vault, dry=True)
    report = firm.sync(ledger=dry)
    dry.close()
    assert report.planned.triggers == {"vanished": 1}
    assert {table.name: firm.rows(table) for table in t.metadata.sorted_tables} == before
    assert firm.sync_later().exit_code == 0
    assert firm.vendors["crm"].deleted == ["72"]


def test_second_sync_does_nothing_twice(firm: Firm, recman: ScriptedVendor) -> None:
    firm.place("client", role="controller")
    assert firm.sync().exit_code == 0
    before = {
        table.name: firm.rows(table) for table in (t.cases, t.steps, t.questions, t.tombstones, t.plans)
    }
    recman.journal.clear()
    report = firm.sync_later()
    assert [each.hook for each in recman.journal] == ["fetch"]
    assert (report.exit_code, report.planned.people, report.rows["recman"].due) == (0, 0, 0)
    assert {
        table.name: firm.rows(table) for table in (t.cases, t.steps, t.questions, t.tombstones, t.plans)
    } == before


def test_stop_in_the_middle_of_a_fetch_goes_on_from_there(firm: Firm, recman: ScriptedVendor) -> None:
    report = firm.sync(stop=lambda: bool(recman.journal))
    assert (report.stopped, report.exit_code, report.rows["recman"].fetched) == (True, 3, 2)
    assert report.planned.people == 0
    assert firm.sync_later().exit_code == 0
    assert [each.about for each in recman.calls("fetch")] == [("",), ("2",)]
    assert recman.deleted == ["1"]


def test_full_reads_all_anew(firm: Firm, recman: ScriptedVendor) -> None:
    def changes(account: object, kind: str, cursor: str | None) -> Iterator[Page]:
        yield Page(() if cursor else tuple(recman.records.values()), "99", complete=True)

    recman.replace("fetch", changes)
    firm.sync()
    firm.sync_later()
    firm.later(hours=1)
    firm.sync(full=True)
    assert [each.about for each in recman.calls("fetch")] == [("",), ("99",), ("",)]


def test_checkpoint_that_cannot_be_written_is_said_and_loses_nothing(
    firm: Firm, recman: ScriptedVendor
) -> None:
    path = firm.folder / "trail.checkpoints"
    path.mkdir()
    with pytest.raises(GatewayError, match=r"trail\.checkpoints: the checkpoint cannot be written there"):
        firm.sync()
    path.rmdir()
    assert firm.outcome("recman") == Outcome.VERIFIED
    recman.add(5, "eva@example.org", "Eva Dahl", over=OVER)
    assert firm.sync_later().exit_code == 0


def test_operator_asks_what_is_held(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"audit": "they show nothing."})
    firm.place("paper", role="joint")
    hr = firm.vendor("hr", cannot={"fetch": "they list nobody."})
    hr.add(5, "person2@example.org", "Person Nr2")
    firm.sync()
    found = {each.processor: each for each in firm.desk.audit("recman:2")}
    assert [held.ref.id for held in found["recman"].holdings + found["hr"].holdings] == ["2", "5"]
    assert (found["crm"].error, found["paper"].error) == (
        "they show nothing.", "there is no plugin for it: look there by hand",
    )  # fmt: skip
    assert crm.calls("audit") == []
