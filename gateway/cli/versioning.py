"""`gateway policy versions` and `approve`: the rules as they were over time, and the word of a second person."""

from __future__ import annotations

from typing import Any

import click

from gateway import adopting
from gateway.cli import printing
from gateway.cli.opening import actor, open_ledger, open_register, zone_of
from gateway.cli.options import NUMBER, Options, json_option, with_options
from gateway.ledger import policies
from gateway.ledger.tables import AnyRow

STATES = {
    policies.ACTIVE: "acts",
    policies.WAITING: "waits for a second person",
    policies.REPLACED: "replaced",
    policies.DROPPED: "dropped",
}


@click.command()
@json_option
@with_options(hidden=True)
@click.pass_obj
def versions(options: Options, as_json: bool) -> None:
    """List the versions of the rules the gateway has gone by, the newest first."""
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        rows = policies.listed(tx)
        zone = zone_of(settings)
    if as_json:
        printing.document({"versions": [_document(row) for row in rows]})
        return
    out = printing.console()
    if not rows:
        printing.say(out, "No version has acted yet; `gateway sync` takes up the one there is.")
        return
    printing.table(
        out,
        ("policy", "version", "how it stands", "seen", "by", "would newly erase", "answered"),
        [
            (
                str(row.id), row.version, STATES[row.state], printing.when(row.seen_at, zone), row.seen_by,
                f"{row.erases:,} (of {row.allowed:,} allowed)" if row.allowed or row.erases else "",
                f"{printing.day(row.answered_at, zone)} {row.answered_by or ''}".strip(),
            )
            for row in rows
        ],
    )  # fmt: skip
    for row in rows:
        if row.state == policies.WAITING:
            printing.say(
                out,
                f"`gateway policy approve {row.id}` lets it act, by somebody else than {row.seen_by}; --drop drops it.",
            )


def _document(row: AnyRow) -> dict[str, Any]:
    return {
        "number": row.id, "version": row.version, "state": row.state, "seen": row.seen_at, "seen_by": row.seen_by,
        "erases": row.erases, "allowed": row.allowed, "answered": row.answered_at, "answered_by": row.answered_by,
    }  # fmt: skip


@click.command()
@click.argument("number", type=NUMBER)
@click.option("--drop", is_flag=True, help="Drop it: the rules before it go on.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def approve(options: Options, number: int, drop: bool, as_json: bool) -> None:
    """Let the rules of this NUMBER act, which wait because they would erase many; somebody else than who changed them."""
    with open_register(options) as register:
        erases = adopting.answer(register, number, actor(), drop=drop)
    if as_json:
        printing.document({"policy": number, "state": "dropped" if drop else "active", "erases": erases})
        return
    people = printing.many(erases, "person", "people")
    printing.say(
        printing.console(),
        f"Policy {number} is dropped; the rules before it go on. Put policy.toml back as it was."
        if drop
        else f"Policy {number} acts from the next sync on. It newly erases {people}; the brake still counts them.",
    )
