"""What the documentation shows is right: links lead somewhere, and settings load with the plugins they name."""

from __future__ import annotations

import base64
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from gateway import plugins
from gateway.rules.reading import read_policy
from gateway.settings import Settings, load
from gateway.trail import new_signing_key

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for pattern in ("*.md", "docs/*.md", "examples/*.md", "plugins/*/README.md")
    for page in sorted(ROOT.glob(pattern))
]
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEAD = '[gateway]\nmaster_key = { file = "keys/master.key" }\nsigning_key = { file = "keys/trail.key" }\n'
PURPOSE = "[purposes.recruitment]\n"
FIRMS = ("coness", "isco")
PLACE = '[processors.paper]\nrole = "joint"\nlocation = "here"\n'


def links() -> list[tuple[Path, str]]:
    found = [(page, target) for page in PAGES for target in LINK.findall(page.read_text(encoding="utf-8"))]
    return [(page, target) for page, target in found if "://" not in target]


def examples() -> list[tuple[str, str]]:
    found = [
        (f"{page.relative_to(ROOT)}-{number}", toml)
        for page in PAGES
        for number, toml in enumerate(FENCED.findall(page.read_text(encoding="utf-8")), 1)
    ]
    return [*found, ("examples/gateway.toml", (ROOT / "examples/gateway.toml").read_text(encoding="utf-8"))]


def headings(page: Path) -> set[str]:
    """The names by which a page's headings can be linked to."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in found}


def completed(toml: str) -> str:
    """A part of a file, with what else a file needs; a whole one as it is."""
    if "[gateway]" not in toml:
        toml = HEAD + toml
    if "[processors." not in toml:
        toml += PLACE
    if "[purposes." not in toml:
        toml += PURPOSE
    for name, table in tomllib.loads(toml)["processors"].items():
        needed = {"plugin": name, "role": "joint", "location": "here"} if "settings" in table else {}
        lines = "".join(f'{key} = "{value}"\n' for key, value in needed.items() if key not in table)
        head = f"[processors.{name}]\n"
        if lines:
            toml = toml.replace(head, head + lines) if head in toml else toml + head + lines
    return toml


def loaded(toml: str, folder: Path) -> Settings:
    """The settings, with every secret they name in its place."""
    (folder / "keys").mkdir()
    secrets = {
        "keys/master.key": base64.b64encode(bytes(32)).decode(),
        "keys/trail.key": new_signing_key().reveal(),
    }
    for name in {*re.findall(r'\{ file = "([^"]+)" \}', toml), *secrets}:
        (folder / name).write_text(secrets.get(name, "fictional"))
        (folder / name).chmod(0o600)
    environ = dict.fromkeys(re.findall(r'\{ env = "(\w+)" \}', toml), "fictional")
    environ["GATEWAY_LEDGER"] = "postgresql://gateway@db.example.org/gateway"
    (folder / "gateway.toml").write_text(toml, encoding="utf-8")
    return load(folder / "gateway.toml", environ)


@pytest.mark.parametrize(
    ("page", "target"), [pytest.param(*each, id=f"{each[0].relative_to(ROOT)}-{each[1]}") for each in links()]
)
def test_link_leads_somewhere(page: Path, target: str) -> None:
    name, _, heading = target.partition("#")
    there = page.parent / name if name else page
    assert there.exists()
    assert not heading or heading in headings(there)


@pytest.mark.parametrize("toml", [pytest.param(toml, id=name) for name, toml in examples()])
def test_settings_that_are_shown_load_with_their_plugins(toml: str, tmp_path: Path) -> None:
    settings = loaded(completed(toml), tmp_path)
    assert settings.warnings == ()
    found = plugins.load({each.plugin for each in settings.processors.values() if each.plugin})
    plugins.resolve(settings, found)


@pytest.mark.parametrize("firm", FIRMS)
def test_example_with_a_policy_loads_with_its_plugins(firm: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / firm / "policy.toml", tmp_path)
    settings = loaded((ROOT / "examples" / firm / "gateway.toml").read_text(encoding="utf-8"), tmp_path)
    assert settings.warnings == ()
    assert settings.policy_path is not None
    assert read_policy(settings.policy_path, settings).rules
    found = plugins.load({each.plugin for each in settings.processors.values() if each.plugin})
    plugins.resolve(settings, found)


def test_there_are_examples_to_try() -> None:
    assert len(examples()) > 4
    assert {each.parent.name for each in ROOT.glob("examples/*/policy.toml")} == {*FIRMS}
    assert len(links()) > 20
