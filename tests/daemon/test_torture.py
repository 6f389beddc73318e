"""A sample of the torture: real daemons killed at their commits and at any moment. `make torture` is the long run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.torture.playing import Player
from tests.torture.postgres import Postgres
from tests.torture.theatre import Theatre, Workers

pytestmark = pytest.mark.slow
SEED = 20261129
POINTS = (
    "runs/deleting._intend", "runs/deleting._close", "tasks._end", "runs/fetching._write", "ticking._put_steps",
    "adopting.plan",
)  # fmt: skip
"""Where a process that dies leaves something half done."""


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def theatre(request: pytest.FixtureRequest, tmp_path: Path, workers: Workers) -> Iterator[Theatre]:
    backend, vendor = request.param
    server = request.getfixturevalue("server") if backend == "postgresql" else None
    with Theatre(tmp_path, vendor, server, workers) as made:
        yield made


def pair(backend: str, vendor: str, *, at_length: bool = False) -> Any:
    marks = [pytest.mark.torture] if at_length else []
    return pytest.param((backend, vendor), marks=marks, id=f"{backend} {vendor}")


SAMPLE = [
    pair("sqlite", "example"), pair("postgresql", "example"), pair("sqlite", "recman", at_length=True),
    pair("sqlite", "invenias", at_length=True), pair("sqlite", "bisnode", at_length=True),
]  # fmt: skip


@pytest.mark.parametrize("theatre", SAMPLE, indirect=True)
def test_killed_where_it_hurts_and_at_random_ends_as_if_nothing_had_happened(theatre: Theatre) -> None:
    """Each daemon is killed where the one before had just begun something; the last one finds all of it."""
    player, dice = Player(theatre), random.Random(SEED)
    strikes: list[dict[str, object]] = [
        {"at_point": each, "after": n % 2 == 0} for n, each in enumerate(POINTS)
    ]
    for each in strikes[1:]:
        each["life"] = 3.0  # where it does not come to that any more, it is killed where it is
    if theatre.vendor == "example":
        strikes.append({"life": dice.uniform(0.3, 2.0)})
    else:
        strikes = strikes[:2]
    tally = player.play(*strikes)
    assert tally.kills == len(strikes)
    assert tally.struck["runs/deleting._intend after"] == 1
