"""Whoever was erased and is there again: erased again, or asked about where they may have come back by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING

from gateway.cases.planned import Planned
from gateway.ledger import (
    AnyRow,
    Transaction,
    due,
    lines,
    people,
    planning,
    questions,
    returning,
    watches,
    work,
)
from gateway.ledger.work import Step
from gateway.model import Outcome
from gateway.places import GONE_ALREADY
from gateway.trail import Entry

if TYPE_CHECKING:
    from gateway.cases.planner import Planner

UNDER_WAY = ("open", "held", "waiting")
CAME_BACK = "there again after it was erased"
BY_THEMSELVES = "they came back by themselves"


def came_back(planner: Planner) -> dict[int, list[tuple[Step, str]]]:
    """Who is there again, by which step they were erased, and where. Whoever may have come back is asked about.

    As long as it is not answered, or not known who it is, the marks of the records stay, and nothing is begun.
    """
    tx = planner.tx
    asked = questions.about(tx, "returned")
    found: dict[int, list[tuple[Step, AnyRow]]] = {}
    for row in due.returned(tx):
        if row.subject_id in planner.doubts or row.subject_id in asked:
            continue
        step = work.get_step(tx, row.returned_step)
        if step is not None:
            found.setdefault(row.subject_id, []).append((step, row))
    reopened: dict[int, list[tuple[Step, str]]] = {}
    for subject, rows in found.items():
        if any(_may_be_lawful(planner, step, row) for step, row in rows):
            _ask(planner, subject, rows)
            continue
        for _, row in rows:
            planning.unmark_returned(tx, row.id)
        reopened[subject] = [(step, row.processor) for step, row in rows]
    return reopened


def _ask(planner: Planner, subject: int, rows: Sequence[tuple[Step, AnyRow]]) -> None:
    """Ask whether they came back. What is to be done again where they are waits for the answer."""
    names = " and ".join(sorted({row.processor for _, row in rows}))
    step = rows[0][0]
    text = (
        f"Somebody (S{subject}) who was erased in case {step.case} is held again at {names}, in a record "
        "made or restored since then. Did they come back by themselves?"
    )
    options = ("keep", "erase")
    question = questions.ask(
        planner.tx, "returned", text, options, planner.now, subject_id=subject, step_id=step.id
    )
    case = work.open_cases(planner.tx, [subject]).get(subject)
    here = {row.processor for _, row in rows}
    if case is not None and any(
        each.closed_at is None and each.processor in here for each in work.steps_of(planner.tx, case)
    ):
        planning.hold_case(planner.tx, case, question)
        entry = Entry(planner.now, planner.actor, "held", subject=people.ref_of(subject), case=case,
                      data={"question": question})  # fmt: skip
        planner.opening.entries.append(entry)


def _may_be_lawful(planner: Planner, step: Step, row: AnyRow) -> bool:
    """Whether they did something themselves after the erasure, or those restored it who had deleted it themselves."""
    tx, zone = planner.tx, planner.rules.zone
    erased: datetime = step.done_at or step.closed_at or returning.erased_at(tx, step.id) or planner.now
    day = datetime.combine(erased.astimezone(zone), time.min, zone)
    if due.newer(tx, row.subject_id, row.processor, erased, day):
        return True
    steps = {each.processor: each for each in work.steps_of(tx, step.case)}
    return row.processor in steps and steps[row.processor].reason == GONE_ALREADY


def lawful(tx: Transaction, subject: int, question: int, step: Step, actor: str, now: datetime) -> None:
    """They came back by themselves: nobody looks for what was erased any more, and nothing of it is done again.

    What had ended before they were erased is no reason to erase them again.
    """
    due.answered(tx, subject)
    due.forget_ended(tx, subject, returning.erased_at(tx, step.id) or now)
    planning.drop_held(tx, question, now)
    watches.end(tx, step.case, now)
    for each in planning.begun_again(tx, step.case):
        if work.change_step(tx, each.id, reason=BY_THEMSELVES):
            work.close_steps(tx, {each.id: (Outcome.KEPT, ())}, now)
            entry = Entry(now, actor, "closed-by-hand", subject=people.ref_of(subject), case=each.case, step=each.id,
                          processor=each.processor, outcome=str(Outcome.KEPT), why=BY_THEMSELVES)  # fmt: skip
            lines.append(tx, [entry])


def erase_again(planner: Planner, subject: int, where: Sequence[tuple[Step, str]], planned: Planned) -> int:
    """Have them erased where they are now: in the case under way for them, or the one that erased them, opened again.

    In a new one where that one is about others now. Nobody is in two cases at a time.
    """
    case = work.open_cases(planner.tx, [subject]).get(subject, 0)
    names = []
    for name, step in {name: step for step, name in reversed(where)}.items():
        if not case and step.case_state not in UNDER_WAY:
            case = _open_again(planner, step.case, subject, planned)
        if case:
            _erase_in(planner, case, name, subject, planned)
        else:
            names.append(name)
    if names and case:
        for name in names:
            _erase_in(planner, case, name, subject, planned)
    elif names:
        owed = planner.scopes_at(subject, names)
        case = planner.opening.open(owed, planned, planner.doubts.get(subject), planner.now)
        # The plan counts people, and they are counted there.
        planned.triggers.pop(str(owed.trigger), None)
    return case


def _open_again(planner: Planner, case: int, subject: int, planned: Planned) -> int:
    state = "waiting" if planned.waiting else "open"
    columns = planner.deadlines.columns(planner.now)
    planning.reopen_case(planner.tx, case, subject, planned.plan, state, columns)
    return case


def _erase_in(planner: Planner, case: int, processor: str, subject: int, planned: Planned) -> None:
    tx, now = planner.tx, planner.now
    at = {each.processor: each for each in work.steps_of(tx, case)}.get(processor)
    if at is None:
        planner.opening.add_steps(case, planner.scopes_at(subject, [processor]), [processor])
    elif at.closed_at is not None:
        planning.reopen_step(tx, at.id, now)
    planned.steps[processor] = planned.steps.get(processor, 0) + 1
    planner.opening.entries.append(
        Entry(now, planner.actor, "reopened", subject=people.ref_of(subject), case=case,
              step=at.id if at else None, processor=processor, outcome=str(Outcome.RETURNED), why=CAME_BACK)
    )  # fmt: skip
