"""How the work at each processor is done: by calls within its limits, by hand, or not while it cannot be called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from gateway.forecast.quota import WHOLE, Allowance, allowance
from gateway.forecast.spending import FEWEST, WEEK, cost_of_each, pages_a_day
from gateway.http import Budget, MemoryStore, Standing
from gateway.http.turns import LONG, shares
from gateway.http.windows import DAY, period_of
from gateway.ledger import Transaction, forecast, quota
from gateway.model import Limit, Vendor, Window
from gateway.places import Place
from gateway.plugins import Plugins
from gateway.settings import Settings

DEFAULT_COST = 2 * WHOLE
"""A call that deletes and one that proves it: what a person costs where nothing was measured."""
PROOF_COST = WHOLE


class Way(StrEnum):
    """How a person is erased at a processor."""

    CALLS = "calls"
    BY_HAND = "by-hand"
    OWN = "own-controller"
    """They decide themselves; the person is told."""
    NEVER = "never"
    """Not as long as it is disabled, or its plugin cannot be loaded."""


class Cost(NamedTuple):
    """What a proven deletion takes, in hundredths of a call; `people` it was measured on (0: it was not)."""

    hundredths: int
    people: int = 0


UNMEASURED = Cost(DEFAULT_COST)


@dataclass(frozen=True, slots=True)
class Lane:
    """The work at one processor. `fetch` is what reading takes a day while people wait, in hundredths of a call: no
    more than its share.

    `limits` are the vendor's, `allowances` the same in whole days; `batch` is how many people one read can prove
    (0: none can). `why` says why it is not done by calls.
    """

    name: str
    title: str
    way: Way
    why: str = ""
    limits: tuple[Limit, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    cost: Cost = UNMEASURED
    fetch: int = 0
    batch: int = 0

    @property
    def calls_a_day(self) -> float | None:
        """What the narrowest limit allows on an average day; None where there is no limit."""
        return min((each.calls / each.days for each in self.allowances), default=None)


def lanes(
    tx: Transaction, places: Iterable[Place], settings: Settings, plugins: Plugins, now: datetime
) -> dict[str, Lane]:
    """How it is done at each of these processors."""
    found: dict[str, Lane] = {}
    for place in places:
        plugin = plugins[place.plugin] if place.plugin else None
        found[place.name] = _lane(tx, place, settings, plugin.vendor if plugin else None, now)
    return found


def _lane(tx: Transaction, place: Place, settings: Settings, vendor: Vendor | None, now: datetime) -> Lane:
    name, title = place.name, place.title
    if place.fault:
        return Lane(name, title, Way.NEVER, place.fault)
    if vendor is None:
        if place.role == "controller":
            return Lane(name, title, Way.OWN, "it decides as its own controller")
        return Lane(name, title, Way.BY_HAND, "there is no plugin for it")
    if place.cannot_delete:
        return Lane(name, title, Way.BY_HAND, place.cannot_delete)
    standings = _standings(tx, name, vendor, now)
    allowances = tuple(allowance(each.limit, each.used) for each in standings)
    cost = _cost(tx, name, vendor, standings, now)
    fetch = _fetch(tx, place, settings.processors[name].full_sweep_every, now)
    if any(period_of(each) >= LONG for each in vendor.limits):
        fetch = min(fetch, *(WHOLE * shares(each.calls)[1] // each.days for each in allowances))
    batch = 0 if "audit" in vendor.cannot else vendor.audit_batch
    return Lane(name, title, Way.CALLS, "", vendor.limits, allowances, cost, fetch, batch)


def _standings(tx: Transaction, name: str, vendor: Vendor, now: datetime) -> list[Standing]:
    """How the limits stand, told by a copy of the counts: a plan changes nothing."""
    counts = quota.state_of(tx, name)
    store = MemoryStore()
    store.change(name, lambda state: state.update(counts))
    return Budget(name, vendor.limits, store, now=lambda: now, sleep=lambda _: None).left()


def _fetch(tx: Transaction, place: Place, every: timedelta, now: datetime) -> int:
    """What reading takes a day, a call a page: the last whole sweep as often as it is repeated, and what changed."""
    whole = forecast.pages_of_whole_sweeps(tx, place.name, place.kinds)
    changed = forecast.pages_of_changes(tx, place.name, now - WEEK)
    return ceil(WHOLE * pages_a_day(whole, changed, every))


def _cost(tx: Transaction, name: str, vendor: Vendor, standings: Iterable[Standing], now: datetime) -> Cost:
    """What a proven deletion took: by what its calls were made for, as far as the budget counts that.

    Where it does not, by all calls in the longest window, less what was read in it. As many are deleted as are proven
    gone in the long run, so that a person takes twice what one of either takes on average.
    """
    each = cost_of_each(tx, name, vendor)
    if each.deleted and each.proven:
        hundredths = ceil(WHOLE * (each.deletion + each.proof))
        return Cost(max(1, hundredths), min(each.deleted, each.proven))
    longest = max(standings, key=lambda each: period_of(each.limit), default=None)
    if longest is None or period_of(longest.limit) < DAY:
        return UNMEASURED
    since = _since(longest, now)
    done = forecast.done_since(tx, name, since)
    calls = longest.used - forecast.pages_since(tx, name, since)
    people = min(done.deleted, done.proven)
    if done.deleted + done.proven < 2 * FEWEST or not people or calls <= 0:
        return UNMEASURED
    return Cost(max(1, ceil(2 * WHOLE * calls / (done.deleted + done.proven))), people)


def _since(standing: Standing, now: datetime) -> datetime:
    """Since when the calls of a limit are counted."""
    if standing.limit.window is Window.UTC_DAY:
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    if standing.limit.window is Window.FIXED and standing.resets_at is not None:
        return standing.resets_at - standing.limit.period - timedelta(seconds=1)
    return now - standing.limit.period
