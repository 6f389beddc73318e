"""Runs syncs that are killed: started once, it forks one child a run and says how each of them ended.

Each line of its input is a run as JSON: the folder, the time, and at which commit which signal strikes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from gateway import plugins
from gateway.cli.stopping import stoppable
from gateway.ledger import Ledger, Vault, read_url
from gateway.register import Register
from gateway.settings import load
from gateway.sync import Sync


@dataclass(frozen=True)
class Run:
    """One sync. With `at` 0 it is not disturbed; else `signal` strikes before or after that commit."""

    folder: str
    now: str
    at: int = 0
    after: bool = False
    signal: int = int(signal.SIGKILL)


class Struck(Ledger):
    """A ledger at one commit of which a signal strikes this process."""

    commits = 0
    run: Run

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with super()._transaction() as tx:
            yield tx
            self.commits += 1
            self._strike(after=False)
        self._strike(after=True)

    def _strike(self, *, after: bool) -> None:
        if self.commits == self.run.at and after is self.run.after:
            os.kill(os.getpid(), self.run.signal)


def sync(run: Run) -> tuple[int, int]:
    """How a sync ended: its exit code, and how many commits it made."""
    settings = load(Path(run.folder) / "gateway.toml", {})
    ledger = Struck(read_url(settings.gateway.ledger.reveal()), Vault(settings.gateway.master_key))
    ledger.run = run
    now = datetime.fromisoformat(run.now)
    register = Register(settings, ledger, plugins.load(["example"]), now=lambda: now, sleep=lambda _: None)
    with stoppable(lambda: None) as stop:
        report = Sync(register, actor="tester", stop=stop).run()
    register.close()
    ledger.close()
    return report.exit_code, ledger.commits


def main() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            told = json.dumps(sync(Run(**json.loads(line))))
            os.write(write, told.encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        code, commits = json.loads(said) if said else (-os.waitstatus_to_exitcode(status), 0)
        sys.stdout.write(json.dumps([code, commits]) + "\n")
        sys.stdout.flush()


def as_line(run: Run) -> str:
    return json.dumps(asdict(run)) + "\n"


if __name__ == "__main__":
    main()
