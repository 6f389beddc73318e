"""Whether the daemon lives, and whether it is ready: read from one small picture of it, never from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MISSED_TICKS = 3
"""A loop that has not ticked for so many intervals is not alive."""
PATIENCE = timedelta(seconds=30)
"""Shorter than this no silence counts: a busy machine is not a dead one."""
MOST_DRIFT = 60.0
"""Seconds by which the clock may be off before dates are not to be trusted."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The daemon at one moment, as it sees itself.

    `faults` says, each in one sentence without a person in it, why no work can be done now: the ledger cannot be
    reached, its schema is another. `clock_drift` is how many seconds the clock is off, by what the daemon has to
    compare it with.
    """

    started: bool
    stopping: bool
    ticked_at: datetime | None
    beat_at: datetime | None
    now: datetime
    tick_every: timedelta
    faults: tuple[str, ...] = ()
    clock_drift: float = 0.0


def why_not_alive(pulse: Pulse) -> str:
    """Why the daemon should be restarted; empty where its loop lives.

    While it starts or stops it does not tick, and to end it then would be wrong: systemd has its own time for both. A
    tick in the future is as stale as an old one: the clock was set back, and nothing has ticked since.
    """
    if not pulse.started or pulse.stopping:
        return ""
    if pulse.ticked_at is None:
        return "it has not looked for work yet"
    silent, most = abs(pulse.now - pulse.ticked_at), max(MISSED_TICKS * pulse.tick_every, PATIENCE)
    if silent < most:
        return ""
    return (
        f"it last looked for work {silent.total_seconds():.0f} s ago; "
        f"it should every {pulse.tick_every.total_seconds():g} s"
    )


def why_not_ready(pulse: Pulse) -> list[str]:
    """Why no work can be done now, all reasons; empty where it can."""
    reasons = []
    if not pulse.started:
        reasons.append("it is starting")
    if pulse.stopping:
        reasons.append("it is stopping")
    if silent := why_not_alive(pulse):
        reasons.append(silent)
    if not abs(pulse.clock_drift) <= MOST_DRIFT:
        reasons.append(f"the clock is off by {pulse.clock_drift:.0f} s; set it right")
    return [*reasons, *pulse.faults]
