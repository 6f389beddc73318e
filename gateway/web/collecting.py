"""`/metrics`: the ledger as it is at the scrape, the daemon as it sees itself, and what this process counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Generic, TypeVar

from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway import logs
from gateway.http import Standing
from gateway.ledger import Ledger
from gateway.ledger.metrics import Measures, measure
from gateway.web.families import of_ledger, of_pulse, of_quotas
from gateway.web.health import Pulse
from gateway.web.meters import Meters

log = logs.get("web")
T = TypeVar("T")

Quotas = Callable[[], Mapping[str, Sequence[Standing]]]
"""How the call limits of each account stand."""
PATIENCE = 4.0
"""Seconds a scrape waits for the ledger; Prometheus itself gives up after ten."""


class Metrics:
    """Writes all there is to measure, in Prometheus's text format.

    Where the ledger cannot be read, or not in time, `gateway_up` is 0 and what the process knows is there all the same.
    """

    def __init__(self, ledger: Ledger, meters: Meters, quotas: Quotas, *, patience: float = PATIENCE) -> None:
        self._ledger, self._meters = ledger, meters
        self._measures = _Shared[Measures]("the ledger", patience)
        self._standings = _Shared[Mapping[str, Sequence[Standing]]]("the call limits", patience / 2)
        self._quotas = quotas

    def __call__(self, pulse: Pulse) -> bytes:
        measures = self._measures.get(lambda: self._measure(pulse.now))
        standings = None if measures is None else self._standings.get(self._quotas)
        return generate_latest(_Picture(self._families(pulse, measures, standings)))

    def _measure(self, now: datetime) -> Measures:
        with self._ledger.read() as tx:
            return measure(tx, now)

    def _families(
        self,
        pulse: Pulse,
        measures: Measures | None,
        standings: Mapping[str, Sequence[Standing]] | None,
    ) -> Iterator[Metric]:
        yield from of_pulse(pulse, is_up=measures is not None)
        if measures is not None:
            yield from of_ledger(measures, pulse.now)
        if standings is not None:
            yield from of_quotas(standings)
        yield from self._meters.registry.collect()


class _Picture(Collector):
    """What `generate_latest` writes: families made once."""

    def __init__(self, families: Iterator[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return self._families


class _Shared(Generic[T]):
    """Something that is read for whoever asks, by one thread at a time, and waited for only so long.

    A database that does not answer holds up one thread, not the server, however often it is asked.
    """

    def __init__(self, what: str, patience: float) -> None:
        self._what, self._patience = what, patience
        self._lock = threading.Lock()
        self._future: Future[T] | None = None

    def get(self, read: Callable[[], T]) -> T | None:
        """What was read; None where it cannot be, or not in time."""
        with self._lock:
            future = self._future
            if future is None or future.done():
                future = self._future = Future()
                threading.Thread(target=_fill, args=(future, read), name="measure", daemon=True).start()
        try:
            return future.result(self._patience)
        except TimeoutError:
            log.warning("could not be measured in time", what=self._what, seconds=self._patience)
        except Exception as err:  # noqa: BLE001  # whatever it is, the rest is to be told
            log.warning("could not be measured", what=self._what, error=type(err).__name__, why=str(err))
        return None


def _fill(future: Future[T], read: Callable[[], T]) -> None:
    try:
        future.set_result(read())
    except BaseException as err:  # noqa: BLE001  # it is raised where it is waited for
        future.set_exception(err)
