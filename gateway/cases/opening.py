"""New cases and steps, gathered while a plan is made and written down together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.cases.deadlines import Deadlines
from gateway.cases.planned import Planned
from gateway.ledger import Transaction, due, lines, people, planning, sweeps, work
from gateway.model import Kept, Outcome, Reason, Ref
from gateway.obligations import Erasure, Obligation, Scope, Stay
from gateway.places import DATA_SET, Place, begin
from gateway.rules.days import from_micros
from gateway.rules.policy import Policy
from gateway.trail import Entry


class Opening:
    """Cases and steps about to be written, inside one transaction of the ledger."""

    def __init__(
        self, tx: Transaction, places: Mapping[str, Place], deadlines: Deadlines, now: datetime, actor: str
    ) -> None:
        self.tx, self.places, self.deadlines, self.now, self.actor = tx, places, deadlines, now, actor
        self.swept = {place.name: sweeps.swept(tx, place.name, place.kinds) for place in places.values()}
        self.next_case, self._next_step = planning.next_numbers(tx)
        self._cases: list[dict[str, Any]] = []
        self._steps: list[dict[str, Any]] = []
        self.entries: list[Entry] = []
        self.staying: list[tuple[int, Stay]] = []

    def open(self, owed: Erasure, planned: Planned, held_by: int | None, start: datetime) -> int:
        """A new case for one person, and its steps; its number."""
        state = "held" if held_by else "waiting" if planned.waiting else "open"
        planned.held += held_by is not None
        planned.triggers[owed.trigger] = planned.triggers.get(owed.trigger, 0) + 1
        case = self.next_case
        self.next_case += 1
        self._cases.append(
            {
                "id": case, "subject_id": owed.subject, "plan_id": planned.plan, "trigger": str(owed.trigger),
                "purpose": owed.purpose or None, "why": owed.why, "state": state, "held_by": held_by,
                "opened_at": self.now, **self.deadlines.columns(start),
            }
        )  # fmt: skip
        names = self.names(owed)
        for name in names:
            planned.steps[name] = planned.steps.get(name, 0) + 1
        self.say("planned", case, owed, names, {"state": state})
        return case

    def names(self, owed: Erasure) -> list[str]:
        """The processors a case has a step at: where something is due, and where something of it stays."""
        stays = {each.processor for each in owed.stays}
        return [name for name in self.places if owed.scopes is None or name in owed.scopes or name in stays]

    def say(
        self, action: str, case: int, owed: Erasure, names: Sequence[str], more: Mapping[str, str]
    ) -> None:
        """Add the steps, and the line in the trail that tells of them and of what is settled already."""
        settled = self.add_steps(case, owed, names)
        data = {"processors": list(names), **more} | ({"settled": settled} if settled else {})
        self.entries.append(
            Entry(self.now, self.actor, action, subject=people.ref_of(owed.subject), case=case,
                  why=f"{owed.trigger}: {owed.why}", data=data)
        )  # fmt: skip

    def add_steps(self, case: int, owed: Erasure, names: Iterable[str]) -> dict[str, str]:
        """Steps for one person at these processors; the outcomes of those that are settled already."""
        held = planning.states(self.tx, owed.subject)
        policy = self.deadlines.policy
        settled: dict[str, str] = {}
        for name in names:
            scope = Scope() if owed.scopes is None else owed.scopes.get(name)
            stays = tuple(each for each in owed.stays if each.processor == name)
            self.staying += [(owed.subject, each) for each in stays]
            partly = _in_words(policy, scope, stays)
            start = begin(self.places[name], held.get(name, ()), self.swept[name], scope, partly)
            row = {
                "case_id": case, "processor": name, "deleted": [], "attempts": 0,
                "kept": work.pack_kept(kept_of(policy, stays)),
                "scope": None if scope is None else work.pack_scope(scope),
                "owed": owed_of(owed.owed, name, self.deadlines.number) or None,
            }  # fmt: skip
            self._steps.append({"id": self._next_step, **row, **start.row(self.now)})
            if start.outcome == Outcome.REFUSED and scope is not None:
                # They decide themselves and are told once: nobody can see whether it is gone there.
                sets = sets_of(policy, name, scope)
                due.absent(self.tx, owed.subject, name, sets, self._next_step, self.now)
            self._next_step += 1
            if start.closed:
                settled[name] = str(start.outcome)
        return settled

    def write(self) -> None:
        """Write all of it down."""
        work.add_cases(self.tx, self._cases, self._steps)
        lines.append(self.tx, self.entries)
        self._cases, self._steps, self.entries = [], [], []


WORDS = {
    "order": "kept as an authority or a court ordered",
    "freeze": "restricted: it may only be stored for now (GDPR Art. 18)",
    "legal-duty": "kept because a law says so",
    "employment": "kept for the employment",
    "contract": "kept for a contract or a process that is running",
    "claims": "kept for legal claims",
}
"""Why a data set stays, where no keep of the policy says it in its own words."""


def kept_of(policy: Policy, stays: Iterable[Stay]) -> list[Kept]:
    """What stays on a ground of ours, as a step keeps it: data sets in the place of records."""
    texts = {each.id: each.text for each in policy.keeps}
    return [
        Kept(
            Ref(DATA_SET, each.data_set),
            Reason(each.ground),
            f"{_title(policy, each.data_set)}: {texts.get(each.rule) or WORDS[each.ground]}",
            None if each.until is None else from_micros(each.until - 1).astimezone(UTC).date(),
            each.readers,
        )
        for each in stays
    ]


def _title(policy: Policy, data_set: str) -> str:
    found = policy.data_sets.get(data_set)
    return found.title if found is not None else data_set or "All of it"


def sets_of(policy: Policy, processor: str, scope: Scope | None) -> tuple[str, ...]:
    """The data sets a step is about at a processor: those it names, or all that are held there."""
    if scope is not None and scope.sets:
        return scope.sets
    return tuple(name for name, place in policy.uses if place == processor)


def _in_words(policy: Policy, scope: Scope | None, stays: Sequence[Stay]) -> str:
    """What of a person a step is about where it is not everything, for whoever has to do it."""
    if scope is None:
        return " ".join(each.text for each in kept_of(policy, stays))
    if scope.kinds is None and not scope.by_hand:
        return ""
    return f"only {', '.join(_title(policy, each) for each in scope.sets)}; what else is held there stays"


def owed_of(owed: Iterable[Obligation], processor: str, policy: int | None) -> list[dict[str, Any]]:
    """The obligations a step rests on, as it keeps them; moments in microseconds."""
    return [
        {
            "purpose": each.purpose, "data_set": each.data_set, "rule": each.rule, "event": each.event,
            "start": each.start, "due": each.due, "policy": policy,
        }
        for each in owed
        if each.processor == processor
    ]  # fmt: skip
