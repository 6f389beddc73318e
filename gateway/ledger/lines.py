"""The trail's lines and checkpoints in the ledger: appended inside the transaction they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import insert_rows
from gateway.ledger.tables import checkpoints, trail
from gateway.trail import GENESIS, Checkpoint, Entry, Head, chain

_READ = 5_000


def head(tx: Connection) -> Head:
    """The last line."""
    row = tx.exec_driver_sql("SELECT seq, hash FROM trail ORDER BY seq DESC LIMIT 1").one_or_none()
    return Head(row[0], bytes(row[1])) if row else GENESIS


def append(tx: Connection, entries: Iterable[Entry]) -> None:
    """Write entries behind the last line. The one writer of the ledger keeps the order."""
    insert_rows(tx, trail, ("seq", "body", "hash"), chain(head(tx), entries))


def stream(tx: Connection, after: int = 0) -> Iterator[tuple[int, str, bytes]]:
    """All lines behind `after`, in order, without holding them in memory."""
    query = (
        sa.select(trail.c.seq, trail.c.body, trail.c.hash).where(trail.c.seq > after).order_by(trail.c.seq)
    )
    for some in tx.execute(query.execution_options(yield_per=_READ)).partitions():
        yield from some


def last_time(tx: Connection) -> datetime | None:
    """When the last line was written."""
    body = tx.execute(sa.select(trail.c.body).order_by(trail.c.seq.desc()).limit(1)).scalar()
    return datetime.fromisoformat(json.loads(body)["at"]) if body else None


def add_checkpoint(tx: Connection, checkpoint: Checkpoint) -> None:
    tx.execute(
        checkpoints.insert(),
        {
            "seq": checkpoint.seq,
            "hash": checkpoint.hash,
            "at": checkpoint.at,
            "key_id": checkpoint.key_id,
            "signature": checkpoint.signature,
        },
    )


def all_checkpoints(tx: Connection) -> list[Checkpoint]:
    query = sa.select(checkpoints).order_by(checkpoints.c.seq)
    return [Checkpoint(row.seq, row.hash, row.at, row.key_id, row.signature) for row in tx.execute(query)]
