"""Fetching people from the Invenias simulator, served by another process, into the ledger.

Floor: the same calls with a bare requests session, and `executemany` of four columns into SQLite.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from gateway_invenias.simulator import Simulator

from gateway.register import clock
from gateway.sync import Sync
from tests.bench.site import opened


@contextmanager
def simulator(people: int, latency: float = 0.0) -> Iterator[str]:
    """The simulator in a process of its own; its URL."""
    command = [
        sys.executable,
        "-m",
        "gateway_invenias.simulator",
        "--people",
        str(people),
        "--latency",
        str(latency),
    ]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def peak_mb() -> float:
    """The most memory this process has held, from the kernel's own account of it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def floor(url: str) -> dict[str, float]:
    """Page after page, four columns, nothing else."""
    session = requests.Session()
    values = credentials(url)
    form = {
        "grant_type": "password",
        **{name: values[name] for name in ("username", "password", "client_id", "client_secret")},
    }
    token = session.post(
        f"{url}/identity/connect/token", data=form | {"scope": "openid profile api email"}
    ).json()
    session.headers["Authorization"] = f"Bearer {token['access_token']}"
    select = ["FirstName", "FamilyName", "Email1Address", "MobilePhone", "DateCreated", "DateModified"]
    with tempfile.TemporaryDirectory() as name:
        database = sqlite3.connect(Path(name) / "floor.db")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT, phone TEXT, modified TEXT)")
        begun, page, total = time.perf_counter(), 0, 0
        while True:
            body = {"PageSize": 1000, "PageIndex": page, "Select": select, "ReturnTotalCount": True}
            answer = session.post(f"{url}/api/v1/people/list", json=body).json()
            rows = [
                (each["ItemId"], each.get("Email1Address"), each.get("MobilePhone"), each.get("DateModified"))
                for each in answer["Items"]
            ]
            database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)
            database.commit()
            total += len(rows)
            if "NextPageNumber" not in answer["Paging"]:
                break
            page += 1
        seconds = time.perf_counter() - begun
        database.close()
    return {"people": total, "seconds": seconds, "cpu": time.process_time(), "mb": peak_mb()}


def credentials(url: str) -> dict[str, str]:
    return Simulator(now=clock).settings(url)


def gateway(url: str, parallel: int) -> dict[str, float]:
    """One fetch into a new ledger: normalised, matched, sealed, chained into the trail."""
    values = credentials(url)
    secrets = {name: values.pop(name) for name in ("client_secret", "password")}
    with opened("invenias", values, secrets, parallel) as register:
        begun = time.perf_counter()
        report = Sync(register).run()
        seconds = time.perf_counter() - begun
        row = report.rows["invenias"]
        assert not row.error, row.error
        return {"people": row.fetched, "seconds": seconds, "cpu": time.process_time(), "mb": peak_mb()}


def read(url: str, parallel: int) -> dict[str, float]:
    """The pages of one fetch, read and mapped, and not kept: what the vendor's latency costs."""
    values = credentials(url)
    secrets = {name: values.pop(name) for name in ("client_secret", "password")}
    with opened("invenias", values, secrets, parallel) as register:
        target = register.target("invenias")
        begun = time.perf_counter()
        pages = register.plugins.call("invenias", "fetch", account=target.account, kind="person", cursor=None)
        people = sum(len(page.records) for page in pages)
        return {"people": people, "seconds": time.perf_counter() - begun}


def measure(what: str, url: str, *rest: object) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.fetch", what, url, *map(str, rest)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    command, address, *rest = sys.argv[1:]
    found = (
        floor(address)
        if command == "floor"
        else {"gateway": gateway, "read": read}[command](address, int(rest[0]))
    )
    sys.stdout.write(json.dumps(found))
