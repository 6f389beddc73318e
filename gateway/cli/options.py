"""What every command is told: where the settings are, and whether to say more; and the option `--json`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
NUMBER = click.IntRange(1, 2**63 - 1)
"""The number of something in the ledger."""
FILE = click.Path(dir_okay=True, path_type=Path)


@dataclass(slots=True)
class Options:
    """The options of `gateway` itself; they may stand before or behind the name of the command."""

    settings: Path | None = None
    verbose: bool = False


def _take_settings(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Options).settings = value


def _take_verbose(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Options).verbose = True


def with_options(*, hidden: bool) -> Callable[[F], F]:
    """Let a command take `--settings` and `-v`; those of `gateway` itself are shown, the others work alike."""

    def add(function: F) -> F:
        settings = click.option(
            "--settings", type=FILE, envvar=None if hidden else "GATEWAY_SETTINGS", expose_value=False,
            callback=_take_settings, hidden=hidden, help="The settings.",
        )  # fmt: skip
        verbose = click.option(
            "-v", "--verbose", is_flag=True, expose_value=False, callback=_take_verbose, hidden=hidden,
            help="Show the calls to the vendors.",
        )  # fmt: skip
        return settings(verbose(function))

    return add


def json_option(function: F) -> F:
    """Let a command print its data as one JSON document."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(
        function
    )
