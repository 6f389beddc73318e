"""Who is one person: records joined by exact identities, and a question wherever there is any doubt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches, rows_in
from gateway.ledger.tables import (
    absences,
    bases,
    cases,
    events,
    holds,
    identities,
    obligations,
    questions,
    records,
    subjects,
)
from gateway.ledger.vault import Vault


@dataclass(slots=True)
class Face:
    """What keeps two people behind one address apart: keyed hashes of names and birth dates."""

    names: set[bytes] = field(default_factory=set)
    births: set[bytes] = field(default_factory=set)

    def add(self, name: bytes | None, born: bytes | None) -> None:
        if name:
            self.names.add(name)
        if born:
            self.births.add(born)

    def contradicts(self, other: Face) -> bool:
        """Both are named (or dated) and have nothing in common."""
        return bool(
            (self.names and other.names and not self.names & other.names)
            or (self.births and other.births and not self.births & other.births)
        )

    def joined(self, other: Face) -> Face:
        return Face(self.names | other.names, self.births | other.births)

    def same_as(self, other: Face) -> bool:
        """Both carry one name, and no birth date speaks against it."""
        return bool(self.names & other.names) and not self.contradicts(other)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a record belongs: to `home` (None: a new person), which `absorbs` others; and who is in `doubt`."""

    home: int | None = None
    absorbs: frozenset[int] = frozenset()
    doubt: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people around a page: their faces, and the pairs a person has said are different."""

    faces: Mapping[int, Face]
    apart: Set[frozenset[int]] = frozenset()

    def are_one(self, some: Set[int]) -> bool:
        """Whether all of these carry one name, nothing speaks against any two, and nobody said they differ."""
        return all(
            self.faces[one].same_as(self.faces[other]) and frozenset((one, other)) not in self.apart
            for one, other in combinations(sorted(some), 2)
        )

    def choose(self, some: Set[int]) -> int | None:
        """The one of these people a record belongs to that contradicts none of them; None if there is a doubt."""
        if len(some) == 1:
            return next(iter(some))
        named = {each for each in some if self.faces[each].names}
        return min(named) if named and self.are_one(named) else None


def decide(
    face: Face, home: int | None, rest: Face, linked: Set[int], matched: Set[int], crowd: Crowd
) -> Verdict:
    """Say whose a record is that shares a link with `linked` and an address with `matched`.

    A link names one record: where it and an address, which several people may share, name two people, the
    link says whose the record is. `home` is the person the record already belongs to, if it was seen before,
    and `rest` the face of that person's other records.

    Two records with different names (or birth dates) are never joined, and two that share an address or a
    link are joined or asked about, in whatever order they come. Where all are named and none has a birth
    date, who is joined and what is asked is the same in every order; a record without a name belongs to
    the one person known at the time, so that for these the order counts.
    """
    near = (linked | matched) - {home}
    clashing = {each for each in near if face.contradicts(crowd.faces[each])}
    if home is None:
        home = crowd.choose(linked - clashing)
        if home is None and not linked - clashing:
            home = crowd.choose(matched - clashing)
        if home is None:
            return Verdict(None, doubt=frozenset(near))
        rest = crowd.faces[home]
    whole = face.joined(rest)
    sure = {
        each
        for each in near - clashing - {home}
        if whole.same_as(crowd.faces[each])
        and not rest.contradicts(crowd.faces[each])
        and frozenset((home, each)) not in crowd.apart
    }
    sure = {each for each in sure if all(crowd.are_one({each, other}) for other in sure)}
    return Verdict(home, frozenset(sure), frozenset(near - sure - {home}))


def owners(tx: Connection, hashes: Iterable[bytes]) -> dict[bytes, set[int]]:
    """The subjects that carry each of these hashes."""
    found: dict[bytes, set[int]] = {}
    query = sa.select(identities.c.hash, identities.c.subject_id).where(sa.true())
    for each_hash, subject in rows_in(tx, query, identities.c.hash, hashes):
        found.setdefault(bytes(each_hash), set()).add(subject)
    return found


def holders_of(tx: Connection, links: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[int]]:
    """The subjects whose records are named by these (processor, vendor id) pairs."""
    by_processor: dict[str, list[str]] = {}
    for processor, vendor_id in links:
        by_processor.setdefault(processor, []).append(vendor_id)
    found: dict[tuple[str, str], set[int]] = {}
    for processor, ids in by_processor.items():
        for some in batches(ids):
            query = sa.select(records.c.vendor_id, records.c.subject_id).where(
                records.c.processor == processor, records.c.vendor_id.in_(some)
            )
            for vendor_id, subject in tx.execute(query):
                found.setdefault((processor, vendor_id), set()).add(subject)
    return found


def faces_of(
    tx: Connection, subject_ids: Iterable[int], leaving_out: Collection[int] = ()
) -> dict[int, Face]:
    """The face of each of these subjects, drawn from all their records but those left out."""
    faces: dict[int, Face] = {}
    for some in batches(subject_ids):
        query = sa.select(records.c.id, records.c.subject_id, records.c.name_hash, records.c.born_hash).where(
            records.c.subject_id.in_(some)
        )
        for number, subject, name, born in tx.execute(query):
            if number not in leaving_out:
                faces.setdefault(subject, Face()).add(name, born)
    return faces


def apart(tx: Connection, subject_ids: Iterable[int]) -> set[frozenset[int]]:
    """The pairs a person has said are different, as far as they are about these."""
    found: set[frozenset[int]] = set()
    for some in batches(subject_ids):
        query = sa.select(questions.c.subject_id, questions.c.other_id).where(
            questions.c.kind == "match", questions.c.answer == "different", questions.c.subject_id.in_(some)
        )
        found.update(frozenset((one, other)) for one, other in tx.execute(query))
    return found


def already_asked(tx: Connection, one: int, other: int) -> bool:
    """Whether these two have been asked about, answered or not."""
    low, high = sorted((one, other))
    query = sa.select(questions.c.id).where(
        questions.c.kind == "match", questions.c.subject_id == low, questions.c.other_id == high
    )
    return tx.execute(query.limit(1)).first() is not None


def merge(tx: Connection, vault: Vault, home: int, other: int) -> None:
    """Make two subjects one: everything of `other` becomes `home`'s, sealed anew under its key; the rules look again.

    Nothing happens where one of them has been erased, or is one with another already.
    """
    query = sa.select(subjects.c.id, subjects.c.wrapped_key).where(
        subjects.c.id.in_((home, other)), subjects.c.wrapped_key.is_not(None)
    )
    rows = {row.id: row.wrapped_key for row in tx.execute(query)}
    if len(rows) < 2:
        return
    home_key, other_key = vault.unwrap(rows[home]), vault.unwrap(rows[other])
    _join_absences(tx, home, other)
    for record_id, sealed in tx.execute(
        sa.select(records.c.id, records.c.sealed).where(records.c.subject_id == other)
    ).all():
        opened = [(str(each.kind), each.value) for each in vault.unseal(other_key, sealed)]
        tx.execute(
            records.update()
            .where(records.c.id == record_id)
            .values(subject_id=home, sealed=vault.seal(home_key, opened))
        )
    _drop_doubled(tx, home, other)
    for table in (identities, bases, cases, events, holds, obligations):
        tx.execute(table.update().where(table.c.subject_id == other).values(subject_id=home))
    tx.execute(
        questions.update()
        .where(questions.c.kind != "match", questions.c.subject_id == other)
        .values(subject_id=home)
    )
    _settle(tx, home, other, "same")
    _redirect_doubts(tx, home, other)
    tx.execute(subjects.update().where(subjects.c.id == other).values(wrapped_key=None))
    tx.execute(subjects.update().where(subjects.c.id == home).values(look_at=0))


def _join_absences(tx: Connection, home: int, other: int) -> None:
    """What was erased of one is absent of both where it was erased of the other too, or the other is not held there."""
    mine = absences.c.subject_id.in_((home, other))
    rows = tx.execute(sa.select(absences).where(mine).order_by(absences.c.since)).all()
    if not rows:
        return
    query = sa.select(records.c.subject_id, records.c.processor).where(
        records.c.subject_id.in_((home, other)), records.c.state != "gone"
    )
    held = {(row.subject_id, row.processor) for row in tx.execute(query)}
    erased = {(row.subject_id, row.processor, row.data_set) for row in rows}
    joined: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        twin = home if row.subject_id == other else other
        if (twin, row.processor) not in held or (twin, row.processor, row.data_set) in erased:
            values = row._asdict() | {"subject_id": home}
            joined.setdefault((row.processor, row.data_set), values)
    tx.execute(absences.delete().where(mine))
    if joined:
        tx.execute(absences.insert(), list(joined.values()))


def _drop_doubled(tx: Connection, home: int, other: int) -> None:
    """What both are owed by the rules is owed once."""
    twin = obligations.alias()
    both = sa.select(twin.c.id).where(
        twin.c.subject_id == home,
        twin.c.action == obligations.c.action,
        twin.c.purpose == obligations.c.purpose,
    )
    tx.execute(obligations.delete().where(obligations.c.subject_id == other, both.exists()))


def _about(one: int, other: int) -> sa.ColumnElement[bool]:
    low, high = sorted((one, other))
    return sa.and_(questions.c.kind == "match", questions.c.subject_id == low, questions.c.other_id == high)


def _settle(tx: Connection, one: int, other: int, said: str) -> None:
    """Answer what is still asked about two people by what is known of them now."""
    tx.execute(
        questions.update()
        .where(_about(one, other), questions.c.answered_at.is_(None))
        .values(answer=said, answered_by="gateway", answered_at=questions.c.asked_at)
    )


def _redirect_doubts(tx: Connection, home: int, other: int) -> None:
    """Doubts about `other` are doubts about `home` now; what was asked of both is asked once."""
    about = sa.select(questions).where(
        questions.c.kind == "match", sa.or_(questions.c.subject_id == other, questions.c.other_id == other)
    )
    for row in tx.execute(about.order_by(questions.c.id)).all():
        third = row.other_id if row.subject_id == other else row.subject_id
        if third == home:
            continue
        low, high = sorted((home, third))
        values: dict[str, Any] = {"subject_id": low, "other_id": high}
        before = tx.execute(sa.select(questions.c.answer).where(_about(low, high)).limit(1)).one_or_none()
        if row.answered_at is None and before is not None:
            values |= {
                "answer": before.answer or "asked-already", "answered_by": "gateway", "answered_at": row.asked_at
            }  # fmt: skip
        tx.execute(questions.update().where(questions.c.id == row.id).values(**values))
        if row.answer == "different":
            _settle(tx, low, high, "different")
