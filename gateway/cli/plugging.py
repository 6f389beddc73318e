"""`gateway plugins`: what is installed, what each needs, cannot do and does not do right yet, and what was refused."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import EntryPoint
from typing import Any

import click
from rich.console import Console

from gateway import plugins as plugin_room
from gateway.cli import printing
from gateway.cli.options import Options, json_option, with_options
from gateway.model import Limit, Setting, Vendor, Window
from gateway.plugins import Plugin
from gateway.plugins.values import declared
from gateway.testing import contracts

WINDOWS = {
    Window.SLIDING: "in any",
    Window.FIXED: "from the first call, in",
    Window.UTC_DAY: "from midnight to midnight UTC, in",
}
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@click.command()
@json_option
@with_options(hidden=True)
@click.pass_obj
def plugins(_options: Options, as_json: bool) -> None:
    """List the plugins: what each needs in gateway.toml, its limits, what its vendor has no way to do, and which
    laws of the contract it does not keep yet.
    """
    found, shipped = plugin_room.load(), contracts.offered()
    if as_json:
        printing.document({"plugins": [_document(each, shipped.get(each.name)) for each in found.values()]})
        return
    out = printing.console()
    if not found:
        printing.say(out, "No plugin is installed. One is installed with pip, such as ats-gateway-recman.")
    for place, each in enumerate(found.values()):
        if place:
            printing.say(out, "")
        _show(out, each, shipped.get(each.name))


def _show(out: Console, plugin: Plugin, contract: EntryPoint | None) -> None:
    source = " ".join(part for part in (plugin.distribution, plugin.version) if part)
    vendor = plugin.vendor
    if vendor is None:
        printing.say(out, f"{plugin.name} ({source}): REFUSED")
        printing.point(out, plugin.error)
        return
    printing.say(out, f"{plugin.name} ({source}): {vendor.title}, {vendor.site}")
    for title, text in _facts(vendor):
        printing.point(out, f"{title}: {text}")
    tried = f"`gateway check-plugin {plugin.name}` tries it" if contract else "none is shipped"
    printing.point(out, f"contract: {tried}")


def _facts(vendor: Vendor) -> list[tuple[str, str]]:
    facts = [("holds", ", ".join(f"{each.title} ({each.name})" for each in vendor.kinds))]
    facts += [(f"setting {each.name}", _spell_setting(each)) for each in declared(vendor).values()]
    facts += [("limit", spell_limit(each)) for each in vendor.limits]
    finds = ", ".join(sorted(str(each) for each in vendor.finds_by))
    facts.append(("finds a person by", finds or "record id only"))
    facts += [(f"cannot {hook}", reason) for hook, reason in sorted(vendor.cannot.items())]
    late = vendor.expected_failures.items()
    return facts + [(f"does not keep yet that {contracts.in_words(law)}", reason) for law, reason in late]


def _spell_setting(setting: Setting) -> str:
    words = ["required" if setting.required else "may be left out"]
    if setting.secret:
        words.append('secret: { env = "…" } or { file = "…" }')
    if setting.choices:
        words.append(f"one of {', '.join(setting.choices)}")
    if setting.default not in (None, "") and not setting.secret:
        words.append(f"default {_spell_value(setting.default)}")
    return f"{setting.help} ({'; '.join(words)})"


def _spell_value(value: object) -> str:
    """A default as it would stand in gateway.toml, without quotes."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def spell_limit(limit: Limit) -> str:
    """`5 calls in any 10 seconds`."""
    calls = printing.many(limit.calls, "call")
    return f"{calls} {WINDOWS[limit.window]} {_spell_period(limit.period)}"


def _spell_period(period: timedelta) -> str:
    seconds = period.total_seconds()
    for size, unit in UNITS:
        if seconds >= size and seconds % size == 0:
            return printing.many(int(seconds // size), unit)
    return f"{seconds:g} seconds"


def _document(plugin: Plugin, contract: EntryPoint | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": plugin.name, "distribution": plugin.distribution, "version": plugin.version,
        "error": plugin.error or None, "contract": contract.value if contract else None, "vendor": None,
    }  # fmt: skip
    if plugin.vendor is not None:
        document["vendor"] = _vendor_document(plugin.vendor)
    return document


def _vendor_document(vendor: Vendor) -> dict[str, Any]:
    return {
        "title": vendor.title,
        "site": vendor.site,
        "kinds": [{"name": each.name, "title": each.title} for each in vendor.kinds],
        "settings": [
            {
                "name": each.name, "help": each.help, "type": each.type.__name__, "required": each.required,
                "secret": each.secret, "default": None if each.secret else each.default, "choices": list(each.choices),
            }
            for each in declared(vendor).values()
        ],
        "limits": [
            {"calls": each.calls, "seconds": each.period.total_seconds(), "window": each.window}
            for each in vendor.limits
        ],
        "finds_by": sorted(str(each) for each in vendor.finds_by),
        "grace_seconds": vendor.grace.total_seconds(),
        "cannot": dict(vendor.cannot),
        "expected_failures": dict(vendor.expected_failures),
    }  # fmt: skip
