"""A vendor that does not answer: nobody calls it for a while, then one tries; the others never wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway import GarbledError, Outcome, RefusedError, ThrottledError, UnavailableError
from gateway.ledger import Ledger, Transaction, circuits
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
MINUTE = timedelta(minutes=1)
TOMORROW = datetime(2026, 11, 24, tzinfo=UTC)
DOWN = UnavailableError("they are down")
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman", delete_batch=1)
    vendor.add_many(range(1, 7), over=OVER)
    return vendor


@pytest.fixture
def crm(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("crm")
    vendor.add(7, "person1@example.org", "Person Nr1")
    vendor.add(8, "anne@example.org", "Anne Lie")
    return vendor


def until(firm: Firm, account: str = "recman") -> datetime | None:
    with firm.ledger.read() as tx:
        return open_until(tx, account, firm.now)


def open_until(tx: Transaction, account: str, at: datetime) -> datetime | None:
    found = circuits.opened(tx, account, at)
    return None if found is None else found.until


@on_both
def test_three_in_a_row_open_it_and_the_wait_doubles_to_six_hours(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as tx:
        assert [circuits.failed(tx, "recman", "down", now) for _ in range(4)] == [
            None, None, now + MINUTE, now + 2 * MINUTE,
        ]  # fmt: skip
        assert open_until(tx, "recman", now) == now + 2 * MINUTE
        assert open_until(tx, "recman", now + 2 * MINUTE) is None
        for _ in range(10):
            last = circuits.failed(tx, "recman", "down", now)
        assert last == now + timedelta(hours=6)
        (found,) = circuits.all_open(tx, now)
        assert (found.account, found.failures, found.since) == ("recman", 14, now)
        assert str(found).startswith(
            "14 calls in a row were not answered since 2026-11-23 12:00 UTC, the last: down;"
        )


@on_both
def test_it_waits_as_long_as_the_vendor_says_where_that_is_longer(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as tx:
        for _ in range(2):
            circuits.failed(tx, "recman", "down", now)
        assert circuits.failed(tx, "recman", "down", now, now + timedelta(days=1)) == now + timedelta(days=1)
        assert circuits.failed(tx, "recman", "down", now, now) == now + 2 * MINUTE
        assert circuits.failed(tx, "recman", "down", now, now.replace(tzinfo=None)) == now + 4 * MINUTE


@on_both
def test_after_the_wait_one_tries_and_the_others_wait_for_it(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as tx:
        for _ in range(3):
            circuits.failed(tx, "recman", "down", now)
        later = now + MINUTE
        assert circuits.enter(tx, "recman", now) is not None
        assert circuits.enter(tx, "recman", later) is None
        assert circuits.enter(tx, "recman", later) is not None
        circuits.undecided(tx, "recman", later)
        assert circuits.enter(tx, "recman", later) is None
        circuits.worked(tx, "recman", later)
        assert [circuits.enter(tx, "recman", later) for _ in range(2)] == [None, None]
        assert circuits.failed(tx, "recman", "down", later) is None


def test_an_answer_that_is_not_understood_is_an_answer(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as tx:
        for _ in range(3):
            circuits.failed(tx, "recman", "down", now)
        assert [circuits.not_understood(tx, "recman", "HTML", now) for _ in range(2)] == [1, 2]
        assert open_until(tx, "recman", now) is None
        circuits.failed(tx, "recman", "down", now)
        assert circuits.not_understood(tx, "recman", "HTML", now) == 3
        circuits.worked(tx, "recman", now)
        assert circuits.not_understood(tx, "recman", "HTML", now) == 1


@on_both
def test_who_is_down_is_called_three_times_and_the_rest_waits_without_an_attempt(
    firm: Firm, recman: ScriptedVendor
) -> None:
    recman.fail("delete", DOWN, times=None)
    report = firm.sync()
    assert (report.exit_code, len(recman.calls("delete"))) == (3, 3)
    assert until(firm) == firm.now + MINUTE
    stands = [firm.step("recman", case) for case in range(1, 7)]
    assert [each.attempts for each in stands] == [1, 1, 1, 0, 0, 0]
    assert {(each.outcome, each.next_at) for each in stands} == {(Outcome.RETRY, firm.now + MINUTE)}
    assert stands[3].reason.startswith("not called: 3 calls in a row were not answered")
    assert [each["step"] for each in firm.actions("failed")] == [1, 2, 3]
    recman.mend()
    assert firm.sync_later(minutes=1).exit_code == 0
    assert sorted(recman.deleted) == ["1", "2", "3", "4", "5", "6"]


def test_an_operators_sync_tries_once_at_once_and_takes_up_what_waited(
    firm: Firm, recman: ScriptedVendor
) -> None:
    recman.fail("delete", DOWN, times=None)
    firm.sync()
    recman.fail("fetch", DOWN, times=1)
    recman.journal.clear()
    report = firm.sync_later(seconds=10)
    assert [each.hook for each in recman.journal] == ["fetch"]
    assert (report.exit_code, until(firm)) == (3, firm.now + 2 * MINUTE)
    assert firm.step("recman", 4).next_at == firm.now + 2 * MINUTE
    recman.mend()
    assert firm.sync_later(seconds=10).exit_code == 0
    assert (until(firm), sorted(recman.deleted)) == (None, ["1", "2", "3", "4", "5", "6"])


def test_reading_opens_it_as_well(firm: Firm, recman: ScriptedVendor) -> None:
    recman.fail("fetch", DOWN, times=3)
    for _ in range(3):
        assert firm.sync().exit_code == 3
    assert until(firm) == firm.now + MINUTE
    assert firm.sync_later().exit_code == 0


def test_who_asks_what_is_held_is_answered_though_the_circuit_is_open(
    firm: Firm, recman: ScriptedVendor
) -> None:
    firm.sync()
    recman.add(9, "eva@example.org", "Eva Dahl")
    firm.sync_later()
    with firm.ledger.write() as tx:
        for _ in range(3):
            circuits.failed(tx, "recman", "down", firm.now)
    (found,) = firm.desk.audit("recman:9")
    assert ([each.ref.id for each in found.holdings], found.error) == (["9"], "")
    assert until(firm) is None


@pytest.mark.parametrize(
    "error", [RefusedError("no rights"), ThrottledError("no calls left", retry_at=TOMORROW)]
)
def test_a_try_that_says_nothing_of_the_vendor_leaves_it_to_the_next(
    firm: Firm, recman: ScriptedVendor, error: Exception
) -> None:
    with firm.ledger.write() as tx:
        for _ in range(3):
            circuits.failed(tx, "recman", "down", firm.now)
    recman.fail("fetch", error)
    firm.sync()
    assert until(firm) is None
    assert firm.sync_later().exit_code == 0


@pytest.mark.parametrize("hook", ["delete", "audit"])
def test_who_hangs_holds_up_nobody_else(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, hook: str
) -> None:
    """Its call does not come back before the other is carried out and proven, and the test has seen it."""
    end, in_time = threading.Event(), list[bool]()

    def hang(account: Any, subjects: Any) -> Iterator[Any]:
        in_time.append(end.wait(30))
        end.set()
        yield from getattr(recman, hook)(subjects)

    def proven(name: str, phase: str, done: int, _total: int | None) -> None:
        if (name, phase) == ("crm", "verify"):
            seen.append(firm.outcome("crm"))
            end.set()

    seen: list[Outcome | None] = []
    recman.replace(hook, hang)
    report = firm.sync(progress=proven)
    assert in_time, "it was called"
    assert all(in_time), "it came back after the other was proven"
    assert seen == [Outcome.VERIFIED]
    assert (report.exit_code, crm.deleted) == (0, ["7"])
    assert firm.outcome("recman") == Outcome.VERIFIED


def test_garbled_answers_do_not_open_it(firm: Firm, recman: ScriptedVendor) -> None:
    recman.fail("fetch", GarbledError("an HTML page"), times=3)
    for _ in range(3):
        firm.sync_later()
    assert until(firm) is None
    assert firm.sync_later().exit_code == 0
