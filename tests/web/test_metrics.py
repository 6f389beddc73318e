"""`/metrics`: every number is what the ledger says, none tells of a person, and none needs the ledger to answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.http import Budget, MemoryStore, Standing
from gateway.ledger import Ledger
from gateway.ledger import tables as t
from gateway.model import Limit, Window
from gateway.web import Meters, Metrics, Pulse
from tests.web.filling import Filling

Numbers = dict[str, dict[tuple[tuple[str, str], ...], float]]


def read(text: bytes) -> Numbers:
    """Every sample: `{name: {labels: value}}`."""
    found: Numbers = {}
    for family in text_string_to_metric_families(text.decode()):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {}), sample
            found[sample.name][labels] = sample.value
    return found


def none() -> Mapping[str, Sequence[Standing]]:
    return {}


@pytest.fixture
def scrape(ledger: Ledger, healthy: Pulse) -> Callable[..., Numbers]:
    meters = Meters()

    def one(
        *, meters: Meters = meters, quotas: Any = none, pulse: Pulse = healthy, patience: float = 20.0
    ) -> Numbers:
        return read(Metrics(ledger, meters, quotas, patience=patience)(pulse))

    return one


def value(numbers: Numbers, name: str, **labels: str) -> float:
    return numbers[f"gateway_{name}"][tuple(sorted(labels.items()))]


def labelled(numbers: Numbers, name: str) -> dict[str, float]:
    """The samples of a family by the values of their labels, in the order of the labels' names."""
    found = numbers.get(f"gateway_{name}", {})
    return {" ".join(each for _, each in labels): number for labels, number in found.items()}


@pytest.fixture
def filling(ledger: Ledger, now: datetime) -> Filling:
    return Filling(ledger, now)


def test_an_empty_ledger_has_all_numbers(scrape: Callable[..., Numbers]) -> None:
    numbers = scrape()
    assert value(numbers, "up") == value(numbers, "ready") == 1
    assert labelled(numbers, "cases_open") == {"open": 0, "held": 0, "waiting": 0}
    for name in ("cases_overdue", "cases_due_soon", "plans_waiting", "trail_lines", "trail_unsigned_lines"):
        assert value(numbers, name) == 0


def test_cases_are_counted_by_state_and_by_how_near_their_date_is(
    scrape: Callable[..., Numbers], filling: Filling
) -> None:
    filling.case(1, "open", due=-1)
    filling.case(2, "held", due=-0.001)
    filling.case(3, "waiting", due=6.999)
    filling.case(4, "open", due=7.001)
    filling.case(5, "closed", due=-1)
    filling.case(6, "dropped", due=1)
    filling.case(7, "open", due=0)
    numbers = scrape()
    assert labelled(numbers, "cases_open") == {"open": 3, "held": 1, "waiting": 1}
    assert (value(numbers, "cases_overdue"), value(numbers, "cases_due_soon")) == (2, 2)


def test_steps_are_counted_by_processor_and_outcome_where_their_case_is_under_way(
    scrape: Callable[..., Numbers], filling: Filling
) -> None:
    filling.case(1, "open", opened=3)
    filling.case(2, "held", opened=5)
    filling.case(3, "dropped", opened=50)
    filling.step(1, "recman", "retry")
    filling.step(1, "bisnode")
    filling.step(1, "invenias", "verified", closed=True)
    filling.step(2, "recman", "retry")
    filling.step(2, "bisnode", "broken")
    filling.step(3, "recman", "retry")
    numbers = scrape()
    found = {
        (dict(labels)["processor"], dict(labels)["outcome"]): count
        for labels, count in numbers["gateway_steps_open"].items()
    }
    assert found == {("recman", "retry"): 2, ("bisnode", "untried"): 1, ("bisnode", "broken"): 1}
    assert labelled(numbers, "oldest_step_age_seconds") == {"recman": 5 * 86400, "bisnode": 5 * 86400}


def test_what_waits_for_a_person_is_counted(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    for kind, answered in (("task", None), ("task", None), ("match", None), ("match", now), ("sweep", now)):
        filling.put(
            t.questions, {"kind": kind, "text": "?", "options": [], "asked_at": now, "answered_at": answered}
        )
    for state in ("waiting", "waiting", "approved", "running"):
        filling.put(t.plans, {"made_at": now, "people": 1, "allowed": 20, "state": state})
    numbers = scrape()
    assert labelled(numbers, "questions_waiting") == {"task": 2, "match": 1}
    assert value(numbers, "plans_waiting") == 2


def test_what_is_stopped_is_named_by_its_cause(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    filling.put(
        t.processors, {"name": "recman", "stopped_at": now, "stopped_why": "status 401", "cause": "refused"}
    )
    filling.put(t.processors, {"name": "*", "stopped_at": now, "stopped_why": "audit", "cause": "operator"})
    filling.put(t.processors, {"name": "bisnode", "stopped_at": None, "cause": "errors"})
    filling.put(
        t.circuits,
        {"account": "recman", "failures": 3, "since": now, "until": now + timedelta(minutes=1), "why": ""},
    )
    filling.put(t.circuits, {"account": "bisnode", "failures": 3, "since": now, "until": now, "why": ""})
    filling.put(t.circuits, {"account": "invenias", "failures": 1, "since": now, "until": None, "why": ""})
    numbers = scrape()
    assert labelled(numbers, "account_stopped") == {"refused recman": 1, "operator *": 1}
    assert labelled(numbers, "circuit_open") == {"recman": 1, "bisnode": 0, "invenias": 0}


def test_the_age_of_sweeps_is_that_of_the_last_that_was_whole_and_came_to_its_end(
    scrape: Callable[..., Numbers], filling: Filling
) -> None:
    filling.sweep("recman", "candidate", 100)
    filling.sweep("recman", "candidate", 50)
    filling.sweep("recman", "candidate", 20, whole=False)
    filling.sweep("recman", "candidate", 10, complete=False)
    filling.sweep("recman", "candidate", 5, complete=None)
    filling.sweep("recman", "user", 31)
    filling.sweep("bisnode", "person", 200, complete=None)
    filling.sweep("bisnode", "person", 150, whole=False)
    numbers = scrape()
    found = labelled(numbers, "whole_sweep_age_seconds")
    assert found == {"candidate recman": 49 * 3600, "user recman": 30 * 3600, "person bisnode": 200 * 3600}


def test_nodes_that_have_not_ended_are_counted_with_the_longest_silence(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    for kind, silent, ended in (
        ("serve", 5, None),
        ("serve", 90, None),
        ("serve", 900, now),
        ("sync", -3, None),
    ):
        filling.put(t.nodes, {
            "name": "n", "kind": kind, "host": "h", "pid": 1, "born": "b", "version": "v", "doing": [], "end": "",
            "started_at": now, "beat_at": now - timedelta(seconds=silent), "ended_at": ended,
        })  # fmt: skip
    numbers = scrape()
    assert labelled(numbers, "nodes") == {"serve": 2, "sync": 1}
    assert labelled(numbers, "node_beat_age_seconds") == {"serve": 90, "sync": 0}


def test_jobs_tell_how_their_last_turn_went(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    hour = timedelta(hours=1)
    row = {"slot": now, "missed": 2, "overlapped": 1, "result": ""}
    filling.put(
        t.jobs,
        row
        | {"name": "fetch recman", "began_at": now - 3 * hour, "ended_at": now - 2 * hour, "result": "done"},
    )
    filling.put(
        t.jobs,
        row | {"name": "plan", "began_at": now - hour, "ended_at": now, "result": "LedgerError", "missed": 0},
    )
    filling.put(t.jobs, row | {"name": "verify", "began_at": now - hour, "ended_at": None})
    numbers = scrape()
    assert labelled(numbers, "job_ended_age_seconds") == {"fetch recman": 7200, "plan": 0}
    assert labelled(numbers, "job_failed") == {"fetch recman": 0, "plan": 1}
    assert labelled(numbers, "job_running_seconds") == {"verify": 3600}
    assert labelled(numbers, "job_missed_total") == {"fetch recman": 2, "plan": 0, "verify": 2}
    assert labelled(numbers, "job_overlapped_total") == {"fetch recman": 1, "plan": 1, "verify": 1}


def test_looks_that_are_due_are_counted_by_step_and_not_where_one_is_to_be_done_again(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    for number in range(1, 5):
        filling.case(number, "closed")
        filling.step(number, "recman", "verified" if number < 4 else "returned", closed=number < 4)
    for step, processor, days, looked in (
        (1, "recman", -1, None), (1, "recman", 0, None), (2, "recman", 0, None), (2, "recman", 1, None),
        (3, "recman", -1, now), (4, "recman", -1, None), (3, "bisnode", 3, None),
    ):  # fmt: skip
        due = now + timedelta(days=days)
        filling.put(
            t.watches, {"step_id": step, "processor": processor, "day": 1, "due_at": due, "looked_at": looked}
        )
    assert labelled(scrape(), "watches_due") == {"recman": 2, "bisnode": 0}


def test_the_trail_is_measured_with_what_signs_it(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    for seq in range(1, 8):
        filling.put(t.trail, {"seq": seq, "body": "{}", "hash": b"h"})
    for seq, ago in ((2, 9), (5, 4)):
        filling.put(
            t.checkpoints,
            {"seq": seq, "hash": b"h", "at": now - timedelta(hours=ago), "key_id": "k", "signature": b"s"},
        )
    numbers = scrape()
    assert value(numbers, "trail_lines") == 7
    assert value(numbers, "trail_unsigned_lines") == 2
    assert value(numbers, "trail_checkpoint_age_seconds") == 4 * 3600


def test_calls_left_are_those_of_the_budget(scrape: Callable[..., Numbers], now: datetime) -> None:
    limits = [Limit(200, window=Window.UTC_DAY), Limit(10, timedelta(minutes=1))]
    budget = Budget("recman", limits, MemoryStore(), now=lambda: now, sleep=lambda _: None)
    for _ in range(3):
        budget.take()
    numbers = scrape(quotas=lambda: {"recman": budget.left()})
    assert labelled(numbers, "quota_left_calls") == {
        "200 calls per UTC day recman": 197, "10 calls in any minute recman": 7,
    }  # fmt: skip
    assert labelled(numbers, "quota_limit_calls") == {
        "200 calls per UTC day recman": 200, "10 calls in any minute recman": 10,
    }  # fmt: skip


def test_quotas_that_cannot_be_had_leave_all_else(scrape: Callable[..., Numbers]) -> None:
    def fall() -> Any:
        raise LookupError

    numbers = scrape(quotas=fall)
    assert value(numbers, "up") == 1
    assert "gateway_quota_left_calls" not in numbers


def test_the_process_tells_of_itself(scrape: Callable[..., Numbers], healthy: Pulse) -> None:
    numbers = scrape(pulse=replace(healthy, clock_drift=-1.5))
    assert value(numbers, "clock_drift_seconds") == -1.5
    assert value(numbers, "tick_age_seconds") == 1
    assert value(numbers, "beat_age_seconds") == 4
    assert value(numbers, "process_resident_memory_bytes") > 1_000_000
    starting = scrape(pulse=replace(healthy, started=False, ticked_at=None, beat_at=None))
    assert value(starting, "ready") == 0
    assert "gateway_tick_age_seconds" not in starting
    assert value(scrape(pulse=replace(healthy, faults=("x",))), "ready") == 0


def test_calls_to_vendors_are_counted_by_what_they_do_and_how_they_ended(
    scrape: Callable[..., Numbers],
) -> None:
    meters = Meters()
    calls = [
        ("GET", 200, 0.02), ("HEAD", 204, 3.0), ("DELETE", 204, 0.2), ("POST", 503, 61.0), ("PATCH", None, 5.0),
        ("GET", 401, 0.1), ("GET", 429, 0.1), ("GET", 404, 0.1),
    ]  # fmt: skip
    for method, status, seconds in calls:
        meters.observe("recman", method, status, seconds)
    numbers = scrape(meters=meters)
    assert labelled(numbers, "vendor_call_seconds_count") == {
        "read recman 2xx": 2, "delete recman 2xx": 1, "write recman 5xx": 1, "write recman none": 1,
        "read recman 401": 1, "read recman 429": 1, "read recman 4xx": 1,
    }  # fmt: skip
    of_reads = {"processor": "recman", "does": "read", "status": "2xx"}
    assert value(numbers, "vendor_call_seconds_sum", **of_reads) == pytest.approx(3.02)
    assert value(numbers, "vendor_call_seconds_bucket", **of_reads, le="0.025") == 1
    assert not [name for name in numbers if name.endswith("_created")]


def test_the_work_of_the_engine_is_counted_by_whoever_does_it(scrape: Callable[..., Numbers]) -> None:
    meters = Meters()
    meters.enqueued.labels("recman").inc(3)
    meters.finished.labels("recman", "done").inc()
    numbers = scrape(meters=meters)
    assert labelled(numbers, "engine_enqueued_total") == {"recman": 3}
    assert labelled(numbers, "engine_finished_total") == {"recman done": 1}


def test_names_are_ours_and_say_their_unit(scrape: Callable[..., Numbers], filling: Filling) -> None:
    filling.case(1, "open")
    filling.step(1, "recman")
    for name in scrape():
        assert re.fullmatch(r"gateway_[a-z0-9_]+", name), name
        if "age" in name or "drift" in name:
            assert name.endswith("_seconds"), name


def test_no_sample_names_a_case_or_a_person(
    scrape: Callable[..., Numbers], filling: Filling, now: datetime
) -> None:
    for number in range(987_001, 987_021):
        filling.case(number, "open")
        filling.step(number, "recman", "retry")
        filling.put(t.questions, {"kind": "task", "text": f"S{number} kari@example.org", "options": [], "asked_at": now,
                                  "subject_id": number})  # fmt: skip
    numbers = scrape()
    labels = {each for samples in numbers.values() for each in samples}
    assert "987" not in str(labels)
    assert "kari" not in str(numbers)
    assert len(numbers["gateway_steps_open"]) == len(numbers["gateway_questions_waiting"]) == 1


def test_without_the_ledger_it_answers_with_what_the_process_knows_and_comes_back(
    ledger: Ledger, healthy: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    meters = Meters()
    meters.observe("recman", "GET", 200, 0.1)
    asked: list[int] = []
    metrics = Metrics(ledger, meters, lambda: asked.append(1) or {}, patience=20)

    def cut() -> Any:
        raise OSError("no route to the database of kari@example.org")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "read", cut)
        numbers = read(metrics(healthy))
    assert value(numbers, "up") == value(numbers, "ready") == 0
    assert value(numbers, "tick_age_seconds") == 1
    assert labelled(numbers, "vendor_call_seconds_count") == {"read recman 2xx": 1}
    assert "gateway_cases_open" not in numbers
    assert "kari" not in str(numbers)
    assert asked == [], "the call limits lie in the ledger too"
    again = read(metrics(healthy))
    assert value(again, "up") == value(again, "ready") == 1


def test_a_ledger_that_hangs_holds_up_one_thread_however_often_it_is_asked(
    ledger: Ledger, healthy: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, waiting = threading.Event(), []

    def hang() -> Any:
        waiting.append(threading.current_thread())
        assert free.wait(10)
        raise OSError

    metrics = Metrics(ledger, Meters(), none, patience=0.05)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "read", hang)
        for _ in range(3):
            assert value(read(metrics(healthy)), "up") == 0
        assert len(waiting) == 1
        free.set()
        waiting[0].join(5)
    assert value(read(Metrics(ledger, Meters(), none, patience=20)(healthy)), "up") == 1
    metrics._measures._patience = 20
    assert value(read(metrics(healthy)), "up") == 1
