"""Plugins as pip leaves them: a folder on the path with a module and a .dist-info beside it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

GOOD = """
import gateway
from gateway import Kind, Setting, Vendor, hookimpl

VENDOR = dict(name=__name__.removeprefix("fake_"), title="Fake", site="https://example.org",
              kinds=(Kind("person", "People"),))

@hookimpl
def describe():
    return Vendor(**VENDOR)

@hookimpl
def fetch(account, kind, cursor):
    yield kind, cursor

@hookimpl
def delete(account, subjects):
    yield from subjects

@hookimpl
def export(subject):
    yield subject

@hookimpl
def audit(subjects):
    yield from subjects
"""

Install = Callable[..., None]


@pytest.fixture
def good() -> str:
    """The source of a plugin that keeps every promise."""
    return GOOD


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """`install("acme", source)` makes a distribution fake-acme with the plugin acme, in module fake_acme."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(name: str, source: str = GOOD, *, distribution: str = "", entry: str = "") -> None:
        distribution = distribution or f"fake_{name}"
        (tmp_path / f"fake_{name}.py").write_text(source)
        info = tmp_path / f"{distribution}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[gateway.plugins]\n{entry or f'{name} = fake_{name}'}\n")

    yield write
    for module in set(sys.modules) - before:
        if module.startswith("fake_"):
            del sys.modules[module]
