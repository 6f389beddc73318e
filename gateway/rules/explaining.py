"""Why a date is what it is, in one sentence: the rule in its own words, its start, the sum, and what would change it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from string import Template
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from gateway.obligations import Action, Obligation, Stay
from gateway.rules import clocks
from gateway.rules.calendar import Holidays
from gateway.rules.claims import ASKED, CONSENT, REQUEST, VANISHED, WITHDRAWAL
from gateway.rules.days import Days
from gateway.rules.judging import Standing
from gateway.rules.policy import YIELDING, Basis, Keep, LawRow, Mark, Phrase, Policy, Rule
from gateway.rules.precedence import Ground
from gateway.settings import Period
from gateway.settings.period import MONTHS_IN

LANGUAGES = ("nb", "en")
PROMISE = "inform_within"
"""The statement of the published policy that sets a clock of the firm's own."""
_BY_NO_RULE = MappingProxyType({CONSENT: CONSENT, WITHDRAWAL: WITHDRAWAL, REQUEST: ASKED, VANISHED: VANISHED})
"""What ends a purpose by no rule, and the event that it is counted from: a rule may have the same name."""
_HOLD = "hold "
_NEVER = 2**62


class Words:
    """One language: its parts of sentences, filled in."""

    def __init__(self, language: str) -> None:
        text = (resources.files(__package__) / "texts" / f"why.{language}.toml").read_text(encoding="utf-8")
        self._words: dict[str, Any] = tomllib.loads(text)

    def say(self, group: str, name: str, **values: object) -> str:
        return Template(self._words[group][name]).substitute(values)

    def knows(self, group: str, name: str) -> bool:
        return name in self._words[group]

    def day(self, day: date) -> str:
        month = self._words["months"][day.month - 1]
        return Template(self._words["date"]).substitute(day=day.day, month=month, year=day.year)

    def period(self, period: Period) -> str:
        one, more = self._words["period"][period.unit]
        return Template(one if period.count == 1 else more).substitute(count=period.count)

    def quote(self, text: str) -> str:
        """Words of the firm or its vendors, on one line and without the stop that would end our sentence."""
        return Template(self._words["quote"]).substitute(text=" ".join(text.split()).rstrip("."))

    def cite(self, article: str) -> str:
        for said, other in self._words["citation"].items():
            article = article.replace(said, other)
        return article

    def list(self, names: Sequence[str]) -> str:
        *others, last = names
        return f"{', '.join(others)} {self._words['and']} {last}" if others else last


class Explainer:
    """A policy put into the words of one language. `titles` are the processors' names for people."""

    def __init__(
        self,
        policy: Policy,
        zone: ZoneInfo,
        words: Words,
        titles: Mapping[str, str] | None = None,
        holidays: Holidays | None = None,
    ) -> None:
        self.policy, self.titles = policy, titles or {}
        self.days, self.words = Days(zone), words
        self.holidays = holidays or Holidays()
        self._rules = {each.id: each for each in policy.rules}
        self._keeps = {each.id: each for each in policy.keeps}

    def obligation(self, owed: Obligation) -> str:
        """Why something is owed to a person, and by when."""
        if owed.action == Action.ASK:
            return self._ask(owed)
        if owed.action == Action.INFORM:
            return self._inform(owed)
        return self._over(owed)

    def standing(self, standing: Standing) -> str:
        """When a data set goes at a processor; or why there is no date for that."""
        where = self._where(standing.data_set, standing.processor)
        if standing.open:
            names = self.words.list([*map(self._purpose, standing.open)])
            events = self._awaited(standing.open, standing.data_set)
            return self.words.say("standing", "open", **where, purposes=names, events=events)
        owed = standing.by
        if owed is None or standing.over is None:
            return self.words.say("standing", "unused", **where)
        where |= {"purpose": self._purpose(owed.purpose), "by": self._by(owed)}
        over = self._day(standing.over)
        last = max(standing.stays, key=lambda each: each.until or _NEVER, default=None)
        if last is None:
            return self.words.say("standing", "due", **where, due=over)
        where |= {"over": over, "source": self._keeper(last)}
        if standing.due is None:
            return self.words.say("standing", "stays", **where)
        return self.words.say("standing", "held", **where, due=self._day(standing.due))

    def stay(self, stay: Stay, begun: int | None = None) -> str:
        """Why a data set stays, and until when; `begun` is when its time began, where that is known."""
        keep = self._keeps.get(stay.rule)
        more = {
            "what": self.what(stay.data_set, stay.processor),
            "ground": self.words.say("ground", stay.ground), "readers": self.readers(stay.readers, stay.ground),
            "ends": self.words.say("ends", stay.ground),
        }  # fmt: skip
        if keep is not None:
            return self._kept_set(stay, keep, begun, more)
        if stay.rule.startswith(_HOLD):
            return self._hold(stay, begun, more)
        span = self.words.say("stay", "open")
        if stay.until is not None:
            span = self.words.say("stay", "until", until=self._day(stay.until))
        if stay.rule in self.policy.purposes:
            return self.words.say("stay", "purpose", **more, span=span, purpose=self._purpose(stay.rule))
        return self.words.say("stay", "gone", what=more["what"], span=span, id=stay.rule)

    def _over(self, owed: Obligation) -> str:
        where = self._where(owed.data_set, owed.processor)
        due = self._day(owed.due)
        head = self.words.say("over", "head", **where, purpose=self._purpose(owed.purpose), due=due)
        if _is_by_no_rule(owed):
            return self._ended(owed, head)
        rule = self._rules.get(owed.rule)
        if rule is None or owed.start is None:
            return self.words.say("over", "gone", head=head, id=owed.rule)
        now = self.days.date(self.days.ender(rule.period, year_end=rule.year_end)(owed.start))
        total = self.total(
            rule.period, self.days.date(owed.start), self._event(owed.event), self.days.date(owed.due), now,
            year_end=rule.year_end,
        )  # fmt: skip
        change = "consent" if self._asks_consent(owed.purpose) else "plain"
        return self.words.say(
            "over", "rule", head=head, source=self._rule(rule), sum=total, others=self._others(rule, owed),
            change=self.words.say("change", change),
        )  # fmt: skip

    def _asks_consent(self, purpose: str) -> bool:
        known = self.policy.purposes.get(purpose)
        return known is None or Basis.CONSENT in known.bases

    def _word(self, owed: Obligation) -> str:
        """What the person did: whoever withdraws where there was no consent has objected (GDPR Art. 21)."""
        objects = owed.rule == WITHDRAWAL and not self._asks_consent(owed.purpose)
        return "objection" if objects else owed.rule

    def _ended(self, owed: Obligation, head: str) -> str:
        """By consents, or by the person's word."""
        if owed.rule != CONSENT:
            return self.words.say("over", self._word(owed), head=head)
        beside = [each.id for each in self.policy.rules if _covers(each, owed.purpose, owed.data_set)]
        passed = self.words.say("over", "passed", rules=self.words.list(beside)) if beside else ""
        if owed.start is None or owed.start == owed.due:
            return self.words.say("over", "consent", head=head, passed=passed)
        return self.words.say("over", "consent_given", head=head, passed=passed, start=self._day(owed.start))

    def _others(self, acts: Rule, owed: Obligation) -> str:
        """The other rules for the same: which of policy and law is the stricter here, and why not the other."""
        found = [each for each in self.policy.rules if _covers(each, owed.purpose, owed.data_set)]
        return "".join(
            self.words.say(
                "others", _beside(acts, each), other=self._rule(each), period=self.words.period(each.period)
            )
            for each in found
            if each.id != acts.id
        )

    def _ask(self, owed: Obligation) -> str:
        rule = self._rules.get(owed.rule)
        end = owed.due if owed.start is None else owed.start
        more = {
            "purpose": self._purpose(owed.purpose), "due": self._day(owed.due), "end": self._day(end),
            "source": self._source(owed.rule),
        }  # fmt: skip
        if rule is None or rule.ask_again is None:
            return self.words.say("ask", "gone", **more, id=owed.rule)
        window = rule.ask_again
        if self.days.before(end, window) != owed.due:
            return self.words.say("ask", "other", **more)
        return self.words.say("ask", "rule", **more, period=self.words.period(window))

    def _inform(self, owed: Obligation) -> str:
        exact = owed.event in (clocks.FIRST_CONTACT, clocks.FIRST_DISCLOSURE)
        due = self.last_day(owed)
        period = self._inform_period(owed.rule)
        more = {
            "purpose": self._purpose(owed.purpose), "due": self.words.day(due), "source": self._source(owed.rule),
            "others": self._promise(owed.rule, period), "rolled": self.rolled(due),
        }  # fmt: skip
        if exact or period is None:
            return self.words.say("inform", owed.event if exact else "gone", **more, id=owed.rule)
        if owed.start is None:
            return self.words.say("inform", "undated", **more, period=self.words.period(period))
        start = self.days.date(owed.start)
        total = self.total(period, start, self._event(owed.event), due, period.after(start))
        return self.words.say("inform", "rule", **more, sum=total)

    def _inform_period(self, rule: str) -> Period | None:
        row, said = self.policy.law.get(rule), self.policy.notice.get(rule)
        if row is not None:
            return clocks.period_of(row)
        return said.value if said is not None and isinstance(said.value, Period) else None

    def _promise(self, rule: str, period: Period | None) -> str:
        """What the other one of policy and law says of the time to inform: the stricter acts."""
        row = clocks.clock(self.policy, "inform")
        name = PROMISE if rule != PROMISE or row is None else row.id
        other = None if name == rule else self._inform_period(name)
        if period is None or other is None or clocks.days_in(other) < clocks.days_in(period):
            return ""
        kind = "firm" if rule == PROMISE else "law"
        kind = "same" if clocks.days_in(other) == clocks.days_in(period) else kind
        return self.words.say("others", kind, other=self._source(name), period=self.words.period(other))

    # What stays

    def _kept_set(self, stay: Stay, keep: Keep, begun: int | None, more: Mapping[str, str]) -> str:
        more = {**more, "source": self._rule(keep)}
        if stay.until is None:
            awaited = keep.until_event
            event = self.words.say("stay", "event", title=self._happening(awaited)) if awaited else ""
            return self.words.say("stay", "keep_open", **more, event=event)
        until = self.days.date(stay.until - 1)
        more = {**more, "until": self.words.day(until)}
        if begun is None or keep.period is None:
            return self.words.say("stay", "keep_until", **more)
        now = self.days.date(self.days.ender(keep.period, year_end=keep.year_end)(begun))
        total = self.total(
            keep.period, self.days.date(begun), self._event(keep.until_event or keep.start), until, now,
            year_end=keep.year_end,
        )  # fmt: skip
        return self.words.say("stay", "keep", **more, sum=total)

    def _hold(self, stay: Stay, begun: int | None, more: Mapping[str, str]) -> str:
        span = self.words.say("stay", "open")
        if stay.until is not None:
            span = self.words.say("stay", "through", last=self._day(stay.until - 1))
        since = "" if begun is None else self.words.say("stay", "since", since=self._day(begun))
        number = stay.rule.removeprefix(_HOLD)
        more = {**more, "hold": self.words.say("hold", stay.ground, number=number)}
        if stay.ground == Ground.CLAIMS:
            more["ends"] = self.words.say("ends", "hold")
        return self.words.say("stay", "hold", **more, span=span, since=since)

    def readers(self, names: Sequence[str], ground: str = "") -> str:
        if not names:
            return self.words.say("readers", "freeze" if ground == Ground.FREEZE else "none")
        return self.words.say("readers", "named", names=self.words.list([*map(self.words.quote, names)]))

    # The parts

    def last_day(self, owed: Obligation) -> date:
        """The day of an obligation: the first without the data, the day to be asked before, the last to be told on."""
        exact = owed.action != Action.INFORM or owed.event in (clocks.FIRST_CONTACT, clocks.FIRST_DISCLOSURE)
        return self.days.date(owed.due if exact else owed.due - 1)

    def total(
        self, period: Period, start: date, event: str, due: date, now: date, *, year_end: bool = False
    ) -> str:
        """The arithmetic; where the rule as it is now comes to another day than was written down, both."""
        more = {"period": self.words.period(period), "start": self.words.day(start), "event": event}
        if now != due:
            return self.words.say("sum", "changed", **more, now=self.words.day(now))
        if year_end:
            return self.words.say("sum", "year_end", **more, year=start.year, due=self.words.day(due))
        cut = period.unit in MONTHS_IN and start.day != due.day
        return self.words.say("sum", "month_end" if cut else "counted", **more, due=self.words.day(due))

    def rolled(self, due: date) -> str:
        rolled = self.holidays.next_working(due)
        if rolled == due:
            return ""
        return self.words.say("rolled", "clause", due=self.words.day(due), rolled=self.words.day(rolled))

    def _source(self, rule: str) -> str:
        """A rule of any sort, by its id: its own words of the published policy, or its article."""
        if rule in self._rules:
            return self._rule(self._rules[rule])
        if rule in self.policy.law:
            return self.law(self.policy.law[rule])
        said = self.policy.notice.get(rule)
        if said is None:
            return self.words.say("source", "gone", id=rule)
        return self._said("promise", "promise_said", said.phrase)

    def _rule(self, rule: Rule | Keep) -> str:
        if rule.row is not None:
            return self.law(rule.row)
        return self._said("firm", "said", rule.phrase, id=rule.id)

    def _said(self, plain: str, quoted: str, phrase: Phrase | None, **more: str) -> str:
        more["policy"] = self.words.quote(self.policy.title)
        if phrase is None:
            return self.words.say("source", plain, **more)
        return self.words.say("source", quoted, **more, phrase=self.words.quote(phrase.text))

    def law(self, row: LawRow) -> str:
        name = "awaits" if row.mark in (Mark.READING, Mark.GENERAL) else "law"
        return self.words.say("source", name, id=row.id, article=self.words.cite(row.article))

    def _keeper(self, stay: Stay) -> str:
        """Who keeps it, in a few words."""
        if stay.rule in self._keeps:
            return self._rule(self._keeps[stay.rule])
        if stay.rule.startswith(_HOLD):
            return self.words.say("hold", stay.ground, number=stay.rule.removeprefix(_HOLD))
        return self._source(stay.rule)

    def _by(self, owed: Obligation) -> str:
        if _is_by_no_rule(owed):
            return self.words.say("by", self._word(owed))
        return self.words.say("by", "rule", source=self._source(owed.rule))

    def _event(self, name: str) -> str:
        if self._declared(name) or not self.words.knows("event", name):
            return self.words.say("event", "own", title=self._happening(name))
        return self.words.say("event", name)

    def _happening(self, name: str) -> str:
        title = self._declared(name)
        if not title and self.words.knows("title", name):
            title = self.words.say("title", name)
        return self.words.quote(title or name)

    def _declared(self, name: str) -> str:
        """What the firm calls an event; one that only rows of the law name has words of ours."""
        title = self.policy.events.get(name, "")
        return "" if title.startswith(f"{name.replace('-', ' ')} (") else title

    def _awaited(self, purposes: Sequence[str], data_set: str) -> str:
        """What would give a data set a date: the start events of the rules for its open purposes."""
        rules = [
            each for each in self.policy.rules if any(_covers(each, name, data_set) for name in purposes)
        ]
        if not rules:
            yields = all(set(self.policy.purposes[name].bases) <= YIELDING for name in purposes)
            return self.words.say("standing", "no_rule" if yields else "no_rule_bound")
        names = dict.fromkeys(event for each in rules for event in each.start)
        events = self.words.list([*map(self._happening, names)])
        yielding = [each.id for each in rules if each.unless == CONSENT]
        but = self.words.say("standing", "but", rules=self.words.list(yielding)) if yielding else ""
        return self.words.say("standing", "events", names=events, but=but)

    def _day(self, micros: int) -> str:
        return self.words.day(self.days.date(micros))

    def _where(self, data_set: str, processor: str) -> dict[str, str]:
        known = self.policy.data_sets.get(data_set)
        title = self.words.quote(known.title if known is not None else data_set)
        return {"data_set": title, "processor": self.title(processor)}

    def what(self, data_set: str, processor: str) -> str:
        """What there is at a processor: a data set, or (without a name) all of it."""
        return self.words.say("what", "set" if data_set else "all", **self._where(data_set, processor))

    def _purpose(self, name: str) -> str:
        known = self.policy.purposes.get(name)
        return self.words.quote(known.title if known is not None else name)

    def title(self, processor: str) -> str:
        return self.titles.get(processor, processor)


def _is_by_no_rule(owed: Obligation) -> bool:
    return _BY_NO_RULE.get(owed.rule) == owed.event


def _covers(rule: Rule, purpose: str, data_set: str) -> bool:
    return purpose in rule.purposes and (not rule.data_sets or data_set in rule.data_sets)


def _beside(acts: Rule, other: Rule) -> str:
    """What there is to say of a rule beside the one that acts."""
    one, two = clocks.days_in(acts.period), clocks.days_in(other.period)
    if one == two:
        return "same"
    if two < one:
        return "yields" if other.unless == CONSENT else "later"
    if (acts.row is None) == (other.row is None):
        return "beside"
    return "firm" if acts.row is None else "law"
