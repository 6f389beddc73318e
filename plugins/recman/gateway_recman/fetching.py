"""Fetch: all candidates, from the last page to the first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import gateway as gw
from gateway_recman import records, sight
from gateway_recman.client import read
from gateway_recman.pages import parts
from gateway_recman.records import CANDIDATE, id_of, rows_of


def fetch(account: gw.Account, cursor: str | None) -> Iterator[gw.Page]:
    """All candidates. The cursor is a page and the lowest id shown; one that is not ours begins anew.

    Where nobody is shown at all, the sweep is not complete, unless the settings say that this may be.
    """
    reading = _reading(account)
    fields = records.FETCHED + (",attributes" if reading.expires or reading.withdrawn else "")
    found = re.fullmatch(r"([0-9]{1,9})<([0-9]{1,19})", cursor or "")
    at, floor = (int(found[1]), int(found[2])) if found and int(found[1]) > 1 else (0, 0)
    seen: list[str] = []
    for part in parts(account, CANDIDATE, at, floor, fields=fields):
        page = tuple(records.to_record(row, reading) for row in part.rows)
        seen += [each.ref.id for each in (*page[-1:], *page[:1])]
        if part.whole is None:
            yield gw.Page(page, f"{part.number}<{part.floor}")
            continue
        sight.remember(account, seen)
        somebody = seen or at or account.settings["may_be_empty"]
        yield gw.Page(page, None, complete=part.whole and bool(somebody))


def _reading(account: gw.Account) -> records.Reading:
    """How to read rows. Attributes given by name cost one call, for their ids."""
    settings = account.settings
    ids = {name: settings[name] for name in ("consent_attribute", "withdrawn_attribute")}
    named = {name: value for name, value in ids.items() if value and not value.isdecimal()}
    definitions = rows_of(read(account, "candidateAttribute").get("data")) if named else []
    for name, value in named.items():
        found = [id_of(row, "attributeId") for row in definitions if row.get("name") == value]
        if len(found) != 1:
            where = f"processors.{account.name}.settings.{name}"
            raise gw.RefusedError(f'{where}: Recman has {len(found)} attributes "{value}"; give its id')
        ids[name] = found[0]
    return records.Reading(ZoneInfo(settings["timezone"]), settings["consent_purpose"], *ids.values())
