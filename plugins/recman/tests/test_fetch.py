"""Fetch: sweeps, cursors, consents, and the ways Recman says no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import gateway_recman
import pytest
from gateway_recman.simulator import Simulator

from gateway import (
    Account,
    Consent,
    GarbledError,
    Page,
    RefusedError,
    ThrottledError,
    UnavailableError,
    VendorError,
)
from gateway.testing import Fault

Open = Callable[..., Account]


def people(count: int, **switches: Any) -> Simulator:
    vendor = Simulator(**switches)
    for number in range(count):
        vendor.add_candidate(last_name=f"Person {number}", email=f"person{number}@example.org")
    return vendor


def fetch(account: Account, cursor: str | None = None) -> list[Page]:
    return list(gateway_recman.fetch(account, cursor))


def shown(pages: list[Page]) -> list[str]:
    return [record.ref.id for page in pages for record in page.records]


@pytest.mark.parametrize("empty", ["list", "map", "null", "absent"])
@pytest.mark.parametrize("next_page", [True, False])
@pytest.mark.parametrize("num_rows", ["page", "total"])
@pytest.mark.parametrize("count", [0, 3, 10, 25])
def test_sweep_is_whole_under_every_reading(
    open_at: Open, count: int, num_rows: str, next_page: bool, empty: str
) -> None:
    vendor = people(count, page_size=10, num_rows=num_rows, next_page=next_page, empty_data=empty)
    pages = fetch(open_at(vendor))
    assert shown(pages) == vendor.candidate_ids()
    assert [page.complete for page in pages] == [None] * (len(pages) - 1) + [True]
    assert pages[-1].cursor is None


@pytest.mark.parametrize("size", [100, 500, 1000])
def test_page_size_of_the_vendor_does_not_matter(open_at: Open, size: int) -> None:
    vendor = people(1234, page_size=size)
    assert shown(fetch(open_at(vendor))) == vendor.candidate_ids()


def test_only_needed_fields_are_asked_for(open_at: Open) -> None:
    vendor = people(1)
    fetch(open_at(vendor))
    assert vendor.wire.journal[0].params["fields"] == [
        "firstName,lastName,email,mobilePhone,dob,created,updated"
    ]


def test_resumed_sweep_goes_on_after_its_page(open_at: Open) -> None:
    vendor = people(25, page_size=10)
    first, *rest = fetch(open_at(vendor))
    resumed = fetch(open_at(vendor), first.cursor)
    assert shown(resumed) == shown(rest)
    assert resumed[-1].complete is True


@pytest.mark.parametrize("next_page", [True, False])
def test_resumed_sweep_starts_anew_when_rows_have_moved(open_at: Open, next_page: bool) -> None:
    vendor = people(25, page_size=10, next_page=next_page)
    first = fetch(open_at(vendor))[0]
    vendor.remove_candidate(first.records[2].ref.id)
    assert shown(fetch(open_at(vendor), first.cursor)) == vendor.candidate_ids()


def test_resumed_sweep_ends_when_nothing_came_after(open_at: Open) -> None:
    vendor = people(15, page_size=10)
    first = fetch(open_at(vendor))[0]
    for number in vendor.candidate_ids()[10:]:
        vendor.remove_candidate(number)
    resumed = fetch(open_at(vendor), first.cursor)
    assert shown(resumed) == []
    assert [page.complete for page in resumed] == [True]


@pytest.mark.parametrize("named", ["Consent until", "31"])
def test_consent_comes_from_the_attribute(open_at: Open, named: str) -> None:
    vendor = Simulator()
    vendor.add_candidate(attributes={"Consent until": "2026-01-31", "Withdrawn on": "2026-01-01"})
    vendor.add_candidate()
    account = open_at(
        vendor, consent_attribute=named, withdrawn_attribute="Withdrawn on", consent_purpose="staffing"
    )
    with_consent, without = fetch(account)[0].records
    consent = Consent("staffing", expires=date(2026, 1, 31), withdrawn=date(2026, 1, 1))
    assert (with_consent.consents, without.consents) == ((consent,), ())


def test_attribute_that_is_not_there_stops_the_account(open_at: Open) -> None:
    vendor = people(1)
    vendor.set_attribute(vendor.candidate_ids()[0], "Consent until", "2026-01-31")
    with pytest.raises(
        RefusedError, match=r'processors\.recman\.settings\.consent_attribute: Recman has 0 .* "Consent"'
    ):
        fetch(open_at(vendor, consent_attribute="Consent"))
    assert fetch(open_at(vendor, consent_attribute="Consent until"))[0].records[0].consents


@pytest.mark.parametrize("status", [200, 400, 422])
def test_bad_key_stops_the_account(open_at: Open, status: int) -> None:
    vendor = people(1, error_status=status)
    with pytest.raises(RefusedError, match="does not accept the key"):
        fetch(open_at(vendor, key="not-the-key-at-all"))
    assert len(shown(fetch(open_at(vendor)))) == 1


@pytest.mark.parametrize("status", [200, 400])
def test_key_without_the_module_stops_the_account(open_at: Open, status: int) -> None:
    vendor = people(1, error_status=status, rights={"log:read"})
    with pytest.raises(RefusedError, match="no right to candidate"):
        fetch(open_at(vendor))
    vendor.rights = None
    assert len(shown(fetch(open_at(vendor)))) == 1


def test_used_up_quota_waits_for_midnight(open_at: Open) -> None:
    vendor = people(25, page_size=10, daily_quota=2)
    pages: list[Page] = []
    with pytest.raises(ThrottledError, match="no more calls today") as caught:
        pages.extend(gateway_recman.fetch(open_at(vendor), None))
    assert caught.value.retry_at == datetime(2026, 3, 3, tzinfo=UTC)
    vendor.daily_quota = None
    assert len(shown(fetch(open_at(vendor)))) == 25


def test_used_up_quota_may_be_a_status(open_at: Open) -> None:
    vendor = people(1, daily_quota=0, quota_status=429)
    with pytest.raises(ThrottledError):
        fetch(open_at(vendor))
    vendor.daily_quota = None
    assert len(shown(fetch(open_at(vendor)))) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [("html", GarbledError), ("truncated", GarbledError), ("deep", GarbledError), ("cut", UnavailableError)],
)
def test_broken_answer_on_a_later_page_is_no_end(open_at: Open, kind: str, error: type[VendorError]) -> None:
    vendor = people(25, page_size=10)
    vendor.wire.faults.append(Fault(kind, after=1, times=20))
    pages: list[Page] = []
    with pytest.raises(error):
        pages.extend(gateway_recman.fetch(open_at(vendor), None))
    vendor.wire.faults.clear()
    assert shown(fetch(open_at(vendor))) == vendor.candidate_ids()


def answering(*bodies: bytes) -> Any:
    """An app that gives these answers, the last again and again."""
    left = list(bodies)

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [left.pop(0) if len(left) > 1 else left[0]]

    app.settings = Simulator().settings  # type: ignore[attr-defined]  # the part of a simulator that is used
    return app


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b'{"success": false, "error": [{"message": "Odd", "code": 7}]}', GarbledError, "Odd"),
        (b'{"success": false, "error": {"message": "Invalid key"}}', RefusedError, "key"),
        (b'{"success": false, "errors": ["Invalid scope"]}', GarbledError, "Invalid scope"),
        (b'{"success": false, "errors": ["Key required"]}', RefusedError, "key"),
        (b'{"success": false, "errors": ["Too many requests"]}', ThrottledError, "no more calls"),
        (b'{"success": false, "errors": ["Module not activated"]}', RefusedError, "no right"),
        (b'{"success": false}', GarbledError, "declined"),
        (b'{"1001": {"candidateId": "1001"}}', GarbledError, "declined"),
        (b'{"success": true, "numRows": 5, "data": []}', GarbledError, "do not add up"),
        (b'{"success": true, "data": [{"candidateId": "1"}]}', GarbledError, "do not add up"),
        (b'{"success": true, "data": "rows"}', GarbledError, "rows by id"),
        (b"[]", GarbledError, "another shape"),
    ],
)
def test_answer_that_says_no_has_its_right_name(
    open_at: Open, body: bytes, error: type[VendorError], words: str
) -> None:
    with pytest.raises(error, match=words):
        fetch(open_at(answering(body)))


def test_key_in_an_answer_is_not_told(open_at: Open) -> None:
    key = Simulator().settings("")["key"]
    with pytest.raises(GarbledError, match="declined") as caught:
        fetch(open_at(answering(b'{"success": false, "errors": ["Odd: %s"]}' % key.encode())))
    assert key not in str(caught.value)
