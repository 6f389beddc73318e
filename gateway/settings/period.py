"""Periods of the calendar ("24 months") and durations ("90 minutes"), read from text."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast

Unit = Literal["days", "weeks", "months", "years"]

DAYS_IN = {"days": 1, "weeks": 7}
MONTHS_IN = {"months": 1, "years": 12}
MOST_YEARS = 200

_WORDS = re.compile(r"([0-9]{1,6}) *([a-z]+)")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar, such as 24 months.

    `before` and `after` belong together: `start <= period.before(today)` exactly where
    `period.after(start) <= today`. A query for what is over and a due date never disagree.
    """

    count: int
    unit: Unit

    def after(self, start: date) -> date:
        """The day the period is over: 31 January and a month is the last day of February."""
        try:
            if self.unit in MONTHS_IN:
                year, month = _move(start, self.count * MONTHS_IN[self.unit])
                return date(year, month, min(start.day, monthrange(year, month)[1]))
            return start + timedelta(days=self.count * DAYS_IN[self.unit])
        except (OverflowError, ValueError):
            return date.max

    def before(self, today: date) -> date:
        """The cut-off: the latest day whose period is over today.

        The day of the month stays, cut to the month's last day. Today being the last day of a month, all
        that began at the end of that earlier month is over: a month before 30 April is 31 March.
        """
        try:
            if self.unit in MONTHS_IN:
                year, month = _move(today, -self.count * MONTHS_IN[self.unit])
                last = monthrange(year, month)[1]
                is_last = today.day == monthrange(today.year, today.month)[1]
                return date(year, month, last if is_last else min(today.day, last))
            return today - timedelta(days=self.count * DAYS_IN[self.unit])
        except (OverflowError, ValueError):
            return date.min

    def __str__(self) -> str:
        return f"{self.count} {self.unit[:-1] if self.count == 1 else self.unit}"


def _move(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(year)
    return year, month + 1


def read_period(text: str) -> Period:
    """The period `text` names; raises ValueError for anything else, for nothing and for over 200 years."""
    count, unit = _read(text, {*DAYS_IN, *MONTHS_IN})
    years = count * DAYS_IN[unit] / 365 if unit in DAYS_IN else count * MONTHS_IN[unit] / 12
    if count < 1 or years > MOST_YEARS:
        raise ValueError(f"must be at least 1 day and at most {MOST_YEARS} years")
    return Period(count, cast("Unit", unit))


def read_duration(text: str) -> timedelta:
    """The time `text` names in seconds, minutes, hours, days or weeks; raises ValueError for anything else."""
    count, unit = _read(text, {"seconds", "minutes", "hours", "days", "weeks"})
    duration = timedelta(**{unit: count})
    if duration > timedelta(days=3660):
        raise ValueError("must be at most 10 years")
    return duration


def _read(text: str, units: set[str]) -> tuple[int, str]:
    found = _WORDS.fullmatch(text.strip().lower())
    unit = "" if found is None else found[2].removesuffix("s") + "s"
    if found is None or unit not in units:
        raise ValueError("")
    return int(found[1]), unit
