"""Rows of a ledger, written as they are, to be counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gateway.ledger import Ledger
from gateway.ledger import tables as t


class Filling:
    def __init__(self, ledger: Ledger, now: datetime) -> None:
        self.ledger, self.now = ledger, now

    def put(self, table: Any, *rows: dict[str, Any]) -> None:
        with self.ledger.write() as tx:
            for each in rows:
                tx.execute(table.insert(), each)

    def person(self, number: int) -> None:
        self.put(t.subjects, {"id": number, "look_at": 0})

    def case(self, number: int, state: str, *, due: float = 100, opened: float = 1) -> None:
        """`due` in days from now, `opened` in days ago."""
        self.person(number)
        self.put(t.cases, {
            "id": number, "subject_id": number, "trigger": "request", "why": "asked", "state": state,
            "opened_at": self.now - timedelta(days=opened), "due_at": self.now + timedelta(days=due),
        })  # fmt: skip

    def step(self, case: int, processor: str, outcome: str | None = None, *, closed: bool = False) -> None:
        at = self.now if closed else None
        self.put(t.steps, {"case_id": case, "processor": processor, "outcome": outcome, "closed_at": at})

    def sweep(
        self, processor: str, kind: str, ago: float, *, whole: bool = True, complete: bool | None = True
    ) -> None:
        """Begun so many hours ago, ended an hour later (or not: `complete` None)."""
        began = self.now - timedelta(hours=ago)
        ended = None if complete is None else began + timedelta(hours=1)
        self.put(t.sweeps, {
            "processor": processor, "kind": kind, "whole": whole, "complete": complete, "started_at": began,
            "ended_at": ended,
        })  # fmt: skip
