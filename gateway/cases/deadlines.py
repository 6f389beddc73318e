"""By when a case has to be done: the law's clock for an answer, from the day it was asked for or came to be owed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.errors import SettingsError
from gateway.rules import Policy, clocks
from gateway.rules.calendar import Holidays

ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The clock that cases go by. What a rule says is over is owed without undue delay: it gets no longer than a request."""

    policy: Policy
    zone: ZoneInfo
    number: int | None = None
    holidays: Holidays = field(default_factory=Holidays)

    def rolled(self, moment: datetime) -> datetime:
        """The last moment of the working day that a moment's day is rolled to."""
        day = self.holidays.next_working(moment.astimezone(self.zone).date())
        return clocks.end_of_day(day, self.zone)

    def columns(self, start: datetime) -> dict[str, Any]:
        """The columns of a case that say by when, and why: `due_at` is hard, the last moment of its day."""
        row = clocks.clock(self.policy, ANSWER)
        period = clocks.period_of(row) if row is not None else None
        if row is None or period is None:
            raise SettingsError(
                f"the law: no row that is on sets the clock {ANSWER!r} with a period; switch it on under [law] in policy.toml"
            )
        hard, rolled = clocks.deadline(start.astimezone(self.zone).date(), period, self.holidays)
        return {
            "start_at": start, "rule": row.id, "policy_id": self.number,
            "due_at": clocks.end_of_day(hard, self.zone), "rolled_at": clocks.end_of_day(rolled, self.zone),
        }  # fmt: skip
