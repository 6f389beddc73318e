"""Consents as the firm wrote them down: imported from a file, or told by the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.placing import begins_at, over_at
from gateway.ledger.tables import bases, subjects


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One line of a consent file. Plain dates are days in the firm's time zone; `expires` is the last one."""

    line: int
    person: str
    purpose: str
    processor: str | None = None
    given: date | datetime | None = None
    expires: date | datetime | None = None
    withdrawn: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One consent as it stands. `over_at` is the first moment after it."""

    purpose: str
    processor: str | None
    basis: str
    given_at: datetime | None
    over_at: datetime | None
    withdrawn_at: datetime | None
    source: str
    noted_at: datetime


def add(
    tx: Connection, subject: int, row: ConsentLine, zone: ZoneInfo, now: datetime, source: str = "import"
) -> None:
    """Write one consent down; the same one again changes nothing."""
    values = {
        "subject_id": subject, "processor": row.processor, "purpose": row.purpose, "basis": "consent", "source": source,
        "given_at": begins_at(row.given, zone), "over_at": over_at(row.expires, zone),
        "withdrawn_at": begins_at(row.withdrawn, zone),
    }  # fmt: skip
    same = sa.select(bases.c.id).where(
        *(bases.c[name].is_not_distinct_from(value) for name, value in values.items())
    )
    if tx.execute(same.limit(1)).first() is None:
        tx.execute(bases.insert(), {**values, "noted_at": now})
        tx.execute(subjects.update().where(subjects.c.id == subject).values(look_at=0))


def of(tx: Connection, subject: int) -> list[Standing]:
    """All that is written down about a person, oldest first."""
    query = sa.select(bases).where(bases.c.subject_id == subject).order_by(bases.c.noted_at, bases.c.id)
    return [
        Standing(
            row.purpose,
            row.processor,
            row.basis,
            row.given_at,
            row.over_at,
            row.withdrawn_at,
            row.source,
            row.noted_at,
        )
        for row in tx.execute(query)
    ]
