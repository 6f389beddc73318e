"""Plugins that tell what nobody should hear: keys, and who somebody is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import gateway_example
from gateway_example import client

from gateway import Account, GarbledError, Holding, IdentityKind, Item, Page, Receipt, Subject
from tests.hostile.twin import signed, wrong

Subjects = Sequence[Subject]
log = logging.getLogger(__name__)


@wrong("audit", law="secrets_are_told_to_nobody", says="the secret setting 'key' stands in the log")
def key_in_the_log(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """It is at the level debug, which nobody ever turns on."""
    log.debug("asking with %s", account.settings["key"].reveal())
    yield from gateway_example.audit(account, subjects)


@wrong("fetch", law="secrets_are_told_to_nobody", says="the secret setting 'key' stands in the error")
def key_in_what_led_to_the_error(account: Account, cursor: str | None) -> Iterator[Page]:
    """The message is clean; what led to it is only for developers."""
    try:
        yield from gateway_example.fetch(account, cursor)
    except GarbledError as err:
        asked = RuntimeError(f"GET /people?key={account.settings['key'].reveal()}")
        asked.__cause__ = err
        raise GarbledError("the answer is not understood") from asked


@wrong("fetch", law="secrets_are_told_to_nobody", says="the secret setting 'key' stands in what was yielded")
def key_in_the_cursor(account: Account, cursor: str | None) -> Iterator[Page]:
    """The cursor is the whole address of the next page, ready to be asked."""
    key = account.settings["key"].reveal()
    for page in gateway_example.fetch(account, cursor and cursor.rpartition("=")[2]):
        yield replace(page, cursor=page.cursor and f"/people?key={key}&after={page.cursor}")


@wrong(
    "audit",
    law="people_are_told_to_nobody",
    says="the name of person 1 stands in the error",
)
def answer_in_the_message(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """What was not understood is best shown."""
    for subject in subjects:
        for ref in (*client.find(account, subject), *subject.kept):
            path = f"/people/{ref.id}"
            answer = account.http.request("GET", path, headers=signed(account), accept=(404,))
            if answer.status == 404:
                continue
            try:
                answer.json(dict)
            except GarbledError as err:
                raise GarbledError(f"not understood: {answer.text[:80]}") from err
            yield Holding(subject.ref, ref)


@wrong(
    "audit",
    law="people_are_told_to_nobody",
    says="the name of person 1 stands in the error",
)
def in_their_own_words(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """Nobody says better what is wrong than the vendor."""
    for subject in subjects:
        known = [*client.find(account, subject), *subject.kept]
        for ref in known:
            asked = account.http.request(
                "GET", f"/people/{ref.id}", headers=signed(account), accept=(400, 404)
            )
            if asked.status == 400:
                raise GarbledError(f"Example says: {asked.text}")
        yield from gateway_example.audit(account, [replace(subject, records=tuple(known), kept=())])


@wrong("audit", law="people_are_told_to_nobody", says="the email of person 1 stands in the error")
def url_in_the_message(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """What was asked, word for word, is what helps most to understand an error."""
    for subject in subjects:
        try:
            yield from gateway_example.audit(account, [subject])
        except GarbledError as err:
            asked = [f"GET /people?email={each}" for each in subject.known_by(IdentityKind.EMAIL)]
            raise GarbledError(f"not understood: {'; '.join(asked)}") from err


@wrong("delete", law="people_are_told_to_nobody", says="the email of person 1 stands in what was yielded")
def note_for_the_operator(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """A note is for the operator, and the operator knows the person anyway."""
    for subject, receipt in zip(subjects, gateway_example.delete(account, subjects), strict=True):
        who = ", ".join(subject.known_by(IdentityKind.EMAIL))
        yield replace(receipt, note=f"deleted by e-mail {who}" if who else "")


@wrong("export", law="people_are_told_to_nobody", says="the email of person 1 stands in the log")
def name_in_the_log(account: Account, subject: Subject) -> Iterator[Item]:
    """Who asked for a copy should be found in the log."""
    log.info("copy for %s", ", ".join(subject.known_by(IdentityKind.EMAIL)))
    yield from gateway_example.export(account, subject)


@wrong("fetch", law="people_are_told_to_nobody", says="the name of person 4 stands in what was yielded")
def cursor_shows_where_we_are(account: Account, cursor: str | None) -> Iterator[Page]:
    """A cursor that names the last person read makes it easy to see how far a sweep is."""
    for page in gateway_example.fetch(account, cursor and cursor.partition(" ")[0]):
        yield replace(page, cursor=page.cursor and f"{page.cursor} ({page.records[-1].name})")
