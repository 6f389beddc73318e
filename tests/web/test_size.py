"""A scrape of a ledger of 100,000 people, most of them dealt with long ago: quick, and never by reading everybody."""

from __future__ import annotations

import re
from datetime import datetime
from time import thread_time
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.ledger import Ledger
from gateway.ledger import tables as t
from gateway.ledger.batches import insert_rows
from gateway.ledger.metrics import measure
from gateway.ledger.tables import to_micros

PEOPLE = 100_000
PROCESSORS = ("bisnode", "invenias", "recman")


def fill(ledger: Ledger, now: datetime) -> None:
    """As after some years: every second person had a case; one in forty has one now, at three processors."""
    day, at = 86_400_000_000, to_micros(now)
    people = range(1, PEOPLE + 1)
    with ledger.write() as tx:
        columns: tuple[str, ...] = ("id", "wrapped_key", "look_at")
        insert_rows(tx, t.subjects, columns, [(each, b"k" * 60, at) for each in people])
        columns = ("id", "subject_id", "trigger", "why", "state", "opened_at", "due_at", "closed_at")
        had = [(each, each, "retention", "it ran out", "closed", at - day, at, at) for each in people[::2]]
        has = [
            (each, each, "retention", "it ran out", "open", at - day, at + day, None)
            for each in people[1::40]
        ]
        insert_rows(tx, t.cases, columns, had + has)
        columns = (
            "case_id",
            "processor",
            "outcome",
            "reason",
            "kept",
            "deleted",
            "attempts",
            "next_at",
            "closed_at",
        )
        done = [
            (case[0], name, "verified", "", "[]", "[]", 1, None, at) for case in had for name in PROCESSORS
        ]
        due = [(case[0], name, "retry", "", "[]", "[]", 1, at, None) for case in has for name in PROCESSORS]
        insert_rows(tx, t.steps, columns, done + due)
        columns = ("step_id", "processor", "day", "due_at", "looked_at", "found", "refs")
        looks = [
            (step, name, 14, at + day, at if step % 2 else None, "", "[]")
            for step in people[::4]
            for name in PROCESSORS
        ]
        insert_rows(tx, t.watches, columns, looks)
        columns = (
            "processor",
            "kind",
            "whole",
            "pages",
            "records",
            "started_at",
            "ended_at",
            "complete",
            "settled",
        )
        kinds = [(name, kind) for name in PROCESSORS for kind in ("candidate", "user")]
        turns = [
            (*each, turn % 28 == 0, 1, 0, turn, turn, True, True) for turn in range(1_000) for each in kinds
        ]
        insert_rows(tx, t.sweeps, columns, turns)
        columns = ("kind", "text", "options", "asked_at", "answered_at")
        asked = [
            ("task", "to be done at the archive", "[]", at, at if each % 50 else None)
            for each in range(20_000)
        ]
        insert_rows(tx, t.questions, columns, asked)
        insert_rows(tx, t.trail, ("seq", "body", "hash"), [(each, "{}", b"h") for each in people])


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_large_ledger_is_measured_in_a_blink(ledger: Ledger, now: datetime) -> None:
    fill(ledger, now)
    took = []  # of the processor, so that a busy machine fails nobody
    for _ in range(5):
        began = thread_time()
        with ledger.read() as tx:
            found = measure(tx, now)
        took.append(thread_time() - began)
    assert {row.state: row.cases for row in found.cases} == {"open": 2_500}
    assert sum(row.steps for row in found.steps) == 7_500
    assert [row.questions for row in found.questions] == [400]
    assert list(found.looks.values()) == [0, 0, 0]
    assert len(found.sweeps) == 6
    assert found.trail_lines == PEOPLE
    assert min(took) < 0.2


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_statement_reads_a_large_table_from_end_to_end(ledger: Ledger, now: datetime) -> None:
    seen: list[str] = []
    with ledger.read() as tx:

        @sa.event.listens_for(tx, "before_cursor_execute")
        def note(connection: sa.Connection, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
            if statement.startswith("EXPLAIN"):
                return
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.extend(row[-1] for row in plan)

        measure(tx, now)
    assert len(seen) > 20
    large = r"SCAN (cases|steps|sweeps|s|watches|w|trail|subjects|records)\b(?! USING COVERING INDEX)"
    assert [each for each in seen if re.match(large, each)] == []
