"""What follows each outcome: when it is looked at again, who is asked, and what closes it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway import Holding, Kept, Outcome, Reason, Receipt, Ref
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor, keeps

OVER = date(2026, 1, 1)


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman", grace=timedelta(days=1))
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.add(2, "ola@example.org", "Ola Hansen")
    return vendor


def test_done_is_verified_after_the_grace_and_not_before(firm: Firm, recman: ScriptedVendor) -> None:
    report = firm.sync()
    assert (firm.outcome("recman"), report.exit_code) == (Outcome.DONE, 3)
    firm.sync_later(hours=23)
    assert firm.outcome("recman") == Outcome.DONE
    assert recman.calls("audit") == []
    report = firm.sync_later(hours=1)
    assert (firm.outcome("recman"), report.exit_code, report.rows["recman"].verified) == (
        Outcome.VERIFIED,
        0,
        1,
    )
    assert list(recman.records) == ["2"]


def test_verified_destroys_the_key_and_leaves_a_tombstone(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    firm.sync_later(days=1)
    erased = [row.erased_at for row in firm.rows(t.subjects) if row.wrapped_key is None]
    assert erased == [firm.now]
    assert firm.rows(t.tombstones)
    assert [each["subject"] for each in firm.actions("erased-key")] == ["S1"]
    assert firm.case().state == "closed"


def test_done_without_naming_what_waits_for_the_grace_too(firm: Firm, recman: ScriptedVendor) -> None:
    def answer(subject: object) -> Receipt:
        recman.records.pop("1")
        return Receipt("S1", Outcome.DONE)

    recman.answers["1"] = answer
    firm.sync()
    assert firm.step("recman").next_at == firm.now + timedelta(days=1)
    assert firm.sync_later(days=1).exit_code == 0


def test_accepted_is_looked_at_again_at_its_date(firm: Firm, recman: ScriptedVendor) -> None:
    recman.accepts["1"] = firm.now + timedelta(days=7)
    assert firm.sync().exit_code == 3
    assert firm.sync_later(days=6).exit_code == 3
    assert recman.calls("audit") == []
    firm.sync_later(days=1)
    assert (firm.outcome("recman"), len(recman.calls("audit"))) == (Outcome.ACCEPTED, 1)
    recman.records.pop("1")
    assert firm.sync_later(days=1).exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED


def test_nothing_that_leaves_something_to_be_read_is_kept(firm: Firm, recman: ScriptedVendor) -> None:
    left = Kept(Ref("note", "9"), Reason.REVIEW, "free text that may name the person")
    recman.answers["1"] = lambda subject: (
        recman.records.pop("1"), Receipt(subject.ref, Outcome.NOTHING, kept=(left,))
    )[1]  # fmt: skip
    assert firm.sync().exit_code == 0
    assert (firm.outcome("recman"), firm.step("recman").kept) == (Outcome.KEPT, (left,))


def test_nothing_is_closed_by_the_read_that_showed_it(firm: Firm, recman: ScriptedVendor) -> None:
    recman.answers["1"] = lambda subject: Receipt(subject.ref, Outcome.NOTHING)
    recman.replace("delete", lambda account, subjects: (recman.records.pop("1"), recman.delete(subjects))[1])
    assert firm.sync().exit_code == 0
    assert firm.outcome("recman") == Outcome.NOTHING
    assert len(recman.calls("audit")) == 1


def test_nothing_that_is_not_so_is_broken(firm: Firm, recman: ScriptedVendor) -> None:
    recman.answers["1"] = lambda subject: Receipt(subject.ref, Outcome.NOTHING)
    assert firm.sync().exit_code == 4
    assert firm.outcome("recman") == Outcome.BROKEN
    recman.mend()
    firm.answer("untrue", "retry")
    firm.sync_later()
    assert firm.sync_later(days=1).exit_code == 0


def test_kept_with_an_end_date_is_in_scope_again_after_it(firm: Firm, recman: ScriptedVendor) -> None:
    recman.keeps["1"] = keeps("1", until=date(2026, 12, 24))
    report = firm.sync()
    assert (firm.outcome("recman"), report.exit_code, report.rows["recman"].kept) == (Outcome.KEPT, 0, 1)
    recman.keeps.clear()
    firm.now = firm.now.replace(month=12, day=24, hour=23)
    assert firm.sync().planned.people == 0
    assert firm.sync_later(hours=2).planned.people == 1
    firm.sync_later(days=1)
    assert "1" not in recman.records
    assert firm.outcome("recman", 2) == Outcome.VERIFIED


def test_kept_without_an_end_date_is_looked_at_after_thirty_days(firm: Firm, recman: ScriptedVendor) -> None:
    recman.keeps["1"] = keeps("1")
    firm.sync()
    assert firm.sync_later(days=29).planned.people == 0
    assert firm.sync_later(days=1).planned.people == 1
    assert firm.outcome("recman", 2) == Outcome.KEPT


def test_kept_until_yesterday_is_not_asked_about_at_once(firm: Firm, recman: ScriptedVendor) -> None:
    recman.keeps["1"] = keeps("1", until=date(2020, 1, 1))
    firm.sync()
    assert firm.sync_later().planned.people == 0
    assert firm.sync_later(days=1).planned.people == 1


def test_kept_of_somebody_who_asked_is_erased_when_it_is_free(firm: Firm, recman: ScriptedVendor) -> None:
    recman.keeps["2"] = keeps("2", until=date(2026, 12, 24))
    firm.sync()
    firm.desk.erase("recman:2")
    firm.sync_later()
    assert firm.outcome("recman", 2) == Outcome.KEPT
    recman.keeps.clear()
    assert firm.sync_later(days=60).planned.triggers == {"request": 1}
    firm.sync_later(days=1)
    assert recman.records == {}


def test_kept_that_is_gone_is_verified(firm: Firm, recman: ScriptedVendor) -> None:
    def answer(subject: object) -> Receipt:
        recman.records.pop("1")
        return Receipt("S1", Outcome.KEPT, kept=(keeps("1"),))

    recman.answers["1"] = answer
    firm.sync()
    assert firm.outcome("recman") == Outcome.VERIFIED


@pytest.mark.parametrize("reason", [Reason.OWN_CONTROLLER, Reason.LEGAL_DUTY])
def test_refused_is_closed_as_refused_and_never_as_done(
    firm: Firm, recman: ScriptedVendor, reason: Reason
) -> None:
    recman.answers["1"] = lambda subject: Receipt(subject.ref, Outcome.REFUSED, kept=(keeps("1", reason),))
    report = firm.sync()
    assert (firm.outcome("recman"), firm.step("recman").reason) == (Outcome.REFUSED, "a current employee")
    assert (report.exit_code, report.rows["recman"].refused, report.rows["recman"].verified) == (0, 1, 0)
    assert "1" in recman.records


def test_own_controller_without_a_plugin_refuses(firm: Firm, recman: ScriptedVendor) -> None:
    firm.place("client", role="controller")
    firm.sync()
    assert firm.outcome("client") == Outcome.REFUSED
    assert "own controller" in firm.step("client").reason


def test_manual_is_a_task_and_proven_where_it_can_be(firm: Firm, recman: ScriptedVendor) -> None:
    recman.answers["1"] = lambda subject: Receipt(subject.ref, Outcome.MANUAL, note="Press the red button.")
    assert firm.sync().exit_code == 3
    assert [(each.kind, "red button" in each.text) for each in firm.asked()] == [("task", True)]
    assert firm.answer("task", "done") == "the next sync looks whether it is gone"
    assert firm.sync_later(days=1).exit_code == 4
    assert firm.outcome("recman") == Outcome.BROKEN
    recman.records.pop("1")
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("recman"), firm.kinds) == (Outcome.VERIFIED, [])


def test_manual_without_a_plugin_is_closed_on_a_persons_word(firm: Firm, recman: ScriptedVendor) -> None:
    firm.place("paper", role="joint")
    firm.sync()
    assert (firm.outcome("paper"), firm.kinds) == (Outcome.MANUAL, ["task"])
    firm.sync_later(days=1)
    assert firm.case().state == "open"
    assert firm.answer("task", "done") == "the step is closed on your word"
    assert (firm.outcome("paper"), firm.case().state) == (Outcome.DONE, "closed")
    assert firm.sync_later().exit_code == 0


def test_unlinkable_answered_not_there_is_nothing(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", finds_by=frozenset(), cannot={"fetch": "they list nobody."})
    firm.sync()
    assert (firm.outcome("crm"), firm.kinds) == (Outcome.UNLINKABLE, ["unlinkable"])
    assert firm.answer("unlinkable", "not-there") == "the step is closed on your word"
    assert firm.outcome("crm") == Outcome.NOTHING
    assert crm.journal == []


def test_unlinkable_answered_done_is_closed_on_a_persons_word(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", finds_by=frozenset(), cannot={"fetch": "they list nobody."})
    firm.sync()
    assert firm.answer("unlinkable", "done") == "the step is closed on your word"
    assert (firm.outcome("crm"), crm.journal) == (Outcome.DONE, [])
    assert firm.sync_later(days=1).exit_code == 0


def test_receipt_unlinkable_asks_and_is_proven_after_the_answer(firm: Firm, recman: ScriptedVendor) -> None:
    recman.answers["1"] = lambda subject: Receipt(subject.ref, Outcome.UNLINKABLE)
    firm.sync()
    assert (firm.outcome("recman"), firm.kinds) == (Outcome.UNLINKABLE, ["unlinkable"])
    recman.records.pop("1")
    firm.answer("unlinkable", "done")
    assert firm.sync_later(days=1).exit_code == 0
    assert firm.outcome("recman") == Outcome.VERIFIED


def test_lie_stays_open_is_asked_about_once_and_ends_when_it_is_gone(
    firm: Firm, recman: ScriptedVendor
) -> None:
    recman.lies.add("1")
    firm.sync()
    assert firm.sync_later(days=1).exit_code == 4
    step = firm.step("recman")
    assert (step.outcome, step.reason) == (Outcome.BROKEN, "answered done, but still holds person 1")
    assert firm.sync_later().exit_code == 4
    assert firm.kinds == ["untrue"]
    assert len([each for each in firm.actions("audited") if each["outcome"] == "broken"]) == 1
    recman.records.pop("1")
    assert firm.sync_later().exit_code == 0
    assert (firm.outcome("recman"), firm.kinds) == (Outcome.VERIFIED, [])


def test_lie_retried_is_asked_about_again(firm: Firm, recman: ScriptedVendor) -> None:
    recman.lies.add("1")
    firm.sync()
    firm.sync_later(days=1)
    assert firm.answer("untrue", "retry") == "the next sync tries again"
    firm.sync_later()
    assert firm.sync_later(days=1).exit_code == 4
    assert firm.answer("untrue", "by-hand").startswith("it is task")
    assert (firm.outcome("recman"), firm.kinds) == (Outcome.MANUAL, ["task"])
    recman.records.pop("1")
    firm.answer("task", "done")
    assert firm.sync_later(days=1).exit_code == 0


def test_partly_deleted_partly_kept_is_both(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add(3, "kari@example.org", "Kari Nordmann", over=OVER)
    recman.keeps["3"] = keeps("3")
    firm.sync()
    firm.sync_later(days=1)
    assert (firm.outcome("recman"), sorted(recman.records)) == (Outcome.KEPT, ["2", "3"])
    assert [(row.vendor_id, row.state) for row in firm.rows(t.records, t.records.c.subject_id == 1)] == [
        ("3", "kept")
    ]


def test_ref_of_another_kind_that_hangs_on_is_still_held(firm: Firm, recman: ScriptedVendor) -> None:
    held = [Holding("S1", Ref("file", "77"))]
    recman.replace("audit", lambda account, subjects: iter(held))
    firm.sync()
    assert firm.sync_later(days=1).exit_code == 4
    assert "file 77" in firm.step("recman").reason
    held.clear()
    assert firm.sync_later().exit_code == 0
