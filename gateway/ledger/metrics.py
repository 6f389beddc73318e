"""The ledger in numbers, for those who watch it: a few counts, each by an index, none that reads everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import watches
from gateway.ledger.tables import (
    AnyRow,
    Moment,
    cases,
    checkpoints,
    circuits,
    jobs,
    nodes,
    plans,
    processors,
    questions,
    steps,
    trail,
)
from gateway.ledger.views import UNDER_WAY

SOON = timedelta(days=7)
"""A case that is due within this time is at risk."""


@dataclass(frozen=True, slots=True)
class Measures:
    """One state of the ledger in numbers. Rows come as the statements below give them."""

    cases: list[AnyRow]
    """state, cases, overdue, soon"""
    steps: list[AnyRow]
    """processor, outcome, steps, oldest: when the case of the oldest was opened"""
    questions: list[AnyRow]
    """kind, questions"""
    plans_waiting: int
    stops: list[AnyRow]
    """name, cause"""
    circuits: list[AnyRow]
    """account, until"""
    sweeps: list[AnyRow]
    """processor, kind, whole: when the last whole one ended; first: when the first of all began"""
    looks: dict[str, int]
    """how many are due at each processor"""
    nodes: list[AnyRow]
    """kind, nodes, oldest: the beat that is longest ago"""
    jobs: list[AnyRow]
    trail_lines: int
    signed_lines: int
    signed_at: datetime | None


def measure(tx: Connection, now: datetime) -> Measures:
    """All numbers of one moment; `tx` is one read."""
    signed = tx.execute(sa.select(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)).one_or_none()
    return Measures(
        cases=list(tx.execute(_cases(now))),
        steps=list(tx.execute(_STEPS)),
        questions=list(tx.execute(_QUESTIONS)),
        plans_waiting=tx.execute(_PLANS).scalar_one(),
        stops=list(tx.execute(_STOPS)),
        circuits=list(tx.execute(_CIRCUITS)),
        sweeps=list(tx.execute(_SWEEPS)),
        looks=watches.due_count(tx, now),
        nodes=list(tx.execute(_NODES)),
        jobs=list(tx.execute(sa.select(jobs).order_by(jobs.c.name))),
        trail_lines=tx.execute(sa.select(sa.func.coalesce(sa.func.max(trail.c.seq), 0))).scalar_one(),
        signed_lines=signed.seq if signed else 0,
        signed_at=signed.at if signed else None,
    )


def _cases(now: datetime) -> sa.Select[*tuple[object, ...]]:
    late = cases.c.due_at < now
    return (
        sa.select(
            cases.c.state,
            sa.func.count().label("cases"),
            _count_if(late).label("overdue"),
            _count_if(~late & (cases.c.due_at < now + SOON)).label("soon"),
        )
        .where(cases.c.state.in_(UNDER_WAY))
        .group_by(cases.c.state)
        .order_by(cases.c.state)
    )


def _count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


_STEPS = (
    sa.select(
        steps.c.processor,
        steps.c.outcome,
        sa.func.count().label("steps"),
        sa.func.min(cases.c.opened_at, type_=Moment).label("oldest"),
    )
    .join(cases, cases.c.id == steps.c.case_id)
    .where(cases.c.state.in_(UNDER_WAY), steps.c.closed_at.is_(None))
    .group_by(steps.c.processor, steps.c.outcome)
    .order_by(steps.c.processor, steps.c.outcome)
)
_QUESTIONS = (
    sa.select(questions.c.kind, sa.func.count().label("questions"))
    .where(questions.c.answered_at.is_(None))
    .group_by(questions.c.kind)
    .order_by(questions.c.kind)
)
_PLANS = sa.select(sa.func.count()).select_from(plans).where(plans.c.state == "waiting")
_STOPS = (
    sa.select(processors.c.name, processors.c.cause)
    .where(processors.c.stopped_at.is_not(None))
    .order_by(processors.c.name, processors.c.cause)
)
_CIRCUITS = sa.select(circuits.c.account, circuits.c.until).order_by(circuits.c.account)
_NODES = (
    sa.select(
        nodes.c.kind,
        sa.func.count().label("nodes"),
        sa.func.min(nodes.c.beat_at, type_=Moment).label("oldest"),
    )
    .where(nodes.c.ended_at.is_(None))
    .group_by(nodes.c.kind)
    .order_by(nodes.c.kind)
)

# Both tables grow for ever. Their processors (and kinds) are few, and are hopped over along the index.
_SWEEPS = sa.text("""
    WITH RECURSIVE
    names(processor) AS (
        SELECT min(processor) FROM sweeps
        UNION ALL
        SELECT (SELECT min(s.processor) FROM sweeps s WHERE s.processor > names.processor)
        FROM names WHERE names.processor IS NOT NULL
    ),
    kinds(processor, kind) AS (
        SELECT processor, (SELECT min(s.kind) FROM sweeps s WHERE s.processor = names.processor)
        FROM names WHERE processor IS NOT NULL
        UNION ALL
        SELECT processor,
               (SELECT min(s.kind) FROM sweeps s WHERE s.processor = kinds.processor AND s.kind > kinds.kind)
        FROM kinds WHERE kind IS NOT NULL
    )
    SELECT processor, kind,
           (SELECT s.ended_at FROM sweeps s WHERE s.processor = kinds.processor AND s.kind = kinds.kind
            AND s.whole AND s.complete ORDER BY s.id DESC LIMIT 1) AS whole,
           (SELECT s.started_at FROM sweeps s WHERE s.processor = kinds.processor AND s.kind = kinds.kind
            ORDER BY s.id LIMIT 1) AS first
    FROM kinds WHERE kind IS NOT NULL ORDER BY processor, kind
""").columns(
    sa.column("processor", sa.Text),
    sa.column("kind", sa.Text),
    sa.column("whole", Moment),
    sa.column("first", Moment),
)
