"""The WSGI app: `/healthz`, `/readyz` and `/metrics`, to be read and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gateway import logs
from gateway.web.health import Pulse, why_not_alive, why_not_ready

log = logs.get("web")

_PHRASES = {
    200: "OK", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip
_READS = ("GET", "HEAD")
_JSON = "application/json"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    kind: str = _JSON


def make_app(look: Callable[[], Pulse], metrics: Callable[[Pulse], bytes]) -> WSGIApplication:
    """The app. `look` gives a picture of the daemon; `metrics` writes it, and all else there is, for Prometheus.

    Neither may wait for a vendor or for a lock that a run holds.
    """
    masking = logs.Masking()

    def healthz() -> _Answer:
        why = why_not_alive(look())
        return _said(503, alive=False, why=why) if why else _said(200, alive=True)

    def readyz() -> _Answer:
        reasons = why_not_ready(look())
        if reasons:
            return _said(503, ready=False, reasons=[masking.text(each) for each in reasons])
        return _said(200, ready=True)

    routes = {
        "/healthz": healthz,
        "/readyz": readyz,
        "/metrics": lambda: _Answer(200, metrics(look()), _PROMETHEUS),
    }

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        answer = _answer(routes, method, path)
        headers = [
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if answer.status == 405:
            headers.append(("Allow", ", ".join(_READS)))
        start_response(f"{answer.status} {_PHRASES[answer.status]}", headers)
        return [] if method == "HEAD" else [answer.body]

    return app


def _answer(routes: dict[str, Callable[[], _Answer]], method: str, path: str) -> _Answer:
    route = routes.get(path)
    if route is None:
        return _said(404, error=f"there is {', '.join(routes)}, and nothing else")
    if method not in _READS:
        return _said(405, error="this can be read, and nothing else")
    try:
        return route()
    except Exception as err:
        log.exception("a question about the daemon could not be answered", path=path)
        return _said(500, error=f"the daemon could not say how it is: {type(err).__name__}; see its log")


def _said(status: int, **body: object) -> _Answer:
    return _Answer(status, json.dumps(body).encode() + b"\n")
