"""What is ended at Bisnode: consumers, monitoring and tags; and what is said of all that stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from gateway import Account, IdentityKind, Kept, Outcome, Reason, Receipt, Ref, Subject
from gateway_bisnode import lists, records
from gateway_bisnode.client import CONSUMERS, MONITORING, call
from gateway_bisnode.lists import Roll
from gateway_bisnode.records import COMPANY, CONSUMER, DECISION, EVENTS, REFERENCE, Row

BUREAU = "Dun & Bradstreet Norway AS"
DECISION_STAYS = (
    "The bureau keeps its record of this credit check and decides on that itself; the person can see it and object "
    'there, on the page "Min side" with BankID or by post.'
)
EVENTS_STAY = "The vendor's log of events names the consumer's id for up to a year; no call takes that out."
COMPANY_SHARED = (
    "The company stays monitored for a tag that is not to go, such as somebody else's; this person's is off."
)
ANOTHER_CONSUMER = (
    "Consumer {} carries the same national number, so the vendor goes on following this person. Remove it there, if it "
    "is theirs."
)
OWN_COPY = "The firm's own copy of the credit check has to be deleted by the firm."
A_YEAR = timedelta(days=366)
ROLL_LASTS = timedelta(minutes=5)
MOST_TOGETHER = 100


def delete(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:
    """The lists are read first, once for all, so that one that cannot be read stops before anything is done."""
    refs = {ref for each in subjects for ref in each.records}
    kinds = {ref.kind for ref in refs}
    companies = lists.read_companies(account) if kinds & {COMPANY, REFERENCE} else {}
    roll = Roll({}, {}, whole=True)
    if kinds & {CONSUMER, EVENTS}:
        # Kept for a while: a day's batches follow each other, and the lists are long.
        roll = account.recall("roll", lambda: (lists.read_roll(account), account.now() + ROLL_LASTS))
    consumers = sorted(ref.id for ref in refs if ref.kind == CONSUMER)
    together = account.settings["consumer_removal"] == "batch"
    gone = set(_remove_together(account, consumers)) if together else None
    erasure = _Erasure(account, companies, roll, frozenset(consumers), gone)
    yield from account.map(erasure.of, subjects)


def _remove_together(account: Account, consumers: Sequence[str]) -> Iterator[str]:
    """Remove up to 100 in a call; where one who is absent spoils it for all, each alone. Yields who was there."""
    for start in range(0, len(consumers), MOST_TOGETHER):
        some = consumers[start : start + MOST_TOGETHER]
        answer = call(account, "DELETE", f"{CONSUMERS}/consumers", json=some, accept={204, 404})
        if answer.status == 204:
            yield from some
        elif len(some) > 1:
            for each in some:
                yield from _remove_together(account, [each])


@dataclass(frozen=True, slots=True)
class _Erasure:
    """One batch: what was read before it, all consumers in its scope, and those removed in a call together."""

    account: Account
    companies: Mapping[Ref, Row]
    roll: Roll
    consumers: Collection[str]
    gone: Collection[str] | None

    def of(self, subject: Subject) -> Receipt:
        deleted, kept = list[Ref](), list[Kept]()
        for ref in subject.records:
            if ref.kind == CONSUMER:
                deleted += [ref] if self._remove(ref.id) else []
                kept += self._events(ref.id, gone_now=ref in deleted)
            elif ref.kind == EVENTS:
                kept += self._events(ref.id)
            elif ref.kind == DECISION:
                kept.append(Kept(ref, Reason.OWN_CONTROLLER, DECISION_STAYS, readers=(BUREAU,)))
            elif ref.kind == REFERENCE and (row := self.companies.get(ref)):
                self._untag(row, [row["tag"]])
                deleted.append(ref)
        for ref in subject.records:
            if ref.kind == COMPANY and (row := self.companies.get(ref)):
                if self._end(ref, row, subject):
                    deleted.append(ref)
                else:
                    kept.append(Kept(ref, Reason.SHARED, COMPANY_SHARED))
        return self._receipt(subject, deleted, [*dict.fromkeys(kept)])

    def _remove(self, consumer_id: str) -> bool:
        """Whether the consumer was there. A 404 is believed only where the list is fit to prove an absence."""
        if self.gone is not None:
            there = consumer_id in self.gone
        else:
            path = f"{CONSUMERS}/consumers/{quote(consumer_id, safe='')}"
            there = call(self.account, "DELETE", path, accept={204, 404}).status == 204
        if not there:
            self.roll.check_absent(consumer_id)
        return there

    def _events(self, consumer_id: str, *, gone_now: bool = False) -> Iterator[Kept]:
        """The log of events, where it names this consumer; a removal adds a line to it."""
        today = self.account.now().date()
        last = [at.date() for each in self.roll.events.get(consumer_id, ()) if (at := records.since(each))]
        newest: date | None = today if gone_now else max(last, default=None)
        if newest or consumer_id in self.roll.events:
            until = (newest or today) + A_YEAR
            yield Kept(Ref(EVENTS, consumer_id), Reason.LOG, EVENTS_STAY, until, (BUREAU,))

    def _end(self, ref: Ref, row: Row, subject: Subject) -> bool:
        """End the monitoring of a company, unless it is followed for somebody else too; tags first, they stay else."""
        own, tags = self.account.settings, records.tags(row)
        ref_of = {tag: Ref(REFERENCE, f"{ref.id}#{tag}") for tag in tags}
        left = [tag for tag in tags if ref_of[tag] not in subject.records]  # the others are off already
        stay = {*records.others(row, own, subject.known_by(IdentityKind.LINK))}
        stay |= {tag for tag in left if ref_of[tag] in subject.kept}
        if stay & {*left}:
            self._untag(row, [tag for tag in left if tag in records.people(row, own) and tag not in stay])
            return False
        self._untag(row, left)
        paths = [f"{lists.CATEGORIES}/{quote(each, safe='')}/companies" for each in row["categories"]]
        for path in (*paths, *([lists.COMPANIES] if row["monitored"] else ())):
            body = {"companyIds": [_key(row)]}
            answer = call(self.account, "DELETE", path, json=body, accept={200, 404})
            if answer.status == 200:
                answer.json(list[Row])  # whatever else comes with a 200 is not their word for removed
        return True

    def _untag(self, row: Row, tags: Sequence[str]) -> None:
        if tags:
            body = {"references": [{"company": _key(row), "references": [*tags]}]}
            call(self.account, "DELETE", f"{MONITORING}/references", json=body, accept={204})

    def _receipt(self, subject: Subject, deleted: Sequence[Ref], kept: Sequence[Kept]) -> Receipt:
        decided = any(each.reason == Reason.OWN_CONTROLLER for each in kept)
        notes, look_again = [OWN_COPY] if decided else list[str](), None
        hours = timedelta(hours=self.account.settings["removal_hours"])
        if twins := self._twins(subject):
            outcome = Outcome.MANUAL
            notes.insert(0, ANOTHER_CONSUMER.format(", ".join(twins)))
        elif deleted and hours:
            outcome, look_again = Outcome.ACCEPTED, self.account.now() + hours
        elif kept:
            outcome = Outcome.REFUSED if decided else Outcome.KEPT
        elif deleted:
            outcome = Outcome.DONE
        else:
            outcome = Outcome.NOTHING if subject.records or subject.kept else Outcome.UNLINKABLE
        return Receipt(subject.ref, outcome, tuple(deleted), tuple(kept), look_again, " ".join(notes))

    def _twins(self, subject: Subject) -> list[str]:
        """Other consumers of the same national number whom nobody removes: the subscription ends with the last."""
        known = {ref.id for ref in subject.kept} | {*self.consumers}
        own = [self.roll.rows.get(each, {}) for each in subject.ids(CONSUMER)]
        twins = {each for row in own for each in self.roll.of_number(row)} - known
        # What was read before may be old: an earlier batch can have removed the other one.
        return sorted(twins & lists.read_roll(self.account).rows.keys()) if twins else []


def _key(row: Row) -> dict[str, Any]:
    """How a company is named in a call."""
    return {name: row[name] for name in ("country", "registrationNumber", "duns") if row.get(name)}
