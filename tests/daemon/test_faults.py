"""Whatever else breaks under a daemon: disk, clock, a frozen node, several at once. Each ends with the recovery."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.ledger import lines
from gateway.ledger import tables as t
from gateway.ledger.making import WRITER_LOCK
from tests.daemon.cutting import cutting
from tests.torture.postgres import Postgres
from tests.torture.theatre import Theatre, Workers
from tests.torture.working import OFFSET

pytestmark = pytest.mark.slow
MakeTheatre = Callable[..., Theatre]
SLOW = 0.4
"""Seconds each call takes where something has to happen while calls are under way."""
THREE_HOURS = 3 * 3600


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Postgres]]:
    """PostgreSQL servers of this file's own, which may be killed."""
    made: dict[str, Postgres] = {}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def make_theatre(tmp_path: Path, workers: Workers, servers: dict[str, Postgres]) -> Iterator[MakeTheatre]:
    with ExitStack() as stack:

        def make(backend: str, latency: float = 0.02, port: int = 0) -> Theatre:
            if backend == "postgresql" and "own" not in servers:
                servers["own"] = Postgres(fast=False)
            postgres = servers["own"] if backend == "postgresql" else None
            made = stack.enter_context(Theatre(tmp_path, "example", postgres, workers, port=port))
            for each in made.cast.held.values():
                each.simulator.wire.latency = latency
            return made

        yield make


def on_call(theatre: Theatre, name: str, method: str, action: Callable[[], object]) -> None:
    """Do something while a call is under way that has reached a vendor: once, at the first of this method."""
    wire = theatre.cast.held[name].simulator.wire
    app, done = wire.app, [False]

    def acting(environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] == method and not done[0]:
            done[0] = True
            action()
        return app(environ, start_response)

    wire.app = acting


def freeze(theatre: Theatre, pid: int) -> None:
    """SIGSTOP, at a moment in which it holds the database back from nobody."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        while any(state_of(each) != "T" for each in Path(f"/proc/{pid}/task").iterdir()):
            time.sleep(0.001)  # its threads stop one after the other, and one of them may yet take the lock
        if is_free(theatre):
            return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.01)


def state_of(thread: Path) -> str:
    """The letter by which the kernel tells how a thread is; T once it has stopped."""
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def is_free(theatre: Theatre) -> bool:
    if theatre.postgres:
        query = (
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE datname = %s AND locktype = 'advisory' AND objid = %s AND granted"
        )
        with psycopg.connect(theatre.postgres.url("postgres"), autocommit=True) as connection:
            return connection.execute(query, [theatre.name, WRITER_LOCK & 0xFFFFFFFF]).fetchone() == (0,)
    import sqlite3
    from contextlib import closing

    with closing(
        sqlite3.connect(theatre.folder / "gateway.db", timeout=0.3, isolation_level=None)
    ) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True


def told(theatre: Theatre, word: str) -> list[dict[str, Any]]:
    return [each for each in theatre.logged() if word in f"{each['event']} {each.get('why', '')}"]


def lines_of(theatre: Theatre) -> list[dict[str, Any]]:
    """The trail so far."""
    with theatre.ledger() as ledger, ledger.read() as tx:
        return [json.loads(body) for _, body, _ in lines.stream(tx)]


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(
    "method", ["DELETE", pytest.param("GET", marks=pytest.mark.torture)], ids=["in a delete", "in a fetch"]
)
def test_a_frozen_node_is_taken_over_and_writes_nothing_when_it_wakes(
    make_theatre: MakeTheatre, backend: str, method: str
) -> None:
    theatre = make_theatre(backend, SLOW)
    frozen: list[int] = []
    on_call(theatre, "source", method, lambda: (freeze(theatre, first), frozen.append(first)))
    first = theatre.begin()
    theatre.until(lambda: frozen)
    assert not theatre.is_over()
    second = theatre.begin()
    theatre.until_over()
    (row,) = theatre.rows(t.nodes, t.nodes.c.pid == first)
    assert row.end == "silent"
    os.kill(first, signal.SIGCONT)
    theatre.until(lambda: theatre.is_at_work(first))
    theatre.until(lambda: told(theatre, "another node has taken over"))
    assert (theatre.stop(second), theatre.stop(first)) == (0, 0)
    assert [each["why"] for each in theatre.logged() if each["event"] == "failed"] == []
    # One call of each vendor was under way when it froze; whoever took over may have asked for the same again.
    assert theatre.check() <= 2


@pytest.mark.torture
def test_a_clock_that_is_wrong_lets_nothing_be_started_until_it_is_right(
    make_theatre: MakeTheatre, backend: str
) -> None:
    """It jumps three hours forward while the daemon works, and is set back while another takes over."""
    theatre = make_theatre(backend, SLOW)
    settings, offset = theatre.folder / "gateway.toml", theatre.folder / OFFSET
    settings.write_text(settings.read_text().replace("[schedule]\n", '[schedule]\nfetch = "3 seconds"\n'))
    jumped: list[int] = []
    on_call(theatre, "source", "DELETE", lambda: (offset.write_text(str(THREE_HOURS)), jumped.append(1)))
    first = theatre.begin(skewed=True)
    theatre.until(lambda: jumped and told(theatre, "the clock was set"))
    assert "the clock is off by 10800 s" in theatre.ready()[1]
    theatre.until(lambda: any(each["at"] > in_an_hour() for each in lines_of(theatre)))
    theatre.kill(first)
    offset.write_text("0")
    journals = [each.simulator.wire.journal for each in theatre.cast.held.values()]
    second = theatre.begin(skewed=True)
    theatre.until(lambda: len(told(theatre, "could not look for work")) >= 2)
    # Two ticks later the vendors have answered what was on its way when the first was killed; the second asks nothing.
    calls = [len(each) for each in journals]
    theatre.until(lambda: len(told(theatre, "could not look for work")) >= 5)
    assert "set the clock right; nothing was started" in theatre.ready()[1]
    assert theatre.ready()[0] == 503
    assert [len(each) for each in journals] == calls
    assert not theatre.is_over()
    offset.write_text(str(THREE_HOURS + 60))
    theatre.until_over()
    assert theatre.stop(second) == 0
    assert theatre.check() <= 2


def test_a_full_disk_loses_nothing(make_theatre: MakeTheatre) -> None:
    theatre = make_theatre("sqlite", SLOW)
    full: list[int] = []

    def fill() -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (65_536, resource.RLIM_INFINITY))
        full.append(pid)

    on_call(theatre, "source", "DELETE", fill)
    pid = theatre.begin()
    theatre.until(lambda: full)
    theatre.until(lambda: theatre.ready()[0] == 503)
    assert "cannot be used" in theatre.ready()[1]
    assert not theatre.is_over()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    theatre.until_over()
    theatre.until(lambda: theatre.ready()[0] == 200)
    assert theatre.stop(pid) == 0
    assert theatre.check() <= 2


@pytest.mark.torture
def test_a_postgresql_that_is_killed_and_begun_again_is_gone_on_with(make_theatre: MakeTheatre) -> None:
    theatre = make_theatre("postgresql", SLOW)
    assert theatre.postgres is not None
    killed: list[bool] = []
    server = theatre.postgres
    on_call(theatre, "source", "DELETE", lambda: (server.kill(), killed.append(True)))
    pid = theatre.begin()
    theatre.until(lambda: killed)
    end = time.monotonic() + 60
    while not told(theatre, "could not look for work"):
        assert time.monotonic() < end, theatre.log()
        assert theatre.wait(pid, 0.1) is None, theatre.log()
    assert theatre.ready()[0] == 503
    server.start()
    theatre.until_over()
    assert theatre.stop(pid) == 0
    assert theatre.check() <= 2


@pytest.mark.torture
def test_connections_cut_in_a_commit_lose_nothing_and_do_nothing_twice(
    make_theatre: MakeTheatre, servers: dict[str, Postgres]
) -> None:
    if "own" not in servers:
        servers["own"] = Postgres(fast=False)
    with cutting(servers["own"].port) as cutter:
        theatre = make_theatre("postgresql", port=cutter.port)
        pid = theatre.begin()
        theatre.until(lambda: told(theatre, "done"))
        cutter.on = True
        theatre.until(lambda: theatre.is_over() and sum(cutter.cuts.values()) == cutter.most)
        assert theatre.stop(pid) == 0
    assert cutter.cuts == {"before": cutter.most // 2, "after": cutter.most // 2}
    assert [each["why"] for each in theatre.logged() if each["event"] == "failed"] == []
    assert theatre.check() <= cutter.most


@pytest.mark.torture
def test_three_nodes_one_killed_one_frozen_and_a_database_begun_again(
    make_theatre: MakeTheatre, backend: str
) -> None:
    theatre = make_theatre(backend, SLOW)
    nodes = [theatre.begin() for _ in range(3)]
    theatre.until(lambda: all(theatre.is_at_work(each) for each in nodes))
    theatre.until(lambda: theatre.cast.held["source"].asked())
    freeze(theatre, nodes[0])
    theatre.kill(nodes[1])
    if theatre.postgres:
        theatre.postgres.kill()
        theatre.postgres.start()
    theatre.until(lambda: any(row.end == "silent" for row in theatre.rows(t.nodes)))
    os.kill(nodes[0], signal.SIGCONT)
    theatre.until_over()
    theatre.until(lambda: theatre.is_at_work(nodes[0]))
    assert (theatre.stop(nodes[0]), theatre.stop(nodes[2])) == (0, 0)
    assert theatre.check() <= 8
    assert len(theatre.turns()) > 5
