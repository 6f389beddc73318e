"""Who works on the ledger: processes that beat, and the leases by which one at a time works at a processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.errors import GatewayError
from gateway.ledger.batches import new_key
from gateway.ledger.tables import AnyRow, leases, nodes


class LostError(GatewayError):
    """Somebody else works there now, because this process was taken for dead: what it was about to write is dropped."""


@dataclass(frozen=True, slots=True)
class Process:
    """What tells one process from all others: its machine, its number there, and when it was born."""

    host: str
    pid: int
    born: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one node to work at one processor, as long as nobody has taken it over."""

    name: str
    node: int

    def check(self, tx: Connection) -> None:
        """LostError when it was taken over: whoever asks was silent for too long, and must write nothing."""
        if holder(tx, self.name) != self.node:
            raise LostError(
                f"{self.name}: another node has taken over, since this one was silent for too long; "
                "what it was doing is settled there"
            )


def join(tx: Connection, name: str, kind: str, process: Process, version: str, now: datetime) -> int:
    """Write down that a process works on this ledger; its number."""
    made = tx.execute(
        nodes.insert().values(
            name=name, kind=kind, host=process.host, pid=process.pid, born=process.born, version=version,
            started_at=now, beat_at=now, doing=[], end="",
        )
    )  # fmt: skip
    return new_key(made)


def beat(tx: Connection, node: int, doing: Sequence[str], now: datetime) -> bool:
    """Say that a node lives, and what it does; False when it was taken for dead meanwhile."""
    mine = nodes.update().where(nodes.c.id == node, nodes.c.ended_at.is_(None))
    return tx.execute(mine.values(beat_at=now, doing=list(doing))).rowcount == 1


def leave(tx: Connection, node: int, end: str, now: datetime) -> None:
    """End a node, and let go of all it has."""
    tx.execute(
        nodes.update()
        .where(nodes.c.id == node, nodes.c.ended_at.is_(None))
        .values(ended_at=now, end=end, doing=[])
    )
    tx.execute(leases.delete().where(leases.c.node_id == node))


def alive(tx: Connection) -> list[AnyRow]:
    """The nodes that have not ended, as far as the ledger knows."""
    return list(tx.execute(sa.select(nodes).where(nodes.c.ended_at.is_(None)).order_by(nodes.c.id)))


def last_ended(tx: Connection, most: int) -> list[AnyRow]:
    """The nodes that ended last."""
    query = sa.select(nodes).where(nodes.c.ended_at.is_not(None))
    return list(tx.execute(query.order_by(nodes.c.ended_at.desc(), nodes.c.id.desc()).limit(most)))


def end_of(row: AnyRow, now: datetime, silence: timedelta, is_gone: Callable[[Process], bool]) -> str:
    """How a node that says it lives has ended: gone or silent; empty when it lives."""
    if is_gone(Process(row.host, row.pid, row.born)):
        return "gone"
    return "silent" if now - row.beat_at > silence else ""


def take_over(
    tx: Connection, me: int, now: datetime, silence: timedelta, is_gone: Callable[[Process], bool]
) -> list[tuple[AnyRow, str]]:
    """End the nodes that are gone or silent, so that their work can be done by others; which, and how they ended."""
    dead: list[tuple[AnyRow, str]] = []
    for row in alive(tx):
        end = "" if row.id == me else end_of(row, now, silence, is_gone)
        if end:
            leave(tx, row.id, end, now)
            dead.append((row, end))
    return dead


def forget(tx: Connection, before: datetime) -> None:
    """Forget nodes that ended before a moment."""
    tx.execute(nodes.delete().where(nodes.c.ended_at < before))


def holder(tx: Connection, name: str) -> int | None:
    """The node that works at a processor now."""
    found: int | None = tx.execute(sa.select(leases.c.node_id).where(leases.c.name == name)).scalar()
    return found


def take(tx: Connection, name: str, node: int, now: datetime) -> bool:
    """Take the right to work at a processor; False when another node has it.

    It may be this node's still: the word that it let go, or the answer that it has it, can be lost with a connection.
    """
    has = holder(tx, name)
    if has is not None:
        return has == node
    tx.execute(leases.insert(), {"name": name, "node_id": node, "since": now})
    return True


def let_go(tx: Connection, lease: Lease) -> None:
    """Let go of a lease, if it is still ours."""
    tx.execute(leases.delete().where(leases.c.name == lease.name, leases.c.node_id == lease.node))


def held(tx: Connection) -> list[AnyRow]:
    """All leases, with the name and kind of the node that has each."""
    query = sa.select(leases, nodes.c.name.label("node"), nodes.c.kind).join(
        nodes, nodes.c.id == leases.c.node_id
    )
    return list(tx.execute(query.order_by(leases.c.name)))
