"""What the engine's tasks do: the same functions a sync calls, at one processor or on the ledger, under a lease."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from gateway.adopting import plan
from gateway.agenda import PRIORITY
from gateway.agreements import review
from gateway.engine import Engine, Task
from gateway.errors import GatewayError, PluginError, SettingsError, VendorError
from gateway.ledger import LedgerError, chunks, jobs, nodes
from gateway.ledger.nodes import Lease, LostError
from gateway.nodes import Node
from gateway.register import Register
from gateway.risks import Risk, at_risk
from gateway.runs import Target, Work, carry_out, fetch, look_again, settle, settle_absent, verify
from gateway.sync import check_clock, checkpoint

ACTOR = "gateway"
KEPT_FOR = timedelta(days=7)
"""How long what the engine has finished, and nodes that ended, are kept for whoever asks."""
CHANGES = ("fetch", "look_again")
"""After these, somebody may be due who was not before: a plan follows."""
FAIR_SHARE = 30.0
"""Seconds a fetch goes on before it makes room for what is more urgent, and a deletion takes on what waits behind it."""
log = logging.getLogger("gateway.daemon")


class Busy(Exception):  # noqa: N818 - it is no fault
    """Somebody else works at that processor now."""


class Yielded(Exception):  # noqa: N818 - it is no fault
    """It made room for what is more urgent, or was asked to stop; it goes on later from where it stood."""


class Doer:
    """Does tasks for one node. What goes wrong is written down with the job, and never raised."""

    def __init__(
        self,
        register: Register,
        node: Node,
        stop: Callable[[], bool],
        wanted: Callable[[str], bool],
        ended: Callable[[Task, str], None],
    ) -> None:
        self.register, self.node = register, node
        self._stop, self._wanted, self._ended = stop, wanted, ended
        self.engine: Engine | None = None
        self.risks: list[Risk] = []
        self._names: set[str] = set()
        self._quiet = threading.Condition()

    def names(self) -> frozenset[str]:
        """The tasks that are being done, by name."""
        with self._quiet:
            return frozenset(self._names)

    def wait_until_quiet(self, seconds: float) -> bool:
        """Wait for the tasks under way; whether all have ended."""
        with self._quiet:
            return self._quiet.wait_for(lambda: not self._names, seconds)

    def do(self, name: str, task: Task) -> None:
        """Do a task, and write down how it ended."""
        with self._quiet:
            self._names.add(name)
        what = f"{task.kind} {task.processor}".strip()
        result: str | None = None
        try:
            with self.node.at(what):
                result = self._try(task)
            if result is not None:
                self._end(name, task, result)
        finally:
            with self._quiet:
                self._names.discard(name)
                self._quiet.notify_all()
            self._ended(task, "left" if result is None else result.partition(":")[0])

    def _try(self, task: Task) -> str | None:
        """How it ended, in words; None where it goes on later."""
        if self._stop():
            return None
        about = {"task": task.kind} | ({"processor": task.processor} if task.processor else {})
        try:
            self._check_clock()
            counts = self._carry(task)
        except (Busy, Yielded, LostError, LedgerError) as err:
            log.info("left for later", extra={**about, "why": str(err)})
            return None
        except GatewayError as err:
            log.warning("failed", extra={**about, "why": str(err)})
            return f"failed: {err}"
        if said := {name: count for name, count in counts.items() if count}:
            log.info("done", extra={**about, **said})
        return "done"

    def _end(self, name: str, task: Task, result: str) -> None:
        """Write it down; without a database, whoever takes over does the task again."""
        try:
            follows = task.kind in CHANGES and result == "done" and self._is_plan_wanted()
            with self.register.ledger.write() as tx:
                jobs.end(tx, name, result, self.register.now())
                if task.steps:
                    chunks.free(tx, name)
                if follows and self.engine is not None:
                    self.engine.put(tx, Task("plan"))
        except GatewayError as err:
            log.warning("could not be written down", extra={"task": task.kind, "why": str(err)})

    def _is_plan_wanted(self) -> bool:
        """Whether no plan waits to be begun: one that does sees all that was read by then."""
        return self.engine is not None and not self.engine.waiting("plan")

    def _carry(self, task: Task) -> Counter[str]:
        """Do it; what it came to, in numbers."""
        if not task.processor:
            return {
                "plan": self._plan, "checkpoint": self._sign, "agreements": self._agreements, "tidy": self._tidy,
            }[task.kind]()  # fmt: skip
        with self._leased(task.processor) as lease:
            target = self.register.target(task.processor)
            job = self._job(lease, task)
            return {
                "delete": self._delete, "verify": self._verify, "look_again": self._look_again, "fetch": self._fetch,
            }[task.kind](job, target, task)  # fmt: skip

    def _check_clock(self) -> None:
        try:
            check_clock(self.register)
        except SettingsError as err:
            raise Yielded(
                str(err)
            ) from err  # nothing is wrong with the task: it is done when the clock is right

    @contextmanager
    def _leased(self, processor: str) -> Iterator[Lease]:
        lease = self.node.take(processor)
        if lease is None:
            raise Busy("another node, or a sync, works there")
        try:
            yield lease
        finally:
            self.node.let_go(lease)

    def _job(self, lease: Lease, task: Task) -> Work:
        began = monotonic()

        def stop() -> bool:
            if self._stop():
                return True
            makes_room = task.kind == "fetch" and monotonic() - began > FAIR_SHARE
            return makes_room and self._wanted(task.processor)

        return Work(self.register.ledger, self.register.plugins, self.register.now, ACTOR, stop, lease)

    def _delete(self, job: Work, target: Target, task: Task) -> Counter[str]:
        """Settle what was begun and never answered for, then carry out the steps of this chunk.

        What keeps the first from being done is no reason not to do the second: it says so of each step, where it is one.
        """
        counts: Counter[str] = Counter()
        try:
            counts += settle(job, target)
        except (VendorError, PluginError) as err:
            log.warning("not settled", extra={"processor": task.processor, "why": str(err)})
        return counts + self._carry_out(job, target, task)

    def _carry_out(self, job: Work, target: Target, task: Task) -> Counter[str]:
        """The steps of this chunk, and for a while those of the chunks that wait behind it, instead of their own tasks."""
        counts = carry_out(job, target, only=frozenset(task.steps))
        began, done = monotonic(), set(task.steps)
        while self.engine is not None and not job.stop() and monotonic() - began < FAIR_SHARE:
            with job.ledger.read() as tx:
                chunk, steps = chunks.following(tx, task.processor, job.now(), done)
            if not steps:
                break
            self.engine.drop([chunk])
            counts += carry_out(job, target, only=frozenset(steps))
            done |= set(steps)
        return counts

    def _verify(self, job: Work, target: Target, _task: Task) -> Counter[str]:
        counts = settle(job, target) + verify(job, target)
        _if_stopped(job)
        return counts

    def _look_again(self, job: Work, target: Target, _task: Task) -> Counter[str]:
        counts = look_again(job, target)
        _if_stopped(job)
        return counts

    def _fetch(self, job: Work, target: Target, task: Task) -> Counter[str]:
        register = self.register
        counts: Counter[str] = Counter()
        for kind in register.places[task.processor].kinds:
            got = fetch(job, target, kind, register.reading(task.processor))
            if got.error is not None:
                raise got.error
            _if_stopped(job)
            absent = settle_absent(job, target, kind, register.brake.allows)
            _if_stopped(job)
            counts += Counter(records=got.tally.seen, new=got.tally.new, missing=absent.missing)
        return counts

    def _plan(self) -> Counter[str]:
        _, planned = plan(self.register, ACTOR)
        if planned is None:
            raise GatewayError(
                "the rules that act cannot be read any more: `gateway policy versions` lists them"
            )
        self.risks = at_risk(self.register, self.register.now())
        for each in self.risks:
            log.warning("a deadline is at risk", extra={
                "processor": each.processor, "people": each.late_people, "owed": f"{each.due_by}",
                "done": "never" if each.done_by is None else f"{each.done_by}", "way_out": each.command,
            })  # fmt: skip
        return Counter(people=planned.people, waiting=planned.waiting)

    def _sign(self) -> Counter[str]:
        checkpoint(self.register)
        return Counter()

    def _agreements(self) -> Counter[str]:
        return Counter(asked=review(self.register, ACTOR))

    def _tidy(self) -> Counter[str]:
        before = self.register.now() - KEPT_FOR
        if self.engine is not None:
            self.engine.forget(before)
        with self.register.ledger.write() as tx:
            nodes.forget(tx, before)
        return Counter()


def _if_stopped(job: Work) -> None:
    if job.stop():
        raise Yielded("it was asked to stop, and goes on later")


def priority_of(hours_left: float) -> int:
    """The place of a deletion in the queue: hours until its deadline, the nearest first."""
    return int(min(max(hours_left, PRIORITY["delete"]), 50_000))
