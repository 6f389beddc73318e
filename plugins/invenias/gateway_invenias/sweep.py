"""Fetching people: all of them in parallel pages, then only what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gateway import Account, GarbledError, Page, Record
from gateway_invenias import records
from gateway_invenias.client import MOST, PEOPLE, Listed, page, read_people

OVERLAP = timedelta(minutes=1)  # filters know whole seconds, and a change may show later than the next one
REMEMBERED = 32  # pages: a row that moved shows up again close by
ORDER = [{"Selector": "DateCreated", "Desc": False}, {"Selector": "ItemId", "Desc": False}]


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cursor: `page` is the next one to read, `since` asks for changes only.

    When the walk began, it had `count` rows and the newest change was made at `newest`.
    """

    since: datetime | None = None
    page: int = 0
    count: int = -1
    began: datetime | None = None
    newest: datetime | None = None


_WALK = msgspec.json.Decoder(Walk)  # made here: two threads must not make it at once


def people(account: Account, cursor: str | None) -> Iterator[Page]:
    """Rows stand in the order of their creation, so that new ones come last.

    Where a row vanished meanwhile, others moved up and may have been missed: then the sweep is not complete.
    """
    record, walk = records.mapping(account.settings), _resume(account, cursor)
    walk = walk if walk.count >= 0 else _begin(account, walk)
    number, listed, fresh = walk.page, Listed([]), tuple[Record, ...]()
    shown: set[str] = set()
    remembered: deque[list[str]] = deque()
    for number, listed in enumerate(_pages(account, walk), walk.page):
        if number > walk.page:
            yield Page(fresh, _text(msgspec.structs.replace(walk, page=number)))
        rows = {row.item_id: row for row in listed.items if row.item_id not in shown}
        if "" in rows:
            raise GarbledError("a page of people has a row with an empty ItemId")
        fresh = tuple(map(record, rows.values()))
        remembered.append(list(rows))
        shown.update(rows)
        if len(remembered) > REMEMBERED:
            shown.difference_update(remembered.popleft())
    settled = number == 0 or _settled(account, walk, listed)
    yield Page(fresh, _following(account, walk, settled), settled and not walk.since)


def _resume(account: Account, cursor: str | None) -> Walk:
    try:
        walk = _WALK.decode(cursor or "{}")
    except msgspec.DecodeError as err:
        raise GarbledError("the cursor is none of this plugin's; fetch everything anew") from err
    return Walk() if walk.since and not account.settings["changes_since"] else walk


def _begin(account: Account, walk: Walk) -> Walk:
    """Count the rows and see the newest change; a tenant that cannot be asked for changes is swept."""
    asked: dict[str, Any] = {"PageSize": 1, "Select": ["DateModified"], "ReturnTotalCount": True}
    newest_first = [{"Selector": "DateModified", "Desc": True}]
    response = page(account, PEOPLE, 0, {**asked, **_filter(walk), "Sort": newest_first}, {400})
    if ordered := response.status != 400:
        listed = read_people(response, records.Row)
    else:
        walk, listed = Walk(), read_people(page(account, PEOPLE, 0, asked), records.Row)
    count, newest = listed.paging.total_item_count, listed.items[0].date_modified if listed.items else None
    if count is None:
        raise GarbledError("a list of people comes without the TotalItemCount that was asked for")
    newest = records.moment(newest, "", []) if newest and ordered else None
    return Walk(walk.since, 0, count, account.now(), newest)


def _pages(account: Account, walk: Walk) -> Iterator[Listed]:
    """The pages from `walk.page` on: those to be expected in parallel, what came meanwhile after them."""
    settings, as_type = account.settings, records.row_type(account.settings)
    select = [*records.SELECT, *records.columns(settings).values()]
    size = max(1, min(settings["page_size"], MOST))

    def read(index: int) -> Listed:
        asked = {"PageSize": size, "Select": select, "Sort": ORDER, "ReturnTotalCount": True, **_filter(walk)}
        return read_people(page(account, PEOPLE, index, asked), as_type)

    index = max(walk.page, -(-walk.count // size) - 1)
    for listed in account.map(read, range(walk.page, index + 1)):
        yield listed
    while listed.items and listed.paging.next_page_number is not None:
        index += 1
        yield (listed := read(index))


def _settled(account: Account, walk: Walk, last: Listed) -> bool:
    """Whether all that was there at the beginning still is; then no row moved, and none was missed."""
    total = last.paging.total_item_count
    if walk.since:
        return total is not None and total >= walk.count
    until = (walk.newest or walk.began or account.now()) + timedelta(seconds=1)
    asked = {"PageSize": 1, "Filter": ["DateCreated", "<=", until.isoformat()], "ReturnTotalCount": True}
    response = page(account, PEOPLE, 0, asked, {400})
    if response.status != 400:
        total = read_people(response, records.Row).paging.total_item_count
    return total == walk.count


def _following(account: Account, walk: Walk, settled: bool) -> str | None:
    """Where the next fetch starts. What may have been missed is asked for again."""
    if not settled or walk.newest is None or not account.settings["changes_since"]:
        return _text(Walk(walk.since)) if walk.since else None
    newest = min(walk.newest, walk.began or walk.newest)
    return _text(Walk(newest.replace(microsecond=0) - OVERLAP))


def _filter(walk: Walk) -> dict[str, Any]:
    return {"Filter": ["DateModified", ">=", walk.since.isoformat()]} if walk.since else {}


def _text(walk: Walk) -> str:
    return msgspec.json.encode(walk).decode()
