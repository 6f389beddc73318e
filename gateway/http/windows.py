"""How the calls of one limit are counted: sliding, fixed and UTC-day windows over a small JSON-able state.

Times are seconds since 1970. A block of calls is counted before it is used, as if all of it were used at `until`,
the last moment it may be used. A clock that was set back frees nothing, and holds nothing longer than one period.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any, Protocol

from gateway.model import Limit, Window

State = dict[str, Any]

DAY = 86400.0
JUST_BEGUN = 300.0
GRAINS = 60
"""A period is counted in this many grains; a block is used within one."""


class Counter(Protocol):
    """The calls of one limit at one moment, over the limit's own state; made anew in every transaction."""

    limit: Limit

    @property
    def left(self) -> int:
        """How many calls may be made now."""
        ...

    @property
    def begins(self) -> float:
        """A call made before this moment says nothing of the window of now."""
        ...

    @property
    def turn(self) -> tuple[float, float]:
        """From when to when calls are shared out; a sliding window is cut into pieces as long as it is."""
        ...

    @property
    def horizon(self) -> float:
        """Before this moment a block taken now has to be used."""
        ...

    def count(self, calls: int, until: float) -> float:
        """Count calls; returns the mark by which they can be given back."""
        ...

    def give_back(self, mark: float, calls: int) -> None: ...
    def opens(self) -> float:
        """When the next call may be made, if none may now."""
        ...

    def ends(self) -> float:
        """When the window in which the vendor said "too many" is over."""
        ...

    def renewed(self) -> float:
        """When all calls are there again, if some are gone."""
        ...


def count_of(limit: Limit, state: State, now: float, *, set_back: bool) -> Counter:
    """The counter of a limit now; `set_back` says that the clock was seen to go backwards."""
    if limit.window is Window.UTC_DAY:
        return _UtcDay(limit, state, now)
    if limit.window is Window.FIXED:
        return _Fixed(limit, state, now, set_back=set_back)
    return _Sliding(limit, state, now)


def period_of(limit: Limit) -> float:
    return DAY if limit.window is Window.UTC_DAY else limit.period.total_seconds()


class _Sliding:
    """`spent` lists [moment, calls], oldest first. When they are many they are rounded up, so some wait longer."""

    begins = 0.0

    def __init__(self, limit: Limit, state: State, now: float) -> None:
        self.limit, self._state, self._now = limit, state, now
        self._period = period_of(limit)
        grain = self._period / GRAINS
        self.horizon = now + grain
        begins = now // self._period * self._period
        self.turn = (begins, begins + self._period)
        kept: dict[float, int] = {}
        for moment, calls in state.get("spent", ()):
            if calls and moment + self._period > now:
                within = min(moment, now + 2 * grain)
                kept[within] = kept.get(within, 0) + calls
        if len(kept) > 2 * GRAINS:
            kept = _rounded(kept, grain)
        state["spent"] = self._spent = sorted([moment, calls] for moment, calls in kept.items())

    @property
    def left(self) -> int:
        return max(0, self.limit.calls - sum(int(calls) for _, calls in self._spent))

    def count(self, calls: int, until: float) -> float:
        self._spent.append([until, calls])
        self._spent.sort()
        return until

    def give_back(self, mark: float, calls: int) -> None:
        for entry in self._spent:
            if entry[0] == mark and entry[1] >= calls:
                entry[1] -= calls
                return

    def opens(self) -> float:
        over = sum(calls for _, calls in self._spent) - self.limit.calls + 1
        for moment, calls in self._spent:
            over -= calls
            if over <= 0:
                return moment + self._period
        return self._now

    def ends(self) -> float:
        return self._now + self._period

    def renewed(self) -> float:
        return self._period + max((moment for moment, calls in self._spent if calls), default=self._now)


def _rounded(spent: dict[float, int], grain: float) -> dict[float, int]:
    """The same calls at fewer moments, none of them earlier."""
    rounded: dict[float, int] = {}
    for moment, calls in spent.items():
        later = max(moment, ceil(moment / grain - 1e-6) * grain)
        rounded[later] = rounded.get(later, 0) + calls
    return rounded


class _Fixed:
    """`start` is the first call of the window, `used` its calls, `last` the latest moment one may be made.

    Between the end of the window and a margin later no call is made, since the vendor's window began only when our
    first call arrived there. Once the clock was set back (`adrift`), the window is over when no call was
    made for a whole period.
    """

    def __init__(self, limit: Limit, state: State, now: float, *, set_back: bool) -> None:
        self.limit, self._state, self._now = limit, state, now
        self._period = period_of(limit)
        if state and (set_back or state["start"] > now):
            latest = now + self._period / GRAINS
            state.update(start=min(state["start"], now), last=min(state["last"], latest), adrift=True)
        if state and now >= self._end():
            state.clear()

    def _end(self) -> float:
        begin: float = self._state["last" if self._state["adrift"] else "start"]
        return begin + self._period + min(1.0, self._period / GRAINS)

    @property
    def begins(self) -> float:
        return float(self._state["start"]) if self._state else self._now

    @property
    def turn(self) -> tuple[float, float]:
        return self.begins, self.ends()

    @property
    def left(self) -> int:
        if not self._state:
            return self.limit.calls
        if self._now >= self._state["start"] + self._period and not self._state["adrift"]:
            return 0
        return max(0, self.limit.calls - int(self._state["used"]))

    @property
    def horizon(self) -> float:
        running = self._state and not self._state["adrift"]
        return float(self._state["start"] if running else self._now) + self._period

    def count(self, calls: int, until: float) -> float:
        if not self._state:
            self._state.update(start=self._now, used=0, last=self._now, adrift=False)
        self._state["used"] += calls
        self._state["last"] = max(self._state["last"], until)
        return float(self._state["start"])

    def give_back(self, mark: float, calls: int) -> None:
        if self._state and self._state["start"] == mark:
            self._state["used"] = max(0, self._state["used"] - calls)

    def opens(self) -> float:
        return self._end() if self._state else self._now

    def ends(self) -> float:
        return self._end() if self._state else self._now + self._period

    renewed = opens


class _UtcDay:
    """`days` maps the number of a UTC day to its calls. Those of the day ahead, made before the clock was set
    back, count today as well; those further ahead are taken for today's.
    """

    def __init__(self, limit: Limit, state: State, now: float) -> None:
        self.limit, self._now = limit, now
        self._today = int(now // DAY)
        self.begins, self.horizon = self._today * DAY, (self._today + 1) * DAY
        self.turn = (self.begins, self.horizon)
        self._days: dict[str, int] = {}
        for name, calls in state.get("days", {}).items():
            day = int(name)
            if day >= self._today - 2:
                self._add(self._today if day > self._today + 1 else day, calls)
        state["days"] = self._days

    def _add(self, day: int, calls: int) -> None:
        self._days[str(day)] = self._days.get(str(day), 0) + calls

    @property
    def left(self) -> int:
        used = self._days.get(str(self._today), 0) + self._days.get(str(self._today + 1), 0)
        return max(0, self.limit.calls - used)

    def count(self, calls: int, until: float) -> float:  # noqa: ARG002  # the day alone matters
        self._add(self._today, calls)
        return float(self._today)

    def give_back(self, mark: float, calls: int) -> None:
        day = str(int(mark))
        self._days[day] = max(0, self._days.get(day, 0) - calls)

    def opens(self) -> float:
        return self.horizon

    def ends(self) -> float:
        """Midnight; but just after midnight it is likely that the vendor's clock is behind and its day not yet over."""
        begun = self._now - self.begins
        return self._now + JUST_BEGUN if begun < JUST_BEGUN else self.horizon

    renewed = opens


def name_of(limit: Limit) -> str:
    """The limit as a person says it: `200 calls per UTC day`."""
    if limit.window is Window.UTC_DAY:
        return f"{limit.calls} calls per UTC day"
    return (
        f"{limit.calls} calls {'in any' if limit.window is Window.SLIDING else 'per'} {_span(limit.period)}"
    )


def _span(period: timedelta) -> str:
    seconds = period.total_seconds()
    for size, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return unit.removesuffix("s") if count == 1 else f"{count} {unit}"
    return "second" if seconds == 1 else f"{seconds:g} seconds"
