"""The example vendor in a process of its own, holding people whose consent is over, unless the bench says otherwise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from gateway_example.simulator import Simulator

from gateway.register import clock
from gateway.testing import serve

OVER, FOR_LONG = "2020-01-01", "2099-01-01"


@contextmanager
def vendor(people: int, latency: float, until: str = OVER) -> Iterator[str]:
    """Its URL, for as long as it runs; `until` is the last day of everybody's consent."""
    command = [sys.executable, "-m", "tests.bench.vendor", str(people), str(latency), until]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main(people: int, latency: float, until: str) -> None:
    simulator = Simulator(now=clock, page=1000)
    for number in range(people):
        simulator.add_person(f"Person {number}", f"person{number}@example.org", consent_until=until)
    simulator.wire.latency = latency
    with serve(simulator, threads=32) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
