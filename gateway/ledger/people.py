"""A person in the ledger: found by an address or a record, and shown to one processor as it knows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches
from gateway.ledger.matching import owners
from gateway.ledger.tables import AnyRow, identities, records, subjects
from gateway.ledger.vault import Vault
from gateway.model import Identity, IdentityKind, Ref, Subject
from gateway.obligations import Scope

OPERATOR = "operator"
"""The processor name of what the operator typed about somebody no processor holds."""


def ref_of(subject_id: int) -> str:
    """The pseudonym a person goes by in hooks, messages and the trail."""
    return f"S{subject_id}"


def by_identity(tx: Connection, vault: Vault, kind: str, value: str) -> list[int]:
    """The people who carry this normalised e-mail address or phone number."""
    return sorted(owners(tx, [vault.hash(kind, value)]).get(vault.hash(kind, value), ()))


def by_record(tx: Connection, processor: str, vendor_id: str) -> list[int]:
    """The people held under this id at this processor."""
    query = sa.select(records.c.subject_id).where(
        records.c.processor == processor, records.c.vendor_id == vendor_id
    )
    return sorted(tx.execute(query.distinct()).scalars())


def held_at(tx: Connection, subject_id: int) -> list[str]:
    """The processors that hold a person in records that are not kept for a reason."""
    query = sa.select(records.c.processor).where(
        records.c.subject_id == subject_id, records.c.state == "held"
    )
    return sorted(tx.execute(query.distinct()).scalars())


def exists(tx: Connection, subject_id: int) -> bool:
    """Whether this pseudonym names somebody who is not erased."""
    query = sa.select(subjects.c.id).where(subjects.c.id == subject_id, subjects.c.wrapped_key.is_not(None))
    return tx.execute(query).first() is not None


def enter(tx: Connection, vault: Vault, identity: tuple[str, str], now: datetime) -> int:
    """Make a person known by one address only, as the operator typed it, for a request about somebody unknown."""
    subject = (tx.execute(sa.select(sa.func.max(subjects.c.id))).scalar() or 0) + 1
    record = (tx.execute(sa.select(sa.func.max(records.c.id))).scalar() or 0) + 1
    key, wrapped = vault.new_key()
    tx.execute(subjects.insert(), {"id": subject, "wrapped_key": wrapped})
    tx.execute(
        records.insert(),
        {
            "id": record, "processor": OPERATOR, "kind": "request", "vendor_id": ref_of(subject), "subject_id": subject,
            "sealed": vault.seal(key, [identity]), "digest": b"", "created_at": now, "sweep_id": 0, "state": "kept",
        },
    )  # fmt: skip
    row = {"hash": vault.hash(*identity), "record_id": record, "subject_id": subject}
    tx.execute(identities.insert(), row)
    return subject


def known_as(tx: Connection, vault: Vault, subject_id: int) -> list[str]:
    """What an operator can find a person by: records as `processor:id`, and addresses; nothing once they are erased."""
    keys = _keys(tx, vault, [subject_id])
    if not keys:
        return []
    found: dict[str, None] = {}
    for row in tx.execute(
        sa.select(records).where(records.c.subject_id == subject_id).order_by(records.c.id)
    ):
        if row.processor != OPERATOR and row.state != "gone":
            found[f"{row.processor}:{row.vendor_id}"] = None
        found.update((each.value, None) for each in vault.unseal(keys[subject_id], row.sealed))
    return list(found)


def as_known_at(
    tx: Connection,
    vault: Vault,
    people: Sequence[int],
    processor: str,
    finds_by: Collection[IdentityKind],
    scopes: Mapping[int, Scope | None] | None = None,
) -> dict[int, Subject]:
    """Each person as `processor` knows them: its own records and the identities on them.

    Where it holds no record known to us, the identities of other processors it can find people by. An
    address that another person carries too is left out: nothing may be found by it. Where `scopes` names
    kinds, only records of these are in scope: all others are kept, and nothing is found by an address.
    """
    kinds = {each: scope.kinds for each, scope in (scopes or {}).items() if scope is not None}
    keys, found = _keys(tx, vault, people), _rows(tx, people)
    known: dict[int, tuple[list[Ref], list[Ref], dict[Identity, None]]] = {}
    for person in people:
        rows = found.get(person, [])
        here = [row for row in rows if row.processor == processor and row.state != "gone"]
        carried: dict[Identity, None] = {}
        for row in here or rows:
            for identity in vault.unseal(keys[person], row.sealed):
                if here or identity.kind in finds_by:
                    carried[identity] = None
        if not here and IdentityKind.LINK in finds_by:
            carried.update((each, None) for each in _links(rows))
        only = kinds.get(person)
        meant = [
            row for row in here if row.state in ("held", "vanished") and (only is None or row.kind in only)
        ]
        scope = [Ref(row.kind, row.vendor_id) for row in meant]
        kept = [Ref(row.kind, row.vendor_id) for row in here if row not in meant]
        known[person] = (scope, kept, carried if only is None else {})
    shared = _shared(tx, vault, {each for _, _, carried in known.values() for each in carried})
    return {
        person: Subject(
            ref_of(person), tuple(each for each in carried if each not in shared), tuple(scope), tuple(kept)
        )
        for person, (scope, kept, carried) in known.items()
    }


def _rows(tx: Connection, people: Sequence[int]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = {}
    for some in batches(people):
        query = sa.select(
            records.c.subject_id, records.c.processor, records.c.kind, records.c.vendor_id, records.c.sealed,
            records.c.state,
        ).where(records.c.subject_id.in_(some))  # fmt: skip
        for row in tx.execute(query.order_by(records.c.id)):
            found.setdefault(row.subject_id, []).append(row)
    return found


def _links(rows: Sequence[AnyRow]) -> list[Identity]:
    """A person's records at processors, by which others may know them."""
    return [
        Identity(IdentityKind.LINK, f"{row.processor}:{row.vendor_id}")
        for row in rows
        if row.processor != OPERATOR
    ]


def _keys(tx: Connection, vault: Vault, people: Sequence[int]) -> dict[int, bytes]:
    keys: dict[int, bytes] = {}
    for some in batches(people):
        query = sa.select(subjects.c.id, subjects.c.wrapped_key).where(
            subjects.c.id.in_(some), subjects.c.wrapped_key.is_not(None)
        )
        keys.update((row.id, vault.unwrap(row.wrapped_key)) for row in tx.execute(query))
    return keys


def _shared(tx: Connection, vault: Vault, carried: Collection[Identity]) -> set[Identity]:
    """Addresses that more than one person carries."""
    hashes = {
        vault.hash(str(each.kind), each.value): each for each in carried if each.kind != IdentityKind.LINK
    }
    return {hashes[each] for each, people in owners(tx, hashes).items() if len(people) > 1}
