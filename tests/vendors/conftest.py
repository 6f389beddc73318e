"""Worlds for the tests: made with the switches of the three simulators, mounted, and closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import new_master_key
from gateway.trail import new_signing_key
from tests.vendors.world import World

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def world_keys() -> dict[str, str]:
    return {"master": new_master_key().reveal(), "signing": new_signing_key().reveal()}


@pytest.fixture
def make_world(tmp_path: Path, sqlite_template: Path, world_keys: dict[str, str]) -> Iterator[MakeWorld]:
    """Makes a world: `make_world(recman={"page_size": 2}, …)`."""
    numbers, stack = count(1), ExitStack()

    def make(**switches: Mapping[str, Any]) -> World:
        folder = tmp_path / f"world{next(numbers)}"
        folder.mkdir()
        return stack.enter_context(World(folder, sqlite_template, world_keys, switches))

    with stack:
        yield make
