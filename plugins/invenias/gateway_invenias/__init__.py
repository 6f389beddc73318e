"""Invenias by Bullhorn: people, their documents and their journal in one firm's tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway import Account, Holding, Item, Page, Receipt, Subject, Vendor, hookimpl
from gateway_invenias import erasing, holdings, sweep
from gateway_invenias.vendor import VENDOR


@hookimpl
def describe() -> Vendor:
    return VENDOR


@hookimpl
def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
    return sweep.people(account, cursor)


@hookimpl
def delete(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:
    return erasing.erase(account, subjects)


@hookimpl
def export(account: Account, subject: Subject) -> Iterator[Item]:
    return holdings.export(account, subject)


@hookimpl
def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    return holdings.audit(account, subjects)
