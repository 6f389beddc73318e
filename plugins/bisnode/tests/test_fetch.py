"""What is fetched: whole, in order, from any cursor, and claimed to be complete only where that is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import gateway_bisnode
import pytest
from gateway_bisnode import lists
from werkzeug.wrappers import Response

from gateway import GarbledError, Page, Ref

Make = Callable[..., Any]


class Lost:
    """The vendor's app, which does not take one page token any more."""

    def __init__(self, app: Any, query: str) -> None:
        self.app, self.query = app, query

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ.get("QUERY_STRING") == self.query:
            return Response("{}", 400)(environ, start_response)
        return self.app(environ, start_response)


def sweep(firm: Any, kind: str, cursor: str | None = None) -> tuple[list[str], bool | None]:
    pages = firm.fetch(kind, cursor)
    return [each.ref.id for page in pages for each in page.records], pages[-1].complete


@pytest.mark.parametrize("token_on_last_page", [False, True])
@pytest.mark.parametrize("consumers_a_page", [1, 3, 100])
def test_fetch_shows_all_whatever_the_size_of_a_page(
    make: Make, firm_at: Make, consumers_a_page: int, token_on_last_page: bool
) -> None:
    vendor = make(consumers_a_page=consumers_a_page, token_on_last_page=token_on_last_page)
    names = [vendor.add_consumer(f"{number}") for number in range(7)]
    assert sweep(firm_at(vendor), "consumer") == (names, True)


def test_fetch_resumes_on_the_right_page_after_a_removal(people: Make, firm_at: Make) -> None:
    vendor = people(consumers_a_page=2)
    vendor.add_consumer("1003")
    first = firm_at(vendor).fetch("consumer")[0]
    vendor.remove_consumer("1001")
    assert sweep(firm_at(vendor), "consumer", first.cursor) == (["1003"], True)


def test_fetch_starts_anew_where_the_page_token_is_not_known_any_more(people: Make, firm_at: Make) -> None:
    assert sweep(firm_at(people()), "consumer", "+lost") == (["1001", "1002"], True)


def test_fetch_starts_anew_only_once(people: Make, firm_at: Make) -> None:
    vendor = people(consumers_a_page=1)
    firm = firm_at(vendor)
    cursor = firm.fetch("consumer")[0].cursor
    vendor.wire.app = lost = Lost(vendor.wire.app, f"nextPageToken={cursor[1:]}")
    with pytest.raises(GarbledError, match="GET /consumer-intelligence/v3/consumers: 400"):
        firm.fetch("consumer", cursor)
    vendor.wire.app = lost.app
    assert sweep(firm, "consumer", cursor) == (["1002"], True)


@pytest.mark.parametrize("companies_a_page", [1, 2, 100])
def test_fetch_of_companies_reads_until_an_empty_page(
    people: Make, firm_at: Make, companies_a_page: int
) -> None:
    firm = firm_at(people(companies_a_page=companies_a_page))
    assert sweep(firm, "company") == (["NO:999000001", "NO:999000002"], True)
    assert sweep(firm, "reference") == (["NO:999000001#1001", "NO:999000002#1002"], True)


def test_fetch_of_companies_starts_anew_where_the_portfolio_has_changed(people: Make, firm_at: Make) -> None:
    vendor = people(companies_a_page=2)
    vendor.add_company("999000003", tags=["1003"])
    firm = firm_at(vendor)
    first = firm.fetch("company")[0]
    assert sweep(firm, "company", first.cursor) == (["NO:999000003"], True)
    vendor.remove_company(("NO", "999000001"))
    assert sweep(firm, "company", first.cursor) == (["NO:999000002", "NO:999000003"], True)


def test_fetch_shows_a_company_that_is_no_person_only_by_its_tags(people: Make, firm_at: Make) -> None:
    vendor = people()
    vendor.add_company("999000003", legal_form="AS", tags=["1001", "1002"])
    vendor.add_company("999000004", legal_form="AS")
    firm = firm_at(vendor)
    assert sweep(firm, "company") == (["NO:999000001", "NO:999000002"], True)
    tags, complete = sweep(firm, "reference")
    assert (tags[2:], complete) == (["NO:999000003#1001", "NO:999000003#1002"], True)
    assert firm_at(vendor, references_of="").fetch("reference") == [Page((), None, complete=True)]


def test_fetch_of_decisions_reads_the_log_and_calls_nobody(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "ORDERS_A_PAGE", 2)
    vendor = people()
    for number in range(2, 6):  # all in one second, so only the id tells them apart
        vendor.add_decision(f"case-{number}", email="kari@example.org", ordered_at="2027-01-01T10:00:00")
    firm = firm_at(vendor)
    pages = firm.fetch("decision")
    assert [len(each.records) for each in pages] == [2, 2, 1]
    assert [each.complete for each in pages] == [None, None, True]
    assert firm.ids("decision", pages[0].cursor) == ["case-3", "case-4", "case-5"]
    assert vendor.wire.journal == []


def test_fetch_holds_nothing_of_a_product_the_firm_does_not_have(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people(), scope="rgs-decision", orders=None)
    for kind in ("consumer", "company", "reference"):
        assert firm.fetch(kind) == [Page((), None, complete=True)]
    assert firm.fetch("decision") == [Page((), None, complete=False)]  # checks can be ordered, and no log
    assert firm_at(vendor, scope="bci", orders=None).fetch("decision") == [Page((), None, complete=True)]
    assert vendor.wire.journal == []


@pytest.mark.parametrize("identification_seconds", [0, 3600])
def test_fetch_shows_a_consumer_before_it_is_identified(
    people: Make, firm_at: Make, clock: Any, identification_seconds: int
) -> None:
    vendor = people(identification_seconds=identification_seconds)
    firm = firm_at(vendor)
    assert firm.ids("consumer") == ["1001", "1002"]
    states = {row["state"] for row in vendor.consumers.values()}
    assert states == ({"NOT_IDENTIFIED"} if identification_seconds else {"IDENTIFIED"})
    clock.moment += timedelta(hours=1)
    assert firm.ids("consumer") == ["1001", "1002"]
    assert {row["state"] for row in vendor.consumers.values()} == {"IDENTIFIED"}


def test_fetch_orders_no_check_and_sends_no_letter(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    vendor.add_person("01817012345", full_name="Kari Nordmann")
    for kind in gateway_bisnode.describe().kinds:
        firm.fetch(kind.name)
    firm.export(Ref("consumer", "1001"), Ref("decision", "case-1"))
    assert vendor.letters == []
    assert {each.split()[0] for each in firm.calls()} == {"GET"}
