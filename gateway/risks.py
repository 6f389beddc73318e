"""Deadlines that the call limits cannot meet: where, for how many people, by when it is owed and when it will be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from gateway import forecast
from gateway.forecast import Horizon, Outlook, Way
from gateway.ledger import Transaction
from gateway.ledger.forecast import open_steps, reading
from gateway.register import Register
from gateway.rules.days import to_micros
from gateway.settings import Period

_MONTH = Period(1, "months")


@dataclass(frozen=True, slots=True)
class Risk:
    """What is under way at one processor and goes past its date at its call limits.

    Of `steps` that take calls, `late_people` are not done in time, `already` of them past their date by now. The first
    of them is owed by `due_by`, the last done on `done_by` (None: never). In time are they at `enough_calls_a_day`, or
    once they are deleted by hand, in one go: then so many `reads` prove it (0: no read can).
    """

    processor: str
    title: str
    steps: int
    due_by: date
    done_by: date | None
    calls_a_day: float | None
    late_people: int
    already: int
    enough_calls_a_day: int | None
    reads: int

    @property
    def command(self) -> str:
        """What hands the list for the vendor's own screen to a person."""
        return f"gateway bulk {self.processor}"


def at_risk(register: Register, now: datetime) -> list[Risk]:
    """Where more will be late than is late already, since there are not enough calls. It calls nobody."""
    with reading(register.ledger) as tx:
        found = outlooks(tx, register, now)
    risks = []
    for name, each in found.items():
        late = [one for one in each.course.late if one.late]
        if each.lane.way is not Way.CALLS or each.late <= each.already:
            continue
        ends = [one.ends for one in late]
        last = max((one for one in ends if one is not None), default=None)
        risks.append(
            Risk(
                name, each.lane.title, each.backlog, date.fromordinal(min(one.hard for one in late)),
                None if last is None or None in ends else date.fromordinal(last), each.lane.calls_a_day, each.late,
                each.already, each.enough, each.reads,
            )
        )  # fmt: skip
    return risks


def outlooks(
    tx: Transaction, register: Register, now: datetime, names: Collection[str] | None = None
) -> dict[str, Outlook]:
    """How what is under way will go, at each processor or those named; what falls due later is left out."""
    today = now.astimezone(register.zone).date().toordinal()
    horizon = Horizon(to_micros(now), today, today)
    places = [each for name, each in register.places.items() if names is None or name in names]
    lanes = forecast.lanes(tx, places, register.settings, register.plugins, now)
    waiting = open_steps(tx, register.zone)
    return {
        name: forecast.outlook_of(
            lane, {}, [each for each in waiting if each.processor == name], horizon, _MONTH
        )
        for name, lane in lanes.items()
    }
