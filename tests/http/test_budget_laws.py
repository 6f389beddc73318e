"""Laws of the budget on simulated time, for any order of calls of two processes, restarts and clock steps."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import ThrottledError
from gateway.http import Budget, MemoryStore
from gateway.model import Limit, Window

START = datetime(2026, 11, 23, 18, tzinfo=UTC).timestamp()
DAY = 86400


class World:
    """Two processes that share a store. `true` is the time that really passes, the clock may lag behind it."""

    def __init__(self, *limits: Limit) -> None:
        self.limits, self.store = limits, MemoryStore()
        self.true, self.lag = START, 0.0
        self.calls: list[tuple[float, datetime]] = []
        self.processes = [self._start(), self._start()]

    def _start(self) -> Budget:
        options = {"now": self.now, "sleep": self._sleep, "monotonic": lambda: self.true, "max_wait": 0.2}
        return Budget("x", self.limits, self.store, **options)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.true - self.lag, UTC)

    def _sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 5
        self.true += seconds

    def take(self, process: int, count: int) -> None:
        for _ in range(count):
            try:
                self.processes[process].take()
            except ThrottledError:
                return
            self.calls.append((self.true, self.now()))

    def drain(self, process: int) -> None:
        self.take(process, 1000)

    def crash(self, process: int) -> None:
        self.processes[process] = self._start()

    def stop(self, process: int) -> None:
        self.processes[process].close()
        self.crash(process)

    def wait(self, seconds: float) -> None:
        self.true += seconds

    def set_back(self, seconds: float) -> None:
        self.lag += seconds

    def set_back_seen(self, seconds: float) -> None:
        """Set back to before the latest call, which is noticed at once."""
        latest = self.calls[-1][1] if self.calls else self.now()
        self.lag += max(0.0, (self.now() - latest).total_seconds()) + seconds
        self.processes[0].left()

    def run(self, steps: list[tuple[str, tuple[float, ...]]]) -> World:
        for name, arguments in steps:
            getattr(self, name)(*arguments)
        return self

    def must_move_on(self) -> None:
        """It never blocks for ever: whoever waits until the time he is told gets his call, soon."""
        for _ in range(4):
            try:
                self.processes[0].take()
            except ThrottledError as error:
                self.true = error.retry_at.timestamp() + self.lag
            else:
                return
        raise AssertionError("told to wait four times in a row")


SPANS = (0.0001, 1 / 120, 1 / 60, 1 / 30, 0.3, 0.97, 0.99, 0.995, 1.0)


def steps_within(period: float, *, back: str = "") -> st.SearchStrategy[list[tuple[str, tuple[float, ...]]]]:
    """Steps whose waits lie about the grains and the ends of the period, where mistakes would be."""
    process, span = st.integers(0, 1), st.sampled_from([period * each for each in SPANS])
    kinds = {
        "take": st.tuples(process, st.integers(1, 9)),
        "drain": st.tuples(process),
        "wait": st.tuples(span),
        "crash": st.tuples(process),
        "stop": st.tuples(process),
    }
    if back:
        kinds[back] = st.tuples(st.sampled_from([2 + period / 50, period / 2, period * 1.01]))
    names = st.sampled_from(["take", "drain", "wait", "wait", *kinds])
    step = names.flatmap(lambda name: st.tuples(st.just(name), kinds[name]))
    return st.lists(step, min_size=5, max_size=40)


LIMITS = [(5, 10), (40, 60), (160, 60), (400, 3600), (90, DAY)]
limit_and_steps = st.sampled_from(LIMITS).flatmap(
    lambda limit: st.tuples(st.just(limit), steps_within(limit[1], back="set_back"))
)
thorough = settings(max_examples=100, deadline=None)


TAKE_ONE, DRAIN = ("take", (0, 1)), ("drain", (0,))
USED_LATE = [TAKE_ONE, ("wait", (30,)), DRAIN, ("wait", (3575,)), DRAIN]
OLD_BLOCK = [("take", (1, 1)), ("wait", (3700,)), DRAIN, ("drain", (1,))]
REVIVED_BLOCK = [("take", (1, 1)), ("set_back", (90,)), TAKE_ONE, ("wait", (90.5,)), DRAIN, ("drain", (1,))]
MANY = [TAKE_ONE, ("wait", (7,))] * 200 + [("wait", (2201,)), DRAIN]
ACROSS_THE_END = [TAKE_ONE, ("wait", (3599,)), TAKE_ONE, ("wait", (30,)), ("take", (0, 8)), DRAIN]
IN_THE_MARGIN = [TAKE_ONE, ("wait", (60,)), ("take", (0, 20)), ("wait", (1.2,)), DRAIN]
ADRIFT = [
    ("take", (0, 20)),
    ("wait", (50,)),
    ("set_back_seen", (3.2,)),
    ("wait", (20,)),
    ("take", (0, 20)),
    ("wait", (42,)),
    DRAIN,
]


@thorough
@given(limit_and_steps)
@example(((400, 3600), USED_LATE))
@example(((400, 3600), OLD_BLOCK))
@example(((160, 60), REVIVED_BLOCK))
def test_sliding_window_never_holds_more_calls_than_its_limit(case):
    (calls, period), steps = case
    world = World(Limit(calls, timedelta(seconds=period))).run(steps)
    moments = [true for true, _ in world.calls]
    for first, later in zip(moments, moments[calls:], strict=False):
        assert later - first >= period - 1e-3
    world.must_move_on()


@thorough
@given(
    st.sampled_from(LIMITS).flatmap(
        lambda limit: st.tuples(st.just(limit), steps_within(limit[1], back="set_back_seen"))
    )
)
@example(((400, 3600), OLD_BLOCK))
@example(((400, 3600), ACROSS_THE_END))
@example(((40, 60), IN_THE_MARGIN))
@example(((40, 60), ADRIFT))
def test_fixed_window_never_holds_more_calls_than_its_limit(case):
    (calls, period), steps = case
    world = World(Limit(calls, timedelta(seconds=period), Window.FIXED)).run(steps)
    began, count = float("-inf"), 0
    for true, _ in world.calls:
        began, count = (true, 1) if true >= began + period else (began, count + 1)
        assert count <= calls
    world.must_move_on()


@thorough
@given(st.sampled_from([7, 80, 400]), steps_within(DAY / 3))
@example(
    80,
    [("wait", (6 * 3600.0,)), ("take", (0, 40)), ("set_back", (60.0,)), ("take", (1, 40)), ("take", (0, 40))],
)
def test_utc_day_never_holds_more_calls_than_its_limit(calls, steps):
    world = World(Limit(calls, window=Window.UTC_DAY)).run(steps)
    assert all(count <= calls for count in Counter(moment.date() for _, moment in world.calls).values())
    world.must_move_on()


@thorough
@given(steps_within(600, back="set_back"))
@example(MANY)
def test_several_limits_are_all_kept(steps):
    limits = [(20, 20), (90, 600), (200, 3600)]
    world = World(*(Limit(calls, timedelta(seconds=period)) for calls, period in limits)).run(steps)
    moments = [true for true, _ in world.calls]
    for calls, period in limits:
        assert all(
            later - first >= period - 1e-3 for first, later in zip(moments, moments[calls:], strict=False)
        )
    world.must_move_on()


@given(st.integers(0, 90), st.integers(0, 250), st.booleans())
@settings(deadline=None)
def test_word_of_the_vendor_never_raises_what_is_left(used, told, crash):
    world = World(Limit(200, window=Window.UTC_DAY, header="X-Left"))
    world.take(0, used)
    world.processes[0].observe(200, {"X-Left": str(told)}, taken=world.now())
    if crash:
        world.crash(0)
    before = len(world.calls)
    world.take(0, 300)
    world.take(1, 300)
    assert len(world.calls) - before <= min(told, 200 - used)
    if not crash:
        assert len(world.calls) - before == min(told, 200 - used)
