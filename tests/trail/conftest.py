"""What the tests of the trail start from: a trail of fictional lines, and a key that signs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model import Secret
from gateway.trail import GENESIS, Checkpoint, Entry, Head, Line, chain, new_signing_key, sign

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
MakeTrail = Callable[[int], list[Line]]
MakeMark = Callable[[Sequence[Line], int], Checkpoint]


@pytest.fixture(scope="session")
def key() -> Secret:
    return new_signing_key()


@pytest.fixture(scope="session")
def make_trail() -> MakeTrail:
    """A trail of so many lines, one a second."""

    def make(count: int) -> list[Line]:
        return chain(GENESIS, [
            Entry(START + timedelta(seconds=number), "gateway", "deleted", subject=f"S{number}", case=number,
                  processor="recman", outcome="done", why="consent expired", data={"records": 2})
            for number in range(1, count + 1)
        ])  # fmt: skip

    return make


@pytest.fixture(scope="session")
def make_mark(key: Secret) -> MakeMark:
    """The checkpoint over a line of a trail."""

    def make(lines: Sequence[Line], seq: int) -> Checkpoint:
        head = GENESIS if seq == 0 else Head(seq, lines[seq - 1].hash)
        return sign(head, START + timedelta(days=1, seconds=seq), key)

    return make
