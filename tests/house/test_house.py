"""The house rules that a machine can keep: sizes, first lines, names, and what lies at the top."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

import gateway

ROOT = Path(__file__).resolve().parents[2]
TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "deploy", "docs", "examples", "gateway",
    "plugins", "pyproject.toml", "requirements.lock", "tests",
}  # fmt: skip


def tracked() -> list[Path]:
    """What is or would be in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


SOURCES = [each for each in tracked() if each.suffix == ".py"]
PRODUCT = [each for each in SOURCES if not {"tests", "migrations"} & set(each.relative_to(ROOT).parts)]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_top_of_the_repository_holds_what_it_should() -> None:
    assert {each.relative_to(ROOT).parts[0] for each in tracked()} <= TOP


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_one_thing_and_says_which(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400, "the wall is 400 lines: is it really one thing?"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "the first line says what the file is for"


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_functions_stay_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.body[0].lineno < 40, f"{node.name} is long"


def test_the_seam_is_small() -> None:
    assert len((ROOT / "gateway/hookspecs.py").read_text().splitlines()) <= 150
    for init in ROOT.glob("plugins/*/gateway_*/__init__.py"):
        assert len(init.read_text().splitlines()) <= 60, name(init)


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert not [name(each) for each in PRODUCT if each.stem in {"utils", "helpers", "common", "base", "misc"}]


def test_what_an_author_imports_is_pinned() -> None:
    assert sorted(gateway.__all__) == [
        "Account", "Consent", "GarbledError", "GatewayError", "Holding", "Http", "Identity", "IdentityKind", "Item",
        "Kept", "Kind", "Limit", "Outcome", "Page", "PluginError", "Reason", "Receipt", "Record", "Ref", "RefusedError",
        "Response", "Secret", "Setting", "SettingsError", "Subject", "ThrottledError", "UnavailableError", "Vendor",
        "VendorError", "Window", "hookimpl", "read_date", "read_datetime",
    ]  # fmt: skip
    for each in gateway.__all__:
        assert getattr(gateway, each) is not None


def test_only_their_own_rooms_import_the_great_libraries() -> None:
    rooms = {
        "requests": ("gateway/http/", "gateway/testing/"),
        "sqlalchemy": ("gateway/ledger/",),
        "pluggy": ("gateway/plugins/", "gateway/hookspecs.py"),
        "dbos": ("gateway/engine.py",),
        "apscheduler": ("gateway/schedule.py",),
        "click": ("gateway/cli/", "gateway/testing/new_plugin.py"),
    }
    strays = []
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for imported in {each.partition(".")[0] for each in names} & rooms.keys():
                if not name(path).startswith(rooms[imported]):
                    strays.append(f"{name(path)} imports {imported}")
    assert not strays


def test_no_registry_and_no_machine_is_named() -> None:
    assert not re.search(r"https?://|--index|--find-links|file:", (ROOT / "requirements.lock").read_text())
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ""} and path.name != "LICENSE":
            found = re.search(r"(?<![\w.])/(?:home|root|Users)/\w", path.read_text(encoding="utf-8"))
            assert found is None, f"{name(path)}: {found}"
