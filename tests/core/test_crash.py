"""Killed at every commit of a real sync: the next run ends where a run that nobody disturbed ends."""

from __future__ import annotations

import copy
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from gateway_example.simulator import KEY, Simulator

from gateway.ledger import Ledger, Vault, make, read_url
from gateway.ledger import tables as t
from gateway.model import Secret
from gateway.testing import serve
from tests.core.crashing import Run, as_line
from tests.core.firm import HEAD, Firm

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = ("recman", "crm")
DUE = {"recman": {1, 2, 3, 4}, "crm": {1, 2, 5}}
"""Who has to go: four whose consent is over, two of whom the CRM holds too, and one deleted at the source."""


@dataclass
class Theatre:
    """Two vendors that outlive every crash, a folder with the ledger, and the process that runs syncs."""

    folder: Path
    vendors: dict[str, Simulator]
    worker: subprocess.Popen[str]
    people: dict[str, dict[int, Any]] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "gateway.db"

    def run(self, **how: Any) -> tuple[int, int]:
        """Exit code (or the signal that ended it) and number of commits of one sync."""
        run = Run(str(self.folder), **{"now": NOW.isoformat(), **how})
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        self.worker.stdin.write(as_line(run))
        self.worker.stdin.flush()
        code, commits = json.loads(self.worker.stdout.readline())
        return code, commits

    def again(self) -> int:
        """The next run, which nobody disturbs: its exit code."""
        return self.run(now=(NOW + timedelta(hours=1)).isoformat())[0]

    def save(self) -> None:
        with (
            closing(sqlite3.connect(self.database)) as now,
            closing(sqlite3.connect(self.folder / "saved")) as saved,
        ):
            now.backup(saved)
        shutil.copy(self.folder / "trail.checkpoints", self.folder / "saved.checkpoints")
        self.people = {name: copy.deepcopy(each.people) for name, each in self.vendors.items()}

    def restore(self) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{self.database}{end}").unlink(missing_ok=True)
        shutil.copy(self.folder / "saved", self.database)
        shutil.copy(self.folder / "saved.checkpoints", self.folder / "trail.checkpoints")
        for name, each in self.vendors.items():
            each.people = copy.deepcopy(self.people[name])
            each.wire.journal.clear()

    def end_state(self) -> dict[str, Any]:
        """All that has to be the same, however often it was disturbed on the way; the trail is checked too."""
        master = Secret((self.folder / "master").read_text())
        with closing(Ledger(read_url(f"sqlite:///{self.database}"), Vault(master))) as ledger:
            firm = Firm(self.folder, ledger, NOW)
            firm.check_trail()
            cases = {row.id: row for row in firm.rows(t.cases)}
            closed = [(each["step"], each["outcome"]) for each in firm.actions("audited")]
            return {
                "people": {name: sorted(each.people) for name, each in self.vendors.items()},
                "cases": sorted((row.subject_id, row.trigger, row.state) for row in cases.values()),
                "steps": sorted(
                    (cases[row.case_id].subject_id, row.processor, row.outcome, row.closed_at is not None)
                    for row in firm.rows(t.steps)
                ),
                "records": sorted((row.processor, row.vendor_id, row.state) for row in firm.rows(t.records)),
                "erased": sorted(row.id for row in firm.rows(t.subjects) if row.wrapped_key is None),
                "questions": firm.kinds,
                "told once": sorted(Counter(closed).values()),
            }

    def deletions(self) -> Counter[tuple[str, int]]:
        """How often a deletion took effect, and how often it was asked for in vain."""
        return Counter(
            (f"{name} {call.path}", call.status)
            for name, vendor in self.vendors.items()
            for call in vendor.wire.journal
            if call.method == "DELETE"
        )


def place(name: str, url: str, more: str = "") -> str:
    return (
        f'[processors.{name}]\nplugin = "example"\nrole = "processor"\nagreement = "DPA 1"\nlocation = "EU"\n'
        f'parallel = 2\n{more}[processors.{name}.settings]\nurl = "{url}"\nkey = {{ file = "key" }}\n'
    )


@pytest.fixture
def theatre(tmp_path: Path, keys: dict[str, str]) -> Iterator[Theatre]:
    """All is known from an earlier sync; since then, four consents ended and one person was deleted at the source."""
    for name, key in {**keys, "key": KEY}.items():
        (tmp_path / name).write_text(key)
        (tmp_path / name).chmod(0o600)
    vendors = {name: Simulator(now=lambda: NOW, page=6) for name in NAMES}
    for number in range(1, 13):
        vendors["recman"].add_person(f"Person {number}", f"person{number}@example.org")
    for number in (1, 2, 12, 11, 5, 10):
        vendors["crm"].add_person(f"Person {number}", f"person{number}@example.org")
    command = [sys.executable, "-m", "tests.core.crashing"]
    with (
        serve(vendors["recman"]) as recman, serve(vendors["crm"]) as crm,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker,
    ):  # fmt: skip
        (tmp_path / "gateway.toml").write_text(
            HEAD + place("recman", recman, "source = true\n") + place("crm", crm)
        )
        made = Theatre(tmp_path, vendors, worker)
        make(read_url(f"sqlite:///{made.database}"))
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        assert made.run(now=(NOW - timedelta(days=1)).isoformat())[0] == 0
        for number in (1, 2, 3, 4):
            vendors["recman"].people[number]["consent_until"] = "2026-01-01"
        del vendors["recman"].people[5]
        made.save()
        yield made
        assert worker.stdin is not None
        worker.stdin.close()


def undisturbed(theatre: Theatre) -> tuple[dict[str, Any], int]:
    """The end state of two runs that nobody disturbs, and how many commits the first one makes."""
    theatre.restore()
    code, commits = theatre.run(signal=int(signal.SIGKILL))
    assert (code, theatre.again()) == (0, 0)
    state = theatre.end_state()
    assert state["people"] == {"recman": list(range(6, 13)), "crm": [3, 4, 6]}
    assert set(theatre.deletions().values()) == {1}
    return state, commits


@pytest.mark.parametrize(
    ("after", "every"),
    [(False, 2), (True, 4), *(pytest.param(after, 1, marks=pytest.mark.torture) for after in (False, True))],
    ids=["before every second", "after every fourth", "before each", "after each"],
)
def test_killed_at_commits_ends_as_if_nothing_had_happened(theatre: Theatre, after: bool, every: int) -> None:
    """Between one commit and the next hardly anything happens: what strikes after one is close to what strikes before it."""
    expected, commits = undisturbed(theatre)
    assert commits > 20
    for at in range(every, commits + 1, every):
        theatre.restore()
        code, _ = theatre.run(at=at, after=after)
        assert code in (signal.SIGKILL, 0), at
        assert theatre.again() == 0, at
        assert theatre.end_state() == expected, at
        took_effect = {path: count for (path, status), count in theatre.deletions().items() if status == 204}
        in_vain = sum(count for (_, status), count in theatre.deletions().items() if status != 204)
        assert (set(took_effect.values()), len(took_effect)) == ({1}, 7), at
        assert in_vain <= 2, at


def test_asked_to_stop_at_some_commits_ends_as_if_nothing_had_happened(theatre: Theatre) -> None:
    expected, commits = undisturbed(theatre)
    for at in range(2, commits, 5):
        theatre.restore()
        code, _ = theatre.run(at=at, after=True, signal=int(signal.SIGTERM))
        # Where it comes at the very end, nobody listens for it any more.
        assert code in ((0, 3) if at < commits - 4 else (0, 3, signal.SIGTERM)), at
        assert theatre.again() == 0, at
        assert theatre.end_state() == expected, at


def test_killed_twice_and_then_stopped_ends_as_if_nothing_had_happened(theatre: Theatre) -> None:
    expected, commits = undisturbed(theatre)
    theatre.restore()
    for at, how in (
        (commits // 2, signal.SIGKILL),
        (commits // 2, signal.SIGKILL),
        (commits // 3, signal.SIGTERM),
    ):
        theatre.run(at=at, signal=int(how))
    assert theatre.again() == 0
    assert theatre.end_state() == expected
