"""What is read at Bisnode: fetch, audit and export."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from gateway import Account, GarbledError, Holding, Item, Page, Record, Ref, Response, Subject
from gateway_bisnode import lists, orders, records
from gateway_bisnode.client import call
from gateway_bisnode.records import COMPANY, CONSUMER, DECISION, EVENTS, REFERENCE, Row

PRODUCTS = {
    CONSUMER: "bci",
    COMPANY: "credit_data_monitoring",
    REFERENCE: "credit_data_monitoring",
}
MAKERS: Mapping[str, Callable[[Row, Mapping[str, Any]], Record | None]] = {
    CONSUMER: records.consumer,
    COMPANY: records.company,
    REFERENCE: records.reference,
    DECISION: orders.order,
}
PDF = "/appendix/pdf"
DECISION_PARTS = {
    "decision.json": ("", "application/json"),
    "background.json": ("/background", "application/json"),
    "appendix.pdf": (PDF, "application/pdf"),
}


def fetch(account: Account, kind: str, cursor: str | None) -> Iterator[Page]:
    """A product the firm does not have by its scopes is not asked for: nothing is held in it."""
    own, make = account.settings, MAKERS[kind]
    product = PRODUCTS.get(kind)
    absent = product is not None and product not in own["scope"].split()
    if absent or (kind == REFERENCE and not own["references_of"]):
        yield Page((), None, complete=True)
        return
    shown = cursor is not None
    for rows, after, complete in lists.SOURCES[kind](account, cursor):
        shown = shown or bool(rows)
        if kind == CONSUMER and complete is False and not shown:
            complete = lists.read_roll(account).is_emptied()
        made = (make(row, own) for row in rows)
        yield Page(tuple(each for each in made if each), after, complete)


def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    """Each list is read once for all subjects, and only if it is needed."""
    asked = {each.ref: _asked(each) for each in subjects}
    refs = {ref for each in asked.values() for ref in each}
    held = _companies(account, refs) | _consumers(account, refs) | _decisions(account, refs)
    for subject, wanted in asked.items():
        yield from (Holding(subject, ref, held[ref]) for ref in wanted if ref in held)


def _asked(subject: Subject) -> list[Ref]:
    """What is in scope with what hangs on it, and what is kept; each once."""
    events = (Ref(EVENTS, each) for each in subject.ids(CONSUMER))
    return [*dict.fromkeys((*subject.records, *events, *subject.kept))]


def _of(refs: Collection[Ref], *kinds: str) -> list[Ref]:
    return sorted(ref for ref in refs if ref.kind in kinds)


def _companies(account: Account, refs: Collection[Ref]) -> dict[Ref, datetime | None]:
    wanted = _of(refs, COMPANY, REFERENCE)
    rows = lists.read_companies(account) if wanted else {}
    return {ref: records.since(rows[ref]) for ref in wanted if ref in rows}


def _consumers(account: Account, refs: Collection[Ref]) -> dict[Ref, datetime | None]:
    held: dict[Ref, datetime | None] = {}
    if not (wanted := _of(refs, CONSUMER, EVENTS)):
        return held
    roll = lists.read_roll(account)
    for ref in wanted:
        if ref.kind == EVENTS:
            if ref.id in roll.events:
                held[ref] = records.since(roll.events[ref.id][0])
        elif ref.id in roll.rows:
            held[ref] = records.since(roll.rows[ref.id])
        else:
            roll.check_absent(ref.id)
    return held


def _decisions(account: Account, refs: Collection[Ref]) -> dict[Ref, datetime | None]:
    """A check that cannot be asked for is still held. A 404 is absence only if another decision is shown."""
    if not (wanted := _of(refs, DECISION)):
        return {}
    log = {records.ref_of(DECISION, line): line for line in lists.read_log(account)}
    asked = [ref for ref in wanted if _can_be_asked(account, log.get(ref, {}))]
    answers = list(account.map(lambda ref: ask(account, ref).status, asked))
    absent = {ref for ref, status in zip(asked, answers, strict=True) if status == 404}
    if absent and len(absent) == len(asked):
        newest = [ref for ref, line in log.items() if orders.is_decision(line) and ref not in absent][-1:]
        if not any(ask(account, ref).status != 404 for ref in newest):
            absent = set()
    return {ref: records.since(log.get(ref, {})) for ref in wanted if ref not in absent}


def _can_be_asked(account: Account, line: Row) -> bool:
    """Whether the bureau shows this check again: a decision, to a client with its scope."""
    return orders.is_decision(line) and not orders.SCOPES.isdisjoint(account.settings["scope"].split())


def ask(account: Account, ref: Ref, part: str = "") -> Response:
    """A decision as the bureau holds it; 404: it does not; 451: it does, and may not give it out."""
    path = f"decision/v3/person/{quote(ref.id, safe='')}{part}"
    answer = call(account, "GET", path, accept={200, 404, 451})
    if answer.status == 200 and part != PDF:
        answer.json(Row)
    elif answer.status == 200 and not re.fullmatch(rb"%PDF-.*%%EOF\s*", answer.content, re.DOTALL):
        raise GarbledError("GET /decision/v3/person: an appendix that is no whole PDF")
    return answer


def export(account: Account, subject: Subject) -> Iterator[Item]:
    asked = _asked(subject)
    yield from _written_consumers(account, _of(asked, CONSUMER, EVENTS))
    yield from _written_companies(account, _of(asked, COMPANY, REFERENCE))
    log = {records.ref_of(DECISION, line): line for line in lists.read_log(account)}
    for ref in _of(asked, DECISION):
        line = log.get(ref, {})
        if line:
            yield _written(ref, "order.json", {column: cell for column, cell in line.items() if column})
        if _can_be_asked(account, line):
            yield from _parts(account, ref)


def _written_consumers(account: Account, wanted: Sequence[Ref]) -> Iterator[Item]:
    if not wanted:
        return
    roll = lists.read_roll(account)
    here = [ref for ref in wanted if ref.kind == CONSUMER and ref.id in roll.rows]
    for ref in wanted:
        if ref.kind == EVENTS:
            if ref.id in roll.events:
                yield _written(ref, "audit-events.json", roll.events[ref.id])
        elif ref in here:
            yield _written(ref, "consumer.json", roll.rows[ref.id])
        else:
            roll.check_absent(ref.id)
    pages = lists.listing("subscriptions", "subscriptions", account, None) if here else ()
    for row in (row for page, _, _ in pages for row in page):
        for ref in here:
            if ref.id in (row.get("consumerIds") or ()):
                yield _written(ref, "subscription.json", row)


def _written_companies(account: Account, wanted: Sequence[Ref]) -> Iterator[Item]:
    rows = lists.read_companies(account) if wanted else {}
    here = [ref for ref in wanted if ref in rows]
    for ref in here:
        yield _written(ref, f"{ref.kind}.json", rows[ref])
    own = {ref: list[Row]() for ref in here if ref.kind == COMPANY}
    for event in lists.monitoring_events(account) if own else ():
        about = records.ref_of(COMPANY, event.get("companyInformation") or {})
        if about in own:
            own[about].append(event)
    yield from (_written(ref, "events.json", found) for ref, found in own.items() if found)


def _parts(account: Account, ref: Ref) -> Iterator[Item]:
    for name, (part, media_type) in DECISION_PARTS.items():
        answer = ask(account, ref, part)
        if answer.status == 451:
            yield _written(ref, name, {"status": 451, "message": "held, and may not be given out"})
        elif answer.status != 404:
            yield Item(ref, media_type, answer.content, name)


def _written(ref: Ref, name: str, said: object) -> Item:
    return Item(ref, "application/json", msgspec.json.format(msgspec.json.encode(said), indent=2), name)
