"""The day of a case, moved once: by whom, why, and when the person was told."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.tables import cases, questions, steps
from gateway.ledger.views import UNDER_WAY


def extend(
    tx: Connection, case: int, *, due_at: datetime, rolled_at: datetime, by: str, why: str, told_at: datetime,
    now: datetime,
) -> bool:  # fmt: skip
    """Give a case under way new days; False where it was extended before, or is under way no more.

    Tasks it waits for are due on its day, too.
    """
    changed = tx.execute(
        cases.update()
        .where(cases.c.id == case, cases.c.extended_at.is_(None), cases.c.state.in_(UNDER_WAY))
        .values(
            due_at=due_at,
            rolled_at=rolled_at,
            extended_at=now,
            extended_by=by,
            extended_why=why,
            told_at=told_at,
        )
    )
    if changed.rowcount != 1:
        return False
    tasks = sa.select(steps.c.id).where(steps.c.case_id == case)
    waits = questions.c.answered_at.is_(None) & questions.c.due_at.is_not(None)
    tx.execute(questions.update().where(questions.c.step_id.in_(tasks), waits).values(due_at=due_at))
    return True
