"""Erasure in the ledger itself: subject keys destroyed, and keyed tombstones by which a return is recognised.

All of it works on many people at once: a batch of proven deletions is closed with a handful of statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import holds
from gateway.ledger.batches import insert_rows, rows_in
from gateway.ledger.people import OPERATOR, ref_of
from gateway.ledger.tables import (
    AnyRow,
    absences,
    bases,
    cases,
    events,
    identities,
    obligations,
    questions,
    records,
    steps,
    subjects,
    to_micros,
    tombstones,
)
from gateway.ledger.vault import Vault, with_name
from gateway.model import IdentityKind
from gateway.trail import Entry

UNDER_WAY = ("open", "held", "waiting")


def link_hash(vault: Vault, processor: str, vendor_id: str) -> bytes:
    """The keyed hash a record itself is known by."""
    return vault.hash(IdentityKind.LINK, f"{processor}:{vendor_id}")


def bury(
    tx: Connection,
    marks: Iterable[tuple[bytes, int]],
    processor: str | None,
    now: datetime,
    done: Mapping[int, datetime | None] = MappingProxyType({}),
) -> None:
    """Remember, by keyed hash only, what was erased at a processor (None: everywhere), by which step, and when.

    `done` says of steps when the vendor deleted: before that was looked at, or written down.
    """
    rows = [
        (each_hash, processor, step, to_micros(done.get(step) or now))
        for each_hash, step in dict.fromkeys(marks)
    ]
    insert_rows(tx, tombstones, ("hash", "processor", "step_id", "erased_at"), rows)


def hashes_of(tx: Connection, record_ids: Collection[int]) -> list[tuple[int, bytes]]:
    """The identity hashes these records carry, each also together with the name beside it: (record, hash).

    By the second it is seen later whether an address came back with the same person.
    """
    query = sa.select(identities.c.record_id, identities.c.hash, records.c.name_hash).where(
        identities.c.record_id == records.c.id
    )
    found = [
        (record, bytes(each_hash), None if name is None else bytes(name))
        for record, each_hash, name in rows_in(tx, query, identities.c.record_id, record_ids)
    ]
    return [
        (record, mark)
        for record, each_hash, name in found
        for mark in (each_hash, with_name(each_hash, name))
    ]


def drop_records(tx: Connection, record_ids: Collection[int]) -> None:
    """Drop records, with their identities and what they said of consent."""
    for table, column in ((identities, "record_id"), (bases, "record_id"), (records, "id")):
        if record_ids:
            tx.execute(table.delete().where(table.c[column].in_(record_ids)))


def finish_cases(
    tx: Connection, vault: Vault, last: Mapping[int, int | None], now: datetime, actor: str
) -> list[Entry]:
    """Close those of these cases whose last step is closed, and erase whom nothing is held on any more.

    `last` names the step that ended each case (None: the newest). Returns what the trail has to say of it.
    """
    left = sa.select(steps.c.id).where(steps.c.case_id == cases.c.id, steps.c.closed_at.is_(None)).exists()
    done = sa.select(cases.c.id, cases.c.subject_id).where(
        cases.c.id.in_(list(last)), cases.c.state != "closed", ~left
    )
    closing = {row.id: row.subject_id for row in tx.execute(done.order_by(cases.c.id))}
    if not closing:
        return []
    tx.execute(cases.update().where(cases.c.id.in_(list(closing))).values(state="closed", closed_at=now))
    newest = sa.select(steps.c.case_id, sa.func.max(steps.c.id)).where(steps.c.case_id.in_(list(closing)))
    ended_by = {case: last[case] or step for case, step in tx.execute(newest.group_by(steps.c.case_id))}
    by_subject = {subject: ended_by[case] for case, subject in closing.items()}
    _bury_absent(tx, vault, by_subject, now)
    erased = erase_subjects(tx, by_subject, now)
    entries = []
    for case, subject in closing.items():
        entries.append(Entry(now, actor, "closed", subject=ref_of(subject), case=case))
        if subject in erased:
            entries.append(Entry(now, actor, "erased-key", subject=ref_of(subject), case=case))
    return entries


def _bury_absent(tx: Connection, vault: Vault, by_subject: Mapping[int, int], now: datetime) -> None:
    """What has vanished or was erased goes into its grave, processor by processor.

    Not a record that has vanished beside another one: the person is held there as before.
    """
    absent: dict[str, list[AnyRow]] = {}
    found = tx.execute(sa.select(records).where(records.c.subject_id.in_(list(by_subject)))).all()
    present = {(row.subject_id, row.processor) for row in found if row.state == "held"}
    for row in found:
        beside = row.state == "vanished" and (row.subject_id, row.processor) in present
        if row.state in ("vanished", "gone") and not beside:
            absent.setdefault(row.processor, []).append(row)
    for processor, rows in absent.items():
        steps_of = {row.id: by_subject[row.subject_id] for row in rows}
        vanished = {row.id for row in rows if row.state == "vanished"}
        marks = [
            (link_hash(vault, processor, row.vendor_id), steps_of[row.id])
            for row in rows
            if row.id in vanished
        ]
        marks += [(each_hash, steps_of[record]) for record, each_hash in hashes_of(tx, vanished)]
        bury(tx, marks, processor, now)
        drop_records(tx, list(steps_of))


def erase_subjects(tx: Connection, by_step: Mapping[int, int | None], now: datetime) -> set[int]:
    """Destroy the keys of those people nothing is held on, no case runs for and no hold keeps; who they were.

    What was erased at single processors is then erased everywhere: their tombstones count for all. The
    step that ended it, where one did, is named with each person.
    """
    people = list(by_step)
    busy = sa.select(cases.c.subject_id).where(cases.c.subject_id.in_(people), cases.c.state.in_(UNDER_WAY))
    held = sa.select(records.c.subject_id).where(
        records.c.subject_id.in_(people), records.c.processor != OPERATOR, records.c.state != "gone"
    )
    keyed = sa.select(subjects.c.id).where(subjects.c.id.in_(people), subjects.c.wrapped_key.is_not(None))
    gone = set(tx.execute(keyed).scalars()) - set(tx.execute(sa.union(busy, held)).scalars())
    gone -= holds.held_back(tx, list(gone), now)
    if not gone:
        return gone
    query = sa.select(records.c.id, records.c.subject_id).where(records.c.subject_id.in_(gone))
    typed = {row.id: row.subject_id for row in tx.execute(query)}
    steps_of = {record: by_step[subject] for record, subject in typed.items()}
    carried = [(each_hash, steps_of[record]) for record, each_hash in hashes_of(tx, list(typed))]
    bury(tx, [(each_hash, step) for each_hash, step in carried if step is not None], None, now)
    drop_records(tx, list(typed))
    for table in (bases, events, absences, obligations):
        tx.execute(table.delete().where(table.c.subject_id.in_(gone)))
    about = questions.c.subject_id.in_(gone) | questions.c.other_id.in_(gone)
    tx.execute(
        questions.update()
        .where(questions.c.kind.in_(("match", holds.REMINDER)), questions.c.answered_at.is_(None), about)
        .values(answer="erased", answered_by="gateway", answered_at=now)
    )
    theirs = (
        sa.select(steps.c.id).join(cases, cases.c.id == steps.c.case_id).where(cases.c.subject_id.in_(gone))
    )
    tx.execute(tombstones.update().where(tombstones.c.step_id.in_(theirs)).values(processor=None))
    tx.execute(subjects.update().where(subjects.c.id.in_(gone)).values(wrapped_key=None, erased_at=now))
    return gone
