"""The trail: chained, durable lines against the disk's own commits; verifying against hashing alone."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import IO

from gateway.ledger import Ledger, Vault, lines, make, new_master_key, read_url
from gateway.trail import GENESIS, Entry, Head, chain, hash_only, new_signing_key, public_key, sign, verify

BATCH = 50


def entries(count: int) -> list[Entry]:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    return [
        Entry(at, "gateway", "audited", subject=f"S{number}", case=number, step=number, processor="recman",
              outcome="verified")
        for number in range(count)
    ]  # fmt: skip


def against_the_disk(rounds: int = 10, batches: int = 100) -> tuple[float, float]:
    """Lines a second, chained, in durable transactions of fifty; and how many of them a commit of the disk is worth.

    The disk's speed changes from second to second, so the two take turns; the median of the rounds counts.
    """
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "floor").open("wb", buffering=0) as file:
        url = read_url(f"sqlite:///{folder}/trail.db")
        make(url)
        ledger = Ledger(url, Vault(new_master_key()))
        _append(ledger, 5)
        rates, ratios = [], []
        for _ in range(rounds):
            commits = _sync(file, batches)
            rates.append(_append(ledger, batches))
            ratios.append(rates[-1] / commits)
        ledger.close()
    return median(rates), median(ratios)


def _sync(file: IO[bytes], commits: int) -> float:
    """Commits a second of the disk itself: 4 KB written and made durable."""
    block = os.urandom(4096)
    begun = time.perf_counter()
    for _ in range(commits):
        file.write(block)
        os.fdatasync(file.fileno())
    return commits / (time.perf_counter() - begun)


def _append(ledger: Ledger, batches: int) -> float:
    some = entries(BATCH)
    begun = time.perf_counter()
    for _ in range(batches):
        with ledger.write() as tx:
            lines.append(tx, some)
    return batches * BATCH / (time.perf_counter() - begun)


def verified(count: int) -> tuple[float, float]:
    """Seconds to hash so many lines, and seconds to verify them with their checkpoint: the best of three each."""
    written = chain(GENESIS, entries(count))
    key = new_signing_key()
    mark = sign(Head(written[-1].seq, written[-1].hash), datetime(2026, 11, 23, 9, tzinfo=UTC), key)
    hashing, verifying = [], []
    for _ in range(3):
        begun = time.perf_counter()
        hash_only(written)
        hashing.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        report = verify(written, [mark], [public_key(key)])
        verifying.append(time.perf_counter() - begun)
        assert report.sound
    return min(hashing), min(verifying)
