"""Fetching people: all of them in parallel pages, then only what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gateway import Account, GarbledError, Page, Record, RefusedError
from gateway_invenias import records
from gateway_invenias.client import MOST, PEOPLE, Listed, glance, page
from gateway_invenias.people import NOBODY, require

OVERLAP = timedelta(minutes=1)  # filters know whole seconds, and a change may show later than the next one
REMEMBERED = 32  # pages: a row that moved shows up again close by
ORDER = [{"Selector": "DateCreated", "Desc": False}, {"Selector": "ItemId", "Desc": False}]


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cursor: `page` is the next one to read, `since` asks for changes only.

    When the walk began, it had `count` rows and the newest change was made at `newest`; `shown` rows were
    yielded since.
    """

    since: datetime | None = None
    page: int = 0
    count: int = -1
    shown: int = 0
    began: datetime | None = None
    newest: datetime | None = None


_WALK = msgspec.json.Decoder(Walk)  # made here: two threads must not make it at once


def people(account: Account, cursor: str | None) -> Iterator[Page]:
    """Rows stand in the order of their creation, so that new ones come last.

    Where a row vanished meanwhile, others moved up and may have been missed; a page may show fewer rows than
    the list counts. Either way the sweep is not complete.
    """
    record, walk = records.mapping(account.settings), _resume(account, cursor)
    walk = walk if walk.count >= 0 else _begin(account, walk)
    number, listed, fresh = walk.page, Listed[Any]([]), tuple[Record, ...]()
    seen: set[str] = set()
    remembered: deque[list[str]] = deque()
    shown = walk.shown
    for number, listed in enumerate(_pages(account, walk), walk.page):
        if number > walk.page:
            yield Page(fresh, _text(msgspec.structs.replace(walk, page=number, shown=shown)))
        rows = {row.item_id: row for row in listed.items if row.item_id not in seen}
        if "" in rows:
            raise GarbledError("a page of people has a row with an empty ItemId")
        fresh = tuple(map(record, rows.values()))
        shown += len(rows)
        remembered.append(list(rows))
        seen.update(rows)
        if len(remembered) > REMEMBERED:
            seen.difference_update(remembered.popleft())
    settled = shown >= walk.count and (number == 0 or _settled(account, walk, listed))
    yield Page(fresh, _following(account, walk, settled), settled and not walk.since)


def _resume(account: Account, cursor: str | None) -> Walk:
    try:
        walk = _WALK.decode(cursor or "{}")
    except msgspec.DecodeError as err:
        raise GarbledError("the cursor is none of this plugin's; fetch everything anew") from err
    return Walk() if walk.since and not account.settings["changes_since"] else walk


def _begin(account: Account, walk: Walk) -> Walk:
    """Count the rows and see the newest change; a tenant that cannot be asked for changes is swept."""
    _check_columns(account)
    asked: dict[str, Any] = {"PageSize": 1, "Select": ["DateModified"]}
    newest_first = [{"Selector": "DateModified", "Desc": True}]
    by_change = {**asked, **_filter(walk), "Sort": newest_first}
    listed = page(account, PEOPLE, 0, by_change, records.Row, {400})
    if not (ordered := not listed.refused):
        walk, listed = Walk(), page(account, PEOPLE, 0, {**asked, "Select": ["DateCreated"]}, records.Row)
    count, newest = listed.paging.total_item_count, listed.items[0].date_modified if listed.items else None
    if count is None:
        raise GarbledError("a list of people comes without the TotalItemCount that was asked for")
    if not count and not walk.since:
        raise RefusedError(NOBODY)
    newest = records.moment(newest, "", []) if newest and ordered else None
    return Walk(walk.since, 0, count, 0, account.now(), newest)


def _check_columns(account: Account) -> None:
    """A column that the settings or this plugin rest on and the tenant does not have is said, not read as empty."""
    require(account, "Email1Address", "people are known by their e-mail addresses")
    for setting in ("consent_status_column", "consent_expires_column"):
        if account.settings[setting]:
            require(account, account.settings[setting], f"mend the setting {setting}")


def _pages(account: Account, walk: Walk) -> Iterator[Listed[Any]]:
    """The pages from `walk.page` on: those to be expected in parallel, what came meanwhile after them."""
    settings, as_type = account.settings, records.row_type(account.settings)
    select = glance(account, PEOPLE).having((*records.SELECT, *records.columns(settings).values()))
    size = max(1, min(settings["page_size"], MOST))

    def read(index: int) -> Listed[Any]:
        asked = {"PageSize": size, "Select": select, "Sort": ORDER, **_filter(walk)}
        return page(account, PEOPLE, index, asked, as_type, {404} if index else ())

    index = max(walk.page, -(-walk.count // size) - 1)
    for listed in account.map(read, range(walk.page, index + 1)):
        yield listed
    while listed.items and listed.paging.next_page_number is not None:
        index += 1
        yield (listed := read(index))


def _settled(account: Account, walk: Walk, last: Listed[Any]) -> bool:
    """Whether all that was there at the beginning still is; then no row moved, and none was missed."""
    total = last.paging.total_item_count or 0
    if walk.since:
        return total >= walk.count
    until = (walk.newest or walk.began or account.now()) + timedelta(seconds=1)
    asked = {"PageSize": 1, "Select": ["DateCreated"], "Filter": ["DateCreated", "<=", until.isoformat()]}
    listed = page(account, PEOPLE, 0, asked, records.Row, {400})
    return (total if listed.refused else listed.paging.total_item_count) == walk.count


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
