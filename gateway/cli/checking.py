"""`gateway check`: everything that is wrong with the set-up, at once; with `--online`, whether the vendors answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass

import click

from gateway import plugins as plugin_room
from gateway.cli import braking, exits, printing
from gateway.cli.opening import actor, load_plugins, logged, open_database, settings_path
from gateway.cli.options import Options, json_option, with_options
from gateway.errors import GatewayError, PluginError, SettingsError, VendorError
from gateway.ledger import Ledger, circuits, due, lines, stops, views
from gateway.model import Page
from gateway.plugins import Plugins
from gateway.register import Register, clock
from gateway.runs import Work
from gateway.runs.calling import call, expect
from gateway.settings import Settings, load
from gateway.sync import check_clock
from gateway.testing.contracts import in_words
from gateway.trail import key_id, public_key

OK, WRONG, WAITS, NOTE = "ok", "wrong", "waits", "note"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and what there is to say; `code` is what it makes of the exit code."""

    what: str
    state: str
    text: str
    code: int = exits.DONE


@click.command()
@click.option("--online", is_flag=True, help="Also make one harmless call at each processor.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def check(options: Options, online: bool, as_json: bool) -> None:
    """Say everything that is wrong with gateway.toml, the keys, the plugins and the ledger."""
    with logged(options):
        found = list(_checks(options, online=online))
    codes = {each.code for each in found}
    code = exits.USAGE if exits.USAGE in codes else max(codes)
    if as_json:
        members = [{key: value for key, value in asdict(each).items() if key != "code"} for each in found]
        printing.document({"ok": code == exits.DONE, "checks": members})
    else:
        out = printing.console()
        printing.table(
            out, ("what", "state", "remark"), [(each.what, each.state, each.text) for each in found]
        )
        printing.say(out, "", "All is well." if code == exits.DONE else "Not all is well.")
    click.get_current_context().exit(code)


def _wrong(what: str, err: GatewayError) -> Iterator[Check]:
    code = exits.code_of(err)
    state = WAITS if code == exits.WAITS else WRONG
    for mistake in str(err).splitlines():
        yield Check(what, state, mistake, code)


def _checks(options: Options, *, online: bool) -> Iterator[Check]:
    path = settings_path(options)
    try:
        settings = load(path, os.environ)
    except SettingsError as err:
        yield from _wrong("settings", err)
        return
    yield Check("settings", OK, f"{path}, with the keys it names")
    yield from (Check("settings", NOTE, warning) for warning in settings.warnings)
    found = load_plugins(settings)
    mistakes = list(_mistakes_of_plugins(settings, found))
    yield from mistakes
    try:
        ledger = open_database(settings)
    except GatewayError as err:
        yield from _wrong("ledger", err)
        return
    with closing(ledger):
        yield from _ledger_checks(ledger, settings)
        if not any(each.code == exits.USAGE for each in mistakes):
            register = Register(settings, ledger, found)
            with closing(register):
                yield from _clock_check(register)
                yield from _policy_check(register)
                yield from _brake_checks(ledger)
                for name in settings.processors:
                    yield from _processor_checks(register, name, online=online)


def _mistakes_of_plugins(settings: Settings, found: Plugins) -> Iterator[Check]:
    try:
        plugin_room.resolve(settings, found)
    except SettingsError as err:
        yield from _wrong("plugins", err)


def _ledger_checks(ledger: Ledger, settings: Settings) -> Iterator[Check]:
    try:
        with ledger.read() as tx:
            people, size = due.people(tx), lines.head(tx).seq
            wrapped, marks = views.a_wrapped_key(tx), lines.all_checkpoints(tx)
        if wrapped is not None:
            ledger.vault.unwrap(wrapped)
        with ledger.write():
            pass  # a ledger that cannot be written to says so here
    except GatewayError as err:
        yield from _wrong("ledger", err)
        return
    held = printing.many(people, "person", "people")
    yield Check("ledger", OK, f"{held}, {printing.many(size, 'line')} of trail; the master key opens it")
    own = key_id(public_key(settings.gateway.signing_key))
    if marks and marks[-1].key_id != own:
        yield Check(
            "keys", NOTE,
            f"the trail was last signed with another key ({marks[-1].key_id}, this is {own}); `gateway trail verify` "
            "needs the public half of that one: --key",
        )  # fmt: skip


def _policy_check(register: Register) -> Iterator[Check]:
    """The rules as they are read now; where they are not those that act, that is said."""
    try:
        policy = register.read_policy
    except SettingsError as err:
        yield from _wrong("policy", err)
        return
    purposes = printing.many(len(policy.purposes), "purpose")
    rules = printing.many(len(policy.rules), "rule")
    yield Check("policy", OK, f"{policy.title}: {purposes}, {rules}, version {register.version}")
    if register.policy.version != register.version:
        yield Check(
            "policy",
            NOTE,
            "other rules act until the next sync, or until somebody approves: `gateway policy versions`",
        )


def _brake_checks(ledger: Ledger) -> Iterator[Check]:
    """What is stopped, and who is not called for a while because nobody answers there."""
    with ledger.read() as tx:
        stopped, waiting = stops.all_stops(tx), circuits.all_open(tx, clock())
    for stop in stopped:
        what = "deletions" if stop.name == stops.ALL else stop.name
        yield Check(what, WRONG, f"{stop}. {braking.remedy(stop)}", exits.NEEDS_YOU)
    yield from (Check(each.account, WAITS, str(each), exits.WAITS) for each in waiting)


def _clock_check(register: Register) -> Iterator[Check]:
    try:
        check_clock(register)
    except SettingsError as err:
        yield from _wrong("clock", err)


def _processor_checks(register: Register, name: str, *, online: bool) -> Iterator[Check]:
    place = register.places[name]
    if not register.settings.processors[name].enabled:
        yield Check(name, NOTE, "is not enabled: nothing is read or deleted there")
    elif not place.plugin:
        yield Check(name, OK, "has no plugin: each step there is a task for a person")
    elif place.fault:
        yield Check(name, WRONG, place.fault, exits.NEEDS_YOU)
    else:
        plugin = register.plugins[place.plugin]
        try:
            register.target(name)
            answered = _call(register, name) if online else "not asked; --online asks"
        except (SettingsError, VendorError, PluginError) as err:
            yield from _wrong(name, err)
            return
        yield Check(name, OK, f"{plugin.name} {plugin.version}: {answered}")
        late = plugin.vendor.expected_failures if plugin.vendor else {}
        for law, reason in late.items():
            yield Check(name, NOTE, f"does not keep yet that {in_words(law)}: {reason}")


def _call(register: Register, name: str) -> str:
    """Read the first page of the first kind, write nothing; where nothing can be read, ask about nobody."""
    target = register.target(name)
    job = Work(register.ledger, register.plugins, register.now, actor(), lambda: False)
    if "fetch" in target.vendor.cannot:
        list(call(job, target, "audit", subjects=()))
        return "answers"
    kind = target.vendor.kinds[0]
    with closing(call(job, target, "fetch", kind=kind.name, cursor=None)) as pages:  # type: ignore[type-var]  # a generator
        page = next(pages, None)
    if page is None:
        raise PluginError(f"plugin {target.plugin}: fetch of {kind.name} ended without a page")
    return f"answers; {len(expect(page, Page, target, 'fetch').records)} records on its first page"
