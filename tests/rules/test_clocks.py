"""Deadlines: a month from receipt, to the day of its end and the working day after; hours as they pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import clocks
from gateway.rules.calendar import Holidays, norwegian
from gateway.rules.policy import LawRow, Mark, Policy, Switch
from gateway.settings import Period

OSLO = ZoneInfo("Europe/Oslo")
MONTH, YEAR = Period(1, "months"), Period(1, "years")
NORWAY = Holidays()
WEEKENDS = Holidays(lambda year: frozenset())
DAYS = st.dates(date(1970, 1, 1), date(2095, 12, 31))
PERIODS = st.builds(Period, st.integers(1, 60), st.sampled_from(["days", "weeks", "months"]))


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(("received", "hard", "rolled"), [
    ("2027-01-31", "2027-02-28", "2027-03-01"),  # no 31 February; a Sunday
    ("2027-04-17", "2027-05-17", "2027-05-18"),  # Constitution Day and Whit Monday
    ("2027-01-30", "2027-02-28", "2027-03-01"),
    ("2028-01-31", "2028-02-29", "2028-02-29"),
    ("2028-02-29", "2028-03-29", "2028-03-29"),
    ("2028-02-28", "2028-03-28", "2028-03-28"),  # the last day but one stays that
    ("2026-08-31", "2026-09-30", "2026-09-30"),
    ("2026-12-31", "2027-01-31", "2027-02-01"),
    ("2026-11-24", "2026-12-24", "2026-12-24"),  # Christmas Eve is a working day
    ("2026-11-25", "2026-12-25", "2026-12-28"),  # holiday, holiday, Sunday
    ("2026-11-26", "2026-12-26", "2026-12-28"),
    ("2026-12-01", "2027-01-01", "2027-01-04"),
    ("2027-02-25", "2027-03-25", "2027-03-30"),  # Maundy Thursday to Easter Monday: five days
    ("2027-02-28", "2027-03-28", "2027-03-30"),  # Easter Sunday, the day the clocks change
    ("2028-03-13", "2028-04-13", "2028-04-18"),
    ("2027-04-01", "2027-05-01", "2027-05-03"),
    ("2027-04-06", "2027-05-06", "2027-05-07"),  # Ascension
    ("2028-05-04", "2028-06-04", "2028-06-06"),  # Whit Sunday
    ("2008-04-01", "2008-05-01", "2008-05-02"),  # Ascension on 1 May
])  # fmt: skip
def test_a_month_from_receipt(received, hard, rolled):
    assert clocks.deadline(day(received), MONTH, NORWAY) == (day(hard), day(rolled))


@pytest.mark.parametrize(("received", "period", "hard", "rolled"), [
    ("2028-02-29", YEAR, "2029-02-28", "2029-02-28"),
    ("2027-02-28", YEAR, "2028-02-28", "2028-02-28"),  # not the 29th
    ("2024-02-29", Period(4, "years"), "2028-02-29", "2028-02-29"),
    ("2024-03-14", Period(3, "years"), "2027-03-14", "2027-03-15"),
    ("2027-03-18", Period(1, "weeks"), "2027-03-25", "2027-03-30"),
    ("2027-12-31", Period(1, "days"), "2028-01-01", "2028-01-03"),
    ("2027-12-31", Period(2, "months"), "2028-02-29", "2028-02-29"),
])  # fmt: skip
def test_other_periods_from_receipt(received, period, hard, rolled):
    assert clocks.deadline(day(received), period, NORWAY) == (day(hard), day(rolled))


@given(DAYS, PERIODS)
def test_a_deadline_is_a_working_day_after_its_hard_day_with_none_between(received, period):
    hard, rolled = clocks.deadline(received, period, NORWAY)
    assert received < hard <= rolled
    assert NORWAY.is_working(rolled)
    assert not any(NORWAY.is_working(hard + timedelta(days=each)) for each in range((rolled - hard).days))


@given(DAYS, st.integers(0, 400), PERIODS, st.integers(0, 30))
def test_what_comes_later_or_may_take_longer_is_due_no_earlier(received, later, period, longer):
    first = clocks.deadline(received, period, NORWAY)
    second = clocks.deadline(
        received + timedelta(days=later), replace(period, count=period.count + longer), NORWAY
    )
    assert first.hard <= second.hard
    assert first.rolled <= second.rolled


@given(DAYS, PERIODS, st.data())
def test_fewer_holidays_never_move_a_deadline_later(received, period, data):
    year = period.after(received).year
    gone = data.draw(st.sets(st.sampled_from(sorted(norwegian(year) | norwegian(year + 1)))))
    fewer = Holidays(lambda year: norwegian(year) - gone)
    hard, rolled = clocks.deadline(received, period, fewer)
    assert hard == clocks.deadline(received, period, NORWAY).hard
    assert (
        clocks.deadline(received, period, WEEKENDS).rolled
        <= rolled
        <= clocks.deadline(received, period, NORWAY).rolled
    )


@pytest.mark.parametrize(("received", "first", "more", "hard", "rolled", "told_by"), [
    ("2027-01-31", MONTH, Period(2, "months"), "2027-04-30", "2027-04-30", "2027-02-28"),  # in two goes it were 28 April
    ("2026-11-30", MONTH, Period(2, "months"), "2027-02-28", "2027-03-01", "2026-12-30"),
    ("2026-12-25", MONTH, Period(2, "months"), "2027-03-25", "2027-03-30", "2027-01-25"),
    ("2024-02-29", YEAR, Period(12, "months"), "2026-02-28", "2026-03-02", "2025-02-28"),
    ("2027-12-30", Period(1, "weeks"), Period(3, "days"), "2028-01-09", "2028-01-10", "2028-01-06"),
    ("2027-01-31", MONTH, Period(10, "days"), "2027-03-10", "2027-03-10", "2027-02-28"),
])  # fmt: skip
def test_an_extension_is_counted_from_receipt_and_told_in_the_first_period(
    received, first, more, hard, rolled, told_by
):
    found = clocks.extension(day(received), first, more, NORWAY)
    assert found == (day(hard), day(rolled), day(told_by))


@given(DAYS, PERIODS, PERIODS)
def test_an_extension_ends_after_the_first_period(received, first, more):
    hard, rolled, told_by = clocks.extension(received, first, more, NORWAY)
    assert told_by == clocks.deadline(received, first, NORWAY).hard < hard <= rolled
    assert NORWAY.is_working(rolled)


@pytest.mark.parametrize(("contact", "disclosure", "hard", "rolled", "event"), [
    (None, None, "2027-02-28", "2027-03-01", "period"),
    ("2027-02-10", None, "2027-02-10", "2027-02-10", "first-contact"),
    (None, "2027-02-13", "2027-02-13", "2027-02-13", "first-disclosure"),  # a Saturday is not rolled
    ("2027-02-13", "2027-02-12", "2027-02-12", "2027-02-12", "first-disclosure"),
    ("2027-02-28", None, "2027-02-28", "2027-02-28", "first-contact"),
    ("2027-03-01", "2027-04-01", "2027-02-28", "2027-03-01", "period"),
    ("2027-01-31", None, "2027-01-31", "2027-01-31", "first-contact"),
    ("2027-01-30", "2026-01-01", "2027-02-28", "2027-03-01", "period"),  # before the data were there
])  # fmt: skip
def test_information_is_due_at_the_first_of_period_contact_and_disclosure(
    contact, disclosure, hard, rolled, event
):
    found = clocks.earliest(
        day("2027-01-31"), MONTH, NORWAY,
        contact=day(contact) if contact else None, disclosure=day(disclosure) if disclosure else None,
    )  # fmt: skip
    assert found == (day(hard), day(rolled), event)


def test_a_roll_gives_no_time_beyond_the_first_contact():
    found = clocks.earliest(day("2027-01-27"), MONTH, NORWAY, contact=day("2027-02-28"))
    assert found == (day("2027-02-27"), day("2027-02-28"), "period")  # a Saturday, else rolled to Monday


@pytest.mark.parametrize(("known", "told"), [
    ("2027-03-27T12:00", "2027-03-30T13:00"),  # the clocks go forward: 72 hours end an hour later by the clock
    ("2027-10-30T12:00", "2027-11-02T11:00"),
    ("2026-12-24T16:00", "2026-12-27T16:00"),  # over Christmas, to a Sunday
    ("2028-02-28T09:30", "2028-03-02T09:30"),
])  # fmt: skip
def test_hours_are_counted_as_they_pass(known, told):
    begun = datetime.fromisoformat(known).replace(tzinfo=OSLO)
    found = clocks.hours_after(begun, 72)
    assert found.astimezone(OSLO).isoformat()[:16] == told
    assert found - begun.astimezone(UTC) == timedelta(hours=72)


@pytest.mark.parametrize(("text", "hours"), [
    ("2027-03-28", 23), ("2027-10-31", 25), ("2027-06-01", 24), ("2028-02-29", 24), ("2026-12-31", 24),
])  # fmt: skip
def test_a_day_is_as_long_as_the_clocks_make_it(text, hours):
    begin, end = clocks.start_of_day(day(text), OSLO), clocks.end_of_day(day(text), OSLO)
    assert end - begin == timedelta(hours=hours) - timedelta(microseconds=1)
    assert begin.astimezone(OSLO).isoformat()[:19] == f"{text}T00:00:00"
    assert end.astimezone(OSLO).isoformat()[:26] == f"{text}T23:59:59.999999"


@pytest.mark.parametrize(
    "zone", ["Europe/Oslo", "Atlantic/Azores", "America/Havana", "Asia/Beirut", "Pacific/Kiritimati"]
)
@given(text=st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_days_follow_one_another_without_a_gap(zone, text):
    end, begin = (
        clocks.end_of_day(text, ZoneInfo(zone)),
        clocks.start_of_day(text + timedelta(days=1), ZoneInfo(zone)),
    )
    assert end + timedelta(microseconds=1) == begin


def test_the_last_day_of_all_has_an_end():
    assert clocks.end_of_day(date.max, OSLO) == datetime.max.replace(tzinfo=UTC)


def law(*rows):
    return Policy("Policy", "1", {}, {}, {}, law={row.id: row for row in rows})


def row(name, switch=Switch.ON, acts="clock", **values):
    return LawRow(name, f"Art. {name}", Mark.STATED, "", {}, acts, switch, values)


def test_the_row_that_acts_for_a_clock_is_on_and_says_so():
    rows = [
        row("A", clock="inform", period="1 week"), row("B", Switch.WARN, clock="answer", period="1 day"),
        row("C", Switch.OFF, clock="answer", period="2 days"), row("D", acts="duty", clock="answer", period="3 days"),
        row("E", clock="answer", period="1 month", extension="2 months"),
    ]  # fmt: skip
    found = clocks.clock(law(*rows), "answer")
    assert found is rows[4]
    assert clocks.period_of(found) == MONTH
    assert clocks.period_of(found, "extension") == Period(2, "months")
    assert clocks.period_of(found, "grace") is None
    assert clocks.clock(law(*rows), "breach") is None


def test_of_several_rows_for_one_clock_the_strictest_acts():
    rows = [
        row("A", clock="breach"), row("B", clock="breach", period="4 days"), row("C", clock="breach", hours=72),
        row("D", clock="breach", hours=96),
    ]  # fmt: skip
    assert clocks.clock(law(*rows), "breach") is rows[2]
    assert clocks.clock(law(*rows[:2]), "breach") is rows[1]
    assert clocks.clock(law(*rows, row("E", clock="breach", working_days=2)), "breach").id == "E"


def test_a_row_that_replaces_another_acts_instead_of_it_once_it_is_on():
    old, new = row("A", clock="breach", hours=72), row("B", clock="breach", hours=96, replaces="A")
    assert clocks.clock(law(old, new), "breach") is new
    assert clocks.clock(law(old, replace(new, switch=Switch.OFF)), "breach") is old
