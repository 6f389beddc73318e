"""`gateway stop` and `gateway resume`: no deletions, everywhere or at one processor, until somebody lets them go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from gateway.braking import Brakes
from gateway.cli import printing
from gateway.cli.opening import actor, open_ledger
from gateway.cli.options import Options, json_option, with_options
from gateway.errors import SettingsError
from gateway.ledger.stops import ALL, REFUSED, Stop
from gateway.register import clock

WHY = "Why, in a few words, for the trail; no names, no addresses."


def _name(processor: str | None, *, every: bool) -> str:
    if every == (processor is not None):
        raise SettingsError("name one PROCESSOR, or all with --all")
    return processor or ALL


@click.command()
@click.argument("processor", required=False)
@click.option("--all", "every", is_flag=True, help="All deletions, at every processor.")
@click.option("--why", required=True, metavar="TEXT", help=WHY)
@json_option
@with_options(hidden=True)
@click.pass_obj
def stop(options: Options, processor: str | None, every: bool, why: str, as_json: bool) -> None:
    """Let nothing be deleted at a PROCESSOR, or (--all) anywhere, until `gateway resume`.

    It acts at once, also on what is under way in other processes: a call that was made is not undone, and the next is not
    made. Reading and proving go on.
    """
    name = _name(processor, every=every)
    with open_ledger(options) as (settings, ledger):
        done = Brakes(settings, ledger, actor(), clock).stop(name, why)
    if as_json:
        printing.document(document(done.stop) | {"new": done.new})
        return
    was = "" if done.new else "It was stopped before, and that stands: "
    printing.say(printing.console(), f"{was}{in_words(done.stop)}")


@click.command()
@click.argument("processor", required=False)
@click.option(
    "--all", "every", is_flag=True, help="What is stopped for all; what stopped by itself stays so."
)
@click.option("--why", required=True, metavar="TEXT", help=WHY)
@json_option
@with_options(hidden=True)
@click.pass_obj
def resume(options: Options, processor: str | None, every: bool, why: str, as_json: bool) -> None:
    """Let go on what is stopped at a PROCESSOR, whoever or whatever stopped it; or (--all) what is stopped for all.

    With `brake.second_person`, by somebody else than who stopped it.
    """
    name = _name(processor, every=every)
    with open_ledger(options) as (settings, ledger):
        done = Brakes(settings, ledger, actor(), clock).resume(name, why)
    if as_json:
        ended, left = ([document(each) for each in some] for some in (done.ended, done.left))
        printing.document({"ended": ended, "left": left})
        return
    what = "All deletions" if name == ALL else f"What was stopped at {name}"
    printing.say(
        printing.console(),
        f"{what} may go on; the daemon takes it up, or `gateway sync`.",
        *map(in_words, done.left),
    )


def in_words(each: Stop) -> str:
    """What is stopped, and how it is let go on."""
    if each.name == ALL:
        what = f"A{str(each)[1:]}"
    else:
        what = f"{each.name} {'refused us:' if each.cause == REFUSED else 'is'} {each}"
    return f"{what}. {remedy(each)}"


def remedy(each: Stop) -> str:
    """How what is stopped is let go on."""
    if each.name == ALL:
        return "`gateway resume --all` lets all deletions go on."
    if each.cause == REFUSED:
        return f"Put right what {each.name} refuses, then `gateway sync {each.name}`."
    return f"`gateway resume {each.name}` lets go on what is stopped at {each.name}."


def document(each: Stop) -> dict[str, Any]:
    """The members that say what is stopped."""
    return {
        "processor": None if each.name == ALL else each.name, "cause": each.cause, "since": each.since, "by": each.by,
        "why": each.why,
    }  # fmt: skip


def at(stops: Iterable[Stop], processors: Iterable[str]) -> list[Stop]:
    """Those of these stops that hold up one of these processors."""
    names = {*processors, ALL}
    return [each for each in stops if each.name in names]
