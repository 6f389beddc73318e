"""`gateway sync`: one run over all processors or some, for real or dry."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gateway.cli import printing, report
from gateway.cli.opening import actor, open_register
from gateway.cli.options import Options, json_option, with_options
from gateway.cli.progress import watched
from gateway.cli.stopping import stoppable
from gateway.sync import Sync


@click.command()
@click.argument("processors", nargs=-1, metavar="[PROCESSOR]...")
@click.option("--full", is_flag=True, help="Read all records anew, not only what changed.")
@click.option("--dry-run", is_flag=True, help="Read and plan; delete nothing, and forget the plan.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def sync(options: Options, processors: Sequence[str], full: bool, dry_run: bool, as_json: bool) -> None:
    """Fetch, carry out what is due, and look whether it is true.

    Without a PROCESSOR, all of gateway.toml are synced. What one processor meets never stops the others. Ctrl-C
    stops between records; nothing is lost, and the next sync goes on from there.
    """
    with open_register(options, dry=dry_run) as register:
        with watched(plain=options.verbose) as watch, stoppable(watch.stopping) as stop:
            job = Sync(register, processors, actor=actor(), full=full, progress=watch, stop=stop)
            done = job.run()
        after = report.look_after(register.ledger)
        zone, names = register.zone, job.names
    if as_json:
        printing.document(report.document(done, after))
    else:
        report.show(printing.console(), done, after, names, zone)
    click.get_current_context().exit(done.exit_code)
