"""A firm for each test, and what must hold after every scenario: a sound trail that names nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.ledger import Ledger, new_master_key
from gateway.trail import new_signing_key
from tests.core.firm import Firm


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def backend() -> str:
    """SQLite; what depends on the database is marked with `on_both`."""
    return "sqlite"


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    return {"master": new_master_key().reveal(), "signing": new_signing_key().reveal()}


@pytest.fixture
def firm(
    tmp_path: Path, ledger: Ledger, now: datetime, keys: dict[str, str], caplog: pytest.LogCaptureFixture
) -> Iterator[Firm]:
    """A firm without processors yet, that checks itself when its test is over."""
    caplog.set_level(logging.DEBUG, logger="gateway")
    folder = tmp_path / "firm"
    folder.mkdir()
    for name, key in keys.items():
        (folder / name).write_text(key)
        (folder / name).chmod(0o600)
    made = Firm(folder, ledger, now)
    yield made
    try:
        made.check_trail()
        made.check_privacy(caplog.records)
    finally:
        made.open_registers_closed()
