"""The documentation names everything there is: hooks, settings, outcomes, errors, fields, packages, commands."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gateway import errors, hookspecs, model
from gateway.cli.front import targets
from gateway.settings import Key, document
from gateway.testing import PluginContract
from gateway.testing.check import laws_of
from gateway.testing.contracts import in_words
from gateway.testing.new_plugin import renamed

ROOT = Path(__file__).parents[2]
PAGES = [
    "start", "operate", "write-a-plugin", "promises", "why", "trail", "commands", "vendors", "rules", "policy-file",
    "policies", "reliability",
]  # fmt: skip


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def doc(name: str) -> str:
    return read(f"docs/{name}.md")


def everything() -> str:
    return read("README.md") + "".join(map(doc, PAGES))


def hooks() -> list[str]:
    """Each hook as it is written: `def name(arguments) -> result`."""
    nodes = ast.parse(inspect.getsource(hookspecs)).body
    found = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.returns is not None]
    return [f"def {each.name}({ast.unparse(each.args)}) -> {ast.unparse(each.returns)}" for each in found]  # type: ignore[arg-type]  # looked for


ERRORS = [
    name
    for name, each in vars(errors).items()
    if inspect.isclass(each) and issubclass(each, errors.GatewayError)
]


def packages() -> list[str]:
    project: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    wanted: list[str] = sum(project["optional-dependencies"].values(), list(project["dependencies"]))
    return sorted({re.split(r"[^A-Za-z0-9-]", each)[0] for each in wanted})


def test_every_hook_stands_in_the_promises_with_its_signature() -> None:
    said = re.findall(r"^```python\n(def .*)\n```$", doc("promises"), re.MULTILINE)
    assert said == hooks()
    assert len(said) == 5


@pytest.mark.parametrize("key", document(), ids=lambda key: key.path)
def test_setting_stands_in_operate_as_it_is(key: Key) -> None:
    assert f"| `{key.path}` | {key.right} | {key.default} | {key.help} |\n" in doc("operate")


@pytest.mark.parametrize("outcome", list(model.Outcome))
def test_outcome_is_explained(outcome: model.Outcome) -> None:
    assert re.search(rf"^\| `{outcome}` \| \w", doc("promises"), re.MULTILINE)
    assert f"`{outcome}`" in doc("operate")


@pytest.mark.parametrize("error", ERRORS)
def test_error_is_explained(error: str) -> None:
    assert re.search(rf"^\| `{error}` \| \w", doc("promises"), re.MULTILINE)


@pytest.mark.parametrize("value", [model.Vendor, model.Setting, model.Limit])
def test_fields_of_what_describe_returns_are_explained(value: type[Any]) -> None:
    section = doc("write-a-plugin").partition(f"\n`{value.__name__}`")[2].partition("\n`")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [each.name for each in fields(value)]


def test_every_package_has_its_reason_and_no_other_is_named() -> None:
    rows = re.findall(r"^\| ([a-z][\w-]*) \| \S.* \| \S.* \|$", doc("why"), re.MULTILINE)
    assert sorted(each for each in rows if each != "package") == packages()


@pytest.mark.parametrize("page", PAGES)
def test_page_is_there_and_the_readme_leads_to_it(page: str) -> None:
    assert doc(page).startswith("# ")
    assert f"(docs/{page}.md)" in read("README.md")


def test_every_law_of_the_contract_is_named_to_authors() -> None:
    table = doc("write-a-plugin").partition("| about | laws |")[2].partition("\n\n")[0]
    said = [
        law.strip()
        for row in re.findall(r"^\| .+ \| (.+) \|$", table, re.MULTILINE)
        for law in row.split(";")
    ]
    assert [law for law in said if law != "---"] == [in_words(law) for law in laws_of(PluginContract)]


@pytest.mark.parametrize(
    "block", re.findall(r"^```(?:python|ini)\n(.+?)^```$", doc("write-a-plugin"), re.M | re.S)
)
def test_what_authors_are_shown_stands_in_the_plugin_they_start_from(block: str) -> None:
    files = [
        path for path in sorted((ROOT / "plugins" / "example").rglob("*")) if path.suffix in {".py", ".toml"}
    ]
    assert all(
        any(part in renamed(path.read_text(encoding="utf-8"), "acme") for path in files)
        for part in re.split(r"\n{2,}(?=\[)", block.strip("\n"))
    )


def test_commands_that_are_named_exist() -> None:
    said = set(re.findall(r"(?:^    |`)gateway ([a-z][a-z-]+)", everything(), re.MULTILINE))
    assert said == targets().keys()


def test_targets_that_are_named_stand_in_the_makefile() -> None:
    assert re.findall(r"^    make ([\w-]+)", read("README.md"), re.MULTILINE) == ["demo", "test"]
    said = set(re.findall(r"(?:^    |`)make ([\w-]+)", everything(), re.MULTILINE))
    assert said == {"demo", "test", "torture", "new-plugin"}
    for target in said:
        assert f"\n{target}:" in read("Makefile")
