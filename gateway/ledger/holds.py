"""Holds and freezes: what an operator wrote down that forbids erasing a person, until when, and when it was ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches, new_key, rows_in
from gateway.ledger.people import ref_of
from gateway.ledger.questions import ask
from gateway.ledger.tables import AnyRow, holds, questions, subjects
from gateway.obligations import HoldFact

ORDER, FREEZE, CLAIMS = "order", "freeze", "claims"
REMINDER = "hold"
"""The kind of the question that tells of an end before it comes."""
AHEAD = timedelta(days=14)
"""How long before the end of a hold, or before a freeze is to be reviewed, somebody is told."""
SEEN = ("seen",)
IN_FORCE, OVER, RELEASED = "in-force", "over", "released"


def add(
    tx: Connection, subject: int, kind: str, reason: str, by: str, now: datetime, *,
    until: datetime | None = None, data_set: str | None = None,
) -> int:  # fmt: skip
    """Write a hold down and have the rules look again; its number. `until` is the first moment after it.

    A freeze never ends by itself: its `until` is when it has to be reviewed.
    """
    made = tx.execute(
        holds.insert().values(
            subject_id=subject,
            kind=kind,
            data_set=data_set,
            reason=reason,
            made_by=by,
            since=now,
            until=until,
        )
    )
    _look_again(tx, subject)
    return new_key(made)


def release(
    tx: Connection, number: int, by: str, why: str, now: datetime, told_at: datetime | None = None
) -> bool:
    """End a hold; False where it was ended already. What was asked about its end is settled with it."""
    changed = tx.execute(
        holds.update()
        .where(holds.c.id == number, holds.c.released_at.is_(None))
        .values(released_at=now, released_by=by, released_why=why, told_at=told_at)
    )
    row = get(tx, number)
    if changed.rowcount != 1 or row is None:
        return False
    tx.execute(
        questions.update()
        .where(*_asked_about(row), questions.c.answered_at.is_(None))
        .values(answer="settled", answered_by="gateway", answered_at=now)
    )
    _look_again(tx, row.subject_id)
    return True


def _look_again(tx: Connection, subject: int) -> None:
    tx.execute(subjects.update().where(subjects.c.id == subject).values(look_at=0))


def get(tx: Connection, number: int) -> AnyRow | None:
    return tx.execute(sa.select(holds).where(holds.c.id == number)).one_or_none()


def in_force(now: datetime) -> sa.ColumnElement[bool]:
    """The rows that forbid something at this moment: not released, and not over (a freeze is never over by itself)."""
    goes_on = holds.c.until.is_(None) | (holds.c.until > now) | (holds.c.kind == FREEZE)
    return holds.c.released_at.is_(None) & goes_on


def listed(tx: Connection, now: datetime, *, subject: int | None = None, ended: bool = False) -> list[AnyRow]:
    """Holds in force (with `ended`, all), of one person or of all people: nearest end first, those without one last."""
    query = sa.select(holds)
    if not ended:
        query = query.where(in_force(now))
    if subject is not None:
        query = query.where(holds.c.subject_id == subject)
    return list(tx.execute(query.order_by(holds.c.until.is_(None), holds.c.until, holds.c.id)))


def facts_of(tx: Connection, people: Iterable[int]) -> dict[int, list[HoldFact]]:
    """The holds of these people that were not released, as the rules read them; in no order."""
    found: dict[int, list[HoldFact]] = {}
    query = sa.select(
        holds.c.subject_id, holds.c.id, holds.c.kind, holds.c.data_set, holds.c.since, holds.c.until
    ).where(holds.c.released_at.is_(None))
    for subject, number, kind, data_set, since, until in rows_in(tx, query, holds.c.subject_id, people):
        ends = None if kind == FREEZE else until
        found.setdefault(subject, []).append(HoldFact(number, kind, data_set, since, ends))
    return found


def forbids(tx: Connection, subject: int, now: datetime) -> set[str]:
    """What may not be done now with all or a part of what is held on a person: erasure, export, mail.

    Every hold forbids erasure; a freeze leaves nothing but storage (GDPR Art. 18(2)).
    """
    query = sa.select(holds.c.kind).where(holds.c.subject_id == subject, in_force(now))
    kinds = set(tx.execute(query).scalars())
    forbidden = {"erasure"} if kinds else set()
    return forbidden | ({"export", "mail"} if FREEZE in kinds else set())


def held_back(tx: Connection, people: Sequence[int], now: datetime) -> set[int]:
    """Those of these people who may not be erased now, wholly or in part."""
    found: set[int] = set()
    for some in batches(people):
        query = sa.select(holds.c.subject_id).where(holds.c.subject_id.in_(some), in_force(now))
        found.update(tx.execute(query).scalars())
    return found


def reminders(tx: Connection, zone: ZoneInfo, now: datetime) -> list[int]:
    """Ask about what ends or has to be reviewed within two weeks, once each; the numbers of the questions."""
    soon = sa.select(holds).where(in_force(now), holds.c.until <= now + AHEAD)
    numbers = []
    for row in tx.execute(soon.order_by(holds.c.until, holds.c.id)).all():
        if tx.execute(sa.select(questions.c.id).where(*_asked_about(row)).limit(1)).first() is None:
            text = _reminder(row, zone)
            numbers.append(ask(tx, REMINDER, text, SEEN, now, subject_id=row.subject_id, due_at=row.until))
    return numbers


def state(row: AnyRow, now: datetime) -> str:
    """How a hold stands: in-force, over (its end has come), or released."""
    if row.released_at is not None:
        return RELEASED
    is_over = row.until is not None and row.until <= now and row.kind != FREEZE
    return OVER if is_over else IN_FORCE


def last_day(row: AnyRow, zone: ZoneInfo) -> str:
    """The last day of a hold in the firm's calendar, as `2026-03-31`; empty where it has no end."""
    return "" if row.until is None else f"{(row.until - timedelta(microseconds=1)).astimezone(zone):%Y-%m-%d}"


def _asked_about(row: AnyRow) -> tuple[sa.ColumnElement[bool], ...]:
    """The questions about the end of one hold: they begin with its number, and belong to its person."""
    return (
        questions.c.kind == REMINDER,
        questions.c.subject_id == row.subject_id,
        questions.c.text.startswith(_head(row), autoescape=True),
    )


def _head(row: AnyRow) -> str:
    return f"{'Freeze' if row.kind == FREEZE else 'Hold'} {row.id} "


def _reminder(row: AnyRow, zone: ZoneInfo) -> str:
    """What comes to its end, and what happens then. It names a pseudonym and no reason: a reason is free text."""
    head, who, day = _head(row), ref_of(row.subject_id), last_day(row, zone)
    if row.kind == FREEZE:
        return (
            f"{head}on {who} has to be reviewed by {day}. It stays in force until `gateway release {row.id}` ends it, "
            "once the person has been told."
        )
    what = f"data set {row.data_set}" if row.data_set else "all that is held"
    return (
        f"{head}on {who} ({what}) ends with {day}. From then on, whatever is due of it is erased. Where it is needed "
        "for longer, `gateway hold` makes another one before that day."
    )
