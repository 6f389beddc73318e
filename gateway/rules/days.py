"""Moments to days of the firm's calendar and back, fast: a scan of all people asks for them millions of times.

A moment is whole microseconds since 1970 in UTC, a day its ordinal (`date.toordinal`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.settings.period import Period

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000
_FIRST = date(1970, 1, 1).toordinal()
_SAFE = (
    datetime.min.replace(tzinfo=UTC) + timedelta(days=2),
    datetime.max.replace(tzinfo=UTC) - timedelta(days=2),
)


def to_micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


EARLIEST, LATEST = (to_micros(each) for each in _SAFE)


class Days:
    """One zone's days. What is asked once is remembered: a few thousand days, whatever the number of people."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, int | None] = {}
        self._starts: dict[int, int] = {}
        self._befores: dict[tuple[int, str, int], int] = {}

    def of(self, micros: int) -> int:
        """The day of a moment."""
        utc_day = micros // _DAY
        try:
            offset = self._offsets[utc_day]
        except KeyError:
            offset = self._offsets[utc_day] = self._offset(utc_day)
        if offset is None:  # the clocks are changed on this day
            return from_micros(micros).astimezone(self.zone).toordinal()
        return (micros + offset) // _DAY + _FIRST

    def _offset(self, utc_day: int) -> int | None:
        """How far the zone is from UTC on this day, in microseconds; None where it changes."""
        first = utc_day * _DAY
        if not EARLIEST <= first < LATEST - _DAY:
            return 0
        begin, end = (
            from_micros(each).astimezone(self.zone).utcoffset() for each in (first, first + _DAY - 1)
        )
        assert begin is not None, "an aware time has an offset"
        return begin // MICROSECOND if begin == end else None

    def start(self, day: int) -> int:
        """The first moment of a day."""
        try:
            return self._starts[day]
        except KeyError:
            pass
        try:
            moment = to_micros(datetime.combine(date.fromordinal(day), time.min, self.zone).astimezone(UTC))
        except (OverflowError, ValueError):
            moment = LATEST
        self._starts[day] = moment
        return moment

    def date(self, micros: int) -> date:
        """The day of a moment, as a date."""
        return date.fromordinal(self.of(micros))

    def ender(self, period: Period, *, year_end: bool = False, through: bool = False) -> Callable[[int], int]:
        """From a moment to the first moment after a period that began then (with `year_end`: at the end of its year).

        What has to go goes at the beginning of the period's last day; what is kept is kept `through` it.
        """
        known: dict[int, int] = {}

        def end(micros: int) -> int:
            day = self.of(micros)
            try:
                return known[day]
            except KeyError:
                begun = date.fromordinal(day)
                over = period.after(date(begun.year, 12, 31) if year_end else begun)
                moment = known[day] = self.start(over.toordinal() + through)
                return moment

        return end

    def before(self, micros: int, period: Period) -> int:
        """The first moment of the day a period before a moment: when it is warned of."""
        key = (period.count, period.unit, self.of(micros))
        try:
            return self._befores[key]
        except KeyError:
            found = self._befores[key] = self.start(period.before(self.date(micros)).toordinal())
            return found
