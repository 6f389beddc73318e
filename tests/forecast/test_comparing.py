"""Another policy: the same shows no difference, and what differs is more, fewer, earlier or later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.forecast import Comparison, Difference, Horizon, Kind, Tally, changes, look_ahead
from gateway.forecast.comparing import Change
from gateway.ledger.forecast import NOT_BEGUN, Begun
from tests.forecast.conftest import TODAY, ordinal
from tests.forecast.test_counting import DATES

HORIZON = Horizon(0, TODAY, TODAY + 365)
ERASE = (Kind.ERASE, "recman")


def compared(*pairs):
    comparison = Comparison(HORIZON)
    for was, becomes in pairs:
        comparison.add(was, becomes)
    return comparison


def at(day, rule="P1"):
    return {(Kind.ERASE, "application", "recman"): (TODAY + day, rule)}


@given(st.lists(DATES, max_size=4))
def test_the_same_dates_are_no_difference(people):
    same = compared(*((each, each) for each in people))
    assert not same.changed
    assert same.people == 0
    assert not [change for each in people for change in changes(each, each, HORIZON)]


@given(st.lists(st.tuples(DATES, DATES), max_size=4))
def test_more_less_fewer_lead_from_the_one_to_the_other(pairs):
    for each in compared(*pairs).differences.values():
        assert each.now + each.more - each.fewer == each.then
        assert each.earlier + each.later <= each.now - each.fewer


@given(DATES, DATES)
def test_turned_around_it_is_the_opposite(was, becomes):
    there, back = compared((was, becomes)), compared((becomes, was))
    for place, each in there.differences.items():
        other = back.differences[place]
        assert (each.more, each.earlier) == (other.fewer, other.later)


def test_each_way_a_date_can_move():
    found = compared(
        (at(10), at(5)), (at(10), at(15)), (at(10), at(400)), ({}, at(10)), (at(10), {}), (at(10), at(10))
    )
    assert found.differences == {ERASE: Difference(now=5, then=4, more=1, fewer=2, earlier=1, later=1)}
    assert found.people == 5


def test_what_is_due_now_either_way_is_no_change_of_the_day():
    found = compared((at(-100), at(-3)))
    assert not found.changed
    assert list(changes(at(-100), at(-3), HORIZON)) == []


def test_another_rule_for_the_same_day_is_told_of_a_person_and_not_counted():
    assert not compared((at(10), at(10, "P9"))).changed
    assert list(changes(at(10), at(10, "P9"), HORIZON)) == [
        Change(Kind.ERASE, "application", "recman", (TODAY + 10, "P1"), (TODAY + 10, "P9"))
    ]


def test_what_lies_beyond_the_horizon_either_way_is_not_told():
    assert list(changes(at(400), at(500), HORIZON)) == []
    assert compared((at(400), at(500))).differences == {}


def test_the_same_policy_shows_no_difference(make_rules, person, year):
    people = [(person(number, recman=f"20{number}-03-01"), NOT_BEGUN) for number in range(19, 27)]
    ahead = look_ahead(people, make_rules(), year, make_rules())
    assert ahead.comparison is not None
    assert ahead.then == ahead.now
    assert not ahead.comparison.changed


def test_a_shorter_period_erases_more_and_a_longer_fewer(make_rules, person, year):
    people = [(person(1, recman="2025-06-01"), NOT_BEGUN), (person(2, recman="2026-02-01"), NOT_BEGUN)]
    shorter = look_ahead(people, make_rules("2 years"), year, make_rules("1 years")).comparison
    longer = look_ahead(people, make_rules("2 years"), year, make_rules("3 years")).comparison
    assert shorter is not None
    assert longer is not None
    assert shorter.differences == {ERASE: Difference(now=2, then=4, more=2, earlier=2)}
    assert longer.differences == {ERASE: Difference(now=2, fewer=2)}


def test_what_a_case_erases_already_goes_on_under_any_policy(make_rules, person, year):
    people = [(person(1, recman="2020-06-01"), Begun(frozenset({"recman"}), frozenset({"recman"})))]
    ahead = look_ahead(people, make_rules("2 years"), year, make_rules("9 years"))
    assert ahead.then == Tally(year, people=1)
    assert ahead.comparison is not None
    assert not ahead.comparison.changed


def test_each_person_is_told_with_both_dates(make_rules, person, year):
    told = []
    look_ahead(
        [(person(7, recman="2025-06-01"), NOT_BEGUN)],
        make_rules(),
        year,
        make_rules("1 years"),
        lambda *it: told.append(it),
    )
    ((subject, was, becomes),) = told
    assert subject == 7
    assert was[Kind.ERASE, "report", "recman"] == (ordinal("2027-06-01"), "P1")
    assert becomes[Kind.ERASE, "report", "recman"] == (ordinal("2026-06-01"), "P1")


def test_what_waits_and_was_not_begun_may_still_be_taken_out_by_another_policy(make_rules, person, year):
    people = [(person(1, recman="2020-06-01"), Begun(frozenset({"recman"})))]
    ahead = look_ahead(people, make_rules("2 years"), year, make_rules("9 years"))
    assert ahead.now.counts == {}
    assert ahead.comparison is not None
    assert ahead.comparison.differences == {ERASE: Difference(now=2, fewer=2)}
