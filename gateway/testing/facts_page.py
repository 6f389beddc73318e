"""docs/vendors.md from the facts of all vendors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from gateway.testing.facts import Fact, Facts, Unknown

HEAD = """\
# The vendors, fact by fact

<!-- Made by `python -m gateway.testing.facts --write` from plugins/*/facts.toml. Change those, not this page. -->

What is known of each vendor's API, what is not, and what is made of it. Nothing here was tried against a vendor's own
server: the simulators are built from public documentation and from public client code, and this page says what rests on
which. Before a first run at a customer, go through the unknowns of that vendor: each is an assumption, with the
simulator's switch that shows the other way, the plugin's setting where one is needed, and the tests that run both.

| mark | from |
| --- | --- |
| D | the vendor's documentation; F where only a figure there shows it |
| K | the vendor's help centre: how the product behaves |
| C | code of a client; C+ where its author says it was seen at the live service |
| T | a third party that sells a connector |
| I | inferred from the above |
| G | general knowledge, which no source confirms |
"""
FACTS_HEAD = ("what", "mark", "how it is handled", "tests")
UNKNOWNS_HEAD = ("no.", "not known", "assumed", "switch of the simulator", "setting of the plugin", "tests")


def render(vendors: Sequence[Facts]) -> str:
    """The whole page."""
    counts = [
        (
            f"[{each.vendor.title}](#{each.name})",
            len(each.facts),
            len(each.unknowns),
            len({switch for unknown in each.unknowns for switch in unknown.switches}),
            len({setting for unknown in each.unknowns for setting in unknown.settings}),
        )
        for each in vendors
    ]
    parts = [HEAD, _table(("vendor", "facts", "unknowns", "switches for them", "settings for them"), counts)]
    for each in vendors:
        parts += _vendor(each)
    return "\n".join(parts)


def _vendor(facts: Facts) -> list[str]:
    parts = [f"## {facts.name}\n", f"{facts.vendor.title}, <{facts.vendor.site}>.\n"]
    parts += [
        "### Not known, and assumed\n",
        _table(UNKNOWNS_HEAD, [_unknown(each, facts) for each in facts.unknowns]),
    ]
    parts.append("### Known, and handled\n")
    for section, rows in groupby(facts.facts, key=lambda fact: fact.section):
        parts += [f"**{section}**\n", _table(FACTS_HEAD, [_fact(each) for each in rows])]
    return parts


def _unknown(each: Unknown, facts: Facts) -> tuple[object, ...]:
    switches = [f"`{name}`, default `{_plain(facts.switches[name])}`" for name in each.switches]
    settings = [f"`{name}`{_default(facts.settings[name].default)}" for name in each.settings]
    return (
        each.number, each.what, each.assumed, "; ".join(switches) or f"none: {each.no_switch}",
        "; ".join(settings) or f"none: {each.no_setting or each.no_switch}", _tests(each.tests),
    )  # fmt: skip


def _fact(each: Fact) -> tuple[object, ...]:
    handled = each.plugin if each.simulator else f"{each.plugin}. Not in the simulator: {each.why}"
    return each.what, each.mark, handled, _tests(each.tests)


def _tests(tests: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in tests)


def _default(value: object) -> str:
    return ", no default" if value in (None, "") else f", default `{_plain(value)}`"


def _plain(value: Any) -> str:
    """A value as it would stand in a settings file, without quotes."""
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, list | tuple | frozenset | set):
        return ", ".join(sorted(map(str, value)))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(each).replace('|', '&#124;') for each in row)} |\n" for row in lines)
