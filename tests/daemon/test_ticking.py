"""Ticks: what is due is put once, whoever ticks; what was lost is put again; where nothing may be done nothing is put."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from gateway.engine import Task
from gateway.ledger import Transaction, chunks, circuits, jobs, nodes, stops, work
from gateway.ledger import tables as t
from gateway.nodes import Node, executor_of, this_process
from gateway.ticking import CHUNK, Ticker
from tests.core.conftest import firm, keys, now  # noqa: F401 - fixtures
from tests.core.firm import Firm

OVER = date(2026, 1, 1)


class Queues:
    """Where tasks go in these tests, in place of the engine: the same words, in memory."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.doing: dict[str, str] = {}
        self.forgotten: list[datetime] = []
        self._numbers = count(1)

    def put(self, _tx: Transaction, task: Task) -> str:
        name = f"{task.kind}:{task.processor}:{next(self._numbers)}"
        self.tasks[name] = task
        return name

    def under_way(self) -> dict[str, str]:
        return {name: self.doing.get(name, "") for name in self.tasks}

    def waiting(self, kind: str) -> list[str]:
        return [name for name in self.tasks if name.startswith(f"{kind}:") and name not in self.doing]

    def drop(self, names: Any) -> None:
        for name in names:
            del self.tasks[name]

    def forget(self, before: datetime) -> None:
        self.forgotten.append(before)

    def lose(self) -> None:
        self.tasks.clear()

    @property
    def put_so_far(self) -> list[Task]:
        return list(self.tasks.values())


@pytest.fixture
def queues() -> Queues:
    return Queues()


class Here:
    """A node that ticks; its rests are over at once."""

    def __init__(self, firm: Firm, queues: Queues) -> None:  # noqa: F811
        self.node = Node(firm.ledger, "serve", lambda: firm.now)
        self.node.__enter__()
        self.ticker = Ticker(firm.register(), self.node, queues, lambda: tuple(queues.doing))  # type: ignore[arg-type]  # has what is used

    def tick(self) -> int:
        self.ticker._rests.clear()
        return self.ticker.tick().put

    def close(self) -> None:
        self.node.__exit__()


@pytest.fixture
def due(firm: Firm) -> Firm:  # noqa: F811
    """Three people at two vendors who have to go; planned, and nothing of it done."""
    for name in ("recman", "crm"):
        firm.vendor(name).add_many(range(1, 4), over=OVER)
    plan_only(firm)
    return firm


def plan_only(firm: Firm) -> None:  # noqa: F811
    from gateway.sync import Sync

    job = Sync(firm.register(), actor="tester")
    with job.working("test"):
        job.fetch()
        job.plan()


def test_what_is_due_is_put_once_whoever_ticks(due: Firm, queues: Queues) -> None:
    one, two = Here(due, queues), Here(due, queues)
    assert one.tick() == 2
    assert two.tick() == 0
    assert one.tick() == 0
    assert sorted((each.kind, each.processor, len(each.steps)) for each in queues.put_so_far) == [
        ("delete", "crm", 3), ("delete", "recman", 3),
    ]  # fmt: skip
    one.close()
    two.close()


def test_when_the_tables_of_the_engine_are_lost_all_that_is_open_is_put_again(
    due: Firm, queues: Queues
) -> None:
    here = Here(due, queues)
    here.tick()
    before = {each.steps for each in queues.put_so_far}
    queues.lose()
    assert here.tick() == 2
    assert {each.steps for each in queues.put_so_far} == before
    here.close()


def test_the_work_of_a_node_that_died_is_put_again_and_that_of_one_that_lives_is_not(
    due: Firm, queues: Queues
) -> None:
    here = Here(due, queues)
    here.tick()
    (crm,) = [name for name in queues.tasks if "crm" in name]
    (recman,) = [name for name in queues.tasks if "recman" in name]
    queues.doing = {crm: "elsewhere/1/1", recman: executor_of(this_process())}
    with due.ledger.write() as tx:
        other = nodes.join(tx, "other", "serve", nodes.Process("elsewhere", 1, "1"), "1", due.now)
    assert here.tick() == 0
    with due.ledger.write() as tx:
        nodes.leave(tx, other, "silent", due.now)
    assert here.tick() == 1
    assert crm not in queues.tasks
    assert recman in queues.tasks
    here.close()


def test_what_ended_and_left_steps_open_is_put_again_when_their_time_comes(due: Firm, queues: Queues) -> None:
    here = Here(due, queues)
    here.tick()
    later = due.now + timedelta(hours=1)
    for name, task in dict(queues.tasks).items():
        with due.ledger.write() as tx:
            for step in task.steps:
                work.change_step(tx, step, outcome="retry", next_at=later)
            chunks.free(tx, name)
        queues.drop([name])
    assert here.tick() == 0
    due.later(hours=1)
    assert here.tick() == 2
    here.close()


def test_chunks_are_of_one_processor_small_and_ordered_by_their_deadline(firm: Firm, queues: Queues) -> None:  # noqa: F811
    firm.head += "[brake]\npeople = 1000\n"
    firm.vendor("recman").add_many(range(1, 121), over=OVER)
    plan_only(firm)
    with firm.ledger.write() as tx:
        urgent = tx.execute(t.cases.select().order_by(t.cases.c.id.desc())).first()
        assert urgent is not None
        tx.execute(
            t.cases.update().where(t.cases.c.id == urgent.id).values(due_at=firm.now + timedelta(hours=5))
        )
    here = Here(firm, queues)
    assert here.tick() == 3
    sizes = [len(each.steps) for each in queues.put_so_far]
    assert sizes == [CHUNK, CHUNK, 120 - 2 * CHUNK]
    first = min(queues.put_so_far, key=lambda task: task.priority)
    (step,) = firm.rows(t.steps, t.steps.c.case_id == urgent.id)
    assert step.id in first.steps
    assert first.priority == 5
    assert len({step for each in queues.put_so_far for step in each.steps}) == 120
    here.close()


def test_nothing_is_put_where_deletions_are_stopped_or_nobody_answers(due: Firm, queues: Queues) -> None:
    here = Here(due, queues)
    with due.ledger.write() as tx:
        stops.stop(tx, stops.ALL, "a test", due.now, cause=stops.OPERATOR, by="kari")
    assert here.tick() == 0
    with due.ledger.write() as tx:
        stops.end(tx, stops.ALL)
        for _ in range(circuits.MOST_FAILURES):
            circuits.failed(tx, "crm", "no answer", due.now)
    assert here.tick() == 1
    assert [each.processor for each in queues.put_so_far] == ["recman"]
    due.later(hours=1)
    assert here.tick() == 1
    here.close()


def test_a_turn_is_begun_by_one_node_and_not_while_the_last_one_goes_on(due: Firm, queues: Queues) -> None:
    one, two = Here(due, queues), Here(due, queues)
    assert one.ticker.turn("fetch:crm")
    assert not two.ticker.turn("fetch:crm")
    assert [each.kind for each in queues.put_so_far] == ["fetch"]
    due.later(hours=6)
    assert not two.ticker.turn("fetch:crm")
    with due.ledger.write() as tx:
        row = jobs.last(tx, "fetch:crm")
        assert row is not None
        assert row.overlapped == 1
        jobs.end(tx, row.task, "done", due.now)
    due.later(hours=30)
    assert one.ticker.turn("fetch:crm")
    with due.ledger.read() as tx:
        row = jobs.last(tx, "fetch:crm")
    assert row is not None
    assert (row.missed, row.missed_at, row.ended_at) == (4, due.now, None)
    one.close()
    two.close()


def test_a_turn_that_began_and_that_nobody_is_at_goes_on_under_another_task(
    due: Firm, queues: Queues
) -> None:
    here = Here(due, queues)
    with due.ledger.write() as tx:
        stops.stop(tx, stops.ALL, "a test", due.now, cause=stops.OPERATOR, by="kari")
    assert here.ticker.turn("fetch:crm")
    assert here.tick() == 0
    queues.lose()
    assert here.tick() == 1
    (name,) = queues.tasks
    with due.ledger.write() as tx:
        row = jobs.last(tx, "fetch:crm")
        assert row is not None
        assert row.task == name
        jobs.end(tx, name, "done", due.now)
    queues.lose()
    assert here.tick() == 0
    here.close()


def test_what_the_clock_missed_is_counted(due: Firm, queues: Queues) -> None:
    here = Here(due, queues)
    assert here.ticker.turn("plan")
    here.ticker.note("plan", "missed")
    here.ticker.note("plan", "overlapped")
    with due.ledger.read() as tx:
        row = jobs.last(tx, "plan")
    assert row is not None
    assert (row.missed, row.missed_at, row.overlapped) == (1, due.now, 1)
    here.close()
