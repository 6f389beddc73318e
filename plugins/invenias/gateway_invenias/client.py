"""Invenias's dialect: sign-in, its ways of saying no, lists, and the reads that every hook rests on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import GenericAlias
from typing import Any

import msgspec

from gateway import Account, GarbledError, Ref, RefusedError, Response, Secret, Subject, UnavailableError
from gateway_invenias import records
from gateway_invenias.records import EMAIL, PERSON, Row

PEOPLE, MOST, AT_ONCE, NAMES_AT_ONCE = "/people", 1000, 500, 50
HEAVY = ("IncludeDisplayViews", "IncludeAvailableColumns", "IncludeCategories", "IncludeAdditionalValues")
NAMING = (
    "People",
    "Candidates",
    "Clients",
    "Consultants",
    "Attendees",
    "TargetFeedback",
    "AddressedToPeople",
)


class Token(msgspec.Struct):
    access_token: str
    expires_in: int


class Paging(msgspec.Struct, rename="pascal"):
    next_page_number: int | None = None
    total_item_count: int | None = None


class Listed(msgspec.Struct, rename="pascal"):
    items: list[Any]
    paging: Paging = msgspec.field(default_factory=Paging)


def call(account: Account, method: str, path: str, *, accept: Collection[int] = (), **what: Any) -> Response:
    """One signed call. All calls of this plugin may be repeated: each reads, replaces or deletes."""
    ask: dict[str, Any] = {"repeatable": True, **what}
    for _ in range(2):
        token = account.recall("token", partial(_sign_in, account))
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
            "Invenias refuses a new token: is the API user licensed and a System Administrator?"
        )
    if status in (403, 404):
        expired = "the application has expired (renew it, set the new secret) or the API user lacks the right"
        raise RefusedError(f"Invenias answers {status} to {what_for}: {expired}")
    if status == 500 and re.search(r"DataManagementService|Validate\w+Policy", response.text):
        raise GarbledError(f"a policy of the tenant forbids {what_for} without a required field")
    if status == 500:
        raise UnavailableError(f"Invenias answers 500 to {what_for}")
    if "maintenance mode" in response.text.lower():
        raise UnavailableError("the tenant is being upgraded", retry_at=account.now() + timedelta(minutes=10))
    # Overload: the client waits and tries again.
    return account.http.request(method, f"/api/v1{path}", accept=accept, **ask)


def _sign_in(account: Account) -> tuple[Secret, datetime]:
    settings = account.settings
    form = {"grant_type": "password"} | {name: settings[name] for name in ("username", "client_id", "scope")}
    form |= {name: settings[name].reveal() for name in ("password", "client_secret")}
    path = "/identity/connect/token"
    response = account.http.request("POST", path, form=form, accept={400}, repeatable=True)
    if response.status == 400:
        said = re.search(r"invalid_\w+|unsupported_grant_type", response.text)
        raise RefusedError(
            f"Invenias refuses the sign-in ({said[0] if said else 'no reason given'}): check client_id,"
            " client_secret, username, password; a new application takes some minutes to become known"
        )
    token = response.json(Token)
    life = timedelta(seconds=token.expires_in)
    return Secret(token.access_token), account.now() + max(life - timedelta(minutes=5), life / 2)


def alive(account: Account) -> None:
    """A call that always works: without it, a 403 or 404 may mean an expired application."""
    call(account, "GET", "/countries")


def page(
    account: Account, path: str, index: int, asked: Mapping[str, Any], accept: Collection[int] = ()
) -> Response:
    """One page of a list."""
    body = {"PageSize": MOST, "PageIndex": index, **dict.fromkeys(HEAVY, False), **asked}
    return call(account, "POST", f"{path}/list", json=body, accept=accept)


def pages(read: Callable[[int], Listed]) -> Iterator[Listed]:
    """One page after the other, to the last."""
    index: int | None = 0
    while index is not None:
        listed = read(index)
        yield listed
        following = listed.paging.next_page_number
        if following is not None and following <= index:
            raise GarbledError(f"page {index} of a list is said to be followed by page {following}")
        index = following


def rows(account: Account, ask: Callable[[int], Response]) -> Iterator[Any]:
    """All rows of a list; a 404 that was let through means that its owner is gone."""

    def read(index: int) -> Listed:
        response = ask(index)
        if response.status != 404:
            return response.json(Listed)
        alive(account)
        return Listed([])

    return (row for listed in pages(read) for row in listed.items)


def read_people(response: Response, as_type: type[Row]) -> Listed:
    """A page of people; a row that cannot be read in part comes with its flaws."""
    items: Any = GenericAlias(list, (as_type,))
    people: type[Any] = msgspec.defstruct("People", [("items", items)], bases=(Listed,), rename="pascal")
    listed: Listed
    try:
        listed = response.json(people)
    except GarbledError:
        listed = response.json(Listed)
        try:
            listed.items = [records.mend(row, as_type) for row in listed.items]
        except (ValueError, AttributeError) as err:
            raise GarbledError("a page of people has a row without an ItemId") from err
    return listed


def ids_of(account: Account, subject: Subject) -> list[str]:
    """The people a subject stands for: the records known, or else all with exactly their e-mail address."""
    known = [ref.id for ref in (*subject.records, *subject.kept) if ref.kind == PERSON]
    found = [] if known else [each for address in subject.known_by(EMAIL) for each in _find(account, address)]
    return list(dict.fromkeys(known or found))


def _find(account: Account, address: str) -> Iterator[str]:
    def ask(index: int) -> Response:
        params = {"request.emailAddress": address, "request.pageIndex": index, "request.pageSize": MOST}
        return call(account, "GET", "/duplicates/people", params=params)

    for row in rows(account, ask):
        values = [row.get("EmailAddress1"), row.get("EmailAddress2")]
        values += [field.get("Value") for field in row.get("MatchingFields") or ()]
        if row.get("IsExactEmailMatch") is True and address.casefold() in (str(v).casefold() for v in values):
            yield str(row["ItemId"])


def held(account: Account, ids: Iterable[str]) -> dict[str, Row]:
    """Those of these people that are there, in few calls.

    A missing row counts as absence only where the same list shows somebody known to be there. A tenant
    that filters by id otherwise than assumed, or not at all, is asked for one person after the other.
    """
    wanted, found = list(dict.fromkeys(ids)), dict[str, Row]()
    somebody = read_people(page(account, PEOPLE, 0, {"PageSize": 1}), Row).items if wanted else []
    for start in range(0, len(wanted) if somebody else 0, AT_ONCE):
        asked = {*wanted[start : start + AT_ONCE], somebody[0].item_id}
        shown = _among(account, asked)
        if somebody[0].item_id not in shown or not shown.keys() <= asked:
            return _one_by_one(account, wanted)
        found |= shown
    return {each: found[each] for each in wanted if each in found}


def _among(account: Account, ids: set[str]) -> dict[str, Row]:
    """The rows of a list filtered by these ids; nothing where the tenant cannot filter by them."""
    asked = {"Select": [*records.SELECT, "DisplayFileAs", "UserId"], "Filter": ["ItemId", "in", sorted(ids)]}
    shown: dict[str, Row] = {}

    def read(index: int) -> Listed:
        response = page(account, PEOPLE, index, asked, {400})
        return Listed([]) if response.status == 400 else read_people(response, Row)

    for listed in pages(read):
        shown |= {row.item_id: row for row in listed.items}
        if not shown.keys() <= ids:
            break
    return shown


def _one_by_one(account: Account, ids: list[str]) -> dict[str, Row]:
    """As `held`, with a call each; who is a user is then asked for in a list of its own."""

    def read(each: str) -> Row | None:
        response = call(account, "GET", f"{PEOPLE}/{each}", accept={404})
        detail = {} if response.status == 404 else response.json(dict[str, Any])
        name, dates = detail.get("NameComponents") or {}, detail.get("EntityDetails") or {}
        row = {
            **name,
            **dates,
            "DisplayFileAs": name.get("FullName"),
            "ItemId": each,
            "UserId": each in users,
        }
        return records.mend(row, Row) if detail else None

    filled = {"Select": ["UserId"], "Filter": ["UserId", "<>", "00000000-0000-0000-0000-000000000000"]}
    listed = rows(account, lambda index: page(account, PEOPLE, index, filled))
    users = {str(row["ItemId"]) for row in listed if row.get("UserId")}
    found = {each: row for each, row in zip(ids, account.map(read, ids), strict=True) if row}
    if len(found) < len(ids):
        alive(account)
    return found


def documents(account: Account, person: str) -> list[dict[str, Any]]:
    """The rows of a person's documents."""
    path, select = f"{PEOPLE}/{person}/documents", ["AttachmentName", *account.settings["document_links"]]
    return list(rows(account, lambda index: page(account, path, index, {"Select": select}, {404})))


def journal(account: Account, people: Mapping[str, Row]) -> dict[Ref, dict[str, Any]]:
    """The journal items that name any of these people: looked for by name, believed by the ids in the item."""

    def search(names: list[str]) -> list[Ref]:
        terms = [part for name in names for part in ("or", ["People", "contains", name])][1:]
        asked = {"Select": ["ActionSubject", "Date"], "Filter": terms if len(terms) > 1 else terms[0]}
        found = rows(account, lambda index: page(account, "/journal", index, asked))
        return [Ref(row["ItemType"].lower().removesuffix("s"), str(row["ItemId"])) for row in found]

    def read(ref: Ref) -> dict[str, Any]:
        response = call(account, "GET", path_of(ref), accept={404})
        if response.status == 404:
            raise UnavailableError(f"a journal item ({ref.kind}) is listed and cannot be read")
        return response.json(dict[str, Any])

    names = list(dict.fromkeys(name for row in people.values() for name in row.names))
    chunks = (names[start : start + NAMES_AT_ONCE] for start in range(0, len(names), NAMES_AT_ONCE))
    refs = list(dict.fromkeys(ref for found in account.map(search, chunks) for ref in found))
    items = zip(refs, account.map(read, refs), strict=True)
    return {ref: item for ref, item in items if named(item) & people.keys()}


def path_of(ref: Ref) -> str:
    """Where a journal item is read: a note at /notes/ID."""
    return f"/{ref.kind}{'' if ref.kind == 'feedback' else 's'}/{ref.id}"


def named(item: Mapping[str, Any]) -> set[str]:
    """The ids of all whom a journal item names; a recipient without a person record counts as one more."""
    people = {str(each["Id"]).lower() for field in NAMING for each in item.get(field) or ()}
    return people | {str(each.get("PersonId") or "").lower() for each in item.get("Recipients") or ()}
