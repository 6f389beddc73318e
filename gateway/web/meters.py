"""What one process counts by itself: calls to vendors and how long they took, and the work of the engine."""

from __future__ import annotations

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Meters:
    """The counters of this process, in a registry of their own. Thread-safe.

    Labels take names of processors and a few words; never who or which case.
    """

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(namespace="gateway", registry=self.registry)
        self._calls = Histogram(
            "gateway_vendor_call_seconds",
            "How long a request to a vendor took until its answer was read, each try counted.",
            ["processor", "does", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.enqueued = Counter(
            "gateway_engine_enqueued_total",
            "Pieces of work given to the engine by this process.",
            ["processor"],
            registry=self.registry,
        )
        self.at_risk = Gauge(
            "gateway_people_at_risk",
            "People whose deletion the call limits allow only past its date, as of the last plan this process made.",
            ["processor"],
            registry=self.registry,
        )
        self.finished = Counter(
            "gateway_engine_finished_total",
            "Pieces of work the engine ended in this process, by how they ended.",
            ["processor", "result"],
            registry=self.registry,
        )

    def observe(self, processor: str, method: str, status: int | None, seconds: float) -> None:
        """Count one request; fits `Register(observe=…)`."""
        does = "read" if method in _READS else "delete" if method == "DELETE" else "write"
        self._calls.labels(processor, does, _class_of(status)).observe(seconds)


def _class_of(status: int | None) -> str:
    """`2xx` … `5xx`; `none` where no answer came; the two that say why on their own."""
    if status is None:
        return "none"
    return str(status) if status in (401, 429) else f"{status // 100}xx"
