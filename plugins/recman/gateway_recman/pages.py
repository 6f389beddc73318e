"""Recman's numbered pages, read from the last to the first, so that nobody is lost when rows go meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import gateway as gw
from gateway_recman.client import read
from gateway_recman.records import Row, id_of, rows_of

ANY = 1 << 63  # above every id


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a page that were not shown before.

    All rows with an id of `floor` or more have been shown; 0 where ids do not rise. `whole` is None while pages
    are left; on the last part it says whether nobody can have been missed.
    """

    number: int
    rows: list[Row]
    floor: int
    whole: bool | None


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it is answered: `counted` is its `numRows`, `more` whether it names a next one."""

    number: int
    rows: list[Row]
    counted: int
    more: bool


def parts(account: gw.Account, scope: str, at: int = 0, floor: int = 0, /, **params: str) -> Iterator[Part]:
    """A list in parts, from its last page to its first. `at` and `floor` are of the part to go on after.

    A row that goes away moves up all that follow: to pages that are yet to be read, or were read already. So rows
    may come twice, which is seen, and none is lost. Rows that are added come last, if ids rise; where they do not,
    another row than before at the head of the first page tells that rows may have been missed.
    """
    reader = _Reader(account, scope, params)
    if at:
        yield from reader.down(reader.page(at - 1), floor, head="")
        return
    head = reader.page(1)
    if not head.rows:
        yield Part(1, [], 0, whole=True)
        return
    yield from reader.down(reader.last(head), ANY, head=reader.ids(head)[0])


@dataclass(frozen=True, slots=True)
class _Reader:
    account: gw.Account
    scope: str
    params: dict[str, str]

    def page(self, number: int) -> _Page:
        answer = read(self.account, self.scope, page=number, **self.params)
        rows, counted = rows_of(answer.get("data")), str(answer.get("numRows") or 0)
        if not rows and (counted != "0" and number == 1):
            raise self.odd()
        return _Page(
            number, rows, int(counted) if counted.isdecimal() else 0, more=bool(answer.get("nextPage"))
        )

    def ids(self, page: _Page) -> list[str]:
        return [id_of(row, f"{self.scope}Id") for row in page.rows]

    def last(self, low: _Page) -> _Page:
        """The last page with rows, found by doubling and halving, however `numRows` and `nextPage` are meant."""
        size, high = len(low.rows), 0  # `high`: the lowest page that is known to be empty
        counts, announces = low.counted > size, low.more
        while True:
            seen = (low.number - 1) * size + len(low.rows)
            short = low.more or (counts and seen < low.counted)
            if not short and (counts or announces):
                return low
            if low.number + 1 == high:
                if short:
                    raise self.odd()
                return low
            number = (low.number + high) // 2 if high else low.number * 2
            if counts and low.number == 1 and not high:
                number = -(-low.counted // size)
            got = self.page(number)
            if got.rows and got.rows == low.rows:
                raise self.odd()
            low, high = (got, high) if got.rows else (low, number)
            announces = announces or low.more

    def down(self, page: _Page, floor: int, head: str) -> Iterator[Part]:
        """The parts from this page to the first. `head` is the first row's id as the reading began, where known."""
        shown, before, rising = set[int](), list[Row](), floor > 0
        limit = floor = floor or ANY
        while True:
            if not page.rows or (page.rows == before and self.page(page.number + 1).rows == before):
                raise self.odd()  # of a page that comes again, all may have moved up; not if it is where it was, too
            ids = [int(each) for each in self.ids(page)]
            new = all(each < floor or each in shown for each in ids) or not head
            rising = rising and new and ids == sorted(ids)
            floor = min(floor, ids[0])
            fresh = [
                row
                for row, each in zip(page.rows, ids, strict=True)
                if each not in shown and (each < limit or not rising)
            ]
            shown.update(ids)
            whole = None if page.number > 1 else rising or head == str(ids[0])
            yield Part(page.number, fresh, floor if rising else 0, whole)
            if page.number == 1:
                return
            before, page = page.rows, self.page(page.number - 1)

    def odd(self) -> gw.GarbledError:
        return gw.GarbledError(f"Recman's pages of {self.scope} do not add up")
