"""`gateway why`: one sentence for each date of a case, a step or a person."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import click

from gateway.cli import printing
from gateway.cli.opening import open_register
from gateway.cli.options import Options, json_option, with_options
from gateway.ledger.people import ref_of
from gateway.rules.explaining import LANGUAGES
from gateway.why import Answer, Reason, Why


@click.command()
@click.argument("what", metavar="CASE|STEP|PERSON")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), default="nb", show_default=True, help="In which language."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def why(options: Options, what: str, lang: str, as_json: bool) -> None:
    """Say why dates are what they are, each in one sentence.

    A CASE is its number (12), a STEP the case and its processor (12/recman). A PERSON is an e-mail address, a phone
    number with its country, processor:id, or the S-number the gateway gave them. Each sentence names the rule in the
    words of the published policy or by its article, what it counts from, the sum, who may extend it, and what would
    change it.
    """
    with open_register(options) as register:
        asked = Why(register, lang)
        number, _, processor = what.partition("/")
        is_case = number.isdecimal() and len(number) < 19
        found = asked.case(int(number), processor) if is_case else asked.person(what)
        titles = {name: each.title for name, each in register.settings.processors.items()}
    if as_json:
        printing.document(_document(found, lang))
        return
    out = printing.console()
    printing.say(out, found.heading)
    for processor, reasons in groupby(found.reasons, key=lambda each: each.processor):
        printing.say(out, "", *([titles.get(processor, processor)] if processor else []))
        for each in reasons:
            printing.point(out, each.text)


def _document(found: Answer, language: str) -> dict[str, Any]:
    return {
        "person": ref_of(found.subject), "case": found.case, "language": language, "policy": found.policy,
        "reasons": [_reason(each) for each in found.reasons],
    }  # fmt: skip


def _reason(each: Reason) -> dict[str, Any]:
    return {
        "about": each.about, "processor": each.processor or None, "data_set": each.data_set or None,
        "purpose": each.purpose or None, "rule": each.rule or None, "due": each.due, "rolled": each.rolled,
        "text": each.text,
    }  # fmt: skip
