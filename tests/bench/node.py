"""A firm in a folder and real `gateway serve` processes on it, with what they cost by the kernel's own account."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import sqlalchemy as sa
from gateway_example.simulator import KEY

from gateway import plugins
from gateway.agenda import jobs_of
from gateway.cases import Planner
from gateway.ledger import Ledger, jobs, new_master_key
from gateway.ledger import tables as t
from gateway.model import Secret
from gateway.register import Register
from gateway.schedule import latest
from gateway.settings import load
from gateway.trail import new_signing_key
from tests.daemon.site import HEAD, Site

QUIET = """\
[gateway]
ledger = "{url}"
master_key = {{ file = "master" }}
signing_key = {{ file = "signing" }}
[purposes.recruitment]
[daemon]
listen = "127.0.0.1:0"
log = "json"
[schedule]
""" + "".join(
    f'{each} = "1000 days"\n'
    for each in ("fetch", "verify", "look_again", "plan", "checkpoint", "agreements", "tidy")
)
"""A daemon as it is by itself, but that nothing has its turn while it is measured."""


@contextmanager
def firm(url: str, places: Mapping[str, str], *, head: str = HEAD, more: str = "") -> Iterator[Site]:
    """A firm with the example vendor at these addresses, by name; its nodes end with it."""
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name:
        folder = Path(name)
        keys = {"master": new_master_key(), "signing": new_signing_key(), "key": Secret(KEY)}
        for key, value in keys.items():
            (folder / key).write_text(value.reveal())
            (folder / key).chmod(0o600)
        site = Site(folder, url, dict.fromkeys(places), dict(places), dict.fromkeys(places, more), head)
        site.write()
        try:
            yield site
        finally:
            for each in site.nodes:
                each.close()


@contextmanager
def register_of(site: Site) -> Iterator[Register]:
    """The firm's register, on a ledger of its own opening."""
    settings = load(site.folder / "gateway.toml", os.environ)
    with site.ledger() as ledger:
        register = Register(
            settings, ledger, plugins.load({each.plugin for each in settings.processors.values()})
        )
        try:
            yield register
        finally:
            register.close()


def submit(register: Register, people: list[int]) -> None:
    """Ask for the erasure of all of them, as the desk does, in one transaction."""
    number, now = register.policy_number, register.now()
    rules = register.rules
    with register.ledger.write() as tx:
        planner = Planner(tx, register.ledger.vault, register.places, rules, now, "bench", number)
        for each in people:
            planner.request(each)


def people_of(ledger: Ledger) -> list[int]:
    with ledger.read() as tx:
        return list(tx.execute(sa.select(t.subjects.c.id).order_by(t.subjects.c.id)).scalars())


def count_closed(ledger: Ledger) -> int:
    """How many cases are closed."""
    with ledger.read() as tx:
        query = sa.select(sa.func.count()).select_from(t.cases).where(t.cases.c.state == "closed")
        return int(tx.execute(query).scalar_one())


def all_had_their_turn(site: Site) -> None:
    """Write down that every job has had its turn, so that a daemon has nothing to do."""
    with register_of(site) as register, register.ledger.write() as tx:
        for name, job in jobs_of(register).items():
            found = latest(job.turn, register.zone, None, register.now())
            assert found is not None, "there is always a first turn"
            jobs.begin(tx, name, found[0], "bench", 0, register.now(), 0)
        jobs.end(tx, "bench", "done", register.now())


def cpu_of(*pids: int) -> float:
    """CPU seconds, of the kernel and of their own, that these processes have had."""
    return sum(_ticks(pid, 2) for pid in pids) / os.sysconf("SC_CLK_TCK")


def cpu_of_family(parent: int) -> float:
    """CPU seconds of a process, of its children, and of those of them that have ended."""
    children = psutil.Process(parent).children()
    ticks = _ticks(parent, 4)
    for each in children:
        with suppress(OSError):
            ticks += _ticks(each.pid, 2)
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int, fields: int) -> int:
    """Own time, the kernel's for it, and with four fields both of children that have ended."""
    found = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, found[11 : 11 + fields]))


def peak_of(pid: int) -> float:
    """The most memory a process has held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(each.split()[1]) / 1024 for each in lines if each.startswith("VmHWM"))
