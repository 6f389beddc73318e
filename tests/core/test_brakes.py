"""What stops deletions: a person, errors that rise, refused credentials; and who lets them go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from gateway import GarbledError, Outcome, Receipt, RefusedError, SettingsError, Subject, UnavailableError
from gateway.ledger import Ledger, work
from gateway.ledger.stops import ALL
from gateway.sync import Report, Sync
from tests.core.firm import HEAD, Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
STOPPED = "stopped by tester since 2026-11-23 12:00 UTC: a wrong rule"
HTML = GarbledError("an HTML page")
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add_many(range(1, 11), over=OVER)
    vendor.add_many(range(11, 14))
    return vendor


@pytest.fixture
def crm(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("crm")
    vendor.add(71, "person1@example.org", "Person Nr1")
    vendor.add(79, "anne@example.org", "Anne Lie")
    return vendor


def sync_and_stop(firm: Firm, recman: ScriptedVendor, name: str) -> Report:
    """A sync, with a stop by another process while the third of ten is being deleted."""
    written, changed = [0], threading.Condition()

    def progress(_name: str, phase: str, done: int, _total: int | None) -> None:
        with changed:
            written[0] += done if phase == "delete" else 0
            changed.notify_all()

    def delete(account: Any, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        other = Ledger(firm.ledger.url, firm.ledger.vault)
        for number, receipt in enumerate(recman.delete(subjects), 1):
            if number == 3:
                stopping = firm.brakes()
                stopping.ledger = other
                stopping.stop(name, "a wrong rule")
                other.close()
            yield receipt
            with changed:  # slower than the ledger, as a vendor is
                assert changed.wait_for(lambda: written[0] >= number, 60)  # noqa: B023 - it is asked at once

    recman.replace("delete", delete)
    return firm.sync(progress=progress)


@on_both
@pytest.mark.parametrize("name", [ALL, "recman"])
def test_a_stop_ends_what_is_under_way_at_the_next_answer_and_lasts(
    firm: Firm, recman: ScriptedVendor, name: str
) -> None:
    report = sync_and_stop(firm, recman, name)
    done = len(recman.deleted)
    assert 3 <= done <= 4, "the one that was asked for while the answer was written down is the last"
    assert (report.exit_code, len(firm.actions("answered"))) == (4, done)
    left = [firm.step("recman", case) for case in range(done + 1, 11)]
    assert {each.reason.endswith(STOPPED) for each in left} == {True}
    assert {(each.outcome, each.intent_run is not None) for each in left} == {(Outcome.RETRY, True)}
    recman.mend()
    recman.journal.clear()
    report = firm.sync_later()
    assert (report.exit_code, [each.hook for each in recman.journal]) == (4, ["fetch", "audit"])
    assert {firm.step("recman", case).intent_run for case in range(done + 1, 11)} == {None}
    firm.brakes().resume(name, "the rule is put right")
    assert firm.step("recman", 10).reason == ""
    assert firm.sync_later().exit_code == 0
    assert len(recman.deleted) == len(set(recman.deleted)) == 10
    told = [(each["action"], each["actor"], each["why"], each.get("processor"), each.get("data"))
            for each in firm.actions("stopped") + firm.actions("resumed")]  # fmt: skip
    where = (None, {"all": True}) if name == ALL else ("recman", None)
    assert told == [
        ("stopped", "tester", "a wrong rule", *where), ("resumed", "tester", "the rule is put right", *where),
    ]  # fmt: skip


def test_under_a_stop_nothing_is_deleted_and_reading_and_proving_go_on(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    hr = firm.vendor("hr", grace=timedelta(hours=1))
    hr.add(91, "person2@example.org", "Person Nr2")
    hr.add(99, "eva@example.org", "Eva Dahl")
    firm.sync()
    second = firm.case_of("hr", "91")
    assert firm.outcome("hr", second) == Outcome.DONE
    crm.add(78, "person12@example.org", "Person Nr12", over=OVER)
    firm.brakes().stop(ALL, "a wrong rule")
    report = firm.sync_later()
    twelfth = firm.case_of("crm", "78")
    assert (firm.outcome("hr", second), firm.outcome("crm", twelfth), crm.deleted) == (
        Outcome.VERIFIED,
        Outcome.RETRY,
        ["71"],
    )
    assert (report.exit_code, report.rows["crm"].fetched, [str(each) for each in report.stops]) == (
        4, 2, [f"all deletions are {STOPPED}"],
    )  # fmt: skip
    firm.brakes().resume(ALL, "the rule is right")
    firm.sync_later()
    assert firm.sync_later().exit_code == 0


def test_a_stop_at_one_leaves_the_others_alone(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.brakes().stop("recman", "a wrong rule")
    report = firm.sync("recman", "crm")
    assert (firm.outcome("recman"), firm.outcome("crm")) == (Outcome.RETRY, Outcome.VERIFIED)
    assert (report.exit_code, report.rows["recman"].error, report.rows["crm"].error) == (4, STOPPED, "")
    assert recman.calls("delete") == []
    firm.later(hours=1)
    assert firm.sync("recman").exit_code == 4
    firm.brakes().resume("recman", "the rule is right")
    assert firm.sync_later().exit_code == 0


def test_who_stops_what_is_stopped_is_told_who_was_first(firm: Firm, recman: ScriptedVendor) -> None:
    assert firm.brakes("ola").stop("recman", "a wrong rule").new
    again = firm.brakes("kari").stop("recman", "me too")
    assert (again.new, again.stop.by, again.stop.why) == (False, "ola", "a wrong rule")
    left = firm.brakes("kari").stop(ALL, "all of it").stop
    assert firm.brakes().resume("recman", "right").left == (left,)
    assert firm.brakes().resume(ALL, "right").left == ()


def test_a_mistake_at_the_brakes_says_what_would_be_right(firm: Firm, recman: ScriptedVendor) -> None:
    for words, wrong in (
        (lambda: firm.brakes().stop("recmann", "x"), 'recmann: unknown processor; did you mean "recman"?'),
        (lambda: firm.brakes().stop(ALL, "  "), "--why: has to be one line"),
        (lambda: firm.brakes().resume(ALL, "x"), "--all: is not stopped; nothing is"),
        (lambda: firm.brakes().resume("recman", ""), "--why: has to be one line"),
    ):
        with pytest.raises(SettingsError) as err:
            words()
        assert str(err.value).startswith(wrong)
    firm.brakes().stop("recman", "a wrong rule")
    with pytest.raises(SettingsError, match="crm: is not stopped; what is stopped is recman"):
        firm.brakes().resume("crm", "x")
    assert len(firm.actions("stopped")) == 1


def test_a_sync_lets_go_on_what_was_refused_and_not_what_a_person_stopped(
    firm: Firm, recman: ScriptedVendor
) -> None:
    recman.fail("fetch", RefusedError("the key was revoked"))
    firm.sync()
    firm.brakes().stop("recman", "a wrong rule")
    firm.later(hours=1)
    report = firm.sync("recman")
    assert ([each.cause for each in report.stops], report.rows["recman"].fetched) == (["operator"], 13)
    firm.brakes().resume("recman", "right")
    assert firm.sync_later().exit_code == 0


@on_both
def test_five_runs_that_are_not_understood_stop_the_account_until_somebody_resumes(
    firm: Firm, recman: ScriptedVendor
) -> None:
    recman.fail("fetch", HTML, times=None)
    for _ in range(4):
        assert firm.sync_later().stops == []
    report = firm.sync_later()
    (stop,) = report.stops
    assert (stop.cause, stop.by) == ("errors", "gateway")
    why = "5 runs in a row ended in an answer that is not understood, or a broken promise"
    assert (report.exit_code, stop.why) == (4, f"{why}; the last: an HTML page")
    assert [(each["actor"], each["processor"], each["why"]) for each in firm.actions("stopped")] == [
        ("gateway", "recman", why)
    ]
    recman.mend()
    recman.journal.clear()
    firm.later(hours=1)
    report = firm.sync("recman")
    assert (report.exit_code, recman.journal, len(firm.actions("stopped"))) == (4, [], 1)
    firm.brakes().resume("recman", "they have mended it")
    assert firm.sync_later().exit_code == 0
    assert len(recman.deleted) == 10


def test_a_run_that_ends_well_sets_the_count_back_and_one_without_an_answer_does_not(
    firm: Firm, recman: ScriptedVendor
) -> None:
    errors = [HTML, HTML, None, HTML, HTML, UnavailableError("down"), HTML, HTML, None]
    for error in errors:
        recman.mend()
        if error is not None:
            recman.fail("fetch", error)
        report = firm.sync_later()
        assert report.stops == []
    for error in [HTML, HTML, UnavailableError("down"), HTML, HTML, HTML]:
        assert report.stops == []
        recman.fail("fetch", error)
        report = firm.sync_later()
    assert len(report.stops) == 1
    firm.brakes().resume("recman", "they have mended it")
    assert firm.sync_later().exit_code == 0


def test_how_many_in_a_row_is_a_setting(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head = f"[brake]\nfailures = 2\n{HEAD}"
    recman.fail("fetch", HTML, times=2)
    assert [len(firm.sync_later().stops) for _ in range(2)] == [0, 1]
    firm.brakes().resume("recman", "they have mended it")
    assert firm.sync_later().exit_code == 0


def test_a_vendor_in_maintenance_is_not_asked_for_each_of_many(firm: Firm, recman: ScriptedVendor) -> None:
    """The whole chunk fails, then four by themselves: that makes five in a row, and the others are left alone."""
    recman.fail("delete", HTML, times=None)
    report = firm.sync()
    assert (len(recman.calls("delete")), report.exit_code) == (5, 4)
    stands = [firm.step("recman", case) for case in range(1, 11)]
    assert [each.outcome for each in stands] == [Outcome.BROKEN] * 4 + [Outcome.RETRY] * 6
    assert {each.reason.startswith("not called: stopped by gateway") for each in stands[4:]} == {True}
    assert {each.intent_run is not None for each in stands} == {True}
    recman.mend()
    firm.brakes().resume("recman", "they have mended it")
    for each in firm.asked():
        firm.desk.answer(each.id, "retry")
    assert firm.sync_later().exit_code == 0
    assert len(recman.deleted) == len(set(recman.deleted)) == 10


@pytest.mark.parametrize(("spoilt", "stops"), [("2 4 6 8 10 1", 1), ("2 4 6 8 10", 0), ("2 4 6 8", 0)])
def test_most_of_a_chunk_not_understood_stops_the_account(
    firm: Firm, recman: ScriptedVendor, spoilt: str, stops: int
) -> None:
    for number in spoilt.split():
        recman.fail("delete", HTML, times=None, touching=number)
    report = firm.sync()
    assert len(report.stops) == stops
    if stops:
        assert (
            report.stops[0].why == "6 of 10 deletions in one go were answered in a way that is not understood"
        )
        firm.brakes().resume("recman", "they have mended it")
    recman.mend()
    for each in firm.asked():
        firm.desk.answer(each.id, "retry")
    assert firm.sync_later().exit_code == 0
    assert len(recman.deleted) == 10


TWO = f"[brake]\npeople = 5\nsecond_person = true\n{HEAD}"


def test_who_made_a_plan_does_not_approve_of_it_where_two_are_asked_for(
    firm: Firm, recman: ScriptedVendor
) -> None:
    firm.head = TWO
    assert firm.sync().exit_code == 3
    with pytest.raises(SettingsError, match=r"plan 1: was made by tester; somebody else has to do this"):
        firm.desk.approve(1)
    desk = firm.desk
    desk.actor = "gateway"
    with pytest.raises(SettingsError, match="for a person of their own name, not for 'gateway'"):
        desk.approve(1)
    desk.actor = "kari"
    assert desk.approve(1) == 10
    assert firm.sync_later().exit_code == 0


def test_who_made_a_plan_may_drop_it(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head = TWO
    firm.sync()
    assert firm.desk.approve(1, drop=True) == 10


def test_a_plan_of_the_gateway_itself_is_for_anybody(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head = TWO
    Sync(firm.register(), actor="gateway").run()
    assert firm.desk.approve(1) == 10
    assert firm.sync_later().exit_code == 0


def test_who_made_a_plan_approves_of_it_where_one_is_enough(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head = f"[brake]\npeople = 5\n{HEAD}"
    firm.sync()
    with firm.ledger.read() as tx:
        plan = work.get_plan(tx, 1)
    assert plan is not None
    assert (plan.made_by, plan.state) == ("tester", "waiting")
    assert firm.desk.approve(1) == 10


def test_who_stopped_does_not_resume_where_two_are_asked_for(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head = TWO
    firm.brakes("ola").stop(ALL, "a wrong rule")
    with pytest.raises(SettingsError, match=r"--all: was stopped by ola; somebody else has to do this"):
        firm.brakes("ola").resume(ALL, "right")
    assert firm.brakes("kari").resume(ALL, "right").ended[0].by == "ola"
    recman.fail("fetch", HTML, times=5)
    for _ in range(5):
        firm.sync_later()
    assert firm.brakes("ola").resume("recman", "right").ended[0].by == "gateway"
