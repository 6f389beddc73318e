"""Norway's working days: the holidays of the library against the rules of the church's calendar, year by year."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.calendar import Holidays, norwegian

DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
FULL_MOONS = (
    "04-14", "04-03", "03-23", "04-11", "03-31", "04-18", "04-08", "03-28", "04-16", "04-05",
    "03-25", "04-13", "04-02", "03-22", "04-10", "03-30", "04-17", "04-07", "03-27",
)  # fmt: skip
"""The full moon before Easter by golden number, as church almanacs print it for 1900 to 2199."""


def easter(year: int) -> date:
    """The Sunday after the full moon; not by the algorithm the library uses."""
    moon = date.fromisoformat(f"{year}-{FULL_MOONS[year % 19]}")
    return moon + timedelta(days=6 - moon.weekday() or 7)


@pytest.mark.parametrize(("year", "sunday"), [
    (1970, "03-29"), (1981, "04-19"), (2000, "04-23"), (2008, "03-23"), (2011, "04-24"), (2019, "04-21"),
    (2024, "03-31"), (2026, "04-05"), (2027, "03-28"), (2028, "04-16"), (2038, "04-25"),
])  # fmt: skip
def test_easter_of_the_almanac_is_easter(year, sunday):
    assert easter(year) == date.fromisoformat(f"{year}-{sunday}")


@pytest.mark.parametrize("year", range(1970, 2101))
def test_holidays_of_a_year_are_those_of_the_law_and_no_others(year):
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))}
    moving = {easter(year) + timedelta(days=days) for days in (-3, -2, 0, 1, 39, 49, 50)}
    assert norwegian(year) == fixed | moving


@pytest.mark.parametrize("day", [
    "2027-03-25", "2027-03-26", "2027-03-27", "2027-03-28", "2027-03-29", "2027-05-06", "2027-05-16", "2027-05-17",
    "2026-05-01", "2026-12-25", "2026-12-26", "2027-01-01", "2028-04-13", "2028-06-05",
])  # fmt: skip
def test_nobody_works_on_a_holiday_or_a_weekend(day):
    assert not Holidays().is_working(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day", ["2026-12-24", "2026-12-31", "2027-03-24", "2027-03-30", "2028-05-16", "2027-06-23"]
)
def test_eves_are_working_days(day):
    assert Holidays().is_working(date.fromisoformat(day))


@given(DAYS)
def test_next_working_day_is_the_first_there_is(day):
    calendar = Holidays()
    found = calendar.next_working(day)
    skipped = [day + timedelta(days=each) for each in range((found - day).days)]
    assert calendar.is_working(found)
    assert not any(calendar.is_working(each) for each in skipped)


@given(DAYS, st.integers(0, 40))
def test_so_many_working_days_lie_between(day, count):
    calendar = Holidays()
    found = calendar.plus_working_days(day, count)
    between = [day + timedelta(days=each) for each in range(1, (found - day).days + 1)]
    assert sum(calendar.is_working(each) for each in between) == count
    assert count == 0 or calendar.is_working(found)


@pytest.mark.parametrize(("day", "count", "end"), [
    ("2027-03-24", 1, "2027-03-30"),  # over Easter
    ("2027-03-24", 2, "2027-03-31"),
    ("2026-12-23", 2, "2026-12-28"),
    ("2026-12-26", 2, "2026-12-29"),  # received on a holiday
    ("2026-12-30", 2, "2027-01-04"),
    ("2027-05-14", 2, "2027-05-19"),
    ("2027-05-14", 0, "2027-05-14"),
])  # fmt: skip
def test_working_days_are_counted_over_holidays(day, count, end):
    assert Holidays().plus_working_days(date.fromisoformat(day), count) == date.fromisoformat(end)


def test_the_end_of_the_calendar_is_no_error():
    never = Holidays(lambda year: frozenset({date.max}))
    assert never.next_working(date.max) == date.max
    assert never.plus_working_days(date.max - timedelta(days=1), 3) == date.max
    assert Holidays().next_working(date(2226, 12, 25)) == date(2226, 12, 25)  # a Monday: no library says more


def test_the_library_is_imported_when_it_is_asked():
    text = (
        "import sys; from gateway.rules.calendar import Holidays; from datetime import date; asked = Holidays();"
        "assert 'holidays' not in sys.modules; asked.is_working(date(2027, 1, 2)); assert 'holidays' not in sys.modules;"
        "asked.is_working(date(2027, 1, 4)); assert 'holidays' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", text], check=True)


def test_the_one_file_says_what_the_library_says_and_loads_no_other_country():
    code = (
        "import sys; from gateway.rules.calendar import norwegian; own = norwegian(2026); "
        "assert 'holidays.countries' not in sys.modules; import holidays; "
        "assert own == frozenset(holidays.country_holidays('NO', years=2026)), own"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
