"""A ledger as the first release left it: its schema by its own migration, its rows by plain SQL, one for every table."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from gateway.ledger import Vault, engines, make
from gateway.ledger.columns import to_micros
from gateway.ledger.sighting import Sighting, sight
from gateway.ledger.vault import with_name
from gateway.model import Record, Secret
from gateway.trail import GENESIS, Entry, Head, chain, sign

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
THEN = to_micros(AT)
TABLES = (
    "bases", "cases", "checkpoints", "holders", "identities", "plans", "processors", "questions", "quota", "records",
    "runs", "steps", "subjects", "sweeps", "tombstones", "trail",
)  # fmt: skip


def insert(tx: Connection, table: str, **values: Any) -> None:
    names = ", ".join(f'"{each}"' for each in values)
    marks = ", ".join(f":{each}" for each in values)
    cast = {
        each: json.dumps(value) if isinstance(value, list | dict) else value for each, value in values.items()
    }
    tx.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), cast)


def rows_in(url: URL) -> dict[str, int]:
    """How many rows each table of the first release has."""
    engine = engines.open_engine(url)
    with engine.connect() as tx:
        found = {each: tx.execute(sa.text(f"SELECT count(*) FROM {each}")).scalar_one() for each in TABLES}
    engine.dispose()
    return found


def first_release(url: URL, vault: Vault, kari: Record, ola: Record, signing_key: Secret) -> None:
    """Kari's deletion is planned at recman, Ola is held, Per was erased and left a tombstone."""
    make(url, "0001")
    engine = engines.open_engine(url)
    with engine.connect().execution_options(writes=True) as tx, tx.begin():
        _insert_people(tx, vault, sight([kari, ola], "recman", vault, "NO"))
        _insert_work(tx)
        _insert_rest(tx)
        email, name = vault.hash("email", "per@example.org"), vault.hash("name", "berg per")
        for each in (email, with_name(email, name), vault.hash("link", "recman:3")):
            insert(tx, "tombstones", hash=each, processor=None, step_id=1, erased_at=THEN)
        _insert_trail(tx, signing_key)
        _number_on(tx)
    engine.dispose()


def _insert_people(tx: Connection, vault: Vault, sightings: list[Sighting]) -> None:
    for number, each in enumerate(sightings, 1):
        key, wrapped = vault.new_key()
        insert(tx, "subjects", id=number, wrapped_key=wrapped, erased_at=None)
        insert(
            tx, "records", id=number, processor="recman", kind=each.record.ref.kind, vendor_id=each.record.ref.id,
            subject_id=number, sealed=vault.seal(key, each.identities), digest=each.digest, name_hash=each.name_hash,
            born_hash=each.born_hash, created_at=THEN, updated_at=THEN, active_at=None, sweep_id=1, state="held",
            look_at=None, returned_step=None,
        )  # fmt: skip
        for each_hash in each.hashes:
            insert(tx, "identities", hash=each_hash, record_id=number, subject_id=number)
    insert(tx, "subjects", id=3, wrapped_key=None, erased_at=THEN)
    insert(
        tx, "bases", id=1, subject_id=1, record_id=1, processor="recman", purpose="recruitment", basis="consent",
        given_at=None, over_at=THEN, withdrawn_at=None, source="record", noted_at=THEN,
    )  # fmt: skip


def _insert_work(tx: Connection) -> None:
    insert(
        tx,
        "plans",
        id=1,
        made_at=THEN,
        people=2,
        allowed=20,
        state="running",
        answered_at=None,
        answered_by=None,
    )
    due = to_micros(AT + timedelta(days=30))
    for number, subject, state, closed in ((1, 3, "closed", THEN), (2, 1, "open", None)):
        insert(
            tx, "cases", id=number, subject_id=subject, plan_id=1, trigger="consent-expired", purpose="recruitment",
            why="consent to recruitment over", state=state, held_by=None, opened_at=THEN, due_at=due, closed_at=closed,
        )  # fmt: skip
    closed = {
        "deleted": [["person", "3"]],
        "attempts": 1,
        "next_at": None,
        "done_at": THEN,
        "closed_at": THEN,
    }
    opened = {"deleted": [], "attempts": 0, "next_at": THEN, "done_at": None, "closed_at": None}
    for number, case, outcome, more in ((1, 1, "verified", closed), (2, 2, None, opened)):
        insert(
            tx, "steps", id=number, case_id=case, processor="recman", outcome=outcome, reason="", kept=[],
            intent_run=None, **more,
        )  # fmt: skip


def _insert_rest(tx: Connection) -> None:
    insert(
        tx, "sweeps", id=1, processor="recman", kind="person", whole=True, cursor=None, pages=1, records=3,
        started_at=THEN, ended_at=THEN, complete=True, settled=True,
    )  # fmt: skip
    insert(
        tx,
        "runs",
        id=1,
        processor="recman",
        hook="delete",
        size=1,
        started_at=THEN,
        ended_at=THEN,
        error=None,
    )
    insert(tx, "processors", name="recman", stopped_at=None, stopped_why=None)
    insert(tx, "quota", account="recman", state={})
    insert(tx, "holders", name="old", holder="sync, process 1 on host", since=THEN)
    insert(
        tx, "questions", id=1, kind="match", text="Are they one?", options=["same", "different"], subject_id=1,
        other_id=2, step_id=None, sweep_id=None, asked_at=THEN, due_at=None, answer="different", note="",
        answered_at=THEN, answered_by="operator",
    )  # fmt: skip


def _insert_trail(tx: Connection, signing_key: Secret) -> None:
    said = [
        Entry(AT, "gateway", "fetched", processor="recman", data={"kind": "person", "records": 3}),
        Entry(
            AT, "gateway", "planned", subject="S3", case=1, why="consent-expired: consent to recruitment over"
        ),
        Entry(AT, "gateway", "audited", subject="S3", case=1, step=1, processor="recman", outcome="verified"),
        Entry(AT, "gateway", "erased-key", subject="S3", case=1),
        Entry(
            AT, "gateway", "planned", subject="S1", case=2, why="consent-expired: consent to recruitment over"
        ),
    ]
    written = chain(GENESIS, said)
    for line in written:
        insert(tx, "trail", seq=line.seq, body=line.body, hash=line.hash)
    mark = sign(Head(written[-1].seq, written[-1].hash), AT, signing_key)
    insert(
        tx, "checkpoints", seq=mark.seq, hash=mark.hash, at=THEN, key_id=mark.key_id, signature=mark.signature
    )  # fmt: skip


def _number_on(tx: Connection) -> None:
    """PostgreSQL numbers the next row by itself: behind what is there, as it was left."""
    if tx.dialect.name != "sqlite":
        for each in ("bases", "plans", "questions", "runs", "sweeps"):
            tx.execute(sa.text(f"SELECT setval('{each}_id_seq', 1)"))
