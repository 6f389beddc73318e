"""Changes of one second, and rows that move while they are read: nobody is lost in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import gateway_invenias
import pytest

from gateway import Page, UnavailableError
from gateway.testing import Fault


def test_changes_of_one_second_are_all_seen(tenant: Any) -> None:
    people = tenant.vendor.populate(12)
    tenant.vendor.change_person(people[0])
    cursor = tenant.fetch()[-1].cursor
    for each in people[1:4]:  # the same moment as the newest of the sweep
        tenant.vendor.change_person(each)
    found = [each.ref.id for page in tenant.fetch(cursor) for each in page.records]
    assert set(people[:4]) <= set(found)


def test_change_that_shows_later_than_the_next_one_is_seen(tenant: Any) -> None:
    people = tenant.vendor.populate(3)
    tenant.vendor.change_person(people[0])
    cursor = tenant.fetch()[-1].cursor
    tenant.vendor.change_person(people[1], modified=tenant.now() - timedelta(seconds=30))
    assert people[1] in _ids(tenant.fetch(cursor))


def test_sweep_that_fails_on_page_three_goes_on_there(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    tenant.vendor.wire.faults.append(Fault("500", path="/api/v1/people/list", after=4, times=99))
    read: list[Page] = []
    with pytest.raises(UnavailableError):
        read.extend(gateway_invenias.fetch(account=tenant.account, cursor=None))
    tenant.vendor.wire.faults.clear()
    rest = tenant.fetch(read[-1].cursor, tenant.open())
    assert 0 < len(read) < 4
    assert [each.ref.id for page in (*read, *rest) for each in page.records] == people
    assert rest[-1].complete


def _delete(vendor: Any, people: list[str]) -> None:
    vendor.remove_person(people[2])


def _insert(vendor: Any, people: list[str]) -> None:
    vendor.add_person("Back", "Dated", created=vendor.now() - timedelta(days=800), modified=vendor.now())


def _both(vendor: Any, people: list[str]) -> None:
    _delete(vendor, people)
    _insert(vendor, people)


@pytest.mark.parametrize("act", [_delete, _insert, _both])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_rows_that_move_lose_nobody_in_silence(tenant: Any, act: Callable[..., None], page: int) -> None:
    people = tenant.vendor.populate(35)
    pages: list[Page] = []
    for each in gateway_invenias.fetch(account=tenant.account, cursor=None):
        pages.append(each)
        if len(pages) == page:
            act(tenant.vendor, people)
    found = _ids(pages)
    lost = set(people) & set(tenant.vendor.person_ids()) - set(found)
    assert not (pages[-1].complete and lost)
    assert len(found) == len(set(found))
    found += _ids(tenant.fetch(pages[-1].cursor))
    assert set(tenant.vendor.person_ids()) <= set(found)


def _ids(pages: list[Page]) -> list[str]:
    return [each.ref.id for page in pages for each in page.records]


def test_page_that_shows_fewer_rows_than_it_counts_ends_no_complete_sweep(tenant: Any) -> None:
    people = tenant.vendor.populate(35)
    inner = tenant.vendor._people.rows

    def rows(asked: Any, sort: Any) -> Any:
        shown = inner(asked, sort)
        return [each for each in shown if each.id != people[7]] if len(sort) == 2 else shown

    tenant.vendor._people.rows = rows
    assert tenant.fetch()[-1].complete is False
    tenant.vendor._people.rows = inner
    assert tenant.fetch()[-1].complete is True


@pytest.mark.parametrize("page_past_end", [200, 404])
def test_last_page_that_emptied_meanwhile_ends_no_complete_sweep(
    make_tenant: Any, page_past_end: int
) -> None:
    tenant = make_tenant(page_limit=10, page_past_end=page_past_end)
    people = tenant.vendor.populate(31)
    pages = gateway_invenias.fetch(account=tenant.account, cursor=None)
    next(pages)
    tenant.vendor.remove_person(people[30])
    assert list(pages)[-1].complete is False
    assert tenant.fetch()[-1].complete is True
