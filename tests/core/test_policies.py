"""A change of the rules: recorded with who brought it, remembered by what it made, and held where it erases too many."""

from __future__ import annotations

from datetime import date

import pytest

from gateway import SettingsError, adopting
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.test_rules import HEAD, POLICY
from tests.core.vendor import ScriptedVendor

pytestmark = pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
)
SHORTER = POLICY.replace('period = "3 years"', 'period = "1 year"').replace(
    'period = "4 years"', 'period = "2 years"'
)


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    """Thirty people whose process ended a year and a half ago: due by a shorter rule only."""
    firm.head = HEAD
    (firm.folder / "policy.toml").write_text(POLICY.replace("recman:note", "recman:person"))
    vendor = firm.vendor("recman")
    vendor.add_many(range(30))
    firm.sync()
    for number in range(1, 31):
        firm.happened(f"S{number}", "process-closed", date(2025, 5, 1))
    firm.sync_later()
    return vendor


def change(firm: Firm, text: str) -> None:
    (firm.folder / "policy.toml").write_text(
        text.replace("recman:note", "recman:person").replace("[keeps.K1]", "[keeps.K2]")
    )


def test_the_first_version_is_recorded_in_the_trail(firm: Firm, recman: ScriptedVendor) -> None:
    (row,) = firm.rows(t.policies)
    (line,) = firm.actions("policy")
    assert (row.state, line["data"]) == ("active", {"policy": 1, "version": row.version})
    assert firm.sync_later().adopted.number == 1
    assert len(firm.actions("policy")) == 1


def test_a_change_that_erases_few_acts_and_what_it_makes_remembers_it(
    firm: Firm, recman: ScriptedVendor
) -> None:
    for number in range(2, 31):
        firm.consents(f"S{number}", "recruitment", given=date(2026, 1, 1), expires=date(2030, 1, 1))
    change(firm, SHORTER)
    assert firm.sync_later().adopted.number == 2
    assert [row.state for row in firm.rows(t.policies)] == ["replaced", "active"]
    assert (firm.case().policy_id, firm.rows(t.steps)[0].owed[0]["policy"]) == (2, 2)


def test_a_change_that_erases_many_waits_for_a_second_person(firm: Firm, recman: ScriptedVendor) -> None:
    change(firm, SHORTER)
    report = firm.sync_later()
    assert (report.adopted.waits, report.adopted.erases, report.exit_code) == (2, 30, 3)
    assert firm.sync_later().planned.people == 0
    assert len(firm.rows(t.policies)) == 2
    with pytest.raises(SettingsError, match="was brought in by tester; somebody else has to approve"):
        adopting.answer(firm.register(), 2, "tester")
    assert adopting.answer(firm.register(), 2, "the managing director") == 30
    report = firm.sync_later()
    assert (report.adopted.number, report.planned.people, report.planned.waiting) == (2, 30, True)
    assert recman.deleted == []


def test_a_change_that_was_dropped_never_acts(firm: Firm, recman: ScriptedVendor) -> None:
    change(firm, SHORTER)
    firm.sync_later()
    adopting.answer(firm.register(), 2, "tester", drop=True)
    report = firm.sync_later()
    assert (report.adopted.number, report.adopted.dropped, report.planned.people) == (1, True, 0)
    change(firm, POLICY)
    assert firm.sync_later().adopted.number == 3
    with pytest.raises(SettingsError, match="policy 2: no version of that number waits"):
        adopting.answer(firm.register(), 2, "somebody")


def test_a_change_that_erases_nobody_new_needs_nobody(firm: Firm, recman: ScriptedVendor) -> None:
    change(firm, POLICY.replace('title = "A firm"', 'title = "The firm"'))
    assert firm.sync_later().adopted.number == 2


def test_where_the_rules_before_cannot_be_read_any_more_all_who_are_due_count(
    firm: Firm, recman: ScriptedVendor
) -> None:
    firm.place("paper", role="joint")
    change(firm, POLICY.replace('"recman:note"', '"recman:person", "paper"'))
    assert firm.sync_later().adopted.number == 2
    del firm.tables["paper"]
    change(firm, SHORTER)
    report = firm.sync_later()
    assert (report.adopted.erases, report.unplanned, report.exit_code) == (30, True, 4)
    firm.restraint.hold("S1", "a claim", date(2027, 1, 31))
    adopting.answer(firm.register(), 3, "the managing director")
    report = firm.sync_later()
    assert (report.unplanned, report.planned.people) == (False, 29)
