"""Moments to days and back: the fast way says what the calendar says, in any zone, on the days clocks change too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.days import Days, from_micros, to_micros
from gateway.settings.period import Period

ZONES = ["Europe/Oslo", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]
moments = st.datetimes(datetime(1901, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
around = st.sampled_from([datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
periods = st.builds(Period, st.integers(1, 40), st.sampled_from(["days", "weeks", "months", "years"]))


@pytest.mark.parametrize("zone", ZONES)
@given(
    moments
    | st.builds(lambda day, minutes: day + timedelta(minutes=minutes), around, st.integers(-1440, 2880))
)
def test_the_day_of_a_moment_is_that_of_the_zone(zone, moment):
    days = Days(ZoneInfo(zone))
    for _ in range(2):  # from the calendar, then from memory
        assert days.date(to_micros(moment)) == moment.astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize("zone", ZONES)
@given(st.dates(date(1901, 1, 1), date(2199, 12, 31)))
def test_a_day_begins_at_its_first_moment(zone, day):
    days = Days(ZoneInfo(zone))
    start = days.start(day.toordinal())
    assert from_micros(start) == datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
    assert (days.date(start), days.date(start - 1)) == (day, day - timedelta(days=1))


@given(moments, periods)
def test_a_period_ends_on_the_day_it_says_and_what_is_kept_the_day_after(moment, period):
    days, micros = Days(ZoneInfo("Europe/Oslo")), to_micros(moment)
    begun = days.date(micros)
    for _ in range(2):
        assert days.date(days.ender(period)(micros)) == period.after(begun)
        assert days.date(days.ender(period, through=True)(micros)) == period.after(begun) + timedelta(days=1)
        year_end = days.ender(period, year_end=True)(micros)
        assert days.date(year_end) == period.after(date(begun.year, 12, 31))


@given(moments, periods)
def test_a_warning_is_a_period_before(moment, period):
    days, micros = Days(ZoneInfo("Europe/Oslo")), to_micros(moment)
    for _ in range(2):
        assert days.date(days.before(micros, period)) == period.before(days.date(micros))


def test_what_never_ends_is_later_than_everything():
    days = Days(ZoneInfo("Europe/Oslo"))
    assert days.start(date.max.toordinal() + 1) > to_micros(datetime(9999, 1, 1, tzinfo=UTC))
