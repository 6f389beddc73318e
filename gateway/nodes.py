"""One process among those that work on one ledger: it beats, takes leases, and takes over from the dead."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from gateway.errors import GatewayError
from gateway.ledger import AnyRow, Ledger, ReplacedError, nodes
from gateway.ledger.nodes import Lease, Process

BEAT, SILENCE = timedelta(seconds=10), timedelta(seconds=60)
"""How often a node says that it lives, and after how long without a word it counts as dead."""


@lru_cache(1)
def _machine() -> str:
    """The name of this machine since it was started, and of the container on it."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()}/{boot}"
    return socket.gethostname()


def _born(pid: int) -> str | None:
    """When a process of this machine began, in words that stay the same when the clock is set; None for none."""
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *rest = stat.rpartition(")")[2].split()
        return None if state == "Z" else rest[18]
    if Path("/proc/self/stat").exists():
        return None
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.1f}"
    except psutil.NoSuchProcess:
        return None


def this_process() -> Process:
    return Process(_machine(), os.getpid(), _born(os.getpid()) or "")


def is_gone(process: Process) -> bool:
    """Whether a process of this machine is not there any more. Of one elsewhere, nobody here can tell."""
    return process.host == _machine() and _born(process.pid) != process.born


def executor_of(node: AnyRow | Process) -> str:
    """The name under which a node's process does work of the engine: the same whatever number the node has."""
    return f"{node.host}/{node.pid}/{node.born}"


class Node:
    """One process at work. While it is entered it beats in a thread of its own; leaving lets go of its leases.

    A node that was silent for too long is taken for dead by the others. When it finds that out it goes on under a
    new number, and what it did under the old one is not written any more.
    """

    def __init__(
        self,
        ledger: Ledger,
        kind: str,
        now: Callable[[], datetime],
        *,
        name: str = "",
        beat: timedelta = BEAT,
        silence: timedelta = SILENCE,
    ) -> None:
        self.ledger, self.kind, self.now = ledger, kind, now
        self.name = name or f"{socket.gethostname()}-{os.getpid()}"
        self.every, self.silence = beat, silence
        self.number = 0
        self.beat_at: datetime | None = None
        self.fault = ""
        self.replaced: ReplacedError | None = None
        self._doing: dict[str, int] = {}
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Node:
        with self.ledger.write() as tx:
            now = self.now()
            self.number = nodes.join(tx, self.name, self.kind, this_process(), version("ats-gateway"), now)
            nodes.take_over(tx, self.number, now, self.silence, is_gone)
            self.beat_at = now
        self._thread = threading.Thread(target=self._keep_beating, name="beat", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        # Whoever comes next sees that this process is gone.
        with suppress(GatewayError), self.ledger.write() as tx:
            nodes.leave(tx, self.number, "stopped", self.now())

    def _keep_beating(self) -> None:
        while not self._over.wait(self.every.total_seconds()):
            try:
                self.beat()
            except ReplacedError as err:
                self.replaced = err
            except GatewayError as err:  # the database is away, or takes nothing more: it is tried again
                self.fault = str(err)
            else:
                self.fault = ""

    def beat(self) -> bool:
        """Say that this node lives; False when it was taken for dead, and goes on under a new number."""
        with self.ledger.write() as tx:
            now, number = self.now(), self.number
            lives = nodes.beat(tx, number, self.doing, now)
            if not lives:
                number = nodes.join(tx, self.name, self.kind, this_process(), version("ats-gateway"), now)
        # A number that could not be written down is nobody's.
        self.number, self.beat_at = number, now
        return lives

    @property
    def doing(self) -> list[str]:
        """What this node is at, for `gateway nodes`."""
        with self._lock:
            return sorted(self._doing)

    @contextmanager
    def at(self, what: str) -> Iterator[None]:
        """Say what is being done, as long as it is."""
        with self._lock:
            self._doing[what] = self._doing.get(what, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._doing[what] -= 1
                if not self._doing[what]:
                    del self._doing[what]

    def take(self, name: str) -> Lease | None:
        """The right to work at a processor; None as long as another node, or another task of this one, has it."""
        with self._lock:
            if name in self._held:
                return None
            self._held.add(name)
        has = False
        try:
            lease = Lease(name, self.number)
            with self.ledger.write() as tx:
                taken = nodes.take(tx, name, lease.node, self.now())
            has = taken
        finally:
            if not has:
                self._forget(name)
        return lease if has else None

    def let_go(self, lease: Lease) -> None:
        """Let others work there; without a database this node takes it again, or whoever takes over lets go of it."""
        with suppress(GatewayError), self.ledger.write() as tx:
            nodes.let_go(tx, lease)
        self._forget(lease.name)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._held.discard(name)

    def take_over(self) -> list[tuple[AnyRow, str]]:
        """End the nodes that are gone or silent; which they were, and how they ended."""
        now = self.now()
        with self.ledger.read() as tx:
            if not any(
                nodes.end_of(row, now, self.silence, is_gone)
                for row in nodes.alive(tx)
                if row.id != self.number
            ):
                return []
        with self.ledger.write() as tx:
            return nodes.take_over(tx, self.number, now, self.silence, is_gone)
