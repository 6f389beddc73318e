"""The account: ordered parallel work, tokens made once, and settings refused before the first call."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from gateway.errors import PluginError, RefusedError, SettingsError, ThrottledError
from gateway.http import MemoryStore, VendorAccount, open_account
from gateway.model import Limit, Secret, Vendor, Window

VENDOR = Vendor("acme", "Acme", "https://example.org", ())


@pytest.fixture
def open_one(clock):
    opened: list[VendorAccount] = []

    def make(parallel: int = 1, **settings: object) -> VendorAccount:
        given = {"url": "https://api.example.org/v1"} | settings
        options = {"vendor": VENDOR, "store": MemoryStore(), "now": clock.now, "sleep": clock.sleep}
        opened.append(open_account("oslo", given, parallel=parallel, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("parallel", [1, 3])
def test_map_gives_results_in_order_with_no_more_under_way_than_parallel(open_one, parallel):
    lock, running, most = threading.Lock(), 0, 0
    gates = [threading.Event() for _ in range(12)]

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if parallel > 1 and number % 3 == 0 and number + 1 < len(gates):
            assert gates[number + 1].wait(5)
        gates[number].set()
        with lock:
            running -= 1
        return number

    assert list(open_one(parallel).map(work, range(12))) == list(range(12))
    assert most <= parallel
    assert most > 1 or parallel == 1


def test_map_reads_its_items_lazily(open_one):
    read: list[int] = []
    results = open_one(3).map(lambda each: each, (read.append(each) or each for each in range(100)))
    assert read == []
    assert next(results) == 0
    assert len(read) <= 4
    results.close()


def test_map_when_one_fails_raises_in_its_turn_and_cancels_the_rest(open_one):
    account, begun = open_one(2), []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    results = account.map(work, range(1000))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert len(begun) <= 6
    assert list(account.map(str, range(3))) == ["0", "1", "2"]


def test_map_when_closed_early_leaves_nothing_running(open_one):
    account, begun, done, gate = open_one(4), [], [], threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        gate.wait(0.02 * number)
        done.append(number)

    results = account.map(work, range(1000))
    next(results)
    results.close()
    assert 1 <= len(done) == len(begun) <= 5


def test_map_inside_a_map_runs_in_place(open_one):
    account = open_one(2)
    nested = account.map(lambda row: list(account.map(lambda each: row * each, range(5))), range(5))
    assert list(nested) == [[row * each for each in range(5)] for row in range(5)]


def test_recall_when_many_threads_ask_makes_the_value_once(open_one, clock):
    account, made, go = open_one(), [], threading.Event()

    def make():
        go.wait(5)
        made.append(1)
        return object(), clock.now() + timedelta(minutes=10)

    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(account.recall("token", make))) for _ in range(8)]
    for each in threads:
        each.start()
    go.set()
    for each in threads:
        each.join(5)
    assert (len(made), len(got), len(set(map(id, got)))) == (1, 8, 1)


def test_recall_when_making_fails_tells_all_who_wait_and_the_next_tries_anew(open_one, clock):
    account, made, go = open_one(), [], threading.Event()

    def fail():
        made.append(1)
        go.wait(5)
        raise RefusedError("no")

    def ask():
        with pytest.raises(RefusedError, match="no") as caught:
            account.recall("token", fail)
        errors.append(caught.value)

    errors: list[BaseException] = []
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for each in threads:
        each.start()
    go.set()
    for each in threads:
        each.join(5)
    assert (len(errors), len(made)) == (5, len(set(map(id, errors))))
    assert account.recall("token", lambda: ("new", clock.now() + timedelta(hours=1))) == "new"


def test_recall_when_the_value_is_about_to_expire_makes_a_new_one(open_one, clock):
    account = open_one()
    values = iter(range(10))

    def make():
        return next(values), clock.now() + timedelta(minutes=10)

    assert [account.recall("token", make), account.recall("token", make)] == [0, 0]
    clock.go(minutes=9, seconds=29)
    assert account.recall("token", make) == 0
    clock.go(seconds=1)
    assert account.recall("token", make) == 1


def test_recall_when_its_making_asks_for_itself_is_a_broken_promise(open_one, clock):
    account = open_one()
    with pytest.raises(PluginError, match="the making of 'token' asks for 'token' itself"):
        account.recall("token", lambda: account.recall("token", lambda: (1, clock.now())))


def test_forget_drops_only_the_value_it_names(open_one, clock):
    account = open_one()
    values = iter(["a", "b"])

    def make():
        return next(values), clock.now() + timedelta(hours=1)

    account.forget("token", "a")
    assert account.recall("token", make) == "a"
    account.forget("token", "other")
    assert account.recall("token", make) == "a"
    account.forget("token", "a")
    assert account.recall("token", make) == "b"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": ""}, r"^processors\.oslo\.settings\.url: is missing"),
        ({"url": 7}, r"^processors\.oslo\.settings\.url: is missing"),
        (
            {"url": "http://api.example.org"},
            r"^processors\.oslo\.settings\.url: http is allowed to this machine only",
        ),
        ({"key": Secret("abc\n")}, r"^processors\.oslo\.settings\.key: has a space or a line end"),
        ({"key": Secret("a\x00bc")}, r"^processors\.oslo\.settings\.key: has a space or a line end"),
    ],
)
def test_settings_when_they_cannot_work_are_refused(open_one, settings, message):
    with pytest.raises(SettingsError, match=message):
        open_one(**settings)
    assert open_one().settings["url"] == "https://api.example.org/v1"


def test_secret_when_it_is_data_of_several_lines_is_taken_as_it_is(open_one):
    assert open_one(orders=Secret("number;day\n1;2026-11-23\n")).settings["orders"].reveal().count("\n") == 2


def test_settings_cannot_be_changed(open_one):
    with pytest.raises(TypeError):
        open_one().settings["url"] = "https://other.example.org"


def test_account_when_its_calls_are_used_up_says_when_the_next_may_be_made(clock, vendor):
    vendor.get("https://api.example.org/v1/x", json=1)
    declared = Vendor("acme", "Acme", "https://example.org", (), limits=(Limit(2, window=Window.UTC_DAY),))
    settings, store = {"url": "https://api.example.org/v1"}, MemoryStore()
    for allowed in (True, True, False):
        with open_account("oslo", settings, vendor=declared, store=store, now=clock.now) as account:
            if allowed:
                assert account.http.request("GET", "x").json() == 1
                continue
            with pytest.raises(
                ThrottledError, match=r"^oslo: 2 calls per UTC day are used up; next call 2026-11-24 00:00"
            ):
                account.http.request("GET", "x")
            clock.go(hours=12)
            assert account.http.request("GET", "x").json() == 1


def test_account_when_the_vendor_says_429_makes_no_call_until_its_time(clock, vendor):
    vendor.get("https://api.example.org/v1/x", status=429, headers={"Retry-After": "3600"})
    options = {"vendor": VENDOR, "store": MemoryStore(), "now": clock.now, "sleep": clock.sleep}
    with open_account("oslo", {"url": "https://api.example.org/v1"}, **options) as account:
        for _ in range(3):
            with pytest.raises(ThrottledError, match="next call 2026-11-23 13:00 UTC"):
                account.http.request("GET", "x")
        assert account.http.calls == 1
        vendor.replace("GET", "https://api.example.org/v1/x", json=1)
        clock.go(hours=1)
        assert account.http.request("GET", "x").json() == 1


def test_account_when_pauses_take_no_time_counts_a_short_429_as_waited_for(clock, vendor):
    vendor.get("https://api.example.org/v1/x", status=429, headers={"Retry-After": "20"})
    vendor.get("https://api.example.org/v1/x", json=1)
    options = {"vendor": VENDOR, "store": MemoryStore(), "now": clock.now, "sleep": clock.slept.append}
    with open_account("oslo", {"url": "https://api.example.org/v1"}, **options) as account:
        assert account.http.request("GET", "x").json() == 1
    assert clock.slept == [20.0]
