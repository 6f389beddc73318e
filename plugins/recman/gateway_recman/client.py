"""Recman's dialect: paths, sign-in, its ways of saying no, and each call the hooks are made of."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

import gateway as gw
from gateway_recman.records import CANDIDATE, Row, id_of, rows_of

ASK = 500  # ids in one question
SMALLEST_PAGE = 100  # of those the vendor's texts name: an answer with fewer rows was not cut off
LOG_PAGE = 1000
ERRORS = (400, 404, 409, 422)  # what they mean is in the body, as it is with 200
INVALID = re.compile(r"(?i)invalid (parameter|scope|field|operation)")
EMPLOYED = re.compile(r"(?i)\bemploy|\bansatt|\bjobs?\b")
KEY = re.compile(r"(?i)\bkey\b")
QUOTA = re.compile(r"(?i)\bquota|\blimit\b|too many|per day")
RIGHTS = re.compile(r"(?i)permission|access|module|\brights?\b|allowed|denied|forbidden")


class DeclinedError(gw.GarbledError):
    """Recman declined a read. `named` are those words of the question that stand in its answer.

    Nothing else of the answer is told: it may speak of a person.
    """

    def __init__(self, scope: str, named: Sequence[str]) -> None:
        super().__init__(
            f"Recman declined the call to {scope}" + (f"; it names {', '.join(named)}" if named else "")
        )
        self.named = frozenset(named)


def read(account: gw.Account, scope: str, **params: object) -> Row:
    """The answer to a read."""
    asked = {"key": account.settings["key"].reveal(), "scope": scope, **params}
    response = account.http.request("GET", "/v2/get/", params=asked, accept=ERRORS)
    answer, words = _understand(account, scope, response)
    if words:
        known = re.findall(r"\w+", " ".join([*params, str(params.get("fields", ""))]))
        raise DeclinedError(scope, [each for each in known if re.search(rf"\b{each}\b", words)])
    return answer


def candidates(account: gw.Account, ids: Sequence[str], fields: str, ask: int = ASK) -> dict[str, Row]:
    """The rows of these candidates; an id without one is gone. What may be cut is asked in fifths."""
    found: dict[str, Row] = {}
    for start in range(0, len(ids), ask):
        batch = ids[start : start + ask]
        answer = read(account, CANDIDATE, candidateIds=",".join(batch), fields=fields)
        rows = {id_of(row): row for row in rows_of(answer.get("data"))}
        if not rows.keys() <= set(batch):
            raise gw.GarbledError("Recman showed candidates that were not asked for")
        counted = str(answer.get("numRows"))
        more = answer.get("nextPage") or (counted.isdecimal() and int(counted) > len(rows))
        if len(rows) < len(batch) and (more or len(rows) >= SMALLEST_PAGE):
            if ask == 1:
                raise gw.GarbledError("Recman shows fewer candidates than it counts")
            rows = candidates(account, batch, fields, ask // 5 or 1)
        found |= rows
    return found


def log_pages(account: gw.Account, **params: str) -> Iterator[tuple[list[Row], bool]]:
    """The log from its beginning: rows, and whether these are the last. It is read by id, so nothing moves."""
    first, before = 0, list[Row]()
    while True:
        answer = read(account, "log", minLogId=first, **params)
        rows = rows_of(answer.get("data"))
        if rows == before if rows else first == 0 and str(answer.get("numRows") or 0) != "0":
            raise gw.GarbledError("Recman's pages of log do not add up")
        last = not rows or (len(rows) < LOG_PAGE and not answer.get("nextPage"))
        yield rows, last
        if last:
            return
        before, first = rows, max(int(id_of(row, "logId")) for row in rows) + 1


def order_deletion(account: gw.Account, scope: str, number: str) -> str | None:
    """Order that a row be deleted: None if that is said to be done, else Recman's words, empty if it has none."""
    key = account.settings["key"].reveal()
    order = {"key": key, "scope": scope, "operation": "delete", "data": {f"{scope}Id": int(number)}}
    response = account.http.request("POST", "/v2/post/", json=order, accept=ERRORS, repeatable=True)
    answer, words = _understand(account, scope, response, objecting=scope == CANDIDATE)
    return None if not words and str(answer.get("affectedRows", 1)) != "0" else words


def file(account: gw.Account, candidate: str, number: str, name: str = "fileId") -> bytes | None:
    """A file, be it sent bare or as base64 in JSON; None if Recman hands none out.

    Its id is called `fileId` or `id`: the vendor's text says both.
    """
    key = account.settings["key"].reveal()
    asked = {"key": key, "scope": "candidateFile", "candidateId": candidate, name: number}
    response = account.http.request("GET", "/v2/get/", params=asked, accept=ERRORS, max_bytes=128 << 20)
    start = response.content[:200].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise gw.GarbledError("Recman answered a web page instead of a file")
    if not response.content:
        raise gw.GarbledError("Recman's answer to candidateFile is empty")
    spoken = "json" in response.headers.get("Content-Type", "") or re.match(rb'{\s*"(success|error)', start)
    if response.status < 400 and not spoken:
        return response.content
    answer, words = _understand(account, "candidateFile", response)
    if words:
        return file(account, candidate, number, "id") if name == "fileId" else None
    data = answer.get("data")
    row = data if isinstance(data, dict) and "base64" in data else dict(*rows_of(data)[:1])
    try:
        return base64.b64decode(row["base64"], validate=True)
    except (KeyError, TypeError, ValueError) as err:
        raise gw.GarbledError("Recman's answer to candidateFile is no file in base64") from err


def _understand(
    account: gw.Account, scope: str, response: gw.Response, *, objecting: bool = False
) -> tuple[Row, str]:
    """The answer, and where Recman declined, its words, which may name the person.

    Words about the key, its rights or the quota are raised as what they mean. They come with status 200 too.
    Where it may be `objecting` to a deletion, words about an employment or a job are neither.
    """
    answer = response.json(Row)
    if response.status < 400 and answer.get("success") is True:
        return answer, ""
    words = json.dumps([answer.get("error"), answer.get("errors")], ensure_ascii=False)
    if not INVALID.search(words) and not (objecting and EMPLOYED.search(words)):
        if QUOTA.search(words):
            midnight = datetime.combine(account.now().date() + timedelta(days=1), time(), UTC)
            raise gw.ThrottledError("Recman takes no more calls today", retry_at=midnight)
        if RIGHTS.search(words):
            raise gw.RefusedError(f"the key has no right to {scope} at Recman")
        if KEY.search(words):
            raise gw.RefusedError("Recman does not accept the key")
    return answer, words
