"""`gateway duties`: what only people can do, by when: ask for new consent, tell whoever was found elsewhere."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli import exits, printing
from gateway.cli.opening import open_ledger, zone_of
from gateway.cli.options import Options, json_option, with_options
from gateway.ledger import duties as ledger_duties
from gateway.ledger.people import ref_of
from gateway.ledger.tables import AnyRow
from gateway.obligations import Action
from gateway.register import clock

WHAT = {Action.ASK: "ask for new consent", Action.INFORM: "tell them that they are held"}
DONE_BY = {Action.ASK: "renewal-asked", Action.INFORM: "informed"}


@click.command()
@click.option("--action", type=click.Choice([str(each) for each in WHAT]), help="Only these.")
@click.option("--late", is_flag=True, help="Only those past their day.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def duties(options: Options, action: str | None, late: bool, as_json: bool) -> None:
    """List what only people can do and what it is owed by, nearest day first, as of the last sync.

    Write down what was done: `gateway event add PERSON renewal-asked --purpose P`, or informed; the next sync takes it
    off the list. An answer is a consent (`gateway consent import`), or renewal-refused, renewal-bounced: silence is no.
    """
    now = clock()
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        rows = ledger_duties.listed(tx, action=action or "", before=now if late else None)
        zone = zone_of(settings)
    code = exits.NEEDS_YOU if any(row.due_at < now for row in rows) else exits.WAITS if rows else exits.DONE
    if as_json:
        printing.document({"duties": [_document(row, row.due_at < now) for row in rows]})
        click.get_current_context().exit(code)
    out = printing.console()
    if not rows:
        printing.say(out, "Nothing is owed that only people can do.")
        return
    printing.table(
        out,
        ("person", "what", "purpose", "by", "next working day", "rule", ""),
        [
            (
                ref_of(row.subject_id), WHAT[Action(row.action)], row.purpose, printing.day(row.due_at, zone),
                printing.day(row.rolled_at, zone), row.rule, "late" if row.due_at < now else "",
            )
            for row in rows
        ],
    )  # fmt: skip
    names = sorted({DONE_BY[Action(row.action)] for row in rows})
    printing.say(out, f"When it is done: `gateway event add PERSON {' or '.join(names)} --purpose PURPOSE`.")
    click.get_current_context().exit(code)


def _document(row: AnyRow, late: bool) -> dict[str, Any]:
    return {
        "person": ref_of(row.subject_id), "action": row.action, "purpose": row.purpose, "rule": row.rule,
        "policy": row.policy_id, "event": row.event, "start": row.start_at, "due": row.due_at, "rolled": row.rolled_at,
        "late": late,
    }  # fmt: skip
