"""Audit and export: what Recman still holds, in as few calls as it allows, and all of it in full."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from mimetypes import guess_type
from zoneinfo import ZoneInfo

import gateway as gw
from gateway_recman import records
from gateway_recman.client import DeclinedError, candidates, file
from gateway_recman.hanging import hanging
from gateway_recman.records import CANDIDATE, EXPORTED, JOB_FIELDS, Row, known
from gateway_recman.sight import see_somebody, still_there


def audit(account: gw.Account, subjects: Sequence[gw.Subject]) -> Iterator[gw.Holding]:
    """Candidates still there, each for all that hangs on it; of those gone, what still names them."""
    owners = [(subject.ref, each) for subject in subjects for each in known(subject)]
    asked = dict.fromkeys(each for _, each in owners)
    rows = still_there(account, asked)
    zone = ZoneInfo(account.settings["timezone"])
    for owner, each in owners:
        if each in rows:
            yield gw.Holding(owner, gw.Ref(CANDIDATE, each), records.made(rows[each], zone))
    for left in hanging(account, asked.keys() - rows.keys()):
        for owner, each in owners:
            if each == left.candidate:
                yield gw.Holding(owner, left.ref, records.made(left.row, zone))


def export(account: gw.Account, subject: gw.Subject) -> Iterator[gw.Item]:
    """The row, what hangs on it, and the bytes of its files, all of it under the name `audit` shows it by."""
    if not (ids := known(subject)):
        return
    rows = _in_full(account, ids)
    if not rows:
        see_somebody(account)
    for each, row in rows.items():
        yield _as_json(gw.Ref(CANDIDATE, each), f"{CANDIDATE}-{each}", row)
    for left in hanging(account, dict.fromkeys(ids), job_fields=JOB_FIELDS):
        ref = gw.Ref(CANDIDATE, left.candidate) if left.candidate in rows else left.ref
        yield _as_json(ref, f"{left.ref.kind}-{left.ref.id}", left.row)
    for each, row in rows.items() if account.settings["read_files"] else ():
        for number, name in records.file_names(row).items():
            if (content := file(account, each, number)) is None:
                raise gw.GarbledError(f"Recman does not hand out file {number} of candidate {each}")
            media_type = guess_type(name)[0] or "application/octet-stream"
            yield gw.Item(gw.Ref(CANDIDATE, each), media_type, content, name)


def _in_full(account: gw.Account, ids: Sequence[str]) -> dict[str, Row]:
    """The rows with all fields; one field that Recman has dropped fails the whole call, and is left out."""
    try:
        return candidates(account, ids, EXPORTED)
    except DeclinedError as err:
        fields = [each for each in EXPORTED.split(",") if each not in err.named]
        if len(fields) == len(EXPORTED.split(",")):
            raise
    return candidates(account, ids, ",".join(fields))


def _as_json(ref: gw.Ref, name: str, row: Row) -> gw.Item:
    content = json.dumps(row, ensure_ascii=False, indent=2).encode()
    return gw.Item(ref, "application/json", content, f"{name}.json")
