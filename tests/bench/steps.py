"""Durable steps without any HTTP: the engine, its tasks and the ledger, from due to answered `done`, every one in the trail.

Floor: rows in the same database leased by hand, by 16 threads through the same library: claimed with a lease in one
transaction, closed in another that also writes a row of an audit, without a chain, an intent, or a person looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

import gateway
from gateway import plugins
from gateway.daemon import SHORTEST_TICK
from gateway.engine import Engine
from gateway.ledger import Ledger, Vault, new_master_key, people
from gateway.ledger import tables as t
from gateway.ledger.engines import open_engine
from gateway.nodes import Node, executor_of, this_process
from gateway.plugins.offers import Offer
from gateway.register import Register, clock
from gateway.settings import load
from gateway.tasks import Doer
from gateway.ticking import Ticker
from gateway.trail import new_signing_key
from tests.bench import node, rules

THREADS, ACCOUNTS = 16, 8
LEASE, TICK = 60.0, 1.0
_TABLES = sa.MetaData()
_ROWS = sa.Table(
    "floor_rows",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("until", sa.Double),
    sa.Index(None, "state", "id"),
)
_AUDIT = sa.Table(
    "floor_audit", _TABLES, sa.Column("row_id", sa.Integer), sa.Column("owner", sa.Text), sa.Column("at", sa.Double)
)  # fmt: skip


class _ByHand:
    """Rows leased by hand in either database. On a file one thread writes at a time, as nothing else is quicker there."""

    def __init__(self, url: URL) -> None:
        on_file = url.get_backend_name() == "sqlite"
        self._writing = threading.Lock() if on_file else nullcontext()
        self._engine = (
            open_engine(url).execution_options(writes=True)
            if on_file
            else sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_size=THREADS)
        )

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with self._writing, self._engine.begin() as tx:
            yield tx

    def fill(self, steps: int) -> None:
        with self._write() as tx:
            _TABLES.create_all(tx)
            tx.execute(_ROWS.insert(), [{"id": each, "state": "open"} for each in range(1, steps + 1)])

    def work(self, owner: str) -> None:
        """Claim and close row by row until none is open."""
        while (row := self._claim(owner)) is not None:
            mine = (_ROWS.c.id == row, _ROWS.c.owner == owner, _ROWS.c.state == "open")
            with self._write() as tx:
                if tx.execute(_ROWS.update().where(*mine).values(state="done")).rowcount == 1:
                    tx.execute(_AUDIT.insert(), {"row_id": row, "owner": owner, "at": time.time()})

    def _claim(self, owner: str) -> int | None:
        free = sa.or_(_ROWS.c.until.is_(None), _ROWS.c.until < time.time())
        first = sa.select(_ROWS.c.id).where(_ROWS.c.state == "open", free).order_by(_ROWS.c.id).limit(1)
        with self._write() as tx:
            row: int | None = tx.execute(first.with_for_update(skip_locked=True)).scalar()
            if row is not None:
                leased = {"owner": owner, "until": time.time() + LEASE}
                tx.execute(_ROWS.update().where(_ROWS.c.id == row).values(**leased))
        return row

    def audited(self) -> int:
        with self._write() as tx:
            return int(tx.execute(sa.select(sa.func.count(_AUDIT.c.row_id.distinct()))).scalar_one())


def floor(url: str, steps: int) -> dict[str, float]:
    """So many rows, leased by hand."""
    by_hand = _ByHand(make_url(url))
    by_hand.fill(steps)
    threads = [threading.Thread(target=by_hand.work, args=(f"thread{number}",)) for number in range(THREADS)]
    begun, cpu = time.perf_counter(), time.process_time()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    assert by_hand.audited() == steps
    return {"steps": steps, "seconds": seconds, "cpu": cpu}


class _Loaded:
    """An entry point that gives a module which is there already."""

    def load(self) -> ModuleType:
        made = ModuleType("gateway_memory")

        @gateway.hookimpl
        def describe() -> gateway.Vendor:
            return gateway.Vendor(
                name="memory", title="Memory", site="https://example.org", kinds=(gateway.Kind("person", "People"),),
                settings=(gateway.Setting("url", "nowhere"),), finds_by=frozenset({gateway.IdentityKind.EMAIL}),
            )  # fmt: skip

        @gateway.hookimpl
        def fetch(account: Any) -> Iterator[gateway.Page]:
            return iter(())

        @gateway.hookimpl
        def delete(subjects: Sequence[gateway.Subject]) -> Iterator[gateway.Receipt]:
            for each in subjects:
                yield gateway.Receipt(each.ref, gateway.Outcome.DONE)

        @gateway.hookimpl
        def export(subject: gateway.Subject) -> Iterator[gateway.Item]:
            return iter(())

        @gateway.hookimpl
        def audit(subjects: Sequence[gateway.Subject]) -> Iterator[gateway.Holding]:
            return iter(())

        for hook in (describe, fetch, delete, export, audit):
            setattr(made, hook.__name__, hook)
        return made


_HEAD = """
[gateway]
ledger = "{url}"
master_key = {{ file = "master" }}
signing_key = {{ file = "signing" }}
[purposes.recruitment]
"""
_PLACE = """
[processors.place{number}]
plugin = "memory"
role = "processor"
agreement = "DPA 1"
location = "here"
[processors.place{number}.settings]
url = "http://127.0.0.1:9"
"""


@contextmanager
def _register(url: str) -> Iterator[Register]:
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name:
        folder = Path(name)
        master = new_master_key()
        (folder / "master").write_text(master.reveal())
        (folder / "signing").write_text(new_signing_key().reveal())
        places = "".join(_PLACE.format(number=number) for number in range(1, ACCOUNTS + 1))
        (folder / "gateway.toml").write_text(_HEAD.format(url=url) + places)
        offer = Offer("memory", "memory", "1", _Loaded())  # type: ignore[arg-type]  # has the one method that is used
        ledger = Ledger(make_url(url), Vault(master))
        register = Register(load(folder / "gateway.toml", {}), ledger, plugins.load(offers=[offer]))
        try:
            yield register
        finally:
            register.close()
            ledger.close()


def engine(url: str, steps: int) -> dict[str, float]:
    """As many steps at eight accounts, put by ticks and done by the engine's tasks, as in a daemon."""
    with _register(url) as register, Node(register.ledger, "serve", clock) as mine:
        now = clock()
        with register.ledger.write() as tx:
            asked = [
                people.enter(tx, register.ledger.vault, ("email", f"person{number}@example.org"), now)
                for number in range(steps // ACCOUNTS)
            ]
        node.submit(register, asked)
        woken = threading.Event()
        doer = Doer(register, mine, lambda: False, lambda _: False, lambda *_: woken.set())
        made = Engine(register.ledger, executor_of(this_process()), ["memory"], doer.do)
        doer.engine = made
        made.start()
        ticker = Ticker(register, mine, made, doer.names)
        begun, cpu = time.perf_counter(), time.process_time()
        while _done(register.ledger) < steps:
            ticker.tick()
            woken.wait(TICK)
            woken.clear()
            time.sleep(SHORTEST_TICK)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        doer.wait_until_quiet(LEASE)
        made.stop()
        with register.ledger.read() as tx:
            said = sa.select(sa.func.count()).select_from(t.trail).where(t.trail.c.body.like('%"answered"%'))
            assert tx.execute(said).scalar_one() == steps
        return {"steps": steps, "seconds": seconds, "cpu": cpu}


def _done(ledger: Ledger) -> int:
    with ledger.read() as tx:
        query = sa.select(sa.func.count()).select_from(t.steps).where(t.steps.c.outcome == "done")
        return int(tx.execute(query).scalar_one())


MEASURED: dict[str, Callable[[str, int], dict[str, float]]] = {"floor": floor, "engine": engine}


def measured(what: str, url: str, steps: int) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.steps", what, url, str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def pair(kind: str, steps: int) -> tuple[dict[str, float], dict[str, float]]:
    """Floor and engine, one after the other on one database."""
    with rules.database(kind) as url:
        return measured("floor", url, steps), measured("engine", url, steps)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(MEASURED[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
