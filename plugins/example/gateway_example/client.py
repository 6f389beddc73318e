"""What is asked of Example, and how it says no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from gateway import Account, GarbledError, IdentityKind, Ref, Response, Subject
from gateway_example.records import PERSON, Person


class People(msgspec.Struct):
    """A page of people; `next` is what to ask for after it, and missing on the last."""

    people: list[Person]
    next: str | None = None


class Refusal(msgspec.Struct):
    """The body of an error."""

    error: str


def sweep(account: Account, after: str | None) -> Iterator[People]:
    """All pages after `after`, ordered by id: people who come or go meanwhile shift nobody."""
    while True:
        page = _ask(account, "GET", "/people", params={"after": after} if after else {}).json(People)
        if page.next is not None and (page.next == after or not page.people):
            raise GarbledError("Example's list leads to itself, or shows nobody and says that more come")
        yield page
        after = page.next
        if after is None:
            return


def find(account: Account, subject: Subject) -> list[Ref]:
    """The subject's records in scope, or where none is known, those found by e-mail; never what is kept."""
    if subject.records:
        return list(subject.records)
    found: dict[Ref, None] = {}
    for email in subject.known_by(IdentityKind.EMAIL):
        page = _ask(account, "GET", "/people", params={"email": email}).json(People)
        # Their search ignores case, as ours does; anything looser is not this person.
        found |= {Ref(PERSON, str(each.id)): None for each in page.people if each.email.lower() == email}
    if not found and not next(sweep(account, None)).people:
        raise GarbledError("Example shows nobody at all, so that it does not show this person proves nothing")
    return [ref for ref in found if ref not in subject.kept]


def read(account: Account, person_id: str) -> bytes | None:
    """Everything they hold on a person, as they answer it; None when they say there is no such person."""
    response = _ask(account, "GET", f"/people/{quote(person_id, safe='')}", accept=(404,))
    if _absent(response):
        return None
    response.json(Person)  # whatever is not a person is not the proof that one is held
    return response.content


def erase(account: Account, person_id: str) -> bool:
    """Delete a person; False when they say there is no such person."""
    response = _ask(account, "DELETE", f"/people/{quote(person_id, safe='')}", accept=(404,))
    if response.status not in {204, 404}:
        raise GarbledError(f"Example answered a deletion with {response.status}; it would be 204")
    return not _absent(response)


def _ask(account: Account, method: str, path: str, **how: Any) -> Response:
    headers = {"Authorization": f"Bearer {account.settings['key'].reveal()}"}
    return account.http.request(method, path, headers=headers, **how)


def _absent(response: Response) -> bool:
    """Whether they say so themselves: a 404 of anything between us and them is not absence."""
    if response.status != 404:
        return False
    if response.json(Refusal).error != "no such person":
        raise GarbledError("Example answered 404, but not that the person is unknown")
    return True
