"""One case with all the ledger knows of it: read, printed, and as a JSON document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from gateway.cli import braking, exits, printing, wording
from gateway.errors import SettingsError
from gateway.ledger import Ledger, people, stops, views, watches, work
from gateway.ledger.people import ref_of
from gateway.ledger.stops import Stop
from gateway.ledger.tables import AnyRow
from gateway.ledger.work import Step
from gateway.model import Kept, Outcome


def state(row: AnyRow) -> str:
    """How a case stands, and what it waits for."""
    if row.state == "held":
        return f"held by question {row.held_by}"
    if row.state == "waiting":
        return f"plan {row.plan_id} waits"
    return wording.STATE.get(row.state, str(row.state))


def case_document(row: AnyRow) -> dict[str, Any]:
    """The members that say what a case is."""
    return {
        "number": row.id, "person": ref_of(row.subject_id), "trigger": row.trigger, "purpose": row.purpose,
        "why": row.why, "state": row.state, "plan": row.plan_id, "held_by": row.held_by, "opened": row.opened_at,
        "due": row.due_at, "rolled": row.rolled_at, "rule": row.rule, "extended": row.extended_at,
        "closed": row.closed_at,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dossier:
    """All the ledger knows of one case."""

    row: AnyRow
    steps: list[Step]
    questions: list[AnyRow]
    trail: list[tuple[int, str, bytes]]
    known_as: list[str]
    stops: list[Stop]
    looks: dict[int, datetime]

    @property
    def exit_code(self) -> int:
        """0 closed; 3 something waits; 4 something needs a person now."""
        if self.stops or any(
            each.outcome == Outcome.BROKEN and each.closed_at is None for each in self.steps
        ):
            return exits.NEEDS_YOU
        return exits.DONE if self.row.state in ("closed", "dropped") else exits.WAITS


def read(ledger: Ledger, number: int) -> Dossier:
    """Read a case; SettingsError when there is none of that number."""
    with ledger.read() as tx:
        row = work.get_case(tx, number)
        if row is None:
            raise SettingsError(
                f"case {number}: there is none of that number; `gateway cases --all` lists them"
            )
        steps = work.steps_of(tx, number)
        left = [each.processor for each in steps if each.closed_at is None]
        return Dossier(
            row,
            steps,
            views.questions_of_case(tx, number),
            views.last_lines(tx, None, number),
            people.known_as(tx, ledger.vault, row.subject_id) if row.closed_at is None else [],
            braking.at(stops.all_stops(tx), left) if left else [],
            watches.of_case(tx, number),
        )


def show(out: Console, found: Dossier, zone: ZoneInfo) -> None:
    """Print a case."""
    row = found.row
    ended = f", closed {printing.day(row.closed_at, zone)}" if row.closed_at else ""
    printing.say(
        out,
        f"Case {row.id}, person {ref_of(row.subject_id)}: {state(row)}{ended}.",
        f"Why: {row.why}. Opened {printing.day(row.opened_at, zone)}, {_due(row, zone)}.",
    )
    if found.known_as:
        # Whoever has something to do by hand has to know about whom.
        printing.say(out, f"Known as: {', '.join(found.known_as)}.")
    if row.state == "waiting":
        printing.say(out, f"`gateway approve {row.plan_id}` lets its plan begin.")
    printing.say(out, "")
    printing.table(
        out,
        ("processor", "how it stands", "next", "why"),
        [
            (
                each.processor, wording.step(each.outcome, closed=each.closed_at is not None),
                "" if each.closed_at else printing.when(each.next_at, zone), each.reason,
            )
            for each in found.steps
        ],
    )  # fmt: skip
    again = [
        f"{each.processor} {printing.when(found.looks[each.id], zone)}"
        for each in found.steps
        if each.id in found.looks
    ]
    if again:
        printing.say(out, "", f"Looked for again, whether it is still gone: {', '.join(again)}.")
    kept = [(each.processor, left) for each in found.steps for left in each.kept]
    if kept:
        printing.say(out, "", "What is kept")
        for processor, left in kept:
            printing.point(out, f"{processor}: {_kept(left)}")
    _show_what_waits(out, found)
    _show_history(out, found, zone)


def _show_history(out: Console, found: Dossier, zone: ZoneInfo) -> None:
    printing.say(out, "", "What happened")
    for _, body, _ in found.trail:
        line = json.loads(body)
        words = [printing.when(datetime.fromisoformat(line["at"]), zone), line["action"]]
        words += [line[key] for key in ("processor", "outcome") if key in line]
        printing.point(out, f"{' '.join(words)}{': ' + line['why'] if line.get('why') else ''}")


def _show_what_waits(out: Console, found: Dossier) -> None:
    if found.stops:
        printing.say(out, "", "What is stopped")
        for stop in found.stops:
            printing.point(out, braking.in_words(stop))
    if found.questions:
        printing.say(out, "", "What waits for you")
        for each in found.questions:
            printing.point(out, f"question {each.id}: {each.text} ({' or '.join(each.options)})")


def _due(row: AnyRow, zone: ZoneInfo) -> str:
    """The day it is due, and the next working day where that is none."""
    rolled = row.rolled_at is not None and row.rolled_at != row.due_at
    more = f" (the next working day is {printing.day(row.rolled_at, zone)})" if rolled else ""
    return f"due {printing.day(row.due_at, zone)}{more}"


def _kept(left: Kept) -> str:
    until = f", until {left.until.isoformat()}" if left.until else ""
    readers = f"; may be read by {', '.join(left.readers)}" if left.readers else ""
    return f"{left.ref.kind} {left.ref.id}: {left.text}{until}{readers}"


def document(found: Dossier) -> dict[str, Any]:
    """The JSON document of a case."""
    return case_document(found.row) | {
        "steps": [_step_document(each, found.looks.get(each.id)) for each in found.steps],
        "questions": [
            {"number": each.id, "kind": each.kind, "text": each.text, "options": each.options}
            for each in found.questions
        ],
        "stops": [braking.document(each) for each in found.stops],
        "trail": [json.loads(body) for _, body, _ in found.trail],
    }


def _step_document(each: Step, look_again: datetime | None) -> dict[str, Any]:
    return {
        "processor": each.processor,
        "outcome": each.outcome,
        "reason": each.reason,
        "attempts": each.attempts,
        "next": each.next_at,
        "done": each.done_at,
        "closed": each.closed_at,
        "look_again": look_again,
        "deleted": [{"kind": ref.kind, "id": ref.id} for ref in each.deleted],
        "kept": work.pack_kept(each.kept),
    }
