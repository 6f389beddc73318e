"""The law as data: every row is there with its mark, readings wait for a lawyer, and no number of it stands in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway import rules
from gateway.rules.laws import law_texts, read_laws
from gateway.rules.policy import Mark
from gateway.settings import Period
from gateway.settings.period import read_period

LAW = read_laws(law_texts())
ROOM = Path(rules.__file__).parent
CODE = sorted(ROOM.rglob("*.py"))
GDPR = {f"G{number}": "C" for number in range(1, 42)} | {"G2": "R"}
NORWAY = {f"N{number}": "G" for number in range(1, 17)} | {
    "N3b": "G", "N4b": "G", "N5": "C", "N5b": "G", "N5c": "G", "N5d": "G", "N6-b": "G", "N12": "M", "N13": "M", "N15": "M",
}  # fmt: skip
ROW_ID = re.compile(r"(?:[GN][0-9]+[a-d]?|A[0-9]+-[0-9]+[ab]?|C-[0-9]+-[0-9]+)(?:-[Rb])?")
SENTENCE_ENDS = re.compile(r"[.!?] +[A-ZÆØÅ]")
LONGEST_MONTH = 31
"""Numbers up to here stand in code for many reasons; those above that the law counts by are the law's alone."""


@pytest.mark.parametrize(("row", "mark"), (GDPR | NORWAY).items())
def test_every_row_is_there_with_its_mark(row, mark):
    assert LAW[row].mark == mark


def test_what_a_lawyer_has_not_confirmed_is_not_on_and_all_else_is():
    for row in LAW.values():
        waits = row.mark in (Mark.READING, Mark.GENERAL)
        assert (row.switch == "on") == (not waits), f"{row.id} is {row.mark} and {row.switch}"


@pytest.mark.parametrize("row", LAW)
def test_a_row_says_one_sentence_in_each_language_and_cites_what_others_can_find(row):
    found = LAW[row]
    assert found.says["en"] != found.says["nb"]
    for text in found.says.values():
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".")
        # "27. desember" is a date.
        assert not SENTENCE_ENDS.search(text.removesuffix("."))
    assert not set("[]") & set(found.source + found.article)


def test_norwegian_is_written_with_its_letters():
    text = " ".join(row.says["nb"] for row in LAW.values())
    assert {"æ", "ø", "å"} <= set(text)
    assert not re.search(r"\b(the|and|person who|naar|ogsaa)\b", text)


@pytest.mark.parametrize(("row", "values"), [
    ("G11", {"clock": "answer", "period": "1 month", "extension": "2 months"}),
    ("G16", {"clock": "inform", "period": "1 month", "earliest": ["first-contact", "first-disclosure"]}),
    ("G35", {"clock": "breach", "hours": 72}),
    ("OMNIBUS", {"clock": "breach", "hours": 96, "replaces": "G35"}),
    ("P4-R", {"clock": "withdrawal", "hours": 72}),
    ("G30-R", {"clock": "forward", "working_days": 2}),
    ("N16", {"clock": "vendor", "period": "12 months"}),
    ("N1", {"about": "recruitment", "period": "1 year", "unless": "consent"}),
    ("N1", {"start": ["hired", "process-closed", "updated"]}),
    ("N6", {"duty": "bookkeeping", "period": "5 years", "year_end": True, "start": "invoiced"}),
    ("N6-b", {"duty": "correspondence", "period": "42 months", "year_end": True}),
    ("N10-R", {"ground": "claims", "period": "3 years"}),
    ("N11-R", {"period": "6 months"}),
    ("UK1", {"country": "GB", "until": date(2031, 12, 27)}),
    ("SCHREMS-II", {"since": date(2020, 7, 16)}),
    ("CREDIT-ACT", {"since": date(2022, 7, 1)}),
    ("N9", {"since": date(2025, 1, 1)}),
])  # fmt: skip
def test_the_numbers_of_a_row_are_those_of_its_source(row, values):
    assert {key: LAW[row].values[key] for key in values} == values


def test_three_and_a_half_years_end_in_the_middle_of_the_year():
    assert read_period(LAW["N6-b"].values["period"]).after(date(2026, 12, 31)) == date(2030, 6, 30)


def periods() -> Iterator[Period]:
    for row in LAW.values():
        for key in ("period", "extension"):
            if key in row.values:
                yield read_period(row.values[key])


def test_every_period_of_the_law_can_be_read():
    assert len(list(periods())) > 10


def constants(path: Path) -> Iterator[ast.Constant]:
    """The constants of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in told)


def numbers_of_the_law() -> set[int]:
    counts = {each.count for each in periods()} | {
        row.values["hours"] for row in LAW.values() if "hours" in row.values
    }
    return {each for each in counts if each > LONGEST_MONTH}


def test_no_number_of_the_law_stands_in_code():
    known = numbers_of_the_law()
    assert known >= {42, 72, 96}
    for path in CODE:
        found = [node.value for node in constants(path) if type(node.value) is int and node.value in known]
        assert not found, f"{path.name}: {found} belongs into rules/law"


def test_no_period_and_no_date_of_the_law_stands_in_code():
    dates = {each for row in LAW.values() for each in row.values.values() if isinstance(each, date)}
    for path in CODE:
        for node in constants(path):
            assert not _is_period(node.value), f"{path.name}, line {node.lineno}: {node.value}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert _date(node) not in dates, f"{path.name}: a date of the law"


def _is_period(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9]+ *(hour|day|week|month|year)s?", value))


def _date(node: ast.AST) -> date | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "date":
        return None
    parts = [each.value for each in node.args if isinstance(each, ast.Constant)]
    return date(*parts) if len(parts) == 3 else None


def test_every_row_that_code_names_is_there():
    named = {
        node.value for path in sorted((ROOM / "lint").glob("*.py")) for node in constants(path)
        if isinstance(node.value, str) and ROW_ID.fullmatch(node.value)
    }  # fmt: skip
    assert len(named) > 10
    assert named <= LAW.keys()


def test_every_file_of_the_law_says_of_when_it_is():
    texts = law_texts()
    assert set(texts) == {"gdpr.toml", "norway.toml", "presets.toml"}
    assert all(re.search(r'^version = "\d{4}-\d{2}-\d{2}"$', text, re.MULTILINE) for text in texts.values())
