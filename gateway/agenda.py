"""What has to be done again and again, and when: one job a kind of work and processor, made from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.engine import Task
from gateway.register import Register
from gateway.schedule import check
from gateway.settings.serving import Turn

AT_A_PROCESSOR = ("fetch", "verify", "look_again")
OF_THE_LEDGER = ("plan", "checkpoint", "agreements", "tidy")
PRIORITY = {"delete": 1, "verify": 60_000, "look_again": 70_000, "fetch": 80_000}
"""Deletions come before all else, the nearest deadline first (1 to 50,000); proof comes next, reading last."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something with a schedule. Its name is that of its kind, and of the processor where it is done at one."""

    name: str
    turn: Turn
    task: Task


def jobs_of(register: Register) -> dict[str, Job]:
    """All jobs there are by these settings, by name; SettingsError where a turn makes no sense."""
    found: dict[str, Job] = {}
    settings, zone = register.settings, register.zone
    for kind in OF_THE_LEDGER:
        turn = getattr(settings.schedule, kind)
        check(turn, f"schedule.{kind}", zone)
        found[kind] = Job(kind, turn, Task(kind))
    for name in register.callable_names():
        processor = settings.processors[name]
        for kind in AT_A_PROCESSOR:
            if kind == "fetch" and not register.places[name].kinds:
                continue
            own = getattr(processor.schedule, kind)
            turn = own if own is not None else getattr(settings.schedule, kind)
            check(turn, f"processors.{name}.schedule.{kind}" if own is not None else f"schedule.{kind}", zone)
            task = Task(kind, name, processor.plugin, priority=PRIORITY[kind])
            found[f"{kind}:{name}"] = Job(f"{kind}:{name}", turn, task)
    return found
