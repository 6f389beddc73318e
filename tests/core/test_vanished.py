"""Gone at its source: believed only after a complete sweep, and only what is absent when asked for by id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from gateway import GarbledError, Holding, Outcome, Ref, Subject, UnavailableError
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    """A source that is read whole every time, since its fetch ends without a cursor."""
    vendor = firm.vendor("recman", "source = true")
    vendor.add_many(range(1, 6))
    return vendor


@pytest.fixture
def crm(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("crm")
    vendor.add(71, "person1@example.org", "Person Nr1")
    vendor.add(72, "person2@example.org", "Person Nr2")
    vendor.add(79, "anne@example.org", "Anne Lie")
    return vendor


def test_gone_at_the_source_is_deleted_everywhere_else(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    del recman.records["1"]
    report = firm.sync_later()
    assert (report.planned.triggers, report.exit_code) == ({"vanished": 1}, 0)
    assert (crm.deleted, recman.deleted) == (["71"], [])
    assert (firm.outcome("crm"), firm.outcome("recman")) == (Outcome.VERIFIED, Outcome.NOTHING)
    assert firm.sync_later().planned.people == 0


def test_gone_at_the_source_is_gone_though_something_that_hung_on_it_is_still_held(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    del recman.records["1"]

    def audit(account: object, subjects: Sequence[Subject]) -> Iterator[Holding]:
        yield from recman.audit(subjects)
        yield from (Holding(each.ref, Ref("log", "7")) for each in subjects)

    recman.replace("audit", audit)
    report = firm.sync_later()
    assert report.planned.triggers == {"vanished": 1}
    assert crm.deleted == ["71"]


def test_row_that_only_moved_between_the_pages_is_not_gone(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    recman.hidden.add("1")
    assert firm.sync_later().planned.people == 0
    assert (crm.deleted, len(recman.calls("audit"))) == ([], 1)
    recman.hidden.clear()
    assert firm.sync_later().exit_code == 0


def test_gone_elsewhere_is_only_forgotten(firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor) -> None:
    firm.sync()
    crm.records.clear()
    crm.add(79, "anne@example.org", "Anne Lie")
    assert firm.sync_later().planned.people == 0
    assert (
        recman.deleted,
        [row.vendor_id for row in firm.rows(t.records, t.records.c.processor == "crm")],
    ) == ([], ["79"])


def test_somebody_known_nowhere_any_more_has_no_key(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    del crm.records["79"]
    firm.sync_later()
    assert len(firm.rows(t.subjects, t.subjects.c.wrapped_key.is_(None))) == 1
    assert len(firm.actions("erased-key")) == 1


def test_sweep_that_says_it_is_partial_deletes_nobody(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    del recman.records["1"]
    recman.complete = False
    firm.sync_later()
    assert (crm.deleted, recman.calls("audit")) == ([], [])
    recman.complete = True
    firm.sync_later()
    assert crm.deleted == ["71"]


@pytest.mark.parametrize(
    "error", [UnavailableError("they are down"), GarbledError("an HTML page")], ids=["down", "html"]
)
def test_sweep_that_failed_on_page_three_deletes_nobody(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, error: Exception
) -> None:
    firm.sync()
    del recman.records["1"]
    recman.page_size = 1
    recman.fail("fetch", error, after=2)
    firm.sync_later()
    assert (crm.deleted, recman.calls("audit")) == ([], [])
    firm.sync_later()
    assert crm.deleted == ["71"]


def test_audit_that_fails_after_the_sweep_is_made_up_for(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    del recman.records["1"]
    recman.fail("audit", UnavailableError("they are down"))
    assert (firm.sync_later().exit_code, crm.deleted) == (3, [])
    assert firm.sync_later().exit_code == 0
    assert crm.deleted == ["71"]


def test_empty_sweep_asks_and_deletes_nobody(firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor) -> None:
    firm.sync()
    recman.blind = True
    report = firm.sync_later()
    assert (report.exit_code, report.planned.people, crm.deleted, firm.kinds) == (3, 0, [], ["sweep"])
    firm.sync_later()
    assert (firm.kinds, len(firm.actions("vanished"))) == (["sweep"], 0)
    assert "5 of 5 known person records" in firm.asked()[0].text
    recman.blind = False
    firm.answer("sweep", "not-deleted")
    assert firm.sync_later().exit_code == 0
    assert (crm.deleted, recman.deleted) == ([], [])


def test_empty_sweep_is_not_believed_when_one_had_vanished_before(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.head += "[brake]\npeople = 3\npercent = 0.0\n"
    firm.sync()
    firm.head = firm.head.replace("people = 3", "people = 0")
    del recman.records["1"]
    firm.sync_later()
    firm.head = firm.head.replace("people = 0", "people = 9")
    recman.blind = True
    firm.sync_later()
    assert firm.kinds == ["sweep"]
    assert crm.deleted == []


def shrunken(firm: Firm, recman: ScriptedVendor) -> None:
    """Two of five are gone, where one is allowed."""
    firm.head += "[brake]\npeople = 1\npercent = 0.0\n"
    firm.sync()
    del recman.records["1"]
    del recman.records["2"]
    assert firm.sync_later().planned.people == 0


def test_shrunken_sweep_answered_deleted_is_acted_on_behind_the_brake(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    shrunken(firm, recman)
    assert firm.answer("sweep", "deleted") == "the next sync acts on it"
    report = firm.sync_later()
    assert (report.planned.people, report.planned.waiting, crm.deleted) == (2, True, [])
    firm.desk.approve(report.planned.plan or 0)
    assert firm.sync_later().exit_code == 0
    assert sorted(crm.deleted) == ["71", "72"]


def test_shrunken_sweep_answered_not_deleted_is_asked_about_again_later(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    shrunken(firm, recman)
    firm.answer("sweep", "not-deleted")
    assert (firm.sync_later().planned.people, firm.kinds, crm.deleted) == (0, ["sweep"], [])


def test_answer_is_acted_on_though_the_next_fetch_reads_changes_only(firm: Firm) -> None:
    recman = firm.vendor("recman", "source = true")
    recman.add_many(range(1, 6))
    crm = firm.vendor("crm")
    crm.add(71, "person1@example.org", "Person Nr1")

    def changes(account: object, kind: str, cursor: str | None) -> object:
        for page in recman.fetch(kind, None) if cursor is None else recman.fetch(kind, "99"):
            yield type(page)(page.records, page.cursor or "99", page.complete)

    recman.replace("fetch", changes)
    firm.head += "[brake]\npeople = 1\npercent = 0.0\n"
    firm.sync()
    del recman.records["1"]
    del recman.records["2"]
    firm.later(hours=1)
    firm.sync(full=True)
    firm.answer("sweep", "deleted")
    plan = firm.sync_later().planned.plan or 0
    assert recman.calls("fetch")[-1].about == ("99",)
    firm.desk.approve(plan)
    firm.sync_later()
    assert crm.deleted == ["71"]


def test_vanished_waiting_for_approval_keeps_its_key_until_then(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 50.0\n"
    firm.vendor("crm").add(79, "anne@example.org", "Anne Lie")
    firm.sync()
    firm.head = firm.head.replace("percent = 50.0", "percent = 20.0")
    del recman.records["1"]
    firm.sync_later()
    firm.head = firm.head.replace("percent = 20.0", "percent = 0.0")
    erased = t.subjects.c.wrapped_key.is_(None)
    assert len(firm.rows(t.subjects, erased)) == 1
    recman.add(6, "eva@example.org", "Eva Dahl", over=date(2026, 1, 1))
    plan = firm.sync_later().planned.plan or 0
    assert (recman.deleted, len(firm.rows(t.subjects, erased))) == ([], 1)
    firm.desk.approve(plan)
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["6"]


def test_vanished_and_known_nowhere_else_waits_for_approval_too(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 1\npercent = 0.0\n"
    firm.sync()
    recman.add(6, "eva@example.org", "Eva Dahl", over=date(2026, 1, 1))
    del recman.records["1"]
    plan = firm.sync_later().planned.plan or 0
    erased = t.subjects.c.wrapped_key.is_(None)
    assert (firm.rows(t.subjects, erased), recman.deleted) == ([], [])
    firm.desk.approve(plan)
    assert firm.sync_later().exit_code == 0
    assert (len(firm.rows(t.subjects, erased)), recman.deleted) == (2, ["6"])


def test_restored_at_the_source_is_a_question(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor
) -> None:
    firm.sync()
    gone = recman.records.pop("1")
    firm.sync_later()
    assert crm.deleted == ["71"]
    recman.records["1"] = gone
    firm.sync_later()
    assert (firm.kinds, recman.deleted) == (["returned"], [])
    firm.answer("returned", "keep")
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == []
