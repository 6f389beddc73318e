"""What Bisnode lists, page by page, and what may be concluded from a list.

A client whose rights are too narrow is answered an empty list with status 200. So a list with an empty page, or
with fewer rows than the vendor counts, proves no absence, unless the setting `short_lists` says to trust it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import quote

from gateway import Account, GarbledError, Ref, UnavailableError
from gateway_bisnode import orders, records
from gateway_bisnode.client import CONSUMERS, MONITORING, call
from gateway_bisnode.records import COMPANY, REFERENCE, Row

COMPANIES = f"{MONITORING}/portfolio/companies"
CATEGORIES = f"{MONITORING}/portfolio/categories"
ORDERS_A_PAGE = 500
YEAR = timedelta(days=365)
DELETED = "CONSUMER_DELETED"
ASKED_FOR: Mapping[str, Mapping[str, Any]] = {
    "page": {"size": 100, "sortBy": "ADDED_DATE", "sortDirection": "ASC"},
    "number": {"size": 50},
}
"""How companies are asked for page by page, and how sub-lists."""

Pages = Iterator[tuple[list[Row], str | None, bool | None]]
"""Rows, the cursor after them, and on the last page whether all was shown."""


def trusts(account: Account) -> bool:
    return bool(account.settings["short_lists"] == "trust")


def rows_in(body: Row, key: str) -> list[Row]:
    rows = body.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GarbledError(f"a page without a list of {key}")
    return rows


def listing(name: str, key: str, account: Account, cursor: str | None) -> Pages:
    """The pages of Consumer Intelligence. A cursor is a page token after a sign: `-` once a page was empty.

    A token they no longer take means from the beginning. A token that leads to an empty page and to itself
    is where a list that may grow ends.
    """
    path, trust = f"{CONSUMERS}/{name}", trusts(account)
    filled, token = (cursor or "+")[0] == "+", (cursor or "+")[1:]
    resumed = token
    while True:
        params = {"nextPageToken": token} if token else None
        answer = call(account, "GET", path, params=params, accept={200, 400} if resumed else {200})
        if answer.status == 400:
            filled, token, resumed = True, "", ""
            continue
        body, resumed = answer.json(Row), ""
        rows, after = rows_in(body, key), str(body.get("nextPageToken") or "")
        ends = after == token or not after
        if rows and after and ends:
            raise GarbledError(f"GET /{path}: a page that leads to itself")
        filled = filled and (bool(rows) or trust or (ends and bool(after)))
        yield rows, None if ends else f"{'+' if filled else '-'}{after}", filled if ends else None
        if ends:
            return
        token = after


def portfolio(account: Account, cursor: str | None) -> Pages:
    """The pages of monitored companies, until an empty one: they carry no total and no token.

    Pages have numbers alone, and a removal moves rows between them. So the portfolio's state is read before and
    after: a sweep is complete if it stood still and as many were shown as it counts. A cursor from another state
    starts anew.
    """
    state, total = _state_of(account)
    number = shown = 0
    *place, seen = (cursor or "").split(" ", 2)
    if seen == state:
        number, shown = map(int, place)
    for page, rows, _ in _numbered(account, COMPANIES, number):
        shown += len(rows)
        yield rows, f"{page + 1} {shown} {state}", None
    whole = trusts(account) or 0 < shown == total
    yield [], None, whole and _state_of(account)[0] == state


def _numbered(
    account: Account, path: str, start: int = 0, by: str = "page"
) -> Iterator[tuple[int, list[Row], Any]]:
    """Pages with numbers, until an empty one: the number, the rows, and the body they came in."""
    seen: list[Row] = []
    for number in count(start):
        body = call(account, "GET", path, params={by: number, **ASKED_FOR[by]}).json()
        rows = rows_in(body if isinstance(body, dict) else {"companies": body}, "companies")
        if not rows:
            return
        if rows == seen:
            raise GarbledError(f"GET /{path}: one page again and again")
        seen = rows
        yield number, rows, body


def _state_of(account: Account) -> tuple[str, Any]:
    body = call(account, "GET", f"{MONITORING}/portfolio").json(Row)
    return f"{body.get('totalCompanies')} {body.get('lastModified')}", body.get("totalCompanies")


def references(account: Account, cursor: str | None) -> Pages:
    """The tags on monitored companies, each as a row of its own."""
    for rows, after, complete in portfolio(account, cursor):
        yield [tagged for row in rows for tagged in _tagged(row)], after, complete


def _tagged(row: Row) -> list[Row]:
    return [row | {"tag": tag} for tag in records.tags(row)]


def read_log(account: Account) -> list[Row]:
    """The firm's log of credit checks; nothing where there is none."""
    log = account.settings["orders"]
    return orders.read_orders(log.reveal()) if log else []


def ordered(account: Account, cursor: str | None) -> Pages:
    """The log; a firm that can order checks and has none cannot say that all was shown."""
    rest = [each for each in read_log(account) if orders.position(each) > (cursor or "")]
    while len(rest) > ORDERS_A_PAGE:
        page, rest = rest[:ORDERS_A_PAGE], rest[ORDERS_A_PAGE:]
        yield page, orders.position(page[-1]), None
    orders_none = orders.CHECKS.isdisjoint(account.settings["scope"].split())
    yield rest, None, bool(account.settings["orders"]) or orders_none


def read_companies(account: Account) -> dict[Ref, Row]:
    """Every monitored company and every tag, by its ref; `categories` names the sub-lists the company is in."""
    found: dict[Ref, Row] = {}
    for rows, _, complete in portfolio(account, None):
        found |= {records.ref_of(COMPANY, row): row | {"monitored": True, "categories": []} for row in rows}
        if complete is False:
            raise UnavailableError(
                "the portfolio changed while it was read, or is shorter than it says (see `short_lists`)"
            )
    for category, row in _sub_lists(account):
        held = found.setdefault(records.ref_of(COMPANY, row), row | {"monitored": False, "categories": []})
        held["categories"].append(category)
    tagged = (each for row in found.values() for each in _tagged(row))
    return found | {records.ref_of(REFERENCE, each): each for each in tagged}


def _sub_lists(account: Account) -> Iterator[tuple[str, Row]]:
    """The companies of all sub-lists, each with the id of its list."""
    for _, categories, _ in _numbered(account, CATEGORIES, by="number"):
        for category in (str(each.get("id") or "") for each in categories):
            shown = total = 0
            for _, rows, body in _numbered(account, f"{CATEGORIES}/{quote(category, safe='')}/companies"):
                yield from ((category, row) for row in rows)
                shown, total = shown + len(rows), body.get("totalCompanies") or 0
                if shown >= total:
                    break
            if shown < total and not trusts(account):
                raise UnavailableError(
                    "a sub-list of the portfolio is shorter than it says (see `short_lists`)"
                )


@dataclass(frozen=True, slots=True)
class Roll:
    """The firm's consumers and the events that name them. `whole`: nothing speaks against the list."""

    rows: Mapping[str, Row]
    events: Mapping[str, list[Row]]
    whole: bool
    numbers: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)

    def of_number(self, row: Row) -> list[str]:
        """The consumers with the national number of this one: they are one person."""
        return self.numbers.get(records.number_of(row), [])

    def check_absent(self, consumer_id: str) -> None:
        """Raise unless it is proven that this consumer, who is not in the list, is not held."""
        if not self.whole and not self.was_deleted(consumer_id):
            raise UnavailableError(
                "the list of consumers is empty or has an empty page, and the log of events does not say that they "
                "were deleted: no proof of absence (see `short_lists`)"
            )

    def was_deleted(self, consumer_id: str) -> bool:
        return consumer_id in self.events and self.events[consumer_id][-1].get("type") == DELETED

    def is_emptied(self) -> bool:
        """Whether the log shows that an empty list is right: there were consumers, and each was deleted."""
        return not self.rows and bool(self.events) and all(map(self.was_deleted, self.events))


def read_roll(account: Account) -> Roll:
    """The list of consumers and the log of events, each read whole."""
    rows, events, numbers = dict[str, Row](), dict[str, list[Row]](), dict[tuple[str, str], list[str]]()
    whole = logged = True
    for page, _, complete in listing("consumers", "consumers", account, None):
        rows |= {records.ref_of(records.CONSUMER, row).id: row for row in page}
        whole = complete is not False
    for page, _, complete in listing("audit-events", "auditEvents", account, None):
        for event in page:
            events.setdefault(str(event.get("consumerId")), []).append(event)
        logged = complete is not False
    recent = any((at := records.since(row)) and at > account.now() - YEAR for row in rows.values())
    if not logged and (events or recent):
        raise UnavailableError("the log of events is shorter than it has to be (see `short_lists`)")
    for each, row in rows.items():
        if all(number := records.number_of(row)):
            numbers.setdefault(number, []).append(each)
    return Roll(rows, events, whole, numbers)


def monitoring_events(account: Account) -> Iterator[Row]:
    """What was told of the monitored companies in the last year, all that is held of it."""
    now = account.now()
    asked: dict[str, Any] = {
        "startDate": _at(now - YEAR),
        "endDate": _at(now),
        "language": "en",
        "sorting": {"sortBy": "REGISTRATION_DATE", "sortDirection": "ASC"},
    }
    for number in count():
        body = asked | {"page": {"number": number, "size": 100}}
        answer = call(account, "POST", f"{MONITORING}/portfolio/events", json=body, repeatable=True).json(Row)
        page = answer.get("page")
        yield from rows_in(page if isinstance(page, dict) else {}, "content")
        if number + 1 >= int(answer["page"].get("totalPages") or 0):
            return


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


SOURCES: Mapping[str, Callable[[Account, str | None], Pages]] = {
    records.CONSUMER: partial(listing, "consumers", "consumers"),
    records.COMPANY: portfolio,
    records.REFERENCE: references,
    records.DECISION: ordered,
}
