"""What calls were spent on: what a deletion and its proof took each, as far as the budget and the ledger tell."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from gateway.http import Use
from gateway.http.turns import spent_on
from gateway.ledger import Transaction, forecast, quota
from gateway.model import Vendor

FEWEST = 10
"""So many people have to be deleted or proven gone before their calls say what one costs."""
WEEK = timedelta(days=7)


A_BATCH = 10
"""So many calls prove one batch, where nothing was measured, and are kept for it: with fewer a look comes to no end."""


class Each(NamedTuple):
    """Calls for one deletion and for one proof, and on how many people each was measured; 0: it is taken for granted."""

    deletion: float = 1.0
    proof: float = 1.0
    deleted: int = 0
    proven: int = 0


def cost_of_each(tx: Transaction, name: str, vendor: Vendor) -> Each:
    """What the calls of the last long windows came to, for each who was deleted and each who was asked for."""
    found = Each(proof=min(1.0, A_BATCH / max(vendor.audit_batch, 1)))
    spent = spent_on(quota.state_of(tx, name), vendor.limits)
    if spent is None:
        return found
    since, calls = spent
    deleted = forecast.deleted_since(tx, name, since)
    proven = forecast.done_since(tx, name, since).proven
    if deleted >= FEWEST and calls[Use.DELETE]:
        found = found._replace(deletion=calls[Use.DELETE] / deleted, deleted=deleted)
    if proven >= FEWEST and calls[Use.VERIFY]:
        found = found._replace(proof=calls[Use.VERIFY] / proven, proven=proven)
    return found


def pages_a_day(whole: int, changed: int, every: timedelta) -> float:
    """What reading takes a day: a whole sweep as often as it is repeated, and what changed in a week."""
    return whole / max(every / timedelta(days=1), 1) + changed / WEEK.days
