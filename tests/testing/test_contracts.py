"""The contract of an installed plugin: found by its entry point, and refused with the reason where it is not fit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gateway_example.contract
import pytest

from gateway import PluginError, SettingsError
from gateway.testing import contracts

PLUGIN = """
from dataclasses import replace
from gateway import hookimpl
import gateway_example
from gateway_example import fetch, delete, export, audit

@hookimpl
def describe():
    return replace(gateway_example.describe(), name="faux")
"""
CONTRACT = """
import sys
from gateway_example.contract import TestExample
from gateway.testing import PluginContract
class TestFaux(PluginContract):
    plugin = sys.modules[__name__]
    simulator = TestExample.simulator
class TestOther(TestFaux):
    import gateway_example as plugin
class TestNone: ...
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """`install(contract="TestFaux")` makes a distribution with the plugin faux, as pip leaves it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source: str = PLUGIN + CONTRACT, contract: str = "", of: str = "faux") -> None:
        (tmp_path / "faux_plugin.py").write_text(source)
        info = tmp_path / "faux-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faux\nVersion: 1.2\n")
        text = "[gateway.plugins]\nfaux = faux_plugin\n"
        (info / "entry_points.txt").write_text(
            text + (f"[gateway.contracts]\n{of} = {contract}\n" if contract else "")
        )

    yield write
    sys.modules.pop("faux_plugin", None)


def test_contract_of_an_installed_plugin_is_loaded(install: Install) -> None:
    assert contracts.load("example") is gateway_example.contract.TestExample
    install(contract="faux_plugin:TestFaux")
    assert contracts.load("faux").__name__ == "TestFaux"
    assert {"example", "faux"} <= contracts.offered().keys()


def test_plugin_that_is_not_installed_is_told_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match='unknown plugin; did you mean "example"'):
        contracts.load("exmple")


def test_plugin_without_a_contract_is_told_what_is_missing(install: Install) -> None:
    install()
    with pytest.raises(
        SettingsError, match=r"faux ships no contract .*'faux' in the group gateway\.contracts"
    ):
        contracts.load("faux")
    assert "faux" not in contracts.offered()


def test_contract_a_stranger_ships_is_not_the_plugins(install: Install) -> None:
    install(contract="faux_plugin:TestFaux", of="example")
    assert contracts.offered()["example"].value == "gateway_example.contract:TestExample"


@pytest.mark.parametrize(
    ("source", "contract", "said"),
    [
        (
            "import no_such_module",
            "faux_plugin:TestFaux",
            "plugin faux: cannot be loaded: ModuleNotFoundError",
        ),
        (PLUGIN, "faux_plugin:TestFaux", "cannot be loaded: AttributeError: .*TestFaux"),
        (PLUGIN + CONTRACT, "faux_plugin:TestNone", "is not a subclass of gateway.testing.PluginContract"),
        (PLUGIN + CONTRACT, "faux_plugin:TestOther", "something else than the plugin faux"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(
    install: Install, source: str, contract: str, said: str
) -> None:
    install(source, contract)
    with pytest.raises(PluginError, match=said):
        contracts.load("faux")


def test_missing_kit_is_told_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "find_spec", lambda name: None if name in {"pytest", "werkzeug"} else name)
    with pytest.raises(SettingsError, match=r"needs pytest, werkzeug: pip install 'ats-gateway\[testing\]'"):
        contracts.load("example")
    monkeypatch.undo()
    assert contracts.load("example")
