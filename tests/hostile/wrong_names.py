"""Plugins that give an error the wrong name, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import gateway_example
from gateway_example import client

from gateway import (
    Account,
    GarbledError,
    Holding,
    Item,
    Outcome,
    Page,
    Receipt,
    Ref,
    RefusedError,
    Subject,
    ThrottledError,
    UnavailableError,
    VendorError,
)
from tests.hostile.twin import wrong

Subjects = Sequence[Subject]
LAW = "fault_has_its_right_name"


@wrong("fetch", law=LAW, says="fetch raised UnavailableError .* with '401' from call 1")
def no_rights_will_pass(account: Account, cursor: str | None) -> Iterator[Page]:
    """The rights are set in the evening, so a refusal is a matter of waiting."""
    try:
        yield from gateway_example.fetch(account, cursor)
    except RefusedError as err:
        raise UnavailableError("the vendor has not set the rights yet") from err


@wrong("export", law=LAW, says="export raised GarbledError .* with '4.*' from call 1")
def something_went_wrong(account: Account, subject: Subject) -> Iterator[Item]:
    """One error for all that goes wrong is enough."""
    try:
        yield from gateway_example.export(account, subject)
    except VendorError as err:
        raise GarbledError("something went wrong") from err


@wrong("audit", law=LAW, says="the error says retry_at=")
def next_call_at_local_time(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """The vendor says when the next call may be made, as the clock on its wall has it."""
    try:
        yield from gateway_example.audit(account, subjects)
    except ThrottledError as err:
        wall = datetime.fromisoformat(err.retry_at.strftime("%Y-%m-%d %H:%M:%S"))
        raise ThrottledError("too many calls", retry_at=wall) from err


@wrong(
    "audit",
    law=LAW,
    says="audit raised no error.* with '500' from call 1",
    also={"read_is_whole_after_a_fault": "Who overlooks a fault that lasts overlooks one that passes."},
)
def who_cannot_be_asked_has_nobody(account: Account, subjects: Subjects) -> Iterator[Holding]:
    """While they are down they show nobody, and who shows nobody holds nobody."""
    try:
        yield from gateway_example.audit(account, subjects)
    except UnavailableError:
        return


@wrong(
    "delete",
    law=LAW,
    says="delete raised no error.* with 'html' from call 1",
    also={
        "delete_is_finished_after_a_fault": "A receipt that says done for a page of HTML is as untrue once as always."
    },
)
def answered_is_done(account: Account, subjects: Subjects) -> Iterator[Receipt]:
    """The status was 200. What stood in the answer is for people to read."""
    for subject in subjects:
        gone = tuple(ref for ref in client.find(account, subject) if _answered(account, ref))
        yield Receipt(subject.ref, Outcome.DONE if gone else Outcome.NOTHING, deleted=gone)


def _answered(account: Account, ref: Ref) -> bool:
    try:
        return client.erase(account, ref.id)
    except GarbledError:
        return True
