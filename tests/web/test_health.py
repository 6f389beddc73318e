"""Whether a daemon lives and is ready, at each edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.web import Pulse, why_not_alive, why_not_ready


@pytest.mark.parametrize(
    ("every", "silent", "alive"),
    [
        (60, 0, True), (60, 179.9, True), (60, 180, False), (60, 3600, False), (60, -179.9, True), (60, -180, False),
        (2, 29.9, True), (2, 30, False), (2, -30, False),
    ],
)  # fmt: skip
def test_a_loop_lives_as_long_as_its_last_tick_is_younger_than_three_intervals(
    healthy: Pulse, every: int, silent: float, *, alive: bool
) -> None:
    """… and than half a minute: a busy machine is not a dead one."""
    every_so_often = timedelta(seconds=every)
    pulse = replace(healthy, ticked_at=healthy.now - timedelta(seconds=silent), tick_every=every_so_often)
    assert (why_not_alive(pulse) == "") is alive
    assert (why_not_ready(pulse) == []) is alive


def test_why_it_does_not_live_is_said_in_seconds(healthy: Pulse) -> None:
    pulse = replace(healthy, ticked_at=healthy.now - timedelta(seconds=90))
    assert why_not_alive(pulse) == "it last looked for work 90 s ago; it should every 2 s"


def test_a_daemon_that_started_and_never_ticked_does_not_live(healthy: Pulse) -> None:
    assert why_not_alive(replace(healthy, ticked_at=None)) == "it has not looked for work yet"


@pytest.mark.parametrize("state", [{"started": False}, {"stopping": True}])
def test_while_it_starts_or_stops_it_lives_and_is_not_ready(healthy: Pulse, state: dict[str, Any]) -> None:
    pulse = replace(healthy, ticked_at=None, **state)
    assert why_not_alive(pulse) == ""
    assert len(why_not_ready(pulse)) == 1


@pytest.mark.parametrize(
    ("drift", "ready"), [(0, True), (60, True), (-60, True), (60.1, False), (-61, False)]
)
def test_a_clock_that_is_off_is_no_clock_to_delete_by(healthy: Pulse, drift: float, *, ready: bool) -> None:
    assert (why_not_ready(replace(healthy, clock_drift=drift)) == []) is ready


def test_a_clock_of_which_nothing_is_known_is_none_either(healthy: Pulse) -> None:
    assert why_not_ready(replace(healthy, clock_drift=float("nan")))


def test_all_reasons_are_said_at_once(healthy: Pulse) -> None:
    pulse = replace(
        healthy, stopping=True, clock_drift=-7200.0, faults=("the ledger cannot be reached", "schema 0003")
    )
    assert why_not_ready(pulse) == [
        "it is stopping",
        "the clock is off by -7200 s; set it right",
        "the ledger cannot be reached",
        "schema 0003",
    ]
    assert why_not_ready(healthy) == []
