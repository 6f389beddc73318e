"""One tick of a node: take over from the dead, find what is due in the ledger, and put it as tasks.

Ticks of many nodes make each piece of work once: what was put is marked in the ledger in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from gateway.agenda import Job, jobs_of
from gateway.engine import Engine, Task
from gateway.ledger import AnyRow, Transaction, chunks, circuits, jobs, nodes, stops
from gateway.nodes import Node, executor_of, this_process
from gateway.register import Register
from gateway.schedule import latest
from gateway.tasks import priority_of

CHUNK = 50
REST = 10.0
"""Seconds before work that had to be left (somebody else is at that processor) is put again."""
STRAY = 10.0
"""Seconds after which a task that this process took, and is not at, counts as lost."""
HOUR = timedelta(hours=1)
log = logging.getLogger("gateway.daemon")


@dataclass(slots=True)
class Tick:
    """What one tick came to: how many tasks it put, and where deletions are due."""

    put: int = 0
    under_way: int = 0
    due: frozenset[str] = frozenset()


class Ticker:
    """Finds work for the engine, for one node."""

    def __init__(
        self,
        register: Register,
        node: Node,
        engine: Engine,
        doing: Callable[[], Collection[str]],
    ) -> None:
        """`doing`: the tasks this process is at, by name."""
        self.register, self.node, self.engine, self.doing = register, node, engine, doing
        self.jobs: Mapping[str, Job] = jobs_of(register)
        self._rests: dict[str, float] = {}
        self._strays: dict[str, float] = {}

    def tick(self) -> Tick:
        """Look once; cheap where nothing is to be done."""
        for row, end in self.node.take_over():
            log.warning(
                "took over from a node that is not there any more", extra={"node": row.name, "end": end}
            )
        now = self.register.now()
        with self.register.ledger.read() as tx:
            begun = jobs.unfinished(tx)
            if not begun and not chunks.any_due(tx, now):
                return Tick()
            away = {row.name for row in nodes.held(tx) if row.node_id != self.node.number}
            names = self._callable(tx, away, now)
            due = [
                row for row in chunks.due_where(tx, names, now) if self._is_rested(f"delete:{row.processor}")
            ]
            open_turns = [
                row for row in begun if self._is_rested(row.name) and row.name.partition(":")[2] not in away
            ]
        found = Tick(due=frozenset(row.processor for row in due))
        if due or open_turns:
            live = self._live()
            found.under_way = len(live)
            lost = [row for row in open_turns if row.name in self.jobs and row.task not in live]
            found.put = self._put_steps(due, live, now) + self._put_turns_again(lost, live)
        return found

    def _callable(self, tx: Transaction, away: Collection[str], now: datetime) -> list[str]:
        """Where deletions may be carried out now: not where they were stopped, nor where nobody answers.

        Where another node is at work, that one's ticks find what is due (a sync does it by itself).
        """
        barred = {each.name for each in stops.all_stops(tx)} | {
            each.account for each in circuits.all_open(tx, now)
        }
        if stops.ALL in barred:
            return []
        return [name for name in self.register.callable_names() if name not in away and name not in barred]

    def _is_rested(self, name: str) -> bool:
        return monotonic() >= self._rests.get(name, 0.0)

    def _live(self) -> set[str]:
        """The tasks that wait or are done by a node that lives; those of dead nodes are forgotten, to be put again."""
        under_way = self.engine.under_way()
        with self.register.ledger.read() as tx:
            executors = {executor_of(row) for row in nodes.alive(tx)}
        dead = [name for name, executor in under_way.items() if executor and executor not in executors]
        dead += self._find_strays(under_way)
        self.engine.drop(dead)
        return set(under_way) - set(dead)

    def _find_strays(self, under_way: Mapping[str, str]) -> list[str]:
        """What the engine says this process is at, and for a while it was not.

        It was taken, and the answer that it was got lost with the connection. Nobody would ever be at it, and the
        queue would wait for it.
        """
        me, doing, now = executor_of(this_process()), self.doing(), monotonic()
        mine = [name for name, executor in under_way.items() if executor == me and name not in doing]
        self._strays = {name: self._strays.get(name, now) for name in mine}
        return [name for name, since in self._strays.items() if now - since >= STRAY]

    def _put_steps(self, due: Sequence[AnyRow], live: Collection[str], now: datetime) -> int:
        """Chunks of the steps that are nobody's work; looked at once more inside the transaction that puts them."""
        if all(row.chunk in live for row in due):
            return 0
        put = 0
        with self.register.ledger.write() as tx:
            left = [
                row for row in chunks.due(tx, self.register.callable_names(), now) if row.chunk not in live
            ]
            wanted = {row.processor for row in due}
            for some in _in_chunks([row for row in left if row.processor in wanted]):
                first = some[0]
                hours = (first.due_at - now) / HOUR
                plugin = self.register.places[first.processor].plugin
                task = Task(
                    "delete", first.processor, plugin, tuple(row.id for row in some), priority_of(hours)
                )  # fmt: skip
                chunks.assign(tx, task.steps, self.engine.put(tx, task))
                self._rests[f"delete:{first.processor}"] = monotonic() + 1
                put += 1
        return put

    def _put_turns_again(self, lost: Sequence[AnyRow], live: Collection[str]) -> int:
        """Turns that began, have not ended, and nobody is at: their node died, they made room, or the tables were lost."""
        if not lost:
            return 0
        put = 0
        with self.register.ledger.write() as tx:
            for row in jobs.unfinished(tx):
                if row.name not in {each.name for each in lost} or row.task in live:
                    continue
                jobs.put_again(tx, row.name, self.engine.put(tx, self.jobs[row.name].task))
                self._rests[row.name] = monotonic() + REST
                put += 1
        return put

    def turn(self, name: str) -> bool:
        """The turn of a job has come: put its task, unless another node has, or the last one still goes on."""
        job, now = self.jobs[name], self.register.now()
        with self.register.ledger.read() as tx:
            row = jobs.last(tx, name)
        if latest(job.turn, self.register.zone, row.slot if row else None, now) is None:
            return False  # another node has begun it: nobody has to wait for the right to write
        with self.register.ledger.write() as tx:
            row = jobs.last(tx, name)
            found = latest(job.turn, self.register.zone, row.slot if row else None, now)
            if found is None:
                return False
            slot, missed = found
            if row is not None and row.ended_at is None:
                jobs.skip(tx, name, slot)
                return False
            task = self.engine.put(tx, job.task)
            jobs.begin(tx, name, slot, task, missed, now, self.node.number)
            return True

    def note(self, name: str, what: str) -> None:
        """A turn was missed or overlapped: APScheduler only logs it."""
        with self.register.ledger.write() as tx:
            if what == "missed":
                jobs.miss(tx, name, self.register.now())
            elif (row := jobs.last(tx, name)) is not None:
                jobs.skip(tx, name, row.slot)


def _in_chunks(rows: Sequence[AnyRow]) -> Iterator[list[AnyRow]]:
    """Steps of one processor together, nearest deadline first, at most fifty at a time."""
    by_processor: dict[str, list[AnyRow]] = {}
    for row in rows:
        by_processor.setdefault(row.processor, []).append(row)
    for mine in by_processor.values():
        for start in range(0, len(mine), CHUNK):
            yield mine[start : start + CHUNK]
