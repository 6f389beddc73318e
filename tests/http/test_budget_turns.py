"""Whose turn it is: laws of the order of uses on simulated time, for two processes, restarts and any order of calls."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import ThrottledError
from gateway.http import Budget, Demand, MemoryStore, Use, calls_for, open_account
from gateway.http.turns import shares
from gateway.model import Limit, Vendor, Window

START = datetime(2026, 11, 23, 0, 0, 5, tzinfo=UTC).timestamp()
DAY = 86400
MANY = 10**6
ALL = Demand(MANY, MANY, MANY)


class World:
    """Two processes that share a store, and what is wanted; the clock is set by hand."""

    def __init__(self, limit: Limit, wanted: Demand = ALL) -> None:
        self.limit, self.wanted, self.store = limit, wanted, MemoryStore()
        self.time = START
        self.calls: list[tuple[float, Use]] = []
        self.processes = [self._start(), self._start()]

    def _start(self) -> Budget:
        return Budget(
            "x", [self.limit], self.store, now=self.now, sleep=lambda _: None, monotonic=lambda: self.time,
            max_wait=0.2, demand=lambda _: self.wanted,
        )  # fmt: skip

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def take(self, process: int, use: Use, count: int = MANY) -> ThrottledError | None:
        for _ in range(count):
            try:
                with calls_for(use):
                    self.processes[process].take()
            except ThrottledError as error:
                return error
            self.calls.append((self.time, use))
        return None

    def stop(self, process: int) -> None:
        self.processes[process].close()
        self.crash(process)

    def crash(self, process: int) -> None:
        self.processes[process] = self._start()

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def run(self, steps: list[tuple[str, tuple[Any, ...]]]) -> World:
        for name, arguments in steps:
            getattr(self, name)(*arguments)
        return self

    def drain(self, order: list[Use]) -> None:
        for process in (0, 1):
            for use in order:
                self.take(process, use)
            self.stop(process)

    @property
    def had(self) -> Counter[Use]:
        return Counter(use for _, use in self.calls)


def limits(*calls: int) -> st.SearchStrategy[Limit]:
    windows = st.sampled_from([
        (Window.UTC_DAY, timedelta(days=1)),
        (Window.FIXED, timedelta(hours=1)),
        (Window.SLIDING, timedelta(hours=2)),
    ])  # fmt: skip
    return st.builds(
        lambda window, count: Limit(count, window[1], window[0]), windows, st.sampled_from(calls)
    )


def steps(*, crash: bool, waits: bool) -> st.SearchStrategy[list[tuple[str, tuple[Any, ...]]]]:
    process = st.integers(0, 1)
    kinds = {
        "take": st.tuples(process, st.sampled_from(Use), st.integers(1, 60)),
        "stop": st.tuples(process),
    }
    if crash:
        kinds["crash"] = st.tuples(process)
    if waits:
        kinds["wait"] = st.tuples(st.sampled_from([20.0, 61.0, 3590.0, 3661.0, 40_000.0]))
    names = st.sampled_from(["take", "take", "take", *kinds])
    return st.lists(
        names.flatmap(lambda name: st.tuples(st.just(name), kinds[name])), min_size=3, max_size=30
    )


def test_shares_are_a_part_of_all_and_enough_for_one_look():
    assert [shares(each) for each in (0, 1, 2, 3, 6, 20, 40, 200, 3000)] == [
        (0, 0), (0, 0), (1, 0), (1, 1), (2, 1), (6, 3), (10, 5), (40, 20), (600, 300),
    ]  # fmt: skip


orders = st.permutations(list(Use))
wanted = st.builds(Demand, *[st.sampled_from([0, 0, 1, 7, 45, MANY])] * 3)
thorough = settings(max_examples=150, deadline=None)


@thorough
@given(limits(1, 7, 90, 400), steps(crash=True, waits=True), wanted)
def test_no_window_ever_holds_more_calls_than_its_limit(limit, steps, wanted):
    world = World(limit, wanted).run(steps)
    moments = [moment for moment, _ in world.calls]
    if limit.window is Window.UTC_DAY:
        assert max(Counter(int(each // DAY) for each in moments).values(), default=0) <= limit.calls
        return
    period, began, count = limit.period.total_seconds(), float("-inf"), 0
    for place, moment in enumerate(moments):
        began, count = (moment, 1) if moment >= began + period else (began, count + 1)
        assert count <= limit.calls
        if limit.window is Window.SLIDING and place >= limit.calls:
            assert moment - moments[place - limit.calls] >= period - 1e-3


@thorough
@given(limits(10, 90, 200), steps(crash=True, waits=False), orders)
@example(Limit(200, window=Window.UTC_DAY), [("take", (0, Use.FETCH, 200))], list(Use))
def test_reading_never_takes_more_than_its_share_while_deletions_wait(limit, steps, order):
    world = World(limit).run(steps)
    world.drain(order)
    assert world.had[Use.FETCH] <= shares(limit.calls)[1]
    assert world.had[Use.VERIFY] <= shares(limit.calls)[0]


@thorough
@given(limits(3, 10, 90, 200), steps(crash=False, waits=False), orders)
@example(Limit(200, window=Window.UTC_DAY), [("take", (0, Use.DELETE, 200))], list(Use))
def test_each_use_gets_its_share_of_a_window_in_any_order(limit, steps, order):
    world = World(limit).run(steps)
    world.drain(order)
    calls, had = limit.calls, world.had
    assert had[Use.FETCH] == shares(calls)[1]
    assert had[Use.VERIFY] == shares(calls)[0]
    assert had[Use.DELETE] == calls - had[Use.FETCH] - had[Use.VERIFY]


@thorough
@given(limits(10, 200), st.sampled_from(Use), st.sampled_from(Use), st.integers(0, 9))
def test_where_nothing_is_wanted_everything_may_be_used_by_anyone(limit, first, second, count):
    world = World(limit, Demand())
    world.take(0, first, count)
    world.stop(0)
    world.take(1, second)
    assert sum(world.had.values()) == limit.calls


@thorough
@given(limits(10, 60, 200), wanted, orders)
def test_no_call_is_kept_for_what_wants_fewer(limit, wanted, order):
    """Whoever comes last takes all that the others did not want, as soon as they have had it."""
    world = World(limit, wanted)
    for use in order:
        want = getattr(wanted, use)
        world.take(0, use, want)
        left = max(0, want - world.had[use])
        if use is not Use.FETCH:  # reading says what a whole window takes, and had counts against it
            world.wanted = Demand(**{
                each: left if each == use else getattr(world.wanted, each)
                for each in ("delete", "verify", "fetch")
            })  # fmt: skip
    if all(world.had[each] >= getattr(wanted, each) for each in Use):
        world.take(1, order[-1])
        world.take(0, order[-1])
        assert sum(world.had.values()) == limit.calls


@given(st.integers(3, 250), st.integers(0, 250))
@settings(deadline=None)
def test_shares_are_of_what_the_vendor_leaves_us(calls, told):
    world = World(Limit(calls, window=Window.UTC_DAY, header="X-Left"))
    world.processes[0].observe(200, {"X-Left": str(told)}, taken=world.now())
    left = min(calls, told)
    world.drain([Use.FETCH, Use.VERIFY, Use.DELETE])
    had = world.had
    assert sum(had.values()) == left
    assert had[Use.DELETE] >= left // 2
    assert had[Use.DELETE] >= (left > 0)


DAILY = Limit(200, window=Window.UTC_DAY)


@pytest.mark.parametrize(
    ("use", "wanted", "kept"),
    [
        (Use.FETCH, Demand(delete=500), "deletions that are due"),
        (Use.VERIFY, Demand(delete=500), "deletions that are due"),
        (Use.FETCH, Demand(verify=500), "proofs that are due"),
        (Use.DELETE, Demand(500, 500, 500), "proofs that are due"),
        (Use.DELETE, Demand(500, 0, 500), "reading"),
    ],
)
def test_who_waits_is_told_for_what_and_asks_again_in_an_hour(use, wanted, kept):
    world = World(DAILY, wanted)
    error = world.take(0, use)
    assert str(error) == (
        f"x: what is left of 200 calls per UTC day is kept for {kept}; next call 2026-11-23 01:00:05 UTC"
    )
    world.wait(DAY - 20)
    later = world.take(0, use)
    assert later is not None
    assert later.retry_at == datetime(2026, 11, 24, tzinfo=UTC)


def test_what_is_kept_is_free_as_soon_as_it_is_not_wanted_any_more():
    world = World(DAILY, Demand(delete=500))
    assert world.take(0, Use.FETCH) is not None
    world.wanted = Demand()
    assert world.take(0, Use.FETCH, 180) is None
    assert world.had[Use.FETCH] == 200


def test_nobody_is_kept_waiting_by_what_was_wanted_before(clock):
    """With a rate by the second calls are taken one by one, and what is wanted is asked for every fifth."""
    wanted, asked = [Demand(delete=500)], []

    def ask(_: datetime) -> Demand:
        asked.append(wanted[0])
        return wanted[0]

    rate = Limit(1000, timedelta(seconds=1))
    budget = Budget(
        "x", [Limit(210, window=Window.UTC_DAY), rate], MemoryStore(), now=clock.now, sleep=clock.sleep, demand=ask
    )  # fmt: skip
    with calls_for(Use.FETCH):
        for _ in range(21):
            budget.take()
        assert len(asked) == 5
        wanted[0] = Demand()
        budget.take()
    assert len(asked) == 6


def test_what_is_wanted_meanwhile_is_seen_before_a_fortieth_is_gone():
    world = World(DAILY, Demand())
    world.take(0, Use.FETCH, 100)
    world.wanted = Demand(delete=500)
    assert world.take(0, Use.FETCH, 6) is not None


def test_short_windows_are_not_shared_out():
    world = World(Limit(40, timedelta(minutes=5)))
    world.take(0, Use.FETCH)
    assert world.had[Use.FETCH] == 40


def test_asking_counts_nothing_and_says_what_a_call_would_meet():
    world = World(DAILY, Demand(delete=500, verify=3))
    assert [world.processes[0].spent(each) for each in Use] == [None] * 3
    world.take(0, Use.FETCH)
    world.take(0, Use.DELETE)
    assert "is kept for proofs" in str(world.processes[1].spent(Use.DELETE))
    assert "is kept for deletions" in str(world.processes[1].spent(Use.FETCH))
    assert world.processes[1].spent(Use.VERIFY) is None
    assert world.take(1, Use.VERIFY, 3) is None
    assert "are used up" in str(world.processes[1].spent(Use.VERIFY))
    assert sum(world.had.values()) == 200


@pytest.mark.parametrize("parallel", [1, 4])
def test_use_reaches_the_threads_of_an_account(parallel, clock):
    vendor = Vendor("x", "X", "https://example.org", (), limits=(DAILY,))
    account = open_account(
        "x", {"url": "https://api.example.org"}, vendor=vendor, store=MemoryStore(), now=clock.now, sleep=clock.sleep,
        parallel=parallel, demand=lambda _: Demand(delete=500),
    )  # fmt: skip
    budget = account.http._budget
    assert budget is not None

    def take(_: int) -> int:
        budget.take()
        return 1

    with account:
        with calls_for(Use.FETCH):
            assert list(account.map(take, range(20))) == [1] * 20
            with pytest.raises(ThrottledError, match="kept for deletions that are due"):
                list(account.map(take, range(1)))
        assert list(account.map(take, range(100))) == [1] * 100
