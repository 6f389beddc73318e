"""`gateway plan`: the future as a table and a chart, and what another policy would make of it. It writes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from gateway import forecast
from gateway.cases.deadlines import ANSWER
from gateway.cli import exits, outlook, printing
from gateway.cli.consent import Day
from gateway.cli.opening import open_register
from gateway.cli.options import FILE, Options, json_option, with_options
from gateway.cli.printing import many
from gateway.forecast import Ahead, Change, Dates, Horizon, Outlook, Tally
from gateway.forecast.counting import rows, week
from gateway.ledger.forecast import OpenSteps, open_steps, reading
from gateway.ledger.people import ref_of
from gateway.register import Register
from gateway.risks import Risk, at_risk
from gateway.rules import Policy, Rules, clocks
from gateway.rules.days import to_micros
from gateway.rules.reading import read_policy
from gateway.settings import Period
from gateway.sync import unhurried_collector

A_YEAR, A_MONTH = Period(1, "years"), Period(1, "months")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy makes of the future: the counts, and how it goes at each processor."""

    policy: Policy
    tally: Tally
    outlooks: dict[str, Outlook]

    @property
    def late(self) -> int:
        return sum(each.late for each in self.outlooks.values())


@dataclass(frozen=True, slots=True)
class Plans:
    """The plan of the policy that acts, and that of another one, with the differences, where one was asked about."""

    made: datetime
    horizon: Horizon
    now: Plan
    then: Plan | None
    ahead: Ahead
    waits: bool
    """Whether the rules were changed, and the change does not act yet."""
    risks: list[Risk]


@click.command()
@click.option(
    "--until", type=Day(), metavar="DATE", help="The last day to look at; without it, a year from now."
)
@click.option(
    "--what-if",
    "other",
    type=FILE,
    metavar="FILE",
    help="Also plan by this policy.toml, and say what differs.",
)
@click.option(
    "--by-person", is_flag=True, help="First list each person's dates; with --what-if, those that differ."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def plan(options: Options, until: date | None, other: Path | None, by_person: bool, as_json: bool) -> None:
    """Show what falls due week by week, and what goes past its date at the vendors' call limits.

    It goes by the ledger as the last sync left it, and by the rules that act. It calls nobody and writes nothing.
    Ends with 3 where something will be late, with 0 where nothing will.
    """
    with open_register(options) as register:
        now = register.now()
        today = now.astimezone(register.zone).date()
        last = A_YEAR.after(today) if until is None else until
        if last <= today:
            raise click.BadParameter(f"{last} is not after today, {today}", param_hint="'--until'")
        horizon = Horizon(to_micros(now), today.toordinal(), last.toordinal())
        teller = _Teller(horizon, as_json=as_json, compares=other is not None) if by_person else None
        plans = _make(register, now, horizon, other, teller)
    if as_json:
        printing.document(_document(plans, teller.told if teller else []))
    else:
        _show(plans, other)
    late = plans.now.late or (plans.then.late if plans.then else 0)
    click.get_current_context().exit(exits.WAITS if late else exits.DONE)


class _Teller:
    """Says of each person which dates they have, or which would change: at once, or (for JSON) all together."""

    def __init__(self, horizon: Horizon, *, as_json: bool, compares: bool) -> None:
        self.horizon, self.as_json, self.compares = horizon, as_json, compares
        self.told: list[dict[str, Any]] = []
        self._out = printing.console()

    def __call__(self, subject: int, was: Dates, becomes: Dates | None) -> None:
        if becomes is None:
            changes = [Change(*key, due, None) for key, due in was.items() if self.horizon.within(due[0])]
            changes.sort(key=lambda each: each.was or (0, ""))
        else:
            changes = list(forecast.changes(was, becomes, self.horizon))
        person = ref_of(subject)
        for each in changes:
            if self.as_json:
                self.told.append(outlook.change_document(person, each))
            else:
                outlook.tell(self._out, person, each, compares=self.compares)


def _make(
    register: Register, now: datetime, horizon: Horizon, other: Path | None, teller: _Teller | None
) -> Plans:
    rules = register.rules
    others = None if other is None else register.rules_by(read_policy(other, register.settings))
    with reading(register.ledger) as tx, unhurried_collector(), _patience(quiet=teller is not None):
        lanes = forecast.lanes(tx, register.places.values(), register.settings, register.plugins, now)
        steps = open_steps(tx, register.zone)
        ahead = forecast.look_ahead(forecast.everybody(tx), rules, horizon, others, teller)
    then = None
    if others is not None and ahead.then is not None:
        then = _plan(others, ahead.then, lanes, steps)
    waits = register.read_policy.version != rules.policy.version
    plan = _plan(rules, ahead.now, lanes, steps)
    return Plans(now, horizon, plan, then, ahead, waits, at_risk(register, now))


def _plan(rules: Rules, tally: Tally, lanes: dict[str, forecast.Lane], steps: list[OpenSteps]) -> Plan:
    row = clocks.clock(rules.policy, ANSWER)
    answer = (clocks.period_of(row) if row is not None else None) or A_MONTH
    outlooks = {
        name: forecast.outlook_of(
            lane,
            tally.erasures(name),
            [each for each in steps if each.processor == name],
            tally.horizon,
            answer,
        )
        for name, lane in lanes.items()
    }
    return Plan(rules.policy, tally, outlooks)


@contextmanager
def _patience(*, quiet: bool) -> Iterator[None]:
    """On a terminal, a word while everybody is looked at."""
    screen = printing.console(sys.stderr)
    if quiet or not screen.is_terminal:
        yield
        return
    with screen.status("Looking at everybody, by the rules …"):
        yield


def _show(plans: Plans, other: Path | None) -> None:
    out = printing.console()
    horizon, now = plans.horizon, plans.now
    first, last = date.fromordinal(horizon.today), date.fromordinal(horizon.last)
    printing.say(
        out, f"What falls due from {first} to {last} by {now.policy.title}, version {now.policy.version}."
    )
    known, touched = many(now.tally.people, "person", "people"), now.tally.touched
    printing.say(out, f"{known} known; {touched:,} of them with a date in that time.", "")
    outlook.show(out, now.tally, now.outlooks)
    outlook.show_risks(out, plans.risks)
    if plans.waits:
        printing.say(
            out, "The rules were changed since and do not act yet: `gateway sync` takes them up, and "
            "`gateway policy versions` says what waits.",
        )  # fmt: skip
    if plans.then is not None and plans.ahead.comparison is not None and other is not None:
        printing.say(out, "", f"What if {other} acted ({plans.then.policy.title})?", "")
        outlook.show_comparison(out, plans.ahead.comparison)
        outlook.show_other_limits(out, now.outlooks, plans.then.outlooks)


def _document(plans: Plans, told: list[dict[str, Any]]) -> dict[str, Any]:
    then = plans.then
    comparison = plans.ahead.comparison
    return {
        "made": plans.made,
        "from": date.fromordinal(plans.horizon.today),
        "until": date.fromordinal(plans.horizon.last),
        **_plan_document(plans.now),
        "waits": plans.waits,
        "at_risk": [outlook.risk_document(each) for each in plans.risks],
        "what_if": None
        if then is None or comparison is None
        else {
            **_plan_document(then),
            "moved_people": comparison.people,
            "differences": outlook.differences(comparison),
        },
        "dates": told,
    }


def _plan_document(plan: Plan) -> dict[str, Any]:
    return {
        "policy": plan.policy.title,
        "version": plan.policy.version,
        "people": plan.tally.people,
        "people_due": plan.tally.touched,
        "late": plan.late,
        "weeks": [
            {"week": f"{row.begins:%G-W%V}", "begins": row.begins, "kind": kind, "processor": name or None,
             "count": count}
            for row in rows(plan.tally, week)
            for (kind, name), count in sorted(row.cells.items())
        ],
        "processors": [outlook.outlook_document(each) for each in plan.outlooks.values()],
    }  # fmt: skip


__all__ = ["plan"]
