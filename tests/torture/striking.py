"""A process that is killed at a commit of its own: which one, and what was being written there."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy.engine import Connection, default

from gateway.ledger import Ledger

ROOMS = ("/gateway/", "/dbos/")
"""Whose code is worth naming: what is between it and the database writes for everybody."""
BETWEEN = (
    "ledger/store.py",
    "runs/calling.py",
    "ledger/engines.py",
    "dbos/_utils.py",
    "dbos/_retry.py",
    "dbos/_logger.py",
)


@dataclass(frozen=True)
class Run:
    """One life of a daemon. SIGKILL strikes before or after the commit number `at`, or the first at a point of the code.

    With neither, nothing strikes.

    `of`: whose commits are counted, those of the `ledger` or those of the `engine` (DBOS, on its own connections).
    `skewed`: the time is that of this machine and as many seconds as a file beside the settings says.
    """

    folder: str
    at: int = 0
    at_point: str = ""
    after: bool = False
    of: str = "ledger"
    skewed: bool = False

    def as_document(self) -> dict[str, Any]:
        return asdict(self)


def point(frame: FrameType | None) -> str:
    """Who is writing: the nearest function that is not the ledger's own machinery."""
    while frame is not None:
        file = frame.f_code.co_filename
        room = next(
            (file[file.rindex(each) + 1 :] for each in ROOMS if each in file and "/tests/" not in file), ""
        )
        if room and not room.endswith(BETWEEN):
            return f"{room.removeprefix('gateway/').removesuffix('.py')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "?"


class Commits:
    """Counts commits, writes down what each of them was, and strikes at one."""

    def __init__(self, run: Run) -> None:
        self.run, self.count = run, 0
        self._file = os.open(Path(run.folder) / "commits.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def before(self) -> str:
        """A commit is about to be made."""
        self.count += 1
        name = point(sys._getframe(2))
        os.write(self._file, f"{os.getpid()} {self.count} {name}\n".encode())
        self._strike(name, after=False)
        return name

    def after(self, name: str) -> None:
        self._strike(name, after=True)

    def _strike(self, name: str, *, after: bool) -> None:
        is_here = name == self.run.at_point if self.run.at_point else self.count == self.run.at
        if is_here and after is self.run.after:
            os.write(self._file, f"{os.getpid()} struck {name} {'after' if after else 'before'}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


class Struck(Ledger):
    """A ledger whose commits are counted, by all threads together."""

    commits: Commits

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with super()._transaction() as tx:
            yield tx
            name = self.commits.before() if self.commits.run.of == "ledger" else ""
        if name:
            self.commits.after(name)


def count_engine(commits: Commits, ledger: Ledger) -> None:
    """Count what is committed on any connection that is not the ledger's."""
    own, really = ledger._engine.dialect, default.DefaultDialect.do_commit

    def do_commit(self: Any, connection: Any) -> None:
        if self is own:
            really(self, connection)
            return
        name = commits.before()
        really(self, connection)
        commits.after(name)

    default.DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def struck_at(folder: Path) -> list[str]:
    """What was being written at each strike so far."""
    path = folder / "commits.log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [" ".join(line.split()[2:]) for line in lines if " struck " in line]


def commits_of(folder: Path, pid: int) -> list[str]:
    """What one process committed, in this order."""
    lines = (line.split() for line in (folder / "commits.log").read_text().splitlines())
    return [each[2] for each in lines if each[0] == str(pid) and each[1] != "struck"]
