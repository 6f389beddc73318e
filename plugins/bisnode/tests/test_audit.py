"""What is shown as held, in how few calls, and when nothing may be concluded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway import Ref, Subject, UnavailableError

Make = Callable[..., Any]
KARI, OLA = Ref("consumer", "1001"), Ref("consumer", "1002")
SHOP, TAG = Ref("company", "NO:999000001"), Ref("reference", "NO:999000001#1001")
CASE, EVENTS = Ref("decision", "case-1"), Ref("audit-event", "1001")


def test_audit_reads_each_list_once_for_a_batch(people: Make, firm_at: Make) -> None:
    firm = firm_at(people())
    subjects = [
        Subject("S1", records=(KARI,), kept=(SHOP, TAG)),
        Subject("S2", records=(OLA, Ref("consumer", "1009"))),
    ]
    held = firm.audit_all(*subjects)
    assert [(each.subject, each.ref) for each in held] == [
        ("S1", KARI), ("S1", EVENTS), ("S1", SHOP), ("S1", TAG), ("S2", OLA), ("S2", Ref("audit-event", "1002")),
    ]  # fmt: skip
    assert all(each.since for each in held)
    assert firm.calls() == [
        "GET portfolio", "GET portfolio/companies", "GET portfolio/companies", "GET portfolio",
        "GET portfolio/categories", "GET consumers", "GET audit-events",
    ]  # fmt: skip


def test_audit_catches_a_vendor_that_lies(people: Make, firm_at: Make) -> None:
    vendor = people(lying_ids={"1001", "NO:999000001"})
    firm = firm_at(vendor)
    assert set(firm.delete(KARI, SHOP, TAG).deleted) == {KARI, SHOP, TAG}
    assert firm.audit(KARI, SHOP, TAG) == [KARI, SHOP, EVENTS]
    vendor.lying_ids.clear()
    firm.delete(KARI, SHOP, TAG)
    assert firm.audit(KARI, SHOP, TAG) == [EVENTS]


def test_audit_shows_a_company_that_is_left_in_a_sub_list(people: Make, firm_at: Make) -> None:
    vendor = people(sub_lists_outlive_removal=True)
    vendor.add_category("Close", ("NO", "999000001"))
    vendor.remove_company(("NO", "999000001"))
    firm = firm_at(vendor)
    assert firm.audit(SHOP, TAG) == [SHOP, TAG]
    assert firm.delete(SHOP, TAG).deleted == (TAG, SHOP)
    assert firm.audit(SHOP, TAG) == []


def test_audit_raises_when_the_portfolio_moves(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = people()
    cut = vendor._cut

    def moving(*given: Any) -> Any:
        vendor.changes += 1
        return cut(*given)

    monkeypatch.setattr(vendor, "_cut", moving)
    with pytest.raises(UnavailableError, match="the portfolio changed while it was read"):
        firm_at(vendor).audit(SHOP)
    monkeypatch.undo()
    assert firm_at(vendor).audit(SHOP) == [SHOP]


@pytest.mark.parametrize("blocked", [(), ("case-1",)])
def test_audit_counts_a_decision_that_may_not_be_given_out_as_held(
    people: Make, firm_at: Make, blocked: tuple[str, ...]
) -> None:
    firm = firm_at(people(blocked=blocked))
    assert firm.audit(CASE) == [CASE]
    status = firm.vendor.wire.journal[-1].status
    assert status == (451 if blocked else 200)


def test_audit_counts_what_cannot_be_asked_for_as_held(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.add_decision("order-7", record="recman:1001", product="report")
    assert firm_at(vendor, scope="bci").audit(CASE) == [CASE]
    assert firm_at(vendor).audit(Ref("decision", "order-7")) == [Ref("decision", "order-7")]
    assert vendor.wire.journal == []


def test_decision_that_is_not_shown_is_absent_only_if_another_one_is(people: Make, firm_at: Make) -> None:
    vendor = people()
    del vendor.decisions["case-1"]
    firm = firm_at(vendor)
    assert firm.audit(CASE) == [CASE]  # not one decision is shown to this client, so it may see none
    vendor.add_decision("case-2", record="recman:1002", ordered_at="2027-01-01")
    assert firm_at(vendor).audit(CASE) == []
    assert firm.audit(CASE, Ref("decision", "case-2")) == [Ref("decision", "case-2")]
