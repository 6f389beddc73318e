"""`gateway letter`: a draft of what a case makes it necessary to write, for a person to finish and send."""

from __future__ import annotations

import click

from gateway.cli import printing
from gateway.cli.opening import actor, open_ledger
from gateway.cli.options import NUMBER, Options, json_option, with_options
from gateway.letters import LANGUAGES, Letter, draft
from gateway.register import clock


@click.command()
@click.argument("case", type=NUMBER)
@click.option("--to", type=click.Choice(["person", "processor"]), default="person", show_default=True,
              help="To the person, or to a processor that decides for itself.")  # fmt: skip
@click.option(
    "--lang", type=click.Choice(LANGUAGES), default="nb", show_default=True, help="In which language."
)
@click.option("--step", metavar="PROCESSOR", default="", help="With --to processor: to which of them.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def letter(options: Options, case: int, to: str, lang: str, step: str, as_json: bool) -> None:
    """Draft a letter about the CASE of this number, to be finished and sent by you.

    To the person: what was deleted where, what stays, why and until when, and where to complain. To a processor
    that is its own controller: what it holds, and what is asked of it. What the ledger does not know (every name)
    stands in [brackets].
    """
    if step and to == "person":
        raise click.UsageError(
            "--step belongs to --to processor: a letter to the person is about the whole case"
        )
    with open_ledger(options) as (settings, ledger):
        made = draft(
            ledger,
            settings,
            case,
            lang,
            to_processor=to == "processor",
            processor=step,
            now=clock(),
            actor=actor(),
        )
    if as_json:
        printing.document(_document(made))
        return
    click.echo(made.text)
    gaps = printing.many(len(made.gaps), "gap")
    click.echo(f"A draft: fill in {gaps} in [brackets]. The case is due {made.due.isoformat()}.", err=True)


def _document(made: Letter) -> dict[str, object]:
    return {
        "case": made.case,
        "to": made.to,
        "processor": made.processor or None,
        "language": made.language,
        "due": made.due,
        "gaps": list(made.gaps),
        "text": made.text,
    }
