"""Which switches of a simulator a test really turns: watched in a child pytest, for the unknowns of `facts.toml`.

This module is a plugin of pytest, too: `-p gateway.testing.switches` in that child.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from gateway.errors import PluginError
from gateway.testing.facts import Facts

Taken = dict[str, dict[str, list[str]]]
"""By test, as `file::name` without its variant, and by switch: the values a simulator was made with."""


def unturned(facts: Facts, folder: Path) -> Iterator[str]:
    """Run the tests the unknowns name, and say which switch they do not try on its default and on another value."""
    taken = run(folder, sorted({test for each in facts.unknowns if each.switch for test in each.tests}))
    for each in facts.unknowns:
        for switch in each.switches:
            seen = {
                value
                for test in each.tests
                for value in taken.get(test.partition("[")[0], {}).get(switch, ())
            }
            default = repr(facts.switches[switch])
            if default not in seen or len(seen) < 2:
                told = ", ".join(sorted(seen)) or "nothing"
                yield (
                    f"unknown {each.number}: its tests make the simulator with {switch} = {told}; "
                    f"it has to be {default} (the default) and another value"
                )


def run(folder: Path, tests: list[str]) -> Taken:
    """Run tests of the plugin in `folder`, and return what its simulator was made with in each."""
    if not tests:
        return {}
    with TemporaryDirectory() as place:
        told = Path(place) / "switches.json"
        options = ["-q", "-p", "gateway.testing.switches", "-p", "no:cacheprovider", "-p", "no:randomly"]
        ran = subprocess.run(  # noqa: S603 - this Python, and tests that were named in a reviewed file
            [sys.executable, "-m", "pytest", *options, f"--switches-of={folder.name}", f"--switches-to={told}"]
            + [str(folder / "tests" / each) for each in tests],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            raise PluginError(f"{folder}: the tests of the unknowns do not pass:\n{ran.stdout}{ran.stderr}")
        taken: Taken = json.loads(told.read_text(encoding="utf-8"))
        return taken


# From here on: the plugin of the child.


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("switches of a simulator")
    group.addoption("--switches-of", metavar="NAME", help="the plugin whose simulator is watched")
    group.addoption("--switches-to", metavar="FILE", help="where to write what it was made with, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    name = config.getoption("--switches-of")
    if name:
        config.pluginmanager.register(_Watch(name, Path(config.getoption("--switches-to"))))


class _Watch:
    """Notes the arguments of a simulator's `__init__`, defaults among them, by the test that is running."""

    def __init__(self, name: str, told: Path) -> None:
        self._told = told
        self._taken: Taken = {}
        (entry,) = entry_points(group="gateway.simulators", name=name)
        self._watch(entry.load())

    def _watch(self, simulator: Any) -> None:
        make = simulator.__init__
        signature = inspect.signature(make)

        @functools.wraps(make)
        def watched(*args: Any, **kwargs: Any) -> None:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            self._note({name: repr(value) for name, value in list(bound.arguments.items())[1:]})
            make(*args, **kwargs)

        simulator.__init__ = watched

    def _note(self, made: dict[str, str]) -> None:
        running = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0].partition("[")[0]
        path, _, name = running.partition("::")
        noted = self._taken.setdefault(f"{Path(path).name}::{name}", {})
        for switch, value in made.items():
            values = noted.setdefault(switch, [])
            if value not in values:
                values.append(value)

    def pytest_sessionfinish(self) -> None:
        self._told.write_text(json.dumps(self._taken), encoding="utf-8")
