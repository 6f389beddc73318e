"""Who a rule has to look at; each cut-off date stands in the statement as a constant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.tables import AnyRow, bases, records
from gateway.obligations import BasisFact, PersonFacts, RecordFact, RetentionScan

IN_SCOPE = ("held", "vanished")


def candidates(tx: Connection, scans: Iterable[RetentionScan], now: datetime) -> list[int]:
    """Everyone something may be due for: a consent over, a retention period over, a record vanished."""
    arms: list[sa.Select[tuple[int]]] = [
        sa.select(bases.c.subject_id).where(bases.c.over_at <= now),
        sa.select(bases.c.subject_id).where(bases.c.withdrawn_at <= now),
        sa.select(records.c.subject_id).where(records.c.state == "vanished"),
    ]
    for scan in scans:
        start = records.c[f"{scan.start}_at"]
        arms.append(
            sa.select(records.c.subject_id).where(
                start < scan.cutoff, records.c.processor.in_(scan.processors)
            )
        )
    query = sa.union(*arms).subquery()
    return list(tx.execute(sa.select(query.c.subject_id).order_by(query.c.subject_id)).scalars())


def facts(tx: Connection, people: Sequence[int]) -> Iterator[PersonFacts]:
    """What is known about each of these people, leaving out what is kept; nobody without a record in scope."""
    for some in batches(people):
        found_bases: dict[int, list[BasisFact]] = {}
        for row in tx.execute(sa.select(bases).where(bases.c.subject_id.in_(some))):
            found_bases.setdefault(row.subject_id, []).append(
                BasisFact(
                    row.purpose, row.processor, row.given_at, row.over_at, row.withdrawn_at, row.noted_at
                )
            )
        found: dict[int, list[RecordFact]] = {}
        query = sa.select(records).where(records.c.subject_id.in_(some), records.c.state.in_(IN_SCOPE))
        for row in tx.execute(query.order_by(records.c.id)):
            found.setdefault(row.subject_id, []).append(
                RecordFact(
                    row.processor, row.created_at, row.updated_at, row.active_at, row.state == "vanished"
                )
            )
        for subject, held in sorted(found.items()):
            yield PersonFacts(subject, tuple(found_bases.get(subject, ())), tuple(held))


def returned(tx: Connection) -> list[AnyRow]:
    """Records that came back after they were erased: (record, subject, processor, step, created)."""
    query = sa.select(
        records.c.id, records.c.subject_id, records.c.processor, records.c.returned_step, records.c.created_at
    ).where(records.c.returned_step.is_not(None))
    return list(tx.execute(query.order_by(records.c.id)))


def kept_over(tx: Connection, now: datetime) -> list[tuple[int, str]]:
    """Whose records are not kept any longer, and where: (subject, processor)."""
    over = records.c.state.in_(("kept", "refused")) & (records.c.look_at <= now)
    query = sa.select(records.c.subject_id, records.c.processor).where(over).order_by(records.c.id)
    return [(row.subject_id, row.processor) for row in tx.execute(query)]


def release_kept(tx: Connection, now: datetime) -> int:
    """Kept records whose time is over are in scope again; how many."""
    changed = tx.execute(
        records.update()
        .where(records.c.state.in_(("kept", "refused")), records.c.look_at <= now)
        .values(state="held", look_at=None)
    )
    return changed.rowcount


def people(tx: Connection) -> int:
    """How many people the ledger knows to be held somewhere."""
    return tx.execute(
        sa.select(sa.func.count(records.c.subject_id.distinct())).where(records.c.state != "gone")
    ).scalar_one()
