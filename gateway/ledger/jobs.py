"""Turns of what has a schedule: which slot was the last, how it went, and how many were missed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.tables import AnyRow, jobs


def last(tx: Connection, name: str) -> AnyRow | None:
    """The last turn of a job; None before the first."""
    return tx.execute(sa.select(jobs).where(jobs.c.name == name)).one_or_none()


def all_jobs(tx: Connection) -> list[AnyRow]:
    """The last turn of every job that ever had one."""
    return list(tx.execute(sa.select(jobs).order_by(jobs.c.name)))


def begin(
    tx: Connection, name: str, slot: datetime, task: str, missed: int, now: datetime, node: int
) -> None:
    """A turn has come, and its task was put. `missed` turns before it never came, since nobody was there."""
    values = {"slot": slot, "task": task, "began_at": now, "ended_at": None, "node_id": node, "result": ""}
    row = last(tx, name)
    if row is None:
        tx.execute(jobs.insert(), {"name": name, "missed": 0, "overlapped": 0, "missed_at": None, **values})
        return
    if missed:
        values |= {"missed": row.missed + missed, "missed_at": now}
    tx.execute(jobs.update().where(jobs.c.name == name).values(**values))


def skip(tx: Connection, name: str, slot: datetime) -> None:
    """A turn has come while the one before it was still going on: it is counted, and not begun."""
    mine = jobs.update().where(jobs.c.name == name)
    tx.execute(mine.values(slot=slot, overlapped=jobs.c.overlapped + 1))


def miss(tx: Connection, name: str, now: datetime) -> None:
    """A turn came too late to be begun."""
    tx.execute(jobs.update().where(jobs.c.name == name).values(missed=jobs.c.missed + 1, missed_at=now))


def put_again(tx: Connection, name: str, task: str) -> None:
    """A turn goes on under another task."""
    tx.execute(jobs.update().where(jobs.c.name == name).values(task=task))


def end(tx: Connection, task: str, result: str, now: datetime) -> None:
    """The turn this task was put for is over."""
    tx.execute(
        jobs.update()
        .where(jobs.c.task == task, jobs.c.ended_at.is_(None))
        .values(ended_at=now, result=result)
    )


def unfinished(tx: Connection) -> list[AnyRow]:
    """Turns that began and have not ended."""
    return list(tx.execute(sa.select(jobs).where(jobs.c.ended_at.is_(None)).order_by(jobs.c.name)))


def forget_others(tx: Connection, names: Collection[str]) -> None:
    """Forget jobs that are not in the settings any more."""
    tx.execute(jobs.delete().where(jobs.c.name.not_in(list(names))))
