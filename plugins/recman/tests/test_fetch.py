"""Fetch: sweeps, cursors, consents, and the ways Recman says no."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
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
@pytest.mark.parametrize("count", [0, 3, 10, 25, 81])
def test_sweep_is_whole_under_every_reading(
    open_at: Open, count: int, num_rows: str, next_page: bool, empty: str
) -> None:
    vendor = people(count, page_size=10, num_rows=num_rows, next_page=next_page, empty_data=empty)
    pages = fetch(open_at(vendor, may_be_empty=True))
    assert sorted(shown(pages)) == vendor.candidate_ids()
    assert [page.complete for page in pages] == [None] * (len(pages) - 1) + [True]
    assert pages[-1].cursor is None


@pytest.mark.parametrize("size", [100, 500, 1000])
def test_page_size_of_the_vendor_does_not_matter(open_at: Open, size: int) -> None:
    vendor = people(1234, page_size=size)
    assert sorted(shown(fetch(open_at(vendor)))) == vendor.candidate_ids()


@pytest.mark.parametrize(("count", "calls"), [(5, 2), (15, 3), (25, 6), (135, 20)])
def test_last_page_is_found_in_few_calls(open_at: Open, count: int, calls: int) -> None:
    vendor = people(count, page_size=10)
    assert len(shown(fetch(open_at(vendor)))) == count
    assert len(vendor.wire.journal) == calls


def test_nobody_shown_is_no_complete_sweep_unless_that_may_be(open_at: Open) -> None:
    vendor = Simulator()
    assert [page.complete for page in fetch(open_at(vendor))] == [False]
    assert [page.complete for page in fetch(open_at(vendor, may_be_empty=True))] == [True]
    vendor.add_candidate()
    assert [page.complete for page in fetch(open_at(vendor))] == [True]


@pytest.mark.parametrize("order", ["rising", "falling"])
@pytest.mark.parametrize("added", [0, 1])
def test_order_of_rows_decides_what_new_people_make_of_a_sweep(open_at: Open, order: str, added: int) -> None:
    """Where the newest come first, they push others to pages that were read already."""
    vendor = people(25, page_size=10, order=order)
    before = vendor.candidate_ids()
    sweep = gateway_recman.fetch(open_at(vendor), None)
    pages = [next(sweep)]
    for _ in range(added):
        vendor.add_candidate()
    pages += sweep
    assert pages[-1].complete is (order == "rising" or not added)
    assert set(shown(pages)) == set(before) or not pages[-1].complete
    assert sorted(shown(fetch(open_at(vendor)))) == vendor.candidate_ids()


@pytest.mark.parametrize("order", ["rising", "falling"])
@pytest.mark.parametrize("read", [1, 2])
def test_people_who_go_while_pages_are_read_lose_nobody_else(open_at: Open, order: str, read: int) -> None:
    vendor = people(35, page_size=10, order=order)
    sweep = gateway_recman.fetch(open_at(vendor), None)
    pages = [next(sweep) for _ in range(read)]
    for number in (3, 12, 13, 25, 33):
        vendor.remove_candidate(str(100001 + number))
    pages += sweep
    assert set(vendor.candidate_ids()) <= set(shown(pages))
    assert len(shown(pages)) == len(set(shown(pages)))
    assert pages[-1].complete is True or order == "falling"


def test_only_needed_fields_are_asked_for(open_at: Open) -> None:
    vendor = people(1)
    fetch(open_at(vendor))
    assert vendor.wire.journal[0].params["fields"] == [
        "firstName,lastName,email,mobilePhone,dob,created,updated"
    ]


def test_resumed_sweep_goes_on_after_its_page(open_at: Open) -> None:
    vendor = people(25, page_size=10)
    first, *rest = fetch(open_at(vendor))
    vendor.wire.journal.clear()
    resumed = fetch(open_at(vendor), first.cursor)
    assert shown(resumed) == shown(rest)
    assert resumed[-1].complete is True
    assert len(vendor.wire.journal) == 2


@pytest.mark.parametrize("next_page", [True, False])
def test_resumed_sweep_shows_nobody_twice_when_rows_have_moved(open_at: Open, next_page: bool) -> None:
    vendor = people(25, page_size=10, next_page=next_page)
    first = fetch(open_at(vendor))[0]
    gone = vendor.candidate_ids()[2]
    vendor.remove_candidate(gone)
    resumed = fetch(open_at(vendor), first.cursor)
    assert sorted(shown([first, *resumed])) == vendor.candidate_ids()
    assert resumed[-1].complete is True


def test_resumed_sweep_begins_anew_when_its_page_is_gone(open_at: Open) -> None:
    vendor = people(25, page_size=10)
    first, *_ = fetch(open_at(vendor))
    for number in vendor.candidate_ids()[5:]:
        vendor.remove_candidate(number)
    with pytest.raises(GarbledError, match="pages of candidate do not add up"):
        fetch(open_at(vendor), first.cursor)
    assert sorted(shown(fetch(open_at(vendor)))) == vendor.candidate_ids()


@pytest.mark.parametrize("cursor", ["1:100010", "1<100010", "x", "", "2<"])
def test_cursor_that_is_not_ours_begins_anew(open_at: Open, cursor: str) -> None:
    vendor = people(25, page_size=10)
    assert sorted(shown(fetch(open_at(vendor), cursor))) == vendor.candidate_ids()


def test_sweep_that_fails_on_page_three_is_resumed_and_loses_nobody(open_at: Open) -> None:
    vendor = people(45, page_size=10)
    vendor.wire.faults.append(Fault("503", path=r".*page=3&", times=20))
    pages: list[Page] = []
    with pytest.raises(UnavailableError):
        pages.extend(gateway_recman.fetch(open_at(vendor), None))
    vendor.wire.faults.clear()
    pages += gateway_recman.fetch(open_at(vendor), pages[-1].cursor if pages else None)
    assert sorted(shown(pages)) == vendor.candidate_ids()
    assert pages[-1].complete is True


@pytest.mark.parametrize("signal", [{"next_page": True}, {"next_page": False, "num_rows": "total"}])
def test_page_that_was_announced_and_came_empty_is_no_end(open_at: Open, signal: dict[str, Any]) -> None:
    vendor = people(25, page_size=10, **signal)
    for after in range(4):
        vendor.wire.faults.append(Fault("emptied", after=after, times=20))
        pages: list[Page] = []
        with suppress(GarbledError):
            pages += gateway_recman.fetch(open_at(vendor), None)
        assert not pages or not pages[-1].complete
        vendor.wire.faults.clear()
    assert fetch(open_at(vendor))[-1].complete is True


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
    assert sorted(shown(fetch(open_at(vendor)))) == vendor.candidate_ids()


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
        (b'{"success": false, "error": [{"message": "Odd", "code": 7}]}', GarbledError, "declined"),
        (
            b'{"success": false, "error": [{"message": "No page and firstName"}]}',
            GarbledError,
            "names page, firstName",
        ),
        (b'{"success": false, "error": {"message": "Invalid key"}}', RefusedError, "key"),
        (b'{"success": false, "errors": ["Invalid scope"]}', GarbledError, "declined"),
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
