"""docs/operate.md names the metrics there are, and alarms on no others."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.http import Standing
from gateway.ledger import Ledger
from gateway.model import Limit
from gateway.web import Meters, Metrics, Pulse

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Alarms\n")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def said() -> set[str]:
    return set(re.findall(r"\bgateway_[a-z_]+", SECTION))


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def there(ledger: Ledger, healthy: Pulse) -> set[str]:
    standing = Standing(Limit(1, timedelta(days=1)), 0, 1, None)
    text = Metrics(ledger, Meters(), lambda: {"recman": [standing]}, patience=20)(healthy).decode()
    return set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))


def test_every_metric_is_explained(said: set[str], there: set[str]) -> None:
    of_the_process = {each for each in there if each.startswith("gateway_process_")}
    assert there - said - of_the_process == set()
    assert len(there) > 25


def test_no_other_is_named(said: set[str], there: set[str]) -> None:
    assert said - there == set()


def test_rules_name_the_labels_there_are(said: set[str]) -> None:
    labels: Any = re.findall(r"by \(([a-z, ]+)\)", SECTION)
    assert {name for each in labels for name in each.split(", ")} <= {"processor", "cause", "kind"}
    for line in re.findall(r"^        expr: (.+)$", SECTION, re.MULTILINE):
        assert line.count("(") == line.count(")")
        assert "gateway_" in line
