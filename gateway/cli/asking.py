"""`gateway questions` and `answer`: what only a person can say."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli import printing
from gateway.cli.opening import actor, open_ledger, open_register, zone_of
from gateway.cli.options import NUMBER, Options, json_option, with_options
from gateway.desk import Desk
from gateway.ledger import questions as asked
from gateway.ledger import views
from gateway.ledger.people import ref_of
from gateway.ledger.tables import AnyRow


@click.command()
@json_option
@with_options(hidden=True)
@click.pass_obj
def questions(options: Options, as_json: bool) -> None:
    """List the questions without an answer, oldest first, and what may be answered."""
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        rows = asked.waiting(tx)
        cases = views.cases_of_steps(tx, [row.step_id for row in rows if row.step_id])
        zone = zone_of(settings)
    if as_json:
        printing.document({"questions": [_document(row, cases) for row in rows]})
        return
    out = printing.console()
    if not rows:
        printing.say(out, "No question waits.")
        return
    printing.table(
        out,
        ("no.", "question", "answers", "due"),
        [(str(row.id), row.text, " or ".join(row.options), printing.day(row.due_at, zone)) for row in rows],
    )
    printing.say(out, "", f"Answer one so: gateway answer {rows[0].id} {rows[0].options[0]}")


def _document(row: AnyRow, cases: dict[int, int]) -> dict[str, Any]:
    return {
        "number": row.id,
        "kind": row.kind,
        "text": row.text,
        "options": row.options,
        "people": [ref_of(each) for each in (row.subject_id, row.other_id) if each],
        "case": cases.get(row.step_id),
        "asked": row.asked_at,
        "due": row.due_at,
    }


@click.command()
@click.argument("number", type=NUMBER)
@click.argument("answer")
@click.option("--note", default="", help="What you want to remember of it; no names, no addresses.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def answer(options: Options, number: int, answer: str, note: str, as_json: bool) -> None:
    """Give question NUMBER this ANSWER, one of those `gateway questions` shows."""
    with open_register(options) as register:
        follows = Desk(register, actor()).answer(number, answer, note)
    if as_json:
        printing.document({"question": number, "answer": answer, "follows": follows})
    else:
        printing.say(
            printing.console(),
            f"Question {number} is answered: {answer}. {follows[:1].upper()}{follows[1:]}.",
        )
