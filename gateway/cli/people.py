"""`gateway erase` and `audit`: one person, at every processor."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from gateway.cli import dossier, exits, printing
from gateway.cli.consent import Day
from gateway.cli.opening import actor, open_register
from gateway.cli.options import Options, json_option, with_options
from gateway.cli.printing import many
from gateway.cli.progress import watched
from gateway.cli.stopping import stoppable
from gateway.desk import Desk, Found
from gateway.ledger import BusyError, stops
from gateway.ledger.people import ref_of
from gateway.register import Register
from gateway.sync import Sync, check_clock, checkpoint


@click.command()
@click.argument("person")
@click.option(
    "--received",
    type=Day(),
    metavar="DATE",
    help="The day they asked; without it, today. The answer is due from then.",
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def erase(options: Options, person: str, received: date | None, as_json: bool) -> None:
    """Erase a PERSON at every processor, because they asked for it.

    A PERSON is an e-mail address, a phone number, processor:id, or the S-number the gateway gave them. The case is
    opened and carried out at once, and with it what else is due; what has to wait is taken up by the next sync.
    """
    with open_register(options) as register:
        check_clock(register)
        number = Desk(register, actor()).erase(person, received)
        errors, busy = _carry_out(options, register)
        found = dossier.read(register.ledger, number)
        zone = register.zone
        code = max(found.exit_code, *(code for _, code in errors.values()), exits.DONE)
    if as_json:
        told = [{"processor": name, "error": text} for name, (text, _) in errors.items()]
        printing.document(dossier.document(found) | {"errors": told, "busy": busy or None})
    else:
        out = printing.console()
        dossier.show(out, found, zone)
        if errors or busy:
            printing.say(out, "", "What went wrong")
        for name, (text, _) in errors.items():
            printing.point(out, f"{name}: {text}")
        if busy:
            printing.point(out, f"{busy}. The case is open, and a sync carries it out")
        if code != exits.DONE:
            printing.say(
                out, "", f"Run `gateway sync` to go on, and `gateway case {number}` to see how it stands."
            )
    click.get_current_context().exit(code)


def _carry_out(options: Options, register: Register) -> tuple[dict[str, tuple[str, int]], str]:
    """Carry out what is open; what went wrong at which processor (with its exit code), and who keeps us from it."""
    with watched(plain=options.verbose) as watch, stoppable(watch.stopping) as stop:
        job = Sync(register, actor=actor(), progress=watch, stop=stop)
        try:
            with job.working("erasure"):
                job.try_anew()
                job.fetch()
                job.carry_out()
                checkpoint(register)
        except BusyError as err:
            return {}, str(err)
    rows = job.report.rows
    return {
        name: (row.error, exits.NEEDS_YOU if row.needs_you else exits.WAITS)
        for name, row in rows.items()
        if row.error
    }, ""


@click.command()
@click.argument("person")
@json_option
@with_options(hidden=True)
@click.pass_obj
def audit(options: Options, person: str, as_json: bool) -> None:
    """Ask every processor what it holds on a PERSON; nothing is changed there.

    A PERSON is an e-mail address, a phone number, processor:id, or the S-number the gateway gave them.
    """
    with open_register(options) as register:
        desk = Desk(register, actor())
        subject = ref_of(desk.person(person))
        found = desk.audit(person)
        code = _code(register, found)
    if as_json:
        printing.document({"person": subject, "processors": [_document(each) for each in found]})
    else:
        out = printing.console()
        printing.say(out, f"Person {subject}")
        printing.table(out, ("processor", "what it holds"), [(each.processor, _held(each)) for each in found])
    click.get_current_context().exit(code)


def _code(register: Register, found: list[Found]) -> int:
    """4 where a processor refused us, 3 where one could not be asked, 0 where all answered."""
    unasked = [each.processor for each in found if each.error]
    with register.ledger.read() as tx:
        if any(stops.of_account(tx, name) for name in unasked):
            return exits.NEEDS_YOU
    return exits.WAITS if unasked else exits.DONE


def _held(each: Found) -> str:
    if each.error:
        return f"not known: {each.error}"
    refs = ", ".join(f"{held.ref.kind} {held.ref.id}" for held in each.holdings)
    return f"{many(len(each.holdings), 'record')}: {refs}" if refs else "nothing"


def _document(each: Found) -> dict[str, Any]:
    holdings = [{"kind": held.ref.kind, "id": held.ref.id, "since": held.since} for held in each.holdings]
    return {"name": each.processor, "holdings": holdings, "error": each.error or None}
