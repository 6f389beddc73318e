"""The three built-in triggers: a consent that is over, a retention period that is over, a record gone at its source.

A processor's data are due when every purpose it is kept for is over for this person. A purpose is over when
its consent was withdrawn or has expired; where no consent says until when, or one given since says nothing,
when its retention period has passed since the latest start date anywhere it is kept. A purpose nothing is
known about is not over. What was consented to at a processor, or everywhere, counts there; where there is
neither, what was consented to elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.obligations import Obligation, PersonFacts, RecordFact, RetentionScan, Trigger


class Period(Protocol):
    def before(self, moment: date) -> date: ...
    def after(self, moment: date) -> date: ...


class Purpose(Protocol):
    @property
    def retention(self) -> Period | None: ...
    @property
    def start(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """The part of the settings that rules read: purposes by name, and what each processor is used for.

    Of a processor in `blind` nothing can be read, so everybody is taken to be held there.
    """

    purposes: Mapping[str, Purpose]
    uses: Mapping[str, tuple[str, ...]]
    zone: ZoneInfo
    blind: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Over:
    since: datetime
    trigger: Trigger
    why: str


def _processors(rules: Rules, purpose: str) -> tuple[str, ...]:
    return tuple(name for name, uses in rules.uses.items() if purpose in uses)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def scans(rules: Rules, now: datetime) -> Iterator[RetentionScan]:
    """The retention periods as cut-off dates, ready for the ledger to search by."""
    today = now.astimezone(rules.zone).date()
    for name, purpose in rules.purposes.items():
        if purpose.retention is not None:
            cutoff = _midnight(purpose.retention.before(today) + timedelta(days=1), rules.zone)
            yield RetentionScan(name, purpose.start, cutoff, _processors(rules, name))


def obligations(people: Iterable[PersonFacts], rules: Rules, now: datetime) -> Iterator[Obligation]:
    """What is owed to each of these people now; at most one obligation a person."""
    for person in people:
        found = _vanished(person, now) or _due(person, rules, now)
        if found is not None:
            yield found


def _vanished(person: PersonFacts, now: datetime) -> Obligation | None:
    """One of two records of a person that are made one at the source has vanished too; the person has not."""
    held_at = {each.processor for each in person.records if not each.vanished}
    gone_at = sorted({each.processor for each in person.records if each.vanished} - held_at)
    if not gone_at:
        return None
    why = f"deleted at {' and '.join(gone_at)}, where the data come from"
    return Obligation(person.subject, Trigger.VANISHED, None, now, why)


def _due(person: PersonFacts, rules: Rules, now: datetime) -> Obligation | None:
    due: dict[str, tuple[str, _Over]] = {}
    seen_at = {each.processor for each in person.records}
    for processor in sorted(seen_at | rules.blind):
        uses = rules.uses.get(processor, ())
        over = [(purpose, _over(person, purpose, processor, rules, now)) for purpose in uses]
        ended = [(purpose, each) for purpose, each in over if each is not None]
        if uses and len(ended) == len(uses):
            due[processor] = max(ended, key=_since)
    begun = [due[each] for each in sorted(seen_at & due.keys())]
    if not begun:
        return None
    purpose, first = min(begun, key=_since)
    return Obligation(person.subject, first.trigger, tuple(due), first.since, first.why, purpose)


def _since(ended: tuple[str, _Over]) -> datetime:
    """A processor's data are owed from the day the last of its purposes was over."""
    return ended[1].since


def _over(person: PersonFacts, purpose: str, processor: str, rules: Rules, now: datetime) -> _Over | None:
    consents = [
        each for each in person.bases if each.purpose == purpose and each.processor in (None, processor)
    ] or [each for each in person.bases if each.purpose == purpose]
    withdrawn = [each.withdrawn_at for each in consents if each.withdrawn_at and each.withdrawn_at <= now]
    if withdrawn:
        since = max(withdrawn)
        consents = [each for each in consents if each.given_at is not None and each.given_at > since]
        if not consents:
            return _Over(
                since, Trigger.CONSENT_WITHDRAWN, f"consent to {purpose} withdrawn {_day(since, rules)}"
            )
    dated = [each for each in consents if each.over_at is not None]
    if dated:
        last = max(each.over_at for each in dated if each.over_at is not None)
        if last > now:
            return None
        newest = max(each.given_at or last for each in dated)
        if not any(each.over_at is None and each.given_at and each.given_at > newest for each in consents):
            return _Over(
                last, Trigger.CONSENT_EXPIRED, f"consent to {purpose} over since {_day(last, rules)}"
            )
    return _retention_over(person.records, purpose, rules, now)


def _retention_over(records: Iterable[RecordFact], purpose: str, rules: Rules, now: datetime) -> _Over | None:
    rule = rules.purposes.get(purpose)
    if rule is None or rule.retention is None:
        return None
    kept_at = _processors(rules, purpose)
    starts = [getattr(each, rule.start) for each in records if each.processor in kept_at]
    known = [each for each in starts if each is not None]
    if not known:
        return None
    begun = max(known).astimezone(rules.zone).date()
    end = _midnight(rule.retention.after(begun), rules.zone)
    if end > now:
        return None
    return _Over(
        end,
        Trigger.RETENTION_OVER,
        f"kept for {purpose} {rule.retention} since {begun}, over since {_day(end, rules)}",
    )


def _day(moment: datetime, rules: Rules) -> str:
    return moment.astimezone(rules.zone).date().isoformat()
