"""Recman's dialect: paths, sign-in, paging, its ways of saying no, and the calls behind each hook."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from mimetypes import guess_type
from zoneinfo import ZoneInfo

import gateway as gw
from gateway_recman import records
from gateway_recman.records import APPLICATION, CANDIDATE, FILE, LOG, Row, id_of, rows_of

Pages = Iterator[tuple[int, list[Row], bool]]
ASK = 500  # ids in one question
SMALLEST_PAGE = 100  # of those the vendor's texts name: an answer with fewer rows was not cut off
LOG_PAGE = 1000
FEW = 5  # up to so many people, the log is read for each; above, it is read as a whole
DECLINED = "Recman declined the call"
ERRORS = (400, 404, 409, 422)  # what they mean is in the body, as it is with 200
INVALID = re.compile(r"(?i)invalid (parameter|scope|field|operation)")
EMPLOYED = re.compile(r"(?i)\bemploy|\bansatt|\bjobs?\b")
KEY = re.compile(r"(?i)\bkey\b")
QUOTA = re.compile(r"(?i)\bquota|\blimit\b|too many|per day")
RIGHTS = re.compile(r"(?i)permission|access|module|\brights?\b|allowed|denied|forbidden")


def fetch(account: gw.Account, cursor: str | None) -> Iterator[gw.Page]:
    """All candidates. The cursor is a page and its last id.

    Whoever goes away moves up all that follow. So a fetch that is resumed looks at its page again, and where
    that has another end now, starts anew rather than lose somebody.
    """
    reading = _reading(account)
    fields = records.FETCHED + (",attributes" if reading.expires or reading.withdrawn else "")
    number, _, anchor = (cursor or "1:").partition(":")
    pages = _pages(account, CANDIDATE, int(number), fields=fields)
    if anchor:
        _, rows, last = next(pages)
        if not rows or id_of(rows[-1]) != anchor:
            pages = _pages(account, CANDIDATE, fields=fields)
        elif last:
            yield gw.Page((), None, complete=True)
    for at, rows, last in pages:
        found = tuple(records.to_record(row, reading) for row in rows)
        yield gw.Page(found, None, complete=True) if last else gw.Page(found, f"{at}:{found[-1].ref.id}")


def delete(account: gw.Account, subjects: Sequence[gw.Subject]) -> Iterator[gw.Receipt]:
    today = account.now().date()
    rows = _candidates(account, [each for subject in subjects for each in _known(subject)], "employee")
    yield from account.map(lambda subject: _erase(account, subject, rows, today), subjects)


def audit(account: gw.Account, subjects: Sequence[gw.Subject]) -> Iterator[gw.Holding]:
    """Candidates still there, each for all that hangs on it; of those gone, what still names them."""
    owners = [(subject.ref, each) for subject in subjects for each in _known(subject)]
    rows = _candidates(account, [each for _, each in owners], "created")
    reading = records.Reading(ZoneInfo(account.settings["timezone"]))
    for owner, each in owners:
        if each in rows:
            yield gw.Holding(owner, gw.Ref(CANDIDATE, each), records.to_record(rows[each], reading).created)
    gone = {each for _, each in owners} - rows.keys()
    if gone and account.settings["audit_leftovers"]:
        for candidate, ref, _ in _hanging(account, gone):
            yield from (gw.Holding(owner, ref) for owner, each in owners if each == candidate)


def export(account: gw.Account, subject: gw.Subject) -> Iterator[gw.Item]:
    if not (known := _known(subject)):
        return
    try:
        rows = _candidates(account, known, records.EXPORTED)
    except gw.GarbledError as err:  # one field that Recman has dropped fails the whole call
        if not (named := set(re.findall(r"\w+", str(err).partition(DECLINED)[2]))):
            raise
        fields = [field for field in records.EXPORTED.split(",") if field not in named]
        rows = _candidates(account, known, ",".join(fields))
    own = ((each, gw.Ref(CANDIDATE, each), row) for each, row in rows.items())
    for _, ref, row in chain(own, _hanging(account, set(known))):
        content = json.dumps(row, ensure_ascii=False, indent=2).encode()
        yield gw.Item(ref, "application/json", content, f"{ref.kind}-{ref.id}.json")
    for candidate, row in rows.items():
        for file, name in records.file_names(row).items():
            media_type = guess_type(name)[0] or "application/octet-stream"
            yield gw.Item(gw.Ref(FILE, file), media_type, _file(account, candidate, file), name)


def _known(subject: gw.Subject) -> list[str]:
    return list(dict.fromkeys(ref.id for ref in (*subject.records, *subject.kept) if ref.kind == CANDIDATE))


def _erase(account: gw.Account, subject: gw.Subject, rows: dict[str, Row], today: date) -> gw.Receipt:
    if not _known(subject):
        note = "Recman can only be asked by candidate id, and none is known."
        return gw.Receipt(subject.ref, gw.Outcome.UNLINKABLE, note=note)
    deleted, kept, note = list[gw.Ref](), list[gw.Kept](), ""
    for candidate in dict.fromkeys(subject.ids(CANDIDATE)):
        if candidate not in rows or gw.Ref(CANDIDATE, candidate) in subject.kept:
            continue
        if stays := records.to_keep(rows[candidate], today, account.settings["payroll_years"]):
            kept.append(stays)
        elif (words := _objection(account, candidate)) is None:
            deleted.append(gw.Ref(CANDIDATE, candidate))
        elif EMPLOYED.search(words):
            kept.append(records.employed(candidate, "Recman refuses: it names an employment or a job."))
        else:
            note = "Recman did not delete a record: see there what stands against it, and delete it by hand."
    outcome = gw.Outcome.DONE if deleted else gw.Outcome.NOTHING
    outcome = gw.Outcome.MANUAL if note else gw.Outcome.KEPT if kept else outcome
    return gw.Receipt(subject.ref, outcome, tuple(deleted), tuple(kept), note=note)


def _objection(account: gw.Account, candidate: str) -> str | None:
    """Delete it: None, or Recman's words where it is still there. A read settles what is not plain."""
    key = account.settings["key"].reveal()
    order = {"key": key, "scope": CANDIDATE, "operation": "delete", "data": {"candidateId": int(candidate)}}
    response = account.http.request("POST", "/v2/post/", json=order, accept=ERRORS, repeatable=True)
    answer, words = _understand(account, CANDIDATE, response)
    if not words and str(answer.get("affectedRows", 1)) != "0":
        return None
    return words if _candidates(account, [candidate], "created") else None


def _hanging(account: gw.Account, candidates: set[str]) -> Iterator[tuple[str, gw.Ref, Row]]:
    """The applications and logs that name these candidates: whose, which, and the row."""
    whose = [{"candidateId": each} for each in sorted(candidates)] if len(candidates) <= FEW else [{}]
    for scope, params in [("jobApplication", {}), *((LOG, each) for each in whose)]:
        for row in chain.from_iterable(rows for _, rows, _ in _pages(account, scope, **params)):
            if (candidate := str(row.get("candidateId"))) in candidates:
                kind = LOG if scope == LOG else APPLICATION
                yield candidate, gw.Ref(kind, id_of(row, f"{scope}Id")), row


def _file(account: gw.Account, candidate: str, file: str, name: str = "fileId") -> bytes:
    """A file, be it sent bare or as base64 in JSON. Its id is `fileId` or `id`: the vendor's text says both."""
    key = account.settings["key"].reveal()
    asked = {"key": key, "scope": "candidateFile", "candidateId": candidate, name: file}
    response = account.http.request("GET", "/v2/get/", params=asked, accept=ERRORS, max_bytes=128 << 20)
    start = response.content[:200].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise gw.GarbledError("Recman answered a web page instead of a file")
    if response.status < 400 and not re.match(rb'{\s*"(success|numrows|data|error)', start):
        return response.content
    answer, words = _understand(account, "candidateFile", response)
    if words and name == "fileId":
        return _file(account, candidate, file, "id")
    data = answer.get("data")
    row = data if isinstance(data, dict) and "base64" in data else dict(*rows_of(data)[:1])
    try:
        return base64.b64decode(row["base64"], validate=True)
    except (KeyError, TypeError, ValueError) as err:
        raise gw.GarbledError("Recman does not hand out a file, or not as base64") from err


def _candidates(account: gw.Account, ids: Sequence[str], fields: str, ask: int = ASK) -> dict[str, Row]:
    """The rows of these candidates; an id without one is gone. What may be cut is asked in fifths."""
    found: dict[str, Row] = {}
    for start in range(0, len(ids), ask):
        batch = ids[start : start + ask]
        answer = _get(account, CANDIDATE, candidateIds=",".join(batch), fields=fields)
        rows = {id_of(row): row for row in rows_of(answer.get("data"))}
        if not rows.keys() <= set(batch):
            raise gw.GarbledError("Recman showed candidates that were not asked for")
        counted = str(answer.get("numRows"))
        more = answer.get("nextPage") or (counted.isdecimal() and int(counted) > len(rows))
        if len(rows) < len(batch) and (more or len(rows) >= SMALLEST_PAGE):
            if ask == 1:
                raise gw.GarbledError("Recman shows fewer candidates than it counts")
            rows = _candidates(account, batch, fields, ask // 5 or 1)
        found |= rows
    return found


def _pages(account: gw.Account, scope: str, at: int = 1, /, **params: str) -> Pages:
    """Each page: where it is, its rows, whether it is the last; however `numRows` and `nextPage` are meant.

    They end with an empty one, or without a `nextPage` others had; the log, with one not full.
    """
    announced, before = False, list[Row]()
    while True:
        answer = _get(account, scope, **{"minLogId" if scope == LOG else "page": at}, **params)
        rows, more = rows_of(answer.get("data")), bool(answer.get("nextPage"))
        if rows == before if rows else at == 1 and str(answer.get("numRows") or 0) != "0":
            raise gw.GarbledError(f"Recman's pages of {scope} do not add up")
        last = not rows or (not more and (len(rows) < LOG_PAGE if scope == LOG else announced))
        yield at, rows, last
        if last:
            return
        announced, before = announced or more, rows
        at = max(int(id_of(row, "logId")) for row in rows) + 1 if scope == LOG else at + 1


def _reading(account: gw.Account) -> records.Reading:
    """How to read rows. Attributes given by name cost one call, for their ids."""
    settings = account.settings
    ids = {name: settings[name] for name in ("consent_attribute", "withdrawn_attribute")}
    named = {name: value for name, value in ids.items() if value and not value.isdecimal()}
    definitions = rows_of(_get(account, "candidateAttribute").get("data")) if named else []
    for name, value in named.items():
        found = [id_of(row, "attributeId") for row in definitions if row.get("name") == value]
        if len(found) != 1:
            where = f"processors.{account.name}.settings.{name}"
            raise gw.RefusedError(f'{where}: Recman has {len(found)} attributes "{value}"; give its id')
        ids[name] = found[0]
    return records.Reading(ZoneInfo(settings["timezone"]), settings["consent_purpose"], *ids.values())


def _get(account: gw.Account, scope: str, **params: object) -> Row:
    asked = {"key": account.settings["key"].reveal(), "scope": scope, **params}
    response = account.http.request("GET", "/v2/get/", params=asked, accept=ERRORS)
    answer, words = _understand(account, scope, response)
    if words:
        raise gw.GarbledError(f"{DECLINED} to {scope}: {words[:2000]}")
    return answer


def _understand(account: gw.Account, scope: str, response: gw.Response) -> tuple[Row, str]:
    """The answer, and where Recman declined, its words: of a delete, they may name the person.

    Words about the key, its rights or the quota are raised as what they mean. They come with status 200 too.
    """
    answer = response.json(Row)
    if response.status < 400 and answer.get("success") is True:
        return answer, ""
    words = json.dumps([answer.get("error"), answer.get("errors")], ensure_ascii=False)
    words = words.replace(account.settings["key"].reveal(), "…")
    if not INVALID.search(words) and not EMPLOYED.search(words):
        if QUOTA.search(words):
            midnight = datetime.combine(account.now().date() + timedelta(days=1), time(), UTC)
            raise gw.ThrottledError("Recman takes no more calls today", retry_at=midnight)
        if RIGHTS.search(words):
            raise gw.RefusedError(f"the key has no right to {scope} at Recman")
        if KEY.search(words):
            raise gw.RefusedError("Recman does not accept the key")
    return answer, words
