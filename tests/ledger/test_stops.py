"""What is stopped, for which causes, and what ends a stop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.ledger import stops, work
from gateway.ledger import tables as t
from gateway.ledger.stops import ALL, ERRORS, OPERATOR, REFUSED


@pytest.fixture
def people(ledger, keep, make_record):
    """S1 and S2."""
    keep(ledger, "recman", "candidate", [make_record(each) for each in "12"])


def names(found):
    return [(each.name, each.cause, each.why) for each in found]


def test_an_account_that_was_refused_is_tried_again_when_it_is_let_go(ledger, now):
    with ledger.write() as tx:
        assert stops.of_account(tx, "recman") is None
        stops.stop(tx, "recman", "401", now, cause=REFUSED)
        stops.stop(tx, "recman", "403", now, cause=REFUSED)
        assert names(stops.all_stops(tx)) == [("recman", REFUSED, "403")]
        stops.let_go_on(tx, ["invenias"])
        assert stops.of_account(tx, "recman").why == "403"
        stops.let_go_on(tx, ["recman"])
        assert stops.all_stops(tx) == []


def test_what_a_person_or_errors_stopped_is_not_let_go_by_a_sync(ledger, now):
    with ledger.write() as tx:
        for cause in (REFUSED, OPERATOR, ERRORS):
            stops.stop(tx, "recman", cause, now, cause=cause)
        stops.let_go_on(tx, ["recman"])
        assert [each.cause for each in stops.all_stops(tx)] == [OPERATOR, ERRORS]
        assert stops.of_account(tx, "recman").cause == ERRORS
        assert len(stops.end(tx, "recman")) == 2
        assert stops.of_deletions(tx, "recman") is None


def test_a_person_stops_deletions_and_not_calls(ledger, now):
    with ledger.write() as tx:
        stops.stop(tx, ALL, "a wrong rule", now, cause=OPERATOR, by="ola")
        assert stops.of_account(tx, "recman") is None
        assert str(stops.of_deletions(tx, "recman")) == (
            f"all deletions are stopped by ola since {now:%Y-%m-%d %H:%M} UTC: a wrong rule"
        )
        stops.stop(tx, "recman", "they asked", now, cause=OPERATOR, by="kari")
        assert stops.of_deletions(tx, "recman").name == ALL
        stops.end(tx, ALL)
        assert str(stops.of_deletions(tx, "recman")).startswith("stopped by kari since ")
        assert stops.of_deletions(tx, "invenias") is None


def test_a_step_does_not_say_that_it_waits_for_a_stop_that_is_over(ledger, people, open_case, now, rows):
    (one,), (other,) = open_case(ledger, 1), open_case(ledger, 2)
    with ledger.write() as tx:
        stops.stop(tx, ALL, "a wrong rule", now, cause=OPERATOR, by="ola")
        why = f"not called: {stops.of_deletions(tx, 'recman')}"
        steps = {each.case: each for case in (one, other) for each in work.steps_of(tx, case)}
        work.change_step(tx, steps[one].id, reason=why)
        work.change_step(tx, steps[other].id, reason="they are down")
        stops.end(tx, ALL)
    assert [row.reason for row in rows(ledger, t.steps)] == ["", "they are down"]


@pytest.mark.parametrize("cause", [REFUSED, ERRORS])
def test_a_stop_of_an_account_is_of_its_deletions_too(ledger, now, cause):
    with ledger.write() as tx:
        stops.stop(tx, "recman", "why", now + timedelta(1), cause=cause)
        assert stops.of_deletions(tx, "recman") == stops.of_account(tx, "recman") is not None
