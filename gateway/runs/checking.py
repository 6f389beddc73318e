"""Is what a plugin yields made as it has to be? The first thing that is wrong with it, in a few words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from gateway.dates import EARLIEST, LATEST
from gateway.model import (
    Consent,
    Holding,
    Identity,
    IdentityKind,
    Kept,
    Outcome,
    Page,
    Reason,
    Receipt,
    Record,
    Ref,
)

ANSWERS = frozenset(
    {
        Outcome.DONE, Outcome.ACCEPTED, Outcome.NOTHING, Outcome.KEPT, Outcome.MANUAL, Outcome.REFUSED, Outcome.UNLINKABLE,
    }
)  # fmt: skip
"""The outcomes a receipt may carry."""


def flaw_of_page(page: Page) -> str | None:
    """What is wrong with a page; it is looked for only where a page could not be written down."""
    return next(_flaws_of_page(page), None)


def flaw_of_receipt(receipt: Receipt) -> str | None:
    """What is wrong with a receipt."""
    return next(_flaws_of_receipt(receipt), None)


def flaw_of_holding(holding: Holding) -> str | None:
    """What is wrong with a holding."""
    return _flaw_of_holding(holding)


def _flaw_of_holding(holding: Any) -> str | None:
    if not isinstance(holding.subject, str) or not _is_ref(holding.ref):
        return "a holding whose subject or record is not named by text"
    return None if _is_moment(holding.since) else "a holding whose date is no time with a zone"


def _flaws_of_page(page: Any) -> Iterator[str]:
    # Any, since nothing made an author fill in the right types.
    if page.cursor is not None and not _is_text(page.cursor):
        yield "a page whose cursor is not text"
    if page.complete is not None and not isinstance(page.complete, bool):
        yield "a page whose complete is not true, false or None"
    if not isinstance(page.records, tuple | list):
        yield f"a page whose records are {type(page.records).__name__}, not a tuple"
        return
    for record in page.records:
        yield from _flaws_of_record(record)


def _flaws_of_record(record: Any) -> Iterator[str]:
    if not isinstance(record, Record):
        yield f"{type(record).__name__}, not Record"
    elif not _is_ref(record.ref):
        yield "a record whose kind and id are not text"
    elif not _are(record.identities, Identity) or not all(map(_is_identity, record.identities)):
        yield "a record with an identity that is not made of a kind and text"
    elif not _is_text(record.name) or not _are(record.flaws, str):
        yield "a record whose name or flaws are not text"
    elif not _is_day(record.born) or not all(
        map(_is_moment, (record.created, record.updated, record.active))
    ):
        yield "a record with a date that is none, is outside 1900 to 2200, or has no zone"
    elif not _are(record.consents, Consent) or not all(map(_is_consent, record.consents)):
        yield "a record with a consent that has no purpose, or a date that is none"


def _flaws_of_receipt(receipt: Any) -> Iterator[str]:
    if not isinstance(receipt.subject, str) or not _is_text(receipt.note):
        yield "a receipt whose subject or note is not text"
    if not isinstance(receipt.outcome, Outcome) or receipt.outcome not in ANSWERS:
        yield f"a receipt with outcome {str(receipt.outcome)[:40]}"
        return
    if not _are(receipt.deleted, Ref) or not all(map(_is_ref, receipt.deleted)):
        yield "a receipt whose deleted are not records"
    if not _are(receipt.kept, Kept) or not all(map(_is_kept, receipt.kept)):
        yield "a receipt whose kept are not records with a reason"
    if not _is_moment(receipt.look_again):
        yield "a receipt whose look_again is no time with a zone"
    if receipt.outcome == Outcome.ACCEPTED and receipt.look_again is None:
        yield "a receipt with outcome accepted that does not say when to look again"
    if receipt.outcome in (Outcome.KEPT, Outcome.REFUSED) and not receipt.kept:
        yield f"a receipt with outcome {receipt.outcome} that does not name what stays"


def _are(values: object, kind: type) -> bool:
    return (
        isinstance(values, Collection)
        and not isinstance(values, str)
        and all(isinstance(each, kind) for each in values)
    )


def _is_text(value: object) -> bool:
    """Text that both databases take: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_ref(value: Any) -> bool:
    return isinstance(value, Ref) and _is_text(value.kind) and _is_text(value.id)


def _is_identity(value: Any) -> bool:
    return isinstance(value.kind, IdentityKind) and _is_text(value.value)


def _is_kept(value: Any) -> bool:
    return (
        _is_ref(value.ref)
        and isinstance(value.reason, Reason)
        and _is_text(value.text)
        and _is_day(value.until)
        and _are(value.readers, str)
        and all(map(_is_text, value.readers))
    )


def _is_consent(value: Any) -> bool:
    dates = (value.given, value.expires, value.withdrawn)
    return _is_text(value.purpose) and all(_is_moment(each) or _is_day(each) for each in dates)


def _is_moment(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, datetime) and value.utcoffset() is not None and EARLIEST < value.date() < LATEST


def _is_day(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, date) and not isinstance(value, datetime) and EARLIEST <= value < LATEST
