"""What only a person can say: asked once, shown until it is answered, answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import new_key
from gateway.ledger.tables import AnyRow, questions


def ask(
    tx: Connection,
    kind: str,
    text: str,
    options: Sequence[str],
    now: datetime,
    *,
    subject_id: int | None = None,
    other_id: int | None = None,
    step_id: int | None = None,
    sweep_id: int | None = None,
    due_at: datetime | None = None,
) -> int:
    """Put a question and return its number. The text carries no name and no address."""
    made = tx.execute(
        questions.insert().values(
            kind=kind,
            text=text,
            options=list(options),
            subject_id=subject_id,
            other_id=other_id,
            step_id=step_id,
            sweep_id=sweep_id,
            asked_at=now,
            due_at=due_at,
        )
    )
    return new_key(made)


def texts_of(tx: Connection, kind: str) -> set[str]:
    """What was ever asked of one kind, answered or not."""
    return set(tx.execute(sa.select(questions.c.text).where(questions.c.kind == kind)).scalars())


def waiting(tx: Connection) -> list[AnyRow]:
    """All questions without an answer, oldest first."""
    return list(
        tx.execute(sa.select(questions).where(questions.c.answered_at.is_(None)).order_by(questions.c.id))
    )


def get(tx: Connection, number: int) -> AnyRow | None:
    return tx.execute(sa.select(questions).where(questions.c.id == number)).one_or_none()


def of_step(tx: Connection, step_id: int, kind: str) -> AnyRow | None:
    """The open question of one kind about a step."""
    query = sa.select(questions).where(
        questions.c.step_id == step_id, questions.c.kind == kind, questions.c.answered_at.is_(None)
    )
    return tx.execute(query.limit(1)).one_or_none()


def about(tx: Connection, kind: str) -> dict[int, int]:
    """The people there is an open question of one kind about, and its number."""
    query = sa.select(questions.c.subject_id, questions.c.id).where(
        questions.c.kind == kind, questions.c.answered_at.is_(None)
    )
    return {row.subject_id: row.id for row in tx.execute(query.order_by(questions.c.id.desc()))}


def was_asked(tx: Connection, kind: str, subject: int, head: str) -> bool:
    """Whether a question of one kind about a person, which begins with `head`, was put before, answered or not."""
    query = sa.select(questions.c.id).where(
        questions.c.kind == kind,
        questions.c.subject_id == subject,
        questions.c.text.startswith(head, autoescape=True),
    )
    return tx.execute(query.limit(1)).first() is not None


def settle(tx: Connection, kind: str, subject: int, head: str, now: datetime) -> None:
    """What was asked of one kind about a person, in a text that begins with `head`, is not asked any more."""
    about = (questions.c.kind == kind, questions.c.subject_id == subject, questions.c.answered_at.is_(None))
    tx.execute(
        questions.update()
        .where(*about, questions.c.text.startswith(head, autoescape=True))
        .values(answer="settled", answered_by="gateway", answered_at=now)
    )


def answer(tx: Connection, number: int, said: str, by: str, note: str, now: datetime) -> bool:
    """Write an answer; False when the question has one already."""
    changed = tx.execute(
        questions.update()
        .where(questions.c.id == number, questions.c.answered_at.is_(None))
        .values(answer=said, note=note, answered_by=by, answered_at=now)
    )
    return changed.rowcount == 1


def doubts(tx: Connection) -> dict[int, int]:
    """Each person there is an open doubt about, and the number of the question."""
    found: dict[int, int] = {}
    query = sa.select(questions).where(questions.c.kind == "match", questions.c.answered_at.is_(None))
    for row in tx.execute(query.order_by(questions.c.id)):
        found.setdefault(row.subject_id, row.id)
        found.setdefault(row.other_id, row.id)
    return found
