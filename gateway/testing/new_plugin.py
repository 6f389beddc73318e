"""Start a new plugin: copy `plugins/example` under another name. `python -m gateway.testing.new_plugin NAME`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.errors import SettingsError

_NAME = re.compile(r"[a-z][a-z0-9]{1,29}")
# Addresses stay: example.org belongs to nobody, and that is what fictional addresses need.
_EXAMPLE = re.compile(r"example(?!\.(?:org|no)\b)", re.IGNORECASE)
_ONLY_THERE = re.compile(r"<!-- only in example -->.*?<!-- end -->\n+", re.DOTALL)
_LEFT_BEHIND = re.compile(r"\..*|__pycache__|build|dist|.*\.egg-info|.*\.pyc")


def create(name: str, target: Path, template: Path) -> None:
    """Copy the plugin in `template` to the new folder `target`, with `name` wherever it says example.

    Raises SettingsError for a name that cannot be a plugin's, a target that exists, or a missing template.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"NAME: {name!r} cannot be the name of a plugin; 2 to 30 small letters and digits, a letter first"
        )
    if name == "example":
        raise SettingsError("NAME: example is the plugin that is copied; the copy needs a name of its own")
    if not (template / "pyproject.toml").is_file():
        raise SettingsError(f"{template}: there is no plugin to copy; run this at the top of the repository")
    if target.exists():
        raise SettingsError(f"{target}: is there already; choose another name, or remove it first")
    for source in _files(template):
        path = target / renamed(str(source.relative_to(template)), name)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _ONLY_THERE.sub("", source.read_text(encoding="utf-8"))
        path.write_text(renamed(text, name), encoding="utf-8")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if _LEFT_BEHIND.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def renamed(text: str, name: str) -> str:
    """Text of the example as it stands in the copy called `name`."""

    def spelled(found: re.Match[str]) -> str:
        old = found[0]
        return name.upper() if old.isupper() else name.capitalize() if old[0].isupper() else name

    return _EXAMPLE.sub(spelled, text)


@click.command(help="Start the plugin NAME in plugins/NAME, as a copy of plugins/example.")
@click.argument("name")
def main(name: str) -> None:
    target = Path("plugins") / name
    try:
        create(name, target, Path("plugins") / "example")
    except SettingsError as err:
        click.echo(err, err=True)
        sys.exit(2)
    click.echo(f"{target} is there. Install it, try it on the contract, and run its tests:")
    click.echo(f"  pip install --no-deps --no-build-isolation -e {target}")
    click.echo(f"  gateway check-plugin {name}")
    click.echo(f"  pytest {target}")


if __name__ == "__main__":
    main()
