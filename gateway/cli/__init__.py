"""The command `gateway`. What is imported here is imported by every command, and by help: nothing heavy."""

from __future__ import annotations

import sys

_HELP: tuple[list[str], ...] = ([], ["--help"], ["-h"])


def main() -> None:
    """The entry point of the command."""
    if sys.argv[1:] in _HELP:
        from gateway.cli.front import help_text

        sys.stdout.write(help_text())
        return
    from gateway.cli.app import run

    run()
