"""What is known and assumed of a vendor, from its `facts.toml`: read, and held against its simulator, plugin and tests.

`python -m gateway.testing.facts plugins/acme` checks those of one plugin, and runs the tests of its unknowns.
`python -m gateway.testing.facts --write`, at the top of the repository, makes docs/vendors.md from all of them.
"""

from __future__ import annotations

import ast
import inspect
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import GatewayError, SettingsError
from gateway.model import Setting, Vendor
from gateway.plugins import values
from gateway.settings.mistakes import unknown
from gateway.testing.contracts import GROUP as CONTRACTS

MARKS = ("D", "C", "C+", "F", "K", "T", "I", "G")
NOT_USED = "not used: "


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)


class Unknown(_Table):
    """Something the vendor does not say, and what is assumed of it.

    `switch` names keywords of the simulator, `setting` settings of the plugin, several with commas. Where
    there is none, `no_switch` or `no_setting` says why.
    """

    number: int
    what: str = Field(min_length=1)
    assumed: str = Field(min_length=1)
    switch: str = ""
    no_switch: str = ""
    setting: str = ""
    no_setting: str = ""
    tests: list[str] = []

    @property
    def switches(self) -> list[str]:
        return _split(self.switch)

    @property
    def settings(self) -> list[str]:
        return _split(self.setting)


class Fact(_Table):
    """Something the vendor says, or its clients show, and how the plugin handles it.

    `mark` says where it is from, several with commas. `why` belongs to `simulator = false`. Where `plugin`
    begins with `not used:` and the reason, there may be no tests.
    """

    section: str = Field(min_length=1)
    what: str = Field(min_length=1)
    mark: str
    simulator: bool
    plugin: str = Field(min_length=1)
    why: str = ""
    tests: list[str] = []


class _File(_Table):
    unknown: list[Unknown] = []
    fact: list[Fact] = []


@dataclass(frozen=True, slots=True)
class Facts:
    """A vendor's facts, with what they speak of: the simulator's switches and the plugin's settings."""

    name: str
    vendor: Vendor
    unknowns: tuple[Unknown, ...]
    facts: tuple[Fact, ...]
    switches: Mapping[str, Any]
    """The keywords of the simulator with their defaults."""
    settings: Mapping[str, Setting]


def read(folder: Path) -> Facts:
    """The facts of the plugin in a folder; raises SettingsError naming every mistake in them."""
    path = folder / "facts.toml"
    name = folder.name
    vendor = _entry("gateway.plugins", name, path).load().describe()
    file = _parse(path)
    facts = Facts(
        name, vendor, tuple(file.unknown), tuple(file.fact), _switches(name, path), values.declared(vendor)
    )
    mistakes = [*_mistakes_of_unknowns(facts), *_mistakes_of_facts(facts), *_mistakes_of_tests(facts, folder)]
    if mistakes:
        raise SettingsError(*(f"{path}: {each}" for each in mistakes))
    return facts


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")] if text else []


def _parse(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as err:
        raise SettingsError(f"{path}: does not exist; plugins/example/facts.toml shows one") from err
    except tomllib.TOMLDecodeError as err:
        raise SettingsError(f"{path}: is not TOML: {err}") from err
    except ValidationError as err:
        found = err.errors(include_url=False, include_input=False)
        raise SettingsError(
            *(f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
        ) from err


def _entry(group: str, name: str, path: Path) -> EntryPoint:
    for each in entry_points(group=group, name=name):
        return each
    raise SettingsError(f"{path}: no installed plugin has an entry point {name!r} in the group {group}")


def _switches(name: str, path: Path) -> dict[str, Any]:
    simulator = _entry("gateway.simulators", name, path).load()
    taken = inspect.signature(simulator).parameters.values()
    return {each.name: each.default for each in taken if each.default is not each.empty}


def _mistakes_of_unknowns(facts: Facts) -> Iterator[str]:
    for place, each in enumerate(facts.unknowns, 1):
        at = f"unknown {each.number}"
        if each.number != place:
            yield f"{at}: stands where number {place} should; they are numbered in order, without a gap"
        if bool(each.switch) == bool(each.no_switch):
            yield f"{at}: needs a switch, or a reason in no_switch, and not both"
        if each.setting and each.no_setting:
            yield f"{at}: has a setting, and a reason in no_setting for having none"
        if not each.setting and not each.no_setting and not each.no_switch:
            yield f"{at}: needs a setting, or a reason in no_setting"
        for switch in each.switches:
            if switch not in facts.switches:
                yield f"{at}: switch {switch!r}: {unknown('switch', switch, facts.switches)}"
        for setting in each.settings:
            if setting not in facts.settings:
                yield f"{at}: setting {setting!r}: {unknown('setting', setting, facts.settings)}"
        if each.switch and not each.tests:
            yield f"{at}: needs tests that run the switch on its default and on another value"


def _mistakes_of_facts(facts: Facts) -> Iterator[str]:
    for place, each in enumerate(facts.facts, 1):
        at = f"fact {place} ({each.what[:40]})"
        for mark in _split(each.mark) or [""]:
            if mark not in MARKS:
                yield f"{at}: mark {mark!r} is not one of {', '.join(MARKS)}"
        if not each.simulator and not each.why:
            yield f"{at}: needs a reason in why, since the simulator does not have it"
        if each.simulator and each.why:
            yield f"{at}: has a reason in why, which belongs to simulator = false"
        if each.plugin in {"not used", "not used:"}:
            yield f"{at}: plugin says not used, and needs the reason after it: {NOT_USED}…"
        elif not each.tests and not each.plugin.startswith(NOT_USED):
            yield f"{at}: needs tests, or a plugin that begins with {NOT_USED!r} and the reason"


def _mistakes_of_tests(facts: Facts, folder: Path) -> Iterator[str]:
    known: dict[str, set[str]] = {}
    named = [(f"unknown {each.number}", each.tests) for each in facts.unknowns]
    named += [(f"fact {place} ({each.what[:40]})", each.tests) for place, each in enumerate(facts.facts, 1)]
    for at, tests in named:
        for test in tests:
            file, _, name = test.partition("::")
            if file not in known:
                known[file] = _tests_in(folder / "tests" / file, facts.name)
            if name.partition("[")[0] not in known[file]:
                yield f"{at}: there is no test {test!r} in {folder / 'tests'}"


def _tests_in(path: Path, name: str) -> set[str]:
    """The tests of a file as pytest names them after the file; those of an imported contract among them."""
    if not path.is_file():
        return set()
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.ImportFrom):
            contract = _entry(CONTRACTS, name, path).load()
            if contract.__name__ in {each.name for each in node.names}:
                found |= {f"{contract.__name__}::{each}" for each in dir(contract)}
    return {each for each in found if each.rpartition("::")[2].startswith("test_")}


def main() -> int:
    """Check the facts in the folders that are named; without one compare docs/vendors.md, or write it."""
    try:
        if sys.argv[1:] in ([], ["--write"]):
            return _page(write=bool(sys.argv[1:]))
        return max([_check(Path(each)) for each in sys.argv[1:]])
    except GatewayError as err:
        sys.stderr.write(f"{err}\n")
        return 2


def _page(*, write: bool) -> int:
    from gateway.testing.facts_page import render

    page = Path("docs/vendors.md")
    text = render([read(path.parent) for path in sorted(Path("plugins").glob("*/facts.toml"))])
    if write:
        page.write_text(text, encoding="utf-8")
    elif not page.is_file() or page.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{page} is out of date: python -m gateway.testing.facts --write\n")
        return 1
    return 0


def _check(folder: Path) -> int:
    from gateway.testing.switches import unturned

    facts = read(folder)
    mistakes = list(unturned(facts, folder))
    sys.stderr.writelines(f"{folder / 'facts.toml'}: {each}\n" for each in mistakes)
    sys.stdout.write(f"{facts.name}: {len(facts.facts)} facts, {len(facts.unknowns)} unknowns\n")
    return 2 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
