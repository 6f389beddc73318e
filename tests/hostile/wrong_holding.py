"""Plugins that show or hand out too little, too much, or change what they look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import gateway_example
from gateway_example import client, records

from gateway import Account, Holding, IdentityKind, Item, Ref, Subject
from tests.hostile.twin import signed, wrong

Subjects = Sequence[Subject]


@wrong("audit", law="audit_shows_what_is_held", says="does not show person 9")
def four_at_a_time(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """Their filter takes four people a call. Who asks for more gets the first four."""
    yield from gateway_example.audit(account, subjects[:4])


@wrong("audit", law="audit_shows_what_is_held", says="for a subject they are not about")
def found_for_all_who_were_asked_about(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """One search was made for all of them, so what it found is theirs."""
    for held in list(gateway_example.audit(account, subjects)):
        yield from (replace(held, subject=each.ref) for each in subjects)


@wrong("audit", law="audit_shows_what_is_held", says="'', who was not asked about")
def whole_list_is_shown(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """The list has everybody on it; who is nobody's subject is yielded without one, the core will sort it out."""
    yield from gateway_example.audit(account, subjects)
    listed = next(client.sweep(account, None)).people
    yield from (Holding("", Ref(records.PERSON, str(each.id))) for each in listed)


@wrong("audit", law="audit_finds_by_identity", says="email alone does not find person 1")
def by_record_id_alone(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """Who has no record id was never there."""
    yield from gateway_example.audit(account, [each for each in subjects if each.records or each.kept])


@wrong("audit", law="audit_finds_by_identity", says="email alone does not find person 11")
def as_it_is_spelled(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """An exact match is one where every character is the same, capitals too."""
    for subject in subjects:
        exact = list(subject.records)
        if not exact:
            for email in subject.known_by(IdentityKind.EMAIL):
                found = account.http.request(
                    "GET", "/people", params={"email": email}, headers=signed(account)
                ).json(client.People)
                exact += [Ref(records.PERSON, str(each.id)) for each in found.people if each.email == email]
        yield from gateway_example.audit(account, [replace(subject, identities=(), records=tuple(exact))])


def _tidy_up(account: Account) -> None:
    for person in next(client.sweep(account, "8")).people:
        if not person.email:
            client.erase(account, str(person.id))


@wrong("audit", law="audit_changes_nothing", says="not the same after audit as before")
def tidies_up_while_looking(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """A record without any address is about nobody; it may as well go while we are here."""
    yield from gateway_example.audit(account, subjects)
    _tidy_up(account)


@wrong("export", law="export_changes_nothing", says="not the same after export as before")
def tidies_up_while_handing_out(account: Account, subject: Subject) -> Iterator[Item]:
    """The copy does not need the record that has no address, and nobody will miss it."""
    yield from gateway_example.export(account, subject)
    _tidy_up(account)


@wrong("export", law="export_holds_what_audit_shows", says="export does not hold person 11")
def first_record_of_a_person(account: Account, subject: Subject) -> Iterator[Item]:
    """One person, one record."""
    yield from gateway_example.export(account, replace(subject, records=subject.records[:1]))


@wrong(
    "export", law="export_holds_what_audit_shows", says="hands out person 2,.* which is about somebody else"
)
def neighbour_is_handed_out(account: Account, subject: Subject) -> Iterator[Item]:
    """The list view has the whole page, and a copy of the page is quickly made."""
    yield from gateway_example.export(account, subject)
    for person in next(client.sweep(account, None)).people:
        ref = Ref(records.PERSON, str(person.id))
        if ref not in subject.records and (content := client.read(account, ref.id)):
            yield Item(ref, "application/json", content)


@wrong("export", law="export_holds_what_audit_shows", says="the item '1' .person. has no content")
def file_is_named_and_not_fetched(account: Account, subject: Subject) -> Iterator[Item]:
    """That there is a file is what the person wants to know; the bytes can be had on request."""
    for item in gateway_example.export(account, subject):
        yield replace(item, content=b"")


@wrong("export", law="export_holds_what_audit_shows", says="the item '1' .person. says it is JSON and is not")
def repr_is_not_json(account: Account, subject: Subject) -> Iterator[Item]:
    """Text is text: what Python shows of a record reads like JSON."""
    for item in gateway_example.export(account, subject):
        yield replace(item, content=item.content.replace(b'"', b"'"))


@wrong("export", law="export_holds_what_audit_shows", says="has the media type 'json'")
def media_type_is_a_suffix(account: Account, subject: Subject) -> Iterator[Item]:
    """The media type is what the file name ends with."""
    for item in gateway_example.export(account, subject):
        yield replace(item, media_type=item.media_type.partition("/")[2])


@wrong("export", law="audit_shows_what_export_holds", says="consent 1")
def consent_is_a_thing_of_its_own(account: Account, subject: Subject) -> Iterator[Item]:
    """A consent is worth an item of its own in the copy. Nobody has to find it again."""
    for item in gateway_example.export(account, subject):
        yield item
        yield Item(Ref("consent", item.ref.id), "application/json", item.content)
