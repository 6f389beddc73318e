"""When a purpose is over for a person: by their consents, by their word, or when a retention period is.

A purpose is over when its consent was withdrawn or has run out; where no consent says until when, or one given since
says nothing, when the first of its retention periods has passed since its start event. A purpose nothing is known about
is not over. What was consented to at a processor, or everywhere, counts there; where there is neither, what was
consented to elsewhere. Who withdrew, objected or asked to be erased ends each purpose that rests on consent or on
interests, until a consent given later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gateway.obligations import BasisFact, EventFact, RecordFact
from gateway.rules.days import Days
from gateway.rules.policy import Rule

CONSENT, WITHDRAWAL, REQUEST, VANISHED = "consent", "withdrawal", "request", "vanished"
"""Instead of the id of a rule: what ended the purpose was no period of a rule."""
BY_PERSON = frozenset({WITHDRAWAL, REQUEST, VANISHED})
ASKED = "erasure-requested"
_COLUMNS = {name: RecordFact._fields.index(name) for name in ("created", "updated", "active")}


class End(NamedTuple):
    """When a purpose is over, by which rule, counted from which event."""

    due: int
    rule: str
    event: str
    start: int | None


class Said(NamedTuple):
    """What a person's consents to one purpose come to: `stands` with an open end, or the moment of an `end`."""

    end: End | None
    stands: bool


def at_processor(bases: Sequence[BasisFact], processor: str) -> Sequence[BasisFact]:
    """Of the consents to one purpose, those that count at a processor."""
    if len(bases) < 2:
        return bases
    return [each for each in bases if each.processor is None or each.processor == processor] or bases


def said(bases: Sequence[BasisFact], cut: End | None) -> Said:
    """What these consents come to; `cut` is the last thing that ended the purpose by the person's word."""
    if cut is None and len(bases) == 1:  # nearly everybody: the same, in fewer steps
        _, _, given, over, withdrawn = bases[0]
        if withdrawn is None:
            end = None if over is None else End(over, CONSENT, CONSENT, over if given is None else given)
            return Said(end, stands=over is None)
    for each in bases:
        if each.withdrawn_at is not None and (cut is None or each.withdrawn_at >= cut.due):
            cut = End(each.withdrawn_at, WITHDRAWAL, WITHDRAWAL, each.withdrawn_at)
    if cut is None:
        return _dated(bases)
    renewed = [each for each in bases if each.given_at is not None and each.given_at > cut.due]
    if renewed:
        return _dated(renewed)
    before = _dated(bases).end
    return Said(before if before is not None and before.due < cut.due else cut, stands=False)


def _dated(bases: Sequence[BasisFact]) -> Said:
    last, newest, endless = -1, -1, None
    dated = False
    for each in bases:
        if each.over_at is None:
            if each.given_at is not None and (endless is None or each.given_at > endless):
                endless = each.given_at
            continue
        dated = True
        last = max(last, each.over_at)
        newest = max(newest, each.over_at if each.given_at is None else each.given_at)
    if dated and (endless is None or endless <= newest):
        return Said(End(last, CONSENT, CONSENT, newest), stands=False)
    return Said(None, stands=endless is not None or (not dated and bool(bases)))


class Happened(NamedTuple):
    """What the start of a period may rest on, for one person and one purpose."""

    records: Sequence[RecordFact]
    bases: Sequence[BasisFact]
    events: Sequence[EventFact]
    purpose: str

    def last(self, name: str) -> int | None:
        """When the event last happened; None where it has not, or nobody wrote it down."""
        last: int | None = None
        column = _COLUMNS.get(name)
        if column is not None:
            for record in self.records:
                moment = record[column]
                assert not isinstance(moment, str), "a column of dates"
                if moment is not None and (last is None or moment > last):
                    last = moment
        elif name == CONSENT:
            last = max((each.given_at for each in self.bases if each.given_at is not None), default=None)
        else:
            for event in self.events:
                if (
                    event.name == name
                    and event.purpose in (None, self.purpose)
                    and (last is None or event.at > last)
                ):
                    last = event.at
        return last


class Clock(NamedTuple):
    """A retention rule ready to run: `end` takes the moment of the start event to the end of the period."""

    rule: str
    start: tuple[str, ...]
    unless: str
    end: Callable[[int], int]


def clock(rule: Rule, days: Days) -> Clock:
    """A rule's clock in the firm's calendar."""
    return Clock(rule.id, rule.start, rule.unless, days.ender(rule.period, year_end=rule.year_end))


def retained(clocks: Sequence[Clock], happened: Happened, *, stands: bool) -> End | None:
    """The end of the first of these periods to be over; the strictest counts. None where none is known to run.

    `stands`: a consent stands, so that rules which ask for that are left out.
    """
    first: End | None = None
    for rule, names, unless, end in clocks:
        if stands and unless == CONSENT:
            continue
        begun, event = None, ""
        for name in names:
            moment = happened.last(name)
            if moment is not None and (begun is None or moment > begun):
                begun, event = moment, name
        if begun is None:
            continue
        due = end(begun)
        if first is None or due < first.due:
            first = End(due, rule, event, begun)
    return first
