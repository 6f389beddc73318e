"""Counts add up: by person, day and processor, and in weeks, months and years."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from gateway.forecast import Horizon, Kind, Tally, look_ahead, rows
from gateway.forecast.counting import month, span_for, week, year
from gateway.ledger.forecast import NOT_BEGUN, Begun
from tests.forecast.conftest import TODAY, ordinal

KEYS = st.tuples(
    st.sampled_from(list(Kind)), st.sampled_from(["a", "b"]), st.sampled_from(["recman", "invenias", ""])
)
DATES = st.dictionaries(KEYS, st.tuples(st.integers(TODAY - 800, TODAY + 800), st.just("P1")), max_size=5)
HORIZON = Horizon(0, TODAY, TODAY + 365)


@given(st.lists(DATES, max_size=4))
def test_every_deletion_of_a_person_on_a_day_counts_once(people):
    tally = Tally(HORIZON)
    for each in people:
        tally.add(each)
    deletions = [
        {(processor, max(day, TODAY)) for (kind, _, processor), (day, _) in each.items()
         if kind is Kind.ERASE and day <= HORIZON.last}
        for each in people
    ]  # fmt: skip
    assert tally.total(Kind.ERASE) == sum(map(len, deletions))
    assert tally.people == len(people)
    assert tally.touched <= tally.people


@given(st.lists(DATES, max_size=4), st.sampled_from([None, week, month, year]))
def test_the_rows_hold_all_that_is_counted(people, span):
    tally = Tally(HORIZON)
    for each in people:
        tally.add(each)
    found = rows(tally, span)
    for kind in Kind:
        assert sum(row.of(kind) for row in found) == tally.total(kind)
    assert [row.begins for row in found] == sorted({row.begins for row in found})
    assert sum(tally.erasures("recman").values()) == tally.total(Kind.ERASE, "recman")


def test_several_data_sets_on_one_day_are_one_deletion(make_rules, person, year):
    ahead = look_ahead([(person(recman="2025-01-10", invenias="2025-01-10"), NOT_BEGUN)], make_rules(), year)
    assert ahead.now.counts == {
        (Kind.ERASE, "recman", ordinal("2027-01-10")): 1, (Kind.ERASE, "invenias", ordinal("2027-01-10")): 1,
    }  # fmt: skip
    assert ahead.now.places() == [(Kind.ERASE, "invenias"), (Kind.ERASE, "recman")]


def test_what_is_overdue_counts_today_and_what_is_beyond_the_horizon_not_at_all(make_rules, person, year):
    people = [(person(1, recman="2019-01-10"), NOT_BEGUN), (person(2, recman="2026-01-10"), NOT_BEGUN)]
    ahead = look_ahead(people, make_rules(), year)
    assert ahead.now.erasures("recman") == {TODAY: 1}
    assert (ahead.now.people, ahead.now.touched) == (2, 1)


def test_what_has_begun_is_no_plan_any_more(make_rules, person, year):
    people = [(person(recman="2019-01-10", invenias="2019-01-10"), Begun(frozenset({"recman"})))]
    assert look_ahead(people, make_rules(), year).now.counts == {(Kind.ERASE, "invenias", TODAY): 1}


def test_no_rule_plans_nothing(make_rules, person, year):
    ahead = look_ahead([(person(recman="2019-01-10"), NOT_BEGUN)], make_rules(None), year)
    assert ahead.now.counts == {}
    assert rows(ahead.now) == []


def test_weeks_are_those_of_the_calendar_and_many_become_months_or_years():
    sunday = ordinal("2027-01-03")
    assert week(sunday) == date(2026, 12, 28)
    tally = Tally(HORIZON)
    tally.counts[Kind.ERASE, "recman", sunday] = 3
    assert [row.label for row in rows(tally)] == ["2026-W53 (28 Dec)"]
    assert [row.label for row in rows(tally, month)] == ["2027-01"]
    assert [row.label for row in rows(tally, year)] == ["2027"]
    assert span_for(range(TODAY, TODAY + 7 * 20, 7)) is week
    assert span_for(range(TODAY, TODAY + 7 * 21, 7)) is month
    assert span_for(range(TODAY, TODAY + 31 * 21, 7)) is year
