"""What is handed over to a person: all the firm holds at the vendor, and nothing the bureau alone may give."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway import GarbledError, Ref

Make = Callable[..., Any]
KARI = Ref("consumer", "1001")
SHOP, TAG = Ref("company", "NO:999000001"), Ref("reference", "NO:999000001#1001")
CASE = Ref("decision", "case-1")


def test_export_hands_over_all_that_is_held(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.add_company_event(("NO", "999000001"))
    vendor.add_company_event(("NO", "999000002"))
    items = firm_at(vendor).export(KARI, SHOP, TAG, kept=(CASE,))
    assert [(each.ref.kind, each.name) for each in items] == [
        ("audit-event", "audit-events.json"),
        ("consumer", "consumer.json"),
        ("consumer", "subscription.json"),
        ("company", "company.json"),
        ("reference", "reference.json"),
        ("company", "events.json"),
        ("decision", "order.json"),
        ("decision", "decision.json"),
        ("decision", "background.json"),
        ("decision", "appendix.pdf"),
    ]
    told = {each.name: each.content for each in items}
    assert json.loads(told["consumer.json"])["data"]["legalId"] == "01817012345"
    assert json.loads(told["order.json"])["record"] == "recman:1001"
    assert len(json.loads(told["events.json"])) == 1
    assert b"02817012345" not in b"".join(told.values())
    assert items[-1].media_type == "application/pdf"


def test_export_reads_the_events_of_companies_page_by_page(people: Make, firm_at: Make) -> None:
    vendor = people()
    for _ in range(130):
        vendor.add_company_event(("NO", "999000001"))
    (events,) = (each for each in firm_at(vendor).export(SHOP) if each.name == "events.json")
    assert len(json.loads(events.content)) == 130


def test_export_says_so_where_a_decision_may_not_be_given_out(people: Make, firm_at: Make) -> None:
    order, *parts = firm_at(people(blocked={"case-1"})).export(CASE)
    assert order.name == "order.json"
    assert [json.loads(each.content)["status"] for each in parts] == [451, 451, 451]


@pytest.mark.parametrize("product", ["report", "decision"])
def test_export_tells_of_a_check_the_bureau_does_not_show(people: Make, firm_at: Make, product: str) -> None:
    vendor = people()
    vendor.add_decision("order-7", record="recman:1001", product=product)
    vendor.decisions.pop("order-7", None)
    (item,) = firm_at(vendor).export(Ref("decision", "order-7"))
    assert json.loads(item.content)["correlation_id"] == "order-7"
    assert len(vendor.wire.journal) == (0 if product == "report" else 4)


def test_export_takes_no_half_of_an_appendix(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from werkzeug.wrappers import Response

    vendor = people()
    monkeypatch.setattr(vendor, "_appendix", lambda request, correlation_id: Response(b"%PDF-1.4\n% fic"))
    with pytest.raises(GarbledError, match="no whole PDF"):
        firm_at(vendor).export(CASE)
    monkeypatch.undo()
    assert firm_at(vendor).export(CASE)[-1].name == "appendix.pdf"


def test_export_hands_over_fields_that_are_new(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.consumers["1001"]["fieldOfTomorrow"] = "new"
    told = {each.name: each.content for each in firm_at(vendor).export(KARI)}
    assert json.loads(told["consumer.json"])["fieldOfTomorrow"] == "new"
