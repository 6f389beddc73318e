"""Invenias's dialect: one signed call, its ways of saying no, and lists read to their end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from gateway import Account, GarbledError, RefusedError, Response, UnavailableError
from gateway_invenias.records import Row, mend
from gateway_invenias.signin import sign_in

T = TypeVar("T")
PEOPLE, MOST, AT_ONCE = "/people", 1000, 500
HEAVY = ("IncludeDisplayViews", "IncludeAvailableColumns", "IncludeCategories", "IncludeAdditionalValues")
POLICY = re.compile(r"DataManagementService|Validate\w+Policy")


class Paging(msgspec.Struct, rename="pascal"):
    next_page_number: int | None = None
    total_item_count: int | None = None


class Listed(msgspec.Struct, Generic[T], rename="pascal"):
    """A page of a list. `refused`: the vendor does not take this filter (400), and that was allowed for."""

    items: list[T]
    paging: Paging = msgspec.field(default_factory=Paging)
    available_columns: list[Any] = msgspec.field(default_factory=list)
    refused: bool = False


class Glance(msgspec.Struct, frozen=True):
    """What one look at a list showed: an id that is there, and the columns; none where the tenant does not say."""

    known: str | None
    columns: frozenset[str]

    def having(self, wanted: Iterable[str]) -> list[str]:
        """Those of these columns that the list has."""
        return [each for each in wanted if not self.columns or each in self.columns]


def call(account: Account, method: str, path: str, *, accept: Collection[int] = (), **what: Any) -> Response:
    """One signed call. All calls of this plugin may be repeated: each reads, replaces or deletes."""
    ask: dict[str, Any] = {"repeatable": True, **what}
    for _ in range(2):
        token = account.recall("token", partial(sign_in, account))
        ask["headers"] = {"Authorization": f"Bearer {token.reveal()}"}
        handled = {*accept, 401, 403, 404, 500, 503}
        response = account.http.request(method, f"/api/v1{path}", accept=handled, **ask)
        if response.status != 401:
            break
        account.forget("token", token)
    status, what_for = response.status, f"{method} /{path.split('/')[1]}"
    if status < 300 or status in accept:
        return response
    if status == 401:
        raise RefusedError(
            "Invenias refuses a new token: is the API user licensed, enabled and a System Administrator?"
        )
    if status in (403, 404):
        expired = "the application has expired (renew it, set the new secret) or the API user lacks the right"
        raise RefusedError(f"Invenias answers {status} to {what_for}: {expired}")
    if status == 500 and POLICY.search(response.text):
        raise GarbledError(f"a policy of the tenant forbids {what_for} without a required field")
    if status == 500:
        raise UnavailableError(f"Invenias answers 500 to {what_for}")
    if "maintenance mode" in response.text.lower():
        raise UnavailableError("the tenant is being upgraded", retry_at=account.now() + timedelta(minutes=10))
    # Overload: the client waits and tries again.
    return account.http.request(method, f"/api/v1{path}", accept=accept, **ask)


def change(account: Account, method: str, path: str, **what: Any) -> Response:
    """A call that changes something: its answer may be empty, but a web page is not an answer."""
    response = call(account, method, path, **what)
    if response.status < 300 and "html" in response.headers.get("Content-Type", ""):
        raise GarbledError(f"Invenias answers {method} /{path.split('/')[1]} with a web page")
    return response


def alive(account: Account) -> None:
    """A call that always works: without it, a 403 or 404 may mean an expired application."""
    if not isinstance(call(account, "GET", "/countries").json(), list):
        raise GarbledError("the list of countries is none")


def page(
    account: Account,
    path: str,
    index: int,
    asked: Mapping[str, Any],
    row: type[Row] | None = None,
    accept: Collection[int] = (),
) -> Listed[Any]:
    """One page of a list: people as `row`, anything else as it comes. A 404 let through means that its owner is gone."""
    size = {"PageSize": MOST, "PageIndex": index, "ReturnTotalCount": True}
    body = {**size, **dict.fromkeys(HEAVY, False), **asked}
    response = call(account, "POST", f"{path}/list", json=body, accept=accept)
    if response.status == 404:
        alive(account)
    if response.status >= 400:
        return Listed([], refused=response.status == 400)
    return checked(_people(response, row) if row else read_listed(response), index)


def checked(listed: Listed[Any], index: int) -> Listed[Any]:
    """The page, if it is whole and leads on; what it counts and does not show is not absence."""
    following, total = listed.paging.next_page_number, listed.paging.total_item_count
    if following is not None and following <= index:
        raise GarbledError(f"page {index} of a list is said to be followed by page {following}")
    if not listed.items and (following is not None or (total and index == 0)):
        raise GarbledError(f"page {index} of a list shows no row, though there are some")
    return listed


def read_listed(response: Response) -> Listed[Any]:
    """A page of anything but people: each row is at least known by its id."""
    listed = response.json(Listed[Any])
    if not all(isinstance(each, dict) and each.get("ItemId") for each in listed.items):
        raise GarbledError("a list has a row without an ItemId")
    return listed


def pages(
    account: Account,
    path: str,
    asked: Mapping[str, Any],
    row: type[Row] | None = None,
    accept: Collection[int] = (),
) -> Iterator[Listed[Any]]:
    """One page after the other, to the last; fewer rows than counted is not a whole list."""
    index: int | None = 0
    shown = 0
    while index is not None:
        listed = page(account, path, index, asked, row, accept)
        shown += len(listed.items)
        yield listed
        index = listed.paging.next_page_number
    if shown < (listed.paging.total_item_count or 0):
        raise GarbledError(f"a list shows {shown} rows, and counts {listed.paging.total_item_count}")


def rows(
    account: Account, path: str, asked: Mapping[str, Any], accept: Collection[int] = ()
) -> list[dict[str, Any]]:
    """All rows of a list."""
    return [each for listed in pages(account, path, asked, accept=accept) for each in listed.items]


def glance(account: Account, path: str) -> Glance:
    """Something that is in a list, and the columns it has; looked at twice a day."""
    return account.recall(f"glance {path}", partial(_glance, account, path))


def _glance(account: Account, path: str) -> tuple[Glance, datetime]:
    asked = {"PageSize": 1, "Select": ["ItemId"], "IncludeAvailableColumns": True}
    listed = page(account, path, 0, asked)
    named = (each.get("FieldName") for each in listed.available_columns if isinstance(each, dict))
    known = _id(listed.items[0]) if listed.items else None
    until = account.now() + (timedelta(hours=12) if known else timedelta(0))
    return Glance(known, frozenset(str(each) for each in named)), until


def among(
    account: Account, path: str, ids: Collection[str], select: Collection[str], row: type[Row] | None = None
) -> dict[str, Any] | None:
    """Those of these ids that a list filtered by them shows.

    A missing row counts as absence only where the same answer shows one that is known to be there. None: the
    tenant filters by id otherwise than assumed, or not at all.
    """
    seen = glance(account, path)
    found = _filtered(account, path, ids, seen, select, row)
    if found is None:  # what was known may have gone meanwhile
        account.forget(f"glance {path}", seen)
        again = glance(account, path)
        found = _filtered(account, path, ids, again, select, row) if again.known != seen.known else None
    return found


def _filtered(
    account: Account,
    path: str,
    ids: Collection[str],
    seen: Glance,
    select: Collection[str],
    row: type[Row] | None,
) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted) if seen.known else 0, AT_ONCE):
        these = {*wanted[start : start + AT_ONCE], str(seen.known)}
        asked = {"Select": seen.having(select), "Filter": ["ItemId", "in", sorted(these)]}
        shown: dict[str, Any] = {}
        for listed in pages(account, path, asked, row, {400}):
            shown |= {_id(each): each for each in listed.items}
            if not shown.keys() <= these:
                return None
        if seen.known not in shown:
            return None
        found |= shown
    return {each: found[each] for each in wanted if each in found}


def _id(row: Any) -> str:
    return row.item_id if isinstance(row, Row) else str(row["ItemId"])


def _people(response: Response, row: type[Row]) -> Listed[Any]:
    """A page of people; a row that cannot be read in part comes with its flaws."""
    as_type: Any = Listed[row]  # type: ignore[valid-type]  # a tenant's row type is made of its settings
    try:
        listed: Listed[Any] = response.json(as_type)
    except GarbledError:
        listed = response.json(Listed[Any])
        try:
            listed.items = [mend(each, row) for each in listed.items]
        except (ValueError, AttributeError) as err:
            raise GarbledError("a page of people has a row without an ItemId") from err
    return listed
