"""A new master key: everything that is wrapped or sealed under the old one, put under the new one in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import facts
from gateway.ledger.batches import batches
from gateway.ledger.secrets import place_of
from gateway.ledger.tables import secrets, subjects
from gateway.ledger.vault import Vault


@dataclass(frozen=True, slots=True)
class Rotated:
    """How much was put under the new key."""

    people: int
    secrets: int


def rotate(tx: Connection, old: Vault, new: Vault, now: datetime) -> Rotated:
    """Put all keys of people, all secrets of accounts and the look-up key under a new master key.

    SettingsError where one of them is not opened by the old one; nothing is changed then. The look-up key stays as
    it is: what was hashed with it (who was erased, above all) could not be hashed anew.
    """
    people = _rotate_people(tx, old, new)
    sealed = _rotate_secrets(tx, old, new)
    facts.put(tx, facts.LOOKUP, new.seal_lookup(old), now)
    return Rotated(people, sealed)


def _rotate_people(tx: Connection, old: Vault, new: Vault) -> int:
    query = sa.select(subjects.c.id, subjects.c.wrapped_key).where(subjects.c.wrapped_key.is_not(None))
    statement = (
        subjects.update()
        .where(subjects.c.id == sa.bindparam("subject"))
        .values(wrapped_key=sa.bindparam("wrapped"))
    )
    rows = tx.execute(query.order_by(subjects.c.id)).all()
    for some in batches(rows):
        tx.execute(
            statement,
            [
                {"subject": number, "wrapped": new.wrap(old.unwrap(bytes(wrapped)))}
                for number, wrapped in some
            ],
        )
    return len(rows)


def _rotate_secrets(tx: Connection, old: Vault, new: Vault) -> int:
    rows = tx.execute(sa.select(secrets)).all()
    for row in rows:
        place = place_of(row.account, row.name)
        sealed = new.seal_secret(place, old.open_secret(place, bytes(row.sealed)))
        mine = (secrets.c.account == row.account) & (secrets.c.name == row.name)
        tx.execute(secrets.update().where(mine).values(sealed=sealed))
    return len(rows)


def check_key(tx: Connection, vault: Vault) -> None:
    """SettingsError unless this vault opens what is wrapped and sealed here; one of each is tried."""
    wrapped = tx.execute(
        sa.select(subjects.c.wrapped_key).where(subjects.c.wrapped_key.is_not(None)).limit(1)
    ).scalar()
    if wrapped is not None:
        vault.unwrap(bytes(wrapped))
    row = tx.execute(sa.select(secrets).limit(1)).one_or_none()
    if row is not None:
        vault.open_secret(place_of(row.account, row.name), bytes(row.sealed))
