"""The engine: work that is part of a transaction, one task at a time at a processor, and tables that may be lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.engine import Engine, Task, is_lost
from gateway.ledger import Ledger
from gateway.ledger.engines import FROZEN, open_for_work
from tests.conftest import MakeUrl, OpenLedger
from tests.daemon.site import until

pytestmark = pytest.mark.slow


class Hands:
    """Does tasks, and remembers which; a test says what each does."""

    def __init__(self) -> None:
        self.done: list[Task] = []
        self.running = 0
        self.most = 0
        self.act: Callable[[Task], None] = lambda _: None
        self._lock = threading.Lock()

    def do(self, _name: str, task: Task) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            self.act(task)
        finally:
            with self._lock:
                self.running -= 1
                self.done.append(task)


@pytest.fixture
def ledger(empty_url: MakeUrl, open_ledger: OpenLedger) -> Ledger:
    """A ledger of its own: the engine's tables are not cleaned away with the ledger's."""
    from gateway.ledger import make

    url = empty_url()
    make(url)
    return open_ledger(url)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def engine(ledger: Ledger, hands: Hands) -> Iterator[Engine]:
    made = Engine(ledger, "node-a", ["example", "example"], hands.do)
    made.start()
    yield made
    made.stop()


def steps(*numbers: int, processor: str = "crm", **more: Any) -> Task:
    return Task("delete", processor, "example", numbers, **more)


def test_work_is_put_with_the_transaction_or_not_at_all(ledger: Ledger, engine: Engine, hands: Hands) -> None:
    def fails() -> None:
        with ledger.write() as tx:
            engine.put(tx, steps(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with ledger.write() as tx:
        engine.put(tx, steps(2))
    until(lambda: hands.done)
    until(lambda: not engine.under_way())
    assert [each.steps for each in hands.done] == [(2,)]


def test_one_task_at_a_time_at_a_processor_and_the_nearest_deadline_first(
    ledger: Ledger, engine: Engine, hands: Hands
) -> None:
    over = threading.Event()
    hands.act = lambda task: over.wait(30) and None if task.steps == (0,) else None
    with ledger.write() as tx:
        engine.put(tx, steps(0))
    until(lambda: hands.running)
    with ledger.write() as tx:
        for number, priority in ((1, 300), (2, 2), (3, 40)):
            engine.put(tx, steps(number, priority=priority))
        engine.put(tx, steps(9, processor="recman"))
        engine.put(tx, Task("plan"))
    # One account that hangs keeps no other waiting.
    until(lambda: {each.processor for each in hands.done} == {"recman", ""})
    assert hands.running == 1
    over.set()
    until(lambda: len(hands.done) == 6)
    assert [each.steps for each in hands.done if each.processor == "crm"] == [(0,), (2,), (3,), (1,)]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_frozen_node_keeps_no_transaction_of_the_engine_open(ledger: Ledger) -> None:
    made = open_for_work(ledger.url)
    with made.connect() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == FROZEN
    made.dispose()


def test_who_does_a_task_is_known_while_it_is_done(ledger: Ledger, engine: Engine, hands: Hands) -> None:
    over = threading.Event()
    hands.act = lambda _: over.wait(30) and None
    with ledger.write() as tx:
        first, second = engine.put(tx, steps(1)), engine.put(tx, steps(2, priority=9))
    until(lambda: engine.under_way().get(first) == "node-a")
    assert engine.under_way()[second] == ""
    engine.drop([second])
    assert set(engine.under_way()) == {first}
    over.set()
    until(lambda: not engine.under_way())
    assert [each.steps for each in hands.done] == [(1,)]


def test_a_node_leaves_the_work_of_plugins_it_does_not_have(
    ledger: Ledger, engine: Engine, hands: Hands
) -> None:
    with ledger.write() as tx:
        other = engine.put(tx, Task("delete", "recman", "recman", (1,)))
        engine.put(tx, steps(2))
    until(lambda: hands.done)
    until(lambda: engine.under_way() == {other: ""})
    assert [each.steps for each in hands.done] == [(2,)]


def test_what_goes_wrong_in_a_task_ends_that_task_and_no_other(
    ledger: Ledger, engine: Engine, hands: Hands
) -> None:
    def act(task: Task) -> None:
        if task.steps == (1,):
            raise ValueError("a bug")

    hands.act = act
    with ledger.write() as tx:
        engine.put(tx, steps(1))
        engine.put(tx, steps(2))
    until(lambda: len(hands.done) == 2)
    until(lambda: not engine.under_way())


def test_finished_work_is_forgotten_and_work_under_way_is_not(
    ledger: Ledger, engine: Engine, hands: Hands
) -> None:
    over = threading.Event()
    hands.act = lambda task: over.wait(30) and None if task.steps == (1,) else None
    with ledger.write() as tx:
        engine.put(tx, steps(1))
        engine.put(tx, steps(2, processor="recman"))
    until(lambda: len(hands.done) == 1)
    until(lambda: len(engine.under_way()) == 1)
    engine.forget(datetime.now(UTC) - timedelta(days=1))
    assert count(ledger) == 2
    engine.forget(datetime.now(UTC) + timedelta(days=1))
    assert count(ledger) == 1
    over.set()
    until(lambda: len(hands.done) == 2)


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.torture)], indirect=True
)  # there each of its indexes waits for a transaction of the engine's own: it takes 20 s
def test_tables_that_were_dropped_are_made_again(ledger: Ledger, engine: Engine, hands: Hands) -> None:
    with ledger.write() as tx:
        engine.put(tx, steps(1))
    until(lambda: hands.done)
    drop_tables(ledger)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the engine says, it has to be known as this
        engine.under_way()
    assert is_lost(caught.value)
    with pytest.raises(Exception) as caught, ledger.write() as tx:  # noqa: PT011
        engine.put(tx, steps(2))
    assert is_lost(caught.value)
    engine.mend()
    with ledger.write() as tx:
        engine.put(tx, steps(3))
    until(lambda: len(hands.done) == 2)
    assert [each.steps for each in hands.done] == [(1,), (3,)]


def test_its_tables_hold_numbers_and_names_of_processors_alone(
    ledger: Ledger, engine: Engine, hands: Hands
) -> None:
    with ledger.write() as tx:
        name = engine.put(tx, steps(41, 42))
    until(lambda: not engine.under_way() and hands.done)
    (held,) = inputs(ledger)
    assert json.loads(held) == {
        "namedArgs": {},
        "positionalArgs": ["delete", "crm", "example", [41, 42], name],
    }


def names_of(ledger: Ledger, connection: sa.Connection) -> list[str]:
    """The engine's tables, as they are written in a statement."""
    if not ledger.on_sqlite:
        return [f"dbos.{name}" for name in sa.inspect(connection).get_table_names("dbos")]
    from gateway.ledger import tables

    ours = {*tables.metadata.tables, "alembic_version"}
    return [name for name in sa.inspect(connection).get_table_names() if name not in ours]


def count(ledger: Ledger) -> int:
    table = "workflow_status" if ledger.on_sqlite else "dbos.workflow_status"
    (found,) = ask(ledger, f"SELECT count(*) FROM {table}")
    return int(found[0])


def inputs(ledger: Ledger) -> list[str]:
    table = "workflow_input" if ledger.on_sqlite else "dbos.workflow_input"
    status = "workflow_status" if ledger.on_sqlite else "dbos.workflow_status"
    found = [*ask(ledger, f"SELECT * FROM {table}"), *ask(ledger, f"SELECT inputs FROM {status}")]
    return [str(value) for row in found for value in row if isinstance(value, str) and "{" in value]


def ask(ledger: Ledger, statement: str) -> list[Any]:
    engine = open_for_work(ledger.url)
    with engine.connect() as connection:
        found = list(connection.exec_driver_sql(statement))
    engine.dispose()
    return found


def drop_tables(ledger: Ledger) -> None:
    """What somebody does who takes the engine's tables for litter; PostgreSQL refuses while one is just in use."""
    engine = open_for_work(ledger.url)

    def dropped() -> bool:
        try:
            drop(engine, ledger)
        except sa.exc.OperationalError:
            return False
        return True

    until(dropped)
    engine.dispose()


def drop(engine: sa.Engine, ledger: Ledger) -> None:
    with engine.begin() as connection:
        if ledger.on_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for name in names_of(ledger, connection):
                if not name.startswith("sqlite_"):
                    connection.exec_driver_sql(f'DROP TABLE "{name}"')
        else:
            connection.exec_driver_sql("DROP SCHEMA dbos CASCADE")
