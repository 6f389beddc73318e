"""What call limits make of what falls due: day by day, the nearest hard date first, until all of it is done.

Calls are counted in hundredths, so that a person may cost one call and a half. What one day's calls begin, the next
day's may end. All numbers are whole: the same plan comes out everywhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from gateway.http.windows import DAY, period_of
from gateway.model import Limit

WHOLE = 100
"""One call, in hundredths."""
MOST_DAYS = 3660
"""What is not done ten years after the last of it was due never is."""


class Work(NamedTuple):
    """So many people to be erased at one processor: from day `due` on, by day `hard`, for so many hundredths each."""

    due: int
    hard: int
    people: int
    cost: int


class Allowance(NamedTuple):
    """At most `calls` in any `days` days, `used` of them when the plan begins."""

    calls: int
    days: int = 1
    used: int = 0


class Late(NamedTuple):
    """Of `people` due on one day, so many are `late`: not erased by the `hard` day; the last at `ends` (None: never)."""

    due: int
    hard: int
    people: int
    late: int
    ends: int | None


class Course(NamedTuple):
    """How the work goes: when the last of it is done (None: never, or there is none), and what is late."""

    people: int
    ends: int | None
    late: tuple[Late, ...]

    @property
    def late_people(self) -> int:
        return sum(each.late for each in self.late)


def allowance(limit: Limit, used: int = 0) -> Allowance:
    """A limit in whole days. One shorter than a day bounds the day's total; what is used of it by now says nothing."""
    period = period_of(limit)
    if period < DAY:
        return Allowance(int(limit.calls * DAY / period))
    return Allowance(limit.calls, ceil(period / DAY), used)


@dataclass(slots=True)
class _Bucket:
    """Work that has begun. `late` is known once its hard day is over; `missed` says that it is."""

    work: Work
    left: int
    late: int = 0
    missed: bool = False
    ends: int | None = None

    def note(self, yesterday: int) -> None:
        """See how many were not done when the hard day was over."""
        if not self.missed and yesterday >= self.work.hard:
            self.missed = True
            self.late = ceil(self.left / self.work.cost)


@dataclass(slots=True)
class _Spending:
    """The calls of every day so far, and how many more a day may spend: `fetch` hundredths a day are not ours."""

    allowances: Sequence[Allowance]
    fetch: int
    sums: list[int] = field(default_factory=lambda: [0])

    def left(self) -> int:
        """What the day that has just begun may spend."""
        day = len(self.sums) - 1
        found = []
        for calls, days, used in self.allowances:
            spent = self.sums[day] - self.sums[max(0, day - days + 1)]
            found.append((calls - (used if day < days else 0)) * WHOLE - self.fetch * days - spent)
        return max(0, min(found))

    @property
    def never(self) -> bool:
        """Whether reading takes all there is."""
        return any(each.calls * WHOLE <= self.fetch * each.days for each in self.allowances)

    def end_day(self, spent: int) -> None:
        self.sums.append(self.sums[-1] + spent)


def course(work: Iterable[Work], allowances: Sequence[Allowance], fetch: int, today: int) -> Course:
    """How the work goes at these limits (none: nothing waits), of which fetching takes its share first."""
    buckets = [_Bucket(each, each.people * each.cost) for each in sorted(work) if each.people]
    if allowances:
        _spend(buckets, _Spending(allowances, fetch), today)
    else:
        for each in buckets:
            day = max(today, each.work.due)
            each.note(day - 1)
            each.left, each.ends = 0, day
    ends = [each.ends for each in buckets]
    known = [each for each in ends if each is not None]
    last = max(known) if known and len(known) == len(ends) else None
    late = tuple(
        Late(each.work.due, each.work.hard, each.work.people, each.late, each.ends)
        for each in buckets
        if each.late
    )
    return Course(sum(each.work.people for each in buckets), last, late)


def _spend(buckets: Sequence[_Bucket], spending: _Spending, today: int) -> None:
    """Let day after day pass, until all is done or it is clear that it never will be."""
    coming = sorted(range(len(buckets)), key=lambda place: -buckets[place].work.due)
    begun: list[tuple[int, int, int]] = []
    horizon = max([today, *(each.work.due for each in buckets)]) + MOST_DAYS
    for day in range(today, today if spending.never else horizon):
        while coming and buckets[coming[-1]].work.due <= day:
            place = coming.pop()
            heapq.heappush(begun, (buckets[place].work.hard, buckets[place].work.due, place))
        if not begun and not coming:
            return
        left = whole = spending.left()
        while begun and left:
            bucket = buckets[begun[0][2]]
            bucket.note(day - 1)
            spent = min(left, bucket.left)
            bucket.left -= spent
            left -= spent
            if not bucket.left:
                bucket.ends = day
                heapq.heappop(begun)
        spending.end_day(whole - left)
    for each in buckets:
        if each.left:
            each.note(horizon)


def enough(work: Sequence[Work], fetch: int, today: int) -> int:
    """The fewest calls a day at which nothing is late that can still be in time."""
    least = course(work, (), 0, today).late_people
    low, high = 0, ceil((sum(each.people * each.cost for each in work) + fetch) / WHOLE)
    while low < high:
        middle = (low + high) // 2
        if course(work, (Allowance(middle),), fetch, today).late_people <= least:
            high = middle
        else:
            low = middle + 1
    return high
