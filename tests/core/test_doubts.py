"""Two people behind one address: nobody is touched before it is known who is who."""

from __future__ import annotations

from datetime import date

import pytest

from gateway import Outcome, SettingsError, UnavailableError
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add(1, "home@example.org", "Kari Nordmann", over=OVER)
    vendor.add(2, "home@example.org", "Ola Nordmann")
    vendor.add(3, "anne@example.org", "Anne Lie")
    return vendor


def test_doubtful_person_is_held_and_not_touched(firm: Firm, recman: ScriptedVendor) -> None:
    report = firm.sync()
    assert (report.planned.held, report.exit_code, firm.kinds) == (1, 3, ["match"])
    assert (firm.case().state, recman.calls("delete"), recman.calls("audit")) == ("held", [], [])
    assert firm.sync_later().planned.people == 0
    assert recman.deleted == []


def test_answered_different_goes_on_with_the_one(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    assert firm.answer("match", "different").startswith("they stay two people")
    assert firm.sync_later().exit_code == 0
    assert (recman.deleted, firm.outcome("recman")) == (["1"], Outcome.VERIFIED)
    assert firm.kinds == []


def test_answered_same_goes_on_with_both(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    assert firm.answer("match", "same").startswith("they are one person now")
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2"]
    assert len(firm.rows(t.subjects, t.subjects.c.wrapped_key.is_not(None))) == 1


def test_answered_same_of_two_who_were_both_due_closes_both_cases(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add(2, "home@example.org", "Ola Nordmann", over=OVER)
    firm.sync()
    assert len(firm.rows(t.cases)) == 2
    firm.answer("match", "same")
    firm.sync_later()
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2"]
    assert {row.state for row in firm.rows(t.cases)} == {"closed"}


def test_request_for_a_doubtful_person_names_the_question(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    with pytest.raises(SettingsError, match="more than one person is known by that"):
        firm.desk.erase("home@example.org")
    with pytest.raises(SettingsError, match="answer question 1 first"):
        firm.desk.erase("recman:2")
    firm.answer("match", "different")
    firm.desk.erase("recman:2")
    assert firm.sync_later().exit_code == 0
    assert sorted(recman.deleted) == ["1", "2"]


def test_doubt_that_arises_when_the_case_is_open_holds_it(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add(2, "ola@example.org", "Ola Nordmann")
    recman.fail("delete", UnavailableError("they are down"))
    firm.sync()
    assert firm.outcome("recman") == Outcome.RETRY
    recman.add(2, "home@example.org", "Ola Nordmann")
    firm.sync_later()
    assert (firm.case().state, recman.deleted, firm.kinds) == ("held", [], ["match"])
    assert len(firm.actions("held")) == 1
    firm.answer("match", "different")
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["1"]


def test_held_case_of_a_plan_that_waits_goes_on_waiting(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 0.0\n"
    plan = firm.sync().planned.plan or 0
    firm.answer("match", "different")
    firm.sync_later()
    assert (firm.case().state, recman.deleted) == ("waiting", [])
    firm.desk.approve(plan)
    assert firm.sync_later().exit_code == 0
    assert recman.deleted == ["1"]


def test_held_case_of_a_plan_that_was_dropped_is_dropped(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 0.0\n"
    firm.desk.approve(firm.sync().planned.plan or 0, drop=True)
    assert (firm.case().state, recman.deleted) == ("dropped", [])


def test_address_of_two_is_never_handed_over_to_find_by(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"fetch": "they list nobody."})
    crm.add(9, "home@example.org", "Ola Nordmann")
    firm.sync()
    firm.answer("match", "different")
    firm.sync_later()
    assert (crm.deleted, crm.journal, firm.outcome("crm")) == ([], [], Outcome.UNLINKABLE)
    assert firm.answer("unlinkable", "not-there") == "the step is closed on your word"
    assert firm.sync_later().exit_code == 0
    assert list(crm.records) == ["9"]


def test_own_address_beside_a_shared_one_is_enough_to_find_by(firm: Firm, recman: ScriptedVendor) -> None:
    recman.add(1, "home@example.org", "Kari Nordmann", over=OVER, phone="+4791234567")
    crm = firm.vendor("crm", cannot={"fetch": "they list nobody."})
    hr = firm.vendor("hr")
    hr.add(5, "kari@example.org", "Kari Nordmann", phone="+4791234567")
    crm.add(9, "home@example.org", "Ola Nordmann")
    crm.add(8, "kari@example.org", "Kari Nordmann")
    firm.sync()
    firm.answer("match", "different")
    firm.sync_later()
    assert (crm.deleted, [each.about for each in crm.calls("delete")]) == (["8"], [("kari@example.org",)])


def test_question_answered_twice_or_wrongly_is_said(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    with pytest.raises(SettingsError, match="question 1: the answer is one of same, different"):
        firm.desk.answer(1, "perhaps")
    with pytest.raises(SettingsError, match="question 9: there is none of that number"):
        firm.desk.answer(9, "same")
    firm.desk.answer(1, "different")
    with pytest.raises(SettingsError, match="was answered already \\(different\\)"):
        firm.desk.answer(1, "same")
