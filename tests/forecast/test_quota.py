"""What call limits make of the work: nothing is lost, nearest date first, and more calls never end later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.forecast.quota import MOST_DAYS, WHOLE, Allowance, Late, Work, allowance, course, enough
from gateway.model import Limit, Window

DAY = 1_000
WORKS = st.lists(
    st.builds(
        lambda due, time, people, cost: Work(DAY + due, DAY + due + time, people, cost),
        st.integers(0, 60), st.integers(-5, 31), st.integers(1, 400), st.integers(1, 350),
    ),
    max_size=12,
)  # fmt: skip
CALLS, SPANS, FETCH = st.integers(1, 200), st.integers(1, 9), st.integers(0, 900)


def works(*each):
    return [Work(DAY + due, DAY + hard, people, 2 * WHOLE) for due, hard, people in each]


def end(found):
    """When it ends: before it begins where there is nothing to do, and after all else what never ends."""
    if not found.people:
        return DAY
    return found.ends if found.ends is not None else DAY + 10 * MOST_DAYS


def test_without_a_limit_all_is_done_on_the_day_it_is_due():
    found = course(works((0, 30, 5000), (40, 70, 10)), (), 0, DAY)
    assert (found.people, found.ends, found.late) == (5010, DAY + 40, ())


def test_a_limit_spreads_the_work_over_days():
    assert course(works((0, 30, 250)), [Allowance(200)], 0, DAY).ends == DAY + 2
    assert course(works((0, 30, 200)), [Allowance(200)], 0, DAY).ends == DAY + 1


def test_two_days_may_share_the_calls_of_one_person():
    assert course(works((0, 30, 1)), [Allowance(1)], 0, DAY).ends == DAY + 1


def test_the_nearest_hard_date_is_served_first():
    early, late = (0, 5, 100), (0, 60, 1000)
    found = course(works(late, early), [Allowance(100)], 0, DAY)
    assert found.late == ()
    assert found.ends == DAY + 21


def test_who_is_not_done_by_the_hard_date_is_late_and_the_last_has_an_end():
    found = course(works((0, 4, 1000)), [Allowance(200)], 0, DAY)
    assert found.late == (Late(DAY, DAY + 4, 1000, 500, DAY + 9),)
    assert found.late_people == 500


def test_what_was_late_before_the_plan_begins_is_late_whatever_is_called():
    assert course(works((-40, -10, 3)), (), 0, DAY).late == (Late(DAY - 40, DAY - 10, 3, 3, DAY),)
    assert course(works((-40, -10, 3)), [Allowance(9000)], 0, DAY).late_people == 3


def test_reading_takes_its_share_first():
    assert course(works((0, 30, 100)), [Allowance(200)], 100 * WHOLE, DAY).ends == DAY + 1
    never = course(works((0, 30, 100)), [Allowance(200)], 200 * WHOLE, DAY)
    assert never.late == (Late(DAY, DAY + 30, 100, 100, None),)


def test_what_is_used_today_is_missing_today():
    assert course(works((0, 30, 100)), [Allowance(200, used=150)], 0, DAY).ends == DAY + 1


def test_a_limit_on_a_week_lets_a_day_spend_it_and_then_waits():
    assert course(works((0, 30, 100)), [Allowance(200, 7)], 0, DAY).ends == DAY
    assert course(works((0, 30, 101)), [Allowance(200, 7)], 0, DAY).ends == DAY + 7
    assert course(works((0, 30, 101)), [Allowance(200, 7), Allowance(50)], 0, DAY).ends == DAY + 7


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Limit(200, timedelta(days=1), Window.UTC_DAY), Allowance(200, 1, 7)),
        (Limit(200, timedelta(days=7)), Allowance(200, 7, 7)),
        (Limit(200, timedelta(hours=36)), Allowance(200, 2, 7)),
        (Limit(3000, timedelta(minutes=5), Window.FIXED), Allowance(864_000)),
        (Limit(10, timedelta(seconds=1)), Allowance(864_000)),
    ],
)
def test_a_limit_in_whole_days(limit, expected):
    assert allowance(limit, 7) == expected


def test_enough_is_what_makes_nothing_late():
    work = works((0, 4, 1000), (2, 9, 10), (-40, -10, 3))
    calls = enough(work, 50, DAY)
    least = course(work, (), 0, DAY).late_people
    assert course(work, [Allowance(calls)], 50, DAY).late_people == least
    assert course(work, [Allowance(calls - 1)], 50, DAY).late_people > least
    assert enough([], 0, DAY) == 0


@given(WORKS, CALLS, SPANS, FETCH, st.integers(0, 50), st.integers(1, 100))
def test_more_calls_never_end_later(work, calls, days, fetch, used, more):
    less = course(work, [Allowance(calls, days, used)], fetch, DAY)
    assert end(course(work, [Allowance(calls + more, days, used)], fetch, DAY)) <= end(less)
    assert end(course(work, (), 0, DAY)) <= end(less)


@given(WORKS, CALLS, FETCH, st.integers(1, 100))
def test_more_calls_a_day_never_make_more_late(work, calls, fetch, more):
    less = course(work, [Allowance(calls)], fetch, DAY)
    assert course(work, [Allowance(calls + more)], fetch, DAY).late_people <= less.late_people
    assert course(work, (), 0, DAY).late_people <= less.late_people


@given(WORKS, CALLS, SPANS, FETCH)
def test_everybody_is_counted_and_none_is_done_before_the_day(work, calls, days, fetch):
    found = course(work, [Allowance(calls, days)], fetch, DAY)
    assert found.people == sum(each.people for each in work)
    assert found.ends is None or found.ends >= max(each.due for each in work)
    for each in found.late:
        assert 0 < each.late <= each.people
        assert each.ends is None or each.ends > each.hard


@given(WORKS, CALLS)
def test_no_day_spends_more_than_its_limit(work, calls):
    found = course(work, [Allowance(calls)], 0, DAY)
    total = sum(each.people * each.cost for each in work)
    if found.ends is not None:
        assert total <= (found.ends - DAY + 1) * calls * WHOLE


@given(WORKS, FETCH)
def test_enough_is_enough_and_no_less(work, fetch):
    calls = enough(work, fetch, DAY)
    least = course(work, (), 0, DAY).late_people
    assert course(work, [Allowance(calls)], fetch, DAY).late_people == least
    if calls:
        assert course(work, [Allowance(calls - 1)], fetch, DAY).late_people > least
