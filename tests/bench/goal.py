"""One line of the table `make bench` shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table. `met` compares what was measured with the goal; without a goal it is only told."""

    what: str
    measured: str
    goal: str
    met: bool


def told(what: str, measured: str) -> Goal:
    """Something to be known beside a goal."""
    return Goal(what, measured, "", met=True)
