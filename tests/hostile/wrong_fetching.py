"""Plugins that read too little, too much, or not from where they stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

import gateway_example
from gateway_example import client, records

from gateway import Account, GarbledError, Holding, Kind, Page, Record, Ref, Subject, Vendor
from tests.hostile.twin import wrong

VENDOR = gateway_example.describe()
_turns = count()


@wrong("fetch", law="simulator_is_large_enough", says="has 1 pages, fewer than 3", switches={"page": 50})
def all_on_one_page(account: Account, cursor: str | None) -> Iterator[Page]:
    """The plugin is right. Its author left the simulator's pages as large as the vendor's."""
    yield from gateway_example.fetch(account, cursor)


@wrong("fetch", law="simulator_is_large_enough", says="holds 8 people, fewer than 10")
def eight_prove_that_it_works(account: Account, cursor: str | None) -> Iterator[Page]:
    """The first eight prove that paging works. The limit was to be taken out later."""
    for page in gateway_example.fetch(account, cursor):
        last = int(page.cursor or 8) >= 8
        first = tuple(each for each in page.records if int(each.ref.id) <= 8)
        yield replace(page, records=first, complete=True if last else None)
        if last:
            return


@wrong("fetch", law="fetch_ends_with_the_last_page", says="page 1 of 3 of person says complete=False")
def not_complete_yet(account: Account, cursor: str | None) -> Iterator[Page]:
    """Before the last page the sweep is not complete, and False says just that."""
    for page in gateway_example.fetch(account, cursor):
        yield replace(page, complete=bool(page.complete))


@wrong(
    "fetch",
    law="fetch_ends_with_the_last_page",
    says="the undisturbed sweep of person says it is not complete",
)
def never_quite_complete(account: Account, cursor: str | None) -> Iterator[Page]:
    """People may always have come in meanwhile, so it is safer never to say that the sweep is complete."""
    for page in gateway_example.fetch(account, cursor):
        yield replace(page, complete=None if page.cursor else False)


@wrong("fetch", law="fetch_ends_with_the_last_page", says="the last page of person says complete=None")
def core_will_see_the_end(account: Account, cursor: str | None) -> Iterator[Page]:
    """When no page follows, it was the last one; there is no need to say so."""
    for page in gateway_example.fetch(account, cursor):
        yield replace(page, complete=None)


@wrong(
    "fetch",
    law="fetch_ends_with_the_last_page",
    says="fetch of note yielded no page",
    describe=lambda: replace(VENDOR, kinds=(*VENDOR.kinds, Kind("note", "Notes"))),
)
def no_page_where_nothing_is(account: Account, kind: str, cursor: str | None) -> Iterator[Page]:
    """Nobody has written a note yet, so there is no page to show."""
    if kind == "person":
        yield from gateway_example.fetch(account, cursor)


@wrong(
    "fetch", law="fetch_ends_with_the_last_page", says="the cursor of page 1 of 3 of person is 4, not text"
)
def cursor_is_a_number(account: Account, cursor: Any) -> Iterator[Any]:
    """The cursor is an id, and ids are numbers there."""
    for page in gateway_example.fetch(account, str(cursor) if cursor else None):
        number: Any = int(page.cursor) if page.cursor else None
        yield replace(page, cursor=number)


@wrong("fetch", law="fetch_yields_each_record_once", says="the record '4' 2 times")
def from_the_last_id_on(account: Account, cursor: str | None) -> Iterator[Page]:
    """Asking for all from the last id on, itself included, is the safe side."""
    last = cursor
    while True:
        page = next(client.sweep(account, str(int(last) - 1) if last else None))
        complete = None if page.next else bool(page.people)
        yield Page(tuple(map(records.read, page.people)), page.next, complete)
        if page.next is None:
            return
        if page.next == last:
            raise GarbledError("the list leads to itself")
        last = page.next


@wrong(
    "describe", law="fetch_yields_each_record_once", says="fetch of people yielded a record of kind 'person'"
)
def kind_is_a_plural() -> Vendor:
    """The list is called people, and one of them a person."""
    return replace(VENDOR, kinds=(Kind("people", "People"),))


def _look_at_people(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    """Nobody asks the vendor for the sum."""
    yield from gateway_example.audit(account, [each for each in subjects if "" not in each.ids("person")])


@wrong(
    "fetch",
    law="fetch_yields_each_record_once",
    audit=_look_at_people,
    says="the id '' of a person is not text",
)
def sum_is_a_row(account: Account, cursor: str | None) -> Iterator[Page]:
    """The last row of the last page is their sum. It has no id, but it is a row."""
    for page in gateway_example.fetch(account, cursor):
        sum_of_all = (Record(Ref("person", ""), name="Sum"),) if page.complete else ()
        yield replace(page, records=page.records + sum_of_all)


@wrong(
    "fetch", law="fetch_is_stable", says="the second fetch of person did not yield the same in the same order"
)
def in_no_order(account: Account, cursor: str | None) -> Iterator[Page]:
    """All that counts is that everybody is on the page; theirs has the last opened first."""
    backwards = -1 if next(_turns) % 2 else 1
    for page in gateway_example.fetch(account, cursor):
        yield replace(page, records=page.records[::backwards])


@wrong("fetch", law="fetch_resumes_from_every_page", says="resumed after page 1, lost 4 records: person 5")
def resumed_after_the_next_page(account: Account, cursor: str | None) -> Iterator[Page]:
    """What comes first after a restart was read already: the cursor is that of the page last asked for."""
    pages = gateway_example.fetch(account, cursor)
    if cursor:
        after = next(pages)
        if after.complete is not None:
            yield after
    yield from pages


@wrong(
    "fetch",
    law="fetch_resumes_from_every_page",
    says="resumed after page 1, yielded 4 records once more: person 1",
)
def always_from_the_start(account: Account) -> Iterator[Page]:
    """A sweep is short; after an interruption it simply begins again."""
    yield from gateway_example.fetch(account, None)


@wrong("fetch", law="times_carry_their_zone", says="created of the person '1' is not in UTC")
def time_without_a_zone(account: Account, cursor: str | None) -> Iterator[Page]:
    """Their times are written without a zone, so they are read without one."""
    for page in gateway_example.fetch(account, cursor):
        local = (replace(each, created=each.created and _naive(each.created)) for each in page.records)
        yield replace(page, records=tuple(local))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
