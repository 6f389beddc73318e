"""Sites for daemons: vendors on loopback, a ledger on SQLite or on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.conftest import MakeUrl
from tests.daemon.site import Site, site


def as_text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def here(tmp_path: Path, empty_url: MakeUrl) -> Iterator[Site]:
    """A firm with two vendors, on SQLite and on PostgreSQL."""
    folder = tmp_path / "firm"
    folder.mkdir()
    with site(folder, as_text(empty_url())) as made:
        yield made
