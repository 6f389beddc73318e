"""Example: the five hooks. How it is asked is in client.py, what it answers in records.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import gateway
from gateway_example import client, records


@gateway.hookimpl
def describe() -> gateway.Vendor:
    return gateway.Vendor(
        name="example",
        title="Example",
        site="https://example.org",
        kinds=(gateway.Kind(records.PERSON, "People"),),
        settings=(
            gateway.Setting("url", "the address of the API", default="https://api.example.org"),
            gateway.Setting("key", "the API key, from their administration page", required=True, secret=True),
        ),
        finds_by=frozenset({gateway.IdentityKind.EMAIL}),
    )


@gateway.hookimpl
def fetch(account: gateway.Account, cursor: str | None) -> Iterator[gateway.Page]:
    for people in client.sweep(account, cursor):
        found = tuple(records.read(person) for person in people.people)
        # A list without anybody may be that of a key with too few rights: it proves nothing.
        yield gateway.Page(found, people.next, complete=None if people.next else bool(found))


@gateway.hookimpl
def delete(account: gateway.Account, subjects: Sequence[gateway.Subject]) -> Iterator[gateway.Receipt]:
    def erase(subject: gateway.Subject) -> gateway.Receipt:
        gone = [ref for ref in client.find(account, subject) if client.erase(account, ref.id)]
        return gateway.Receipt(
            subject.ref, gateway.Outcome.DONE if gone else gateway.Outcome.NOTHING, deleted=tuple(gone)
        )

    yield from account.map(erase, subjects)


@gateway.hookimpl
def export(account: gateway.Account, subject: gateway.Subject) -> Iterator[gateway.Item]:
    for ref in (*client.find(account, subject), *subject.kept):
        if content := client.read(account, ref.id):
            yield gateway.Item(ref, "application/json", content, name=f"{ref.kind}-{ref.id}.json")


@gateway.hookimpl
def audit(account: gateway.Account, subjects: Sequence[gateway.Subject]) -> Iterator[gateway.Holding]:
    def look(subject: gateway.Subject) -> list[gateway.Holding]:
        known: list[gateway.Ref] = [*client.find(account, subject), *subject.kept]
        return [gateway.Holding(subject.ref, ref) for ref in known if client.read(account, ref.id)]

    for held in account.map(look, subjects):
        yield from held
