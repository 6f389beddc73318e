"""What the calls of an account are wanted for until a moment, as the ledger has it: its budget keeps calls for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from gateway.forecast.spending import A_BATCH, WEEK, cost_of_each, pages_a_day
from gateway.http import Demand
from gateway.ledger import Ledger, Transaction, forecast, sweeps
from gateway.model import Vendor
from gateway.places import Place

ALL_THERE_IS = 1_000_000
"""What reading wants where nobody knows yet how much there is to read: its share is its bound."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Asked by the budget of one account with each block of calls."""

    ledger: Ledger
    place: Place
    vendor: Vendor
    sweep_every: timedelta
    now: Callable[[], datetime]

    def __call__(self, until: datetime) -> Demand:
        """The calls for the steps whose time comes before then, and for reading until then."""
        name = self.place.name
        with self.ledger.read() as tx:
            waiting = forecast.waiting_until(tx, name, until)
            each = cost_of_each(tx, name, self.vendor)
            fetch = self._fetch(tx, until)
        proofs = max(A_BATCH, ceil(waiting.proofs * each.proof)) if waiting.proofs else 0
        return Demand(ceil(waiting.deletions * each.deletion), proofs, fetch)

    def _fetch(self, tx: Transaction, until: datetime) -> int:
        """All pages where a whole sweep is due by then, otherwise those that change in that time."""
        place, every = self.place, self.sweep_every
        if not place.kinds:
            return 0
        whole = [sweeps.last_whole(tx, place.name, kind) for kind in place.kinds]
        if any(each is None for each in whole):
            return ALL_THERE_IS
        if any(each is not None and each.ended_at + every <= until for each in whole):
            return forecast.pages_of_whole_sweeps(tx, place.name, place.kinds) + 1
        now = self.now()
        changed = pages_a_day(0, forecast.pages_of_changes(tx, place.name, now - WEEK), every)
        return ceil(changed * max(1.0, (until - now) / timedelta(days=1))) + 1
