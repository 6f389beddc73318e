"""Each number by its name, its unit, and a sentence that says what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from gateway.http import Standing
from gateway.http.windows import name_of
from gateway.ledger.metrics import Measures
from gateway.ledger.views import UNDER_WAY
from gateway.web.health import Pulse, why_not_ready

UNTRIED = "untried"
"""The outcome of a step that was not carried out yet."""
DONE = "done"
"""The result of a turn of a job that went well."""
Rows = Iterable[tuple[Sequence[str], float]]


def _gauge(name: str, says: str, labels: Sequence[str], rows: Rows) -> Metric:
    family = GaugeMetricFamily(f"gateway_{name}", says, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def _counter(name: str, says: str, labels: Sequence[str], rows: Rows) -> Metric:
    family = CounterMetricFamily(f"gateway_{name}", says, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def _age(now: datetime, then: datetime) -> float:
    """Seconds; none below nothing, whatever the clocks of the nodes say."""
    return max(0.0, (now - then).total_seconds())


def of_pulse(pulse: Pulse, *, is_up: bool) -> Iterator[Metric]:
    """What the process knows without the ledger."""
    ready = is_up and not why_not_ready(pulse)
    yield _gauge("up", "1 if the ledger could be read for this answer, else 0.", (), [((), float(is_up))])
    yield _gauge(
        "ready", "1 if the daemon can do its work, else 0; /readyz says why not.", (), [((), float(ready))]
    )
    drift = "Seconds by which the clock is off; above 60 nothing is done."
    yield _gauge("clock_drift_seconds", drift, (), [((), pulse.clock_drift)])
    for name, says, at in (
        ("tick_age_seconds", "Seconds since this process last looked for work.", pulse.ticked_at),
        (
            "beat_age_seconds",
            "Seconds since this process last said in the ledger that it lives.",
            pulse.beat_at,
        ),
    ):
        yield _gauge(name, says, (), [((), _age(pulse.now, at))] if at is not None else [])


def of_ledger(found: Measures, now: datetime) -> Iterator[Metric]:
    """What the ledger says; the same at every node."""
    yield from _of_cases(found, now)
    yield from _of_what_waits(found, now)
    yield from _of_sweeps(found, now)
    yield from _of_nodes(found, now)
    yield from _of_jobs(found, now)
    yield from _of_trail(found, now)


def _of_cases(found: Measures, now: datetime) -> Iterator[Metric]:
    count = dict.fromkeys(UNDER_WAY, 0) | {row.state: row.cases for row in found.cases}
    yield _gauge(
        "cases_open", "Cases that are not closed: open, held (by a question), waiting (for approval).",
        ["state"], [((state,), number) for state, number in count.items()],
    )  # fmt: skip
    overdue, soon = sum(row.overdue for row in found.cases), sum(row.soon for row in found.cases)
    yield _gauge("cases_overdue", "Cases that are not closed and past their date.", (), [((), overdue)])
    yield _gauge("cases_due_soon", "Cases that are not closed and due within 7 days.", (), [((), soon)])
    yield _gauge(
        "steps_open", "Steps that are not closed, by how they stand; untried: nothing was done yet.",
        ["processor", "outcome"], [((row.processor, row.outcome or UNTRIED), row.steps) for row in found.steps],
    )  # fmt: skip
    oldest: dict[str, datetime] = {}
    for row in found.steps:
        oldest[row.processor] = min(row.oldest, oldest.get(row.processor, row.oldest))
    yield _gauge(
        "oldest_step_age_seconds", "Seconds since the case of the oldest step that is not closed was opened.",
        ["processor"], [((name,), _age(now, at)) for name, at in oldest.items()],
    )  # fmt: skip


def _of_what_waits(found: Measures, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "questions_waiting", "Questions and tasks that wait for a person.",
        ["kind"], [((row.kind,), row.questions) for row in found.questions],
    )  # fmt: skip
    yield _gauge("plans_waiting", "Plans that wait for approval.", (), [((), found.plans_waiting)])
    yield _gauge(
        "account_stopped", "1 for each account that is stopped, by cause; processor * stands for all deletions.",
        ["processor", "cause"], [((row.name, row.cause), 1) for row in found.stops],
    )  # fmt: skip
    yield _gauge(
        "circuit_open", "1 for an account nobody calls for a while since its calls failed, 0 when it is tried again.",
        ["processor"],
        [((row.account,), float(row.until is not None and row.until > now)) for row in found.circuits],
    )  # fmt: skip
    yield _gauge(
        "watches_due", "Looks that are due: whether what was proven gone has stayed gone.",
        ["processor"], [((name,), count) for name, count in found.looks.items()],
    )  # fmt: skip


def _of_sweeps(found: Measures, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "whole_sweep_age_seconds",
        "Seconds since all records of a kind were last read to the end; where they never were, since it was first tried.",
        ["processor", "kind"],
        [((row.processor, row.kind), _age(now, row.whole or row.first)) for row in found.sweeps],
    )  # fmt: skip


def _of_nodes(found: Measures, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "nodes", "Processes that work on the ledger and have not ended, by kind: serve or sync.",
        ["kind"], [((row.kind,), row.nodes) for row in found.nodes],
    )  # fmt: skip
    yield _gauge(
        "node_beat_age_seconds", "Seconds since the node of this kind that is silent the longest said that it lives.",
        ["kind"], [((row.kind,), _age(now, row.oldest)) for row in found.nodes],
    )  # fmt: skip


def _of_jobs(found: Measures, now: datetime) -> Iterator[Metric]:
    ended = [row for row in found.jobs if row.ended_at is not None]
    running = [row for row in found.jobs if row.ended_at is None and row.began_at is not None]
    yield _gauge(
        "job_ended_age_seconds", "Seconds since the last turn of a job ended; none while a turn is under way.",
        ["job"], [((row.name,), _age(now, row.ended_at)) for row in ended],
    )  # fmt: skip
    yield _gauge(
        "job_failed", "1 if the last turn of a job did not go well, else 0; none while a turn is under way.",
        ["job"], [((row.name,), float(row.result not in ("", DONE))) for row in ended],
    )  # fmt: skip
    yield _gauge(
        "job_running_seconds", "For how long a turn of a job has been under way.",
        ["job"], [((row.name,), _age(now, row.began_at)) for row in running],
    )  # fmt: skip
    yield _counter(
        "job_missed", "Turns of a job that never came, since nobody was there or it was too late.",
        ["job"], [((row.name,), row.missed) for row in found.jobs],
    )  # fmt: skip
    yield _counter(
        "job_overlapped", "Turns of a job that came while the one before was still under way, and were left out.",
        ["job"], [((row.name,), row.overlapped) for row in found.jobs],
    )  # fmt: skip


def _of_trail(found: Measures, now: datetime) -> Iterator[Metric]:
    yield _gauge("trail_lines", "Lines of the trail.", (), [((), found.trail_lines)])
    unsigned = found.trail_lines - found.signed_lines
    yield _gauge(
        "trail_unsigned_lines", "Lines of the trail that no checkpoint signs yet.", (), [((), unsigned)]
    )
    yield _gauge(
        "trail_checkpoint_age_seconds", "Seconds since the trail was last signed.",
        (), [((), _age(now, found.signed_at))] if found.signed_at is not None else [],
    )  # fmt: skip


def of_quotas(standings: Mapping[str, Sequence[Standing]]) -> Iterator[Metric]:
    """How many calls each account has left."""
    rows = [((name, name_of(each.limit)), each) for name, several in standings.items() for each in several]
    labels = ["processor", "limit"]
    left, most = "Calls an account may still make within a limit.", "Calls a limit allows in its window."
    yield _gauge("quota_left_calls", left, labels, [(values, each.left) for values, each in rows])
    yield _gauge("quota_limit_calls", most, labels, [(values, each.limit.calls) for values, each in rows])
