"""Cases under way as planning needs them: held, let go on, opened again, explained, and what is nobody's task yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.tables import AnyRow, cases, plans, questions, records, steps, tombstones
from gateway.ledger.work import Step, get_step, steps_where
from gateway.model import Outcome

_TO_BE_DONE = (Outcome.RETRY, Outcome.RETURNED)
_ASKED_TO_DO = ("task", "unlinkable")
_BY_HAND = (Outcome.MANUAL, Outcome.UNLINKABLE)


def _is_to_be_done() -> sa.ColumnElement[bool]:
    named = steps.c.outcome.in_([str(each) for each in _TO_BE_DONE])
    return steps.c.closed_at.is_(None) & (steps.c.outcome.is_(None) | named)


def held_and_answered(tx: Connection) -> list[AnyRow]:
    """Cases held by a question that has been answered: (id, subject_id, goes_on_as)."""
    goes_on = sa.case((plans.c.state == "waiting", "waiting"), else_="open").label("goes_on_as")
    query = (
        sa.select(cases.c.id, cases.c.subject_id, goes_on)
        .join(questions, questions.c.id == cases.c.held_by)
        .join(plans, plans.c.id == cases.c.plan_id)
        .where(cases.c.state == "held", questions.c.answered_at.is_not(None))
    )
    return list(tx.execute(query.order_by(cases.c.id)))


def hold(tx: Connection, doubts: Mapping[int, int]) -> list[tuple[int, int]]:
    """Hold cases that have begun and are not carried out everywhere, about people in doubt: (case, subject)."""
    waits = sa.select(steps.c.id).where(steps.c.case_id == cases.c.id, _is_to_be_done()).exists()
    query = sa.select(cases.c.id, cases.c.subject_id).where(cases.c.state == "open", waits)
    rows = tx.execute(query.order_by(cases.c.id)).all()
    found = [(row.id, row.subject_id) for row in rows if row.subject_id in doubts]
    for case, subject in found:
        tx.execute(cases.update().where(cases.c.id == case).values(state="held", held_by=doubts[subject]))
    return found


def hold_case(tx: Connection, case: int, question: int) -> None:
    """Have a case that is under way wait for the answer to a question."""
    mine = cases.update().where(cases.c.id == case, cases.c.state.in_(("open", "waiting")))
    tx.execute(mine.values(state="held", held_by=question))


def drop_held(tx: Connection, question: int, now: datetime) -> None:
    """Drop what waited for the answer to a question, and of which nothing was begun."""
    begun = sa.select(steps.c.id).where(
        steps.c.case_id == cases.c.id, (steps.c.attempts > 0) | steps.c.done_at.is_not(None)
    )
    held = cases.update().where(cases.c.state == "held", cases.c.held_by == question, ~begun.exists())
    tx.execute(held.values(state="dropped", closed_at=now))


def begun_again(tx: Connection, case: int) -> list[Step]:
    """The open steps of a case that have erased somebody before."""
    before = sa.select(tombstones.c.step_id).where(tombstones.c.step_id == steps.c.id).exists()
    query = sa.select(steps.c.id).where(steps.c.case_id == case, steps.c.closed_at.is_(None), before)
    found = (get_step(tx, number) for number in list(tx.execute(query.order_by(steps.c.id)).scalars()))
    return [each for each in found if each is not None]


def explain(tx: Connection, faults: Mapping[str, str]) -> None:
    """Say of steps that cannot be carried out now why that is: `faults` by processor, empty where there is none."""
    waiting = sa.select(steps.c.processor).where(_is_to_be_done()).distinct()
    for name in list(tx.execute(waiting).scalars()):
        why = faults.get(name, "it is not in gateway.toml any more")
        if why:
            there = (steps.c.processor == name) & _is_to_be_done() & (steps.c.reason != why)
            tx.execute(steps.update().where(there).values(reason=why))


def make_request(tx: Connection, case: int, trigger: str, why: str, columns: Mapping[str, Any]) -> None:
    """What is under way is asked for by the person too: it waits for nobody's approval any more.

    `columns` say by when a request is due; a day that is nearer already stays.
    """
    of_case = cases.c.id == case
    tx.execute(cases.update().where(of_case).values(trigger=trigger, why=why, purpose=None))
    tx.execute(cases.update().where(of_case, cases.c.due_at > columns["due_at"]).values(**columns))
    tx.execute(cases.update().where(of_case, cases.c.state == "waiting").values(state="open"))


def trigger_of_last(tx: Connection, subject: int) -> str:
    """Why a person was erased the last time."""
    query = sa.select(cases.c.trigger).where(cases.c.subject_id == subject, cases.c.state == "closed")
    return str(tx.execute(query.order_by(cases.c.id.desc()).limit(1)).scalar() or "")


def reopen_case(
    tx: Connection, case: int, subject: int, plan: int | None, state: str, columns: Mapping[str, Any]
) -> None:
    """Open a case again, now about `subject`; `columns` say by when it has to be done.

    It rests on the return now, or on a request as before: what a rule said of the time before is over.
    """
    values = {"subject_id": subject, "plan_id": plan, "state": state, **columns}
    asked_for = cases.c.trigger == "request"
    values["trigger"] = sa.case((asked_for, cases.c.trigger), else_=str(Outcome.RETURNED))
    tx.execute(cases.update().where(cases.c.id == case).values(**values, closed_at=None))


def steps_by_case(tx: Connection, numbers: Collection[int]) -> dict[int, list[Step]]:
    """The steps of many cases."""
    found: dict[int, list[Step]] = {}
    for some in batches(numbers):
        for step in steps_where(tx, steps.c.case_id.in_(some)):
            found.setdefault(step.case, []).append(step)
    return found


def processors_of(tx: Connection, numbers: Collection[int]) -> dict[int, set[str]]:
    """The processors each of these cases has a step at."""
    found: dict[int, set[str]] = {}
    for some in batches(numbers):
        query = sa.select(steps.c.case_id, steps.c.processor).where(steps.c.case_id.in_(some))
        for row in tx.execute(query):
            found.setdefault(row.case_id, set()).add(row.processor)
    return found


def due_of(tx: Connection, case: int) -> datetime:
    """By when a case has to be done."""
    found: datetime = tx.execute(sa.select(cases.c.due_at).where(cases.c.id == case)).scalar_one()
    return found


def reopen_step(tx: Connection, step: int, now: datetime) -> None:
    """Have a closed step done again, since what it deleted is there again."""
    tx.execute(
        steps.update()
        .where(steps.c.id == step)
        .values(outcome=str(Outcome.RETURNED), closed_at=None, done_at=None, next_at=now, intent_run=None,
                reason="it is there again", kept=[], deleted=[], bulk_id=None)
    )  # fmt: skip


def nothing_left(tx: Connection, case: int, now: datetime) -> None:
    """A case that waits for approval and has nothing left to do waits no longer, and neither does a plan of such cases."""
    left = sa.select(steps.c.id).where(steps.c.case_id == case, steps.c.closed_at.is_(None)).exists()
    idle = cases.update().where(cases.c.id == case, cases.c.state == "waiting", ~left)
    if tx.execute(idle.values(state="open")).rowcount:
        others = sa.select(cases.c.id).where(
            cases.c.plan_id == plans.c.id, cases.c.state.in_(("waiting", "held"))
        )
        done = plans.update().where(plans.c.state == "waiting", ~others.exists())
        tx.execute(done.values(state="dropped", answered_at=now, answered_by="gateway"))


def idle_cases(tx: Connection) -> list[int]:
    """Open cases without an open step: nothing keeps them from being closed."""
    left = sa.select(steps.c.id).where(steps.c.case_id == cases.c.id, steps.c.closed_at.is_(None)).exists()
    return list(tx.execute(sa.select(cases.c.id).where(cases.c.state == "open", ~left)).scalars())


def unasked(tx: Connection) -> list[Step]:
    """Steps of open cases that a person has to see to, and nobody has been asked yet."""
    asked = sa.select(questions.c.id).where(
        questions.c.step_id == steps.c.id,
        questions.c.answered_at.is_(None),
        questions.c.kind.in_(_ASKED_TO_DO),
    )
    query = (
        sa.select(steps.c.id)
        .join(cases, cases.c.id == steps.c.case_id)
        .where(cases.c.state == "open", steps.c.closed_at.is_(None), ~asked.exists())
        .where(steps.c.outcome.in_([str(each) for each in _BY_HAND]), steps.c.bulk_id.is_(None))
    )
    found = (get_step(tx, number) for number in list(tx.execute(query.order_by(steps.c.id)).scalars()))
    return [each for each in found if each is not None]


def unmark_returned(tx: Connection, record: int) -> None:
    """What a returned record says has been acted on."""
    tx.execute(records.update().where(records.c.id == record).values(returned_step=None))


def states(tx: Connection, subject: int) -> dict[str, set[str]]:
    """How a person's records stand, by processor; what is gone is left out."""
    query = sa.select(records.c.processor, records.c.state).where(
        records.c.subject_id == subject, records.c.state != "gone"
    )
    found: dict[str, set[str]] = {}
    for processor, state in tx.execute(query):
        found.setdefault(processor, set()).add(state)
    return found


def release(tx: Connection, case: int, state: str, held_by: int | None = None) -> None:
    """Let a held case go on as `state`, or have another question hold it."""
    values = {"held_by": held_by} if held_by is not None else {"held_by": None, "state": state}
    tx.execute(cases.update().where(cases.c.id == case).values(**values))


def next_numbers(tx: Connection) -> tuple[int, int]:
    """The numbers the next case and the next step get; the one writer keeps them free."""
    case, step = tx.execute(sa.select(sa.select(sa.func.max(cases.c.id)).scalar_subquery(),
                                      sa.select(sa.func.max(steps.c.id)).scalar_subquery())).one()  # fmt: skip
    return (case or 0) + 1, (step or 0) + 1
