"""Brings work to life, and outlives processes: the only file that imports dbos.

The ledger is the only memory. A task names a kind of work, a processor and steps by number, never a person. When the
engine's own tables are lost, the next tick puts what is open again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer

from gateway.ledger import Ledger, Transaction
from gateway.ledger.engines import faults, open_for_work

NAME, VERSION = "ats-gateway", "1"
"""The version is that of a task's form, not of the gateway: work may be taken up by a newer gateway."""
LEDGER_QUEUE = "gateway-ledger"
EAGER, IDLE = timedelta(seconds=0.2), timedelta(seconds=5)
"""How often the queues of vendors are looked at: while there is work, and while there is none."""
PATIENT = timedelta(seconds=1)
"""How often the ledger's own queue is at the most: a plan may wait a moment, and each look costs milliseconds."""
UNDER_WAY = ["ENQUEUED", "PENDING"]
log = logging.getLogger("gateway.engine")


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: what kind, at which processor (with which plugin), about which steps; nearest first.

    Without a plugin it is about the ledger alone, and any node can do it.
    """

    kind: str
    processor: str = ""
    plugin: str = ""
    steps: tuple[int, ...] = ()
    priority: int = 1

    @property
    def queue(self) -> str:
        return queue_of(self.plugin)


Do = Callable[[str, Task], None]
"""Does a task, which it is handed with its name. It never raises: what goes wrong is written down in the ledger."""


def queue_of(plugin: str) -> str:
    """The queue of all processors one plugin speaks to: a node listens to those whose plugins it has."""
    return f"gateway-plugin-{plugin}" if plugin else LEDGER_QUEUE


class _Hands:
    """What the workflow, which DBOS keeps by name, works with: one engine a process."""

    do: Do | None = None


@DBOS.workflow(name="gateway.work")
def work(kind: str, processor: str, plugin: str, steps: list[int], name: str) -> None:
    """Do one task. Nothing leaves it as an error: DBOS would never try it again."""
    do = _Hands.do
    if do is None:
        return
    try:
        do(name, Task(kind, processor, plugin, tuple(steps)))
    except Exception:  # the next tick finds what is left open, and puts it again
        log.exception("a task failed", extra={"kind": kind, "processor": processor})


class Engine:
    """Queues of tasks in the ledger's own database, shared by all nodes.

    Tasks of one processor run one at a time, whoever runs them, the one with the nearest deadline first.
    """

    def __init__(
        self,
        ledger: Ledger,
        node: str,
        plugins: Sequence[str],
        do: Do,
        told: Callable[[Task], None] = lambda _: None,
    ) -> None:
        self._ledger, self._node, self._poll, self._told = ledger, node, EAGER, told
        self._plugins = list(dict.fromkeys(plugins))
        self._do = do
        self._engine = open_for_work(ledger.url)
        self._client: DBOSClient | None = None

    def start(self) -> None:
        """Make the engine's tables where they are missing, and begin to work."""
        _Hands.do = self._do
        self.repair()
        DBOS(config=self._config())
        DBOS.listen_queues([queue_of(each) for each in ["", *self._plugins]])
        DBOS.launch()
        self._register()
        self._client = DBOSClient(
            system_database_engine=self._engine, serializer=DBOSPortableJSONSerializer(), application_name=NAME,
            lazy=True, retry_connection_errors=False,
        )  # fmt: skip

    def _config(self) -> DBOSConfig:
        return {
            "name": NAME,
            "system_database_url": _plain(self._ledger),
            "system_database_engine": self._engine,
            "serializer": DBOSPortableJSONSerializer(),
            "executor_id": self._node,
            "application_version": VERSION,
            "run_migrations": False,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 1.0,
            "scheduler_polling_interval_sec": 3600.0,
            "log_level": "WARNING",
        }

    def repair(self) -> None:
        """Make the tables of the engine, as far as they are missing; whatever was lost is put again by the next tick."""
        with faults(self._ledger.url):
            DBOS.migrate(_plain(self._ledger))

    def _register(self) -> None:
        with faults(self._ledger.url):
            for each in ["", *self._plugins]:
                how: dict[str, Any] = {"partition_concurrency": 1} if each else {"global_concurrency": 1}
                poll = self._poll if each else max(self._poll, PATIENT)
                DBOS.register_queue(
                    queue_of(each), polling_interval_sec=poll.total_seconds(), on_conflict="always_update", **how
                )  # fmt: skip

    def hurry(self, *, on: bool) -> None:
        """Look at the queues more often, or less."""
        poll = EAGER if on else IDLE
        if poll != self._poll:
            self._poll = poll
            self._register()

    def mend(self) -> None:
        """After the engine's tables were lost: make them again, with the queues in them."""
        self.repair()
        self._register()

    def put(self, tx: Transaction, task: Task) -> str:
        """Put a task, as part of a transaction of the ledger; the name it is done under."""
        assert self._client is not None, "an engine is started before work is put"
        name = f"{task.kind}:{task.processor or 'ledger'}:{uuid4().hex}"
        options: dict[str, Any] = {
            "workflow_name": "gateway.work", "queue_name": task.queue, "workflow_id": name, "priority": task.priority,
        } | ({"queue_partition_key": task.processor} if task.plugin else {})  # fmt: skip
        self._client.enqueue_in_transaction(
            tx, options, task.kind, task.processor, task.plugin, list(task.steps), name  # type: ignore[arg-type]
        )  # fmt: skip
        self._told(task)
        return name

    def under_way(self) -> dict[str, str]:
        """All tasks that wait or are being done, by name, with the executor that does each (empty: it waits)."""
        assert self._client is not None, "an engine is started before it is asked"
        with faults(self._ledger.url):
            found = self._client.list_workflows(status=UNDER_WAY, load_input=False, load_output=False)
        return {
            each.workflow_id: (each.executor_id or "") if each.status == "PENDING" else "" for each in found
        }

    def waiting(self, kind: str) -> list[str]:
        """The tasks of one kind that nobody has begun, by name."""
        return [
            name
            for name, executor in self.under_way().items()
            if not executor and name.startswith(f"{kind}:")
        ]

    def drop(self, names: Sequence[str]) -> None:
        """Forget tasks; what is still open of what they were about, the ledger knows."""
        assert self._client is not None, "an engine is started before it is asked"
        with faults(self._ledger.url):
            for start in range(0, len(names), 500):
                self._client.delete_workflows(list(names[start : start + 500]))

    def forget(self, before: datetime) -> None:
        """Forget tasks that ended before a moment: the engine keeps them for ever otherwise."""
        assert self._client is not None, "an engine is started before it is asked"
        with faults(self._ledger.url):
            done = self._client.list_workflows(
                completed_before=before.isoformat(), limit=10_000, load_input=False, load_output=False
            )
        self.drop([each.workflow_id for each in done])

    def stop(self) -> None:
        """Take no more work. What is being done goes on until whoever does it ends it."""
        _Hands.do = None
        if self._client is not None:
            self._client.destroy()
            self._client = None
        DBOS.destroy()
        self._engine.dispose()


def is_lost(err: BaseException) -> bool:
    """Whether an error says that the engine's tables are not there."""
    text = str(err).lower()
    return "no such table" in text or ("relation" in text and "does not exist" in text)


def _plain(ledger: Ledger) -> str:
    url = ledger.url
    driver = "sqlite" if ledger.on_sqlite else "postgresql"
    return url.set(drivername=driver).render_as_string(hide_password=False)
