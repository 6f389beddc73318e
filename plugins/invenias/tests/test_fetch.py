"""Sweeps and changes: everything once, resumed anywhere, honest about what may have been missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from gateway_invenias.simulator import Simulator

from gateway import Page, RefusedError


def ids(pages: list[Page]) -> list[str]:
    return [each.ref.id for page in pages for each in page.records]


def during(tenant: Any, page: int, act: Callable[[Simulator], Any]) -> None:
    """Let something happen just before this page of a sweep is answered."""
    inner = tenant.vendor.list_people

    def list_people(request: Any) -> Any:
        asked = json.loads(request.get_data())
        if asked["PageIndex"] == page and asked["PageSize"] > 1:
            tenant.vendor.list_people = inner
            act(tenant.vendor)
        return inner(request)

    tenant.vendor.list_people = list_people


def test_sweep_shows_everybody_once_and_says_so(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    pages = tenant.fetch()
    assert ids(pages) == people
    assert [len(each.records) for each in pages] == [10, 10, 10, 5]
    assert [each.complete for each in pages] == [None, None, None, True]


def test_tenant_without_people_is_not_believed(tenant: Any) -> None:
    with pytest.raises(RefusedError, match="shows no people at all, though the API user is one"):
        tenant.fetch()
    user = tenant.vendor.add_api_user()
    assert ids(tenant.fetch()) == [user]


def test_sweep_in_parallel_is_in_order(tenant: Any) -> None:
    people = tenant.vendor.populate(95)
    assert ids(tenant.fetch(account=tenant.open(parallel=8))) == people


def test_sweep_resumes_after_every_page(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    pages = tenant.fetch()
    for number, page in enumerate(pages[:-1], 1):
        rest = tenant.fetch(page.cursor, tenant.open())
        assert ids(rest) == people[10 * number :]
        assert rest[-1].complete


def test_next_fetch_shows_changes_only(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    cursor = tenant.fetch()[-1].cursor
    tenant.wait(hours=1)
    tenant.vendor.change_person(people[3], phone="+47 400 00 009")
    new = tenant.vendor.add_person("New", "Comer", email="new@example.org")
    tenant.calls()
    pages = tenant.fetch(cursor)
    assert ids(pages) == [people[3], people[34], new]  # the newest of the sweep stands in the overlap
    assert pages[-1].complete is False
    assert tenant.calls() == ["POST /people/list"] * 2
    assert ids(tenant.fetch(pages[-1].cursor)) == [people[3], new]


def test_change_within_the_same_second_is_not_lost(tenant: Any) -> None:
    people = tenant.vendor.populate(3)
    tenant.vendor.change_person(people[0], phone="+47 400 00 001")
    cursor = tenant.fetch()[-1].cursor
    tenant.vendor.change_person(people[1], phone="+47 400 00 002")
    assert people[1] in ids(tenant.fetch(cursor))


def test_changes_that_cannot_be_asked_for_are_swept(make_tenant: Any) -> None:
    tenant = make_tenant(page_limit=10)
    people = tenant.vendor.populate(25)
    cursor = tenant.fetch()[-1].cursor
    tenant.vendor.modified_filter = False
    pages = tenant.fetch(cursor)
    assert ids(pages) == people
    assert (pages[-1].complete, pages[-1].cursor) == (True, None)
    tenant.vendor.modified_filter = True
    assert tenant.fetch(pages[-1].cursor)[-1].cursor == cursor


def test_changes_can_be_switched_off(tenant: Any) -> None:
    people = tenant.vendor.populate(15)
    account = tenant.open(changes_since=False)
    last = tenant.fetch(account=account)[-1]
    assert last.cursor is None
    assert ids(tenant.fetch('{"since":"2026-03-01T00:00:00Z"}', account)) == people


def test_row_added_while_reading_is_shown_and_the_sweep_complete(tenant: Any) -> None:
    tenant.vendor.populate(30)
    during(tenant, 2, lambda vendor: [vendor.add_person("Late", f"Comer{n}") for n in range(4)])
    pages = tenant.fetch()
    assert sorted(ids(pages)) == sorted(tenant.vendor.person_ids())
    assert pages[-1].complete is True


def test_row_lost_while_reading_makes_the_sweep_incomplete(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    during(tenant, 2, lambda vendor: vendor.remove_person(people[0]))
    pages = tenant.fetch()
    assert people[20] not in ids(pages)  # it moved to a page that was read already
    assert (pages[-1].complete, pages[-1].cursor) == (False, None)
    assert ids(tenant.fetch()) == people[1:]


def test_row_lost_behind_a_new_one_is_noticed_too(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    during(tenant, 2, lambda v: (v.remove_person(people[0]), v.add_person("In", "Stead")))
    assert tenant.fetch()[-1].complete is False
    assert tenant.fetch()[-1].complete is True


def test_row_that_moves_down_is_shown_once(tenant: Any) -> None:
    tenant.vendor.populate(35)
    early = tenant.now().replace(year=2020)
    during(tenant, 1, lambda vendor: vendor.add_person("Back", "Dated", created=early))
    found = ids(tenant.fetch())
    assert len(found) == len(set(found)) == 35


def test_row_that_cannot_be_read_in_part_has_flaws(tenant: Any) -> None:
    people = tenant.vendor.populate(2)
    tenant.vendor.change_person(people[0], phone=["not", "text"])
    record = tenant.fetch()[0].records[0]
    assert (record.ref.id, record.flaws) == (people[0], ("MobilePhone cannot be read",))


def test_consent_comes_from_the_columns_the_settings_name(make_tenant: Any) -> None:
    tenant = make_tenant(consent_columns=["GdprStatus", "GdprUntil"])
    tenant.vendor.add_person("No", "More", columns={"GdprStatus": "Withdrawn", "GdprUntil": None})
    account = tenant.open(consent_status_column="GdprStatus", consent_expires_column="GdprUntil")
    (consent,) = tenant.fetch(account=account)[0].records[0].consents
    assert consent.withdrawn == tenant.now()


def test_cursor_of_somebody_else_is_named(tenant: Any) -> None:
    from gateway import GarbledError

    tenant.vendor.add_api_user()
    with pytest.raises(GarbledError, match="fetch everything anew"):
        tenant.fetch("page 3")
    assert tenant.fetch()[-1].complete
