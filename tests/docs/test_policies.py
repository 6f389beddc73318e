"""docs/policies.md is what docs/duties.toml says, lists every duty once, and names nothing that is not there."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from gateway.cli.front import targets
from gateway.rules import schema
from gateway.rules.lint import CHECKS
from gateway.rules.reading import law_texts
from gateway.settings import document

ROOT = Path(__file__).parents[2]
FIRMS = ("coness", "isco")
NORWAY = "N1 N2 N3 N3b N4 N4b N5 N5b N5c N5d N6 N7 N8 N9 N10 N11 N12 N13 N14 N15 N16"
IDS = [
    *(f"P{number}" for number in range(1, 44)),
    *(f"G{number}" for number in range(1, 42)),
    *NORWAY.split(),
]


def generator() -> ModuleType:
    """docs/policies_page.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("policies_page", ROOT / "docs/policies_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PAGE = generator()
DUTIES = {each.id: each for each in PAGE.read()}


def own(firm: str) -> set[str]:
    """The rules and kept sets of an example."""
    policy = tomllib.loads((ROOT / "examples" / firm / "policy.toml").read_text(encoding="utf-8"))
    return {f"{firm}:{name}" for section in ("rules", "keeps") for name in policy[section]}


@cache
def known() -> frozenset[str]:
    """Everything `by` may name; a command by its first word."""
    names = {name for firm in FIRMS for name in own(firm)}
    names |= {f"law:{row}" for text in law_texts().values() for row in tomllib.loads(text)["rows"]}
    names |= {f"lint:{each.id}" for each in CHECKS}
    names |= {f"setting:{each.path.replace('.NAME', '')}" for each in document()}
    names |= {f"policy:{re.sub('[.](NAME|ID)', '', each.path)}" for each in schema.document()}
    return frozenset(names | {f"command:gateway {name}" for name in targets()})


@cache
def functions_in(path: str) -> frozenset[str]:
    """The tests in a file, read and not run."""
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


NAMED = [(each.id, test) for each in DUTIES.values() for test in each.tests]


def test_page_is_what_the_duties_say() -> None:
    page = (ROOT / "docs/policies.md").read_text(encoding="utf-8")
    assert page == PAGE.render(PAGE.read()), "run: python docs/policies_page.py --write"


def test_every_duty_stands_there_once_and_in_its_order() -> None:
    page = (ROOT / "docs/policies.md").read_text(encoding="utf-8")
    assert [*DUTIES] == IDS
    assert re.findall(r"^\| ([PGN]\d+[a-z]?) \|", page, re.MULTILINE) == IDS


def test_counts_at_the_top_are_those_of_the_tables() -> None:
    page = (ROOT / "docs/policies.md").read_text(encoding="utf-8")
    count = Counter(each.how for each in DUTIES.values())
    together = re.findall(r"^\| ([\w-]+) \|(?: \d+ \|){3} (\d+) \|$", page, re.MULTILINE)
    assert dict(together) == {how: str(count[how]) for how in PAGE.HOWS} | {"all": str(len(IDS))}


@pytest.mark.parametrize("name", IDS)
def test_duty_says_how_and_by_what_and_why_where_no_rule_runs_it(name: str) -> None:
    each = DUTIES[name]
    assert each.how in PAGE.HOWS
    assert each.duty.endswith(".")
    assert each.note.endswith(".") or (not each.note and each.how in ("rule", "gate"))
    assert (each.tests and each.by) or each.how not in ("rule", "gate")
    assert bool(each.said) == name.startswith("P")


@pytest.mark.parametrize("name", IDS)
def test_what_a_duty_is_run_by_is_there(name: str) -> None:
    assert set(DUTIES[name].by) <= known()
    assert len(set(DUTIES[name].by)) == len(DUTIES[name].by)


@pytest.mark.parametrize(("name", "test"), NAMED)
def test_what_proves_a_duty_is_there(name: str, test: str) -> None:
    path, _, function = test.partition("::")
    assert function in functions_in(path)
    assert DUTIES[name].tests.count(test) == 1


@pytest.mark.parametrize("firm", FIRMS)
def test_every_rule_and_kept_set_of_the_examples_runs_a_duty(firm: str) -> None:
    assert own(firm) <= {by for each in DUTIES.values() for by in each.by}


@pytest.mark.parametrize("firm", FIRMS)
def test_every_duty_that_a_policy_refers_to_has_its_words(firm: str) -> None:
    refs = re.findall(r'"(P\d+)"', (ROOT / "examples" / firm / "policy.toml").read_text(encoding="utf-8"))
    said = {each.id for each in DUTIES.values() if firm in {words.firm.lower() for words in each.said}}
    assert set(refs) <= said


def test_command_prints_the_page_and_writes_nothing_unasked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["policies_page.py"])
    monkeypatch.setattr(PAGE, "FOLDER", tmp_path)
    assert PAGE.main() == 0
    assert capsys.readouterr().out == PAGE.render(PAGE.read())
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(sys, "argv", ["policies_page.py", "--write"])
    assert PAGE.main() == 0
    assert (tmp_path / "policies.md").read_text(encoding="utf-8") == PAGE.render(PAGE.read())
