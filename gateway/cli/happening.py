"""`gateway event`: write down what happened to people, from the command line or a file, and show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click

from gateway.cli import csv_file, printing
from gateway.cli.consent import Day
from gateway.cli.opening import actor, open_register
from gateway.cli.options import FILE, Options, json_option, with_options
from gateway.happenings import EventLine, Happenings
from gateway.ledger.people import ref_of


@click.group()
def event() -> None:
    """Add, import and show what happened to people and starts or ends a period."""


@event.command()
@click.argument("person")
@click.argument("name")
@click.option("--on", "day", type=Day(), metavar="DATE", help="The day it happened; without it, now.")
@click.option("--purpose", metavar="NAME", help="It counts for this purpose only; without it, for all.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def add(
    options: Options, person: str, name: str, day: date | None, purpose: str | None, as_json: bool
) -> None:
    """Write down that the event of this NAME happened to a PERSON.

    It is an event of policy.toml, or informed, first-contact, first-disclosure, renewal-asked, renewal-refused or
    renewal-bounced.
    """
    with open_register(options) as register:
        happenings = Happenings(register, actor())
        new = happenings.add(person, name, day, purpose)
        who = ref_of(happenings.desk.person(person))
    if as_json:
        printing.document({"person": who, "event": name, "on": day, "purpose": purpose, "new": new})
        return
    printing.say(
        printing.console(),
        f"{who}: {name} is written down. `gateway sync` acts on what is due by it."
        if new
        else f"{who}: {name} was written down for that day before; nothing is changed.",
    )


@event.command("import")
@click.argument("file", type=FILE)
@json_option
@with_options(hidden=True)
@click.pass_obj
def import_(options: Options, file: Path, as_json: bool) -> None:
    """Import events from a CSV FILE, all of its lines or none.

    Its first line names the columns: person, event and date, and where it is there purpose. A day is written
    2026-03-31. UTF-8, with commas or semicolons. A line that was imported before changes nothing.
    """
    rows = csv_file.read(file, ("person", "event", "date"), ("purpose",), _line)
    with open_register(options) as register:
        noted = Happenings(register, actor()).import_(rows)
    if as_json:
        printing.document({"imported": noted.new, "known": noted.known})
        return
    before = f", {noted.known:,} known before" if noted.known else ""
    printing.say(
        printing.console(),
        f"{printing.many(noted.new, 'event')} imported{before}. `gateway sync` acts on what is due by them.",
    )


def _line(number: int, row: Mapping[str, str]) -> EventLine:
    on = csv_file.day(row, "date")
    assert on is not None, "the cell is not empty"
    return EventLine(number, row["person"], row["event"], on, row.get("purpose") or None)


@event.command()
@click.argument("person")
@json_option
@with_options(hidden=True)
@click.pass_obj
def show(options: Options, person: str, as_json: bool) -> None:
    """Show what is written down that happened to a PERSON, oldest first."""
    with open_register(options) as register:
        happenings = Happenings(register, actor())
        who = ref_of(happenings.desk.person(person))
        rows = happenings.of(person)
        zone = register.zone
    if as_json:
        members = [
            {
                "event": row.name,
                "purpose": row.purpose,
                "at": row.at,
                "source": row.source,
                "noted": row.noted_at,
            }
            for row in rows
        ]
        printing.document({"person": who, "events": members})
        return
    out = printing.console()
    if not rows:
        printing.say(out, f"Nothing is written down that happened to {who}.")
        return
    printing.say(out, f"Person {who}")
    printing.table(
        out,
        ("event", "on", "purpose", "known from", "since"),
        [
            (row.name, printing.day(row.at, zone), row.purpose or "all", row.source, printing.day(row.noted_at, zone))
            for row in rows
        ],
    )  # fmt: skip
