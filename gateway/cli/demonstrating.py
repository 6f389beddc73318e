"""`gateway demo`: the three vendors on this machine, and a real sync against them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from gateway.cli.options import FILE, Options, with_options
from gateway.errors import SettingsError

NEEDS = "`gateway demo` needs more than the gateway itself"


@click.command()
@click.argument("folder", type=FILE, required=False)
@click.option(
    "--vendors", is_flag=True, help="Only serve the vendors, for `gateway serve` in another terminal."
)
@with_options(hidden=True)
@click.pass_obj
def demo(_options: Options, folder: Path | None, vendors: bool) -> None:
    """Serve the vendors' simulators here, with people who do not exist, and sync them.

    All is written into FOLDER, a new one or that of an earlier demo; without it, into gateway-demo. With --vendors
    nothing is synced: run the daemon against them, kill it at will, and begin it again. Ctrl-C ends them.
    """
    try:
        room = import_module("gateway.demo")
        run = room.serve_vendors if vendors else room.run
    except ModuleNotFoundError as err:
        if err.name == "gateway.demo":
            raise SettingsError(f"{NEEDS}: this installation has no demo in it") from err
        raise SettingsError(f"{NEEDS}: pip install 'ats-gateway[testing]' ({err.name} is missing)") from err
    code = run(folder)
    if isinstance(code, int):
        click.get_current_context().exit(code)
