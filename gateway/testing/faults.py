"""What can go wrong on the wire between a client and a simulated vendor, and the answers that are made up for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

ALWAYS = 10_000
"""Strikes enough to last."""
STATUSES = ("400", "401", "403", "404", "429", "500", "503")
KINDS = (
    *STATUSES,
    *("html", "deep", "huge", "cut", "timeout"),
    *("truncated", "empty", "emptied", "again", "drop"),
)

_HUGE_BYTES = 256 * 1024 * 1024
_BLOCK = b'"' + b"x" * 65_533 + b'",'
_DEPTH = 100_000
_HTML = b"<!doctype html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"
_COUNT = re.compile(r"count|total|rows", re.IGNORECASE)


class CutError(ConnectionError):
    """The connection ends here without an answer; whoever serves the wire closes it."""


class HeldError(TimeoutError):
    """No answer comes; whoever serves the wire keeps the client waiting for at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer for {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong on the wire, `times` times, after `after` matching calls went well.

    `path` is how the path (with its query, as sent) begins, or a regular expression for it; empty matches
    all. `headers` are added to the answer. The kinds:

    400, 401, 403, 404, 429, 500, 503
                the vendor's app is not asked; a JSON error is answered, which says `text`
    html        a maintenance page with status 200, the app is not asked
    deep        JSON nested 100,000 deep, the app is not asked
    huge        JSON without end (256 MB, streamed), the app is not asked
    cut         the connection is cut before the app is asked
    timeout     the app is not asked and no answer comes (on a socket for at most `seconds`)
    truncated   the first half of the real answer, as if it were whole
    empty       status 200 without a body, where the real answer has one
    emptied     the real answer with its rows taken out, as with rights too narrow
    again       the first answer to a call, for ever: also to all later ones of that method and path
    drop        the app does its work, then the connection is cut: the answer is lost
    """

    kind: str
    path: str = ""
    method: str = ""
    times: int = 1
    after: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not a kind of fault; there are {', '.join(KINDS)}")
        if self.times < 1 or self.after < 0:
            raise ValueError("a fault strikes at least once (times) and after 0 or more calls (after)")

    def __str__(self) -> str:
        first, last = self.after + 1, self.after + self.times
        when = f"at call {first}" if first == last else f"at calls {first} to {last}"
        when = f"from call {first} on" if self.times >= ALWAYS else when
        to = f" to {self.method or 'any method'} {self.path}".rstrip() if self.method or self.path else ""
        return f"{self.kind!r} {when}{to}"

    def matches(self, method: str, target: str) -> bool:
        """Whether a call of `method` to `target` (path and query) is meant."""
        if self.method and self.method.upper() != method:
            return False
        return target.startswith(self.path) or re.match(self.path, target) is not None


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer on its way to the client."""

    status: str
    headers: list[tuple[str, str]]
    body: Iterable[bytes]

    @property
    def media_type(self) -> str:
        """What kind of body it is, without parameters; empty where there is none."""
        if self.body == [b""]:
            return ""
        found = [value for name, value in self.headers if name.lower() == "content-type"]
        return found[0].partition(";")[0].strip().lower() if found else ""

    def with_body(self, body: bytes, status: str = "") -> WireAnswer:
        """The same answer with another body, as if it were whole."""
        kept = [each for each in self.headers if each[0].lower() != "content-length"]
        return whole(status or self.status, body, kept)


def whole(status: str, body: bytes, headers: list[tuple[str, str]]) -> WireAnswer:
    """An answer that says how long it is."""
    return WireAnswer(status, [*headers, ("Content-Length", str(len(body)))], [body])


def made_up(fault: Fault) -> WireAnswer:
    """The answer of a fault that does not ask the app."""
    extra = list(fault.headers.items())
    as_json = [("Content-Type", "application/json"), *extra]
    if fault.kind in STATUSES:
        status = HTTPStatus(int(fault.kind))
        if fault.kind == "429" and "retry-after" not in {name.lower() for name in fault.headers}:
            as_json.append(("Retry-After", "60"))
        body = json.dumps({"error": fault.text or status.phrase}).encode()
        return whole(f"{status.value} {status.phrase}", body, as_json)
    if fault.kind == "html":
        return whole("200 OK", _HTML, [("Content-Type", "text/html; charset=utf-8"), *extra])
    if fault.kind == "deep":
        return whole("200 OK", b"[" * _DEPTH + b"]" * _DEPTH, as_json)
    return WireAnswer("200 OK", as_json, _endless())


def without_rows(answer: bytes) -> bytes:
    """The answer as a vendor gives it who lets the asker see no row; what is not JSON stays as it is.

    At any depth, lists become empty, and so do objects that have only numbers for keys; what is named like a
    count is 0.
    """
    try:
        return json.dumps(_emptied(json.loads(answer))).encode()
    except ValueError:
        return answer


def _emptied(value: Any) -> Any:
    if isinstance(value, list):
        return []
    if not isinstance(value, dict):
        return value
    if all(key.isdecimal() for key in value):
        return {}
    return {key: 0 if _is_count(key, each) else _emptied(each) for key, each in value.items()}


def _is_count(key: str, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _COUNT.search(key) is not None


def _endless() -> Iterator[bytes]:
    yield b"["
    for _ in range(_HUGE_BYTES // len(_BLOCK)):
        yield _BLOCK
    yield b'""]'
