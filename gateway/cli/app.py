"""The command line: commands found by name and imported when they are run, and every error turned into an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any

import click

from gateway.cli import exits, front
from gateway.cli.options import Options, with_options
from gateway.errors import GatewayError


def _loaded(module: str) -> ModuleType:
    """A module, loaded without a search for garbage: what a module makes lasts. It saves a sixth of the time."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


class Front(click.Group):
    """`gateway` itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(front.targets())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        target = front.targets().get(cmd_name)
        if target is None:
            return None
        module, attribute = target.split(":")
        command = getattr(_loaded(f"gateway.cli.{module}"), attribute)
        assert isinstance(command, click.Command), target
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in front.targets() and not args[0].startswith("-"):
            near = get_close_matches(args[0], front.targets(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`gateway --help` lists them"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        formatter.write(front.help_text())

    def invoke(self, ctx: click.Context) -> Any:
        options = ctx.ensure_object(Options)
        try:
            return super().invoke(ctx)
        except GatewayError as err:
            exits.say(err)
            ctx.exit(exits.code_of(err))
        except (KeyboardInterrupt, click.Abort):
            click.echo("Stopped.", err=True)
            ctx.exit(exits.INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as err:  # noqa: BLE001 - the last one to see it: a bug is told, with its exit code
            if isinstance(err, OSError) and err.errno == errno.EPIPE:
                _let_go_of_stdout()
                ctx.exit(exits.PIPE_CLOSED)
            exits.say_bug(err, verbose=options.verbose)
            ctx.exit(exits.BUG)


def _let_go_of_stdout() -> None:
    """Whoever read our output has closed it: what is left in the buffer goes nowhere, without a complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _show_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"gateway {version('ats-gateway')}")
        context.exit()


@click.group(cls=Front, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
    help="Show the version.",
)  # fmt: skip
@with_options(hidden=False)
@click.pass_context
def cli(context: click.Context) -> None:
    """Does what a candidate is owed at every processor that holds them, proves it, and explains it."""
    context.ensure_object(Options)


def run() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a name in a script the terminal cannot show stops no command
    cli.main(prog_name="gateway")
