"""A firm on disk with vendors on loopback and real `gateway serve` processes, and what must hold of it at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from gateway_example.simulator import KEY, Simulator

from gateway.ledger import Ledger, Vault, make, read_url
from gateway.ledger import tables as t
from gateway.model import Secret
from gateway.settings import load
from gateway.testing import serve
from tests.core.firm import Firm

GATEWAY = (sys.executable, "-P", "-c", "from gateway.cli import main; main()")
HEAD = """\
[gateway]
ledger = "{url}"
master_key = {{ file = "master" }}
signing_key = {{ file = "signing" }}
[brake]
people = 100000
[purposes.recruitment]
[daemon]
listen = "127.0.0.1:0"
log = "json"
tick = "1 second"
beat = "1 second"
silence = "4 seconds"
[schedule]
verify = "1 second"
"""
LONGEST = 60.0


def until(what: Callable[[], Any], seconds: float = LONGEST, why: str = "") -> Any:
    """Wait for something another process does, looking again and again; it fails where it does not come about."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, why or f"did not come about in {seconds:.0f} s"
        time.sleep(0.05)


class Node:
    """One `gateway serve` as a process of its own."""

    def __init__(self, folder: Path, number: int, prefix: tuple[str, ...] = ()) -> None:
        self.log = folder / f"serve{number}.log"
        self._file = self.log.open("ab")
        command = [*prefix, *GATEWAY, "--settings", str(folder / "gateway.toml"), "serve"]
        self.process = subprocess.Popen(command, stderr=self._file, stdout=self._file)

    @property
    def pid(self) -> int:
        return self.process.pid

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def address(self) -> str:
        """Where it answers."""
        found = until(
            lambda: [each["address"] for each in self.lines() if "address" in each], why=self.log.read_text()
        )
        return f"http://{found[-1]}"

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address() + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as err:
            return err.code, err.read().decode()

    def until_ready(self) -> Node:
        until(lambda: self.get("/readyz")[0] == 200, why=self.log.read_text())
        return self

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = LONGEST) -> int:
        """End it as systemd does; its exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.process.wait(seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        self._file.close()


@dataclass
class Site:
    """Vendors by name, the settings, and a ledger that is looked at from outside."""

    folder: Path
    url: str
    vendors: dict[str, Any]
    urls: dict[str, str]
    more: dict[str, str] = field(default_factory=dict)
    head: str = HEAD
    nodes: list[Node] = field(default_factory=list)
    told: str = ""
    """Where the daemons find the ledger, if somebody sits in between."""

    def write(self) -> None:
        """Write gateway.toml anew, with what `more` says of each processor and what `head` says of the rest."""
        (self.folder / "gateway.toml").write_text(
            self.head.format(url=self.told or self.url) + "".join(self.place(name) for name in self.vendors)
        )

    def place(self, name: str) -> str:
        return (
            f'[processors.{name}]\nplugin = "example"\nrole = "processor"\nagreement = "DPA 1"\nlocation = "EU"\n'
            f'{self.more.get(name, "")}\n[processors.{name}.settings]\nurl = "{self.urls[name]}"\n'
            'key = { file = "key" }\n'
        )

    def node(self, prefix: tuple[str, ...] = ()) -> Node:
        """Begin another node on this ledger."""
        self.nodes.append(Node(self.folder, len(self.nodes) + 1, prefix))
        return self.nodes[-1]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `gateway` on this ledger."""
        return subprocess.run(
            [*GATEWAY, "--settings", str(self.folder / "gateway.toml"), *words],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        own = load(self.folder / "gateway.toml", os.environ).gateway
        with closing(Ledger(read_url(self.url), Vault(own.master_key))) as opened:
            yield opened

    def rows(self, table: sa.Table, *where: Any) -> list[Any]:
        with self.ledger() as ledger, ledger.read() as tx:
            return list(tx.execute(sa.select(table).where(*where)))

    def all_closed(self, cases: int) -> bool:
        """Whether there are so many cases, and all of them are closed."""
        return [row.state for row in self.rows(t.cases)] == ["closed"] * cases

    def check_trail(self) -> None:
        """The trail is whole; every step was closed in it once and no more."""
        with self.ledger() as ledger:
            firm = Firm(self.folder, ledger, datetime.now(UTC))
            firm.check_trail()
            closed = Counter(each["step"] for each in firm.actions("audited") if each["outcome"] != "broken")
        assert set(closed.values()) <= {1}, closed.most_common(3)

    def deletions(self, name: str) -> Counter[str]:
        """Who was deleted at a vendor, and how often it took effect."""
        return Counter(
            call.path.rpartition("/")[2]
            for call in self.vendors[name].wire.journal
            if call.method == "DELETE" and call.status in (200, 202, 204)
        )


@contextmanager
def site(
    folder: Path, url: str, names: tuple[str, ...] = ("recman", "crm"), threads: int = 8
) -> Iterator[Site]:
    """A firm with the example vendor under several names, and an empty ledger at this URL."""
    from gateway.ledger import new_master_key
    from gateway.trail import new_signing_key

    for name, key in {"master": new_master_key(), "signing": new_signing_key(), "key": Secret(KEY)}.items():
        (folder / name).write_text(key.reveal())
        (folder / name).chmod(0o600)
    vendors = {name: Simulator(now=lambda: datetime.now(UTC), page=50) for name in names}
    make(read_url(url))
    with ExitStack() as stack:
        urls = {name: stack.enter_context(serve(each, threads=threads)) for name, each in vendors.items()}
        made = Site(folder, url, vendors, urls)
        made.write()
        try:
            yield made
        finally:
            for each in made.nodes:
                each.close()


def in_background(function: Callable[[], None]) -> threading.Thread:
    """Do something beside; the thread ends with the test."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread
