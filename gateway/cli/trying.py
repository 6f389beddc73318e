"""`gateway check-plugin`: the contract that ships with a plugin, tried law by law, as a table."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from gateway import plugins as plugin_room
from gateway.cli import exits, printing
from gateway.cli.options import Options, json_option, with_options
from gateway.errors import SettingsError
from gateway.testing import contracts

if TYPE_CHECKING:
    from gateway.testing.check import Result


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(each.name) for each in plugin_room.find() if each.name.startswith(begun)]


@click.command(name="check-plugin")
@click.argument("name", shell_complete=_complete)
@click.option(
    "--law", "pattern", default="", metavar="PATTERN", help="Only the laws whose name has this in it; * for anything."
)  # fmt: skip
@json_option
@with_options(hidden=True)
@click.pass_obj
def check_plugin(options: Options, name: str, pattern: str, as_json: bool) -> None:
    """Try plugin NAME on the laws of the contract, against the simulator it ships. No network is needed.

    Ends with 0 where every law is kept, 3 where some are not kept yet, as the plugin says itself, and 4 where one
    is broken. A law about what the vendor has no way to do is not tried. With -v, what each law protects is shown.
    """
    contract = contracts.load(name)
    from gateway.testing.check import chosen, laws_of

    laws = laws_of(contract)
    if not chosen(laws, pattern):
        raise SettingsError(
            f"--law: no law has {pattern!r} in its name; `gateway check-plugin {name}` lists them"
        )
    began = time.monotonic()
    results = _tried(contract, pattern)
    seconds = time.monotonic() - began
    code = _code(results)
    if as_json:
        printing.document(_document(name, results, laws, seconds, code))
    else:
        _show(name, results, laws, seconds, verbose=options.verbose)
    click.get_current_context().exit(code)


def _tried(contract: Any, pattern: str) -> list[Result]:
    from gateway.testing.check import check

    screen = printing.console(sys.stderr)
    with screen.status("") as status:
        return check(contract, pattern, lambda law: status.update(contracts.in_words(law)))


def _code(results: Sequence[Result]) -> int:
    from gateway.testing.check import State

    states = {each.state for each in results}
    if State.BROKEN in states:
        return exits.NEEDS_YOU
    return exits.WAITS if State.NOT_YET in states else exits.DONE


def _show(
    name: str, results: Sequence[Result], laws: dict[str, str], seconds: float, *, verbose: bool
) -> None:
    out = printing.console()
    rows = [(_law(each, laws, verbose=verbose), f"{each.seconds:.2f}", _result(each)) for each in results]
    printing.table(out, ("law", "seconds", "result"), rows)
    for each in results:
        if each.state == "broken":
            _show_broken(out, each, laws[each.law])
    counts = Counter(str(each.state) for each in results)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    plugin = plugin_room.load({name})[name]
    printing.say(out, "", f"{plugin.distribution} {plugin.version}: {told}, in {seconds:.1f} seconds.")


def _law(result: Result, laws: dict[str, str], *, verbose: bool) -> str:
    return f"{result.title}: {_parts(laws[result.law])[0]}" if verbose else result.title


def _result(result: Result) -> str:
    if result.state == "broken":
        return "BROKEN"
    return f"{result.state}: {' '.join(result.text.split())}" if result.text else str(result.state)


def _show_broken(out: Console, result: Result, docstring: str) -> None:
    protects, remedy = _parts(docstring)
    printing.say(out, "", f"BROKEN: {result.title}")
    for text in (protects, f"To mend it: {remedy}" if remedy else ""):
        if text:
            printing.point(out, text)
    # A failure repeats the law's docstring, which stands above already.
    for line in result.text.replace(f"{docstring}\n\n", "").strip().splitlines():
        out.file.write(f"    {line}".rstrip() + "\n")


def _parts(docstring: str) -> tuple[str, str]:
    """What a law protects, and what to do when it is red."""
    protects, _, remedy = docstring.partition("Red:")
    return " ".join(protects.split()), " ".join(remedy.split())


def _document(
    name: str, results: Sequence[Result], laws: dict[str, str], seconds: float, code: int
) -> dict[str, Any]:
    return {
        "plugin": name,
        "kept": code == exits.DONE,
        "seconds": round(seconds, 3),
        "laws": [
            {
                "law": each.law, "title": each.title, "state": each.state, "seconds": round(each.seconds, 3),
                "protects": _parts(laws[each.law])[0], "remedy": _parts(laws[each.law])[1], "text": each.text or None,
            }
            for each in results
        ],
    }  # fmt: skip
