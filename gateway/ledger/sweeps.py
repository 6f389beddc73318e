"""What a fetch brings: a page and its cursor go into the ledger in one transaction, or neither does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger.batches import batches, new_key, rows_in
from gateway.ledger.placing import Known, Placing, Sweep, Tally
from gateway.ledger.sighting import Sighting
from gateway.ledger.tables import AnyRow, cases, questions, records, steps, subjects, sweeps
from gateway.ledger.vault import Vault
from gateway.model import Outcome, Page


def current(tx: Connection, processor: str, kind: str) -> AnyRow | None:
    """The newest sweep of one kind at one processor."""
    query = sa.select(sweeps).where(sweeps.c.processor == processor, sweeps.c.kind == kind)
    return tx.execute(query.order_by(sweeps.c.id.desc()).limit(1)).one_or_none()


def last_whole(tx: Connection, processor: str, kind: str) -> AnyRow | None:
    """The newest sweep that was begun from the beginning and ended complete."""
    query = sa.select(sweeps).where(
        sweeps.c.processor == processor, sweeps.c.kind == kind, sweeps.c.whole, sweeps.c.complete
    )
    return tx.execute(query.order_by(sweeps.c.id.desc()).limit(1)).one_or_none()


def last_ended(tx: Connection, processor: str, kind: str) -> AnyRow | None:
    """The newest sweep that came to its last page; its cursor is where changes are read from."""
    query = sa.select(sweeps).where(
        sweeps.c.processor == processor,
        sweeps.c.kind == kind,
        sweeps.c.complete.is_not(None),
        sweeps.c.cursor.is_not(None),
    )
    return tx.execute(query.order_by(sweeps.c.id.desc()).limit(1)).one_or_none()


def believed_before(tx: Connection, processor: str, kind: str) -> int:
    """Up to which sweep a person has said that what is missing was deleted; 0 where nobody has."""
    query = (
        sa.select(sa.func.max(questions.c.sweep_id))
        .join(sweeps, sweeps.c.id == questions.c.sweep_id)
        .where(questions.c.kind == "sweep", questions.c.answer == "deleted")
        .where(sweeps.c.processor == processor, sweeps.c.kind == kind)
    )
    return int(tx.execute(query).scalar() or 0)


def answer_about(tx: Connection, sweep_id: int) -> str | None:
    """What a person has answered when asked whether to believe a sweep."""
    query = sa.select(questions.c.answer).where(
        questions.c.kind == "sweep", questions.c.sweep_id == sweep_id, questions.c.answered_at.is_not(None)
    )
    found: str | None = tx.execute(query.order_by(questions.c.id.desc()).limit(1)).scalar()
    return found


def asked_about(tx: Connection, processor: str, kind: str) -> int | None:
    """The open question about sweeps of one kind at one processor."""
    query = (
        sa.select(questions.c.id)
        .join(sweeps, sweeps.c.id == questions.c.sweep_id)
        .where(questions.c.kind == "sweep", questions.c.answered_at.is_(None))
        .where(sweeps.c.processor == processor, sweeps.c.kind == kind)
    )
    return tx.execute(query.order_by(questions.c.id).limit(1)).scalar()


def unsettled(tx: Connection, processor: str, kind: str) -> Sweep | None:
    """The newest whole sweep, if what it did not show has not been dealt with yet."""
    row = last_whole(tx, processor, kind)
    return (
        None if row is None or row.settled else Sweep(row.id, processor, kind, whole=True, cursor=row.cursor)
    )


def settle(tx: Connection, sweep_id: int) -> None:
    """What a sweep did not show has been dealt with."""
    tx.execute(sweeps.update().where(sweeps.c.id == sweep_id).values(settled=True))


def is_empty(tx: Connection, sweep_id: int) -> bool:
    """Whether a sweep showed nothing at all."""
    shown: int = tx.execute(sa.select(sweeps.c.records).where(sweeps.c.id == sweep_id)).scalar_one()
    return shown == 0


def swept(tx: Connection, processor: str, kinds: Sequence[str]) -> bool | None:
    """Whether everybody a processor holds is known: all kinds were read to the end, and no fetch failed since.

    None: not yet, or not any more. False: they were read to the end, but the vendor never shows everything.
    """
    found = [_is_known(tx, processor, kind) for kind in kinds]
    if not found or None in found:
        return None if found else False
    return all(found)


def _is_known(tx: Connection, processor: str, kind: str) -> bool | None:
    newest, whole = current(tx, processor, kind), last_whole(tx, processor, kind)
    if newest is None or newest.complete is None:
        return None
    if newest.whole and not newest.complete:
        return None if whole is not None else False
    return whole is not None


def begin(tx: Connection, processor: str, kind: str, cursor: str | None, now: datetime) -> Sweep:
    """Open a sweep; it is whole when it has no cursor to start from."""
    whole = cursor is None
    made = tx.execute(
        sweeps.insert().values(processor=processor, kind=kind, whole=whole, cursor=cursor, started_at=now)
    )
    return Sweep(new_key(made), processor, kind, whole, cursor)


def keep_page(
    tx: Connection,
    vault: Vault,
    sweep: Sweep,
    page: Page,
    sightings: Sequence[Sighting],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> Tally:
    """Write a page and its cursor: new and changed records joined to their people, the rest marked as seen."""
    seen = {each.record.ref.id: each for each in sightings}
    known = _known(tx, sweep, seen)
    same = [
        row.id
        for vendor_id, row in known.items()
        if row.digest == seen[vendor_id].digest and row.state not in ("vanished", "gone")
    ]
    for some in batches(same):
        tx.execute(records.update().where(records.c.id.in_(some)).values(sweep_id=sweep.id))
    same_ids = set(same)
    fresh = [
        each
        for each in seen.values()
        if (row := known.get(each.record.ref.id)) is None or row.id not in same_ids
    ]
    tally = Tally(seen=len(seen), changed=sum(each.record.ref.id in known for each in fresh))
    tally.new = len(fresh) - tally.changed
    if fresh:
        Placing(tx, vault, sweep, known, zone, now, tally).place(fresh)
    tally.flaws = [
        f"{each.record.ref.kind} {each.record.ref.id}: {flaw}" for each in fresh for flaw in each.record.flaws
    ]
    tx.execute(
        sweeps.update()
        .where(sweeps.c.id == sweep.id)
        .values(
            cursor=page.cursor,
            pages=sweeps.c.pages + 1,
            records=sweeps.c.records + len(seen),
            complete=page.complete,
            ended_at=None if page.complete is None else now,
        )
    )
    return tally


def _known(tx: Connection, sweep: Sweep, ids: Iterable[str]) -> dict[str, Known]:
    query = sa.select(
        records.c.vendor_id,
        records.c.id,
        records.c.subject_id,
        records.c.digest,
        records.c.state,
        records.c.returned_step,
    ).where(records.c.processor == sweep.processor, records.c.kind == sweep.kind)
    rows = rows_in(tx, query, records.c.vendor_id, ids)
    return {
        vendor_id: Known(number, subject, bytes(digest), state, returned)
        for vendor_id, number, subject, digest, state, returned in rows
    }


def unseen(tx: Connection, sweep: Sweep) -> list[AnyRow]:
    """The records a complete sweep did not show, leaving out what we are deleting there ourselves, or have by hand."""
    begun = (steps.c.attempts > 0) | steps.c.done_at.is_not(None) | (steps.c.outcome == str(Outcome.MANUAL))
    ours = (
        sa.select(cases.c.subject_id)
        .join(steps, steps.c.case_id == cases.c.id)
        .where(steps.c.processor == sweep.processor, steps.c.closed_at.is_(None), begun)
    )
    query = sa.select(
        records.c.id, records.c.subject_id, records.c.vendor_id, records.c.state, records.c.sweep_id
    ).where(
        records.c.processor == sweep.processor,
        records.c.kind == sweep.kind,
        records.c.sweep_id < sweep.id,
        records.c.state.not_in(("vanished", "gone")),
        records.c.subject_id.not_in(ours),
    )
    return list(tx.execute(query.order_by(records.c.id)))


def count(tx: Connection, processor: str, kind: str) -> int:
    """How many records of one kind are known at one processor."""
    query = (
        sa.select(sa.func.count())
        .select_from(records)
        .where(records.c.processor == processor, records.c.kind == kind, records.c.state != "gone")
    )
    return tx.execute(query).scalar_one()


def wait_for_calls(tx: Connection, sweep: Sweep, until: datetime) -> None:
    """Remember until when a sweep waits, since the calls are used up: it is gone on with, however long that takes."""
    tx.execute(sweeps.update().where(sweeps.c.id == sweep.id).values(waits_until=until))


def give_up(tx: Connection, sweep: Sweep, now: datetime) -> None:
    """End a sweep of which nothing is known: the next fetch begins anew."""
    tx.execute(
        sweeps.update().where(sweeps.c.id == sweep.id).values(ended_at=now, complete=None, cursor=None)
    )


def ask_again(tx: Connection, question: int, sweep: Sweep, text: str) -> None:
    """An open question about a shrunken sweep is about this newer one now."""
    tx.execute(questions.update().where(questions.c.id == question).values(sweep_id=sweep.id, text=text))


def mark_seen(tx: Connection, sweep: Sweep, record_ids: Sequence[int]) -> None:
    """Records a sweep did not show are there all the same."""
    tx.execute(records.update().where(records.c.id.in_(record_ids)).values(sweep_id=sweep.id))


def mark_vanished(tx: Connection, sweep: Sweep, record_ids: Sequence[int]) -> None:
    """Records are gone at the source they came from."""
    theirs = records.c.id.in_(record_ids)
    tx.execute(records.update().where(theirs).values(state="vanished", sweep_id=sweep.id))
    whose = sa.select(records.c.subject_id).where(theirs)
    tx.execute(subjects.update().where(subjects.c.id.in_(whose)).values(look_at=0))
