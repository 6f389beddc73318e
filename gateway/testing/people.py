"""Who the records of a vendor are about, as the laws of the contract need it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.identities import normalise
from gateway.model import Identity, IdentityKind, Record, Ref, Subject

_OTHER_DIGITS = str.maketrans("0123456789", "9876543210")


def grouped(records: Sequence[Record]) -> list[Subject]:
    """The people these records are about: one for each first e-mail, link, or else record."""
    people: dict[object, list[Record]] = {}
    for record in records:
        people.setdefault(_person_of(record), []).append(record)
    return [_subject(f"S{number}", held) for number, held in enumerate(people.values(), 1)]


def named(refs: Collection[Ref]) -> str:
    """A few records by name, for a message."""
    return ", ".join(f"{ref.kind} {ref.id}" for ref in sorted(refs)[:5]) or "nothing"


def _person_of(record: Record) -> object:
    for kind in (IdentityKind.EMAIL, IdentityKind.LINK):
        for identity in record.identities:
            if identity.kind == kind:
                return kind, identity.value.strip().lower()
    return record.ref


def _subject(ref: str, records: Sequence[Record]) -> Subject:
    known = (_normalised(each) for record in records for each in record.identities)
    identities = tuple(dict.fromkeys(each for each in known if each))
    return Subject(ref, identities, tuple(record.ref for record in records))


def _normalised(identity: Identity) -> Identity | None:
    value = normalise(identity, "NO")
    return None if value is None else Identity(identity.kind, value)


def merged(subjects: Sequence[Subject]) -> Subject:
    """One person who has the records and identities of all of these."""
    identities = dict.fromkeys(each for subject in subjects for each in subject.identities)
    return Subject("M1", tuple(identities), tuple(ref for subject in subjects for ref in subject.records))


def unknown_like(refs: Sequence[Ref], known: Collection[Ref]) -> tuple[Ref, ...]:
    """Records with ids of the same form that nobody has; none where such an id is taken."""
    made = (Ref(ref.kind, "9" * 9 if ref.id.isdecimal() else ref.id.translate(_OTHER_DIGITS)) for ref in refs)
    return tuple(ref for ref in made if ref not in known and ref not in refs)
