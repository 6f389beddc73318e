"""A firm to be examined: plain vendors, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import MakeUrl
from tests.daemon.conftest import as_text
from tests.exam.firm import Exam, exam

MakeExam = Callable[..., Exam]


@pytest.fixture
def sit(tmp_path: Path, empty_url: MakeUrl) -> Iterator[MakeExam]:
    """Makes a firm with vendors of these names."""
    folder = tmp_path / "firm"
    folder.mkdir()
    with ExitStack() as stack:
        yield lambda *names: stack.enter_context(exam(folder, as_text(empty_url()), names))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.slow, pytest.mark.torture])])
def backend(request: pytest.FixtureRequest) -> str:
    """Both databases; PostgreSQL in `make torture`, but for the two that lose work in flight (test_lost_work)."""
    return str(request.param)
