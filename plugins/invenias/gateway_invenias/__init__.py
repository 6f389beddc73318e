"""Invenias by Bullhorn: people, their documents and their journal in one firm's tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway import Account, Holding, Item, Page, Receipt, Subject, Vendor, hookimpl
from gateway_invenias import records, sweep
from gateway_invenias import subjects as people


@hookimpl
def describe() -> Vendor:
    return records.VENDOR


@hookimpl
def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
    return sweep.people(account, cursor)


@hookimpl
def delete(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:
    return people.erase(account, subjects)


@hookimpl
def export(account: Account, subject: Subject) -> Iterator[Item]:
    return people.everything(account, subject)


@hookimpl
def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    return people.holdings(account, subjects)
