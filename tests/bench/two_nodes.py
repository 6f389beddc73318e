"""One daemon against two on one PostgreSQL: erasures at eight accounts of vendors that cost no CPU, asked for at once.

On a machine with few cores the nodes, the database and the vendor share them: the CPU each had stands beside the result.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter

import psutil
import sqlalchemy as sa

from gateway.ledger import Ledger
from gateway.ledger import tables as t
from tests.bench import node, rules
from tests.bench.quick_vendor import quick_vendor
from tests.daemon.site import HEAD as EAGER
from tests.daemon.site import Site, until

ACCOUNTS, PARALLEL = 8, 2
GROUPS = ("nodes", "database", "vendor")
HEAD = EAGER.replace('verify = "1 second"', 'verify = "5 seconds"')
"""Eight accounts whose proof has its turn each second would measure turns."""
LONG = 900.0
SETTLE = 3.0


def serving(url: str, people: int, nodes: int) -> dict[str, float]:
    """Steps proven a second by so many nodes, and the share of a core each part took meanwhile."""
    names = [f"place{number}" for number in range(1, ACCOUNTS + 1)]
    with (
        quick_vendor(people) as (at, vendor),
        node.firm(
            url, {each: f"{at}/{each}" for each in names}, head=HEAD, more=f"parallel = {PARALLEL}"
        ) as site,
        node.register_of(site) as register,
    ):
        daemons = [site.node() for _ in range(nodes)]
        for each in daemons:
            each.until_ready()
        until(lambda: _all_known(register.ledger, people) and _has_planned(site), LONG)
        time.sleep(SETTLE)
        everybody = node.people_of(register.ledger)
        assert len(everybody) == people
        server = _server(register.ledger)

        def spent() -> dict[str, float]:
            own = {"nodes": node.cpu_of(*(each.pid for each in daemons)), "vendor": node.cpu_of(vendor)}
            return {**own, "database": node.cpu_of_family(server)}

        node.submit(register, everybody)
        begun = time.perf_counter()
        before = spent()
        until(lambda: node.count_closed(register.ledger) == people, LONG)
        seconds = time.perf_counter() - begun
        shares = {name: (cpu - before[name]) / seconds for name, cpu in spent().items()}
        done = Counter(row.node_id for row in site.rows(t.runs, t.runs.c.hook == "delete"))
        assert [each.stop() for each in daemons] == [0] * nodes
        site.check_trail()
        return {
            "rate": people * ACCOUNTS / seconds,
            "seconds": seconds,
            "share": max(done.values()) / done.total(),
            **shares,
        }


def cores() -> int:
    return len(os.sched_getaffinity(0))


def _all_known(ledger: Ledger, people: int) -> bool:
    with ledger.read() as tx:
        return (
            int(tx.execute(sa.select(sa.func.count()).select_from(t.records)).scalar_one())
            == people * ACCOUNTS
        )


def _has_planned(site: Site) -> bool:
    rows = {row.name: row for row in site.rows(t.jobs)}
    return "plan" in rows and all(row.ended_at for name, row in rows.items() if not name.startswith("verify"))


def _server(ledger: Ledger) -> int:
    """The process of PostgreSQL all others of this server descend from."""
    with ledger.read() as tx:
        own = int(tx.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())
        return psutil.Process(own).ppid()


def measured(people: int, nodes: int) -> dict[str, float]:
    """One measurement in a process of its own, on a PostgreSQL of its own."""
    with rules.database("postgresql") as url:
        command = [sys.executable, "-m", "tests.bench.two_nodes", url, str(people), str(nodes)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(serving(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
