"""Facts to obligations: a policy made ready to judge people one by one, per purpose, data set and processor.

First each purpose's claim on a data set at a processor is judged by itself (`obligations`); then what becomes of the
data set there (`standings`): it goes when the last of its purposes is over, unless a stronger ground keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.obligations import AbsenceFact, Action, BasisFact, Obligation, PersonFacts, RecordFact, Stay
from gateway.rules import claims, duties
from gateway.rules.claims import ASKED, REQUEST, VANISHED, End, Happened, Said
from gateway.rules.days import Days
from gateway.rules.keeping import Keeping
from gateway.rules.policy import Policy
from gateway.rules.ready import Claims, Held, Ready, held_at


class Standing(NamedTuple):
    """What becomes of one data set at one processor.

    It is erased at `due` (None: no end is known), which is after all of `stays`, the strongest ground first. Its last
    purpose ends at `over` by the obligation `by`; `open` are the purposes with no end known.
    """

    data_set: str
    processor: str
    due: int | None
    over: int | None
    by: Obligation | None
    open: tuple[str, ...]
    stays: tuple[Stay, ...]


class Fate(NamedTuple):
    """When the last of the purposes of a data set is over, and which that is; `open` have no end known."""

    over: int | None
    end: End | None
    purpose: str
    open: tuple[str, ...]


class Rules:
    """A policy, with the firm's clock and what the processors show.

    `kinds` are the kinds of record that can be read, by processor. Of a processor in `blind` nothing can be read, so
    everybody is taken to be held there.
    """

    def __init__(
        self,
        policy: Policy,
        zone: ZoneInfo,
        blind: frozenset[str] = frozenset(),
        kinds: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.policy, self.zone, self.blind = policy, zone, blind
        self.days = Days(zone)
        self.purposes = {name: Ready(each, policy, self.days) for name, each in policy.purposes.items()}
        names = dict.fromkeys([*(kinds or {}), *(place for _, place in policy.uses), *sorted(blind)])
        fates: list[Claims] = []
        self.held = {
            name: held_at(policy, name, (kinds or {}).get(name, ()), self.purposes, fates) for name in names
        }
        self.fates = {
            name: tuple({each.like: each for each in held}.values()) for name, held in self.held.items()
        }
        self.keeping = Keeping(policy.keeps, policy.data_sets, self.days)
        self.has_duties = any(each.has_duties for each in self.purposes.values())

    @property
    def processors(self) -> tuple[str, ...]:
        """All processors the rules know of."""
        return tuple(self.held)

    def obligations(self, person: PersonFacts, now: int) -> list[Obligation]:
        """All that is owed to a person, whenever it is due: erasure, a new question for consent, information."""
        return Judge(self, person, now).obligations()

    def standings(self, person: PersonFacts, now: int) -> list[Standing]:
        """What becomes of each data set that is held on a person, processor by processor."""
        return Judge(self, person, now).standings()


class Judge:
    """One person before the rules; what is worked out for one data set is remembered for those with the same fate."""

    def __init__(self, rules: Rules, person: PersonFacts, now: int, *, asked: bool = False) -> None:
        self.rules, self.person, self.now = rules, person, now
        self.seen: dict[str, list[RecordFact]] = {}
        self._vanished = False
        for record in person.records:
            self._vanished = self._vanished or record.vanished
            try:
                self.seen[record.processor].append(record)
            except KeyError:
                self.seen[record.processor] = [record]
        self._bases: dict[str, list[BasisFact]] = {}
        for basis in person.bases:
            self._bases.setdefault(basis.purpose, []).append(basis)
        # Whether what was consented to counts alike at all processors: then all is worked out once for all of them.
        self._alike = True
        for some in self._bases.values():
            if len(some) > 1 and any(each.processor != some[0].processor for each in some):
                self._alike = False
        self.cut = End(now, REQUEST, ASKED, now) if asked else self._cut()
        self._fates: dict[tuple[str, int], Fate] = {}
        self._ends: dict[tuple[str, int, str], End | None] = {}
        self._happened: dict[str, Happened] = {}

    def standings(self) -> list[Standing]:
        """What becomes of each data set that is held on the person."""
        return [self.standing(held) for held in self.places()]

    def obligations(self) -> list[Obligation]:
        """All that is owed: what each purpose's end owes, and what only people can do."""
        owed = [
            self._erase(held, ready.purpose.name, end)
            for held in self.places()
            for ready, clocks in held.claims
            if (end := self.end(ready, clocks, held.processor)) is not None
        ]
        return [*owed, *duties.owed(self, self.ends())]

    def ends(self) -> dict[str, list[End]]:
        """The ends of each purpose wherever the person is held."""
        found: dict[str, list[End]] = {}
        seen: set[tuple[str, int]] = set()
        for held in self.places():
            key = (held.processor, held.like)
            if key in seen:
                continue
            seen.add(key)
            for ready, clocks in held.claims:
                end = self.end(ready, clocks, held.processor)
                if end is not None:
                    found.setdefault(ready.purpose.name, []).append(end)
        return found

    def _erase(self, held: Held, purpose: str, end: End) -> Obligation:
        due, rule, event, start = end
        where = (purpose, held.data_set, held.processor)
        return Obligation(self.person.subject, Action.ERASE, *where, rule, event, start, due)

    def _cut(self) -> End | None:
        """What ends every purpose that yields: that the person asked, or that they were deleted at the source."""
        cut: End | None = None
        for event in self.person.events:
            if event.name == ASKED and (cut is None or event.at > cut.due):
                cut = End(event.at, REQUEST, ASKED, event.at)
        if cut is not None and any(
            each.created is not None and each.created > cut.due for each in self.person.records
        ):
            cut = None  # they are there anew since: whether by themselves is asked elsewhere
        if cut is None and self._vanished and self.gone_at:
            cut = End(self.now, VANISHED, VANISHED, None)
        return cut

    @property
    def gone_at(self) -> list[str]:
        """Where the person is gone at the source. Of two records made one there, one has vanished too; they have not."""
        return sorted(name for name, records in self.seen.items() if all(each.vanished for each in records))

    def places(self) -> Iterator[Held]:
        """The data sets that are held on the person: where a record says so, and where nothing can be read."""
        held, absences = self.rules.held, self.person.absences
        for processor, records in self.seen.items():
            for each in held.get(processor, ()):
                kinds = each.kinds
                if kinds is not None and not any(record.kind in kinds for record in records):
                    continue
                if absences and _is_absent(each, records, absences):
                    continue
                yield each
        if self.rules.blind and self.seen:
            for processor in sorted(self.rules.blind - self.seen.keys()):
                for each in held.get(processor, ()):
                    if not absences or not _is_absent(each, (), absences):
                        yield each

    def ends_at(self) -> Iterator[int]:
        """When the last purpose is over of whatever may be held, wherever an end is known."""
        fates, seen = self.rules.fates, set[tuple[str, int]]()
        for processor in [*self.seen, *(self.rules.blind - self.seen.keys() if self.rules.blind else ())]:
            for held in fates.get(processor, ()):
                key = ("" if self._alike else processor, held.like)
                if key not in seen:
                    seen.add(key)
                    over = self.fate(held).over
                    if over is not None:
                        yield over

    def fate(self, held: Held) -> Fate:
        """When the purposes of a data set are over, the last of them first."""
        key = ("" if self._alike else held.processor, held.like)
        found = self._fates.get(key)
        if found is None:
            found = self._fates[key] = self._work_out(held)
        return found

    def _work_out(self, held: Held) -> Fate:
        last: End | None = None
        by = ""
        going_on: tuple[str, ...] = ()
        for ready, clocks in held.claims:
            end = self.end(ready, clocks, held.processor)
            if end is None:
                going_on = (*going_on, ready.purpose.name)
            elif last is None or end.due > last.due:
                last, by = end, ready.purpose.name
        return Fate(None if going_on or last is None else last.due, last, by, going_on)

    def end(self, ready: Ready, clocks: int, processor: str) -> End | None:
        """When a purpose is over at a processor for data sets with the same clocks; None where no end is known."""
        name = ready.purpose.name
        key = (name, clocks, "" if self._alike else processor)
        if key in self._ends:
            return self._ends[key]
        found, stands = self._told(ready, processor)
        if found is None and ready.clocks[clocks]:
            found = claims.retained(ready.clocks[clocks], self.happened(ready), stands=stands)
        self._ends[key] = found
        return found

    def _told(self, ready: Ready, processor: str) -> Said:
        """What the person's consents come to; nobody can withdraw from a contract or a duty."""
        if not ready.yields:
            return NOTHING_SAID
        bases = self._bases.get(ready.purpose.name)
        if bases is None and self.cut is None:
            return NOTHING_SAID
        return claims.said(claims.at_processor(bases or [], processor), self.cut)

    def happened(self, ready: Ready) -> Happened:
        """What has happened to the person as far as a purpose is concerned."""
        name = ready.purpose.name
        found = self._happened.get(name)
        if found is None:
            kept_at = [each for each in self.person.records if each.processor in ready.places]
            found = Happened(kept_at, self._bases.get(name, ()), self.person.events, name)
            self._happened[name] = found
        return found

    def standing(self, held: Held) -> Standing:
        """What becomes of one data set at one processor, all grounds weighed."""
        over, end, by, going_on = self.fate(held)
        stays = self.rules.keeping.stays(held, self.person, over, self.now)
        due = over
        for each in stays:
            if due is not None:
                due = None if each.until is None else max(due, each.until)
        obligation = None if end is None else self._erase(held, by, end)
        return Standing(held.data_set, held.processor, due, over, obligation, going_on, stays)


NOTHING_SAID = Said(None, stands=False)


def _is_absent(held: Held, records: Sequence[RecordFact], absences: Iterable[AbsenceFact]) -> bool:
    """Whether the set was erased there, and nothing that could hold it has changed since."""
    for each in absences:
        if each.data_set == held.data_set and each.processor == held.processor:
            changed = [
                moment for record in records for moment in (record.created, record.updated, record.active)
            ]
            return max((moment for moment in changed if moment is not None), default=0) <= each.since
    return False
