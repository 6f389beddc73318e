"""`gateway consent`: import what the firm wrote down, show it, and take a withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from gateway.cli import consent_file, printing
from gateway.cli.opening import actor, open_register
from gateway.cli.options import FILE, Options, json_option, with_options
from gateway.dates import read_date
from gateway.desk import Desk
from gateway.ledger.people import ref_of


class Day(click.ParamType[date]):
    """A day, `YYYY-MM-DD`."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else read_date(value)
        except ValueError:
            self.fail("has to be a day such as 2026-03-31", param, ctx)


@click.group()
def consent() -> None:
    """Import, show and withdraw consents."""


@consent.command("import")
@click.argument("file", type=FILE)
@json_option
@with_options(hidden=True)
@click.pass_obj
def import_(options: Options, file: Path, as_json: bool) -> None:
    """Import consents from a CSV FILE, all of its lines or none.

    Its first line names the columns: person and purpose, and where they are there processor, given, expires,
    withdrawn. A day is written 2026-03-31; expires is the last day. UTF-8, with commas or semicolons.
    """
    rows = consent_file.read(file)
    with open_register(options) as register:
        count = Desk(register, actor()).import_consents(rows)
    if as_json:
        printing.document({"imported": count})
    else:
        lines = printing.many(count, "consent")
        printing.say(printing.console(), f"{lines} imported. `gateway sync` acts on what is over by now.")


@consent.command()
@click.argument("person")
@json_option
@with_options(hidden=True)
@click.pass_obj
def show(options: Options, person: str, as_json: bool) -> None:
    """Show what is written down of a PERSON's consents, oldest first."""
    with open_register(options) as register:
        desk = Desk(register, actor())
        subject = ref_of(desk.person(person))
        rows = desk.consents(person)
        zone = register.zone
    if as_json:
        members = [
            {
                "purpose": row.purpose, "processor": row.processor, "basis": row.basis, "given": row.given_at,
                "over": row.over_at, "withdrawn": row.withdrawn_at, "source": row.source, "noted": row.noted_at,
            }
            for row in rows
        ]  # fmt: skip
        printing.document({"person": subject, "consents": members})
        return
    out = printing.console()
    if not rows:
        printing.say(out, f"Nothing is written down of consents of {subject}.")
        return
    printing.say(out, f"Person {subject}")
    printing.table(
        out,
        ("purpose", "processor", "given", "over from", "withdrawn", "known from"),
        [
            (
                row.purpose, row.processor or "all", printing.day(row.given_at, zone), printing.day(row.over_at, zone),
                printing.day(row.withdrawn_at, zone), row.source,
            )
            for row in rows
        ],
    )  # fmt: skip


@consent.command()
@click.argument("person")
@click.option("--purpose", "purposes", multiple=True, help="To this purpose only; may be given again.")
@click.option("--processor", help="At this processor only.")
@click.option("--on", "day", type=Day(), metavar="DATE", help="The day of the withdrawal; without it, now.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def withdraw(
    options: Options,
    person: str,
    purposes: Sequence[str],
    processor: str | None,
    day: date | None,
    as_json: bool,
) -> None:
    """Write down that a PERSON withdrew consent: to everything, or to what the options name."""
    with open_register(options) as register:
        desk = Desk(register, actor())
        subject = ref_of(desk.person(person))
        names = desk.withdraw(person, purposes, processor, day)
    if as_json:
        printing.document({"person": subject, "purposes": names, "processor": processor, "on": day})
        return
    where = f" at {processor}" if processor else ""
    printing.say(
        printing.console(),
        f"{subject}: consent to {', '.join(names)} is withdrawn{where}. `gateway sync` acts on it."
        if names
        else "gateway.toml names no purposes: there is nothing to withdraw from.",
    )
