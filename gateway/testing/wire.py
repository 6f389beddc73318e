"""The wire between a client and a simulated vendor: a journal, latency, and faults on demand."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.test import run_wsgi_app

STOPPING = "gateway.testing.stopping"
"""The key in the WSGI environment under which a server puts the event that is set when it stops."""

_STATUSES = ("401", "403", "429", "500", "503")
KINDS = (*_STATUSES, "html", "truncated", "drop", "cut", "huge", "deep", "timeout")

_HUGE_BYTES = 256 * 1024 * 1024
_BLOCK = b'"' + b"x" * 65_533 + b'",'
_DEPTH = 100_000
_HTML = b"<!doctype html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"
_READABLE = ("application/json", "application/x-www-form-urlencoded", "text/")


class CutError(ConnectionError):
    """The connection ends here without an answer; whoever serves the wire closes it."""


class HeldError(TimeoutError):
    """No answer comes; whoever serves the wire keeps the client waiting for at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer for {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call that reached the wire.

    `query` is the text after the question mark as it was sent. `status` is what was answered, 0 where the
    connection was cut or no answer came. `size` counts the bytes of the request body; `body` is that body as
    text where it is JSON, a form or plain text. Nothing is masked: this is the vendor's side.
    """

    method: str
    path: str
    query: str
    status: int
    size: int = 0
    body: str = ""

    @property
    def params(self) -> dict[str, list[str]]:
        """The query, decoded."""
        return parse_qs(self.query, keep_blank_values=True)

    def __str__(self) -> str:
        asked = f"{self.path}?{self.query}" if self.query else self.path
        return f"{self.method} {asked} -> {self.status or 'no answer'}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong on the wire, `times` times, after `after` matching calls went well.

    `path` is how the path (with its query, as sent) begins, or a regular expression for it; empty matches
    all. `headers` are added to the answer. The kinds:

    401, 403, 429, 500, 503   the vendor's app is not asked; a JSON error is answered
    html                      a maintenance page with status 200, the app is not asked
    truncated                 the first half of the real answer, as if it were whole
    drop                      the app does its work, then the connection is cut: the answer is lost
    cut                       the connection is cut before the app is asked
    huge                      JSON without end (256 MB, streamed), the app is not asked
    deep                      JSON nested 100,000 deep, the app is not asked
    timeout                   the app is not asked and no answer comes (on a socket for at most `seconds`)
    """

    kind: str
    path: str = ""
    method: str = ""
    times: int = 1
    after: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not a kind of fault; there are {', '.join(KINDS)}")
        if self.times < 1 or self.after < 0:
            raise ValueError("a fault strikes at least once (times) and after 0 or more calls (after)")

    def matches(self, method: str, target: str) -> bool:
        """Whether a call of `method` to `target` (path and query) is meant."""
        if self.method and self.method.upper() != method:
            return False
        return target.startswith(self.path) or re.match(self.path, target) is not None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: Iterable[bytes]


class Wire:
    """WSGI middleware round a vendor's app.

    `journal` holds one Call for each call that arrived, in the order they were answered. `latency` is the
    seconds before each answer. `faults` holds what is still to go wrong: the first one that matches strikes,
    counts down and leaves the list when it is used up; `faults.clear()` mends the wire.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self.journal: list[Call] = []
        self.faults: list[Fault] = []
        self.latency = 0.0
        self._lock = threading.Lock()
        self._never = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method: str = environ["REQUEST_METHOD"].upper()
        path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
        query: str = environ.get("QUERY_STRING", "")
        call = Call(method, path.decode("utf-8", "replace"), query, 0, *_take_body(environ))
        answer = None
        try:
            answer = self._answer(environ, self._next_fault(call))
            if self.latency:
                environ.get(STOPPING, self._never).wait(self.latency)
        except (CutError, HeldError):
            raise
        except Exception:
            call = replace(call, status=500)
            raise
        finally:
            status = call.status if answer is None else int(answer.status[:3])
            with self._lock:
                self.journal.append(replace(call, status=status))
        start_response(answer.status, answer.headers)
        return answer.body

    def _next_fault(self, call: Call) -> Fault | None:
        target = f"{call.path}?{call.query}" if call.query else call.path
        struck, left = None, []
        with self._lock:
            for fault in self.faults:
                rest: Fault | None = fault
                if fault.matches(call.method, target):
                    if fault.after:
                        rest = replace(fault, after=fault.after - 1)
                    elif struck is None:
                        struck = fault
                        rest = replace(fault, times=fault.times - 1) if fault.times > 1 else None
                if rest is not None:
                    left.append(rest)
            self.faults[:] = left
        return struck

    def _answer(self, environ: WSGIEnvironment, fault: Fault | None) -> _Answer:
        if fault is None:
            return self._ask(environ)
        if fault.kind == "cut":
            raise CutError
        if fault.kind == "timeout":
            raise HeldError(fault.seconds)
        if fault.kind == "drop":
            self._ask(environ)
            raise CutError
        if fault.kind == "truncated":
            whole = self._ask(environ)
            body = b"".join(whole.body)
            kept = [each for each in whole.headers if each[0].lower() != "content-length"]
            return _whole(whole.status, body[: len(body) // 2], kept)
        return _made_up(fault)

    def _ask(self, environ: WSGIEnvironment) -> _Answer:
        chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return _Answer(status, headers.to_wsgi_list(), [b"".join(chunks)])


def _made_up(fault: Fault) -> _Answer:
    """The answer of a fault that does not ask the app."""
    extra = list(fault.headers.items())
    as_json = [("Content-Type", "application/json"), *extra]
    if fault.kind in _STATUSES:
        status = HTTPStatus(int(fault.kind))
        if fault.kind == "429" and "retry-after" not in {name.lower() for name in fault.headers}:
            as_json.append(("Retry-After", "60"))
        body = b'{"error": "' + status.phrase.encode() + b'"}'
        return _whole(f"{status.value} {status.phrase}", body, as_json)
    if fault.kind == "html":
        return _whole("200 OK", _HTML, [("Content-Type", "text/html; charset=utf-8"), *extra])
    if fault.kind == "deep":
        return _whole("200 OK", b"[" * _DEPTH + b"]" * _DEPTH, as_json)
    return _Answer("200 OK", as_json, _endless())


def _whole(status: str, body: bytes, headers: list[tuple[str, str]]) -> _Answer:
    return _Answer(status, [*headers, ("Content-Length", str(len(body)))], [body])


def _endless() -> Iterator[bytes]:
    yield b"["
    for _ in range(_HUGE_BYTES // len(_BLOCK)):
        yield _BLOCK
    yield b'""]'


def _take_body(environ: WSGIEnvironment) -> tuple[int, str]:
    """The size of the request's body, and its text where it has one; the app finds the body untouched."""
    length = environ.get("CONTENT_LENGTH") or "0"
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    readable = environ.get("CONTENT_TYPE", "").startswith(_READABLE)
    return len(body), body.decode("utf-8", "replace") if readable else ""
