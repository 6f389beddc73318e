"""Daemons that can be had cheaply: everything is imported once, and each daemon is forked off before it has threads.

It reads lines of JSON. `begin` forks a daemon and says its number; `wait` says how one has ended, or that it has not.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gateway.cli.serving as serving
from gateway import logs
from gateway.cli.opening import load_plugins
from gateway.daemon import Daemon
from gateway.ledger import Vault, read_url
from gateway.plugins import Plugins
from gateway.settings import Settings, load
from gateway.telling import Telling
from gateway.web import Meters
from tests.torture.striking import Commits, Run, Struck, count_engine

OFFSET = "offset"
"""The file beside the settings that says by how many seconds the clock of a daemon is wrong."""
QUICKEST = 0.01


def _plugins(settings: Settings) -> Plugins:
    """The plugins, with nobody counting calls: a day's worth of them is another test's."""
    found = load_plugins(settings)
    for plugin in found.values():
        if plugin.vendor is not None:
            object.__setattr__(plugin, "vendor", replace(plugin.vendor, limits=()))
    return found


def clock_of(run: Run) -> Any:
    """The time, as a daemon of this run sees it."""
    path = Path(run.folder) / OFFSET

    def now() -> datetime:
        try:
            seconds = float(path.read_text() or 0)
        except (OSError, ValueError):
            seconds = 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)

    return now if run.skewed else lambda: datetime.now(UTC)


def work(run: Run) -> None:
    """Be a daemon until told to stop, or until a strike: what `gateway serve` does, on a ledger that counts."""
    path = Path(run.folder) / "gateway.toml"
    settings = load(path, os.environ)
    logs.configure(settings.daemon.log, "INFO", sys.stderr)
    ledger = Struck(read_url(settings.gateway.ledger.reveal()), Vault(settings.gateway.master_key))
    ledger.commits = Commits(run)
    if run.of == "engine":
        count_engine(ledger.commits, ledger)
    meters = Meters()
    daemon = Daemon(
        settings, ledger, load_plugins=_plugins, reread=lambda: load(path, os.environ),
        watcher=Telling(ledger, meters), now=clock_of(run), observe=meters.observe,
    )  # fmt: skip
    serving._listen_to_signals(daemon)
    daemon.run()
    ledger.close()


def _fork(run: Run) -> int:
    child = os.fork()
    if child:
        return child
    log = os.open(Path(run.folder) / "serve.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, to in ((0, nothing), (1, log), (2, log)):
        os.dup2(to, number)
    code = 1
    try:
        work(run)
        code = 0
    except BaseException:  # noqa: BLE001 - a child says why it ends, and ends
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _wait(pid: int, seconds: float) -> int | None:
    """The exit code, negative for the signal that ended it; None as long as it lives."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(QUICKEST)


def main() -> None:
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "begin" in asked:
            said: Any = _fork(Run(**asked["begin"]))
        else:
            said = _wait(asked["wait"], asked["seconds"])
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
