"""`gateway hold`, `freeze`, `release` and `holds`: what must not be erased, why and until when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from gateway.cli import printing
from gateway.cli.consent import Day
from gateway.cli.opening import actor, open_ledger, open_register, zone_of
from gateway.cli.options import Options, json_option, with_options
from gateway.ledger import holds as held
from gateway.ledger.people import ref_of
from gateway.ledger.tables import AnyRow
from gateway.register import clock
from gateway.restraint import Made, Restraint

KINDS = {held.ORDER: "order", held.FREEZE: "freeze", held.CLAIMS: "legal claims"}
REASON = "Why, in a few words; no names, no addresses."


@click.command()
@click.argument("person")
@click.option("--reason", required=True, metavar="TEXT", help=REASON)
@click.option("--until", type=Day(), metavar="DATE", help="The last day of the hold.")
@click.option(
    "--data-set", metavar="NAME", help="Hold back this data set only; without it, all that is held."
)
@click.option("--order", is_flag=True, help="An authority or a court ordered it: it may be without an end.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def hold(
    options: Options,
    person: str,
    reason: str,
    until: date | None,
    data_set: str | None,
    order: bool,
    as_json: bool,
) -> None:
    """Hold back what is held on a PERSON: it is not erased while the hold lasts, whatever is due.

    A hold for legal claims needs a last day. You are told two weeks before the end; from the next day on, what is
    due is erased.
    """
    with open_register(options) as register:
        made = Restraint(register, actor()).hold(person, reason, until, data_set, order=order)
    what = f"data set {data_set}" if data_set else "all that is held"
    end = f"through {until}" if until else f"until `gateway release {made.number}`"
    _say_made(made, f"{ref_of(made.subject)}: {what} is held back {end}, hold {made.number}.", as_json, {
        "data_set": data_set, "until": until,
    })  # fmt: skip


@click.command()
@click.argument("person")
@click.option("--reason", required=True, metavar="TEXT", help=REASON)
@click.option(
    "--until", type=Day(), metavar="DATE", help="The day by which to review it; it ends by release only."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def freeze(options: Options, person: str, reason: str, until: date | None, as_json: bool) -> None:
    """Restrict what is held on a PERSON to being stored (GDPR Art. 18): nothing is erased, exported or mailed.

    A freeze lasts until `gateway release`, and the person has to be told before that.
    """
    with open_register(options) as register:
        made = Restraint(register, actor()).freeze(person, reason, until)
    review = f" Review it by {until}." if until else ""
    text = (
        f"{ref_of(made.subject)}: all that is held is frozen, hold {made.number}.{review} It lasts until "
        f"`gateway release {made.number}`; tell the person before."
    )
    _say_made(made, text, as_json, {"data_set": None, "until": until})


def _say_made(made: Made, text: str, as_json: bool, more: dict[str, Any]) -> None:
    if as_json:
        document = {"hold": made.number, "person": ref_of(made.subject), "kind": made.kind, **more}
        printing.document(document | {"case": made.case})
        return
    out = printing.console()
    printing.say(out, text)
    if made.case is not None:
        printing.say(
            out,
            f"Case {made.case} was under way for them. What was not begun of it is taken out: "
            f"`gateway case {made.case}` shows how it stands.",
        )


@click.command()
@click.argument("hold", metavar="HOLD|PERSON")
@click.option("--reason", required=True, metavar="TEXT", help=REASON)
@click.option("--told", type=Day(), metavar="DATE", help="The day the person was told; a freeze needs it.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def release(options: Options, hold: str, reason: str, told: date | None, as_json: bool) -> None:
    """End the HOLD of this number, or the only one in force on a PERSON.

    Before a freeze is lifted, the person is told (GDPR Art. 18(3)).
    """
    with open_register(options) as register:
        done = Restraint(register, actor()).release(hold, reason, told)
    who = ref_of(done.subject)
    if as_json:
        printing.document(
            {"hold": done.number, "person": who, "kind": done.kind, "told": told, "others": list(done.others)}
        )
        return
    others = ", ".join(str(each) for each in done.others)
    printing.say(
        printing.console(),
        f"Hold {done.number} on {who} is released. "
        + (f"Still in force on them: {others}." if others else "`gateway sync` acts on what is due."),
    )


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that are over or released.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def holds(options: Options, every: bool, as_json: bool) -> None:
    """List the holds and freezes in force, nearest end first."""
    now = clock()
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        rows = held.listed(tx, now, ended=every)
        zone = zone_of(settings)
    if as_json:
        printing.document({"holds": [_document(row, zone, now) for row in rows]})
        return
    out = printing.console()
    if not rows:
        printing.say(out, "There are no holds." if every else "Nothing is held back.")
        return
    printing.table(
        out,
        ("hold", "person", "for", "data set", "until", "reason"),
        [
            (
                str(row.id), ref_of(row.subject_id), KINDS[row.kind], row.data_set or "all", _until(row, zone, now),
                row.reason,
            )
            for row in rows
        ],
    )  # fmt: skip


def _until(row: AnyRow, zone: ZoneInfo, now: datetime) -> str:
    """Until when, in a few words: a day, or the release that a freeze and an order without an end wait for."""
    day = held.last_day(row, zone)
    state = held.state(row, now)
    if state == held.RELEASED:
        return f"released {printing.day(row.released_at, zone)}"
    if state == held.OVER:
        return f"{day}, over"
    if row.kind == held.FREEZE and day:
        return f"release; review {day}"
    return day or "release"


def _document(row: AnyRow, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "number": row.id, "person": ref_of(row.subject_id), "kind": row.kind, "data_set": row.data_set,
        "state": held.state(row, now), "reason": row.reason, "by": row.made_by, "since": row.since,
        "until": held.last_day(row, zone) or None, "told": printing.day(row.told_at, zone) or None,
        "released": row.released_at, "released_by": row.released_by, "released_why": row.released_why,
    }  # fmt: skip
