"""What hangs on a candidate at Recman: applications, the log, jobs, invoices and inquiries that name them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import gateway as gw
from gateway_recman.client import log_pages
from gateway_recman.pages import parts
from gateway_recman.records import KINDS, Row, id_of, named_in

SETTINGS = {
    "jobApplication": "read_applications",
    "log": "read_log",
    "job": "read_jobs",
    "invoice": "read_invoices",
    "inquiry": "read_inquiries",
}
"""Which entities are read, and the setting that leaves one out."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """A row that names a candidate."""

    candidate: str
    ref: gw.Ref
    row: Row


def hanging(
    account: gw.Account,
    candidates: Collection[str],
    scopes: Iterable[str] = SETTINGS,
    job_fields: str = "endDate",
) -> Iterator[Hanging]:
    """All rows of these entities that name one of the candidates; entities the settings leave out are not read."""
    for scope in scopes:
        if candidates and account.settings[SETTINGS[scope]]:
            params = {"fields": job_fields} if scope == "job" else {}
            for row in _log(account, candidates) if scope == "log" else _all(account, scope, params):
                ref = gw.Ref(KINDS[scope], id_of(row, f"{scope}Id"))
                for each in dict.fromkeys(named_in(row)):
                    if each in candidates:
                        yield Hanging(each, ref, row)


def _all(account: gw.Account, scope: str, params: dict[str, str]) -> Iterator[Row]:
    """Every row of an entity that cannot be asked by candidate."""
    for part in parts(account, scope, **params):
        yield from part.rows
        if part.whole is False:
            raise gw.UnavailableError(f"Recman's rows of {scope} moved while they were read")


def _log(account: gw.Account, candidates: Collection[str]) -> Iterator[Row]:
    """The log as a whole, if that takes no more calls than there are candidates; else the log of each."""
    read = list[Row]()
    for _, (rows, last) in zip(candidates, log_pages(account), strict=False):
        read += rows
        if last:
            return iter(read)
    each = (log_pages(account, candidateId=candidate) for candidate in sorted(candidates))
    return chain.from_iterable(rows for rows, _ in chain.from_iterable(each))
