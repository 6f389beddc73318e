"""How it goes at one processor: by calls, by hand, not at all; and what to do where it is late."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.forecast import Allowance, Horizon, Lane, Outlook, Way, outlook_of
from gateway.forecast.lanes import Cost
from gateway.forecast.quota import Late
from gateway.ledger.forecast import OpenSteps
from gateway.model import Outcome
from gateway.settings import Period
from tests.forecast.conftest import TODAY, ordinal

HORIZON = Horizon(0, TODAY, TODAY + 365)
MONTH = Period(1, "months")
LANE = Lane("recman", "Recman", Way.CALLS, allowances=(Allowance(20),), batch=50)


def look(lane=LANE, due=None, *steps):
    return outlook_of(lane, due or {}, steps, HORIZON, MONTH)


def steps(count, outcome=None, hard=TODAY + 10):
    return OpenSteps("recman", outcome, hard, count)


def test_what_falls_due_has_a_month_as_cases_have():
    found = look(due={ordinal("2027-01-31"): 500})
    (late,) = found.course.late
    assert late == Late(ordinal("2027-01-31"), ordinal("2027-02-28"), 500, 210, ordinal("2027-03-21"))
    assert (found.due, found.late, found.already, found.enough, found.reads) == (500, 210, 0, 35, 5)


def test_what_is_under_way_comes_first_and_a_proof_costs_one_call():
    assert look(LANE, {}, steps(100)).course.ends == TODAY + 9
    assert look(LANE, {}, steps(100, Outcome.DONE)).course.ends == TODAY + 4
    cheap = Lane("recman", "Recman", Way.CALLS, allowances=(Allowance(20),), cost=Cost(50, 30))
    assert look(cheap, {}, steps(100, Outcome.DONE)).course.ends == TODAY + 2


def test_what_waits_for_a_person_is_a_task_and_takes_no_calls():
    found = look(LANE, {}, steps(7), steps(3, Outcome.MANUAL), steps(2, Outcome.BROKEN))
    assert (found.backlog, found.tasks, found.course.people) == (7, 5, 7)


def test_who_was_late_before_is_told_apart_and_no_quota_helps_them():
    found = look(LANE, {}, steps(5, hard=TODAY - 3))
    assert (found.late, found.already, found.enough) == (5, 5, None)
    assert found.late_by_day(HORIZON) == {None: 5}


def test_the_late_are_told_by_the_day_they_were_due():
    found = look(due={TODAY: 500})
    assert found.late_by_day(HORIZON) == {TODAY: found.late}


@pytest.mark.parametrize("way", [Way.BY_HAND, Way.CALLS])
def test_without_a_limit_nothing_is_late(way):
    found = look(Lane("paper", "Paper", way), {TODAY + 5: 10_000}, steps(3))
    assert (found.course.people, found.course.ends, found.late) == (10_003, TODAY + 5, 0)


def test_by_hand_all_that_is_open_is_a_task():
    found = look(Lane("paper", "Paper", Way.BY_HAND), {}, steps(3))
    assert (found.backlog, found.tasks) == (0, 3)


def test_a_processor_that_cannot_be_called_never_ends_and_all_of_it_is_late():
    found = look(Lane("off", "Off", Way.NEVER, "it is disabled"), {TODAY + 5: 10}, steps(3))
    assert (found.late, found.course.ends, found.enough, found.reads) == (13, None, None, 0)


def test_who_decides_as_a_controller_of_their_own_is_told_and_never_late():
    assert look(Lane("own", "Own", Way.OWN), {TODAY: 10}) == Outlook(
        Lane("own", "Own", Way.OWN), 0, 0, 10, look(Lane("own", "Own", Way.OWN), {TODAY: 10}).course
    )
    assert look(Lane("own", "Own", Way.OWN), {TODAY: 10}).late == 0


def test_reading_may_take_all_there_is():
    busy = Lane("recman", "Recman", Way.CALLS, allowances=(Allowance(20),), fetch=2000)
    found = look(busy, {TODAY: 10})
    assert (found.course.ends, found.late, found.enough) == (None, 10, 21)
    assert date.fromordinal(found.course.late[0].hard) == date(2026, 12, 23)
