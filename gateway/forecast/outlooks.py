"""How the erasures at one processor will go: what waits now, what falls due, when it ends and what is late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from gateway.forecast.dates import Horizon
from gateway.forecast.lanes import PROOF_COST, Lane, Way
from gateway.forecast.quota import Course, Late, Work, course, enough
from gateway.ledger.forecast import OpenSteps
from gateway.settings import Period


@dataclass(frozen=True, slots=True)
class Outlook:
    """What waits at the start (`backlog`, and `tasks` for a person), what falls `due`, and its course.

    `already` are past their date before anything can be done. `enough` are the fewest calls a day at which no more
    are late; None where calls are not what is missing.
    """

    lane: Lane
    backlog: int
    tasks: int
    due: int
    course: Course
    already: int = 0
    enough: int | None = None

    @property
    def late(self) -> int:
        """How many people will not be erased by their date."""
        return self.course.late_people

    @property
    def reads(self) -> int:
        """How many reads prove that all who are late are gone, once they were deleted in the vendor's own screen."""
        return ceil(self.late / self.lane.batch) if self.lane.batch else 0

    def late_by_day(self, horizon: Horizon) -> dict[int | None, int]:
        """How many are late of those due on each day; None: of those whose case is under way."""
        found: dict[int | None, int] = {}
        for each in self.course.late:
            day = each.due if each.due >= horizon.today else None
            found[day] = found.get(day, 0) + each.late
        return found


def outlook_of(
    lane: Lane, due: Mapping[int, int], steps: Iterable[OpenSteps], horizon: Horizon, answer: Period
) -> Outlook:
    """How it goes at one processor: people `due` by day, after what is open there.

    They have `answer` long from their day on, as cases have.
    """
    waiting = list(steps)
    by_call = [each for each in waiting if lane.way is Way.CALLS and not each.for_person]
    backlog = sum(each.steps for each in by_call)
    tasks = sum(each.steps for each in waiting) - backlog
    people = sum(due.values())
    if lane.way is Way.OWN:
        return Outlook(lane, 0, tasks, people, Course(people, None, ()))
    work = [
        *(_open(each, lane, horizon) for each in (by_call if lane.way is Way.CALLS else waiting)),
        *(Work(day, _hard(day, answer), count, lane.cost.hundredths) for day, count in due.items()),
    ]
    if lane.way is Way.NEVER:
        return Outlook(lane, backlog, tasks, people, _never(work))
    return _by_calls(Outlook(lane, backlog, tasks, people, _never(())), work, horizon.today)


def _open(steps: OpenSteps, lane: Lane, horizon: Horizon) -> Work:
    """What is under way was due before today, and costs no more than its proof where that alone is missing."""
    cost = lane.cost.hundredths
    return Work(horizon.today - 1, steps.hard, steps.steps, min(cost, PROOF_COST) if steps.proof else cost)


def _hard(day: int, answer: Period) -> int:
    return answer.after(date.fromordinal(day)).toordinal()


def _by_calls(outlook: Outlook, work: Sequence[Work], today: int) -> Outlook:
    lane = outlook.lane
    found = course(work, lane.allowances, lane.fetch, today)
    already = course(work, (), 0, today).late_people
    more = enough(work, lane.fetch, today) if found.late_people > already else None
    return Outlook(lane, outlook.backlog, outlook.tasks, outlook.due, found, already, more)


def _never(work: Iterable[Work]) -> Course:
    late = tuple(Late(each.due, each.hard, each.people, each.people, None) for each in sorted(work))
    return Course(sum(each.people for each in late), None, late)
