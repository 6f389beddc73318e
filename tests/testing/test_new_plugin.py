"""A new plugin starts as a copy of the example, with tests that pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.errors import SettingsError
from gateway.testing.new_plugin import create, main

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "plugins" / "example"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    create("acme", tmp_path / "acme", TEMPLATE)
    return tmp_path / "acme"


def test_copy_bears_the_new_name_everywhere(copy: Path) -> None:
    files = {str(path.relative_to(copy)): path.read_text() for path in copy.rglob("*") if path.is_file()}
    assert {
        "pyproject.toml",
        "README.md",
        "gateway_acme/__init__.py",
        "gateway_acme/py.typed",
        "facts.toml",
        "tests/golden/sweep.txt",
    } <= files.keys()
    assert not [name for name in files if "example" in name or "pycache" in name]
    left = [line for text in files.values() for line in text.splitlines() if "example" in line.lower()]
    assert [line for line in left if "example.org" not in line] == []
    assert 'acme = "gateway_acme.simulator:Simulator"' in files["pyproject.toml"]
    assert 'acme = "gateway_acme.contract:TestAcme"' in files["pyproject.toml"]
    assert "import TestAcme" in files["tests/test_contract.py"]
    assert "test_contract.py::TestAcme::" in files["facts.toml"]
    assert "new-plugin" not in files["README.md"]


@pytest.mark.slow
def test_tests_of_the_copy_pass(copy: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", copy],
        env={**os.environ, "PYTHONPATH": str(copy)},
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    "name", ["", "a", "Acme", "my-vendor", "1st", "../acme", "acme corp", "æble", "a" * 31]
)
def test_name_that_cannot_be_a_package_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be the name of a plugin; 2 to 30 small letters"):
        create(name, tmp_path / "new", TEMPLATE)
    assert list(tmp_path.iterdir()) == []


def test_name_of_the_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs a name of its own"):
        create("example", tmp_path / "new", TEMPLATE)


def test_existing_folder_is_left_alone(copy: Path) -> None:
    (copy / "mine.txt").write_text("kept")
    with pytest.raises(SettingsError, match="is there already"):
        create("acme", copy, TEMPLATE)
    assert (copy / "mine.txt").read_text() == "kept"


def test_command_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(main, ["acme"])
    assert refused.exit_code == 2
    assert "there is no plugin to copy; run this at the top of the repository" in refused.stderr
    (tmp_path / "plugins").symlink_to(ROOT / "plugins")
    monkeypatch.setattr("gateway.testing.new_plugin.create", lambda name, target, template: None)
    done = CliRunner().invoke(main, ["acme"])
    assert done.exit_code == 0
    assert "gateway check-plugin acme" in done.stdout
    assert "pytest plugins/acme" in done.stdout
