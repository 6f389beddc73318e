"""`gateway cases`, `case` and `approve`: what is under way, step by step, and what waits for a word."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click

from gateway.cli import braking, dossier, exits, printing, wording
from gateway.cli.opening import actor, open_ledger, open_register, zone_of
from gateway.cli.options import NUMBER, Options, json_option, with_options
from gateway.desk import Desk
from gateway.ledger import stops, views, work
from gateway.ledger.people import ref_of
from gateway.ledger.tables import AnyRow
from gateway.ledger.views import Standing


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that are closed or dropped.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def cases(options: Options, every: bool, as_json: bool) -> None:
    """List the cases under way, nearest day first, and the plans that wait for approval."""
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        plans, stopped = work.waiting_plans(tx), stops.all_stops(tx)
        rows = work.list_cases(tx, closed=every)
        stands = views.standings(tx, [row.id for row in rows])
        zone = zone_of(settings)
    if as_json:
        printing.document(
            {
                "stops": [braking.document(each) for each in stopped],
                "plans": [_plan_document(each) for each in plans],
                "cases": [
                    dossier.case_document(row)
                    | {"steps": [_standing_document(each) for each in stands.get(row.id, ())]}
                    for row in rows
                ],
            }
        )
        return
    out = printing.console()
    printing.say(out, *map(braking.in_words, stopped))
    printing.say(out, *(_plan(each, zone) for each in plans))
    if not rows:
        printing.say(out, "There are no cases." if every else "No case is under way.")
        return
    printing.table(
        out,
        ("case", "person", "why", "state", "due", "steps closed"),
        [
            (
                str(row.id), ref_of(row.subject_id), wording.TRIGGER.get(row.trigger, row.trigger), dossier.state(row),
                printing.day(row.due_at, zone), _closed(stands.get(row.id, [])),
            )
            for row in rows
        ],
    )  # fmt: skip


def _plan(plan: AnyRow, zone: ZoneInfo) -> str:
    return (
        f"Plan {plan.id} of {printing.when(plan.made_at, zone)} waits: "
        f"{printing.many(plan.people, 'person', 'people')}, more than {plan.allowed:,}. "
        f"`gateway approve {plan.id}` lets it begin, `gateway approve {plan.id} --drop` drops it."
    )


def _closed(stands: list[Standing]) -> str:
    left = [each.processor for each in stands if not each.closed]
    done = f"{len(stands) - len(left)} of {len(stands)}"
    return f"{done}; open: {', '.join(left)}" if left else done


def _plan_document(plan: AnyRow) -> dict[str, Any]:
    return {"number": plan.id, "made": plan.made_at, "people": plan.people, "allowed": plan.allowed}


def _standing_document(each: Standing) -> dict[str, Any]:
    return {"processor": each.processor, "outcome": each.outcome, "closed": each.closed}


@click.command()
@click.argument("number", type=NUMBER)
@json_option
@with_options(hidden=True)
@click.pass_obj
def case(options: Options, number: int, as_json: bool) -> None:
    """Show the case of this NUMBER: each step, what was kept and why, what waits, and its lines in the trail.

    Where a step of it is stopped, the exit code is 4.
    """
    with open_ledger(options) as (settings, ledger):
        found = dossier.read(ledger, number)
    if as_json:
        printing.document(dossier.document(found))
    else:
        dossier.show(printing.console(), found, zone_of(settings))
    if found.stops:
        click.get_current_context().exit(exits.NEEDS_YOU)


@click.command()
@click.argument("plan", type=NUMBER)
@click.option("--drop", is_flag=True, help="Drop it: none of its cases is carried out.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def approve(options: Options, plan: int, drop: bool, as_json: bool) -> None:
    """Let the PLAN of this number begin, which waits because it would delete many people at once.

    With `brake.second_person`, by somebody else than who made it; anybody may drop it.
    """
    with open_register(options) as register:
        people = Desk(register, actor()).approve(plan, drop=drop)
    if as_json:
        printing.document({"plan": plan, "state": "dropped" if drop else "approved", "cases": people})
        return
    cases_ = printing.many(people, "case")
    printing.say(
        printing.console(),
        f"Plan {plan} is dropped, with {cases_}. What is still due is planned again by the next sync."
        if drop
        else f"Plan {plan} is approved: {cases_} may begin. `gateway sync` carries them out.",
    )
