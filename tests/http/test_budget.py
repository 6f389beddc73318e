"""The budget by example: windows, messages, the vendor's word, blocks, restarts and clocks that are set back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import ThrottledError
from gateway.http import Budget, MemoryStore
from gateway.model import Limit, Window

DAILY = Limit(200, window=Window.UTC_DAY)
FIXED = Limit(3000, timedelta(minutes=5), Window.FIXED, "X-Left")


class CountingStore(MemoryStore):
    changes = 0

    def change(self, account, alter):
        self.changes += 1
        return super().change(account, alter)


@pytest.fixture
def store():
    return CountingStore()


@pytest.fixture
def budget(clock, store):
    def make(*limits: Limit, **options: float) -> Budget:
        return Budget("recman", limits, store, now=clock.now, sleep=clock.sleep, **options)

    return make


def take_all(budget: Budget) -> int:
    count = 0
    while True:
        try:
            budget.take()
        except ThrottledError:
            return count
        count += 1


@pytest.mark.parametrize(
    ("limit", "message", "opens"),
    [
        (DAILY, "200 calls per UTC day are used up; next call 2026-11-24 00:00 UTC", {"hours": 12}),
        (
            Limit(60, timedelta(minutes=5)),
            "60 calls in any 5 minutes are used up; next call 2026-11-23 12:05 UTC",
            {"minutes": 5},
        ),
        (
            Limit(6, timedelta(hours=1)),
            "6 calls in any hour are used up; next call 2026-11-23 13:00 UTC",
            {"hours": 1},
        ),
        (FIXED, "3000 calls per 5 minutes are used up; next call 2026-11-23 12:05:01 UTC", {"seconds": 301}),
    ],
)
def test_budget_when_used_up_names_the_limit_and_the_time(budget, clock, limit, message, opens):
    spender = budget(limit)
    assert take_all(spender) == limit.calls
    with pytest.raises(ThrottledError, match=f"^recman: {message}$") as caught:
        spender.take()
    clock.go(**opens)
    assert caught.value.retry_at == clock.now()
    spender.take()


def test_wait_when_short_is_slept(budget, clock):
    spender = budget(Limit(3, timedelta(seconds=2)))
    for _ in range(7):
        spender.take()
    assert clock.slept == [2.0, 2.0]
    assert clock.now() == datetime(2026, 11, 23, 12, 0, 4, tzinfo=UTC)


def test_wait_when_the_clock_stands_still_ends_all_the_same(budget):
    frozen = Budget(
        "recman",
        [Limit(3, timedelta(seconds=2))],
        MemoryStore(),
        now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        sleep=lambda _: None,
    )
    assert [frozen.take() for _ in range(20)]


def test_limits_when_several_are_all_kept(budget, clock):
    spender = budget(Limit(2, timedelta(seconds=1)), Limit(5, timedelta(hours=1)))
    assert take_all(spender) == 5
    assert clock.slept == [1.0, 1.0]


def test_limits_when_of_the_same_window_count_once(budget):
    assert take_all(budget(Limit(9, timedelta(hours=1)), Limit(7, timedelta(hours=1)))) == 7


def test_restart_does_not_free_what_was_used(budget, clock):
    for left in (150, 100, 50):
        spender = budget(DAILY)
        for _ in range(50):
            spender.take()
        spender.close()
        assert [each.left for each in budget(DAILY).left()] == [left]


def test_crash_loses_less_than_a_block(budget):
    for _ in range(10):
        budget(DAILY).take()
    assert take_all(budget(DAILY)) == 200 - 10 * 5


def test_calls_are_taken_from_the_store_in_blocks(budget, store):
    spender = budget(FIXED)
    for _ in range(100):
        spender.take()
    assert store.changes == 2
    several = budget(FIXED, Limit(10, timedelta(seconds=1)))
    for _ in range(10):
        several.take()
    assert store.changes == 12


def test_block_when_it_is_old_is_handed_back_and_not_used(budget, clock):
    first, second = (budget(Limit(200, timedelta(minutes=1)), max_wait=0.1) for _ in range(2))
    first.take()
    clock.go(seconds=50)
    assert take_all(second) == 195
    clock.go(seconds=10.5)
    assert take_all(first) == 4
    clock.go(seconds=0.5)
    assert take_all(first) == 1


def test_standing_tells_what_is_used_and_when_it_is_back(budget):
    spender = budget(DAILY, Limit(3000, timedelta(minutes=5), Window.FIXED), Limit(400, timedelta(hours=1)))
    assert [(each.used, each.resets_at) for each in spender.left()] == [(0, None)] * 3
    for _ in range(7):
        spender.take()
    assert [(each.used, each.left) for each in spender.left()] == [(7, 193), (7, 2993), (7, 393)]
    daily, fixed, sliding = (each.resets_at for each in spender.left())
    assert daily == datetime(2026, 11, 24, tzinfo=UTC)
    assert fixed == datetime(2026, 11, 23, 12, 5, 1, tzinfo=UTC)
    assert datetime(2026, 11, 23, 13, tzinfo=UTC) < sliding < datetime(2026, 11, 23, 13, 1, 1, tzinfo=UTC)


def test_header_when_it_says_fewer_is_believed(budget, clock):
    spender = budget(FIXED)
    taken = spender.take()
    spender.observe(200, {"X-Left": "120"}, taken=taken)
    assert take_all(spender) == 120
    clock.go(minutes=5, seconds=1)
    assert take_all(spender) == 3000


def test_header_when_it_says_none_stops_until_the_window_ends(budget, clock):
    spender = budget(FIXED)
    spender.observe(200, {"X-Left": "0"}, taken=spender.take())
    with pytest.raises(
        ThrottledError, match=r"3000 calls per 5 minutes are used up; next call 2026-11-23 12:05:01 UTC$"
    ):
        spender.take()
    clock.go(minutes=5, seconds=1)
    spender.take()


@pytest.mark.parametrize("value", ["2999", "999999", "many", "", "1.5", "²", "9" * 5000])
def test_header_when_it_says_more_or_nothing_sensible_changes_nothing(budget, store, value):
    spender = budget(FIXED)
    taken = spender.take()
    changes = store.changes
    spender.observe(200, {"X-Left": value}, taken=taken)
    assert store.changes == changes
    assert take_all(spender) == 2999


def test_header_when_it_belongs_to_yesterday_is_not_believed_today(budget, clock):
    spender = budget(Limit(200, window=Window.UTC_DAY, header="X-Left"))
    taken = spender.take()
    clock.go(hours=12)
    spender.observe(200, {"X-Left": "0"}, taken=taken)
    assert take_all(spender) == 200


@pytest.mark.parametrize(
    ("limits", "wait"),
    [
        ((), {"seconds": 60}),
        ((DAILY,), {"hours": 12}),
        ((FIXED,), {"minutes": 5, "seconds": 1}),
        ((Limit(60, timedelta(hours=1)),), {"hours": 1}),
        ((Limit(60, timedelta(hours=1)), DAILY), {"hours": 1}),
    ],
)
def test_429_without_a_time_stops_until_the_shortest_window_ends(budget, clock, limits, wait):
    spender, other = budget(*limits), budget(*limits)
    until = spender.observe(429, {}, taken=spender.take())
    assert until == clock.now() + timedelta(**wait)
    for each in (spender, other):
        with pytest.raises(
            ThrottledError, match=r"^recman: the vendor asked for a pause; next call "
        ) as caught:
            each.take()
        assert caught.value.retry_at == until
    clock.go(**wait)
    spender.take()
    other.take()


def test_429_with_a_time_stops_until_then_but_no_longer_than_a_day(budget, clock):
    spender = budget()
    spender.take()
    assert spender.observe(429, {}, retry_at=clock.now() + timedelta(seconds=3)) == clock.now() + timedelta(
        seconds=3
    )
    spender.take()
    assert clock.slept == [3.0]
    assert spender.observe(429, {}, retry_at=clock.now() + timedelta(days=300)) == clock.now() + timedelta(
        days=1
    )


def test_429_just_after_midnight_does_not_cost_the_day(budget, clock):
    spender = budget(DAILY)
    clock.go(hours=12, seconds=2)
    assert spender.observe(429, {}, taken=spender.take()) == clock.now() + timedelta(minutes=5)


@pytest.mark.parametrize("limit", [DAILY, FIXED, Limit(60, timedelta(hours=1))])
@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=20), timedelta(days=4000)])
def test_clock_when_set_back_frees_nothing_and_holds_nothing_for_ever(budget, clock, limit, back):
    spender = budget(limit)
    assert take_all(spender) == limit.calls
    clock.moment -= back
    assert take_all(budget(limit)) == 0
    clock.go(days=2)
    assert take_all(budget(limit)) == limit.calls


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=20), timedelta(days=4000)])
def test_pause_when_the_clock_is_set_back_stays_as_long_as_it_was(budget, clock, back):
    budget().observe(429, {}, retry_at=clock.now() + timedelta(hours=1))
    clock.moment -= back
    for minutes, allowed in ((0, False), (59, False), (1, True)):
        clock.go(minutes=minutes)
        assert (take_all(budget(DAILY)) > 0) == allowed


def test_fixed_window_after_the_clock_was_set_back_waits_for_a_quiet_period(budget, clock):
    spender = budget(Limit(30, timedelta(minutes=5), Window.FIXED))
    for _ in range(20):
        spender.take()
    clock.moment -= timedelta(minutes=4)
    spender.take()
    clock.go(minutes=4)
    assert take_all(spender) == 9
    clock.go(minutes=5, seconds=7)
    assert take_all(spender) == 30


def test_state_stays_small_however_many_calls(clock, store):
    limits = [Limit(10**6, timedelta(hours=1)), Limit(10**6, timedelta(seconds=30))]
    spender = Budget("recman", limits, store, now=clock.now, sleep=clock.sleep)
    for _ in range(2000):
        clock.go(seconds=1.7)
        spender.take()
    assert len(store._states["recman"]) < 8000


def test_budget_when_threads_share_it_is_never_overdrawn(budget):
    spender, taken = budget(DAILY), []
    threads = [threading.Thread(target=lambda: taken.append(take_all(spender))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert sum(taken) == 200


def test_store_when_it_fails_leaves_the_budget_as_it_was(budget, store, monkeypatch):
    spender = budget(DAILY)

    def fail(account, alter):
        raise OSError("disk full")

    monkeypatch.setattr(store, "change", fail)
    with pytest.raises(OSError, match="disk full"):
        spender.take()
    monkeypatch.undo()
    assert take_all(spender) == 200
