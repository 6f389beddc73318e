"""The first purge: far more people are due at one vendor than its calls a day suffice for, on simulated time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway import bulk
from gateway.ledger import tables as t
from gateway.ledger.forecast import reading
from gateway.model import Outcome
from gateway.risks import Risk, at_risk, outlooks
from gateway.sync import Report, Sync
from tests.core.firm import Firm
from tests.core.metered import MANY_AT_ONCE, Metered, metered, next_morning, sync_once

OVER, TO_COME = date(2026, 1, 1), date(2036, 1, 1)
EVERY_DAY = 'full_sweep_every = "1 day"'


def purge_of(firm: Firm, people: int, calls: int, others: int = 10) -> Metered:
    """A firm where so many people are due at once, and some are not."""
    firm.head = MANY_AT_ONCE
    found = metered(firm, "recman", calls, EVERY_DAY)
    found.vendor.add_many(range(1, people + 1), over=OVER)
    found.vendor.add_many(range(people + 1, people + others + 1), over=TO_COME)
    # One name is looked for in all that is told; that of everybody would take longer than the purge.
    found.vendor.planted = {"person1@example.org"}
    return found


def plan_only(sync: Sync) -> Report:
    """What is read and planned, before anything is carried out."""
    with sync.working("sync"):
        sync.fetch()
        sync.plan()
    return sync.report


def the_risk(firm: Firm) -> Risk:
    (risk,) = at_risk(firm.register(), firm.now)
    return risk


def end_of(firm: Firm) -> date:
    """When all that is under way is said to be done."""
    with reading(firm.ledger) as tx:
        ends = outlooks(tx, firm.register(), firm.now)["recman"].course.ends
    assert ends is not None
    return date.fromordinal(ends)


def count(firm: Firm, *where) -> int:
    return len(firm.rows(t.steps, *where))


OPEN = t.steps.c.closed_at.is_(None)
PROVEN = t.steps.c.outcome == str(Outcome.VERIFIED)
UNPROVEN = OPEN & t.steps.c.done_at.is_not(None)


@pytest.mark.torture  # a minute: the smaller purges here show the same, but for the size
def test_twelve_thousand_at_two_hundred_calls_a_day(firm):
    """It is said beforehand that the calls do not suffice; a person deletes them in one go, and a few reads prove it."""
    people, calls = 12_000, 200
    purge = purge_of(firm, people, calls)
    sync_once(firm, plan_only)
    before = the_risk(firm)
    assert (before.steps, before.calls_a_day, before.due_by) == (people, calls, date(2026, 12, 23))
    assert before.late_people > people // 2
    assert before.done_by is not None
    assert before.done_by > before.due_by
    next_morning(firm)
    sync_once(firm)
    done = count(firm, PROVEN)
    assert purge.most() <= calls
    assert 150 < done <= calls
    assert count(firm, UNPROVEN) == 0

    register = firm.register()
    begun = count(firm, OPEN, t.steps.c.intent_run.is_not(None))  # an audit has to settle these first
    task = bulk.hand_over(register, "recman", "tester", every=True)
    left = people - done - begun
    assert begun < 50
    assert (task.people, len(task.records), task.new) == (left, left, True)
    assert at_risk(register, firm.now) == []
    missed = {each.ref.id for each in task.records[:3]}
    for each in task.records:
        if each.ref.id not in missed:
            del purge.vendor.records[each.ref.id]
    assert "looks which of them are gone" in firm.desk.answer(task.number, "done")
    for _ in range(2):
        next_morning(firm)
        sync_once(firm)
    assert count(firm, PROVEN) == people
    assert count(firm, OPEN) == 0
    assert set(purge.vendor.records) == {str(each) for each in range(people + 1, people + 11)}
    assert purge.most() <= calls
    proofs = list(purge.by_day.values())[2]["audit"]  # the day after looks at all of them once more
    assert proofs <= 2 * (people // 480 + 4)
    assert firm.kinds == []


def test_a_purge_by_calls_alone(firm):
    """Day by day: no call too many, reading and proof keep up, and whoever asks is erased first."""
    people, calls = 240, 40
    purge = purge_of(firm, people, calls)
    sync_once(firm, plan_only)
    asked = {}
    for day in range(30):
        next_morning(firm)
        if day == 2:
            said = firm.now.date() - timedelta(days=25)
            for number in (
                people - 1,
                people + 5,
            ):  # one who is due, far behind the others, and one who is not
                asked[str(number)] = firm.desk.erase(f"person{number}@example.org", said)
        sync_once(firm)
        today = purge.by_day[firm.now.date()]
        assert today.total() <= calls
        assert today["fetch"] >= 1
        assert count(firm, UNPROVEN) == 0
        if day == 2:
            assert all(firm.case(case).state == "closed" for case in asked.values())
            assert not asked.keys() & purge.vendor.records.keys()
            assert at_risk(firm.register(), firm.now) == [], "they are done within the month"
            said_end = end_of(firm)
        if not count(firm, OPEN):
            break
    assert count(firm, PROVEN) == people + 1
    assert abs((said_end - firm.now.date()).days) <= 2, (
        "what is said once days have shown the cost comes true"
    )


@pytest.mark.parametrize("more", [0, 40])
def test_only_those_that_would_be_late_are_handed_over(firm, more):
    people, calls = 300 + more, 10
    purge = purge_of(firm, people, calls)
    sync_once(firm, plan_only)
    risk = the_risk(firm)
    task = bulk.hand_over(firm.register(), "recman", "tester")
    assert task.people == risk.late_people
    assert 0 < task.people < people
    again = bulk.hand_over(firm.register(), "recman", "tester", every=True)
    assert (again.number, again.records, again.new) == (task.number, task.records, False)
    next_morning(firm)
    sync_once(firm)
    assert not {each.ref.id for each in task.records} & set(purge.vendor.deleted)
    assert purge.vendor.deleted
