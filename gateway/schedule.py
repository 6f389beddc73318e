"""When what is done: the only file that imports apscheduler. Every node has the same clock, and none is special.

A clock says that a turn has come. Which turn it is, and whether another node has begun it, the ledger knows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from gateway.errors import SettingsError
from gateway.settings.serving import Turn

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GRACE = timedelta(minutes=1)
"""How late a turn may begin. What is later is missed, and counted; the next one does its work."""
MOST_MISSED = 10_000
log = logging.getLogger("gateway.schedule")


def check(turn: Turn, where: str, zone: ZoneInfo) -> None:
    """SettingsError where five fields of cron make no sense, or never come."""
    if isinstance(turn, timedelta):
        return
    try:
        first = CronTrigger.from_crontab(turn, timezone=zone).get_next_fire_time(None, datetime.now(zone))
    except ValueError as err:
        raise SettingsError(f"{where}: {turn!r} is not five fields of cron: {err} (gateway.toml)") from err
    if first is None:
        raise SettingsError(f"{where}: {turn!r} never comes (gateway.toml)")


def latest(turn: Turn, zone: ZoneInfo, last: datetime | None, now: datetime) -> tuple[datetime, int] | None:
    """The newest turn that has come since the `last` one, and how many came before it; None where none has.

    Intervals are counted from 1970, so that every node means the same moment. Before the first turn ever, one has come.
    """
    if isinstance(turn, timedelta):
        slot = EPOCH + (now - EPOCH) // turn * turn
        if last is None:
            return slot, 0
        return (slot, max(0, (slot - last) // turn - 1)) if slot > last else None
    if last is None:
        return now.replace(second=0, microsecond=0), 0
    return _latest_of_cron(CronTrigger.from_crontab(turn, timezone=zone), zone, last, now)


def _latest_of_cron(
    trigger: CronTrigger, zone: ZoneInfo, last: datetime, now: datetime
) -> tuple[datetime, int] | None:
    found: datetime | None = None
    count = 0
    moment: datetime | None = last
    while moment is not None and count < MOST_MISSED:
        moment = trigger.get_next_fire_time(moment, moment.astimezone(zone) + timedelta(microseconds=1))
        if moment is None or moment > now:
            break
        found, count = moment.astimezone(UTC), count + 1
    return None if found is None else (found, count - 1)


def next_turn(turn: Turn, zone: ZoneInfo, last: datetime | None, now: datetime) -> datetime:
    """When the turn after `last` comes; now, where one has come already."""
    if latest(turn, zone, last, now) is not None:
        return now
    if isinstance(turn, timedelta):
        return EPOCH + ((now - EPOCH) // turn + 1) * turn
    found = CronTrigger.from_crontab(turn, timezone=zone).get_next_fire_time(None, now.astimezone(zone))
    return now if found is None else found.astimezone(UTC)


class Clock:
    """Says whose turn has come, as long as it runs; in memory, rebuilt from the settings at every start."""

    def __init__(
        self,
        turns: Mapping[str, Turn],
        zone: ZoneInfo,
        fire: Callable[[str], None],
        note: Callable[[str, str], None],
    ) -> None:
        self._turns, self._zone, self._fire, self._note = turns, zone, fire, note
        self._scheduler: BackgroundScheduler | None = None

    def start(self) -> None:
        """Begin; APScheduler keeps its jobs as text, so the clock they mean is kept here, by name."""
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_listener(self._told, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
        for name, turn in self._turns.items():
            scheduler.add_job(
                "gateway.schedule:fire", self._trigger(turn), args=[name], id=name, coalesce=True, max_instances=1,
                misfire_grace_time=int(GRACE.total_seconds()),
            )  # fmt: skip
        _RUNNING.append(self)
        self._scheduler = scheduler
        scheduler.start()

    def _trigger(self, turn: Turn) -> BaseTrigger:
        if isinstance(turn, timedelta):
            return IntervalTrigger(seconds=turn.total_seconds(), start_date=EPOCH, timezone=UTC)
        return CronTrigger.from_crontab(turn, timezone=self._zone)

    def _told(self, event: JobEvent) -> None:
        """What APScheduler only logs, and what it swallows."""
        if event.code == EVENT_JOB_ERROR:
            log.error(
                "a turn could not be begun",
                extra={"job": event.job_id, "error": type(event.exception).__name__},
            )
        else:
            self._note(event.job_id, "missed" if event.code == EVENT_JOB_MISSED else "overlapped")

    def fire(self, name: str) -> None:
        self._fire(name)

    def is_alive(self) -> bool:
        """Whether its thread lives: APScheduler's may die, and says so to nobody."""
        thread = None if self._scheduler is None else self._scheduler._thread  # noqa: SLF001 - there is no other way to ask
        return thread is not None and thread.is_alive()

    def stop(self) -> None:
        """Begin no more turns."""
        if self in _RUNNING:
            _RUNNING.remove(self)
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None


_RUNNING: list[Clock] = []


def fire(name: str) -> None:
    """What APScheduler calls: the turn of the job of this name has come."""
    for each in tuple(_RUNNING):
        each.fire(name)
