"""Which ground wins when rules collide: one table, strongest first (a reading, for the operator's lawyer to confirm)."""

from __future__ import annotations

from enum import StrEnum


class Ground(StrEnum):
    """On what a data set stays, or goes. In the order of the table: the first of two that collide wins."""

    ORDER = "order"
    """An authority's order or a court's hold."""
    FREEZE = "freeze"
    """Restriction under GDPR Art. 18: only storage, so that erasure waits too."""
    LEGAL_DUTY = "legal-duty"
    """A law says that it is kept (Art. 17(3)(b)): bookkeeping, archives."""
    EMPLOYMENT = "employment"
    """The person works here, or was hired: what the employment needs stays as long as it lasts."""
    CONTRACT = "contract"
    """A contract or a process with the person is running."""
    CLAIMS = "claims"
    """Kept for legal claims, with an end date (Art. 17(3)(e))."""
    ERASURE = "erasure"
    """Withdrawal, objection upheld, request, or a period that is over."""
    INTERESTS = "interests"
    """The firm's legitimate interests."""
    CONVENIENCE = "convenience"
    """Nothing but that it would be handy."""


RANK = {ground: place for place, ground in enumerate(Ground)}
"""The place of each ground in the table; the lower one wins."""


def withstands_erasure(ground: Ground) -> bool:
    """Whether what stays on this ground stays although it is due."""
    return RANK[ground] < RANK[Ground.ERASURE]
