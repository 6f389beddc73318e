"""New and changed records on their way to their people: joined, sealed, and asked about where there is doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import matching, returning
from gateway.ledger.batches import batches, insert_rows
from gateway.ledger.matching import Crowd, Face
from gateway.ledger.questions import ask
from gateway.ledger.sighting import Sighting
from gateway.ledger.tables import bases, identities, records, subjects, to_micros
from gateway.ledger.vault import Vault
from gateway.model import Consent, IdentityKind


@dataclass(frozen=True, slots=True)
class Sweep:
    """One fetch of one kind at one processor; `cursor` is where it goes on."""

    id: int
    processor: str
    kind: str
    whole: bool
    cursor: str | None


class Known(NamedTuple):
    """A record as the ledger has it already."""

    id: int
    subject_id: int
    digest: bytes
    state: str
    returned: int | None = None


@dataclass(slots=True)
class Tally:
    """What a page changed."""

    seen: int = 0
    new: int = 0
    changed: int = 0
    returned: int = 0
    asked: int = 0
    flaws: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what another page changed."""
        self.seen += other.seen
        self.new += other.new
        self.changed += other.changed
        self.returned += other.returned
        self.asked += other.asked
        self.flaws += other.flaws


def begins_at(day: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """The first moment of `day`; a moment is itself."""
    if day is None or isinstance(day, datetime):
        return day
    return _midnight(day, zone)


def over_at(day: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """The first moment after what lasts through `day`; a moment is itself."""
    if day is None or isinstance(day, datetime):
        return day
    return _midnight(day, zone, timedelta(days=1))


def _midnight(day: date, zone: ZoneInfo, later: timedelta = timedelta(0)) -> datetime:
    """Vendors write the first and the last day there is for "always" and "never"."""
    try:
        return datetime.combine(day + later, time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if day.year == 1 else datetime.max.replace(tzinfo=UTC)


COLUMNS: dict[sa.Table, tuple[str, ...]] = {
    subjects: ("id", "wrapped_key"),
    records: (
        "id", "processor", "kind", "vendor_id", "subject_id", "sealed", "digest", "name_hash", "born_hash",
        "created_at", "updated_at", "active_at", "sweep_id", "state", "returned_step",
    ),
    identities: ("hash", "record_id", "subject_id"),
    bases: (
        "subject_id", "record_id", "processor", "purpose", "basis", "given_at", "over_at", "withdrawn_at", "source",
        "noted_at",
    ),
}  # fmt: skip
"""What a page writes, table by table, in the order the foreign keys ask for."""


_SHARES = "shares an address or a link with another person"
_CHANGED = "was changed and has nothing in common with the person it belonged to"


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


class Placing:
    """The new and changed records of one page on their way to their people."""

    def __init__(
        self,
        tx: Connection,
        vault: Vault,
        sweep: Sweep,
        known: Mapping[str, Known],
        zone: ZoneInfo,
        now: datetime,
        tally: Tally,
    ) -> None:
        self.tx, self.vault, self.sweep, self.known = tx, vault, sweep, known
        self.zone, self.now, self.tally = zone, now, tally
        self.keys: dict[int, bytes] = {}
        self.faces: dict[int, Face] = {}
        self.rest: dict[int, Face] = {}
        self.new: dict[sa.Table, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        self.newcomers: dict[int, list[Sighting]] = {}
        self.moved: dict[int, int] = {}
        self.doubts: list[tuple[int, int, Sighting, str]] = []
        self.strangers: list[tuple[int, int, Sighting]] = []
        self.met: set[int] = set()

    def place(self, fresh: Sequence[Sighting]) -> None:
        tx = self.tx
        changed = self._forget_old(fresh)
        hashes = {each for sighting in fresh for each in (*sighting.hashes, sighting.own_link)}
        self.owned = matching.owners(tx, hashes)
        links = {link for sighting in fresh for link in sighting.links}
        self.linked = {link: set[int]() for link in links} | matching.holders_of(tx, links)
        near = {subject for group in (*self.owned.values(), *self.linked.values()) for subject in group}
        homes = {row.subject_id for row in self.known.values() if row.id in changed}
        near |= homes
        self.faces = matching.faces_of(tx, near)
        self.rest = {each: Face() for each in homes} | matching.faces_of(tx, homes, changed)
        self.apart = matching.apart(tx, near)
        self._load_keys(near)
        self.graves = returning.graves_of(tx, self.sweep.processor, hashes)
        self.first_new = self.next_subject = (
            tx.execute(sa.select(sa.func.max(subjects.c.id))).scalar() or 0
        ) + 1
        self.next_record = (tx.execute(sa.select(sa.func.max(records.c.id))).scalar() or 0) + 1
        for sighting in fresh:
            self._place_one(sighting)
        self._flush()
        self._look_again(homes | {self._now_at(each) for each in self.met})
        self._settle_doubts()
        self._ask_about_strangers()

    def _load_keys(self, near: set[int]) -> None:
        for some in batches(near):
            query = sa.select(subjects.c.id, subjects.c.wrapped_key).where(subjects.c.id.in_(some))
            for subject, wrapped in self.tx.execute(query):
                self.keys[subject] = self.vault.unwrap(wrapped)

    def _forget_old(self, fresh: Sequence[Sighting]) -> set[int]:
        """Changed records are written anew: their old identities and bases go first, and nothing rests on them."""
        changed = {self.known[each.record.ref.id].id for each in fresh if each.record.ref.id in self.known}
        for some in batches(changed):
            self.tx.execute(identities.delete().where(identities.c.record_id.in_(some)))
            self.tx.execute(bases.delete().where(bases.c.record_id.in_(some)))
        return changed

    def _place_one(self, sighting: Sighting) -> None:
        vendor_id = sighting.record.ref.id
        row = self.known.get(vendor_id)
        if row is None and not sighting.links and self._is_unheard_of(sighting):
            subject = self._new_subject()
            self.newcomers[subject] = [sighting]
            for each_hash in sighting.hashes:
                self.owned[each_hash] = {subject}
        else:
            subject = self._decide(sighting, row)
            self.newcomers.setdefault(subject, []).append(sighting)
            if subject in self.rest:
                self.rest[subject].add(sighting.name_hash, sighting.born_hash)
            for each_hash in sighting.hashes:
                self.owned.setdefault(each_hash, set()).add(subject)
        if self.linked and (key := (self.sweep.processor, vendor_id)) in self.linked:
            self.linked[key].add(subject)
        if subject < self.first_new:
            self.met.add(subject)
        self._write(sighting, subject, row)

    def _look_again(self, people: set[int]) -> None:
        """What the rules rest on has changed for these people; new ones are looked at anyway."""
        for some in batches(people):
            self.tx.execute(
                subjects.update().where(subjects.c.id.in_(some), subjects.c.look_at != 0).values(look_at=0)
            )

    def _is_unheard_of(self, sighting: Sighting) -> bool:
        """Nobody carries any of it: the common case, decided without more ado."""
        return self.owned.keys().isdisjoint((sighting.own_link, *sighting.hashes))

    def _decide(self, sighting: Sighting, row: Known | None) -> int:
        linked = self._carriers(sighting.own_link)
        for link in sighting.links:
            linked |= {self._now_at(each) for each in self.linked.get(link, ())}
        matched: set[int] = set()
        for (kind, _), each_hash in zip(sighting.identities, sighting.hashes, strict=True):
            if kind == IdentityKind.LINK:
                linked |= self._carriers(each_hash)
            else:
                matched |= self._carriers(each_hash)
        face = Face()
        face.add(sighting.name_hash, sighting.born_hash)
        home = old = self._now_at(row.subject_id) if row is not None else None
        rest = Face() if home is None else self.rest[home]
        if home not in linked | matched and face.contradicts(rest):
            home = None  # it is about somebody else now
        crowd = Crowd({each: self._face(each) for each in linked | matched}, self.apart)
        verdict = matching.decide(face, home, rest, linked, matched, crowd)
        subject = verdict.home if verdict.home is not None else self._new_subject()
        for other in verdict.absorbs:
            self._absorb(subject, other)
        self.doubts.extend((subject, other, sighting, _SHARES) for other in verdict.doubt)
        if old is not None and self._now_at(old) != subject:
            self.doubts.append((subject, old, sighting, _CHANGED))
        return subject

    def _carriers(self, each_hash: bytes) -> set[int]:
        return {self._now_at(each) for each in self.owned.get(each_hash, ())}

    def _face(self, subject: int) -> Face:
        """The face of a person, with what this page has added to it so far."""
        face = self.faces.setdefault(subject, Face())
        for each in self.newcomers.pop(subject, ()):
            face.add(each.name_hash, each.born_hash)
        return face

    def _flush(self) -> None:
        for table, rows in self.new.items():
            insert_rows(self.tx, table, COLUMNS[table], rows)
            rows.clear()

    def _now_at(self, subject: int) -> int:
        return self.moved.get(subject, subject)

    def _new_subject(self) -> int:
        subject = self.next_subject
        self.next_subject += 1
        self.keys[subject], wrapped = self.vault.new_key()
        self.new[subjects].append((subject, wrapped))
        return subject

    def _absorb(self, home: int, other: int) -> None:
        """Two people turn out to be one. Those of this very page are not written yet: write them first."""
        self._flush()
        matching.merge(self.tx, self.vault, home, other)
        self.moved = {old: home if new == other else new for old, new in self.moved.items()} | {other: home}
        self.apart = {frozenset(map(self._now_at, pair)) for pair in self.apart}
        mine, theirs = self._face(home), self._face(other)
        rest = self.rest.get(home, mine).joined(self.rest.get(other, theirs))
        if home in self.rest or other in self.rest:
            self.rest[home] = rest
        self.faces[home] = mine.joined(theirs)

    def _write(self, sighting: Sighting, subject: int, row: Known | None) -> None:
        sealed = self.vault.seal(self.keys[subject], sighting.identities)
        if row is None:
            record_id = self.next_record
            self.next_record += 1
            self.new[records].append(self._row(record_id, sighting, subject, sealed))
        else:
            record_id = row.id
            self._rewrite(row, sighting, subject, sealed)
        self.new[identities] += [(each_hash, record_id, subject) for each_hash in sighting.hashes]
        if consents := sighting.record.consents:
            self.new[bases] += [self._basis(each, record_id, subject) for each in consents]

    def _row(self, record_id: int, sighting: Sighting, subject: int, sealed: bytes) -> tuple[Any, ...]:
        record = sighting.record
        return (
            record_id, self.sweep.processor, record.ref.kind, record.ref.id, subject, sealed, sighting.digest,
            sighting.name_hash, sighting.born_hash, _micros(record.created), _micros(record.updated),
            _micros(record.active), self.sweep.id, "held", self._returned(sighting, subject) if self.graves else None,
        )  # fmt: skip

    def _rewrite(self, row: Known, sighting: Sighting, subject: int, sealed: bytes) -> None:
        record = sighting.record
        if self._now_at(row.subject_id) != subject:
            self._flush()  # a new person is there before the record that is theirs
        self.tx.execute(
            records.update()
            .where(records.c.id == row.id)
            .values(
                subject_id=subject, sealed=sealed, digest=sighting.digest, name_hash=sighting.name_hash,
                born_hash=sighting.born_hash, created_at=record.created, updated_at=record.updated,
                active_at=record.active, sweep_id=self.sweep.id,
                state="held" if row.state in ("vanished", "gone") else row.state,
                returned_step=self._returned(sighting, subject) if row.state == "gone" else row.returned,
            )
        )  # fmt: skip

    def _basis(self, consent: Consent, record_id: int, subject: int) -> tuple[Any, ...]:
        return (
            subject, record_id, self.sweep.processor, consent.purpose, "consent",
            _micros(begins_at(consent.given, self.zone)), _micros(over_at(consent.expires, self.zone)),
            _micros(begins_at(consent.withdrawn, self.zone)), "record", to_micros(self.now),
        )  # fmt: skip

    def _returned(self, sighting: Sighting, subject: int) -> int | None:
        """The step that erased this person here, if one did."""
        step = self.graves.get(sighting.own_link)
        raised = [each for each in sighting.hashes if each in self.graves]
        if step is None and raised:
            names = self._face(subject).names
            step = returning.erased_by(self.tx, self.sweep.processor, raised, names)
            if step is None and subject >= self.first_new:
                self.strangers.append((subject, self.graves[raised[0]], sighting))
        self.tally.returned += step is not None
        return step

    def _settle_doubts(self) -> None:
        for one, other, sighting, why in self.doubts:
            low, high = sorted((self._now_at(one), self._now_at(other)))
            if low == high or matching.already_asked(self.tx, low, high):
                continue
            self.tally.asked += 1
            ask(
                self.tx, "match",
                f"{self.sweep.processor}:{sighting.record.ref.id} {why} (S{low} and S{high}), and nothing shows that they "
                "are one. Is it the same person?",
                ("same", "different"), self.now, subject_id=low, other_id=high,
            )  # fmt: skip

    def _ask_about_strangers(self) -> None:
        """New people under an address of somebody who was erased, but with another name: nothing is done by itself."""
        doubted = {self._now_at(each) for one, other, *_ in self.doubts for each in (one, other)}
        for subject, step, sighting in self.strangers:
            if subject in doubted or self._now_at(subject) != subject:
                continue
            doubted.add(subject)
            self.tally.asked += 1
            ask(
                self.tx, "returned",
                f"{self.sweep.processor}:{sighting.record.ref.id} has an address of somebody who was erased, and another "
                f"name (S{subject}). Is it somebody else, or the one who was erased?",
                ("keep", "erase"), self.now, subject_id=subject, step_id=step,
            )  # fmt: skip
