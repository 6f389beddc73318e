"""What the tests of the web part share: a daemon in good health, and asking the app without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.web import Pulse, make_app

Ask = Callable[..., "Answer"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def healthy(now: datetime) -> Pulse:
    """Ticked a second ago, and should every two."""
    return Pulse(
        started=True, stopping=False, ticked_at=now - timedelta(seconds=1), beat_at=now - timedelta(seconds=4),
        now=now, tick_every=timedelta(seconds=2),
    )  # fmt: skip


@pytest.fixture
def ask(healthy: Pulse) -> Ask:
    """Asks the app of a daemon: `ask("/healthz", started=False)`."""

    def one(
        path: str, method: str = "GET", *, look: Callable[[], Pulse] | None = None,
        metrics: Callable[[Pulse], bytes] = lambda _: b"gateway_up 1\n", **changes: Any,
    ) -> Answer:  # fmt: skip
        began: list[tuple[str, list[tuple[str, str]]]] = []
        app = make_app(look or (lambda: replace(healthy, **changes)), metrics)
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": ""}
        body = b"".join(app(environ, lambda status, headers, *_: began.append((status, headers))))  # type: ignore[arg-type, return-value, func-returns-value]  # what WSGI needs
        ((status, headers),) = began
        return Answer(int(status.split()[0]), dict(headers), body)

    return one
