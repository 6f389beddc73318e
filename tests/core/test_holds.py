"""Holds and freezes from the operator's mouth to the trail: what is refused, what is written, what it stops."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway import Outcome, SettingsError
from gateway.ledger import holds
from gateway.ledger import tables as t
from gateway.restraint import Restraint
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

UNTIL = date(2026, 12, 31)
WHY = "a claim is raised"


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    """S1, whose consent is over on 30 November, and S2, whom nothing is due for."""
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=date(2026, 11, 30))
    vendor.add(2, "ola@example.org", "Ola Hansen")
    firm.sync()
    return vendor


def restraint(firm: Firm) -> Restraint:
    return Restraint(firm.register(), "tester")


def refused(call: Any, *words: Any, **more: Any) -> str:
    with pytest.raises(SettingsError) as err:
        call(*words, **more)
    return str(err.value)


def test_hold_is_written_down_with_who_and_why_and_told_without_the_reason(
    firm: Firm, recman: ScriptedVendor
) -> None:
    made = restraint(firm).hold("kari@example.org", " a claim\n is raised ", UNTIL, "records")
    (row,) = firm.rows(t.holds)
    assert (row.subject_id, row.kind, row.data_set, row.reason, row.made_by) == (
        1, "claims", "records", WHY, "tester",
    )  # fmt: skip
    assert (made.number, made.case, row.until) == (row.id, None, datetime(2026, 12, 31, 23, tzinfo=UTC))
    (line,) = firm.actions("held-back")
    assert (line["actor"], line["subject"], line.get("why")) == ("tester", "S1", None)
    assert line["data"] == {"hold": 1, "kind": "claims", "until": "2026-12-31", "data_set": "records"}


def test_order_and_freeze_may_be_without_a_day(firm: Firm, recman: ScriptedVendor) -> None:
    restraint(firm).hold("S1", "an authority asked", None, order=True)
    restraint(firm).freeze("S1", "they say it is wrong", None)
    assert [(row.kind, row.until) for row in firm.rows(t.holds)] == [("order", None), ("freeze", None)]
    assert [each["data"] for each in firm.actions("frozen")] == [{"hold": 2, "kind": "freeze"}]


def test_hold_may_end_today(firm: Firm, recman: ScriptedVendor) -> None:
    assert restraint(firm).hold("S1", WHY, firm.now.date()).kind == "claims"


def test_hold_that_cannot_be_is_refused_and_nothing_is_written(firm: Firm, recman: ScriptedVendor) -> None:
    desk = restraint(firm)
    assert "a hold for legal claims has to have a last day" in refused(desk.hold, "S1", WHY, None)
    assert "--until 2026-11-22: is past" in refused(desk.hold, "S1", WHY, date(2026, 11, 22))
    assert "--until 2026-11-22: is past" in refused(desk.freeze, "S1", WHY, date(2026, 11, 22))
    told = refused(desk.hold, "S1", WHY, UNTIL, "record")
    assert told == '--data-set record: unknown data set; did you mean "records"?'
    assert "--reason: is empty" in refused(desk.hold, "S1", " \n", UNTIL)
    assert "nobody in the ledger" in refused(desk.freeze, "eva@example.org", WHY, None)
    assert (firm.rows(t.holds), firm.actions("held-back")) == ([], [])
    assert desk.hold("S1", WHY, UNTIL).number == 1


def test_hold_names_the_case_that_is_under_way(firm: Firm, recman: ScriptedVendor) -> None:
    firm.desk.erase("S1")
    assert restraint(firm).hold("S1", WHY, UNTIL).case == 1


def test_release_takes_the_number_or_the_person(firm: Firm, recman: ScriptedVendor) -> None:
    desk = restraint(firm)
    first, second, third = (desk.hold("S1", WHY, UNTIL).number for _ in range(3))
    told = refused(desk.release, "kari@example.org", "settled", None)
    assert f"more than one hold is in force ({first}, {second}, {third})" in told
    assert desk.release(str(second), "settled", None).others == (first, third)
    desk.release(str(first), "settled", None)
    done = desk.release("kari@example.org", "settled ", date(2026, 11, 23))
    assert (done.number, done.others) == (third, ())
    assert "nothing is held back of them" in refused(desk.release, "S1", "settled", None)


def test_release_is_told_in_the_trail_without_the_reason(firm: Firm, recman: ScriptedVendor) -> None:
    number = restraint(firm).hold("S1", WHY, UNTIL).number
    restraint(firm).release(str(number), "settled", None)
    (line,) = firm.actions("released")
    assert (line["subject"], line["data"], "why" in line) == ("S1", {"hold": number, "kind": "claims"}, False)
    (row,) = firm.rows(t.holds)
    assert (row.released_by, row.released_why, row.released_at) == ("tester", "settled", firm.now)


def test_release_of_what_is_not_in_force_is_refused(firm: Firm, recman: ScriptedVendor) -> None:
    desk = restraint(firm)
    number = str(desk.hold("S1", WHY, UNTIL).number)
    assert "hold 99: there is none of that number" in refused(desk.release, "99", "settled", None)
    assert "is written with its country" in refused(desk.release, "9" * 30, "settled", None)
    assert "--reason: is empty" in refused(desk.release, number, "", None)
    desk.release(number, "settled", None)
    assert "hold 1: was released on 2026-11-23 already" in refused(desk.release, number, "settled", None)
    other = str(desk.hold("S1", WHY, UNTIL).number)
    firm.now = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert "hold 2: ended by itself with 2026-12-31" in refused(desk.release, other, "settled", None)
    assert "nothing is held back of them" in refused(desk.release, "S1", "settled", None)


def test_freeze_is_lifted_only_after_the_person_was_told(firm: Firm, recman: ScriptedVendor) -> None:
    desk = restraint(firm)
    number = str(desk.freeze("S1", "they say it is wrong", UNTIL).number)
    firm.later(days=2)
    told = refused(desk.release, number, "it was right", None)
    assert "a freeze is lifted after the person was told of it (GDPR Art. 18(3)). Tell S1" in told
    assert "--told 2026-11-25" in told
    assert "is not here yet" in refused(desk.release, number, "it was right", date(2026, 11, 26))
    assert "before hold 1 was made, on 2026-11-23" in refused(
        desk.release, number, "it was right", date(2026, 11, 22)
    )
    assert firm.rows(t.holds)[0].released_at is None
    desk.release(number, "it was right", date(2026, 11, 23))
    assert firm.actions("released")[0]["data"]["told"] == "2026-11-23"


def test_freeze_can_be_released_long_after_its_review_day(firm: Firm, recman: ScriptedVendor) -> None:
    restraint(firm).freeze("S1", "they say it is wrong", UNTIL)
    firm.later(days=400)
    assert restraint(firm).release("S1", "it was right", firm.now.date()).kind == "freeze"


@pytest.mark.parametrize("kind", ["claims", "order", "freeze"])
def test_nobody_is_erased_while_held_and_everybody_due_after(
    firm: Firm, recman: ScriptedVendor, kind: str
) -> None:
    desk = restraint(firm)
    if kind == "freeze":
        desk.freeze("S1", WHY, None)
    else:
        desk.hold("S1", WHY, date(2027, 11, 30), order=kind == "order")
    assert firm.sync_later(days=30).planned.people == 0
    assert recman.deleted == []
    desk.release("S1", "settled", firm.now.date())
    assert firm.sync_later().planned.people == 1
    assert recman.deleted == ["1"]


def test_claim_hold_ends_by_itself_and_what_is_due_is_erased(firm: Firm, recman: ScriptedVendor) -> None:
    restraint(firm).hold("S1", WHY, UNTIL)
    firm.now = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert firm.sync().planned.people == 0
    assert firm.sync_later(minutes=1).planned.people == 1
    assert recman.deleted == ["1"]


def test_end_of_a_hold_is_asked_about_by_the_sync_and_seen_is_an_answer(
    firm: Firm, recman: ScriptedVendor
) -> None:
    restraint(firm).hold("S1", WHY, UNTIL)
    firm.sync_later(days=20)
    assert firm.kinds == []
    firm.sync_later(days=5)
    assert firm.kinds == ["hold"]
    firm.answer("hold", "seen")
    firm.sync_later(days=1)
    assert firm.kinds == []


def test_freeze_stops_a_case_that_was_begun(firm: Firm, recman: ScriptedVendor) -> None:
    firm.desk.erase("S1")
    restraint(firm).freeze("S1", "they say it is wrong", None)
    assert (firm.outcome("recman"), firm.case().state) == (Outcome.KEPT, "closed")
    firm.sync_later()
    assert recman.deleted == []
    restraint(firm).release("S1", "they agree", firm.now.date())
    firm.sync_later()
    assert recman.deleted == ["1"]


POLICY = """
[policy]
title = "Privacy"
[data_sets.application]
title = "Application"
held_at = ["recman"]
[data_sets.report]
title = "Report"
held_at = ["invenias"]
[purposes.recruitment]
title = "Recruitment"
bases = ["consent"]
data_sets = ["application", "report"]
"""


def test_hold_of_one_data_set_leaves_the_others_to_their_day(firm: Firm) -> None:
    firm.head = firm.head.replace("[purposes.recruitment]", "")
    (firm.folder / "policy.toml").write_text(POLICY)
    one, other = (firm.vendor(name) for name in ("recman", "invenias"))
    for each in (one, other):
        each.add(1, "kari@example.org", "Kari Nordmann")
    firm.sync()
    restraint(firm).hold("S1", WHY, UNTIL, "report")
    firm.desk.erase("S1")
    firm.sync_later()
    assert (one.deleted, other.deleted) == (["1"], [])
    restraint(firm).release("S1", "settled", None)
    firm.sync_later()
    assert other.deleted == ["1"]


def test_what_a_hold_forbids_is_asked_by_pseudonym(firm: Firm, recman: ScriptedVendor) -> None:
    restraint(firm).freeze("S1", WHY, None)
    with firm.ledger.read() as tx:
        assert holds.forbids(tx, 1, firm.now) == {"erasure", "export", "mail"}
        assert holds.forbids(tx, 2, firm.now + timedelta(days=400)) == set()
