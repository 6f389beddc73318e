"""What falls due to one person: the days of the rules, the ends of keeps and holds, and nothing that is begun already."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.forecast import Kind
from gateway.forecast.dates import dates, going
from gateway.obligations import HoldFact
from gateway.rules import Judge
from tests.forecast.conftest import NOON, micros, ordinal, to_micros

NOW = to_micros(NOON)


@pytest.fixture
def found(make_rules, person):
    """The dates of somebody: `found(rules, person)`."""

    def read(rules=None, who=None, **more):
        return dates(Judge(rules or make_rules(), who or person(), NOW), **more)

    return read


def test_each_data_set_goes_at_each_processor_on_the_day_its_period_is_over(found, person):
    assert found(who=person(recman="2025-01-10", invenias="2024-05-01")) == {
        (Kind.ERASE, "application", "recman"): (ordinal("2027-01-10"), "P1"),
        (Kind.ERASE, "report", "recman"): (ordinal("2027-01-10"), "P1"),
        (Kind.ERASE, "application", "invenias"): (ordinal("2027-01-10"), "P1"),
    }


def test_a_consent_that_ends_is_the_rule_of_that_day(found, person):
    assert set(found(who=person(over="2027-03-01")).values()) == {(ordinal("2027-03-01"), "consent")}


def test_a_kept_set_goes_when_its_keep_ends_by_the_keep(found, make_rules):
    kept = found(make_rules("2 years", "6 months"))
    assert kept[Kind.ERASE, "report", "recman"] == (ordinal("2027-07-11"), "K1")
    assert kept[Kind.KEEP_ENDS, "report", "recman"] == (ordinal("2027-07-11"), "K1")
    assert kept[Kind.ERASE, "application", "recman"] == (ordinal("2027-01-10"), "P1")


def test_a_keep_that_has_ended_ends_no_more(found, make_rules, person):
    over = found(make_rules("2 years", "6 months"), person(recman="2024-01-10"))
    assert over[Kind.ERASE, "report", "recman"] == (ordinal("2026-07-11"), "K1")
    assert (Kind.KEEP_ENDS, "report", "recman") not in over


def test_a_hold_without_end_leaves_no_date_and_one_with_an_end_its_own(found, person):
    endless = person()._replace(holds=(HoldFact(4, "order", "report", NOW, None),))
    assert set(found(who=endless)) == {(Kind.ERASE, "application", "recman")}
    until = person()._replace(holds=(HoldFact(4, "order", None, NOW, micros("2027-05-01")),))
    assert set(found(who=until).values()) == {(ordinal("2027-05-01"), "hold 4")}
    assert (Kind.KEEP_ENDS, "report", "recman") in found(who=until)


def test_a_hold_ends_where_nothing_is_due_either(found, make_rules, person):
    held = person()._replace(holds=(HoldFact(4, "order", "report", NOW, micros("2027-05-01")),))
    assert found(make_rules(None), held) == {
        (Kind.KEEP_ENDS, "report", "recman"): (ordinal("2027-05-01"), "hold 4")
    }


def test_who_is_to_be_asked_again_is_asked_before_the_end(found, make_rules):
    asked = found(make_rules(ask="30 days"))
    assert asked[Kind.ASK, "recruitment", ""] == (ordinal("2026-12-10"), "P1")


def test_no_rule_leaves_no_date(found, make_rules):
    assert found(make_rules(None)) == {}


def test_what_a_case_erases_already_is_not_due_again(found, make_rules, person):
    judge = Judge(make_rules(), person(recman="2020-01-01", invenias="2020-01-01"), NOW)
    under_way = going(judge, {"recman"})
    assert under_way == {("application", "recman"), ("report", "recman")}
    assert set(dates(judge, under_way)) == {(Kind.ERASE, "application", "invenias")}
    assert going(Judge(make_rules(), person(), NOW), {"recman"}) == set()


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2026, 11, 1)).map(str)
ENDS = st.none() | st.dates(min_value=date(2026, 1, 1), max_value=date(2030, 1, 1)).map(
    lambda day: micros(str(day))
)
HOLDS = st.builds(
    HoldFact, st.integers(1, 9), st.just("order"), st.sampled_from([None, "report"]), st.just(0), ENDS
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keep=st.none() | st.just("1 years"), recman=DAYS, invenias=DAYS, over=st.none() | DAYS,
    holds=st.lists(HOLDS, max_size=2),
)  # fmt: skip
def test_the_days_are_those_of_the_standings(make_rules, person, keep, recman, invenias, over, holds):
    rules = make_rules("2 years", keep)
    who = person(over=over, recman=recman, invenias=invenias)._replace(holds=tuple(holds))
    judge = Judge(rules, who, NOW)
    expected = {
        (each.data_set, each.processor): each.due for each in judge.standings() if each.due is not None
    }
    found = {
        (what, where): day for (kind, what, where), (day, _) in dates(judge).items() if kind is Kind.ERASE
    }
    assert found == {place: rules.days.of(due) for place, due in expected.items()}
