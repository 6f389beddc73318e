"""There again after it was erased: by itself it is erased again; where it may be lawful, a person says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway import Consent, Outcome, UnavailableError
from gateway.ledger import tables as t
from gateway.sync import Sync
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add(2, "ola@example.org", "Ola Hansen")
    return vendor


@pytest.fixture
def crm(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("crm")
    vendor.add(8, "anne@example.org", "Anne Lie")
    return vendor


@pytest.fixture
def erased(firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor) -> None:
    """Kari, who asked for it."""
    recman.add(1, "kari@example.org", "Kari Nordmann")
    crm.add(7, "kari@example.org", "Kari Nordmann")
    firm.sync()
    firm.desk.erase("kari@example.org")
    assert firm.sync_later().exit_code == 0
    assert (recman.deleted, crm.deleted) == (["1"], ["7"])


@on_both
@pytest.mark.parametrize("number", ["1", "11"], ids=["same id", "new id"])
def test_imported_again_reopens_by_itself_and_is_erased_again(
    firm: Firm, recman: ScriptedVendor, erased: None, number: str
) -> None:
    recman.add(number, "kari@example.org", "Kari Nordmann")
    report = firm.sync_later()
    assert (report.planned.triggers, report.exit_code) == ({"returned": 1}, 0)
    assert recman.deleted == ["1", number]
    assert (firm.outcome("recman"), firm.case().state, len(firm.rows(t.cases))) == (
        Outcome.VERIFIED,
        "closed",
        1,
    )
    assert [each["processor"] for each in firm.actions("reopened")] == ["recman"]


def test_imported_again_and_unreachable_is_returned_until_it_is_gone(
    firm: Firm, recman: ScriptedVendor, erased: None
) -> None:
    recman.add(1, "kari@example.org", "Kari Nordmann")
    report = firm.sync_later()
    assert report.exit_code == 0
    recman.add(1, "kari@example.org", "Kari Nordmann")
    firm.later(hours=1)
    firm.sync(stop=lambda: bool(firm.actions("reopened")[1:]))
    assert (firm.outcome("recman"), firm.case().state) == (Outcome.RETURNED, "open")
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["1", "1", "1"]


def test_imported_again_at_two_processors_is_erased_at_both(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, erased: None
) -> None:
    recman.add(1, "kari@example.org", "Kari Nordmann")
    crm.add(17, "kari@example.org", "Kari Nordmann")
    report = firm.sync_later()
    assert (report.planned.people, report.exit_code) == (1, 0)
    assert (recman.deleted, crm.deleted) == (["1", "1"], ["7", "17"])


def test_imported_where_they_never_were_is_erased_there(
    firm: Firm, recman: ScriptedVendor, erased: None
) -> None:
    hr = firm.vendor("hr")
    hr.add(5, "kari@example.org", "Kari Nordmann")
    hr.add(6, "per@example.org", "Per Berg")
    hr.add(7, "kari@example.org", "Kari Nordmann")
    assert firm.sync_later().exit_code == 0
    assert (sorted(hr.deleted), firm.outcome("hr")) == (["5", "7"], Outcome.VERIFIED)


def test_returned_counts_for_the_brake(firm: Firm, recman: ScriptedVendor, erased: None) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 0.0\n"
    recman.add(1, "kari@example.org", "Kari Nordmann")
    plan = firm.sync_later().planned.plan or 0
    assert (recman.deleted, firm.case().state) == (["1"], "waiting")
    firm.desk.approve(plan)
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["1", "1"]


def test_made_since_the_erasure_is_a_question(firm: Firm, recman: ScriptedVendor, erased: None) -> None:
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    report = firm.sync_later()
    assert (report.exit_code, firm.kinds, recman.deleted) == (3, ["returned"], ["1"])
    firm.sync_later()
    assert firm.kinds == ["returned"]


def test_made_since_and_answered_keep_is_lawful(firm: Firm, recman: ScriptedVendor, erased: None) -> None:
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    firm.sync_later()
    assert firm.answer("returned", "keep").startswith("they came back by themselves")
    assert firm.sync_later().exit_code == 0
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now, phone="+4791234567")
    assert firm.sync_later().exit_code == 0
    assert (firm.kinds, recman.deleted) == ([], ["1"])


def test_made_since_and_answered_erase_is_erased_everywhere(
    firm: Firm, recman: ScriptedVendor, crm: ScriptedVendor, erased: None
) -> None:
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    crm.add(17, "kari@example.org", "Kari Nordmann", created=firm.now)
    firm.sync_later()
    assert firm.answer("returned", "erase") == "case 1 is open again; the next sync acts on it"
    assert firm.sync_later().exit_code == 0
    assert (recman.deleted, crm.deleted) == (["1", "11"], ["7", "17"])


@pytest.mark.parametrize("said", ["keep", "erase"])
def test_somebody_else_behind_the_address_is_never_erased_unasked(
    firm: Firm, recman: ScriptedVendor, erased: None, said: str
) -> None:
    recman.add(11, "kari@example.org", "Ola Nordmann")
    firm.sync_later()
    assert (firm.kinds, recman.deleted) == (["returned"], ["1"])
    firm.answer("returned", said)
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == (["1"] if said == "keep" else ["1", "11"])


def test_returned_before_the_case_is_closed_is_erased_in_it(firm: Firm, recman: ScriptedVendor) -> None:
    firm.place("paper", role="joint")
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    firm.sync()
    assert (firm.outcome("recman"), firm.case().state) == (Outcome.VERIFIED, "open")
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    firm.sync_later()
    assert (recman.deleted, firm.outcome("recman"), len(firm.rows(t.cases))) == (
        ["1", "1"],
        Outcome.VERIFIED,
        1,
    )
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0


def test_by_a_persons_word_gone_and_seen_again_came_back(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"audit": "they show nothing."})
    crm.add(7, "kari@example.org", "Kari Nordmann", over=OVER)
    crm.add(8, "anne@example.org", "Anne Lie")
    crm.lies.add("7")
    firm.sync()
    firm.answer("task", "done")
    report = firm.sync_later()
    assert report.planned.triggers == {"returned": 1}
    crm.records.pop("7")
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0


@on_both
@pytest.mark.parametrize(
    ("number", "created"),
    [("1", LONG_AGO), ("11", LONG_AGO), ("11", None)],
    ids=["restored backup", "another system's sync", "import without dates"],
)
def test_without_anything_new_it_is_erased_again_whoever_brought_it_back(
    firm: Firm, recman: ScriptedVendor, erased: None, number: str, created: datetime | None
) -> None:
    firm.later(days=1)
    recman.add(number, "kari@example.org", "Kari Nordmann", created=created)
    assert (firm.sync().exit_code, recman.deleted) == (0, ["1", number])
    assert (firm.case().state, firm.outcome("recman")) == ("closed", Outcome.VERIFIED)


def test_consent_given_since_the_erasure_is_a_question(
    firm: Firm, recman: ScriptedVendor, erased: None
) -> None:
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    consent = Consent("recruitment", given=firm.now.date())
    recman.records["11"] = replace(recman.records["11"], consents=(consent,))
    firm.sync()
    assert (firm.kinds, recman.deleted) == (["returned"], ["1"])


def test_consent_given_before_the_erasure_is_no_return_by_themselves(
    firm: Firm, recman: ScriptedVendor, erased: None
) -> None:
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    consent = Consent("recruitment", given=date(2026, 11, 22))
    recman.records["11"] = replace(recman.records["11"], consents=(consent,))
    firm.sync()
    assert (firm.kinds, recman.deleted) == ([], ["1", "11"])


def test_active_since_the_erasure_is_a_question(firm: Firm, recman: ScriptedVendor, erased: None) -> None:
    firm.later(days=1)
    recman.add(1, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    recman.records["1"] = replace(recman.records["1"], active=firm.now)
    firm.sync()
    assert (firm.kinds, recman.deleted) == (["returned"], ["1"])


def test_made_between_the_deletion_and_its_proof_is_a_question(firm: Firm) -> None:
    recman = firm.vendor("recman", grace=timedelta(days=2))
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    recman.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    recman.hidden.add("11")
    firm.sync_later(days=1)
    assert (firm.outcome("recman"), firm.case().state) == (Outcome.VERIFIED, "closed")
    recman.hidden.clear()
    firm.sync_later()
    assert (firm.kinds, recman.deleted) == (["returned"], ["1"])


@pytest.mark.parametrize("said", ["keep", "erase"])
def test_newer_one_beside_a_returned_one_is_never_deleted_with_it(
    firm: Firm, recman: ScriptedVendor, said: str
) -> None:
    """The case is open again for the old record when the person applies anew."""
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    firm.sync()
    firm.later(days=1)
    recman.add(1, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    recman.fail("delete", UnavailableError("no answer"), times=9)
    firm.sync()
    assert firm.case().state == "open"
    recman.mend()
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    assert firm.sync().exit_code == 3
    assert (firm.kinds, firm.case().state, recman.deleted) == (["returned"], "held", ["1"])
    firm.answer("returned", said)
    assert firm.sync_later().exit_code == 0
    assert (firm.case().state, firm.kinds) == ("closed", [])
    assert sorted(recman.deleted) == (["1"] if said == "keep" else ["1", "1", "11"])
    assert firm.outcome("recman") == (Outcome.KEPT if said == "keep" else Outcome.VERIFIED)


def test_old_one_beside_a_newer_one_waits_for_the_answer_about_it(
    firm: Firm, recman: ScriptedVendor, erased: None
) -> None:
    firm.later(days=1)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    firm.sync()
    recman.add(1, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    firm.sync_later()
    assert (firm.kinds, recman.deleted) == (["returned"], ["1"])
    firm.answer("returned", "keep")
    assert firm.sync_later().exit_code == 0
    assert (firm.kinds, recman.deleted) == ([], ["1"])


@pytest.mark.parametrize("said", ["keep", "erase"])
def test_what_a_rule_says_of_the_time_before_waits_for_the_answer_too(
    firm: Firm, recman: ScriptedVendor, said: str
) -> None:
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    firm.sync()
    firm.later(days=1)
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    recman.add(11, "kari@example.org", "Kari Nordmann", created=firm.now)
    firm.sync()
    firm.sync_later()
    assert (firm.kinds, recman.deleted) == (["returned"], ["1"])
    firm.answer("returned", said)
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == (["1"] if said == "keep" else ["1", "1", "11"])
    assert {row.state for row in firm.rows(t.cases)} <= {"closed", "dropped"}


def test_returned_after_a_rule_erased_them_is_erased_however_long_the_vendor_takes(
    firm: Firm, recman: ScriptedVendor
) -> None:
    """What the rules say of it now, of whom nothing but the id may be known, is no reason to leave it."""
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    firm.sync()
    recman.add(1, "kari@example.org", "Kari Nordmann")
    recman.fail("delete", UnavailableError("no answer"), times=9)
    firm.sync_later()
    assert firm.case().state == "open"
    recman.mend()
    assert firm.sync_later(days=1).exit_code == 0
    assert (recman.deleted, firm.outcome("recman")) == (["1", "1"], Outcome.VERIFIED)
    assert firm.case().trigger == "returned"


def test_changed_before_it_was_planned_is_still_returned(
    firm: Firm, recman: ScriptedVendor, erased: None
) -> None:
    recman.add(1, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    firm.later(hours=1)
    register = firm.register()
    sync = Sync(register, actor="tester")
    with sync.working("sync"):
        sync.fetch()  # and the process is gone
    recman.add(1, "kari@example.org", "Kari Nordmann", created=LONG_AGO, phone="+4791234567")
    assert (firm.sync_later().exit_code, recman.deleted) == (0, ["1", "1"])


def test_by_hand_and_seen_again_under_a_new_id_came_back(firm: Firm) -> None:
    recman = firm.vendor("recman", cannot={"delete": "it has no such call."})
    recman.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    recman.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    del recman.records["1"]
    firm.sync_later()
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0
    recman.add(11, "kari@example.org", "Kari Nordmann", created=LONG_AGO)
    assert firm.sync_later().planned.triggers == {"returned": 1}
    assert firm.kinds == ["task"]
