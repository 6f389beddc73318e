"""Cases and steps: changed only while they are open, closed once, and found when their time has come."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.ledger import questions, work
from gateway.ledger import tables as t
from gateway.model import Kept, Outcome, Reason, Ref

KEPT = (
    Kept(Ref("candidate", "1"), Reason.EMPLOYMENT, "works here", date(2027, 1, 31), ("HR",)),
    Kept(Ref("decision", "ø"), Reason.OWN_CONTROLLER, "decides itself"),
)


@pytest.fixture
def people(ledger, keep, make_record):
    """S1 to S4."""
    keep(ledger, "recman", "candidate", [make_record(each) for each in "1234"])


@pytest.fixture
def due(ledger, now):
    """The numbers of the steps that are due at a processor."""

    def read(processor="recman", outcomes=(None, Outcome.RETRY), at=now, **more):
        with ledger.read() as tx:
            return [step.id for step in work.due_steps(tx, processor, outcomes, at, **more)]

    return read


def change(ledger, step, **values):
    with ledger.write() as tx:
        return work.change_step(tx, step, **values)


def get(ledger, step):
    with ledger.read() as tx:
        return work.get_step(tx, step)


def test_a_step_is_closed_once(ledger, people, open_case, now):
    (step,) = open_case(ledger, 1)
    assert change(ledger, step, outcome="done", closed_at=now) is True
    assert change(ledger, step, outcome="broken", closed_at=now) is False
    assert get(ledger, step).outcome == Outcome.DONE


def test_a_step_is_changed_by_the_run_that_holds_it_only(ledger, people, open_case):
    (step,) = open_case(ledger, 1)
    with ledger.write() as tx:
        work.intend(tx, 7, [step])
    assert change(ledger, step, run=8, outcome="done") is False
    assert change(ledger, step, run=7, outcome="done", intent_run=None) is True
    assert change(ledger, step, run=7, outcome="broken") is False
    assert (get(ledger, step).outcome, get(ledger, step).attempts) == (Outcome.DONE, 1)


def test_nothing_is_intended_for_a_closed_step(ledger, people, open_case, now):
    one, other = open_case(ledger, 1, ("recman", "invenias"))
    change(ledger, one, closed_at=now)
    with ledger.write() as tx:
        work.intend(tx, 7, [one, other])
    assert [(get(ledger, each).intent_run, get(ledger, each).attempts) for each in (one, other)] == [
        (None, 0),
        (7, 1),
    ]


def test_what_a_step_keeps_and_deleted_is_read_as_it_was_written(ledger, people, open_case, now):
    (step,) = open_case(ledger, 1)
    change(ledger, step, kept=work.pack_kept(KEPT), deleted=[["candidate", "7"]], next_at=now, done_at=now)
    found = get(ledger, step)
    assert (found.kept, found.deleted, found.next_at, found.done_at) == (
        KEPT,
        (Ref("candidate", "7"),),
        now,
        now,
    )
    assert get(ledger, 99) is None


def test_many_steps_are_closed_at_once_and_those_only_that_are_open(ledger, people, open_case, now, rows):
    one, other = open_case(ledger, 1, ("recman", "invenias"))
    change(ledger, one, outcome="nothing", closed_at=now - timedelta(1))
    with ledger.write() as tx:
        asked = questions.ask(tx, "untrue", "?", ("retry", "by-hand"), now, step_id=other)
        closings = {one: (Outcome.VERIFIED, ()), other: (Outcome.KEPT, KEPT)}
        assert work.close_steps(tx, closings, now) == {other}
        assert work.close_steps(tx, closings, now) == set()
        assert questions.get(tx, asked).answered_by == "gateway"
    assert (get(ledger, one).outcome, get(ledger, one).closed_at) == (Outcome.NOTHING, now - timedelta(1))
    assert (get(ledger, other).outcome, get(ledger, other).kept, get(ledger, other).next_at) == (
        "kept",
        KEPT,
        None,
    )


def test_due_is_what_is_open_and_whose_time_has_come(ledger, people, open_case, due, now):
    (fresh,) = open_case(ledger, 1)
    (retried,) = open_case(ledger, 2)
    (later,) = open_case(ledger, 3)
    (waits,) = open_case(ledger, 4)
    change(ledger, retried, outcome="retry", next_at=now)
    change(ledger, later, outcome="retry", next_at=now + timedelta(seconds=1))
    change(ledger, waits, outcome="manual", next_at=None)
    assert due() == [fresh, retried]
    assert due(at=now + timedelta(seconds=1)) == [fresh, retried, later]
    assert due(outcomes=(Outcome.RETRY,)) == [retried]
    assert due("invenias") == []


def test_the_nearest_due_date_is_first(ledger, people, open_case, due, now):
    (one,) = open_case(ledger, 1, at=now)
    (other,) = open_case(ledger, 2, at=now - timedelta(1))
    assert due() == [other, one]


@pytest.mark.parametrize("state", ["held", "waiting", "closed", "dropped"])
def test_a_case_that_may_not_begin_has_nothing_due(ledger, people, open_case, due, state):
    open_case(ledger, 1, state=state)
    assert due() == []


def test_a_call_never_answered_for_is_given_when_asked_for_and_not_otherwise(ledger, people, open_case, due):
    (begun,), (fresh,) = open_case(ledger, 1), open_case(ledger, 2)
    with ledger.write() as tx:
        work.intend(tx, 7, [begun])
    assert due() == [fresh]
    assert due(untold=True) == [begun]


def test_one_case_a_person_is_under_way(ledger, people, open_case):
    (first,) = open_case(ledger, 1)
    open_case(ledger, 1)
    open_case(ledger, 2, state="closed")
    (held,) = open_case(ledger, 3, state="held")
    with ledger.read() as tx:
        assert work.open_cases(tx, [1, 2, 3, 4]) == {1: first, 3: held}
        assert [step.case for step in work.steps_of(tx, first)] == [first]


def test_a_case_has_one_step_a_processor(ledger, people, open_case):
    with pytest.raises(Exception, match=r"(?i)unique"):
        open_case(ledger, 1, ("recman", "recman"))
    assert open_case(ledger, 1)


def test_a_plan_that_waits_is_approved_once(ledger, people, open_case, now, rows):
    with ledger.write() as tx:
        plan = work.add_plan(tx, now, 2, 1, "waiting", "operator")
    (one,), (held,), (other,) = (
        open_case(ledger, 1, state="waiting"), open_case(ledger, 2, state="held"), open_case(ledger, 3, state="waiting")
    )  # fmt: skip
    with ledger.write() as tx:
        tx.execute(t.cases.update().where(t.cases.c.id.in_([one, held])).values(plan_id=plan))
        assert [row.id for row in work.waiting_plans(tx)] == [plan]
        assert work.answer_plan(tx, plan, "approved", "operator", now) == 1
        assert work.waiting_plans(tx) == []
        assert work.get_plan(tx, plan).answered_by == "operator"
    assert {row.id: row.state for row in rows(ledger, t.cases)} == {
        one: "open",
        held: "held",
        other: "waiting",
    }


def test_a_plan_that_is_dropped_takes_its_cases_along(ledger, people, open_case, now, rows, due):
    open_case(ledger, 1, state="waiting")
    open_case(ledger, 2, state="held")
    with ledger.write() as tx:
        plan = work.add_plan(tx, now, 2, 1, "waiting", "operator")
        tx.execute(t.cases.update().values(plan_id=plan))
        assert work.answer_plan(tx, plan, "dropped", "operator", now) == 2
        assert work.open_cases(tx, [1, 2]) == {}
    assert {(row.state, row.closed_at) for row in rows(ledger, t.cases)} == {("dropped", now)}
    assert due() == []


def test_records_are_marked_as_gone_all_but_those_that_stay(ledger, keep, make_record, rows):
    keep(ledger, "recman", "candidate", [make_record(each, emails=["kari@example.org"]) for each in "12"])
    keep(ledger, "invenias", "candidate", [make_record("1", emails=["kari@example.org"])])
    with ledger.write() as tx:
        gone = work.forget_records(tx, "recman", {1: {Ref("candidate", "2")}})
        assert [row.vendor_id for row in gone] == ["1"]
        assert work.forget_records(tx, "recman", {1: {Ref("candidate", "2")}}) == []
    assert [(row.processor, row.vendor_id, row.state) for row in rows(ledger, t.records)] == [
        ("recman", "1", "gone"), ("recman", "2", "held"), ("invenias", "1", "held"),
    ]  # fmt: skip


def test_a_record_is_taken_out_of_scope_until_a_date(ledger, people, rows, now):
    with ledger.write() as tx:
        work.set_record_state(tx, 1, "recman", [Ref("candidate", "1"), Ref("candidate", "2")], "kept", now)
    assert [(row.state, row.look_at) for row in rows(ledger, t.records)][:2] == [
        ("kept", now),
        ("held", None),
    ]


def test_a_run_says_how_it_ended(ledger, now, rows):
    with ledger.write() as tx:
        runs = [work.begin_run(tx, "recman", "delete", 2, now) for _ in range(2)]
        work.end_run(tx, runs[0], now, "no answer")
    assert [(row.id, row.error, row.ended_at) for row in rows(ledger, t.runs)] == [
        (runs[0], "no answer", now), (runs[1], None, None),
    ]  # fmt: skip


def test_how_the_steps_stand_is_counted(ledger, people, open_case, now):
    (late,), (done,), (older,), (dropped,) = (
        open_case(ledger, each, at=now - timedelta(2)) for each in (1, 2, 3, 4)
    )
    change(ledger, done, outcome="verified", closed_at=now)
    change(ledger, older, outcome="verified", closed_at=now - timedelta(1))
    with ledger.write() as tx:
        tx.execute(t.cases.update().where(t.cases.c.id == dropped).values(state="dropped"))
        found = work.stands(tx, now)
        assert [(each.processor, each.outcome, each.closed, each.steps) for each in found] in (
            [("recman", None, False, 1), ("recman", "verified", True, 1)],
            [("recman", "verified", True, 1), ("recman", None, False, 1)],
        )
        assert (work.count_due(tx, "recman", now), work.count_open(tx), work.count_late(tx, now)) == (1, 3, 3)
        assert [row.id for row in work.list_cases(tx)] == [late, done, older]
        assert len(work.list_cases(tx, closed=True)) == 4
        assert work.get_case(tx, late).why == "asked to be erased"
