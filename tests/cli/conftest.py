"""A firm with one vendor, set up in a folder, and the command line run in this process."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from gateway_example.simulator import KEY, Simulator

from gateway.cli import checking, exits, opening
from gateway.cli.app import cli
from gateway.register import Register
from gateway.testing import mount

URL = "https://api.example.org"
PROCESSORS = """
[processors.example]
plugin = "example"
role = "processor"
agreement = "DPA 1 of 2026-01-01"
location = "EU"
source = true
{more}
[processors.example.settings]
url = "{url}"
key = {{ env = "EXAMPLE_KEY" }}
"""


@dataclass
class Firm:
    """One firm's folder and its vendor. Called with the words of a command, it runs them."""

    folder: Path
    vendor: Simulator
    bugs: list[BaseException]

    @property
    def toml(self) -> Path:
        return self.folder / "gateway.toml"

    def write(self, *, url: str = URL, more: str = "", tail: str = "") -> None:
        head = (self.folder / "head.toml").read_text(encoding="utf-8")
        text = head + PROCESSORS.format(url=url, more=more) + tail
        self.toml.write_text(text, encoding="utf-8")

    def __call__(self, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, ["--settings", str(self.toml), *words])
        if result.exit_code == 1 and code != 1:
            raise AssertionError(" ".join(words)) from self.bugs[-1]
        told = f"{' '.join(words)} -> {result.exit_code}\n{result.stdout}\n{result.stderr}"
        assert result.exit_code == code, told
        assert all(len(line) <= 80 for line in result.stdout.splitlines() if "--json" not in words), told
        return result

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        document = json.loads(self(*words, "--json", code=code).stdout)
        assert isinstance(document, dict)
        return document

    def ledger(self) -> Any:
        return opening.open_database(opening.load(self.toml, {"EXAMPLE_KEY": KEY}))


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `gateway init` makes, made once."""
    folder = tmp_path_factory.mktemp("laid-out") / "firm"
    result = CliRunner().invoke(cli, ["init", str(folder)])
    assert result.exit_code == 0, result.output
    (folder / "gateway.toml").rename(folder / "head.toml")
    return folder


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """80 columns, the vendor's key in the environment, no pause between two tries; what bugs are met is kept."""
    bugs: list[BaseException] = []
    say_bug = exits.say_bug

    def keep(err: BaseException, *, verbose: bool) -> None:
        bugs.append(err)
        say_bug(err, verbose=verbose)

    monkeypatch.setattr(exits, "say_bug", keep)
    for name in ("FORCE_COLOR", "GATEWAY_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("EXAMPLE_KEY", KEY)
    for module in (opening, checking):
        monkeypatch.setattr(module, "Register", functools.partial(Register, sleep=lambda _: None))
    return bugs


@pytest.fixture
def vendor() -> Simulator:
    return Simulator(now=lambda: datetime.now(UTC))


@pytest.fixture
def firm(laid_out: Path, tmp_path: Path, vendor: Simulator, plain: list[BaseException]) -> Iterator[Firm]:
    """A firm whose vendor is mounted in this process and holds nobody yet."""
    folder = tmp_path / "firm"
    shutil.copytree(laid_out, folder)
    made = Firm(folder, vendor, plain)
    made.write()
    with mount(vendor, URL):
        yield made


@pytest.fixture
def kari(vendor: Simulator) -> str:
    """A person whose consent ended long ago."""
    return vendor.add_person("Kari Nordmann", "kari@example.org", "+4791234567", consent_until="2020-01-01")


@pytest.fixture
def ola(vendor: Simulator) -> str:
    """A person whom nothing is due for."""
    return vendor.add_person("Ola Nordmann", "ola@example.org")


@pytest.fixture
def crowd(vendor: Simulator) -> Callable[[int], None]:
    """Many people whose consent has ended."""

    def add(count: int) -> None:
        for number in range(count):
            vendor.add_person(f"Person {number}", f"person{number}@example.org", consent_until="2020-01-01")

    return add
