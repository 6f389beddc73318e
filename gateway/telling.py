"""Tells whoever watches the daemon how it is: systemd by its socket, and everybody who asks over HTTP."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from gateway.daemon import Daemon
from gateway.engine import Task
from gateway.errors import SettingsError
from gateway.ledger import Ledger
from gateway.notify import Notifier, watchdog_interval
from gateway.risks import Risk
from gateway.web import Meters, Metrics, WebServer, make_app

log = logging.getLogger("gateway.daemon")


class Telling:
    """What the daemon calls at every turn of its life."""

    def __init__(self, ledger: Ledger, meters: Meters) -> None:
        self._notifier, self._meters, self._ledger = Notifier(os.environ), meters, ledger
        self._every = watchdog_interval(os.environ)
        self._web: WebServer | None = None
        self._at = ""
        self._told = False

    def begin(self, daemon: Daemon) -> None:
        """Answer at the address of the settings; where a new one cannot be had, at the one before."""
        wanted = daemon.settings.daemon.listen
        if self._web is None:
            self._web = self._listen(daemon, wanted)
        elif wanted != self._at:
            try:
                fresh = self._listen(daemon, wanted)
            except SettingsError as err:
                log.error("answers where it did before", extra={"why": str(err)})  # noqa: TRY400 - the sentence says it all
            else:
                self._web.close()
                self._web = fresh
        self._told = False

    def _listen(self, daemon: Daemon, at: str) -> WebServer:
        host, _, port = at.rpartition(":")
        metrics = Metrics(self._ledger, self._meters, daemon.standings)
        web = WebServer(make_app(daemon.pulse, metrics), host.strip("[]"), int(port))
        web.start()
        self._at = at
        log.info("answers at", extra={"address": f"{web.host}:{web.port}"})
        return web

    def ticked(self) -> None:
        """Say that it is ready, once, and from then on that it lives."""
        if not self._told:
            self._told = True
            self._notifier.ready("at work")
        elif self._every is not None:
            self._notifier.alive()

    def put(self, task: Task) -> None:
        """Count a task that was put."""
        self._meters.enqueued.labels(task.processor).inc()

    def ended(self, task: Task, result: str) -> None:
        """Count a task that has ended."""
        self._meters.finished.labels(task.processor, result).inc()

    def planned(self, risks: Sequence[Risk]) -> None:
        """Say where a deadline is at risk, and where none is any more."""
        self._meters.at_risk.clear()
        for each in risks:
            self._meters.at_risk.labels(each.processor).set(each.late_people)

    def end(self, daemon: Daemon) -> None:
        """Say that it stops, or reads its settings anew."""
        if daemon.is_stopping:
            self._notifier.stopping()
        else:
            self._notifier.reloading()
