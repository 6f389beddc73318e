"""What bounds a plan, and what a plan came to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Brake:
    """More people than the larger of `people` and `percent` of all in one plan wait for approval."""

    people: int
    percent: float

    def allows(self, total: int) -> int:
        return max(self.people, int(total * self.percent / 100))


@dataclass(slots=True)
class Planned:
    """What a plan came to: people by trigger, new steps by processor, and whether it waits.

    `duties` counts what only people can do, by action; `late` those past their day.
    """

    plan: int | None = None
    people: int = 0
    allowed: int = 0
    waiting: bool = False
    held: int = 0
    triggers: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    duties: dict[str, int] = field(default_factory=dict)
    late: int = 0
