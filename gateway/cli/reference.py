"""docs/commands.md, made from the commands themselves: `python -m gateway.cli.reference --write` renews it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gateway.cli import exits, front
from gateway.cli.app import cli
from gateway.cli.documents import DOCUMENTS

WIDTH = 80
HEAD = """\
# The commands

<!-- Made by `python -m gateway.cli.reference --write`. Change the commands, not this page. -->

`--settings` and `-v` may stand before or behind the name of a command. A PERSON is an e-mail address, a phone number,
`processor:id`, or the S-number the gateway gave them.

Results go to stdout; progress, warnings and errors go to stderr. Colour is used on a terminal only, and never where
`NO_COLOR` is set.
"""
JSON = """\
With `--json`, stdout holds one JSON document and nothing else. Times are UTC, days are written `2026-03-31`. In the
tables below, `a[].b` is member `b` of each entry of list `a`. An error leaves stdout empty.
"""


def render() -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## Exit codes\n",
        _exit_codes(),
        "## JSON\n",
        JSON,
        "## gateway\n",
        _block(front.help_text()),
    ]
    for name, command in _commands():
        parts += [f"## gateway {name}\n", _block(_help(name, command))]
        if name in DOCUMENTS:
            parts += ["The document of `--json`:\n", _members(name)]
    return "\n".join(parts)


def _commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be run, by its whole name, in the order of the help."""
    context = click.Context(cli)
    for name in front.targets():
        command = cli.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            for each, child in command.commands.items():
                yield f"{name} {each}", child
        else:
            yield name, command


def _help(name: str, command: click.Command) -> str:
    settings = cli.context_settings
    with command.make_context(
        f"gateway {name}", [], resilient_parsing=True, terminal_width=WIDTH, **settings
    ) as context:
        return command.get_help(context) + "\n"


def _block(text: str) -> str:
    return f"```text\n{text}```\n"


def _exit_codes() -> str:
    rows = [f"| {code} | {text} |" for code, text in exits.MEANINGS.items()]
    rows.append(f"| {exits.INTERRUPTED} | stopped at once by Ctrl-C |")
    return "\n".join(["| code | means |", "| --- | --- |", *rows, ""])


def _members(name: str) -> str:
    rows = [f"| `{member}` | {text} |" for member, text in DOCUMENTS[name].items()]
    return "\n".join(["| member | is |", "| --- | --- |", *rows, ""])


def main() -> int:
    """Compare the page with what it should be, or with `--write` write it."""
    page = Path("docs/commands.md")
    if sys.argv[1:] == ["--write"]:
        page.write_text(render(), encoding="utf-8")
        return 0
    if page.read_text(encoding="utf-8") == render():
        return 0
    click.echo(f"{page} is out of date: python -m gateway.cli.reference --write", err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
