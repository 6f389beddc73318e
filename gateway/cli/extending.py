"""`gateway extend`: put off the answer to a request, once."""

from __future__ import annotations

from datetime import date

import click

from gateway import extending
from gateway.cli import printing
from gateway.cli.consent import Day
from gateway.cli.opening import actor, open_register
from gateway.cli.options import NUMBER, Options, json_option, with_options
from gateway.ledger.people import ref_of


@click.command()
@click.argument("case", type=NUMBER)
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a few words; no names, no addresses.")
@click.option(
    "--told", type=Day(), required=True, metavar="DATE", help="The day the person was told of it, and why."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def extend(options: Options, case: int, reason: str, told: date, as_json: bool) -> None:
    """Give the CASE of this number two months more, because a request is complex or there are many.

    Only for a case that a person's request opened, only once, and only where the person was told within the first
    month, with the reasons (GDPR Art. 12(3)).
    """
    with open_register(options) as register:
        done = extending.extend(register, actor(), case, reason, told)
    if as_json:
        printing.document(
            {
                "case": done.case, "person": ref_of(done.subject), "before": done.before, "due": done.hard,
                "rolled": done.rolled, "told": told,
            }
        )  # fmt: skip
        return
    rolled = f" ({done.rolled}, where a day off moves it)" if done.rolled != done.hard else ""
    printing.say(
        printing.console(), f"Case {case} is due on {done.hard}{rolled}. It was due on {done.before}."
    )
