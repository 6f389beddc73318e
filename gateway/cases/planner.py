"""Planning: everybody the rules have to look at, and what is due turned into cases, inside one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from gateway.cases import restricting, returns, revising
from gateway.cases.deadlines import Deadlines
from gateway.cases.opening import Opening
from gateway.cases.planned import Brake, Planned
from gateway.ledger import (
    Transaction,
    due,
    duties,
    events,
    graves,
    holds,
    lines,
    people,
    planning,
    questions,
    work,
)
from gateway.ledger.vault import Vault
from gateway.ledger.work import Step
from gateway.model import Outcome
from gateway.obligations import Erasure, Obligation, PersonFacts, Trigger
from gateway.places import BY_HAND, Place
from gateway.rules import Rules, look, requested
from gateway.rules.claims import ASKED
from gateway.rules.days import to_micros
from gateway.rules.erasing import NEVER
from gateway.trail import Entry


class Planner:
    """Plans inside one transaction of the ledger, by rules that go by one version of the policy."""

    def __init__(
        self,
        tx: Transaction,
        vault: Vault,
        places: Mapping[str, Place],
        rules: Rules,
        now: datetime,
        actor: str,
        policy: int | None = None,
    ) -> None:
        self.tx, self.vault, self.places, self.rules = tx, vault, places, rules
        self.now, self.actor, self.policy = now, actor, policy
        self.deadlines = Deadlines(rules.policy, rules.zone, policy)
        self.opening = Opening(tx, places, self.deadlines, now, actor)
        self.doubts = questions.doubts(tx)

    def plan(self, brake: Brake) -> Planned:
        """Turn all that is due now into cases; more people than the brake allows wait for approval."""
        self._release_answered()
        self._hold_doubtful()
        holds.reminders(self.tx, self.rules.zone, self.now)
        planning.explain(self.tx, {place.name: place.fault for place in self.places.values()})
        freed = self._freed()
        came_back = returns.came_back(self)
        found = freed | self.look()
        found = {subject: each for subject, each in found.items() if subject not in came_back}
        self.revise()
        under_way = work.open_cases(self.tx, list(found))
        begun = planning.processors_of(self.tx, [under_way[each] for each in found.keys() & under_way])
        for subject in found.keys() & under_way:
            case = under_way[subject]
            self.extend(case, found[subject], begun.get(case, set()))
        new = [each for subject, each in found.items() if subject not in under_way]
        planned = Planned(people=len(new) + len(came_back), allowed=brake.allows(due.people(self.tx)))
        if planned.people:
            planned.waiting = planned.people > planned.allowed
            state = "waiting" if planned.waiting else "running"
            planned.plan = work.add_plan(
                self.tx, self.now, planned.people, planned.allowed, state, self.actor
            )
            asked = questions.about(self.tx, "returned") | self.doubts
            for each in new:
                self.opening.open(each, planned, asked.get(each.subject), self.now)
            for subject, where in came_back.items():
                returns.erase_again(self, subject, where, planned)
                planned.triggers[Trigger.RETURNED] = planned.triggers.get(Trigger.RETURNED, 0) + 1
        self.write()
        planned.duties, planned.late = duties.counted(self.tx, self.now)
        return planned

    def request(self, subject: int, received: datetime | None = None) -> int:
        """Open a case for a person who asked to be erased (or add to the one under way); its number.

        What was read before they asked proves nothing about today: each processor is asked, or read again first.
        The answer is due from the day the request was `received`, today where nobody says.
        """
        self.opening.swept = dict.fromkeys(self.places)
        asked_at = received or self.now
        events.add(self.tx, subject, ASKED, None, asked_at, "operator", self.now)
        asked = requested(self.rules, self.facts_of(subject), to_micros(self.now))
        under_way = work.open_cases(self.tx, [subject])
        if subject in under_way:
            case = under_way[subject]
            columns = self.deadlines.columns(asked_at)
            planning.make_request(self.tx, case, str(asked.trigger), asked.why, columns)
            self.extend(case, asked)
        else:
            plan = work.add_plan(self.tx, self.now, 1, 1, "running", self.actor)
            case = self.opening.open(asked, Planned(plan=plan, people=1), self.doubts.get(subject), asked_at)
        self.write()
        return case

    def reopen(self, step: Step, processor: str, subject: int) -> int:
        """Erase again what an operator says is not there lawfully; the case's number."""
        plan = work.add_plan(self.tx, self.now, 1, 1, "running", self.actor)
        case = returns.erase_again(self, subject, [(step, processor)], Planned(plan=plan, people=1))
        self.write()
        return case

    def facts_of(self, subject: int) -> PersonFacts:
        """What is known about one person; nothing but their number where nothing is."""
        return next(iter(due.facts(self.tx, [subject], everyone=True)), PersonFacts(subject))

    def revise(self, subjects: Iterable[int] | None = None) -> None:
        """Look again at what is open and not begun, of these people (None: of all): what may not go any more is closed."""
        cases = work.cases_to_revise(self.tx, subjects)
        facts = {each.subject: each for each in due.facts(self.tx, list(cases))}
        steps = planning.steps_by_case(self.tx, [case for case, _ in cases.values()])
        for subject, (case, trigger) in cases.items():
            if subject in facts:
                revising.revise(self, case, Trigger(trigger), facts[subject], steps.get(case, ()))

    def look(self) -> dict[int, Erasure]:
        """Look at everybody something has changed for, or whose day has come: who is to be erased, and what of them.

        What stands in memory is what is due, whatever the number of people.
        """
        found: dict[int, Erasure] = {}
        micros = to_micros(self.now)
        has_duties = self.rules.has_duties or duties.any_at_all(self.tx)
        for some in due.to_look_at(self.tx, self.now):
            again = dict.fromkeys(some, NEVER)
            owed: dict[int, tuple[Obligation, ...]] = {}
            for person in due.facts(self.tx, some):
                erasure, by_hand, again[person.subject] = look(self.rules, person, micros)
                if erasure is not None:
                    found[person.subject] = erasure
                if by_hand:
                    owed[person.subject] = by_hand
            due.looked_at(self.tx, again)
            if has_duties:
                duties.reconcile(self.tx, some, owed, self.policy, self.now, self.deadlines.rolled)
        return found

    def _freed(self) -> dict[int, Erasure]:
        """What a processor kept when somebody had to be erased, and does not keep any longer, is erased now.

        Where a rule was the reason, the rule is asked again; a request and a deletion at the source stand.
        """
        freed: dict[int, set[str]] = {}
        for subject, processor in due.kept_over(self.tx, self.now):
            freed.setdefault(subject, set()).add(processor)
        due.release_kept(self.tx, self.now)
        owed: dict[int, Erasure] = {}
        for subject, processors in freed.items():
            trigger = planning.trigger_of_last(self.tx, subject)
            if trigger in (Trigger.REQUEST, Trigger.VANISHED, Trigger.RETURNED):
                why = "what was kept when they were erased is not kept any longer"
                asked = requested(self.rules, self.facts_of(subject), to_micros(self.now))
                scopes = {name: each for name, each in (asked.scopes or {}).items() if name in processors}
                if scopes:
                    owed[subject] = Erasure(subject, Trigger(trigger), scopes, self.now, why)
        return owed

    def extend(self, case: int, owed: Erasure, covered: Collection[str] | None = None) -> None:
        """Add the processors that the case under way does not cover yet; `covered` are those it does, where known."""
        if covered is None:
            covered = planning.processors_of(self.tx, [case]).get(case, set())
        names = [name for name in self.opening.names(owed) if name not in covered]
        if names:
            self.opening.say("extended", case, owed, names, {})

    def scopes_at(self, subject: int, processors: Sequence[str]) -> Erasure:
        """Everything at these processors, less what may not be erased."""
        asked = requested(self.rules, self.facts_of(subject), to_micros(self.now))
        scopes = {name: each for name, each in (asked.scopes or {}).items() if name in processors}
        stays = tuple(each for each in asked.stays if each.processor in processors)
        return Erasure(subject, Trigger.RETURNED, scopes or None, self.now, returns.CAME_BACK, stays=stays)

    def _release_answered(self) -> None:
        """Cases held by a question that has been answered go on."""
        for row in planning.held_and_answered(self.tx):
            still = self.doubts.get(row.subject_id)
            planning.release(self.tx, row.id, row.goes_on_as, still)

    def _hold_doubtful(self) -> None:
        """Cases that were begun before a doubt arose who it is wait for the answer, if there is more to be done."""
        for case, subject in planning.hold(self.tx, self.doubts):
            self.opening.entries.append(
                Entry(self.now, self.actor, "held", subject=people.ref_of(subject), case=case,
                      data={"question": self.doubts[subject]})
            )  # fmt: skip

    def write(self) -> None:
        """Write the cases down, close those nothing is left of, and put the tasks of those that have begun."""
        self.opening.write()
        due_at = self.deadlines.columns(self.now)["due_at"]
        restricting.ask(self.tx, self.places, self.rules, self.opening.staying, due_at, self.now)
        self.opening.staying.clear()
        idle = dict.fromkeys(planning.idle_cases(self.tx))
        lines.append(self.tx, graves.finish_cases(self.tx, self.vault, idle, self.now, self.actor))
        self._ask_by_hand()

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
            due_at = planning.due_of(self.tx, step.case)
            questions.ask(self.tx, kind, text, options, self.now, step_id=step.id, due_at=due_at)
