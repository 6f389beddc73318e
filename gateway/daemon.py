"""`gateway serve`: one node that ticks, has a clock and does tasks, until it is told to stop or to read its settings anew."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from gateway.agenda import jobs_of
from gateway.engine import Engine, Task, is_lost
from gateway.errors import GatewayError, SettingsError
from gateway.http import Standing
from gateway.ledger import Ledger, ReplacedError, jobs
from gateway.nodes import Node, executor_of, this_process
from gateway.plugins import Plugins
from gateway.register import Register, clock
from gateway.risks import Risk
from gateway.schedule import Clock
from gateway.settings import Settings
from gateway.sync import check_clock
from gateway.tasks import Doer
from gateway.ticking import Ticker
from gateway.web.health import Pulse

LONGEST_CALL = 150.0
"""Seconds a call may take with all its repetitions, and a little more: so long a stop waits at most."""
A_JUMP = timedelta(seconds=5)
SETTLED = 600.0
"""Seconds after which a clock that was set, and has gone on since, is taken for right."""
SHORTEST_TICK = 0.2
IDLE = 10.0
"""Seconds without work after which the engine is asked less often."""
LEAVES_WORK = ("plan", "delete")
"""After these, steps may be due at once; what others leave is found by the next tick."""
log = logging.getLogger("gateway.daemon")


class Watcher(Protocol):
    """Who is told how the daemon is: the page of its health, and whatever started it."""

    def begin(self, daemon: Daemon) -> None:
        """It works on the ledger from now on, by these settings."""

    def ticked(self) -> None:
        """It has looked for work."""

    def put(self, task: Task) -> None:
        """A task was put."""

    def ended(self, task: Task, result: str) -> None:
        """A task has ended: done, failed, or left for later."""

    def planned(self, risks: Sequence[Risk]) -> None:
        """It has made a plan, and these deadlines are at risk."""

    def end(self, daemon: Daemon) -> None:
        """It stops, or begins anew with other settings."""


@dataclass(slots=True)
class _Site:
    """What works by one reading of the settings."""

    register: Register
    doer: Doer
    engine: Engine
    ticker: Ticker
    clock: Clock


class Daemon:
    """One node at work. `run` returns when it was asked to stop, and all that was under way has come to an end.

    `reread` gives the settings as they are now, or raises SettingsError; then those before go on.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        *,
        load_plugins: Callable[[Settings], Plugins],
        reread: Callable[[], Settings],
        watcher: Watcher,
        now: Callable[[], datetime] = clock,
        observe: Callable[[str, str, int | None, float], None] | None = None,
    ) -> None:
        self.settings, self.ledger, self.now = settings, ledger, now
        self._load_plugins, self._reread, self._watcher, self._observe = (
            load_plugins,
            reread,
            watcher,
            observe,
        )
        self._stop, self._reload, self._wake = threading.Event(), threading.Event(), threading.Event()
        self._due: frozenset[str] = frozenset()
        self._faults: tuple[str, ...] = ()
        self._ticked_at: datetime | None = None
        self._started = False
        self._drift, self._jumped = timedelta(), 0.0
        self._busy_until = 0.0
        self._are_lost = False
        self.site: _Site | None = None
        self.node = Node(
            ledger,
            "serve",
            now,
            name=settings.daemon.name,
            beat=settings.daemon.beat,
            silence=settings.daemon.silence,
        )

    def stop(self) -> None:
        """Ask it to stop: no new work is begun, and what is under way ends after the current call."""
        self._stop.set()
        self._wake.set()

    def reload(self) -> None:
        """Ask it to read its settings anew."""
        self._reload.set()
        self._wake.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def standings(self) -> dict[str, list[Standing]]:
        """How many calls each account has left, as far as it was called."""
        return {} if self.site is None else self.site.register.standings()

    def pulse(self) -> Pulse:
        """How it is, for whoever asks."""
        return Pulse(
            started=self._started, stopping=self._stop.is_set(), ticked_at=self._ticked_at, beat_at=self.node.beat_at,
            now=self.now(), tick_every=self.settings.daemon.tick,
            faults=tuple(dict.fromkeys(each for each in (*self._faults, self.node.fault) if each)),
            clock_drift=self._drift.total_seconds(),
        )  # fmt: skip

    def run(self) -> None:
        """Work until asked to stop."""
        with self.node:
            while not self._stop.is_set():
                self._serve()
                self._reload.clear()
        log.info("stopped")

    def _serve(self) -> None:
        """Work by the settings as they are, until a stop, or until others are to be read."""
        site = self.site = self._open()
        try:
            self._watcher.begin(self)
            self._loop(site)
        finally:
            self._started = False
            self._close(site)

    def _register(self, settings: Settings) -> Register:
        loaded = self._load_plugins(settings)
        return Register(settings, self.ledger, loaded, now=self.now, observe=self._observe)

    def _open(self) -> _Site:
        register = self._register(self.settings)
        doer = Doer(register, self.node, self._must_stop, lambda name: name in self._due, self._ended)
        plugins = [place.plugin for place in register.places.values() if place.plugin and not place.fault]
        engine = Engine(self.ledger, executor_of(this_process()), plugins, doer.do, self._watcher.put)
        doer.engine = engine
        ticker = Ticker(register, self.node, engine, doer.names)
        engine.start()
        self._busy_until = monotonic() + IDLE  # a start finds its work, if there is any, in the first moments
        timer = Clock(
            {name: job.turn for name, job in ticker.jobs.items()}, register.zone,
            lambda name: self._turn(ticker, name), lambda name, what: self._note(ticker, name, what),
        )  # fmt: skip
        timer.start()
        return _Site(register, doer, engine, ticker, timer)

    def _close(self, site: _Site) -> None:
        site.clock.stop()
        self._watcher.end(self)
        if not site.doer.wait_until_quiet(LONGEST_CALL):
            log.warning("a call has not come back; what it was about is settled by the next start")
        site.engine.stop()
        site.register.close()

    def _ended(self, task: Task, result: str) -> None:
        self._watcher.ended(task, result)
        if task.kind == "plan" and self.site is not None:
            self._watcher.planned(self.site.doer.risks)
        if task.kind in LEAVES_WORK:
            self._wake.set()

    def _must_stop(self) -> bool:
        return self._stop.is_set() or self._reload.is_set()

    def _loop(self, site: _Site) -> None:
        """What was due while nobody was there comes first; then tick by tick."""
        with self.ledger.write() as tx:
            jobs.forget_others(tx, list(site.ticker.jobs))
        for name in site.ticker.jobs:
            self._turn(site.ticker, name)
        wall, mono = self.now(), monotonic()
        while not self._stop.is_set() and not self._is_to_change():
            self._tick(site)
            self._wake.wait(self.settings.daemon.tick.total_seconds())
            if self._wake.is_set():
                self._wake.clear()
                self._stop.wait(SHORTEST_TICK)
            wall, mono = self._watch_clock(site, wall, mono)

    def _is_to_change(self) -> bool:
        """Whether other settings are to be worked by; a file with a mistake in it changes nothing."""
        if not self._reload.is_set():
            return False
        try:
            fresh = self._reread()
            self._check_same_place(fresh)
            self._try(fresh)
        except (SettingsError, OSError) as err:
            log.error("the settings were not read anew", extra={"why": str(err)})  # noqa: TRY400 - the sentence says it all
            self._reload.clear()
            return False
        self.settings = fresh
        log.info("the settings were read anew")
        return True

    def _try(self, fresh: Settings) -> None:
        """What is wrong with settings that only plugins and the schedule can tell is a SettingsError here."""
        register = self._register(fresh)
        try:
            jobs_of(register)
        finally:
            register.close()

    def _check_same_place(self, fresh: Settings) -> None:
        for key in ("ledger", "master_key"):
            if getattr(fresh.gateway, key).reveal() != getattr(self.settings.gateway, key).reveal():
                raise SettingsError(
                    f"gateway.{key}: cannot change while the daemon runs; stop it, and start it again"
                )

    def _tick(self, site: _Site) -> None:
        """Look for work; without a database it goes on looking, and says so. With another ledger it ends."""
        try:
            self._mend(site)
            check_clock(site.register)
            found = site.ticker.tick()
            self._hurry(site, busy=bool(found.put or found.under_way))
        except Exception as err:
            if is_lost(err):
                self._are_lost = True
                self._wake.set()
            elif isinstance(err, GatewayError) and not isinstance(err, ReplacedError):
                self._faults = (str(err),)
                log.warning("could not look for work", extra={"why": str(err)})
            else:
                raise
        else:
            self._faults, self._due, self._started = (), found.due, True
        self._ticked_at = self.now()
        self._watcher.ticked()

    def _mend(self, site: _Site) -> None:
        """Make the engine's tables again where they were lost, and put all that is open; not in another ledger."""
        if self.node.replaced is not None:
            raise self.node.replaced
        if not self._are_lost:
            return
        log.warning("the engine's tables are gone; they are made again, and all that is open is put again")
        site.engine.mend()
        self._are_lost = False
        for name in site.ticker.jobs:
            self._turn(site.ticker, name)

    def _hurry(self, site: _Site, *, busy: bool) -> None:
        """Ask the engine often while there is work, and seldom where there is none."""
        if busy:
            self._busy_until = monotonic() + IDLE
        site.engine.hurry(on=monotonic() < self._busy_until)

    def _turn(self, ticker: Ticker, name: str) -> None:
        try:
            if ticker.turn(name):
                if monotonic() >= self._busy_until:
                    self._wake.set()  # the engine has to be asked often again
                self._busy_until = monotonic() + IDLE
        except Exception as err:
            if is_lost(err):
                self._are_lost = True
                self._wake.set()
            elif isinstance(err, GatewayError):
                log.warning("a turn could not be begun", extra={"job": name, "why": str(err)})
            else:
                raise

    def _note(self, ticker: Ticker, name: str, what: str) -> None:
        log.warning("a turn was not begun", extra={"job": name, "why": what})
        with suppress(GatewayError):
            ticker.note(name, what)

    def _watch_clock(self, site: _Site, wall: datetime, mono: float) -> tuple[datetime, float]:
        """Begin the schedule anew where the clock was set, or where its thread has died."""
        now, passed = self.now(), monotonic()
        jump = (now - wall) - timedelta(seconds=passed - mono)
        jumped = abs(jump) > A_JUMP
        if jumped:
            log.warning("the clock was set", extra={"seconds": round(jump.total_seconds())})
            self._drift, self._jumped = self._drift + jump, passed
        elif passed - self._jumped > SETTLED:
            self._drift = timedelta()
        if jumped or not site.clock.is_alive():
            site.clock.stop()
            site.clock.start()
            for name in site.ticker.jobs:
                self._turn(site.ticker, name)
        return now, passed
