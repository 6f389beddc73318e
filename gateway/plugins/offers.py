"""Which plugins are installed, by their entry points; nothing of them is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

GROUP = "gateway.plugins"


@dataclass(frozen=True, slots=True)
class Offer:
    """A plugin some distribution offers. `fault` says why it cannot even be tried."""

    name: str
    distribution: str
    version: str
    entry: EntryPoint | None
    fault: str = ""


def find() -> tuple[Offer, ...]:
    """Every plugin that is installed, by name; one that several distributions offer is there several times."""
    seen: set[str] = set()
    offers: list[Offer] = []
    for distribution in distributions():
        if not _mentions_plugins(distribution):
            continue
        name, version = _identity(distribution)
        # What comes later on the path is hidden by what came first, as in every import.
        normal = re.sub(r"[-_.]+", "-", name).lower()
        if normal not in seen:
            seen.add(normal)
            offers += _offers(distribution, name, version)
    return tuple(sorted(offers, key=lambda offer: (offer.name, offer.distribution)))


def _mentions_plugins(distribution: Distribution) -> bool:
    try:
        return GROUP in (distribution.read_text("entry_points.txt") or "")
    except (OSError, ValueError):
        return False


def _identity(distribution: Distribution) -> tuple[str, str]:
    try:
        metadata = distribution.metadata
        return str(metadata["Name"] or "unnamed"), str(metadata["Version"] or "?")
    except (OSError, TypeError, ValueError, KeyError):
        return "unnamed", "?"


def _offers(distribution: Distribution, name: str, version: str) -> Iterator[Offer]:
    try:
        entries = [each for each in distribution.entry_points if each.group == GROUP]
    except (TypeError, ValueError, AttributeError):
        yield Offer(name, name, version, None, "its list of entry points cannot be read; install it again")
        return
    for entry in entries:
        yield Offer(entry.name, name, version, entry)
