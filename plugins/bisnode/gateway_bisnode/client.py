"""Bisnode's dialect: the sign-in, the pages, their ways of saying no, and what each hook asks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

import gateway
from gateway import Account, GarbledError, Holding, Item, Kept, Outcome, Page, Reason, Ref, Response, Subject
from gateway_bisnode import records
from gateway_bisnode.records import Row

CONSUMERS, MONITORING = "consumer-intelligence/v3", "credit-monitoring-companies/v1"
SCOPES = {"consumer": "bci", "company": "credit_data_monitoring", "decision": "rgs-decision"}
BUREAU = ("Dun & Bradstreet Norge AS",)
NOES = frozenset({400, 401, 403, 404, 405, 409, 410, 415, 422, 451})
ORDERS_A_PAGE = 500
DECISION_PARTS = {
    "decision.json": ("", "application/json"),
    "background.json": ("/background", "application/json"),
    "appendix.pdf": ("/appendix/pdf", "application/pdf"),
}
DECISION_STAYS = (
    "The bureau keeps credit decisions as its own controller; there is no call to delete them. "
    "The firm's duty is to delete its own copy and tell the person."
)
COMPANY_SHARED = "The company carries the tags of several people; take this person's tag off by hand."
EVENTS_STAY = "Their audit events name the consumer id for up to a year; no call ends that."

Pages = Iterator[tuple[list[Row], str | None, bool | None]]
Source = Callable[[Account, str | None], Pages]
Maker = Callable[[Row, Mapping[str, Any]], gateway.Record | None]


class Token(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


class Fault(msgspec.Struct, rename="camel"):
    message: str = ""
    sub_errors: list[Row] = []


def sign_in(account: Account) -> tuple[str, datetime]:
    own, asked_at = account.settings, account.now()
    form = {"grant_type": "client_credentials", "scope": own["scope"]}
    auth = (own["client_id"], own["client_secret"].reveal())
    reply = account.http.request("POST", own["token_url"], form=form, auth=auth, accept=NOES, repeatable=True)
    if reply.status >= 400:
        raise gateway.RefusedError(f"sign-in: {reply.status}; check client_id, client_secret and scope")
    token = reply.json(Token)
    return token.access_token, asked_at + timedelta(seconds=token.expires_in)


def call(
    account: Account, method: str, path: str, *, accept: Collection[int] = (200,), **more: Any
) -> Response:
    """One call, signed; a token that ran out is renewed once. An answer that is not in `accept` is raised."""
    for _ in range(2):
        token = account.recall("token", partial(sign_in, account))
        signed = {"Authorization": f"Bearer {token}"}
        answer = account.http.request(method, path, headers=signed, accept=NOES, **more)
        if answer.status != 401:
            break
        account.forget("token", token)
    if answer.status in accept:
        return answer
    where = f"{method} /{'/'.join(path.split('/')[:3])}: {answer.status}{reason(answer)}"
    if answer.status in {401, 403}:
        raise gateway.RefusedError(f"{where}; check that the client and `scope` cover this product")
    raise GarbledError(where)


def reason(answer: Response) -> str:
    """Why they said no, in their words, without the values they rejected: those are people's."""
    try:
        fault = answer.json(Fault)
    except GarbledError:
        return ""
    message = fault.message
    for each in fault.sub_errors:
        message = message.replace(str(each.get("rejectedValue") or "\n"), "…")
    fields = ", ".join(re.sub(r"[^A-Za-z_.]", "", str(each.get("field"))) for each in fault.sub_errors)
    message = re.sub(r"\S*[@\d]\S*", "…", message)[:200]
    return f" {message}" + (f" (fields: {fields})" if fields else "")


def rows_in(body: Row, key: str) -> list[Row]:
    rows = body.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GarbledError(f"a page without a list of {key}")
    return rows


def listing(name: str, key: str, account: Account, cursor: str | None) -> Pages:
    """The pages of Consumer Intelligence; a token they no longer take means from the beginning."""
    path, token = f"{CONSUMERS}/{name}", cursor
    while True:
        params = {"nextPageToken": token} if token else None
        expected = {200, 400} if token and token == cursor else {200}
        answer = call(account, "GET", path, params=params, accept=expected)
        if answer.status == 400:
            cursor = token = None
            continue
        body = answer.json(Row)
        after = body.get("nextPageToken") or None
        if after and after == token:
            raise GarbledError(f"GET /{path}: a page that leads to itself")
        yield rows_in(body, key), after, None if after else True
        if not after:
            return
        token = after


def state_of(account: Account) -> str:
    body = call(account, "GET", f"{MONITORING}/portfolio").json(Row)
    return f"{body.get('totalCompanies')} {body.get('lastModified')}"


def portfolio(account: Account, cursor: str | None) -> Pages:
    """The pages of monitored companies, until an empty one: they carry no total and no token."""
    # Pages have numbers alone, and a removal moves rows between them. So the portfolio's state is read before and
    # after: a sweep is complete if it stood still, and a cursor from another state starts anew.
    state = state_of(account)
    number, _, seen = (cursor or "0 ").partition(" ")
    page, before = int(number) if seen == state else 0, list[Row]()
    while True:
        params = {"page": page, "size": 100, "sortBy": "ADDED_DATE", "sortDirection": "ASC"}
        answer = call(account, "GET", f"{MONITORING}/portfolio/companies", params=params)
        if not (rows := rows_in(answer.json(Row), "companies")):
            break
        if rows == before:
            raise GarbledError(f"GET /{MONITORING}/portfolio/companies: one page again and again")
        page, before = page + 1, rows
        yield rows, f"{page} {state}", None
    yield [], None, state_of(account) == state


def orders(account: Account, cursor: str | None) -> Pages:
    """The firm's log; without one, nobody can say that all was shown."""
    log = account.settings["orders"]
    lines = records.read_orders(log.reveal()) if log else []
    rest = [each for each in lines if records.position(each) > (cursor or "")]
    while len(rest) > ORDERS_A_PAGE:
        page, rest = rest[:ORDERS_A_PAGE], rest[ORDERS_A_PAGE:]
        yield page, records.position(page[-1]), None
    yield rest, None, bool(log)


KINDS: Mapping[str, tuple[Source, Maker]] = {
    "consumer": (partial(listing, "consumers", "consumers"), records.consumer),
    "company": (portfolio, records.company),
    "decision": (orders, records.order),
}


def known(account: Account, refs: Collection[Ref], *kinds: str) -> dict[Ref, Row]:
    """The rows behind these records, each list read once for all, and only if it is needed."""
    found: dict[Ref, Row] = {}
    for kind in kinds:
        wanted = {ref for ref in refs if ref.kind == kind}
        for rows, _, complete in KINDS[kind][0](account, None) if wanted else ():
            found |= {ref: row for row in rows if (ref := records.ref_of(kind, row)) in wanted}
            if complete is False and kind == "company":
                raise gateway.UnavailableError("the portfolio changed while it was read")
    return found


def fetch(account: Account, kind: str, cursor: str | None) -> Iterator[Page]:
    """A product the firm does not have by its scopes is not asked for; nothing is claimed of it."""
    if kind != "decision" and SCOPES[kind] not in account.settings["scope"]:
        yield Page((), None, complete=False)
        return
    source, make = KINDS[kind]
    for rows, after, complete in source(account, cursor):
        made = (make(row, account.settings) for row in rows)
        yield Page(tuple(each for each in made if each), after, complete)


def delete(account: Account, subjects: Sequence[Subject]) -> Iterator[gateway.Receipt]:
    companies = known(account, [ref for each in subjects for ref in each.records], "company")
    yield from account.map(partial(remove, account, companies), subjects)


def remove(account: Account, companies: Mapping[Ref, Row], subject: Subject) -> gateway.Receipt:
    deleted, kept = list[Ref](), list[Kept]()
    for ref in subject.records:
        row = companies.get(ref, {})
        if ref.kind == "decision":
            kept.append(Kept(ref, Reason.OWN_CONTROLLER, DECISION_STAYS, readers=BUREAU))
        elif ref.kind == "consumer":
            path = f"{CONSUMERS}/consumers/{quote(ref.id, safe='')}"
            deleted += [ref] if call(account, "DELETE", path, accept={204, 404}).status == 204 else []
        elif len(records.people(row, account.settings)) > 1:
            kept.append(Kept(ref, Reason.SHARED, COMPANY_SHARED))
        elif row and end_monitoring(account, row):
            deleted.append(ref)
    outcome = Outcome.NOTHING if subject.records or subject.kept else Outcome.UNLINKABLE
    if kept:
        own = any(each.reason == Reason.OWN_CONTROLLER for each in kept)
        outcome = Outcome.REFUSED if own else Outcome.KEPT
    elif deleted:
        outcome = Outcome.DONE
    note = EVENTS_STAY if any(ref.kind == "consumer" for ref in deleted) else ""
    return gateway.Receipt(subject.ref, outcome, tuple(deleted), tuple(kept), note=note)


def end_monitoring(account: Account, row: Row) -> bool:
    """Take off the firm's tags, then the company; whether they say it was there."""
    key = {name: row[name] for name in ("country", "registrationNumber", "duns") if row.get(name)}
    if tagged := records.tags(row):
        body = {"references": [{"company": key, "references": tagged}]}
        call(account, "DELETE", f"{MONITORING}/references", json=body, accept={204})
    answer = call(account, "DELETE", f"{MONITORING}/portfolio/companies", json={"companyIds": [key]})
    return bool(answer.json(list[Row]))


def ask(account: Account, ref: Ref, part: str = "") -> Response:
    """A decision as the bureau holds it; 404: it does not; 451: it does, and may not give it out."""
    return call(account, "GET", f"decision/v3/person/{quote(ref.id, safe='')}{part}", accept={200, 404, 451})


def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    wanted = [(each.ref, ref) for each in subjects for ref in (*each.records, *each.kept)]
    rows = known(account, [ref for _, ref in wanted], "consumer", "company")
    held = {ref: records.since(row) for ref, row in rows.items()}
    decisions = sorted({ref for _, ref in wanted if ref.kind == "decision"})
    blind = SCOPES["decision"] not in account.settings["scope"]  # what cannot be asked for is still held
    answers = account.map(lambda ref: blind or ask(account, ref).status != 404, decisions)
    held |= {ref: None for ref, there in zip(decisions, answers, strict=True) if there}
    yield from (Holding(subject, ref, held[ref]) for subject, ref in wanted if ref in held)


def export(account: Account, subject: Subject) -> Iterator[Item]:
    asked = (*subject.records, *subject.kept)
    rows = known(account, asked, "consumer", "company", "decision")
    for ref, row in rows.items():
        yield written(ref, "order.json" if ref.kind == "decision" else f"{ref.kind}.json", row)
    events = listing("audit-events", "auditEvents", account, None)
    for page, _, _ in events if any(ref.kind == "consumer" for ref in rows) else ():
        found = ((Ref("consumer", str(event.get("consumerId"))), event) for event in page)
        yield from (written(ref, "audit-event.json", event) for ref, event in found if ref in rows)
    seen = SCOPES["decision"] in account.settings["scope"]
    for ref in (each for each in asked if each.kind == "decision" and seen):
        for name, (part, media_type) in DECISION_PARTS.items():
            answer = ask(account, ref, part)
            if answer.status == 451:
                yield written(ref, name, {"status": 451, "message": "held, and may not be given out"})
            elif answer.status != 404:
                yield Item(ref, media_type, answer.content, name)


def written(ref: Ref, name: str, row: Row) -> Item:
    said = {field: value for field, value in row.items() if field}
    return Item(ref, "application/json", msgspec.json.format(msgspec.json.encode(said), indent=2), name)
