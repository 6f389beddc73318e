"""How the work at each processor is done, and what its calls cost, told by the ledger where it knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.forecast import Allowance, Lane, Way, lanes
from gateway.forecast.lanes import UNMEASURED, Cost
from gateway.ledger import quota, work
from gateway.model import Kind, Limit, Vendor, Window
from gateway.places import Place

LIMIT = Limit(200, timedelta(days=1), Window.UTC_DAY)
VENDOR = Vendor(
    "recman",
    "Recman",
    "https://example.org",
    (Kind("candidate", "Candidates"),),
    limits=(LIMIT,),
    audit_batch=480,
)
PLACE = Place("recman", "Recman", "processor", ("candidate",), "recman")
SETTINGS: Any = SimpleNamespace(processors={"recman": SimpleNamespace(full_sweep_every=timedelta(days=7))})


@dataclass
class Plugin:
    vendor: Vendor | None


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def lane(ledger, now):
    """The lane of one place: `lane(place, vendor)`."""

    def of(place=PLACE, vendor=VENDOR):
        plugins: Any = {place.plugin: Plugin(vendor)}
        with ledger.read() as tx:
            return lanes(tx, [place], SETTINGS, plugins, now)[place.name]

    return of


@pytest.fixture
def spend(ledger, now):
    """Writes down calls of today, and what was deleted and proven with them."""

    def write(calls, deleted, proven):
        with ledger.write() as tx:
            days = {str(int(now.timestamp() // 86400)): calls}
            quota.copy_states(tx, {"recman": {"limits": {"utc-day 86400": {"days": days}}}})
            for hook, size in (("delete", deleted), ("audit", proven)):
                work.end_run(tx, work.begin_run(tx, "recman", hook, size, now), now)

    return write


def test_a_plugin_works_by_calls_within_the_limits_of_its_vendor(lane):
    assert lane() == Lane("recman", "Recman", Way.CALLS, "", (LIMIT,), (Allowance(200),), UNMEASURED, 0, 480)
    assert lane().calls_a_day == 200


@pytest.mark.parametrize(
    ("place", "way", "why"),
    [
        (Place("paper", "Paper", "joint"), Way.BY_HAND, "there is no plugin for it"),
        (Place("frantz", "Frantz", "controller"), Way.OWN, "it decides as its own controller"),
        (replace(PLACE, cannot_delete="no call for it"), Way.BY_HAND, "no call for it"),
        (replace(PLACE, fault="it is disabled in gateway.toml"), Way.NEVER, "it is disabled in gateway.toml"),
    ],
)
def test_all_else_is_done_by_hand_by_themselves_or_never(lane, place, way, why):
    found = lane(place, VENDOR if place.plugin else None)
    assert (found.way, found.why, found.calls_a_day) == (way, why, None)


def test_where_nothing_can_be_audited_no_read_proves_anything(lane):
    assert lane(PLACE, replace(VENDOR, cannot={"audit": "no call for it"})).batch == 0


def test_reading_takes_a_call_a_page_as_often_as_all_is_read_anew(lane, ledger, keep, make_record, now):
    week = timedelta(days=7)
    keep(ledger, "recman", "candidate", [make_record(str(n)) for n in range(14)], page_size=1, at=now - week)
    assert lane().fetch == 200
    keep(ledger, "recman", "candidate", [make_record("1")], cursor="14", at=now)
    assert lane().fetch == 200 + 15


def test_a_person_costs_what_deletions_and_proofs_took_today(lane, spend):
    spend(120, 30, 30)
    assert lane().cost == Cost(400, 30)
    assert lane().allowances == (Allowance(200, 1, 120),)


def test_what_was_read_today_is_no_cost_of_a_person(lane, spend, keep, ledger, make_record, now):
    keep(ledger, "recman", "candidate", [make_record(str(n)) for n in range(30)], page_size=1, at=now)
    spend(120, 30, 30)
    assert lane().cost == Cost(300, 30)


def test_where_more_was_deleted_than_proven_a_proof_still_has_to_come(lane, spend):
    spend(60, 40, 20)
    assert lane().cost == Cost(200, 20)


@pytest.mark.parametrize(("calls", "deleted", "proven"), [(50, 5, 5), (50, 40, 0), (0, 40, 40)])
def test_a_few_people_measure_nothing(lane, spend, calls, deleted, proven):
    spend(calls, deleted, proven)
    assert lane().cost == UNMEASURED


def test_a_limit_of_minutes_measures_nothing(lane, spend):
    spend(120, 30, 30)
    short = replace(VENDOR, limits=(Limit(3000, timedelta(minutes=5), Window.FIXED),))
    assert lane(PLACE, short).cost == UNMEASURED
    assert lane(PLACE, short).allowances == (Allowance(864_000),)


def test_looking_changes_no_count(lane, spend, ledger):
    spend(120, 30, 30)
    with ledger.read() as tx:
        before = quota.state_of(tx, "recman")
    lane()
    with ledger.read() as tx:
        assert quota.state_of(tx, "recman") == before
