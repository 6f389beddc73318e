"""Obligations and requests to cases and steps: what will be done, where, and whether it may begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.ledger import AnyRow, Transaction, due, graves, lines, people, planning, questions, sweeps, work
from gateway.ledger.vault import Vault
from gateway.ledger.work import Step
from gateway.model import Outcome
from gateway.obligations import Obligation, Trigger
from gateway.places import BY_HAND, GONE_ALREADY, Place, begin
from gateway.rules import Rules, obligations, scans
from gateway.trail import Entry

TIME_TO_ERASE = timedelta(days=30)
"""How long an erasure may take from the day it is known to be owed (GDPR Art. 12(3), one month)."""

UNDER_WAY = ("open", "held", "waiting")
CAME_BACK = "there again after it was erased"


@dataclass(frozen=True, slots=True)
class Brake:
    """More people than the larger of `people` and `percent` of all in one plan wait for approval."""

    people: int
    percent: float

    def allows(self, total: int) -> int:
        return max(self.people, int(total * self.percent / 100))


@dataclass(slots=True)
class Planned:
    """What a plan came to: people by trigger, new steps by processor, and whether it waits."""

    plan: int | None = None
    people: int = 0
    allowed: int = 0
    waiting: bool = False
    held: int = 0
    triggers: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)


class Planner:
    """Plans inside one transaction of the ledger."""

    def __init__(
        self, tx: Transaction, vault: Vault, places: Mapping[str, Place], now: datetime, actor: str
    ) -> None:
        self.tx, self.vault, self.places, self.now, self.actor = tx, vault, places, now, actor
        self._swept = {place.name: sweeps.swept(tx, place.name, place.kinds) for place in places.values()}
        self._doubts = questions.doubts(tx)
        self._next_case, self._next_step = planning.next_numbers(tx)
        self._cases: list[dict[str, Any]] = []
        self._steps: list[dict[str, Any]] = []
        self._entries: list[Entry] = []

    def plan(self, rules: Rules, brake: Brake) -> Planned:
        """Turn all that is due now into cases; more people than the brake allows wait for approval."""
        self._release_answered()
        self._hold_doubtful()
        planning.explain(self.tx, {place.name: place.fault for place in self.places.values()})
        freed = self._freed()
        came_back = self._came_back()
        candidates = due.candidates(self.tx, scans(rules, self.now), self.now)
        found = {each.subject: each for each in obligations(due.facts(self.tx, candidates), rules, self.now)}
        found = {subject: each for subject, each in (freed | found).items() if subject not in came_back}
        under_way = work.open_cases(self.tx, list(found))
        for subject in found.keys() & under_way:
            self._extend(under_way[subject], found[subject])
        new = [each for subject, each in found.items() if subject not in under_way]
        planned = Planned(people=len(new) + len(came_back), allowed=brake.allows(due.people(self.tx)))
        if planned.people:
            planned.waiting = planned.people > planned.allowed
            state = "waiting" if planned.waiting else "running"
            planned.plan = work.add_plan(self.tx, self.now, planned.people, planned.allowed, state)
            self._open(new, planned)
            for subject, where in came_back.items():
                self._erase_again(subject, where, planned)
                planned.triggers[Trigger.RETURNED] = planned.triggers.get(Trigger.RETURNED, 0) + 1
        self._write()
        return planned

    def request(self, subject: int) -> int:
        """Open a case for a person who asked to be erased (or add to the one under way); its number.

        What was read before they asked proves nothing about today: each processor is asked, or read again first.
        """
        self._swept = dict.fromkeys(self.places)
        asked = Obligation(subject, Trigger.REQUEST, None, self.now, "asked to be erased")
        under_way = work.open_cases(self.tx, [subject])
        if subject in under_way:
            case = under_way[subject]
            planning.make_request(self.tx, case, str(asked.trigger), asked.why)
            self._extend(case, asked)
        else:
            case = self._next_case
            self._open([asked], Planned(plan=work.add_plan(self.tx, self.now, 1, 1, "running"), people=1))
        self._write()
        return case

    def reopen(self, step: Step, processor: str, subject: int) -> int:
        """Erase again what an operator says is not there lawfully; the case's number."""
        plan = work.add_plan(self.tx, self.now, 1, 1, "running")
        case = self._erase_again(subject, [(step, processor)], Planned(plan=plan, people=1))
        self._write()
        return case

    def _freed(self) -> dict[int, Obligation]:
        """What was kept when somebody had to be erased, and is not kept any longer, is erased now.

        Where a rule was the reason, the rule is asked again; a request and a deletion at the source stand.
        """
        freed: dict[int, set[str]] = {}
        for subject, processor in due.kept_over(self.tx, self.now):
            freed.setdefault(subject, set()).add(processor)
        due.release_kept(self.tx, self.now)
        owed: dict[int, Obligation] = {}
        for subject, processors in freed.items():
            trigger = planning.trigger_of_last(self.tx, subject)
            if trigger in (Trigger.REQUEST, Trigger.VANISHED):
                why = "what was kept when they were erased is not kept any longer"
                owed[subject] = Obligation(subject, Trigger(trigger), tuple(processors), self.now, why)
        return owed

    def _came_back(self) -> dict[int, list[tuple[Step, str]]]:
        """Who is there again, by which step they were erased, and where. Whoever may have come back is asked about."""
        found: dict[int, list[tuple[Step, AnyRow]]] = {}
        for row in due.returned(self.tx):
            if row.subject_id in self._doubts:
                continue  # the mark stays until it is known who it is
            step = work.get_step(self.tx, row.returned_step)
            planning.unmark_returned(self.tx, row.id)
            if step is not None:
                found.setdefault(row.subject_id, []).append((step, row))
        reopened: dict[int, list[tuple[Step, str]]] = {}
        for subject, rows in found.items():
            if not any(self._may_be_lawful(step, row) for step, row in rows):
                reopened[subject] = [(step, row.processor) for step, row in rows]
                continue
            names = " and ".join(sorted({row.processor for _, row in rows}))
            text = (
                f"Somebody (S{subject}) who was erased in case {rows[0][0].case} is held again at {names}, in a record "
                "made or restored since then. Did they come back by themselves?"
            )
            step_id = rows[0][0].id
            options = ("keep", "erase")
            questions.ask(self.tx, "returned", text, options, self.now, subject_id=subject, step_id=step_id)
        return reopened

    def _may_be_lawful(self, step: Step, row: AnyRow) -> bool:
        """Whether a record was made after the erasure, or restored by those who had deleted it themselves."""
        if row.created_at is not None and row.created_at > (step.closed_at or self.now):
            return True
        steps = {each.processor: each for each in work.steps_of(self.tx, step.case)}
        return row.processor in steps and steps[row.processor].reason == GONE_ALREADY

    def _erase_again(self, subject: int, where: Sequence[tuple[Step, str]], planned: Planned) -> int:
        """Open the cases that erased them again, where they are now; a new one where those are about others now."""
        own = [
            (step, name)
            for step, name in where
            if step.subject == subject or step.case_state not in UNDER_WAY
        ]
        case = 0
        for step, name in own:
            case = self._reopen(step, name, subject, planned)
        names = tuple(name for step, name in where if (step, name) not in own)
        if names:
            owed = Obligation(subject, Trigger.RETURNED, names, self.now, CAME_BACK)
            under_way = work.open_cases(self.tx, [subject])
            case = under_way.get(subject, self._next_case)
            if subject in under_way:
                self._extend(case, owed)
            else:
                self._open([owed], planned)
        return case

    def _reopen(self, step: Step, processor: str, subject: int, planned: Planned) -> int:
        state = "waiting" if planned.waiting else "open"
        if step.case_state in ("closed", "dropped"):
            planning.reopen_case(self.tx, step.case, subject, planned.plan, state, self.now + TIME_TO_ERASE)
        at = {each.processor: each for each in work.steps_of(self.tx, step.case)}.get(processor)
        if at is None:
            self._add_steps(step.case, subject, [processor])
        elif at.closed_at is not None:
            planning.reopen_step(self.tx, at.id, self.now)
        planned.steps[processor] = planned.steps.get(processor, 0) + 1
        self._entries.append(
            Entry(self.now, self.actor, "reopened", subject=people.ref_of(subject), case=step.case,
                  step=at.id if at else None, processor=processor, outcome=str(Outcome.RETURNED), why=CAME_BACK)
        )  # fmt: skip
        return step.case

    def _open(self, owed: Sequence[Obligation], planned: Planned) -> None:
        for each in owed:
            held_by = self._doubts.get(each.subject)
            state = "held" if held_by else "waiting" if planned.waiting else "open"
            planned.held += held_by is not None
            planned.triggers[each.trigger] = planned.triggers.get(each.trigger, 0) + 1
            case = self._next_case
            self._next_case += 1
            self._cases.append(
                {
                    "id": case, "subject_id": each.subject, "plan_id": planned.plan, "trigger": str(each.trigger),
                    "purpose": each.purpose or None, "why": each.why, "state": state, "held_by": held_by,
                    "opened_at": self.now, "due_at": self.now + TIME_TO_ERASE,
                }
            )  # fmt: skip
            names = self._names(each)
            for name in names:
                planned.steps[name] = planned.steps.get(name, 0) + 1
            self._say("planned", case, each, names, {"state": state})

    def _names(self, owed: Obligation) -> list[str]:
        return [name for name in self.places if owed.processors is None or name in owed.processors]

    def _extend(self, case: int, owed: Obligation) -> None:
        """Add the processors that the case under way does not cover yet."""
        covered = {step.processor for step in work.steps_of(self.tx, case)}
        names = [name for name in self._names(owed) if name not in covered]
        if names:
            self._say("extended", case, owed, names, {})

    def _say(
        self, action: str, case: int, owed: Obligation, names: Sequence[str], more: Mapping[str, str]
    ) -> None:
        """Add the steps, and the line in the trail that tells of them and of what is settled already."""
        settled = self._add_steps(case, owed.subject, names)
        data = {"processors": list(names), **more} | ({"settled": settled} if settled else {})
        self._entries.append(
            Entry(self.now, self.actor, action, subject=people.ref_of(owed.subject), case=case,
                  why=f"{owed.trigger}: {owed.why}", data=data)
        )  # fmt: skip

    def _add_steps(self, case: int, subject: int, names: Iterable[str]) -> dict[str, str]:
        """Steps for one person at these processors; the outcomes of those that are settled already."""
        held = planning.states(self.tx, subject)
        settled: dict[str, str] = {}
        for name in names:
            start = begin(self.places[name], held.get(name, ()), self._swept[name])
            row = {"case_id": case, "processor": name, "kept": [], "deleted": [], "attempts": 0}
            self._steps.append({"id": self._next_step, **row, **start.row(self.now)})
            self._next_step += 1
            if start.closed:
                settled[name] = str(start.outcome)
        return settled

    def _release_answered(self) -> None:
        """Cases held by a question that has been answered go on."""
        for row in planning.held_and_answered(self.tx):
            still = self._doubts.get(row.subject_id)
            planning.release(self.tx, row.id, row.goes_on_as, still)

    def _hold_doubtful(self) -> None:
        """Cases that were begun before a doubt arose who it is wait for the answer, if there is more to be done."""
        for case, subject in planning.hold(self.tx, self._doubts):
            self._entries.append(
                Entry(self.now, self.actor, "held", subject=people.ref_of(subject), case=case,
                      data={"question": self._doubts[subject]})
            )  # fmt: skip

    def _write(self) -> None:
        work.add_cases(self.tx, self._cases, self._steps)
        lines.append(self.tx, self._entries)
        idle = dict.fromkeys(planning.idle_cases(self.tx))
        lines.append(self.tx, graves.finish_cases(self.tx, self.vault, idle, self.now, self.actor))
        self._ask_by_hand()
        self._cases, self._steps, self._entries = [], [], []

    def _ask_by_hand(self) -> None:
        """Put the tasks of cases that have begun: what waits for approval or an answer is nobody's task yet."""
        for step in planning.unasked(self.tx):
            place, who = self.places.get(step.processor), people.ref_of(step.subject)
            title = place.title if place else step.processor
            if step.outcome == Outcome.MANUAL:
                why = step.reason.removeprefix(BY_HAND)
                kind, options = "task", ["done"]
                text = f"Delete what {title} holds on {who} by hand ({why}), then answer."
            else:
                kind, options = "unlinkable", ["done", "not-there"]
                text = f"{title} cannot be asked about {who} by any identity known. Look there by hand, then answer."
            due_at = self.now + TIME_TO_ERASE
            questions.ask(self.tx, kind, text, options, self.now, step_id=step.id, due_at=due_at)
