"""Who was erased and is there again: recognised by keyed hashes, and never taken for somebody of another name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import rows_in
from gateway.ledger.tables import questions, steps, tombstones
from gateway.ledger.vault import with_name


def graves_of(tx: Connection, processor: str, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """Which of these hashes were erased at this processor or everywhere, and by which step, the last one counting.

    Somebody whose return was found lawful once ("keep") is not looked for by that erasure any more.
    """
    if tx.execute(sa.select(tombstones.c.step_id).limit(1)).first() is None:
        return {}
    lawful = set(
        tx.execute(
            sa.select(steps.c.case_id)
            .join(questions, questions.c.step_id == steps.c.id)
            .where(questions.c.kind == "returned", questions.c.answer == "keep")
        ).scalars()
    )
    query = sa.select(tombstones.c.hash, tombstones.c.step_id, steps.c.case_id).where(
        steps.c.id == tombstones.c.step_id,
        sa.or_(tombstones.c.processor.is_(None), tombstones.c.processor == processor),
    )
    found: dict[bytes, int] = {}
    for each_hash, step, case in rows_in(tx, query, tombstones.c.hash, hashes):
        if case not in lawful:
            found[bytes(each_hash)] = max(step, found.get(bytes(each_hash), 0))
    return found


def erased_at(tx: Connection, step: int) -> datetime | None:
    """When a step last erased somebody, also while it is to be done again; None where it never has."""
    query = sa.select(sa.func.max(tombstones.c.erased_at)).where(tombstones.c.step_id == step)
    found: datetime | None = tx.execute(query).scalar()
    return found


def erased_by(tx: Connection, processor: str, hashes: Sequence[bytes], names: Set[bytes]) -> int | None:
    """The step that erased somebody by one of these addresses who had one of these names, or none.

    Whoever has no name is taken for the one who was erased. An address alone says nothing: families share it.
    """
    marks = hashes
    if names:
        marks = [with_name(each, name) for each in hashes for name in (None, *names)]
    return max(graves_of(tx, processor, marks).values(), default=None)
