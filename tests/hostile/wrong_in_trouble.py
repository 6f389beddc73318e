"""Plugins that do well in calm weather, and half the work or twice the work when calls fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import gateway_example
from gateway_example import client, records

from gateway import (
    Account,
    Holding,
    IdentityKind,
    Item,
    Outcome,
    Receipt,
    Ref,
    Subject,
    UnavailableError,
    VendorError,
)
from tests.hostile.twin import signed, wrong

Subjects = Sequence[Subject]
LEFT_OUT = "What is left out after a fault that passes is left out after one that lasts: no error comes."


@wrong(
    "export",
    law="read_is_whole_after_a_fault",
    says="export with .* does not yield .*person.*1",
    also={"fault_has_its_right_name": LEFT_OUT},
)
def what_failed_is_left_out(account: Account, subject: Subject) -> Iterator[Item]:
    """A copy with a gap is better than none; only where nothing at all could be read is it an error."""
    read, failed = 0, None
    for ref in subject.records:
        try:
            yield from gateway_example.export(account, replace(subject, records=(ref,)))
            read += 1
        except VendorError as err:
            failed = err
    if failed and not read:
        raise failed


@wrong("audit", law="read_is_whole_after_a_fault", says="audit with .* does not yield .*person.*1")
def looked_at_is_looked_at(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """Who was looked at before the error need not be looked at again: calls are dear."""
    looked = account.recall("looked", lambda: (set[str](), account.now() + timedelta(days=1)))
    for subject in subjects:
        if subject.ref not in looked:
            yield from gateway_example.audit(account, [subject])
            looked.add(subject.ref)
    account.forget("looked", looked)


@wrong("audit", law="read_is_whole_after_a_fault", says="audit, asked again .* raises UnavailableError")
def down_once_is_down_all_day(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """When a call failed, the next one will, and it costs a call of the day."""
    failed = account.recall("failed", lambda: (list[VendorError](), account.now() + timedelta(days=1)))
    if failed:
        raise UnavailableError("the vendor is down today") from failed[0]
    try:
        yield from gateway_example.audit(account, subjects)
    except VendorError as err:
        failed.append(err)
        raise


@wrong("delete", law="delete_is_finished_after_a_fault", says="then asked again, left person 11")
def receipt_before_the_last_record(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """When the first record went, the others will: the receipt may be on its way meanwhile."""
    for subject in subjects:
        known = tuple(client.find(account, subject))
        gone = known if known and client.erase(account, known[0].id) else ()
        yield Receipt(subject.ref, Outcome.DONE if gone else Outcome.NOTHING, deleted=gone)
        for ref in known[1:]:
            client.erase(account, ref.id)


@wrong("delete", law="delete_is_finished_after_a_lost_answer", says="has no receipt for S1")
def somebody_else_was_quicker(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """It was there a moment ago. When the deletion finds nothing, somebody else did it, and it is theirs to say so."""
    for subject in subjects:
        there = [ref for ref in client.find(account, subject) if client.read(account, ref.id)]
        gone = tuple(ref for ref in there if client.erase(account, ref.id))
        if len(gone) < len(there):
            yield Receipt(subject.ref, Outcome.REFUSED, note="deleted by somebody else")
        else:
            yield Receipt(subject.ref, Outcome.DONE if gone else Outcome.NOTHING, deleted=gone)


@wrong("audit", law="emptied_answer_is_not_absence", says="audit .* does not show person 1, .*as if gone")
def who_is_not_found_is_gone(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """The search was asked and shows nobody, so there is nobody."""
    for subject in subjects:
        found = subject.records or tuple(_found(account, subject))
        if found or subject.kept:
            yield from gateway_example.audit(account, [replace(subject, records=found)])


@wrong(
    "delete",
    law="emptied_answer_is_not_absence",
    says="delete .* says nothing of S1, and person 1.* is still there",
)
def who_is_not_found_is_nobody(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Who does not show in the search is not held, so there is nothing to delete."""
    for subject in subjects:
        found = subject.records or tuple(_found(account, subject))
        if found:
            yield from gateway_example.delete(account, [replace(subject, records=found)])
        else:
            yield Receipt(subject.ref, Outcome.NOTHING)


def _found(account: Account, subject: Subject) -> Iterator[Ref]:
    for email in subject.known_by(IdentityKind.EMAIL):
        answer = account.http.request("GET", "/people", params={"email": email}, headers=signed(account))
        for each in answer.json(client.People).people:
            ref = Ref(records.PERSON, str(each.id))
            if each.email.lower() == email and ref not in subject.kept:
                yield ref


_here = threading.local()


@wrong(
    "audit", law="parallel_calls_give_the_same", says="audit with 4 calls at once does not yield .*person.*1"
)
def collected_on_the_side(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """Each look puts what it found where the hook picks it up. There is one thread, there was always one thread."""
    _here.held = []

    def look(subject: Subject) -> None:
        held: list[Holding] = getattr(_here, "held", [])
        held.extend(gateway_example.audit(account, [subject]))

    for _ in account.map(look, subjects):
        pass
    yield from _here.held
