"""The parts of the simulated vendor that the plugin does not call: checks, letters, sub-lists, uploads, events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from gateway_bisnode.simulator_credit import DEMO_NUMBER, REPORT_PARTS

Make = Callable[..., Any]
EVERYTHING = "bci credit_data_monitoring rgs-decision credit_data_persons credit-scoring affordability"
KARI = "01817012345"
PERSONS, DECIDE = "credit-data-persons/v1/persons/no", "decision/v3/person/no"
LISTS = "credit-monitoring-companies/v1/portfolio/categories"
RULES = "1-9ee3-3aee-9a77"
ANY = range(200, 500)


@pytest.fixture
def ask(firm_at: Make) -> Callable[..., Any]:
    """`ask(vendor, method, path, json)`: one signed call, whatever it is answered."""

    def asked(vendor: Any, method: str, path: str, json: Any = None, scope: str = EVERYTHING) -> Any:
        from gateway_bisnode.client import call

        return call(firm_at(vendor, scope=scope).account, method, path, json=json, accept=ANY)

    return asked


@pytest.fixture
def register(make: Make) -> Callable[..., Any]:
    """`register(**switches)`: a bureau that knows Kari, and Ola, who has blocked checks."""

    def vendor(**switches: Any) -> Any:
        held = make(**{"scopes": EVERYTHING, **switches})
        held.add_person(KARI, full_name="Kari Nordmann", born="1970-01-01")
        held.add_person("02817012345", full_name="Ola Nordmann", born="1970-01-02", blocked=True)
        return held

    return vendor


# Search and report


@pytest.mark.parametrize("search_paging", [True, False])
def test_search_answers_persons(register: Make, ask: Make, search_paging: bool) -> None:
    vendor = register(search_paging=search_paging)
    body = {"dateOfBirth": "1970-01-01", "fullName": "kari nordmann"}
    told = ask(vendor, "POST", PERSONS, body).json()
    assert ("_paging" in told) is search_paging
    (person,) = told["persons"]
    assert set(person) == {"personId", "fullName", "dateOfBirth", "address"}
    assert vendor.letters == []
    assert ask(vendor, "POST", PERSONS, {"fullName": "Kari"}).status == 400


@pytest.mark.parametrize("search_miss", [200, 404])
def test_search_that_finds_nobody(register: Make, ask: Make, search_miss: int) -> None:
    body = {"dateOfBirth": "1999-01-01", "fullName": "Nobody"}
    answer = ask(register(search_miss=search_miss), "POST", PERSONS, body)
    assert answer.status == search_miss
    assert search_miss == 404 or answer.json()["persons"] == []


@pytest.mark.parametrize("report_parts", [REPORT_PARTS, ("paymentRemarks",), ()])
def test_report_has_the_parts_it_has(register: Make, ask: Make, report_parts: tuple[str, ...]) -> None:
    vendor = register(report_parts=report_parts)
    told = ask(vendor, "POST", f"{PERSONS}/credit-data", {"nationalIdentificationNumber": KARI}).json()
    assert set(told) - {"orderId"} == {"personInformation", *report_parts}


@pytest.mark.parametrize("report_order_id", [True, False])
def test_report_may_carry_a_number(register: Make, ask: Make, report_order_id: bool) -> None:
    vendor = register(report_order_id=report_order_id)
    told = ask(vendor, "POST", f"{PERSONS}/credit-data", {"nationalIdentificationNumber": KARI}).json()
    assert ("orderId" in told) is report_order_id


@pytest.mark.parametrize("letter_days", [0, 3])
def test_each_check_sends_the_person_a_letter(
    register: Make, ask: Make, clock: Any, letter_days: int
) -> None:
    vendor = register(letter_days=letter_days)
    whom = {"nationalIdentificationNumber": KARI, "onBehalfOf": "A client", "reference": "R1"}
    ask(vendor, "POST", f"{PERSONS}/credit-data", whom)
    by_id = {"personId": next(iter(vendor.persons.values()))["personId"]}
    ask(vendor, "POST", f"{PERSONS}/credit-data", by_id)
    ask(vendor, "POST", DECIDE, {"nationalIdentificationNumber": KARI, "rulesetKey": RULES})
    ask(vendor, "POST", "scoring/v1/score/person/no", {"scoreCardKey": "NO_Generic_B2C", **whom})
    ask(vendor, "POST", "affordability/v1/person/no", {"calculationModelId": "m", **whom})
    assert [each["about"] for each in vendor.letters] == [
        "CREDIT_REPORT", "CREDIT_REPORT", "DECISION", "SCORE", "AFFORDABILITY",
    ]  # fmt: skip
    day = (clock.moment + timedelta(days=letter_days)).date().isoformat()
    assert {(each["state"], each["date"]) for each in vendor.letters} == {("sent", day)}
    assert vendor.letters[0]["onBehalfOf"] == "A client"


@pytest.mark.parametrize("block_status", [451, 403])
def test_check_on_somebody_who_blocked_it_gives_nothing(register: Make, ask: Make, block_status: int) -> None:
    vendor = register(block_status=block_status)
    whom = {"nationalIdentificationNumber": "02817012345", "rulesetKey": RULES}
    for path in (f"{PERSONS}/credit-data", DECIDE):
        answer = ask(vendor, "POST", path, whom)
        assert (answer.status, answer.json()["status"]) == (block_status, block_status)
    assert (vendor.letters, vendor.decisions) == ([], {})


@pytest.mark.parametrize("unknown_person", [404, 400])
def test_check_on_an_unknown_number(register: Make, ask: Make, unknown_person: int) -> None:
    vendor = register(unknown_person=unknown_person)
    path = f"{PERSONS}/credit-data"
    assert ask(vendor, "POST", path, {"nationalIdentificationNumber": "03817012345"}).status == unknown_person
    malformed = ask(vendor, "POST", path, {"nationalIdentificationNumber": "12"})
    assert malformed.status == 400
    assert malformed.json()["subErrors"][0]["field"] == "nationalIdentificationNumber"
    assert vendor.letters == []


@pytest.mark.parametrize("synthetic_only", [True, False])
def test_only_numbers_nobody_can_have_are_taken(register: Make, ask: Make, synthetic_only: bool) -> None:
    vendor = register(synthetic_only=synthetic_only)
    answer = ask(vendor, "POST", f"{PERSONS}/credit-data", {"nationalIdentificationNumber": "01017000000"})
    assert answer.status == (400 if synthetic_only else 404)


@pytest.mark.parametrize(("sandbox", "status"), [(True, 200), (False, 400)])
def test_sandbox_knows_the_demo_person(register: Make, ask: Make, sandbox: bool, status: int) -> None:
    vendor = register(sandbox=sandbox)
    found = ask(vendor, "POST", PERSONS, {"dateOfBirth": "1901-01-01", "fullName": "DEMO PERSON"}).json()
    assert len(found["persons"]) == sandbox
    path = f"{PERSONS}/credit-data"
    assert ask(vendor, "POST", path, {"nationalIdentificationNumber": DEMO_NUMBER}).status == status


# Decisions, scores, debts


def test_decision_can_be_read_again_by_its_number(register: Make, ask: Make) -> None:
    vendor = register()
    whom = {"nationalIdentificationNumber": KARI, "reference": "R1"}
    assert ask(vendor, "POST", DECIDE, {**whom, "rulesetKey": "short"}).status == 400
    case = ask(vendor, "POST", DECIDE, {**whom, "rulesetKey": RULES}).json()["correlationId"]
    told = ask(vendor, "GET", f"decision/v3/person/{case}").json()
    assert (told["correlationId"], told["reference"]) == (case, "R1")
    assert ask(vendor, "GET", f"decision/v3/person/{case}/background").status == 200
    assert ask(vendor, "GET", f"decision/v3/person/{case}/appendix/pdf").content.startswith(b"%PDF")
    assert ask(vendor, "POST", "decision/v3/person/se/verify", {"name": "Kari Nordmann"}).json()["verified"]
    assert ask(vendor, "GET", "decision/v3/person/none").status == 404


def test_scorecards_are_listed_and_debts_are_closed_to_this_client(register: Make, ask: Make) -> None:
    vendor = register()
    assert ask(vendor, "GET", "scoring/v1/scorecards/person/no").json()
    assert ask(vendor, "POST", "credit-register/v1/no/person", {}).status == 403
    assert vendor.letters == []


# Sub-lists and events


def test_company_outside_the_portfolio_is_a_partial_success(people: Make, ask: Make) -> None:
    vendor = people()
    made = ask(vendor, "PUT", LISTS, {"categoryName": "Close"}).json()["id"]
    known = {"country": "NO", "registrationNumber": "999000001"}
    unknown = {"country": "NO", "registrationNumber": "999000009"}
    path = f"{LISTS}/{made}/companies"
    answer = ask(vendor, "PUT", path, {"companyIds": [known, unknown]})
    assert (answer.status, answer.json()["companiesUnableToAdd"]) == (207, [unknown])
    assert ask(vendor, "PUT", path, {"companyIds": [known]}).status == 200
    assert ask(vendor, "GET", path).json()["totalCompanies"] == 1
    assert ask(vendor, "POST", path, known).json()["references"] == ["1001"]
    assert ask(vendor, "POST", path, unknown).status == 404
    (removed,) = ask(vendor, "DELETE", path, {"companyIds": [known]}).json()
    assert set(removed) == {"referrerId", "country", "registrationNumber", "addedDate", "removedDate"}


@pytest.mark.parametrize(("sandbox", "status"), [(True, 403), (False, 200)])
def test_sandbox_has_ten_sub_lists(people: Make, ask: Make, sandbox: bool, status: int) -> None:
    vendor = people(sandbox=sandbox)
    for number in range(10):
        vendor.add_category(f"List {number}")
    assert ask(vendor, "PUT", LISTS, {"categoryName": "List 0"}).status == 400
    assert ask(vendor, "PUT", LISTS, {"categoryName": "List 10"}).status == status
    assert (
        ask(vendor, "PUT", f"{LISTS}/{next(iter(vendor.categories))}", {"categoryName": "Near"}).status == 200
    )
    assert ask(vendor, "DELETE", f"{LISTS}/{next(iter(vendor.categories))}").status == 204
    assert ask(vendor, "DELETE", f"{LISTS}/none").status == 404


def test_companies_are_added_and_looked_up_and_their_tags_come_and_go(people: Make, ask: Make) -> None:
    vendor, at = people(), "credit-monitoring-companies/v1"
    key = {"country": "NO", "registrationNumber": "999000005"}
    assert ask(vendor, "POST", f"{at}/portfolio/company", key).status == 404
    added = ask(vendor, "PUT", f"{at}/portfolio/companies", {"companyIds": [key]}).json()
    assert (len(added["companies"]), added["companiesUnableToAdd"]) == (1, [])
    assert ask(vendor, "POST", f"{at}/portfolio/company", key).status == 200
    tagged = {"references": [{"company": key, "references": ["1005"]}]}
    assert ask(vendor, "POST", f"{at}/references", tagged).status == 200
    assert vendor.tags["NO", "999000005"] == ["1005"]
    assert ask(vendor, "DELETE", f"{at}/references/all", [key]).status == 204
    assert "NO" not in {key[0] for key in vendor.tags if key[1] == "999000005"}
    assert ask(vendor, "POST", f"{at}/portfolio/company", {"country": "NO"}).status == 400


def test_events_of_companies_are_cut_by_date_kind_and_page(people: Make, ask: Make, clock: Any) -> None:
    vendor, at = people(), "credit-monitoring-companies/v1/portfolio"
    key = ("NO", "999000001")
    for days in (400, 30, 20, 10):
        vendor.add_company_event(key, at=(clock.moment - timedelta(days=days)).isoformat())
    vendor.add_company_event(key, code="NAME_CHANGED", category="BASIC_INFORMATION")
    vendor.add_company_event(("NO", "999000009"))
    asked = {"startDate": "2024-01-01T00:00:00", "endDate": "2026-03-02T09:30:00"}
    page = ask(vendor, "POST", f"{at}/events", {**asked, "page": {"number": 1, "size": 3}}).json()["page"]
    assert (page["totalEvents"], page["totalPages"], len(page["content"])) == (4, 2, 1)
    only = {"eventFilters": [{"eventCategory": "RISK", "eventCodes": ["RATING_CHANGED"]}]}
    assert ask(vendor, "POST", f"{at}/events", {**asked, **only}).json()["page"]["totalEvents"] == 3
    close = vendor.add_category("Close", ("NO", "999000002"))
    path = f"{at}/categories/{close}/events"
    assert ask(vendor, "POST", path, asked).json()["page"]["totalEvents"] == 0
    assert ask(vendor, "POST", f"{at}/events", {"startDate": "in May"}).status == 400
    assert ask(vendor, "GET", f"{at}/events/category/NO").json()


# Consumers


def test_upload_takes_a_hundred_at_a_time_and_identifies_them_later(
    make: Make, ask: Make, clock: Any
) -> None:
    vendor, at = make(identification_seconds=60), "consumer-intelligence/v3"
    rows = [{"consumerId": f"{n}", "market": "NO", "data": {"legalId": f"{n:04}8712345"}} for n in range(101)]
    assert ask(vendor, "POST", f"{at}/consumers", rows).status == 400
    answer = ask(vendor, "POST", f"{at}/consumers", rows[:100])
    assert (answer.status, answer.content) == (202, b"")
    assert ask(vendor, "POST", f"{at}/consumers", [{"consumerId": "x", "market": "XX"}]).status == 400
    assert vendor.subscriptions() == []
    clock.moment += timedelta(minutes=1)
    assert len(ask(vendor, "GET", f"{at}/subscriptions").json()["subscriptions"]) == 100
    kinds = [each["type"] for each in ask(vendor, "GET", f"{at}/audit-events").json()["auditEvents"]]
    assert kinds == ["CONSUMER_UPLOADED"] * 100


def test_subscription_lives_until_the_last_consumer_of_the_person_is_removed(make: Make, ask: Make) -> None:
    vendor, at = make(), "consumer-intelligence/v3"
    for name in ("a", "b"):
        vendor.add_consumer(name, legal_id=KARI)
    assert ask(vendor, "DELETE", f"{at}/consumers/a").status == 204
    (left,) = ask(vendor, "GET", f"{at}/subscriptions").json()["subscriptions"]
    assert left["consumerIds"] == ["b"]
    ask(vendor, "DELETE", f"{at}/consumers/b")
    assert ask(vendor, "GET", f"{at}/subscriptions").json()["subscriptions"] == []


def test_audit_events_are_kept_for_a_year(make: Make, ask: Make, clock: Any) -> None:
    vendor = make()
    vendor.add_consumer("a", legal_id=KARI)
    path = "consumer-intelligence/v3/audit-events"
    kinds = [each["type"] for each in ask(vendor, "GET", path).json()["auditEvents"]]
    assert kinds == ["CONSUMER_UPLOADED", "CONSUMER_IDENTIFIED"]
    clock.moment += timedelta(days=366)
    assert ask(vendor, "GET", path).json()["auditEvents"] == []


def test_find_identifies_one_person_or_none(register: Make, ask: Make) -> None:
    vendor, at = register(), "consumer-intelligence/v3/markets"
    assert (
        ask(vendor, "POST", f"{at}/NO/persons/_find", {"legalId": KARI}).json()["fullName"] == "Kari Nordmann"
    )
    assert ask(vendor, "POST", f"{at}/NO/persons/_find", {"legalId": "0"}).status == 404
    assert ask(vendor, "POST", f"{at}/XX/persons/_find", {"legalId": KARI}).status == 404
