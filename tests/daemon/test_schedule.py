"""When a turn has come: slots that every node counts alike, turns that were missed, and APScheduler's silent ways."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.schedule import MOST_MISSED, Clock, check, latest, next_turn

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def test_the_first_turn_ever_has_come() -> None:
    assert latest(HOUR, OSLO, None, NOON + timedelta(minutes=7)) == (NOON, 0)
    assert latest("0 6 * * *", OSLO, None, NOON + timedelta(seconds=7)) == (NOON, 0)


def test_a_turn_comes_once() -> None:
    assert latest(HOUR, OSLO, NOON, NOON + timedelta(minutes=59)) is None
    assert latest(HOUR, OSLO, NOON, NOON + HOUR) == (NOON + HOUR, 0)
    assert latest("0 6 * * *", OSLO, NOON, NOON + HOUR) is None


def test_turns_that_were_missed_are_counted_and_one_is_begun() -> None:
    assert latest(HOUR, OSLO, NOON, NOON + 5 * HOUR) == (NOON + 5 * HOUR, 4)
    six = datetime(2026, 11, 26, 5, tzinfo=UTC)  # 6 o'clock in Oslo in winter
    assert latest("0 6 * * *", OSLO, NOON, six) == (six, 2)
    assert latest("0 6 * * *", OSLO, NOON, six - timedelta(seconds=1)) == (six - timedelta(days=1), 1)


def test_a_day_that_is_an_hour_short_has_its_turn() -> None:
    night = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = latest("30 2 * * *", OSLO, night, night + timedelta(days=2))
    assert found is not None
    assert found[0] == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_years_of_missed_turns_end() -> None:
    found = latest("* * * * *", OSLO, NOON, NOON + timedelta(days=30))
    assert found is not None
    assert found[1] == MOST_MISSED - 1


@settings(deadline=None)
@given(MOMENTS, MOMENTS, st.integers(1, 100_000), st.integers(0, 10_000))
def test_two_nodes_mean_the_same_turn(last: datetime, now: datetime, seconds: int, lag: int) -> None:
    """Wherever between two turns they look, they find the same one; and after it, none."""
    turn = timedelta(seconds=seconds)
    found = latest(turn, OSLO, last, now)
    if found is None:
        return
    slot, missed = found
    assert slot <= now
    assert missed >= 0
    assert slot - (missed + 1) * turn < last + turn
    later = slot + timedelta(seconds=lag % seconds)
    assert latest(turn, OSLO, last, later) == found
    assert latest(turn, OSLO, slot, later) is None


def test_the_next_turn_is_told() -> None:
    assert next_turn(HOUR, OSLO, NOON, NOON + timedelta(minutes=5)) == NOON + HOUR
    assert next_turn(HOUR, OSLO, None, NOON) == NOON
    assert next_turn(HOUR, OSLO, NOON - 9 * HOUR, NOON) == NOON
    assert next_turn("0 6 * * *", OSLO, NOON, NOON) == datetime(2026, 11, 24, 5, tzinfo=UTC)


@pytest.mark.parametrize("turn", ["61 * * * *", "0 0 31 2 *", "0 0 * * 9"])
def test_cron_that_makes_no_sense_is_a_mistake_of_the_settings(turn: str) -> None:
    with pytest.raises(SettingsError, match=r"schedule.fetch: .*gateway.toml"):
        check(turn, "schedule.fetch", OSLO)


def test_cron_and_intervals_that_make_sense_pass() -> None:
    check("0 6 * * 1-5", "schedule.fetch", OSLO)
    check(HOUR, "schedule.fetch", OSLO)


def test_a_clock_says_whose_turn_has_come_and_ends() -> None:
    fired: list[str] = []
    came = threading.Event()

    def fire(name: str) -> None:
        fired.append(name)
        came.set()

    clock = Clock({"plan": timedelta(seconds=1), "tidy": HOUR * 24 * 365}, OSLO, fire, lambda *_: None)
    clock.start()
    assert clock.is_alive()
    assert came.wait(20)
    assert set(fired) == {"plan"}
    clock.stop()
    assert not clock.is_alive()


def test_what_apscheduler_only_logs_is_told_on() -> None:
    told: list[tuple[str, str]] = []
    clock = Clock({"plan": HOUR}, OSLO, lambda _: None, lambda name, what: told.append((name, what)))
    for code in (EVENT_JOB_MISSED, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_ERROR):
        clock._told(JobExecutionEvent(code, "plan", "default", NOON))
    assert told == [("plan", "missed"), ("plan", "overlapped")]


def test_a_turn_that_fails_even_with_system_exit_leaves_the_clock_alive() -> None:
    came = threading.Event()
    times: list[int] = []

    def fire(_: str) -> None:
        times.append(1)
        if len(times) == 1:
            raise SystemExit(1)
        came.set()

    clock = Clock({"plan": timedelta(seconds=1)}, OSLO, fire, lambda *_: None)
    clock.start()
    assert came.wait(20)
    clock.stop()
