"""Three plugins for the plain vendor, as modules: it is asked by e-mail only, it lists everybody, or it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import msgspec

import gateway
from gateway import (
    GarbledError,
    Holding,
    Identity,
    IdentityKind,
    Kind,
    Outcome,
    Page,
    Receipt,
    Record,
    Ref,
    Subject,
)
from gateway.plugins.offers import Offer
from tests.core.vendor import Entry

PERSON = "person"
CANNOT: dict[str, dict[str, str]] = {
    "plain": {"fetch": "They show one person at a time, by e-mail."},
    "lists": {},
    "reads": {"fetch": "They show one person at a time, by e-mail.", "delete": "Their API only reads."},
}


class Person(msgspec.Struct):
    id: int
    email: str
    also: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(PERSON, str(self.id))


class People(msgspec.Struct):
    people: list[Person]


class Refusal(msgspec.Struct):
    error: str


def find(account: Any, subject: Subject) -> list[Ref]:
    """The records that are known, or where none is, those found by any address that is; one call an address."""
    if subject.records:
        return list(subject.records)
    found: dict[Ref, None] = {}
    for email in subject.known_by(IdentityKind.EMAIL):
        page = account.http.request("GET", "/people", params={"email": email}).json(People)
        found |= {each.ref: None for each in page.people if each.email.lower() == email}
    return [ref for ref in found if ref not in subject.kept]


def is_there(account: Any, ref: Ref) -> bool:
    answer = account.http.request("GET", f"/people/{ref.id}", accept=(404,))
    if answer.status == 404:
        return not _unknown(answer)
    answer.json(Person)
    return True


def erase(account: Any, ref: Ref) -> None:
    """Delete a person; that they are gone already is all that was wanted."""
    answer = account.http.request("DELETE", f"/people/{ref.id}", accept=(404,))
    if answer.status == 404:
        _unknown(answer)


def _unknown(answer: Any) -> bool:
    if answer.json(Refusal).error != "no such person":
        raise GarbledError("Plain answered 404, but not that the person is unknown")
    return True


def made(name: str) -> ModuleType:
    """The plugin of this name."""
    module = ModuleType(f"exam_{name}")

    @gateway.hookimpl
    def describe() -> gateway.Vendor:
        return gateway.Vendor(
            name=name, title=name.title(), site="https://example.org", kinds=(Kind(PERSON, "People"),),
            finds_by=frozenset({IdentityKind.EMAIL}), cannot=CANNOT[name],
        )  # fmt: skip

    @gateway.hookimpl
    def fetch(account: Any, cursor: str | None) -> Iterator[Page]:
        people = account.http.request("GET", "/people").json(People).people
        yield Page(tuple(_record(each) for each in people), None, complete=bool(people))

    @gateway.hookimpl
    def delete(account: Any, subjects: Sequence[Subject]) -> Iterator[Receipt]:
        def receipt(subject: Subject) -> Receipt:
            refs = find(account, subject)
            for ref in refs:
                erase(account, ref)
            return Receipt(subject.ref, Outcome.DONE, tuple(refs)) if refs else _found_nobody(subject)

        yield from account.map(receipt, subjects)

    @gateway.hookimpl
    def audit(account: Any, subjects: Sequence[Subject]) -> Iterator[Holding]:
        def look(subject: Subject) -> list[Ref]:
            return [ref for ref in (*find(account, subject), *subject.kept) if is_there(account, ref)]

        for subject, held in zip(subjects, account.map(look, subjects), strict=True):
            yield from (Holding(subject.ref, ref) for ref in held)

    @gateway.hookimpl
    def export(account: Any, subject: Subject) -> Iterator[gateway.Item]:
        for ref in find(account, subject):
            content = account.http.request("GET", f"/people/{ref.id}").content
            yield gateway.Item(ref, "application/json", content)

    for hook in (describe, fetch, delete, audit, export):
        setattr(module, hook.__name__, hook)
    return module


def _record(person: Person) -> Record:
    emails = tuple(Identity(IdentityKind.EMAIL, each) for each in (person.email, person.also) if each)
    return Record(person.ref, emails)


def _found_nobody(subject: Subject) -> Receipt:
    """Nobody found by an address is not nobody held: it is a question, and no `nothing`."""
    tried = len(subject.known_by(IdentityKind.EMAIL))
    note = f"looked for by {tried} e-mail address{'es' if tried != 1 else ''}, and found nobody"
    return Receipt(subject.ref, Outcome.UNLINKABLE, note=note)


def offers() -> list[Offer]:
    return [Offer(name, f"exam-{name}", "1", Entry(made(name))) for name in CANNOT]  # type: ignore[arg-type]  # has the one method that is used
