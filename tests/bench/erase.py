"""Erasing people at a vendor with 20 ms latency, `parallel = 8`, from due to verified.

Floor: the same HTTP calls from a bare pool of as many threads, one requests session each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from gateway_example.simulator import KEY

from gateway.cases import Planner
from gateway.runs import Work, carry_out, fetch, verify
from tests.bench.site import opened

PARALLEL = 8


def floor(url: str, parallel: int = PARALLEL) -> dict[str, float]:
    """Delete everybody, then ask for everybody, and nothing else."""
    local = threading.local()

    def ask(method: str, number: int) -> int:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.headers["Authorization"] = f"Bearer {KEY}"
        return int(local.session.request(method, f"{url}/people/{number}", timeout=30).status_code)

    first = requests.get(f"{url}/people", headers={"Authorization": f"Bearer {KEY}"}, timeout=30).json()
    numbers = [each["id"] for each in first["people"]]
    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(parallel) as pool:
        assert set(pool.map(lambda number: ask("DELETE", number), numbers)) == {204}
        assert set(pool.map(lambda number: ask("GET", number), numbers)) == {404}
    return {"people": len(numbers), "seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}


def gateway(url: str, parallel: int = PARALLEL) -> dict[str, float]:
    """Plan, carry out and verify, with every intent, receipt and trail line durable."""
    with opened("example", {"url": url}, {"key": KEY}, parallel) as register:
        job = Work(register.ledger, register.plugins, register.now, "bench", lambda: False)
        target = register.target("example")
        fetch(job, target, "person", register.reading("example"))
        begun, cpu = time.perf_counter(), time.process_time()
        with register.ledger.write() as tx:
            planner = Planner(
                tx, register.ledger.vault, register.places, register.rules, register.now(), "bench"
            )
            planned = planner.plan(register.brake)
        carry_out(job, target)
        counts = verify(job, target)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        assert counts["verified"] == planned.people, (counts, planned)
        return {"people": planned.people, "seconds": seconds, "cpu": cpu}


def measure(what: str, url: str, parallel: int = PARALLEL) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.erase", what, url, str(parallel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    measured = floor if sys.argv[1] == "floor" else gateway
    sys.stdout.write(json.dumps(measured(sys.argv[2], int(sys.argv[3]))))
