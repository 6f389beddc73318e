"""Why a case, a step or a person has the dates they have: what the ledger wrote down, in the sentences of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.desk import Desk
from gateway.errors import SettingsError
from gateway.ledger import AnyRow, Transaction, due, duties, people, policies, work
from gateway.ledger.work import Step
from gateway.model import Kept, Outcome
from gateway.obligations import Action, Obligation, PersonFacts, Stay, Trigger
from gateway.places import DATA_SET
from gateway.register import Register
from gateway.rules import Policy, Rules, Standing, clocks
from gateway.rules.days import to_micros
from gateway.rules.explaining import Explainer, Words
from gateway.rules.keeping import ERASURE
from gateway.rules.policy import LawRow
from gateway.settings import Period


@dataclass(frozen=True, slots=True)
class Reason:
    """One date and its sentence. `about` says of what: case, step, look, kept, data-set, stay, erase, ask or inform.

    `due` None: there is no date, and the sentence says why. `rolled` is given where a date is rolled at all.
    """

    about: str
    text: str
    processor: str = ""
    data_set: str = ""
    purpose: str = ""
    rule: str = ""
    due: date | None = None
    rolled: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """All there is to say of one case, step or person. `policy` is the version of the rules that acts."""

    heading: str
    subject: int
    case: int | None
    policy: str
    reasons: tuple[Reason, ...]


class Why:
    """One register asked in one language, by the rules that act and, of what was written down, by those of its day."""

    def __init__(self, register: Register, language: str) -> None:
        self.register, self._words = register, Words(language)
        self.rules: Rules = register.rules
        self.now = to_micros(register.now())
        self._titles = {name: each.title for name, each in register.settings.processors.items()}
        self._by_policy: dict[int | None, Explainer] = {None: self._explainer(self.rules.policy)}

    @property
    def explainer(self) -> Explainer:
        """The policy that acts, in words."""
        return self._by_policy[None]

    def case(self, number: int, processor: str = "") -> Answer:
        """A case, or its step at one processor; SettingsError where there is none."""
        with self.register.ledger.read() as tx:
            row = work.get_case(tx, number)
            if row is None:
                raise SettingsError(
                    f"case {number}: there is none of that number; `gateway cases --all` lists them. A phone number is "
                    "written with its country: +47 …"
                )
            steps = [each for each in work.steps_of(tx, number) if processor in ("", each.processor)]
            if processor and not steps:
                known = ", ".join(each.processor for each in work.steps_of(tx, number))
                raise SettingsError(f"case {number}: has no step at {processor}; it has one at {known}")
            facts = next(due.facts(tx, [row.subject_id], everyone=True))
            reasons = [] if processor else [self._case(tx, row)]
            owed = work.owed_of(tx, number)
            for each in steps:
                reasons += self._step(tx, row, each, owed.get(each.id, []), facts)
        words, who = self.explainer.words, people.ref_of(row.subject_id)
        heading = words.say("heading", "case", number=number, person=who)
        if processor:
            title = self.explainer.title(processor)
            heading = words.say("heading", "step", number=number, person=who, processor=title)
        return Answer(heading, row.subject_id, number, self.rules.policy.version, tuple(reasons))

    def person(self, text: str) -> Answer:
        """All that the rules say of a person now; SettingsError where it is not one person."""
        subject = Desk(self.register, "").person(text)
        with self.register.ledger.read() as tx:
            facts = next(due.facts(tx, [subject], everyone=True))
            number = work.open_cases(tx, [subject]).get(subject)
            row = None if number is None else work.get_case(tx, number)
            reasons = [] if row is None else [self._case(tx, row)]
            reasons += self._owed_now(tx, facts)
        if not reasons:
            reasons = [Reason("nothing", self.explainer.words.say("nothing", "person"))]
        heading = self.explainer.words.say("heading", "person", person=people.ref_of(subject))
        return Answer(heading, subject, number, self.rules.policy.version, tuple(reasons))

    def _owed_now(self, tx: Transaction, facts: PersonFacts) -> Iterator[Reason]:
        """What becomes of each data set, with what that rests on; then what only people can do."""
        rest = self.rules.obligations(facts, self.now)
        for standing in self.rules.standings(facts, self.now):
            yield self._standing(standing)
            place = (standing.data_set, standing.processor)
            yield from (self._obligation(each) for each in rest if (each.data_set, each.processor) == place)
            yield from self._stays(standing.stays, standing.over, facts)
        for each in rest:
            if each.action != Action.ERASE:
                yield self._obligation(_as_noticed(tx, each))

    def _explainer(self, policy: Policy) -> Explainer:
        return Explainer(policy, self.register.zone, self._words, self._titles)

    def _of(self, tx: Transaction, number: int | None) -> Explainer:
        """The words of the policy of that number; of the one that acts, where it cannot be read any more."""
        if number not in self._by_policy:
            row = policies.get(tx, number) if number is not None else None
            try:
                policy = self.rules.policy if row is None else self.register.policy_of(row.body)
            except SettingsError:  # it names a processor, say, that gateway.toml has no more
                policy = self.rules.policy
            self._by_policy[number] = self._explainer(policy)
        return self._by_policy[number]

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.register.zone).date()

    def _case(self, tx: Transaction, row: AnyRow) -> Reason:
        explainer = self._of(tx, row.policy_id)
        due_on = self._day(row.due_at)
        rolled = explainer.holidays.next_working(due_on)
        dates = CaseDates(
            row.id, row.trigger, row.rule, self._day(row.start_at or row.opened_at), due_on,
            row.extended_by or "", row.extended_why or "", self._day(row.told_at) if row.extended_at else None,
        )  # fmt: skip
        text = explain_case(explainer, dates)
        return Reason("case", text, rule=row.rule or "", due=due_on, rolled=rolled)

    def _step(
        self, tx: Transaction, case: AnyRow, step: Step, owed: Sequence[Mapping[str, Any]], facts: PersonFacts
    ) -> Iterator[Reason]:
        for each in owed:
            obligation = Obligation(
                step.subject, Action.ERASE, each["purpose"], each["data_set"], step.processor, each["rule"],
                each["event"], each["start"], each["due"],
            )  # fmt: skip
            yield self._obligation(obligation, self._of(tx, each.get("policy")))
        stays = list(self._stays_at(step, facts))
        yield from stays
        told = {each.data_set for each in stays}
        kept = [each for each in step.kept if each.ref.kind != DATA_SET or each.ref.id not in told]
        if not owed and not step.kept:
            opened = self._day(case.opened_at)
            text = self.explainer.words.say(
                "step", case.trigger, processor=self.explainer.title(step.processor),
                since=self.explainer.words.day(opened),
            )  # fmt: skip
            yield Reason("step", text, step.processor)
        for left in kept:
            yield self._kept(step, left)
        if step.next_at is not None:
            yield from self._look(step, step.next_at)

    def _stays_at(self, step: Step, facts: PersonFacts) -> Iterator[Reason]:
        """What stays where a step is, by the rules as they are now; of a closed step, only what it left there."""
        left = {each.ref.id for each in step.kept if each.ref.kind == DATA_SET}
        for standing in self.rules.standings(facts, self.now):
            is_meant = standing.data_set in left or step.closed_at is None
            if standing.processor == step.processor and is_meant:
                yield from self._stays(standing.stays, standing.over, facts)
        if "" in left:
            yield from self._stays(self.rules.keeping.holds(step.processor, facts, self.now), None, facts)

    def _look(self, step: Step, next_at: datetime) -> Iterator[Reason]:
        words, title = self.explainer.words, self.explainer.title(step.processor)
        more = {"processor": title, "next": words.day(self._day(next_at))}
        if step.outcome == Outcome.RETRY:
            text = words.say("look", "again", **more)
        elif step.outcome in (Outcome.DONE, Outcome.ACCEPTED) and step.done_at is not None:
            text = words.say("look", "verify", **more, done=words.day(self._day(step.done_at)))
        else:
            return
        yield Reason("look", text, step.processor, due=self._day(next_at))

    def _kept(self, step: Step, kept: Kept) -> Reason:
        """What the answer of a processor, or of whoever was there, said it keeps; or a rule, on the day of the step."""
        explainer = self.explainer
        words, is_set = explainer.words, kept.ref.kind == DATA_SET
        what = explainer.what(kept.ref.id, step.processor)
        if not is_set:
            title = explainer.title(step.processor)
            what = words.say("kept", "record", kind=kept.ref.kind, id=kept.ref.id, processor=title)
        more = {"what": what, "text": words.quote(kept.text), "readers": explainer.readers(kept.readers)}
        if kept.until is None:
            text = words.say("kept", "open", **more)
        else:
            text = words.say("kept", "until", **more, until=words.day(kept.until))
        return Reason("kept", text, step.processor, kept.ref.id if is_set else "", due=kept.until)

    def _obligation(self, owed: Obligation, explainer: Explainer | None = None) -> Reason:
        explainer = explainer or self.explainer
        day = explainer.last_day(owed)
        rolled = explainer.holidays.next_working(day) if owed.action == Action.INFORM else None
        return Reason(
            str(owed.action), explainer.obligation(owed), owed.processor, owed.data_set, owed.purpose, owed.rule,
            day, rolled,
        )  # fmt: skip

    def _standing(self, standing: Standing) -> Reason:
        day = None if standing.due is None else self.explainer.days.date(standing.due)
        by = standing.by.rule if standing.by is not None else ""
        text = self.explainer.standing(standing)
        return Reason("data-set", text, standing.processor, standing.data_set, rule=by, due=day)

    def _stays(self, stays: Iterable[Stay], over: int | None, facts: PersonFacts) -> Iterator[Reason]:
        explainer = self.explainer
        for each in stays:
            text = explainer.stay(each, begun(explainer.policy, each, over, facts))
            day = None if each.until is None else explainer.days.date(each.until - 1)
            yield Reason("stay", text, each.processor, each.data_set, rule=each.rule, due=day)


def begun(policy: Policy, stay: Stay, over: int | None, facts: PersonFacts) -> int | None:
    """When the time of a stay began: the hold was made, the data set was due, or the event happened that it counts from."""
    hold = next((each for each in facts.holds if f"hold {each.number}" == stay.rule), None)
    if hold is not None:
        return hold.since
    keep = next((each for each in policy.keeps if each.id == stay.rule), None)
    if keep is None:
        return None
    if keep.until_event:
        return _last(facts, keep.until_event)
    return over if keep.start == ERASURE else _last(facts, keep.start)


def _last(facts: PersonFacts, name: str) -> int | None:
    return max((each.at for each in facts.events if each.name == name), default=None)


def _as_noticed(tx: Transaction, owed: Obligation) -> Obligation:
    """A duty that counts from no known event has its day from when it was first noticed."""
    if owed.start is not None:
        return owed
    rows = duties.listed(tx, action=str(owed.action), subject=owed.subject)
    found = (each for each in rows if each.purpose == owed.purpose)
    return next((owed._replace(due=to_micros(each.due_at) + 1) for each in found), owed)


@dataclass(frozen=True, slots=True)
class CaseDates:
    """What a case keeps of its date. `by`, `why` and `told` are of an extension; `told` None where there was none."""

    number: int
    trigger: str
    rule: str | None
    start: date
    due: date
    by: str = ""
    why: str = ""
    told: date | None = None


def explain_case(explainer: Explainer, case: CaseDates) -> str:
    """Why a case has to be done by its day, who may extend it, or who has."""
    words = explainer.words
    start, event = words.day(case.start), words.say("cause", case.trigger)
    more = {"number": str(case.number), "due": words.day(case.due), "rolled": explainer.rolled(case.due)}
    row = explainer.policy.law.get(case.rule or "")
    period = None if row is None else clocks.period_of(row)
    if row is None or period is None:
        extend = _extend(explainer, case)
        return words.say("case", "ruleless", **more, start=start, event=event, extend=extend)
    more["source"] = explainer.law(row)
    if case.told is not None:
        return _extended(explainer, case, row, period, more | {"start": start, "event": event})
    total = explainer.total(period, case.start, event, case.due, period.after(case.start))
    return words.say("case", "rule", **more, sum=total, extend=_extend(explainer, case, row, period))


def _extend(
    explainer: Explainer, case: CaseDates, row: LawRow | None = None, first: Period | None = None
) -> str:
    words = explainer.words
    if case.trigger != Trigger.REQUEST:
        return words.say("extend", "never")
    more = None if row is None else clocks.period_of(row, "extension")
    if more is None or first is None:
        return words.say("extend", "fixed")
    later = clocks.extension(case.start, first, more, explainer.holidays)
    until, told_by = words.day(later.hard), words.day(later.told_by)
    return words.say("extend", "may", more=words.period(more), until=until, told_by=told_by)


def _extended(
    explainer: Explainer, case: CaseDates, row: LawRow, first: Period, more: Mapping[str, str]
) -> str:
    assert case.told is not None, "an extension is told of"
    words = explainer.words
    more = {**more, "by": case.by, "why": words.quote(case.why), "told": words.day(case.told)}
    longer = clocks.period_of(row, "extension")
    if longer is None or clocks.extension(case.start, first, longer, explainer.holidays).hard != case.due:
        return words.say("case", "extended_other", **more)
    return words.say("case", "extended", **more, period=words.period(first), more=words.period(longer))
