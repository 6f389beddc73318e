"""`python -m tests.exam.running FOLDER [COMMAND …]`: the real `gateway`, with the exam's plugins, as a process of its own.

What waits for minutes elsewhere waits for moments here: EXAM_PATIENCE is how many seconds a call may take.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

PATIENCE = "5"
FIRST_WAIT = timedelta(seconds=0.5)


def shorten(seconds: float) -> None:
    """A call gives up after so long, and what was in vain is tried again half a second later, then one, two, four."""
    from gateway.http import client
    from gateway.ledger import circuits

    usual = client.Timeouts
    client.Timeouts = lambda: usual(connect=seconds, read=seconds, whole=seconds)  # type: ignore[assignment,misc]
    circuits.FIRST_WAIT = FIRST_WAIT


def main() -> None:
    from gateway.cli import main as run
    from gateway.plugins import loading
    from tests.exam.plugin import offers

    folder, *words = sys.argv[1:]
    loading.find = lambda: tuple(offers())  # type: ignore[attr-defined]
    shorten(float(os.environ.get("EXAM_PATIENCE", PATIENCE)))
    sys.argv = ["gateway", "--settings", f"{folder}/gateway.toml", *(words or ["serve"])]
    run()


if __name__ == "__main__":
    main()
