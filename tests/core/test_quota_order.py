"""The order of calls where they do not suffice: nearest date first, no intent without a call, and every sweep ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from gateway_recman.simulator import Simulator

from gateway import bulk
from gateway.errors import SettingsError, ThrottledError
from gateway.ledger import tables as t
from gateway.model import Outcome
from gateway.risks import at_risk
from gateway.sync import Sync
from gateway.testing import serve
from tests.bench.site import opened
from tests.core.firm import Firm
from tests.core.metered import MANY_AT_ONCE, Metered, metered, next_morning, sync_once

OVER, TO_COME = date(2026, 1, 1), date(2036, 1, 1)
on_both = pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
WAITS = t.steps.c.closed_at.is_(None)


@pytest.fixture
def busy(firm: Firm) -> Metered:
    """Forty people are due where there are twenty calls a day."""
    firm.head = MANY_AT_ONCE
    found = metered(firm, "recman", 20, delete_batch=5)
    found.vendor.add_many(range(1, 41), over=OVER)
    return found


@on_both
def test_nothing_is_begun_that_no_call_is_left_for(firm, busy):
    sync_once(firm)
    waiting = firm.rows(t.steps, WAITS, t.steps.c.intent_run.is_(None), t.steps.c.done_at.is_(None))
    begun = firm.rows(t.steps, WAITS, t.steps.c.intent_run.is_not(None))
    assert len(begun) <= 5  # one chunk
    assert len(waiting) > 15
    assert {each.attempts for each in waiting} == {0}
    (again,) = {each.next_at for each in waiting}
    assert firm.now < again <= firm.now + timedelta(hours=12)
    (why,) = {each.reason for each in waiting}
    assert "20 calls per UTC day" in why
    assert f"next call {again:%Y-%m-%d %H:%M} UTC" in why
    assert busy.by_day[firm.now.date()].total() <= 20
    while firm.rows(t.steps, WAITS):
        next_morning(firm)
        sync_once(firm)
    assert busy.most() == 20
    assert not busy.vendor.records


def test_who_is_owed_first_is_deleted_first(firm, busy):
    busy.vendor.add_many(range(41, 91), over=OVER)
    sync_once(firm)
    busy.vendor.add("99", "late@example.org", "Late", over=TO_COME)
    next_morning(firm)
    firm.now += timedelta(days=7)
    sync_once(firm)
    case = firm.desk.erase("person90@example.org", firm.now.date() - timedelta(days=28))
    next_morning(firm)
    sync_once(firm)
    assert firm.case(case).state == "closed"
    order = busy.vendor.deleted
    assert "90" in order
    assert "89" not in order


def test_a_look_that_no_call_is_left_for_keeps_nobody_from_being_deleted(firm, busy):
    """What was begun and not answered for is looked at another day; the others are deleted today."""
    cut = [True]

    def delete(account, subjects):
        receipts = busy.delete(account, subjects)
        yield next(receipts)
        if cut.pop() if cut else False:
            raise ThrottledError("too many", retry_at=firm.now + timedelta(hours=9))
        yield from receipts

    busy.vendor.replace("delete", delete)
    sync_once(firm)
    assert firm.rows(t.steps, WAITS, t.steps.c.intent_run.is_not(None))
    before = len(busy.vendor.deleted)

    def no_calls(account, subjects):
        raise ThrottledError("no reads left", retry_at=firm.now + timedelta(hours=9))

    busy.vendor.replace("audit", no_calls)
    next_morning(firm)
    sync_once(firm)
    assert len(busy.vendor.deleted) > before
    busy.vendor.replace("audit", busy.audit)
    while firm.rows(t.steps, WAITS):
        next_morning(firm)
        sync_once(firm)
    assert not busy.vendor.records


def test_a_sweep_of_more_pages_than_a_day_has_calls_comes_to_its_end(firm):
    found = metered(firm, "recman", 10)
    found.vendor.page_size = 2
    found.vendor.add_many(range(1, 52), over=TO_COME)
    for _ in range(3):
        sync_once(firm)
        next_morning(firm)
    (sweep,) = firm.rows(t.sweeps)
    assert (sweep.pages, sweep.complete) == (26, True)
    assert found.most() == 10


def test_a_sweep_that_stopped_for_something_else_is_begun_anew(firm):
    found = metered(firm, "recman", 10)
    found.vendor.page_size = 2
    found.vendor.add_many(range(1, 52), over=TO_COME)
    sync_once(firm)
    firm.now += timedelta(days=3)
    sync_once(firm)
    assert len(firm.rows(t.sweeps)) == 2


# The bulk way


@on_both
def test_what_is_done_by_hand_is_proven_and_who_was_missed_is_deleted_by_a_call(firm, busy):
    task = bulk.hand_over(firm.register(), "recman", "tester", every=True) if sync_plan(firm) else None
    assert task is not None
    assert (task.people, firm.kinds) == (40, ["bulk"])
    assert {each.ref.kind for each in task.records} == {"person"}
    (asked,) = firm.asked()
    assert (
        asked.text
        == "recman: delete what `gateway bulk recman` lists in its own screen, of 40 people, then answer."
    )
    steps = firm.rows(t.steps, WAITS)
    assert {each.outcome for each in steps} == {"manual"}
    assert {each.reason for each in steps} == {f"by hand, in bulk task {task.number}"}
    next_morning(firm)
    sync_once(firm)  # asks nobody else, and calls for none of them
    assert firm.kinds == ["bulk"]
    assert busy.vendor.deleted == []
    for each in task.records[2:]:
        del busy.vendor.records[each.ref.id]
    next_morning(firm)
    sync_once(firm)  # a sweep that shows them no more is no surprise
    assert firm.kinds == ["bulk"]
    firm.desk.answer(task.number, "done")
    assert not firm.rows(t.steps, ~WAITS), "nobody is closed on a word"
    next_morning(firm)
    sync_once(firm)
    missed = firm.rows(t.steps, WAITS)
    assert len(missed) == 2
    assert {(each.outcome, each.bulk_id) for each in missed} == {("retry", None)}
    next_morning(firm)
    sync_once(firm)
    assert not firm.rows(t.steps, WAITS)
    assert {each.outcome for each in firm.rows(t.steps)} == {str(Outcome.VERIFIED)}
    assert sorted(busy.vendor.deleted) == sorted(each.ref.id for each in task.records[:2])
    assert [len(each["data"]["steps"]) for each in firm.actions("handed-over")] == [40]
    assert [len(each["data"]["steps"]) for each in firm.actions("done-by-hand")] == [40]


def sync_plan(firm: Firm) -> bool:
    register = firm.register()
    sync = Sync(register, actor="tester")
    with sync.working("sync"):
        sync.fetch()
        sync.plan()
    return sync.report.planned.people == 40


def test_what_was_not_done_by_hand_is_left_to_calls(firm, busy):
    assert sync_plan(firm)
    task = bulk.hand_over(firm.register(), "recman", "tester", every=True)
    assert "as many as the calls suffice for" in firm.desk.answer(task.number, "not-done")
    assert [len(each["data"]["steps"]) for each in firm.actions("taken-back")] == [40]
    while firm.rows(t.steps, WAITS):
        next_morning(firm)
        sync_once(firm)
    assert len(busy.vendor.deleted) == 40


def test_where_nothing_can_be_audited_a_word_has_to_do(firm):
    firm.head = MANY_AT_ONCE
    found = metered(firm, "recman", 10, cannot={"audit": "It has no way to look."})
    found.vendor.add_many(range(1, 6), over=OVER)
    register = firm.register()
    sync = Sync(register, actor="tester")
    with sync.working("sync"):
        sync.fetch()
        sync.plan()
    task = bulk.hand_over(register, "recman", "tester", every=True)
    assert firm.desk.answer(task.number, "done") == "the steps are closed on your word"
    assert {each.outcome for each in firm.rows(t.steps)} == {str(Outcome.DONE)}
    assert not firm.rows(t.steps, WAITS)


def test_there_is_no_task_where_calls_suffice_or_a_person_does_it_anyway(firm, busy):
    firm.place("paper")
    metered(firm, "off", 10, "enabled = false")
    register = firm.register()
    assert bulk.hand_over(register, "recman", "tester").number is None
    assert bulk.hand_over(register, "recman", "tester", every=True).number is None
    assert at_risk(register, firm.now) == []
    for name, why in (("paper", "done by hand as it is"), ("off", "disabled"), ("no", "no such processor")):
        with pytest.raises(SettingsError, match=why):
            bulk.hand_over(register, name, "tester")


# The real plugin, at the real limit's size for fewer people


def test_recman_within_its_calls(now):
    """The plugin against its simulator, which counts its calls itself: nobody is deleted with the last call but one."""
    clock = [now]
    simulator = Simulator(now=lambda: clock[0])
    people = 300
    for number in range(people + 5):
        simulator.add_candidate(
            first_name="Person", last_name=str(number), email=f"person{number}@example.org", phone="", dob="",
            attributes={"Consent until": "2026-01-01" if number < people else "2036-01-01"},
        )  # fmt: skip
    with serve(simulator) as url:
        values = simulator.settings(url)
        secrets = {"key": values.pop("key")}
        with opened(
            "recman", values | {"consent_attribute": "Consent until"}, secrets, 4, now=lambda: clock[0]
        ) as register:
            verified = days = 0
            while verified < people and days < 4:
                before = len(simulator.wire.journal)
                verified += Sync(register).run().rows["recman"].verified
                assert len(simulator.wire.journal) - before <= 200
                clock[0] += timedelta(days=1)
                days += 1
    assert (verified, days) == (people, 2)
