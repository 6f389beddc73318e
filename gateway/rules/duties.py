"""What only people can do for a person, and by when: ask for new consent, and tell whoever was found elsewhere.

A person is asked from the first warning on, early enough to have the whole window for an answer; silence is no, and so
is a bounce: neither moves the end. Who was registered from another source is told by the earliest of the period the law
names, the first contact and the first disclosure (GDPR Art. 14(3)), unless consent came from the person's own hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.obligations import Action, BasisFact, EventFact, Obligation
from gateway.rules.claims import BY_PERSON, End
from gateway.rules.policy import Basis, Rule
from gateway.rules.ready import ELSEWHERE, Ready

if TYPE_CHECKING:
    from gateway.rules.judging import Judge

OVER = "over"
"""The event a question for consent is counted back from: the end of the purpose."""
INFORMED, CONTACT, DISCLOSURE = "informed", "first-contact", "first-disclosure"
ANSWERED = frozenset({"renewal-asked", "renewal-refused", "renewal-bounced"})


def owed(judge: Judge, ends: Mapping[str, Sequence[End]]) -> Iterator[Obligation]:
    """What is owed by hand; `ends` are the ends of each purpose wherever the person is held."""
    for name, ready in judge.rules.purposes.items():
        if Basis.CONSENT in ready.purpose.bases and ready.asks is not None and name in ends:
            yield from _ask(judge, ready, ready.asks, ends[name])
        if ready.purpose.collected in ELSEWHERE:
            yield from _inform(judge, ready)


def begins(judge: Judge, duty: Obligation) -> int:
    """From when a duty is shown: a question from its first warning on, information at once."""
    ready = judge.rules.purposes[duty.purpose]
    if duty.action == Action.ASK and ready.asks is not None and duty.start is not None:
        return judge.rules.days.before(duty.start, ready.asks.warn[0])
    return judge.now


def _ask(judge: Judge, ready: Ready, rule: Rule, ends: Sequence[End]) -> Iterator[Obligation]:
    """Before the first of the ends to come: who said no by their own word is not asked."""
    assert rule.ask_again is not None, "Ready chose a rule that asks"
    days, name = judge.rules.days, ready.purpose.name
    end = min((each for each in ends if each.due > judge.now), default=None)
    if end is None or any(each.rule in BY_PERSON for each in ends):
        return
    window = days.before(end.due, rule.warn[0])
    asked = any(
        each.name in ANSWERED and each.purpose in (None, name) and each.at >= window
        for each in judge.person.events
    )
    if not asked:
        by = days.before(end.due, rule.ask_again)
        yield Obligation(judge.person.subject, Action.ASK, name, "", "", rule.id, OVER, end.due, by)


def _inform(judge: Judge, ready: Ready) -> Iterator[Obligation]:
    happened = judge.happened(ready)
    if (
        not happened.records
        or any(map(_has_said, happened.bases))
        or _last(happened.events, INFORMED, ready) is not None
    ):
        return
    clock = ready.informs
    if clock is None:
        return
    days, (rule, period) = judge.rules.days, clock
    known = [
        moment
        for each in happened.records
        for moment in (each.created or each.updated or each.active,)
        if moment
    ]
    start = min(known, default=None)
    event = "created"
    due = days.start(days.of(days.ender(period)(judge.now if start is None else start)) + 1)
    for name in (CONTACT, DISCLOSURE):
        first = _first(happened.events, name, ready)
        if first is not None and first < due:
            due, event, start = first, name, first
    yield Obligation(judge.person.subject, Action.INFORM, ready.purpose.name, "", "", rule, event, start, due)


def _has_said(basis: BasisFact) -> bool:
    """Whether a consent has any date: a row without one, as some vendors write it for everybody, proves nothing."""
    return basis[2:] != (None, None, None)


def _of(events: Sequence[EventFact], name: str, ready: Ready) -> list[int]:
    return [each.at for each in events if each.name == name and each.purpose in (None, ready.purpose.name)]


def _last(events: Sequence[EventFact], name: str, ready: Ready) -> int | None:
    return max(_of(events, name, ready), default=None)


def _first(events: Sequence[EventFact], name: str, ready: Ready) -> int | None:
    return min(_of(events, name, ready), default=None)
