"""Proven gone is looked for again, by the ids that were deleted: after a day, and up to a year later."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway import (
    GarbledError,
    Holding,
    Kept,
    Outcome,
    Reason,
    Ref,
    RefusedError,
    ThrottledError,
    UnavailableError,
)
from gateway.ledger import Ledger, watches
from gateway.ledger import tables as t
from gateway.runs import Work, look_again
from tests.core.firm import HEAD, Firm
from tests.core.vendor import PERSON, ScriptedVendor

OVER = date(2026, 1, 1)
LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    """Kari, who is over, and Ola, who stays."""
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.add(2, "ola@example.org", "Ola Hansen")
    return vendor


@pytest.fixture
def erased(firm: Firm, recman: ScriptedVendor) -> ScriptedVendor:
    """Kari is gone, and was proven so."""
    assert firm.sync().exit_code == 0
    recman.journal.clear()
    return recman


def restore(vendor: ScriptedVendor, number: int = 1, created: datetime | None = LONG_AGO) -> None:
    """Put a record back that lists of changes do not show: it is as old as it was."""
    vendor.add(number, "kari@example.org", "Kari Nordmann", created=created)
    vendor.hidden.add(str(number))


def due(firm: Firm) -> dict[str, int]:
    with firm.ledger.read() as tx:
        return {name: count for name, count in watches.due_count(tx, firm.now).items() if count}


def next_due(firm: Firm) -> dict[str, datetime]:
    """When the next look is due where, of what nobody has looked at."""
    found: dict[str, datetime] = {}
    for row in firm.rows(t.watches, t.watches.c.looked_at.is_(None)):
        found[row.processor] = min(found.get(row.processor, row.due_at), row.due_at)
    return found


def found(firm: Firm) -> dict[int, str]:
    """What each day's look for Kari has come to."""
    (step,) = (row.id for row in firm.rows(t.steps, t.steps.c.processor == "recman"))
    return {row.day: row.found for row in firm.rows(t.watches, t.watches.c.step_id == step)}


def looks(firm: Firm) -> list[tuple[int, list[int]]]:
    """The lines of the trail that tell how many were looked for, and for which days."""
    return [(each["data"]["steps"], each["data"]["days"]) for each in firm.actions("looked-again")]


def look_by_hand(firm: Firm, name: str = "recman") -> dict[str, int]:
    """One look, as a schedule makes it."""
    register = firm.register()
    job = Work(firm.ledger, register.plugins, register.now, "tester", lambda: False)
    return dict(look_again(job, register.target(name)))


@on_both
def test_gone_is_looked_for_after_1_14_30_and_365_days(firm: Firm, erased: ScriptedVendor) -> None:
    proven = firm.now
    assert next_due(firm) == {"recman": proven + timedelta(days=1)}
    for days in (1, 14, 30, 365):
        firm.now = proven + timedelta(days=days, seconds=-1)
        assert (firm.sync().exit_code, erased.calls("audit")) == (0, [])
        assert due(firm) == {}
        firm.now = proven + timedelta(days=days)
        assert due(firm) == {"recman": 1}
        assert firm.sync().exit_code == 0
        assert [each.about for each in erased.calls("audit")] == [("1",)]
        assert (due(firm), looks(firm)[-1]) == ({}, (1, [days]))
        erased.journal.clear()
    assert (found(firm), next_due(firm)) == (dict.fromkeys((1, 14, 30, 365), "absent"), {})


def test_looks_of_many_are_one_call_and_one_line(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add_many(range(10, 16), over=OVER)
    firm.sync()
    recman.journal.clear()
    assert firm.sync_later(days=1).exit_code == 0
    (call,) = recman.calls("audit")
    assert sorted(call.about) == ["1", "10", "11", "12", "13", "14", "15"]
    assert looks(firm) == [(7, [1])]
    assert [(row.hook, row.size) for row in firm.rows(t.runs)][-1] == ("audit", 7)


def test_vendor_that_takes_few_at_a_time_is_called_more_often(firm: Firm) -> None:
    recman = firm.vendor("recman", audit_batch=3)
    recman.add_many(range(10, 15), over=OVER)
    recman.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    recman.journal.clear()
    firm.sync_later(days=1)
    assert [len(each.about) for each in recman.calls("audit")] == [3, 2]
    assert looks(firm) == [(3, [1]), (2, [1])]


def test_days_that_were_missed_are_one_look(firm: Firm, erased: ScriptedVendor) -> None:
    firm.sync_later(days=40)
    assert (len(erased.calls("audit")), looks(firm)) == (1, [(1, [1, 14, 30])])
    assert found(firm) == {1: "absent", 14: "absent", 30: "absent", 365: ""}


@on_both
def test_restored_backup_is_found_deleted_and_watched_anew(firm: Firm, erased: ScriptedVendor) -> None:
    proven = firm.now
    firm.sync_later(days=14)
    firm.later(days=6)
    restore(erased)
    assert firm.sync().exit_code == 0  # no fetch shows it
    firm.now = proven + timedelta(days=30)
    report = firm.sync()
    assert (report.exit_code, report.rows["recman"].waiting) == (3, 1)
    assert found(firm) == {1: "absent", 14: "absent", 30: "present", 365: ""}
    (line,) = firm.actions("found-again")
    assert (line["subject"], line["case"], line["step"], line["outcome"]) == ("S1", 1, 1, "returned")
    assert (firm.case().state, erased.deleted) == ("closed", ["1"])
    report = firm.sync_later()
    assert (report.exit_code, report.planned.triggers) == (0, {"returned": 1})
    assert (erased.deleted, firm.outcome("recman")) == (["1", "1"], Outcome.VERIFIED)
    assert (len(firm.rows(t.cases)), firm.case().state, len(firm.actions("reopened"))) == (1, "closed", 1)
    assert found(firm) == dict.fromkeys((1, 14, 30, 365), "")
    assert next_due(firm) == {"recman": firm.now + timedelta(days=1)}
    assert [row.wrapped_key for row in firm.rows(t.subjects, t.subjects.c.id != 2)] == [None, None]


def test_restored_twice_is_deleted_twice(firm: Firm, erased: ScriptedVendor) -> None:
    for times in (2, 3):
        restore(erased)
        assert firm.sync_later(days=1).exit_code == 3
        assert (firm.sync_later().exit_code, erased.deleted) == (0, ["1"] * times)
    assert len(firm.rows(t.watches)) == 4


def test_what_was_not_restored_is_watched_on_too(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add(3, "kari@example.org", "Kari Nordmann")
    firm.sync()
    assert sorted(recman.deleted) == ["1", "3"]
    restore(recman, 3)
    firm.sync_later(days=1)
    firm.sync_later()
    restore(recman, 1)
    firm.sync_later(days=1)
    firm.sync_later()
    assert sorted(recman.deleted) == ["1", "1", "3", "3"]


def test_restored_backup_of_many_waits_for_approval(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add(3, "per@example.org", "Per Berg", over=OVER)
    firm.sync()
    firm.head = HEAD + "[brake]\npeople = 1\npercent = 0.0\n"
    restore(recman)
    recman.add(3, "per@example.org", "Per Berg", created=LONG_AGO)
    recman.hidden.add("3")
    firm.sync_later(days=1)
    recman.hidden.clear()  # so few are held that a list without them would be doubted
    plan = firm.sync_later().planned.plan or 0
    assert recman.deleted == ["1", "3"]
    firm.desk.approve(plan)
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "1", "3", "3"]


def test_fetched_before_the_plan_keeps_its_mark(firm: Firm, erased: ScriptedVendor) -> None:
    restore(erased)
    firm.sync_later(days=1)
    erased.hidden.clear()
    report = firm.sync_later()
    assert (report.exit_code, erased.deleted) == (0, ["1", "1"])


def test_newer_than_the_erasure_is_a_question_and_kept(firm: Firm, erased: ScriptedVendor) -> None:
    firm.later(hours=1)
    restore(erased, created=firm.now)
    firm.sync_later(days=1)
    assert firm.sync_later().exit_code == 3
    assert (firm.kinds, erased.deleted) == (["returned"], ["1"])
    firm.sync_later(days=40)
    assert (firm.kinds, len(firm.actions("found-again"))) == (["returned"], 1)
    firm.answer("returned", "keep")
    assert set(found(firm).values()) == {"present", "kept"}
    assert firm.sync_later(days=365).exit_code == 0
    assert (firm.kinds, erased.deleted, next_due(firm)) == ([], ["1"], {})


def test_newer_than_the_erasure_and_answered_erase_is_deleted(firm: Firm, erased: ScriptedVendor) -> None:
    firm.later(hours=1)
    restore(erased, created=firm.now)
    firm.sync_later(days=1)
    firm.sync_later()
    firm.answer("returned", "erase")
    assert (firm.sync_later().exit_code, erased.deleted) == (0, ["1", "1"])
    assert next_due(firm) == {"recman": firm.now + timedelta(days=1)}


@pytest.mark.parametrize(
    "error",
    [UnavailableError("no answer"), ThrottledError("no more calls", retry_at=LONG_AGO), GarbledError("not JSON"),
     KeyError("x"), RefusedError("the key is refused")],
    ids=lambda each: type(each).__name__,
)  # fmt: skip
def test_read_that_failed_is_not_absence(firm: Firm, recman: ScriptedVendor, error: Exception) -> None:
    crm = firm.vendor("crm")
    crm.add(7, "per@example.org", "Per Berg", over=OVER)
    crm.add(8, "anne@example.org", "Anne Lie")
    firm.sync()
    recman.fail("audit", error)
    assert firm.sync_later(days=1).exit_code != 0
    assert (due(firm), looks(firm)) == ({"recman": 1}, [(1, [1])])
    restore(recman)
    firm.sync_later(days=1)
    assert (found(firm)[1], due(firm)) == ("present", {})
    firm.sync_later()
    assert recman.deleted == ["1", "1"]


def test_one_answer_that_is_not_understood_stops_no_others(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add_many(range(10, 17), over=OVER)
    firm.sync()
    plain = recman.audit

    def spoilt(account: Any, subjects: Any) -> Any:
        if any("12" in each.ids(PERSON) for each in subjects):
            raise GarbledError("not JSON")
        return plain(subjects)

    recman.replace("audit", spoilt)
    assert firm.sync_later(days=1).exit_code != 0
    assert (due(firm), sum(steps for steps, _ in looks(firm))) == ({"recman": 1}, 7)
    recman.mend()
    assert (firm.sync_later(days=1).exit_code, due(firm)) == (0, {})


def test_nothing_is_watched_where_nothing_can_be_audited(firm: Firm) -> None:
    crm = firm.vendor("crm", cannot={"audit": "they show nothing."})
    crm.add(7, "per@example.org", "Per Berg", over=OVER)
    crm.add(8, "anne@example.org", "Anne Lie")
    firm.sync()
    firm.answer("task", "done")
    assert (firm.case().state, firm.rows(t.watches)) == ("closed", [])


@pytest.mark.parametrize("cause", ["nothing", "kept"])
def test_nothing_is_watched_where_nothing_is_proven(firm: Firm, recman: ScriptedVendor, cause: str) -> None:
    if cause == "kept":
        recman.keeps["1"] = Kept(Ref(PERSON, "1"), Reason.EMPLOYMENT, "a current employee")
    else:
        firm.vendor("hr").add(9, "per@example.org", "Per Berg")
        firm.sync()
        firm.desk.erase("kari@example.org")
    firm.sync()
    steps = {row.id: row.outcome for row in firm.rows(t.steps)}
    proven = {number for number, outcome in steps.items() if outcome == Outcome.VERIFIED}
    assert set(steps.values()) >= {cause}
    assert {row.step_id for row in firm.rows(t.watches)} == proven


def test_by_hand_and_proven_is_watched(firm: Firm) -> None:
    recman = firm.vendor("recman", cannot={"delete": "it has no such call."})
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    recman.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    del recman.records["1"]
    firm.answer("task", "done")
    firm.sync_later()
    assert (firm.outcome("recman"), firm.rows(t.watches)[0].refs) == (Outcome.VERIFIED, [[PERSON, "1"]])
    restore(recman)
    firm.sync_later(days=1)
    assert (firm.sync_later().exit_code, firm.kinds, firm.outcome("recman")) == (3, ["task"], Outcome.MANUAL)


@pytest.mark.parametrize(("said", "days"), [('["2 days", "3 weeks"]', [2, 21]), ("[]", [])])
def test_settings_say_when(firm: Firm, recman: ScriptedVendor, said: str, days: list[int]) -> None:
    firm.head = firm.head.replace("[gateway]\n", f"[gateway]\nverify_again = {said}\n")
    firm.sync()
    assert firm.outcome("recman") == Outcome.VERIFIED
    assert [row.day for row in firm.rows(t.watches)] == days
    assert [row.due_at for row in firm.rows(t.watches)] == [firm.now + timedelta(days=each) for each in days]


def test_disabled_processor_stays_due_and_visible(firm: Firm, erased: ScriptedVendor) -> None:
    enabled = firm.tables["recman"]
    firm.tables["recman"] = enabled.replace('role = "', 'enabled = false\nrole = "')
    firm.sync_later(days=20)
    assert (due(firm), next_due(firm)["recman"] < firm.now, erased.calls("audit")) == (
        {"recman": 1},
        True,
        [],
    )
    firm.tables["recman"] = enabled
    firm.sync_later()
    assert (due(firm), looks(firm)) == ({}, [(1, [1, 14])])


def test_dry_run_writes_nothing(firm: Firm, recman: ScriptedVendor, open_ledger: Any, ledger: Ledger) -> None:
    dry = open_ledger(ledger.url, dry=True)
    firm.sync(ledger=dry)
    dry.close()
    assert (firm.rows(t.watches), recman.deleted) == ([], [])
    firm.sync()
    assert len(firm.rows(t.watches)) == 4


class CrashError(BaseException):
    """The process is gone."""


@on_both
def test_crash_between_the_look_and_its_word_is_looked_at_again_and_said_once(
    firm: Firm, erased: ScriptedVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.later(days=1)

    def crash(*_: object, **__: object) -> None:
        raise CrashError

    with monkeypatch.context() as patch:
        patch.setattr(watches, "looked", crash)
        with pytest.raises(CrashError):
            look_by_hand(firm)
    assert (len(firm.rows(t.watches)), due(firm), looks(firm)) == (4, {"recman": 1}, [])
    assert (look_by_hand(firm), look_by_hand(firm)) == ({"absent": 1}, {})
    assert (looks(firm), len(firm.rows(t.watches))) == ([(1, [1])], 4)


def test_look_made_by_somebody_else_meanwhile_counts_once(firm: Firm, erased: ScriptedVendor) -> None:
    firm.later(days=1)
    plain = erased.audit

    def beside(account: Any, subjects: Any) -> Any:
        erased.mend()
        look_by_hand(firm)
        return plain(subjects)

    erased.replace("audit", beside)
    assert look_by_hand(firm) == {}
    assert looks(firm) == [(1, [1])]


def test_each_step_has_a_day_once(firm: Firm, erased: ScriptedVendor) -> None:
    with firm.ledger.write() as tx:
        for _ in range(2):
            watches.begin(
                tx, "recman", {1: [Ref(PERSON, "1"), Ref(PERSON, "3")]}, [timedelta(days=1)], firm.now
            )
    (row,) = firm.rows(t.watches)
    assert (row.day, sorted(row.refs)) == (1, [[PERSON, "1"], [PERSON, "3"]])


def test_what_hung_on_a_record_brings_it_back_into_scope(firm: Firm, erased: ScriptedVendor) -> None:
    erased.replace(
        "audit", lambda account, subjects: iter([Holding(subjects[0].ref, Ref("note", "9"), LONG_AGO)])
    )
    firm.later(days=1)
    assert look_by_hand(firm) == {"present": 1}
    erased.mend()
    (row,) = firm.rows(t.records, t.records.c.returned_step.is_not(None))
    assert (row.kind, row.vendor_id) == (PERSON, "1")
    assert firm.sync_later().exit_code == 0
    assert firm.case().state == "closed"


def test_while_others_hold_them_the_same_person_is_found(firm: Firm, recman: ScriptedVendor) -> None:
    firm.place("paper", role="joint")
    firm.sync()
    assert firm.case().state == "open"
    restore(recman)
    firm.sync_later(days=1)
    firm.sync_later()
    assert (recman.deleted, firm.outcome("recman")) == (["1", "1"], Outcome.VERIFIED)
    assert {row.id for row in firm.rows(t.subjects)} == {1, 2}
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0
