"""What a letter may say of a case: how it stands at each processor, read from the ledger and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from gateway.errors import SettingsError
from gateway.ledger import Transaction, work
from gateway.ledger.work import Step
from gateway.model import Kept, Outcome, Reason

STAYS = (Outcome.KEPT, Outcome.REFUSED)
_ANSWERED = (Outcome.DONE, Outcome.ACCEPTED, Outcome.NOTHING, Outcome.VERIFIED, *STAYS)


@dataclass(frozen=True, slots=True)
class Stand:
    """One step as a letter tells it: what stays in `kept`, whether anything was `deleted`, the day it was `closed`."""

    step: int
    processor: str
    title: str
    outcome: Outcome | None
    closed: date | None = None
    deleted: bool = False
    kept: tuple[Kept, ...] = ()

    @property
    def is_answered(self) -> bool:
        return self.outcome in _ANSWERED

    @property
    def decides(self) -> bool:
        """Whether they decide on something as their own controller."""
        own = any(each.reason == Reason.OWN_CONTROLLER for each in self.kept)
        return own or (self.outcome == Outcome.REFUSED and not self.kept)


@dataclass(frozen=True, slots=True)
class Facts:
    """A case as its letters tell it; `late` says whether its day is over."""

    case: int
    subject: int
    trigger: str
    due: date
    late: bool
    stands: tuple[Stand, ...]


def read(tx: Transaction, number: int, titles: Mapping[str, str], zone: ZoneInfo, today: date) -> Facts:
    """The facts of a case; SettingsError where there is none of that number, or it was dropped."""
    row = work.get_case(tx, number)
    if row is None:
        raise SettingsError(f"case {number}: there is none of that number; `gateway cases --all` lists them")
    if row.state == "dropped":
        raise SettingsError(f"case {number}: was dropped: there is nothing to write about")
    due = row.due_at.astimezone(zone).date()
    stands = tuple(
        Stand(
            each.id, each.processor, titles.get(each.processor, each.processor), each.outcome,
            each.closed_at.astimezone(zone).date() if each.closed_at else None, bool(each.deleted), _kept(tx, each),
        )
        for each in work.steps_of(tx, number)
    )  # fmt: skip
    return Facts(number, row.subject_id, row.trigger, due, due < today, stands)


def _kept(tx: Transaction, step: Step) -> tuple[Kept, ...]:
    """What stays by this step; where that is what an earlier one kept, what that one said of it."""
    if step.kept or step.outcome != Outcome.KEPT:
        return step.kept
    return work.kept_before(tx, step)
