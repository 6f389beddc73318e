"""Every test that docs/reliability.md names exists, and the page names each one of the exam."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"tests/[\w/]+\.py(?:::\w+)?", PAGE)))


def names_in(path: Path) -> set[str]:
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return {
        each.name for each in nodes if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    }


@pytest.mark.parametrize("named", NAMED)
def test_what_is_named_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file(), f"docs/reliability.md names {path}"
    assert name in names_in(ROOT / path) if name else names_in(ROOT / path), (
        f"docs/reliability.md names {named}"
    )


def test_every_test_of_the_exam_is_named() -> None:
    exam = {
        f"{path.relative_to(ROOT).as_posix()}::{name}"
        for path in (ROOT / "tests" / "exam").glob("test_*.py")
        for name in names_in(path)
    }
    assert len(exam) >= 11
    assert exam <= set(NAMED)


def test_each_of_the_eleven_says_what_was_measured_elsewhere() -> None:
    table = PAGE.partition("\n## The exam\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!fault|---|…)(.+) \| (.+) \| `tests/exam/\S+` \|$", table, re.MULTILINE)
    assert len(rows) == 11
    for fault, told in rows:
        assert re.search(r" \[[^\]]+\]$", told), fault
