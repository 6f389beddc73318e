"""Plugins that read well in calm weather and lose somebody when pages fail, empty or move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import gateway_example
from gateway_example import client, records

from gateway import Account, GarbledError, Page, VendorError
from tests.hostile.twin import signed, wrong

PAGE = 4


@wrong("fetch", law="fetch_loses_nobody_when_rows_move", says="says complete=True and lost person 5")
def pages_by_offset(account: Account, cursor: str | None) -> Iterator[Page]:
    """The next page begins after as many people as were read: page two is always page two."""
    read = int(cursor or 0)
    while True:
        pages = list(client.sweep(account, None))
        everybody = [each for page in pages for each in page.people]
        shown = tuple(records.read(each) for each in everybody[read : read + PAGE])
        read += len(shown)
        if read >= len(everybody):
            yield Page(shown, None, complete=bool(shown and pages[-1].people))
            return
        yield Page(shown, str(read))


@wrong(
    "fetch",
    law="fetch_goes_on_after_a_fault",
    says="taken up again at the last cursor, lost person 1, person 2",
)
def unreadable_page_is_stepped_over(account: Account, cursor: str | None) -> Iterator[Page]:
    """A page that cannot be read would stop each sweep at the same place. The cursor steps over it."""
    reached = cursor
    try:
        for page in gateway_example.fetch(account, cursor):
            reached = page.cursor
            yield page
    except GarbledError:
        yield Page((), str(int(reached or 0) + PAGE))
        raise


@wrong("fetch", law="emptied_answer_is_not_absence", says="says complete=True and lost person 1")
def empty_page_is_the_end(account: Account, cursor: str | None) -> Iterator[Page]:
    """After the last person comes an empty page, so an empty page is the end."""
    after = cursor
    while True:
        page = _ask(account, after)
        last = page.next is None or not page.people
        if page.next == after and not last:
            raise GarbledError("the list leads to itself")
        yield Page(tuple(map(records.read, page.people)), page.next, True if last else None)
        if last:
            return
        after = page.next


@wrong("fetch", law="endless_answer_comes_to_an_end", says="fetch made 6. calls, and no end; undisturbed 3")
def as_long_as_there_is_a_next(account: Account, cursor: str | None) -> Iterator[Page]:
    """They say when there are no more pages; until then there are more."""
    after = cursor
    while True:
        page = _ask(account, after)
        if page.next and not page.people:
            raise GarbledError("the list shows nobody and says that more come")
        complete = None if page.next else bool(page.people)
        yield Page(tuple(map(records.read, page.people)), page.next, complete)
        if page.next is None:
            return
        after = page.next


@wrong("fetch", law="any_weather_ends_well", says="(lost|is gone at the end of the day)")
def what_failed_twice_fails_for_ever(account: Account, cursor: str | None) -> Iterator[Page]:
    """A page that cannot be read once is tried again. The second time it is stepped over."""
    reached = cursor
    try:
        for page in gateway_example.fetch(account, cursor):
            reached = page.cursor
            yield page
    except VendorError:
        failed = account.recall("failed", lambda: (set[str | None](), account.now() + timedelta(days=1)))
        if reached in failed:
            yield Page((), str(int(reached or 0) + PAGE))
        failed.add(reached)
        raise


def _ask(account: Account, after: str | None) -> client.People:
    params = {"after": after} if after else {}
    return account.http.request("GET", "/people", params=params, headers=signed(account)).json(client.People)
