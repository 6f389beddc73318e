"""What the daemon tells at the turns of its life: it answers at one address, and keeps it where a new one cannot be had."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.engine import Task
from gateway.ledger import Ledger
from gateway.risks import Risk
from gateway.telling import Telling
from gateway.web import Meters, Pulse
from tests.web.conftest import healthy  # noqa: F401 - a fixture


@dataclass
class Daemon:
    """What is asked of a daemon."""

    pulse_now: Pulse
    settings: Any = None
    is_stopping: bool = False
    told: list[str] = field(default_factory=list)

    def listen(self, at: str) -> Daemon:
        self.settings = SimpleNamespace(daemon=SimpleNamespace(listen=at))
        return self

    def pulse(self) -> Pulse:
        return self.pulse_now

    def standings(self) -> dict[str, list[Any]]:
        return {}


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def port_of(telling: Telling) -> int:
    assert telling._web is not None
    return int(telling._web.port)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_moves_to_a_new_address_and_stays_where_that_one_is_taken(ledger: Ledger, healthy: Pulse) -> None:  # noqa: F811
    telling, daemon = Telling(ledger, Meters()), Daemon(healthy)
    telling.begin(daemon.listen("127.0.0.1:0"))  # type: ignore[arg-type]  # has what is used
    first = port_of(telling)
    assert answers(first)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        telling.begin(daemon.listen(f"127.0.0.1:{taken.getsockname()[1]}"))  # type: ignore[arg-type]
        assert port_of(telling) == first
        assert answers(first)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    telling.begin(daemon.listen(f"127.0.0.1:{port}"))  # type: ignore[arg-type]
    assert (port_of(telling), answers(port), answers(first)) == (port, True, False)
    telling._web.close()  # type: ignore[union-attr]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_it_counts_is_in_the_metrics(ledger: Ledger) -> None:
    meters = Meters()
    telling = Telling(ledger, meters)
    telling.put(Task("fetch", "recman", "recman"))
    telling.ended(Task("fetch", "recman", "recman"), "done")
    day = date(2026, 12, 1)
    telling.planned([Risk("recman", "Recman", 9, day, None, 200.0, 5, 0, 300, 2)])
    value = meters.registry.get_sample_value
    assert value("gateway_people_at_risk", {"processor": "recman"}) == 5
    assert value("gateway_engine_enqueued_total", {"processor": "recman"}) == 1
    assert value("gateway_engine_finished_total", {"processor": "recman", "result": "done"}) == 1
    telling.planned([])
    assert value("gateway_people_at_risk", {"processor": "recman"}) is None
