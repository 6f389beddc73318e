"""Whoever was erased and is there again: erased again, or asked about where they may have come back by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.cases.planned import Planned
from gateway.ledger import AnyRow, due, people, planning, questions, work
from gateway.ledger.work import Step
from gateway.model import Outcome
from gateway.places import GONE_ALREADY
from gateway.trail import Entry

if TYPE_CHECKING:
    from gateway.cases.planner import Planner

UNDER_WAY = ("open", "held", "waiting")
CAME_BACK = "there again after it was erased"


def came_back(planner: Planner) -> dict[int, list[tuple[Step, str]]]:
    """Who is there again, by which step they were erased, and where. Whoever may have come back is asked about."""
    tx = planner.tx
    found: dict[int, list[tuple[Step, AnyRow]]] = {}
    for row in due.returned(tx):
        if row.subject_id in planner.doubts:
            continue  # the mark stays until it is known who it is
        step = work.get_step(tx, row.returned_step)
        planning.unmark_returned(tx, row.id)
        if step is not None:
            found.setdefault(row.subject_id, []).append((step, row))
    reopened: dict[int, list[tuple[Step, str]]] = {}
    for subject, rows in found.items():
        if not any(_may_be_lawful(planner, step, row) for step, row in rows):
            reopened[subject] = [(step, row.processor) for step, row in rows]
            continue
        names = " and ".join(sorted({row.processor for _, row in rows}))
        text = (
            f"Somebody (S{subject}) who was erased in case {rows[0][0].case} is held again at {names}, in a record "
            "made or restored since then. Did they come back by themselves?"
        )
        step_id = rows[0][0].id
        options = ("keep", "erase")
        questions.ask(tx, "returned", text, options, planner.now, subject_id=subject, step_id=step_id)
    return reopened


def _may_be_lawful(planner: Planner, step: Step, row: AnyRow) -> bool:
    """Whether a record was made after the erasure, or restored by those who had deleted it themselves."""
    erased: datetime = step.closed_at or planner.now
    if row.created_at is not None and row.created_at > erased:
        return True
    steps = {each.processor: each for each in work.steps_of(planner.tx, step.case)}
    return row.processor in steps and steps[row.processor].reason == GONE_ALREADY


def erase_again(planner: Planner, subject: int, where: Sequence[tuple[Step, str]], planned: Planned) -> int:
    """Open the cases that erased them again, where they are now; a new one where those are about others now."""
    own = [
        (step, name) for step, name in where if step.subject == subject or step.case_state not in UNDER_WAY
    ]
    case = 0
    for step, name in own:
        case = _reopen(planner, step, name, subject, planned)
    names = [name for step, name in where if (step, name) not in own]
    if names:
        owed = planner.scopes_at(subject, names)
        under_way = work.open_cases(planner.tx, [subject])
        if subject in under_way:
            case = under_way[subject]
            planner.extend(case, owed)
        else:
            case = planner.opening.open(owed, planned, planner.doubts.get(subject), planner.now)
            planned.triggers.pop(
                str(owed.trigger), None
            )  # the plan counts people, and they are counted there
    return case


def _reopen(planner: Planner, step: Step, processor: str, subject: int, planned: Planned) -> int:
    tx, now = planner.tx, planner.now
    state = "waiting" if planned.waiting else "open"
    if step.case_state in ("closed", "dropped"):
        columns = planner.deadlines.columns(now)
        planning.reopen_case(tx, step.case, subject, planned.plan, state, columns)
    at = {each.processor: each for each in work.steps_of(tx, step.case)}.get(processor)
    if at is None:
        planner.opening.add_steps(step.case, planner.scopes_at(subject, [processor]), [processor])
    elif at.closed_at is not None:
        planning.reopen_step(tx, at.id, now)
    planned.steps[processor] = planned.steps.get(processor, 0) + 1
    planner.opening.entries.append(
        Entry(now, planner.actor, "reopened", subject=people.ref_of(subject), case=step.case,
              step=at.id if at else None, processor=processor, outcome=str(Outcome.RETURNED), why=CAME_BACK)
    )  # fmt: skip
    return step.case
