"""Cases and steps: opened in bulk, changed only while they are open, closed once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches, new_key
from gateway.ledger.tables import AnyRow, cases, plans, questions, records, runs, steps
from gateway.model import Kept, Outcome, Reason, Ref
from gateway.obligations import Scope


@dataclass(frozen=True, slots=True)
class Step:
    """One case at one processor, as it stands."""

    id: int
    case: int
    subject: int
    processor: str
    outcome: Outcome | None
    reason: str
    kept: tuple[Kept, ...]
    deleted: tuple[Ref, ...]
    attempts: int
    intent_run: int | None
    next_at: datetime | None
    done_at: datetime | None
    closed_at: datetime | None
    case_state: str
    scope: Scope | None = None
    bulk: int | None = None


def pack_kept(kept: Iterable[Kept]) -> list[dict[str, Any]]:
    return [
        {
            "kind": each.ref.kind,
            "id": each.ref.id,
            "reason": str(each.reason),
            "text": each.text,
            "until": each.until.isoformat() if each.until else None,
            "readers": list(each.readers),
        }
        for each in kept
    ]


def _unpack_kept(rows: Iterable[Mapping[str, Any]]) -> tuple[Kept, ...]:
    return tuple(
        Kept(
            Ref(each["kind"], each["id"]),
            Reason(each["reason"]),
            each["text"],
            datetime.fromisoformat(each["until"]).date() if each["until"] else None,
            tuple(each["readers"]),
        )
        for each in rows
    )


def pack_scope(scope: Scope) -> dict[str, Any] | None:
    """As it is kept with a step; None where a step is about everything, whatever it is called."""
    if not scope.sets and scope.kinds is None and not scope.by_hand:
        return None
    kinds = None if scope.kinds is None else list(scope.kinds)
    return {"sets": list(scope.sets), "kinds": kinds, "by_hand": scope.by_hand}


def unpack_scope(kept: Mapping[str, Any] | None) -> Scope | None:
    if kept is None:
        return None
    kinds = kept["kinds"]
    return Scope(tuple(kept["sets"]), None if kinds is None else tuple(kinds), kept["by_hand"])


def _step(row: AnyRow) -> Step:
    return Step(
        row.id,
        row.case_id,
        row.subject_id,
        row.processor,
        Outcome(row.outcome) if row.outcome else None,
        row.reason,
        _unpack_kept(row.kept),
        tuple(Ref(kind, vendor_id) for kind, vendor_id in row.deleted),
        row.attempts,
        row.intent_run,
        row.next_at,
        row.done_at,
        row.closed_at,
        row.case_state,
        unpack_scope(row.scope),
        row.bulk_id,
    )


_STEPS = sa.select(steps, cases.c.subject_id, cases.c.state.label("case_state")).join(
    cases, cases.c.id == steps.c.case_id
)


def due_steps(
    tx: Connection,
    processor: str,
    outcomes: Collection[Outcome | None],
    now: datetime,
    *,
    untold: bool = False,
    only: Collection[int] | None = None,
) -> list[Step]:
    """Open steps of open cases at one processor with one of these outcomes, whose time has come (`only` of these).

    `untold`: instead, those whose call was begun and never answered for.
    """
    named = [str(each) for each in outcomes if each is not None]
    stands: sa.ColumnElement[bool] = steps.c.outcome.in_(named)
    if None in outcomes:
        stands = sa.or_(stands, steps.c.outcome.is_(None))
    told = steps.c.intent_run.is_not(None) if untold else steps.c.intent_run.is_(None)
    query = _STEPS.where(
        steps.c.processor == processor,
        steps.c.closed_at.is_(None),
        cases.c.state == "open",
        stands,
        told,
        steps.c.next_at <= now,
    )
    if only is not None:
        query = query.where(steps.c.id.in_(list(only)))
    return [_step(row) for row in tx.execute(query.order_by(cases.c.due_at, steps.c.id))]


def unchanged(tx: Connection, some: Sequence[Step]) -> list[Step]:
    """Those of these steps that still stand as they did when they were read."""
    query = sa.select(steps.c.id, steps.c.outcome, steps.c.intent_run, steps.c.closed_at).where(
        steps.c.id.in_([each.id for each in some])
    )
    now = {row.id: (row.outcome, row.intent_run, row.closed_at) for row in tx.execute(query)}
    return [
        each
        for each in some
        if now.get(each.id) == (str(each.outcome) if each.outcome else None, each.intent_run, each.closed_at)
    ]


def steps_of(tx: Connection, case: int) -> list[Step]:
    return [_step(row) for row in tx.execute(_STEPS.where(steps.c.case_id == case).order_by(steps.c.id))]


def owed_of(tx: Connection, case: int) -> dict[int, list[dict[str, Any]]]:
    """The obligations each step of a case rests on, as they were written down."""
    rows = tx.execute(sa.select(steps.c.id, steps.c.owed).where(steps.c.case_id == case))
    return {row.id: list(row.owed or ()) for row in rows}


def steps_where(tx: Connection, *where: sa.ColumnElement[bool]) -> list[Step]:
    """The steps for which this holds, nearest date first."""
    return [_step(row) for row in tx.execute(_STEPS.where(*where).order_by(cases.c.due_at, steps.c.id))]


def get_step(tx: Connection, number: int) -> Step | None:
    row = tx.execute(_STEPS.where(steps.c.id == number)).one_or_none()
    return _step(row) if row else None


def kept_before(tx: Connection, step: Step) -> tuple[Kept, ...]:
    """What the last step before this one kept of the same person at the same processor."""
    query = _STEPS.where(
        cases.c.subject_id == step.subject, steps.c.processor == step.processor, steps.c.id < step.id
    )
    earlier = (_step(row) for row in tx.execute(query.order_by(steps.c.id.desc())))
    return next((each.kept for each in earlier if each.kept), ())


def open_cases(tx: Connection, people: Collection[int]) -> dict[int, int]:
    """The case under way for each of these people, where there is one."""
    found: dict[int, int] = {}
    for some in batches(people):
        query = sa.select(cases.c.subject_id, cases.c.id).where(
            cases.c.subject_id.in_(some), cases.c.state.in_(("open", "held", "waiting"))
        )
        found.update((row.subject_id, row.id) for row in tx.execute(query.order_by(cases.c.id.desc())))
    return found


def cases_to_revise(tx: Connection, people: Iterable[int] | None) -> dict[int, tuple[int, str]]:
    """The case under way of each of these people (None: of all), and its trigger, where a step is not closed."""
    left = sa.select(steps.c.id).where(steps.c.case_id == cases.c.id, steps.c.closed_at.is_(None)).exists()
    query = sa.select(cases.c.subject_id, cases.c.id, cases.c.trigger).where(
        cases.c.state.in_(("open", "held", "waiting")), left
    )
    if people is not None:
        query = query.where(cases.c.subject_id.in_(list(people)))
    return {row.subject_id: (row.id, row.trigger) for row in tx.execute(query.order_by(cases.c.id.desc()))}


def add_plan(tx: Connection, now: datetime, people: int, allowed: int, state: str, by: str) -> int:
    values = {"made_at": now, "people": people, "allowed": allowed, "state": state, "made_by": by}
    return new_key(tx.execute(plans.insert().values(**values)))


def add_cases(
    tx: Connection, rows: Sequence[Mapping[str, Any]], step_rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        tx.execute(cases.insert(), list(rows))
    if step_rows:
        tx.execute(steps.insert(), list(step_rows))


def begin_run(
    tx: Connection, processor: str, hook: str, size: int, now: datetime, node: int | None = None
) -> int:
    made = tx.execute(
        runs.insert().values(processor=processor, hook=hook, size=size, started_at=now, node_id=node)
    )
    return new_key(made)


def end_run(tx: Connection, run: int, now: datetime, error: str = "") -> None:
    tx.execute(runs.update().where(runs.c.id == run).values(ended_at=now, error=error or None))


def intend(tx: Connection, run: int, step_ids: Sequence[int]) -> set[int]:
    """Write down, before the call, that those of these steps that are still open are about to be carried out; which."""
    still: set[int] = set()
    for some in batches(step_ids):
        open_ones = (steps.c.id.in_(some), steps.c.closed_at.is_(None))
        still.update(tx.execute(sa.select(steps.c.id).where(*open_ones)).scalars())
        tx.execute(steps.update().where(*open_ones).values(intent_run=run, attempts=steps.c.attempts + 1))
    return still


def put_off(tx: Connection, step_ids: Iterable[int], why: str, until: datetime) -> None:
    """Have those of these steps wait that are open and not begun; it counts as no attempt."""
    for some in batches(step_ids):
        mine = steps.c.id.in_(some) & steps.c.closed_at.is_(None) & steps.c.intent_run.is_(None)
        tx.execute(steps.update().where(mine).values(reason=why, next_at=until))


def change_step(tx: Connection, step: int, *, run: int | None = None, **values: Any) -> bool:
    """Change a step if it is still open (and, given a `run`, still that run's); whether it was."""
    guard = steps.update().where(steps.c.id == step, steps.c.closed_at.is_(None))
    if run is not None:
        guard = guard.where(steps.c.intent_run == run)
    return tx.execute(guard.values(**values)).rowcount == 1


def close_steps(
    tx: Connection, closings: Mapping[int, tuple[Outcome, Sequence[Kept]]], now: datetime
) -> set[int]:
    """Close those of these steps that are still open, and what was asked about them; which they were."""
    still = sa.select(steps.c.id).where(steps.c.id.in_(list(closings)), steps.c.closed_at.is_(None))
    open_ones = set(tx.execute(still).scalars())
    if open_ones:
        tx.execute(
            steps.update()
            .where(steps.c.id == sa.bindparam("step"))
            .values(closed_at=now, next_at=None, intent_run=None),
            [
                {"step": step, "outcome": str(outcome), "kept": pack_kept(stays)}
                for step, (outcome, stays) in closings.items()
                if step in open_ones
            ],
        )
        tx.execute(
            questions.update()
            .where(questions.c.step_id.in_(open_ones), questions.c.answered_at.is_(None))
            .values(answer="settled", answered_by="gateway", answered_at=now)
        )
    return open_ones


def forget_records(tx: Connection, processor: str, stay: Mapping[int, Collection[Ref]]) -> list[AnyRow]:
    """Mark people's records at a processor as gone, those each person's `stay` names excepted; which they were.

    Until the case closes, what they were known by stays readable: a person may still have to act elsewhere.
    """
    query = sa.select(records.c.id, records.c.subject_id, records.c.kind, records.c.vendor_id).where(
        records.c.subject_id.in_(list(stay)), records.c.processor == processor, records.c.state != "gone"
    )
    gone = [row for row in tx.execute(query) if Ref(row.kind, row.vendor_id) not in stay[row.subject_id]]
    if gone:
        marked = records.update().where(records.c.id.in_([row.id for row in gone]))
        tx.execute(marked.values(state="gone", look_at=None))
    return gone


def set_record_state(
    tx: Connection, subject: int, processor: str, refs: Collection[Ref], state: str, look_at: datetime | None
) -> None:
    """Take records out of scope (or back) until `look_at`."""
    for ref in refs:
        tx.execute(
            records.update()
            .where(
                records.c.subject_id == subject,
                records.c.processor == processor,
                records.c.kind == ref.kind,
                records.c.vendor_id == ref.id,
            )
            .values(state=state, look_at=look_at)
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How many steps stand alike at one processor."""

    processor: str
    outcome: Outcome | None
    closed: bool
    state: str
    reason: str
    steps: int


def stands(tx: Connection, since: datetime) -> list[Count]:
    """How the steps stand that are open, or were closed since a moment."""
    query = (
        sa.select(
            steps.c.processor,
            steps.c.outcome,
            steps.c.closed_at.is_not(None),
            cases.c.state,
            steps.c.reason,
            sa.func.count(),
        )
        .join(cases, cases.c.id == steps.c.case_id)
        .where(sa.or_(steps.c.closed_at.is_(None), steps.c.closed_at >= since), cases.c.state != "dropped")
        .group_by(
            steps.c.processor, steps.c.outcome, steps.c.closed_at.is_not(None), cases.c.state, steps.c.reason
        )
    )
    return [
        Count(row[0], Outcome(row[1]) if row[1] else None, bool(row[2]), row[3], row[4], row[5])
        for row in tx.execute(query.order_by(steps.c.processor, steps.c.outcome, steps.c.reason))
    ]


def count_due(tx: Connection, processor: str, now: datetime) -> int:
    """How many steps are to be carried out at one processor now."""
    return len(due_steps(tx, processor, (None, Outcome.RETRY, Outcome.RETURNED), now))


def count_open(tx: Connection) -> int:
    """How many cases are not closed."""
    query = (
        sa.select(sa.func.count()).select_from(cases).where(cases.c.state.in_(("open", "held", "waiting")))
    )
    return tx.execute(query).scalar_one()


def count_late(tx: Connection, now: datetime) -> int:
    """How many open cases are past their date."""
    query = (
        sa.select(sa.func.count())
        .select_from(cases)
        .where(cases.c.state.in_(("open", "held", "waiting")), cases.c.due_at < now)
    )
    return tx.execute(query).scalar_one()


def get_plan(tx: Connection, plan: int) -> AnyRow | None:
    return tx.execute(sa.select(plans).where(plans.c.id == plan)).one_or_none()


def waiting_plans(tx: Connection) -> list[AnyRow]:
    """Plans that wait for somebody's approval."""
    return list(tx.execute(sa.select(plans).where(plans.c.state == "waiting").order_by(plans.c.id)))


def answer_plan(tx: Connection, plan: int, state: str, by: str, now: datetime) -> int:
    """Let a waiting plan's cases begin (`approved`) or drop them (`dropped`); how many people it is about."""
    tx.execute(plans.update().where(plans.c.id == plan).values(state=state, answered_at=now, answered_by=by))
    about = (cases.c.plan_id == plan) & cases.c.state.in_(("waiting", "held"))
    to = {"state": "open"} if state == "approved" else {"state": "dropped", "closed_at": now}
    if state == "approved":
        about &= cases.c.state == "waiting"
    return tx.execute(cases.update().where(about).values(**to)).rowcount


def list_cases(tx: Connection, *, closed: bool = False) -> list[AnyRow]:
    """Cases that are not closed (or, with `closed`, all), nearest due date first."""
    query = sa.select(cases)
    if not closed:
        query = query.where(cases.c.state.in_(("open", "held", "waiting")))
    return list(tx.execute(query.order_by(cases.c.due_at, cases.c.id)))


def get_case(tx: Connection, number: int) -> AnyRow | None:
    return tx.execute(sa.select(cases).where(cases.c.id == number)).one_or_none()
