"""Plugins that delete too little or too much, or say of it what is not so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import gateway_example
from gateway_example import client, records

from gateway import Account, IdentityKind, Kept, Outcome, Reason, Receipt, Ref, Subject
from tests.hostile.twin import wrong

Subjects = Sequence[Subject]
HALF_DONE = "What was half done and is asked again is a batch with absent ids."


@wrong("delete", law="delete_gives_one_receipt_each", says="asked to delete S1.*; receipts for S1, S1")
def receipt_for_each_record(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Two records were deleted, so there are two receipts."""
    for receipt in gateway_example.delete(account, subjects):
        yield from (replace(receipt, deleted=(ref,)) for ref in receipt.deleted)
        if not receipt.deleted:
            yield receipt


@wrong("delete", law="delete_gives_one_receipt_each", says="receipts for S1, S3, S5, S7")
def last_few_receipts_stay_in_the_buffer(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Receipts are handed on four at a time."""
    buffer: list[Receipt] = []
    for receipt in gateway_example.delete(account, subjects):
        buffer.append(receipt)
        if len(buffer) == min(4, len(subjects)):
            yield from buffer
            buffer.clear()


@wrong("delete", law="delete_gives_one_receipt_each", says="no subject could be deleted")
def too_careful(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """A person had better look first, every time."""
    yield from (Receipt(each.ref, Outcome.MANUAL, note="delete by hand") for each in subjects)


@wrong("delete", law="delete_gives_one_receipt_each", says="receipts for none")
def no_receipt_for_nothing(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Where nothing was held there is nothing to give a receipt for."""
    for receipt in gateway_example.delete(account, subjects):
        if receipt.deleted:
            yield receipt


@wrong("delete", law="delete_gives_one_receipt_each", says="is no outcome of a receipt")
def verified_on_the_spot(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """It was read back at once and is not there, so it is verified."""
    for subject, receipt in zip(subjects, gateway_example.delete(account, subjects), strict=True):
        yield replace(receipt, outcome=Outcome.VERIFIED) if subject.records else receipt


@wrong("delete", law="delete_gives_one_receipt_each", says="accepted comes without look_again")
def accepted_until_some_day(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """They delete at night, it is said, so a deletion is only ever accepted."""
    for receipt in gateway_example.delete(account, subjects):
        yield replace(receipt, outcome=Outcome.ACCEPTED) if receipt.deleted else receipt


@wrong("delete", law="delete_gives_one_receipt_each", says="keeps a record without saying why")
def kept_without_a_word(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Person 9 is on the payroll. The reason's name says it all."""
    for subject in subjects:
        if "9" in subject.ids(records.PERSON):
            kept = tuple(Kept(ref, Reason.EMPLOYMENT, "") for ref in subject.records)
            yield Receipt(subject.ref, Outcome.KEPT, kept=kept)
        else:
            yield from gateway_example.delete(account, [subject])


@wrong(
    "delete",
    law="audit_after_delete_shows_only_what_was_kept",
    says="says deleted, and audit still shows person 9",
)
def four_in_one_call(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Their call takes four ids. It answers 204, so all who were sent are gone."""
    yield from gateway_example.delete(account, subjects[:4])
    yield from (Receipt(each.ref, Outcome.DONE, deleted=each.records) for each in subjects[4:])


@wrong(
    "delete",
    law="audit_after_delete_shows_only_what_was_kept",
    says="says nothing, and audit still shows person 9",
)
def nothing_to_do_yet(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Person 9 may stay for another year, so there is nothing to delete."""
    for subject in subjects:
        if "9" in subject.ids(records.PERSON):
            yield Receipt(subject.ref, Outcome.NOTHING)
        else:
            yield from gateway_example.delete(account, [subject])


@wrong(
    "delete",
    law="audit_after_delete_shows_only_what_was_kept",
    says="kept payslip 1,.* which audit does not show",
)
def kept_by_hearsay(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Their manual says that payslips stay, so each receipt says so too."""
    for receipt in gateway_example.delete(account, subjects):
        slips = (Ref("payslip", each.id) for each in receipt.deleted)
        kept = (Kept(ref, Reason.LEGAL_DUTY, "Payslips are kept for five years.") for ref in slips)
        yield replace(receipt, kept=tuple(kept))


@wrong("delete", law="delete_may_be_repeated", says="done at first is refused")
def refused_when_gone(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """A deletion that deleted nothing was not carried out, so they must have refused it."""
    for receipt in gateway_example.delete(account, subjects):
        yield receipt if receipt.deleted else replace(receipt, outcome=Outcome.REFUSED)


@wrong("delete", law="delete_touches_no_stranger", says="person 4 went too")
def household_goes_together(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Who has the same telephone number is the same person."""
    listed = next(client.sweep(account, None)).people
    for subject in subjects:
        phones = subject.known_by(IdentityKind.PHONE)
        household = (Ref(records.PERSON, str(each.id)) for each in listed if _plain(each.phone) in phones)
        also = tuple(ref for ref in household if ref not in (*subject.records, *subject.kept))
        yield from gateway_example.delete(account, [subject])
        for ref in also:
            client.erase(account, ref.id)


@wrong(
    "delete", law="delete_touches_no_stranger", says="names .*person 2 as deleted, which is not the subject's"
)
def names_what_was_listed(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """The receipt names the page the record was on."""
    for receipt in gateway_example.delete(account, subjects):
        near = tuple(Ref(ref.kind, str(int(ref.id) + 1)) for ref in receipt.deleted)
        yield replace(receipt, deleted=(*receipt.deleted, *near))


@wrong("delete", law="delete_leaves_what_is_kept", says="person 1.* was to be kept, and is gone")
def found_again_by_address(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """What has their e-mail is theirs, and goes."""
    yield from gateway_example.delete(account, [replace(each, kept=()) for each in subjects])


@wrong("delete", law="nobody_is_nothing", says="deleting somebody nobody knows is done")
def no_error_means_done(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """No error came, so it is done."""
    for receipt in gateway_example.delete(account, subjects):
        yield replace(receipt, outcome=Outcome.DONE)


@wrong("delete", law="nobody_is_nothing", says="deleting somebody nobody knows is done")
def empty_search_is_everybody(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """The search is asked with what is known; where no e-mail is known, without one."""
    for subject in subjects:
        if not subject.records and not subject.known_by(IdentityKind.EMAIL):
            listed = next(client.sweep(account, None)).people
            refs = tuple(Ref(records.PERSON, str(each.id)) for each in listed)
            subject = replace(subject, records=tuple(ref for ref in refs if ref not in subject.kept))
        yield from gateway_example.delete(account, [subject])


@wrong(
    "delete",
    law="delete_goes_on_past_the_absent",
    says="is still there, in whose batch somebody was gone already",
    also={
        "delete_is_finished_after_a_fault": HALF_DONE,
        "delete_is_finished_after_a_lost_answer": HALF_DONE,
    },
)
def all_or_nothing(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """Their batch call refuses the whole list for one id it does not know. Then there is nothing to delete."""
    known = {ref for each in subjects for ref in client.find(account, each)}
    if all(client.read(account, ref.id) for ref in known):
        yield from gateway_example.delete(account, subjects)
    else:
        yield from (Receipt(each.ref, Outcome.NOTHING) for each in subjects)


@wrong(
    "delete",
    law="delete_goes_on_past_the_absent",
    says="is still there, in whose batch somebody was gone already",
)
def two_in_a_row_are_a_sign(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """When two in a row are unknown there, the list is an old one, and calls are dear: the rest is unknown too."""
    missed = 0
    for subject in subjects:
        if missed == 2:
            yield Receipt(subject.ref, Outcome.NOTHING)
            continue
        for receipt in gateway_example.delete(account, [subject]):
            missed = 0 if receipt.deleted else missed + 1
            yield receipt


@wrong(
    "delete",
    law="delete_takes_every_record_of_a_person",
    says="is still there, one of 2 of the person",
    also={"audit_after_delete_shows_only_what_was_kept": "What was left behind is what that law looks for."},
)
def first_of_two(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """One person, one record."""
    one_each = [replace(each, records=each.records[:1]) for each in subjects]
    yield from gateway_example.delete(account, one_each)


@wrong(
    "delete",
    law="delete_takes_every_record_of_a_person",
    says="the receipt does not name person .*, which is gone",
)
def names_one_of_two(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """The receipt is about a person, and the first id is enough to know which."""
    for receipt in gateway_example.delete(account, subjects):
        yield replace(receipt, deleted=receipt.deleted[:1])


def _plain(phone: str) -> str:
    return phone.replace(" ", "")
