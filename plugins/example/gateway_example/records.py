"""What a person at Example is to us. Values in, values out."""

from __future__ import annotations

import msgspec

from gateway import Consent, Identity, IdentityKind, Record, Ref, read_date, read_datetime

PERSON = "person"


class Person(msgspec.Struct):
    """A person as Example answers it."""

    id: int
    name: str = ""
    email: str = ""
    phone: str = ""
    created: str | None = None
    consent_until: str | None = None


def read(person: Person) -> Record:
    """The record of a person; what cannot be read is left out and named in `flaws`."""
    flaws: list[str] = []
    created, until = None, None
    try:
        created = read_datetime(person.created) if person.created else None
    except ValueError:
        flaws.append("created is not a time")
    try:
        until = read_date(person.consent_until) if person.consent_until else None
    except ValueError:
        flaws.append("consent_until is not a date")
    known = ((IdentityKind.EMAIL, person.email), (IdentityKind.PHONE, person.phone))
    return Record(
        ref=Ref(PERSON, str(person.id)),
        identities=tuple(Identity(kind, value) for kind, value in known if value),
        name=person.name,
        created=created,
        consents=(Consent("recruitment", expires=until),) if until else (),
        flaws=tuple(flaws),
    )
