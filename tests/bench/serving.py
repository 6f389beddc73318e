"""`gateway serve` as a process: erasures submitted at once until they are proven, its start, and what it costs idle.

Floors: the bare calls at the same parallelism, and a process that imports the two largest libraries and ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from gateway_bisnode import simulator as bisnode
from gateway_example import simulator as example
from gateway_invenias import simulator as invenias
from gateway_recman import simulator as recman

from gateway import plugins
from gateway.ledger import tables as t
from gateway.register import clock
from tests.bench import node, rules
from tests.bench.vendor import FOR_LONG, vendor
from tests.daemon.site import Node, Site, until

LATENCY, PARALLEL = 0.02, 2
SETTLE = 3.0
"""Seconds after the last of what a start begins, before anything is measured."""
REST = 15.0
"""Seconds after which a daemon without work asks its engine seldom."""
WATCHED = 20.0
NOBODY = "http://127.0.0.1:9"
LONG = 600.0
IMPORTS = "import dbos, sqlalchemy"
PARTS = ("noticed", "deleting", "between", "proving")


def erasing(url: str, people: int) -> dict[str, float]:
    """The people are known from its fetch, the daemon has nothing to do; then all of them ask to be erased at once."""
    with (
        vendor(people, LATENCY, FOR_LONG) as at,
        node.firm(url, {"crm": at}, more=f"parallel = {PARALLEL}") as site,
        node.register_of(site) as register,
    ):
        daemon = site.node().until_ready()
        until(lambda: len(node.people_of(register.ledger)) == people and _has_planned(site), LONG)
        time.sleep(SETTLE)
        assert daemon.get("/metrics")[0] == 200
        cpu = node.cpu_of(daemon.pid)
        node.submit(register, node.people_of(register.ledger))
        asked, begun = clock(), time.perf_counter()
        until(lambda: node.count_closed(register.ledger) == people, LONG)
        seconds, cpu = time.perf_counter() - begun, node.cpu_of(daemon.pid) - cpu
        assert 'gateway_cases_open{state="open"} 0.0' in daemon.get("/metrics")[1]
        found = {"seconds": seconds, "cpu": cpu, "mb": node.peak_of(daemon.pid), **_parts(site, asked)}
        assert daemon.stop() == 0
        site.check_trail()
        return found


def _has_planned(site: Site) -> bool:
    """Whether all that a start begins is over."""
    rows = {row.name: row for row in site.rows(t.jobs)}
    return "fetch:crm" in rows and all(
        row.ended_at for name, row in rows.items() if not name.startswith("verify")
    )


def _parts(site: Site, asked: datetime) -> dict[str, float]:
    """Where the time went: until the first call, from there to the last deletion, and from there to the last proof."""
    ends = {
        hook: [(row.started_at, row.ended_at) for row in site.rows(t.runs, t.runs.c.hook == hook)]
        for hook in ("delete", "audit")
    }
    first, last = min(ends["delete"])[0], max(end for _, end in ends["delete"])
    begun, over = min(ends["audit"])[0], max(end for _, end in ends["audit"])
    marks = [asked, first, last, begun, over]
    return {
        name: (after - before).total_seconds()
        for name, before, after in zip(PARTS, marks, marks[1:], strict=False)
    }


def ready(url: str, _people: int) -> dict[str, float]:
    """Seconds from the start of the process to its first 200 of /readyz; nothing is due, and the ledger was served before."""
    with node.firm(url, dict.fromkeys(rules.PLACES, NOBODY), head=node.QUIET) as site:
        node.all_had_their_turn(site)
        assert site.node().until_ready().stop() == 0
        begun = time.perf_counter()
        daemon = site.node()
        _wait_until_ready(daemon)
        seconds = time.perf_counter() - begun
        found = {"seconds": seconds, "cpu": node.cpu_of(daemon.pid), "mb": node.peak_of(daemon.pid)}
        assert daemon.stop() == 0
        return found


def _wait_until_ready(daemon: Node) -> None:
    while not any("address" in each for each in daemon.lines()):
        time.sleep(0.01)
    while daemon.get("/readyz")[0] != 200:
        time.sleep(0.01)


def imports() -> float:
    """Seconds of a process that imports DBOS and SQLAlchemy, and ends."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - begun


def idle(url: str, _people: int) -> dict[str, float]:
    """The share of one core a daemon with ten processors of four plugins takes while nothing is due."""
    with node.firm(url, {}, head=node.QUIET) as site:
        (site.folder / "gateway.toml").write_text(node.QUIET.format(url=url) + _ten_places(site.folder))
        node.all_had_their_turn(site)
        daemon = site.node().until_ready()
        time.sleep(REST)
        begun, cpu = time.perf_counter(), node.cpu_of(daemon.pid)
        time.sleep(WATCHED)
        share = (node.cpu_of(daemon.pid) - cpu) / (time.perf_counter() - begun)
        found = {"share": share, "mb": node.peak_of(daemon.pid)}
        assert daemon.stop() == 0
        return found


def _ten_places(folder: Path) -> str:
    """Ten processors that take turns among the four plugins."""
    simulators = {
        "example": example.Simulator(now=clock), "recman": recman.Simulator(now=clock),
        "invenias": invenias.Simulator(now=clock), "bisnode": bisnode.Simulator(now=clock),
    }  # fmt: skip
    loaded, text = plugins.load(), ""
    for number in range(10):
        plugin = list(simulators)[number % len(simulators)]
        vendor = loaded[plugin].vendor
        assert vendor is not None, "it is installed"
        secret = {each.name for each in vendor.settings if each.secret}
        text += (
            f'[processors.place{number}]\nplugin = "{plugin}"\nrole = "processor"\nagreement = "DPA 1"\nlocation = "EU"\n'
            f"[processors.place{number}.settings]\n"
        )
        for key, value in simulators[plugin].settings(NOBODY).items():
            if key in secret:
                (folder / f"{number}{key}").write_text(str(value))
                (folder / f"{number}{key}").chmod(0o600)
            text += (
                f'{key} = {{ file = "{number}{key}" }}\n'
                if key in secret
                else f"{key} = {json.dumps(value)}\n"
            )
    return text


def measured(what: str, kind: str, people: int) -> dict[str, float]:
    """One measurement in a process of its own, on a new ledger."""
    with rules.database(kind) as url:
        if what == "ready":
            rules.measured(url, "fill", people)
        command = [sys.executable, "-m", "tests.bench.serving", what, url, str(people)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    parts = {"erasing": erasing, "ready": ready, "idle": idle}
    sys.stdout.write(json.dumps(parts[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
