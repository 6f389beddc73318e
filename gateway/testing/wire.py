"""The wire between a client and a simulated vendor: a journal, latency, and faults on demand."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.test import run_wsgi_app

from gateway.testing.faults import CutError, Fault, HeldError, WireAnswer, made_up, without_rows

STOPPING = "gateway.testing.stopping"
"""The key in the WSGI environment under which a server puts the event that is set when it stops."""

_READABLE = ("application/json", "application/x-www-form-urlencoded", "text/")


class EndlessError(BaseException):
    """More calls came than the wire takes; nothing that catches errors goes on after it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call that reached the wire.

    `query` is the text after the question mark as it was sent. `status` is what was answered, 0 where the
    connection was cut or no answer came. `size` counts the bytes of the request body; `body` is that body as
    text where it is JSON, a form or plain text. Nothing is masked: this is the vendor's side. Two calls are
    equal whatever `authorization` they were sent with, whatever `media_type` the answer had (none where it had
    no body), and whatever `fault` changed it.
    """

    method: str
    path: str
    query: str
    status: int
    size: int = 0
    body: str = ""
    authorization: str = field(default="", compare=False, repr=False)
    media_type: str = field(default="", compare=False, repr=False)
    fault: str = field(default="", compare=False, repr=False)

    @property
    def params(self) -> dict[str, list[str]]:
        """The query, decoded."""
        return parse_qs(self.query, keep_blank_values=True)

    def __str__(self) -> str:
        asked = f"{self.path}?{self.query}" if self.query else self.path
        why = f" ({self.fault})" if self.fault else ""
        return f"{self.method} {asked} -> {self.status or 'no answer'}{why}"


class Wire:
    """WSGI middleware round a vendor's app.

    `journal` holds one Call for each call that arrived, in the order they were answered. `latency` is the
    seconds before each answer. `faults` holds what is still to go wrong: the first one that matches strikes,
    counts down and leaves the list when it is used up; `faults.clear()` mends the wire. `most`, where set, is
    how many calls are taken in all; the next raises EndlessError. `emptied` takes the rows out of an answer.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self.journal: list[Call] = []
        self.faults: list[Fault] = []
        self.latency = 0.0
        self.most: int | None = None
        self.emptied: Callable[[bytes], bytes] = without_rows
        self._repeated: dict[tuple[str, str], WireAnswer] = {}
        self._lock = threading.Lock()
        self._never = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        call = _arrived(environ)
        fault = self._next_fault(call)
        answer = None
        try:
            answer, struck = self._answer(environ, call, fault)
            call = replace(call, status=int(answer.status[:3]), media_type=answer.media_type, fault=struck)
            if self.latency:
                environ.get(STOPPING, self._never).wait(self.latency)
        except (CutError, HeldError):
            call = replace(call, fault=fault.kind if fault else "")
            raise
        except Exception:
            call = replace(call, status=500)
            raise
        finally:
            with self._lock:
                self.journal.append(call)
        start_response(answer.status, answer.headers)
        return answer.body

    def _next_fault(self, call: Call) -> Fault | None:
        target = f"{call.path}?{call.query}" if call.query else call.path
        struck, left = None, []
        with self._lock:
            if self.most is not None and len(self.journal) >= self.most:
                raise EndlessError(f"{len(self.journal)} calls, and no end")
            if all(fault.kind != "again" for fault in self.faults):
                self._repeated.clear()
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

    def _answer(self, environ: WSGIEnvironment, call: Call, fault: Fault | None) -> tuple[WireAnswer, str]:
        """The answer, and the kind of fault that made it another than the app's."""
        if fault is None:
            return self._ask(environ), ""
        if fault.kind == "cut":
            raise CutError
        if fault.kind == "timeout":
            raise HeldError(fault.seconds)
        if fault.kind == "drop":
            self._ask(environ)
            raise CutError
        if fault.kind == "again":
            return self._again(environ, call)
        if fault.kind in {"truncated", "empty", "emptied"}:
            return self._changed(self._ask(environ), fault.kind)
        return made_up(fault), fault.kind

    def _changed(self, real: WireAnswer, kind: str) -> tuple[WireAnswer, str]:
        body = b"".join(real.body)
        if not body:
            return real, ""
        if kind == "empty":
            answer = real.with_body(b"", "200 OK")
        elif kind == "emptied":
            answer = real.with_body(self.emptied(body))
        else:
            answer = real.with_body(body[: len(body) // 2])
        return answer, kind if b"".join(answer.body) != body else ""

    def _again(self, environ: WSGIEnvironment, call: Call) -> tuple[WireAnswer, str]:
        name = call.method, call.path
        with self._lock:
            known = self._repeated.get(name)
        if known is not None:
            return known, "again"
        answer = self._ask(environ)
        with self._lock:
            self._repeated[name] = answer
        return answer, ""

    def _ask(self, environ: WSGIEnvironment) -> WireAnswer:
        chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return WireAnswer(status, headers.to_wsgi_list(), [b"".join(chunks)])


def _arrived(environ: WSGIEnvironment) -> Call:
    """The call as it was sent; the app finds the body untouched."""
    path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
    length = environ.get("CONTENT_LENGTH") or "0"
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    readable = environ.get("CONTENT_TYPE", "").startswith(_READABLE)
    return Call(
        method=environ["REQUEST_METHOD"].upper(),
        path=path.decode("utf-8", "replace"),
        query=environ.get("QUERY_STRING", ""),
        status=0,
        size=len(body),
        body=body.decode("utf-8", "replace") if readable else "",
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
    )
