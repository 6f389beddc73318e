"""Rules through the whole gateway: a data set goes without the others, a kept one has its own clock, and a change shows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gateway import Kind, Outcome
from gateway.ledger import tables as t
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

pytestmark = pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
)
HEAD = """
[gateway]
master_key = { file = "master" }
signing_key = { file = "signing" }
"""
POLICY = """
[policy]
title = "A firm"

[events.process-closed]
title = "The process is closed"

[data_sets.application]
title = "Application"
held_at = ["recman:person"]

[data_sets.report]
title = "Process report"
held_at = ["recman:note"]

[purposes.recruitment]
title = "Recruitment"
bases = ["consent"]
data_sets = ["application", "report"]

[rules.P1]
purposes = ["recruitment"]
start = "process-closed"
period = "3 years"

[keeps.K1]
data_sets = ["report"]
ground = "claims"
text = "Kept for claims."
start = "process-closed"
period = "4 years"
readers = ["the managing director"]
"""


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    """A vendor with two kinds of record, and a firm with a policy."""
    firm.head = HEAD
    (firm.folder / "policy.toml").write_text(POLICY)
    vendor = firm.vendor("recman", kinds=(Kind("person", "People"), Kind("note", "Notes")))
    vendor.add(1, "kari@example.org", "Kari Nordmann")
    vendor.add(2, "kari@example.org", "Kari Nordmann", kind="note")
    return vendor


def closed(firm: Firm, day: date = date(2023, 11, 20)) -> None:
    firm.happened("S1", "process-closed", day)


def test_a_data_set_in_records_of_its_own_goes_without_the_others(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    closed(firm)
    report = firm.sync_later()
    assert report.planned.triggers == {"retention-over": 1}
    assert (recman.deleted, list(recman.records)) == (["1"], ["2"])
    step = firm.step("recman")
    assert (step.outcome, step.kept[0].until) == (Outcome.KEPT, date(2027, 11, 20))
    assert step.kept[0].text == "Process report: Kept for claims."
    (task,) = firm.asked()
    assert task.text == (
        "recman: Process report of S1 stays until 2027-11-20 (K1). Take it out of search and matching there: only the "
        "managing director may read it. Then answer."
    )
    assert "it is noted" in firm.answer("restrict", "done")
    assert firm.sync_later(days=1).exit_code == 0
    firm.now = datetime(2027, 11, 21, 12, tzinfo=UTC)
    firm.sync()
    assert (list(recman.records), firm.outcome("recman", 2)) == ([], Outcome.VERIFIED)


def test_a_withdrawal_erases_all_but_the_kept_set(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    closed(firm, date(2026, 11, 1))
    firm.desk.withdraw("S1", [], None, None)
    assert firm.sync_later().planned.triggers == {"consent-withdrawn": 1}
    assert list(recman.records) == ["2"]


def test_a_request_tells_what_stays_and_leaves_it(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    closed(firm, date(2026, 11, 1))
    firm.desk.erase("S1")
    firm.sync_later()
    assert list(recman.records) == ["2"]
    assert [each.ref.id for each in firm.step("recman").kept] == ["report"]


def test_sets_in_one_record_are_parted_by_a_person_once(firm: Firm, recman: ScriptedVendor) -> None:
    text = POLICY.replace("recman:note", "recman:person")
    (firm.folder / "policy.toml").write_text(text)
    firm.sync()
    closed(firm)
    firm.sync_later()
    assert (recman.deleted, sorted(firm.kinds)) == ([], ["restrict", "task"])
    firm.answer("restrict", "done")
    assert "only Application; what else is held there stays" in firm.asked()[0].text
    firm.answer("task", "done")
    for _ in range(2):
        assert firm.sync_later(days=1).planned.people == 0
    assert (recman.deleted, firm.kinds) == ([], [])
    firm.now = datetime(2027, 11, 21, 12, tzinfo=UTC)
    firm.sync()
    assert sorted(recman.deleted) == ["1", "2"]


def test_what_changed_since_a_person_parted_it_is_looked_at_again(firm: Firm, recman: ScriptedVendor) -> None:
    (firm.folder / "policy.toml").write_text(POLICY.replace("recman:note", "recman:person"))
    firm.sync()
    closed(firm)
    firm.sync_later()
    firm.answer("task", "done")
    firm.later(days=2)
    recman.add(1, "kari@example.org", "Kari Nordmann", updated=firm.now)
    assert firm.sync_later().planned.people == 1


def test_a_consent_given_while_the_plan_waits_takes_them_out_of_it(
    firm: Firm, recman: ScriptedVendor
) -> None:
    firm.head = HEAD + "[brake]\npeople = 0\npercent = 0\n"
    firm.sync()
    closed(firm)
    assert firm.sync_later().planned.waiting
    firm.consents("S1", "recruitment", given=date(2026, 11, 23), expires=date(2030, 1, 1))
    firm.sync_later()
    assert (firm.case().state, firm.step("recman").reason) == ("closed", "not due any more")
    assert recman.deleted == []


def test_a_hold_made_after_the_plan_is_kept_to(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head = HEAD + "[brake]\npeople = 0\npercent = 0\n"
    firm.sync()
    closed(firm)
    firm.sync_later()
    firm.desk.approve(2 if firm.rows(t.plans, t.plans.c.id == 2) else 1)
    firm.restraint.hold("S1", "a claim", date(2027, 1, 31))
    firm.sync_later()
    assert (recman.deleted, firm.outcome("recman")) == ([], Outcome.KEPT)
    firm.now = datetime(2027, 2, 1, 12, tzinfo=UTC)
    firm.sync()
    assert firm.rows(t.plans)[-1].state == "waiting"


def test_a_frozen_person_is_not_touched_until_they_were_told(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    firm.restraint.freeze("S1", "accuracy is disputed", None)
    (task,) = firm.asked()
    assert task.text.startswith(
        "Freeze 1: take what recman holds on S1 out of search, matching and campaigns."
    )
    firm.desk.withdraw("S1", [], None, None)
    firm.sync_later()
    firm.desk.erase("S1")
    firm.sync_later(days=400)
    assert (recman.deleted, firm.outcome("recman")) == ([], Outcome.KEPT)
    firm.restraint.release("S1", "it was right", firm.now.date())
    assert firm.kinds == []
    firm.sync_later()
    assert sorted(recman.deleted) == ["1", "2"]


def test_a_case_is_due_one_calendar_month_after_it_was_asked_for(firm: Firm, recman: ScriptedVendor) -> None:
    firm.now = datetime(2027, 2, 10, 12, tzinfo=UTC)
    firm.sync()
    firm.desk.erase("S1", date(2027, 1, 31))
    case = firm.case()
    assert (case.rule, case.due_at.isoformat()) == ("G11", "2027-02-28T22:59:59.999999+00:00")
    assert case.rolled_at.isoformat() == "2027-03-01T22:59:59.999999+00:00"


def test_steps_remember_what_they_rest_on(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    closed(firm)
    firm.sync_later()
    (row,) = firm.rows(t.steps)
    (owed,) = row.owed
    assert (owed["rule"], owed["event"], owed["data_set"], owed["policy"]) == (
        "P1",
        "process-closed",
        "application",
        1,
    )


def test_what_happened_begins_a_task_where_nobody_can_look(firm: Firm, recman: ScriptedVendor) -> None:
    """A system without a plugin: the rule opens a task with a date once the event is written down, and opens it once."""
    text = POLICY.replace('held_at = ["recman:note"]', 'held_at = ["tools"]').replace(
        "[keeps.K1]", "[keeps.K2]"
    )
    text = text.replace('period = "4 years"', 'period = "1 days"')
    text = text.replace("[purposes.recruitment]", '[data_sets.film]\ntitle = "Film"\nheld_at = ["tools"]\n[purposes.course]\n'
                        'title = "Course"\nbases = ["consent"]\ndata_sets = ["film"]\n[events.programme-ended]\n'
                        'title = "Over"\n[rules.P8]\npurposes = ["course"]\nstart = "programme-ended"\n'
                        'period = "12 months"\n[purposes.recruitment]')  # fmt: skip
    (firm.folder / "policy.toml").write_text(text)
    firm.place("tools", role="joint")
    firm.sync()
    firm.happened("S1", "programme-ended", date(2025, 11, 20))
    assert firm.sync_later().planned.triggers == {"retention-over": 1}
    (task,) = firm.asked()
    assert "tools holds on S1 by hand" in task.text
    assert "only Film" in task.text
    firm.answer("task", "done")
    for _ in range(2):
        assert firm.sync_later(days=1).planned.people == 0
    assert recman.deleted == []


def test_who_decides_for_themselves_is_told_once(firm: Firm, recman: ScriptedVendor) -> None:
    text = POLICY.replace('held_at = ["recman:person"]', 'held_at = ["recman:person", "clients"]')
    (firm.folder / "policy.toml").write_text(text.replace("[keeps.K1]", "[keeps.K2]"))
    firm.place("clients", role="controller")
    firm.sync()
    closed(firm)
    firm.sync_later()
    assert (recman.deleted, firm.outcome("clients")) == (["1"], Outcome.REFUSED)
    for _ in range(2):
        assert firm.sync_later(days=1).planned.people == 0


def test_a_new_record_of_what_was_not_erased_is_no_return(firm: Firm, recman: ScriptedVendor) -> None:
    """The address of what went still belongs to the report that stays: another report is no sign of a return."""
    firm.sync()
    closed(firm)
    firm.sync_later()
    firm.answer("restrict", "done")
    recman.add(3, "kari@example.org", "Kari Nordmann", kind="note")
    assert firm.sync_later(days=1).planned.triggers == {}
    assert (sorted(recman.records), firm.kinds) == (["2", "3"], [])
