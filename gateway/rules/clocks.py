"""Days and hours that the law counts: from receipt to the day an answer is due, to the hour a breach is told of.

A period is counted as Regulation 1182/71 counts it: the day of receipt is left out, a month ends on the same date, and
where the month has no such date on its last day. Whether its roll to the next working day binds in Norway is for a
lawyer to say. So a deadline has both days, and whatever gives alarm goes by the hard one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.rules.calendar import Holidays
from gateway.rules.policy import LawRow, Policy, Switch
from gateway.settings import Period
from gateway.settings.period import MONTHS_IN, read_period

PERIOD_OVER, FIRST_CONTACT, FIRST_DISCLOSURE = "period", "first-contact", "first-disclosure"
_MICROSECOND = timedelta(microseconds=1)
_ANY_DAY = date(2001, 1, 1)
"""To compare periods in different units from; a month of 31 days and a year of 365 come next."""


class Deadline(NamedTuple):
    """The last day for something: `hard`, and the working day it is `rolled` to where that is none."""

    hard: date
    rolled: date


class Extension(NamedTuple):
    """A deadline that was extended, which holds where the person is told why until `told_by`."""

    hard: date
    rolled: date
    told_by: date


class Earliest(NamedTuple):
    """The first of several deadlines: of the `hard` days (`event` says of what), and of the `rolled` ones."""

    hard: date
    rolled: date
    event: str


def deadline(received: date, period: Period, holidays: Holidays) -> Deadline:
    """The last day of a period that began on the day something was received."""
    hard = period.after(received)
    return Deadline(hard, holidays.next_working(hard))


def extension(received: date, first: Period, more: Period, holidays: Holidays) -> Extension:
    """The deadline after an extension by `more`; the whole is counted from receipt, not from the end of the first."""
    if (first.unit in MONTHS_IN) == (more.unit in MONTHS_IN):
        hard = _sum(first, more).after(received)
    else:
        hard = more.after(first.after(received))
    return Extension(hard, holidays.next_working(hard), first.after(received))


def _sum(first: Period, more: Period) -> Period:
    """Two periods that are both of months, or both of days, as one."""
    if first.unit in MONTHS_IN:
        return Period(first.count * MONTHS_IN[first.unit] + more.count * MONTHS_IN[more.unit], "months")
    return Period(days_in(first) + days_in(more), "days")


def days_in(period: Period) -> int:
    """How many days a period has where every month is long: to tell which of two is the shorter."""
    return (period.after(_ANY_DAY) - _ANY_DAY).days


def earliest(
    received: date,
    period: Period,
    holidays: Holidays,
    *,
    contact: date | None = None,
    disclosure: date | None = None,
) -> Earliest:
    """By when a person is told that they are held: at the end of the period, or earlier, when they are first written to
    or first disclosed. The day of a letter or a disclosure is not rolled; one before receipt was about other data.
    """
    found = [Earliest(*deadline(received, period, holidays), PERIOD_OVER)]
    for day, event in ((contact, FIRST_CONTACT), (disclosure, FIRST_DISCLOSURE)):
        if day is not None and day >= received:
            found.append(Earliest(day, day, event))
    first = min(found, key=lambda each: (each.hard, each.rolled))
    return first._replace(rolled=min(each.rolled for each in found))


def hours_after(moment: datetime, hours: int) -> datetime:
    """So many hours later, in UTC: counted as they pass, over a change of the clocks and over holidays."""
    return moment.astimezone(UTC) + timedelta(hours=hours)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of a day, in UTC; the day may have 23 or 25 hours."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1), zone) - _MICROSECOND


def clock(policy: Policy, name: str) -> LawRow | None:
    """The row of the law that acts for a clock ("answer", "inform", "breach" …); of several, the strictest."""
    return min(_clocks(policy, name), key=_length, default=None)


def _clocks(policy: Policy, name: str) -> list[LawRow]:
    found = [
        row
        for row in policy.law.values()
        if row.acts == "clock" and row.switch == Switch.ON and row.values.get("clock") == name
    ]
    replaced = {row.values.get("replaces") for row in found}
    return [row for row in found if row.id not in replaced]


def _length(row: LawRow) -> timedelta:
    """About how long a clock runs; one that says nothing comes last."""
    if "hours" in row.values:
        return timedelta(hours=row.values["hours"])
    if "working_days" in row.values:
        return timedelta(days=row.values["working_days"])
    period = period_of(row)
    return timedelta.max if period is None else timedelta(days=days_in(period))


def period_of(row: LawRow, name: str = "period") -> Period | None:
    """A period among the values of a row; None where it has none of that name."""
    text = row.values.get(name)
    return None if text is None else read_period(str(text))
