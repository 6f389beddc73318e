"""The three vendors on this machine: found by their entry points, served on loopback, and their journals read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any

from gateway.errors import SettingsError
from gateway.testing import Call, serve

GROUP = "gateway.simulators"
NAMES = ("recman", "invenias", "bisnode")
LATENCY = 0.02
"""Seconds before each answer: nobody's API answers at once."""


@dataclass(frozen=True, slots=True)
class Vendors:
    """The simulators by name, and where they answer."""

    by_name: Mapping[str, Any]
    urls: Mapping[str, str]

    def deletions(self) -> dict[str, Counter[str]]:
        """Whose deletion each vendor was asked for, and how often."""
        return {
            name: Counter(each for call in simulator.wire.journal for each in _deleted(call))
            for name, simulator in self.by_name.items()
        }


_PATHS = (
    re.compile(r"/api/v1/people/([^/]+)", re.IGNORECASE),
    re.compile(r"/consumer-intelligence/v3/consumers/([^/]+)"),
)
_CANDIDATE = re.compile(r'"candidateId": ?"?(\d+)')
_MANY = re.compile(r"/api/v1/people/bulkdelete", re.IGNORECASE)
_ID = re.compile(r'"Id": ?"([^"]+)"')


def _deleted(call: Call) -> list[str]:
    """The ids of the people a call asks to delete; none for any other call, and for one sent away as too early."""
    if call.status == 429:
        return []
    if call.method == "POST" and '"delete"' in call.body:
        return _CANDIDATE.findall(call.body)[:1]
    if _MANY.fullmatch(call.path):
        return _ID.findall(call.body)
    if call.method != "DELETE":
        return []
    return [found[1] for path in _PATHS if (found := path.fullmatch(call.path))]


def make() -> dict[str, Any]:
    """One simulator a vendor, empty; SettingsError where a plugin is not installed."""
    found = {each.name: each for each in entry_points(group=GROUP)}
    if missing := [name for name in NAMES if name not in found]:
        wanted = ", ".join(f"ats-gateway-{name}" for name in missing)
        raise SettingsError(
            f"the demo needs the plugins of three vendors; install {wanted}, or use `make demo`"
        )
    return {name: found[name].load()(now=lambda: datetime.now(UTC)) for name in NAMES}


@contextmanager
def served(simulators: Mapping[str, Any]) -> Iterator[Vendors]:
    """The simulators as servers on 127.0.0.1, each on a port of its own."""
    with ExitStack() as stack:
        urls = {}
        for name, simulator in simulators.items():
            simulator.wire.latency = LATENCY
            urls[name] = stack.enter_context(serve(simulator, threads=8))
        yield Vendors(simulators, urls)
