"""Why somebody is erased: a consent that is over, a period that is over, a request; and the brake on too many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from gateway import Outcome, SettingsError
from gateway.ledger.consents import ConsentLine
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

OVER = date(2026, 1, 1)
Say = Callable[[Firm], object]


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=date(2027, 5, 31))
    vendor.add(2, "ola@example.org", "Ola Hansen", phone="+4791234567")
    return vendor


def test_consent_lasts_through_its_last_day_in_the_firms_time_zone(
    firm: Firm, recman: ScriptedVendor
) -> None:
    firm.now = datetime(2027, 5, 31, 21, 59, tzinfo=UTC)
    assert firm.sync().planned.people == 0
    report = firm.sync_later(minutes=1)
    assert report.planned.triggers == {"consent-expired": 1}
    assert (recman.deleted, firm.case().why) == (["1"], "consent to recruitment over since 2027-06-01")


@pytest.mark.parametrize(
    "say",
    [
        lambda firm: firm.desk.withdraw("kari@example.org", ["recruitment"], None, None),
        lambda firm: firm.desk.withdraw("recman:1", [], "recman", date(2026, 11, 1)),
        lambda firm: firm.desk.import_consents([ConsentLine(2, "S1", "recruitment", withdrawn=date(2026, 11, 1))]),
        lambda firm: firm.vendors["recman"].add(
            1, "kari@example.org", "Kari Nordmann", over=date(2027, 5, 31), withdrawn=date(2026, 11, 1)
        ),
    ],
    ids=["desk", "desk-at-one", "file", "record"],
)  # fmt: skip
def test_consent_withdrawn_erases(firm: Firm, recman: ScriptedVendor, say: Say) -> None:
    assert firm.sync().exit_code == 0
    say(firm)
    assert firm.sync_later().planned.triggers == {"consent-withdrawn": 1}
    assert (recman.deleted, firm.outcome("recman")) == (["1"], Outcome.VERIFIED)


def test_consent_given_anew_after_it_was_withdrawn_stands(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    firm.desk.withdraw("S1", [], None, date(2026, 11, 1))
    line = ConsentLine(2, "S1", "recruitment", given=date(2026, 11, 5), expires=date(2027, 11, 5))
    assert firm.desk.import_consents([line]) == 1
    assert firm.sync_later().planned.people == 0


def test_file_with_a_mistake_imports_nothing_and_names_every_line(firm: Firm, recman: ScriptedVendor) -> None:
    firm.sync()
    rows = [
        ConsentLine(2, "S1", "recruitment", withdrawn=OVER), ConsentLine(3, "S1", "marketing"),
        ConsentLine(4, "S99", "recruitment"), ConsentLine(5, "S1", "recruitment", "nowhere"),
    ]  # fmt: skip
    with pytest.raises(SettingsError, match=r"line 3: .*marketing") as err:
        firm.desk.import_consents(rows)
    assert [each[:7] for each in err.value.mistakes] == ["line 3:", "line 4:", "line 5:", "nothing"]
    assert firm.sync_later().planned.people == 0


def test_retention_over_erases_and_activity_begins_it_anew(firm: Firm) -> None:
    firm.head += 'retention = "24 months"\n'
    recman = firm.vendor("recman")
    recman.add(1, "kari@example.org", "Kari Nordmann", updated=datetime(2024, 11, 24, 8, tzinfo=UTC))
    recman.add(2, "ola@example.org", "Ola Hansen", updated=datetime(2024, 11, 24, 8, tzinfo=UTC))
    assert firm.sync().planned.people == 0
    recman.add(2, "ola@example.org", "Ola Hansen", updated=datetime(2026, 11, 1, 8, tzinfo=UTC))
    assert firm.sync_later(days=1).planned.triggers == {"retention-over": 1}
    assert (recman.deleted, list(recman.records)) == (["1"], ["2"])


def test_withdrawn_at_one_processor_leaves_what_another_may_keep(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm")
    crm.add(7, "kari@example.org", "Kari Nordmann", over=date(2027, 5, 31))
    firm.sync()
    firm.desk.withdraw("S1", [], "crm", None)
    firm.sync_later()
    assert (crm.deleted, recman.deleted) == (["7"], [])
    assert firm.case().state == "closed"


def test_request_erases_everywhere_and_is_not_braked(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 0.0\n"
    crm = firm.vendor("crm")
    crm.add(7, "kari@example.org", "Kari Nordmann")
    crm.add(8, "anne@example.org", "Anne Lie")
    firm.sync()
    assert firm.desk.erase(" KARI@example.org ") == 1
    assert firm.desk.erase("recman:1") == 1
    assert firm.sync_later().exit_code == 0
    assert (recman.deleted, crm.deleted) == (["1"], ["7"])


def test_request_for_somebody_nobody_knows_looks_where_it_can(firm: Firm, recman: ScriptedVendor) -> None:
    crm = firm.vendor("crm", cannot={"fetch": "they list nobody."})
    crm.add(9, "eva@example.org", "Eva Dahl")
    firm.sync()
    firm.desk.erase("eva@example.org")
    assert firm.sync_later().exit_code == 0
    assert (crm.deleted, recman.deleted) == (["9"], [])
    assert [each.about for each in recman.calls("delete")] == [("eva@example.org",)]
    assert (firm.outcome("crm"), firm.outcome("recman")) == (Outcome.VERIFIED, Outcome.NOTHING)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nobody@example.org", "nobody in the ledger"),
        ("S99", "e-mail"),
        ("nowhere:1", "no processor is called"),
        ("recman:99", "nobody"),
    ],
)
def test_person_nobody_knows_is_said(firm: Firm, recman: ScriptedVendor, text: str, told: str) -> None:
    firm.sync()
    with pytest.raises(SettingsError, match=told):
        firm.desk.person(text)


def crowd(firm: Firm, recman: ScriptedVendor, count: int, first: int = 100) -> None:
    recman.page_size = 50
    recman.add_many(range(first, first + count), over=OVER)


def test_brake_lets_twenty_go_and_holds_twenty_one(firm: Firm, recman: ScriptedVendor) -> None:
    crowd(firm, recman, 20)
    report = firm.sync()
    assert (report.planned.waiting, report.exit_code, len(recman.deleted)) == (False, 0, 20)
    crowd(firm, recman, 21, first=200)
    report = firm.sync_later()
    assert (report.planned.waiting, report.planned.people, report.exit_code, len(recman.deleted)) == (
        True,
        21,
        3,
        20,
    )
    assert firm.desk.approve(report.planned.plan or 0) == 21
    assert firm.sync_later().exit_code == 0
    assert len(recman.deleted) == 41


def test_brake_counts_all_reasons_together(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 1\npercent = 0.0\n"
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    recman.add(4, "per@example.org", "Per Berg", withdrawn=OVER)
    report = firm.sync()
    assert (report.planned.waiting, report.planned.triggers) == (
        True,
        {"consent-expired": 1, "consent-withdrawn": 1},
    )
    assert recman.deleted == []
    assert firm.sync_later().planned.people == 0


def test_brake_percent_counts_where_it_is_more(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 1\npercent = 50.0\n"
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    recman.add(4, "per@example.org", "Per Berg", over=OVER)
    report = firm.sync()
    assert (report.planned.allowed, report.planned.waiting, report.exit_code) == (2, False, 0)


def test_plan_dropped_deletes_nothing(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 0.0\n"
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    plan = firm.sync().planned.plan or 0
    assert firm.desk.approve(plan, drop=True) == 1
    with pytest.raises(SettingsError, match=f"plan {plan}: no plan of that number waits"):
        firm.desk.approve(plan)
    report = firm.sync_later()
    assert (recman.deleted, firm.case(1).state, report.planned.waiting) == ([], "dropped", True)
    firm.desk.approve(report.planned.plan or 0)
    firm.sync_later()
    assert recman.deleted == ["3"]


def test_request_for_somebody_in_a_plan_that_waits_goes_on_alone(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 1\npercent = 0.0\n"
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    recman.add(4, "per@example.org", "Per Berg", over=OVER)
    report = firm.sync()
    assert report.planned.waiting
    assert firm.desk.erase("recman:4") == firm.case_of("recman", "4")
    firm.sync_later()
    assert recman.deleted == ["4"]
    firm.desk.approve(report.planned.plan or 0, drop=True)
    assert recman.deleted == ["4"]


def test_task_of_a_plan_that_waits_is_nobodys_task_yet(firm: Firm, recman: ScriptedVendor) -> None:
    firm.head += "[brake]\npeople = 0\npercent = 0.0\n"
    firm.place("paper", role="joint")
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    plan = firm.sync().planned.plan or 0
    assert firm.kinds == []
    firm.desk.approve(plan)
    assert firm.sync_later().exit_code == 3
    assert firm.kinds == ["task"]


def test_case_late_needs_a_person(firm: Firm, recman: ScriptedVendor) -> None:
    firm.place("paper", role="joint")
    recman.add(3, "eva@example.org", "Eva Dahl", over=OVER)
    assert firm.sync().exit_code == 3
    firm.now = datetime(2026, 12, 23, 22, 59, tzinfo=UTC)  # the last minute of a month, in Oslo
    assert firm.sync().exit_code == 3
    report = firm.sync_later(minutes=2)
    assert (report.exit_code, report.late) == (4, 1)
    firm.answer("task", "done")
    assert firm.sync_later().exit_code == 0
