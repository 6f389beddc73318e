"""What the tests of the kit have in common."""

from __future__ import annotations

import pytest

from gateway.testing import laws_of_faults, laws_of_weather


@pytest.fixture
def short_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault of each name, and fewer days of weather: enough to see that a law stays green."""
    few = ("401", "429", "503", "html")
    monkeypatch.setattr(laws_of_faults, "NAMES", {kind: laws_of_faults.NAMES[kind] for kind in few})
    monkeypatch.setattr(laws_of_weather, "_EXAMPLES", 5)
