"""`gateway --help` against a bare Python, with every plugin installed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15


def best(command: list[str]) -> float:
    """The shortest of several runs, in seconds."""
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append(time.perf_counter() - begun)
    return min(found)


def measured() -> tuple[float, float]:
    """Seconds of `python -c pass`, and of `gateway --help`."""
    gateway = Path(sys.executable).with_name("gateway")
    return best([sys.executable, "-c", "pass"]), best([str(gateway), "--help"])
