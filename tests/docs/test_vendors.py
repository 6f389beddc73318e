"""docs/vendors.md is what the facts of the vendors say, no unknown is missing, and its tests turn every switch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.testing import facts, facts_page, switches

PLUGINS = Path(__file__).parents[2] / "plugins"
UNKNOWNS = {"bisnode": 14, "example": 3, "invenias": 31, "recman": 28}
"""How many things each vendor leaves open."""


def page() -> str:
    return (PLUGINS.parent / "docs" / "vendors.md").read_text(encoding="utf-8")


def test_page_is_what_the_facts_say() -> None:
    folders = sorted(path.parent for path in PLUGINS.glob("*/facts.toml"))
    assert page() == facts_page.render([facts.read(each) for each in folders])


@pytest.mark.parametrize("name", UNKNOWNS)
def test_every_unknown_stands_on_the_page_with_its_switch_or_the_reason_for_none(name: str) -> None:
    section = page().partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| .+ \| .+ \| (.+) \| (.+) \| (.*) \|$", section, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, UNKNOWNS[name] + 1))
    for number, switch, setting, tests in rows:
        assert switch.startswith("none: ") or (switch.startswith("`") and tests), number
        assert setting.startswith(("none: ", "`")), number


@pytest.mark.slow
@pytest.mark.parametrize("name", UNKNOWNS)
def test_tests_of_the_unknowns_turn_each_switch_to_its_default_and_to_another_value(name: str) -> None:
    folder = PLUGINS / name
    assert list(switches.unturned(facts.read(folder), folder)) == []
