"""What a sync came to: a table, why things stand as they do, and what to do next; or one JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from gateway.cli import braking, printing, wording
from gateway.cli.printing import many
from gateway.ledger import Ledger, lines, views, work
from gateway.ledger.stops import ALL
from gateway.ledger.tables import AnyRow
from gateway.sync import Report, Row

HEADS = (
    "", "fetched", "due", "deleted", "verified", "none\nthere", "kept", "refused", "waiting", "needs\nyou",
)  # fmt: skip


DUTIES = {"ask": "people to ask for new consent:", "inform": "people to be told that they are held:"}


@dataclass(frozen=True, slots=True)
class After:
    """What stands in the ledger when a sync is over."""

    plans: tuple[AnyRow, ...]
    next_at: datetime | None
    trail_lines: int
    signed_to: int


def look_after(ledger: Ledger) -> After:
    """Read what the report says of the ledger."""
    with ledger.read() as tx:
        return After(
            tuple(work.waiting_plans(tx)), views.next_time(tx), lines.head(tx).seq, views.signed_to(tx)
        )


def show(out: Console, report: Report, after: After, names: Iterable[str], zone: ZoneInfo) -> None:
    """Print the report of a sync."""
    called = set(names)
    printing.table(
        out, HEADS, [_cells(name, row, name in called) for name, row in report.rows.items()], numbers=True
    )
    reasons = [wording.count(each) for row in report.rows.values() for each in row.reasons]
    troubles = list(_troubles(report))
    for title, points in (("How things stand", reasons), ("What went wrong", troubles)):
        if points:
            printing.say(out, "", title)
            for each in points:
                printing.point(out, each)
    if report.dry:
        show_plan(out, report)
        return
    signed = (
        f"signed to line {after.signed_to:,}" if after.signed_to < after.trail_lines else "all of it signed"
    )
    printing.say(out, "", f"The trail has {many(after.trail_lines, 'line')}, {signed}.")
    for each in next_steps(report, after, zone):
        printing.say(out, each)


def _cells(name: str, row: Row, called: bool) -> tuple[str, ...]:
    counts = (
        row.due, row.deleted, row.verified, row.nothing, row.kept, row.refused, row.waiting, row.needs_you,
    )  # fmt: skip
    return (name, f"{row.fetched:,}" if called else "-", *(f"{each:,}" for each in counts))


def _troubles(report: Report) -> Iterator[str]:
    for name, row in report.rows.items():
        if row.error:
            yield f"{name}: {row.error}"
        if row.flaws:
            fields = many(len(row.flaws), "thing")
            yield f"{name}: {fields} could not be read and left out; `gateway sync --json` lists them"
    for stop in report.stops:
        if stop.name == ALL:
            yield str(stop)
    if report.planned.late:
        duties = "1 thing" if report.planned.late == 1 else f"{report.planned.late:,} things"
        yield f"{duties} that only people can do past the day: `gateway duties --late` lists them"
    if report.late:
        yield f"{many(report.late, 'case')} past the day it was due: `gateway cases` lists the nearest first"


def show_plan(out: Console, report: Report) -> None:
    """What a dry run would have begun."""
    planned = report.planned
    printing.say(out, "", "This was a dry run: nothing was deleted, and the ledger is as it was.")
    if not planned.people:
        printing.say(out, "Nobody new is due.")
        return
    printing.say(out, f"A sync would open cases for {many(planned.people, 'person', 'people')}:")
    for trigger, count in planned.triggers.items():
        printing.point(out, f"{wording.TRIGGER.get(trigger, trigger)}: {count:,}")
    steps = ", ".join(f"{name} {count:,}" for name, count in planned.steps.items())
    if steps:
        printing.say(out, f"Steps by processor: {steps}.")
    if planned.held:
        printing.say(out, f"{many(planned.held, 'case')} would be held until a question is answered.")
    if planned.waiting:
        printing.say(
            out,
            f"It would wait for approval: it is more than {many(planned.allowed, 'person', 'people')}.",
        )


def next_steps(report: Report, after: After, zone: ZoneInfo) -> Iterator[str]:
    """What the operator can do now, one sentence each."""
    if report.stopped:
        yield ("Stopped between records. What is in the ledger is whole; run `gateway sync` again to go on.")
    yield from dict.fromkeys(braking.remedy(stop) for stop in report.stops)
    for plan in after.plans:
        yield (
            f"Plan {plan.id} waits for you: {many(plan.people, 'person', 'people')} would be deleted, more than "
            f"{plan.allowed:,}. `gateway cases` shows them; `gateway approve {plan.id}` lets it begin, "
            f"`gateway approve {plan.id} --drop` drops it."
        )
    adopted = report.adopted
    if adopted is not None and adopted.waits is not None:
        yield (
            f"The rules have changed, and would newly erase {many(adopted.erases, 'person', 'people')}: policy "
            f"{adopted.waits} waits for a second person, and the rules before it go on. `gateway policy versions`."
        )
    if report.unplanned:
        yield (
            "Nobody new was planned for: the rules before it name what gateway.toml has no more. Have the new ones approved, "
            "or put gateway.toml back."
        )
    if adopted is not None and adopted.dropped:
        yield "The rules as they are read now were dropped, and those before them go on. `gateway policy versions`."
    if report.planned.duties:
        what = ", ".join(f"{DUTIES[name]} {count:,}" for name, count in report.planned.duties.items())
        yield f"Only people can do this ({what}): `gateway duties` lists it with its days."
    if report.questions:
        wait = "1 question waits" if report.questions == 1 else f"{report.questions:,} questions wait"
        yield f"{wait} for you: `gateway questions`, then `gateway answer NUMBER ANSWER`."
    if report.open_cases:
        yield f"{many(report.open_cases, 'case')} under way or waiting: `gateway cases`."
    if after.next_at is not None and not report.stopped:
        moment = printing.when(after.next_at, zone)
        yield (
            "Some steps can be tried again at once: `gateway sync`."
            if after.next_at <= report.started
            else f"The next step can be taken at {moment}: run `gateway sync` then."
        )
    if report.exit_code == 0:
        yield "All that was due is done, and nothing waits."


def document(report: Report, after: After) -> dict[str, Any]:
    """The JSON document of a sync."""
    planned = report.planned
    return {
        "started": report.started,
        "dry_run": report.dry,
        "stopped": report.stopped,
        "exit_code": report.exit_code,
        "processors": [_row_document(name, row) for name, row in report.rows.items()],
        "plan": {
            "number": None if report.dry else planned.plan, "people": planned.people, "allowed": planned.allowed,
            "waiting": planned.waiting, "held": planned.held, "triggers": planned.triggers, "steps": planned.steps,
        },
        "policy": None if report.adopted is None else {
            "number": report.adopted.number, "waits": report.adopted.waits, "erases": report.adopted.erases,
        },
        "by_hand": planned.duties,
        "late_by_hand": planned.late,
        "stops": [braking.document(each) for each in report.stops],
        "plans_waiting": [each.id for each in after.plans],
        "questions": report.questions,
        "open_cases": report.open_cases,
        "late_cases": report.late,
        "next_step": after.next_at,
        "trail": {"lines": after.trail_lines, "signed_to": after.signed_to},
    }  # fmt: skip


def _row_document(name: str, row: Row) -> dict[str, Any]:
    return {
        "name": name, "fetched": row.fetched, "new": row.new, "due": row.due, "deleted": row.deleted,
        "verified": row.verified, "nothing": row.nothing, "kept": row.kept, "refused": row.refused,
        "waiting": row.waiting, "needs_you": row.needs_you, "flaws": row.flaws, "error": row.error or None,
        "reasons": [
            {
                "outcome": each.outcome, "closed": each.closed, "case_state": each.state, "reason": each.reason,
                "steps": each.steps,
            }
            for each in row.reasons
        ],
    }  # fmt: skip
