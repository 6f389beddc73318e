"""Bisnode (Dun & Bradstreet Norway): people and companies the firm follows, checks it ordered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway import Account, Holding, Item, Page, Receipt, Subject, Vendor, hookimpl
from gateway_bisnode import erasing, reading, records


@hookimpl
def describe() -> Vendor:
    return records.VENDOR


@hookimpl
def fetch(account: Account, kind: str, cursor: str | None) -> Iterator[Page]:
    return reading.fetch(account, kind, cursor)


@hookimpl
def delete(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:
    return erasing.delete(account, subjects)


@hookimpl
def export(account: Account, subject: Subject) -> Iterator[Item]:
    return reading.export(account, subject)


@hookimpl
def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    return reading.audit(account, subjects)
