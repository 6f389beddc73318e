"""A ledger restored from a backup is older than the world: what it must not believe, and what is carried over to it.

Nothing is done a second time for want of memory. What is open is looked at before it is begun, what was read is read
anew, and whoever was erased since the backup is erased here too, where the replaced ledger can still say so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import due, graves, lines, quota, secrets, work
from gateway.ledger import tables as t
from gateway.ledger.batches import batches
from gateway.ledger.vault import Vault
from gateway.model import Outcome

HOOK = "restore"
"""Stands in the place of a call: every open step is as one whose call was begun and never answered for."""
_TO_BE_DONE = (str(Outcome.RETRY), str(Outcome.RETURNED))


@dataclass(slots=True)
class Carried:
    """What came over from the ledger that was replaced. `lost` counts the lines of its trail that did not, by action."""

    tombstones: int = 0
    cases: int = 0
    words: int = 0
    erased: tuple[int, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)


def distrust(tx: Connection, now: datetime) -> int:
    """Let nothing be done on the word of a ledger that is older than the world; how many steps are open.

    Each is settled by an audit before it is called. All is read anew from the beginning. Who worked when the
    backup was made works no more.
    """
    s = t.steps.c
    open_ones = s.closed_at.is_(None) & (s.outcome.is_(None) | s.outcome.in_(_TO_BE_DONE))
    begins = open_ones & s.intent_run.is_(None)
    found = tx.execute(sa.select(s.processor, sa.func.count()).where(begins).group_by(s.processor)).all()
    for processor, size in found:
        run = work.begin_run(tx, processor, HOOK, size, now)
        work.end_run(tx, run, now)
        there = t.steps.update().where(begins, s.processor == processor)
        tx.execute(there.values(intent_run=run, attempts=s.attempts + 1))
    tx.execute(t.steps.update().where(s.chunk.is_not(None)).values(chunk=None))
    tx.execute(t.sweeps.update().where(t.sweeps.c.ended_at.is_(None)).values(ended_at=now))
    tx.execute(t.sweeps.update().values(complete=None, cursor=None, settled=True, waits_until=None))
    for table in (t.leases, t.jobs, t.circuits):
        tx.execute(table.delete())
    return tx.execute(sa.select(sa.func.count()).select_from(t.steps).where(open_ones)).scalar_one()


def keep_caution(old: Connection, tx: Connection) -> None:
    """What was spent, given and stopped since the backup stays so: calls, new secrets, and accounts that are stopped."""
    quota.copy_states(tx, {row.account: row.state for row in old.execute(sa.select(t.quota))})
    secrets.take_over(tx, old.execute(sa.select(t.secrets)).all())
    for row in old.execute(sa.select(t.processors).where(t.processors.c.stopped_at.is_not(None))).all():
        mine = (t.processors.c.name == row.name) & (t.processors.c.cause == row.cause)
        tx.execute(t.processors.delete().where(mine))
        tx.execute(t.processors.insert(), row._asdict())


def carry_over(old: Connection, tx: Connection, vault: Vault, after: int, now: datetime) -> Carried:
    """Take over from the replaced ledger, which went on from line `after`, what must not be forgotten.

    That is who was erased (the keyed tombstones, with the cases they point to), who asked to be, and what people
    said: consents, events, holds.
    """
    busy = set(
        tx.execute(sa.select(t.cases.c.subject_id).where(t.cases.c.state.in_(graves.UNDER_WAY))).scalars()
    )
    marks = _new_tombstones(old, tx)
    carried = Carried(len(marks), words=_carry_words(old, tx), lost=_lost(old, after))
    carried.cases = _carry_cases(old, tx, {row.step_id for row in marks}, now)
    if marks:
        tx.execute(t.tombstones.insert(), [row._asdict() for row in marks])
    _mark_gone(old, tx, vault, {bytes(row.hash) for row in marks}, busy)
    _carry_stays(old, tx, busy)
    _carry_watches(old, tx)
    _carry_answers(old, tx)
    erased = t.subjects.c.wrapped_key.is_(None) & t.subjects.c.erased_at.is_not(None)
    for some in batches(old.execute(sa.select(t.subjects.c.id).where(erased)).scalars()):
        carried.erased += tuple(sorted(graves.erase_subjects(tx, dict.fromkeys(some), now)))
    due.everybody_changed(tx)
    return carried


def _new_tombstones(old: Connection, tx: Connection) -> list[t.AnyRow]:
    query = sa.select(t.tombstones)
    known = {(bytes(row.hash), row.processor, row.step_id) for row in tx.execute(query)}
    rows = old.execute(query.order_by(t.tombstones.c.erased_at, t.tombstones.c.hash)).all()
    return [row for row in rows if (bytes(row.hash), row.processor, row.step_id) not in known]


def _carry_cases(old: Connection, tx: Connection, marked: set[int], now: datetime) -> int:
    """The cases that tombstones point to, and the requests under way; with their steps, and the people as they are."""
    steps = {row.id: row for row in old.execute(sa.select(t.steps))}
    known_steps = set(tx.execute(sa.select(t.steps.c.id)).scalars())
    known_cases = set(tx.execute(sa.select(t.cases.c.id)).scalars())
    keyed = set(tx.execute(sa.select(t.subjects.c.id).where(t.subjects.c.wrapped_key.is_not(None))).scalars())
    wanted = {steps[each].case_id for each in marked if each in steps}
    count = 0
    for row in old.execute(sa.select(t.cases).order_by(t.cases.c.id)).all():
        under_way, there = row.state in graves.UNDER_WAY, row.subject_id in keyed
        asked = under_way and row.trigger == "request" and there
        if row.id in known_cases or not (row.id in wanted or asked):
            continue
        count += 1
        values = row._asdict() | {"plan_id": None, "held_by": None, "policy_id": None}
        if under_way:
            values |= {"state": "open"} if there else {"state": "closed", "closed_at": now}
        _carry_subject(old, tx, row.subject_id)
        tx.execute(t.cases.insert(), values)
        for step in [each for each in steps.values() if each.case_id == row.id]:
            _carry_step(tx, step, None if there else now)
    for number in sorted(marked - known_steps):
        if number in steps and steps[number].case_id in known_cases:
            _carry_step(tx, steps[number], None)
    return count


def _carry_step(tx: Connection, step: t.AnyRow, closed_at: datetime | None) -> None:
    values = step._asdict() | {"intent_run": None, "chunk": None, "bulk_id": None}
    tx.execute(t.steps.insert(), values | {"closed_at": step.closed_at or closed_at})


def _carry_subject(old: Connection, tx: Connection, subject: int) -> None:
    """Somebody the backup does not know yet: their number, and no key."""
    if tx.execute(sa.select(t.subjects.c.id).where(t.subjects.c.id == subject)).first() is None:
        row = old.execute(sa.select(t.subjects).where(t.subjects.c.id == subject)).one()
        tx.execute(t.subjects.insert(), row._asdict() | {"wrapped_key": None})


def _carry_words(old: Connection, tx: Connection) -> int:
    """What people said since, for those the backup knows: holds, consents and events; how many rows are new or changed."""
    keyed = set(tx.execute(sa.select(t.subjects.c.id).where(t.subjects.c.wrapped_key.is_not(None))).scalars())
    changed = 0
    for table, own in ((t.holds, sa.true()), (t.bases, t.bases.c.record_id.is_(None)), (t.events, sa.true())):
        query = sa.select(table).where(own)
        known = {row.id: row for row in tx.execute(query)}
        taken = set(tx.execute(sa.select(table.c.id)).scalars())
        for row in old.execute(query.order_by(table.c.id)).all():
            before, values = known.get(row.id), row._asdict()
            if before is not None:
                values["subject_id"] = before.subject_id
                if values != before._asdict():
                    tx.execute(table.update().where(table.c.id == row.id).values(**values))
                    changed += 1
            elif row.subject_id in keyed:
                if row.id in taken:  # what a record says of consent is numbered anew whenever it changes
                    del values["id"]
                tx.execute(table.insert(), values)
                changed += 1
    return changed


def _carry_stays(old: Connection, tx: Connection, busy: set[int]) -> None:
    """What was found to stay is not asked for again: kept records, and data sets that were erased beside others."""
    r = t.records.c
    query = sa.select(r.id, r.processor, r.kind, r.vendor_id, r.state, r.look_at)
    held = {tuple(row[:4]) for row in tx.execute(query.where(r.state == "held", r.subject_id.not_in(busy)))}
    for row in old.execute(query.where(r.state.in_(("kept", "refused")))).all():
        if tuple(row[:4]) in held:
            tx.execute(t.records.update().where(r.id == row.id).values(state=row.state, look_at=row.look_at))
    keyed = set(tx.execute(sa.select(t.subjects.c.id).where(t.subjects.c.wrapped_key.is_not(None))).scalars())
    known = {tuple(row[:3]) for row in tx.execute(sa.select(t.absences))}
    rows = old.execute(sa.select(t.absences)).all()
    fresh = [row._asdict() for row in rows if row.subject_id in keyed and tuple(row[:3]) not in known]
    if fresh:
        tx.execute(t.absences.insert(), fresh)


def _carry_watches(old: Connection, tx: Connection) -> None:
    """What was proven gone is looked at again on the days it was to be; what is still open here is proven anew."""
    w = t.watches.c
    closed = set(tx.execute(sa.select(t.steps.c.id).where(t.steps.c.closed_at.is_not(None))).scalars())
    known = {tuple(row) for row in tx.execute(sa.select(w.step_id, w.day))}
    for row in old.execute(sa.select(t.watches).order_by(w.id)).all():
        if row.step_id in closed and (row.step_id, row.day) not in known:
            values = row._asdict()
            del values["id"]
            tx.execute(t.watches.insert(), values)


def _carry_answers(old: Connection, tx: Connection) -> None:
    """Nobody is erased, and no two are taken for one, where a person has said since that this would be wrong."""
    q = t.questions.c
    keyed = set(tx.execute(sa.select(t.subjects.c.id).where(t.subjects.c.wrapped_key.is_not(None))).scalars())
    answered = {row.id: row.answer for row in tx.execute(sa.select(q.id, q.answer))}
    said = ((q.kind == "match") & (q.answer == "different")) | ((q.kind == "returned") & (q.answer == "keep"))
    for row in old.execute(sa.select(t.questions).where(said).order_by(q.id)).all():
        if row.kind == "match" and not {row.subject_id, row.other_id} <= keyed:
            continue
        if row.id not in answered:
            who = row.subject_id if row.subject_id in keyed else None
            tx.execute(t.questions.insert(), row._asdict() | {"subject_id": who})
        elif answered[row.id] is None:
            told = {each: getattr(row, each) for each in ("answer", "note", "answered_at", "answered_by")}
            tx.execute(t.questions.update().where(q.id == row.id).values(**told))


def _mark_gone(old: Connection, tx: Connection, vault: Vault, erased: set[bytes], busy: set[int]) -> None:
    """Records that were erased since are gone here too: if a vendor shows one, it has come back.

    Those of people with a case under way are left to it: it looks, and finds them gone.
    """
    r = t.records.c
    query = sa.select(r.id, r.subject_id, r.processor, r.kind, r.vendor_id)
    there = {tuple(row[2:]) for row in old.execute(query.where(r.state != "gone"))}
    gone = [
        row.id
        for row in tx.execute(query.where(r.state != "gone"))
        if row.subject_id not in busy
        and tuple(row[2:]) not in there
        and graves.link_hash(vault, row.processor, row.vendor_id) in erased
    ]
    for some in batches(gone):
        tx.execute(t.records.update().where(r.id.in_(some)).values(state="gone", look_at=None))


def _lost(old: Connection, after: int) -> dict[str, int]:
    counts: Counter[str] = Counter(json.loads(body)["action"] for _, body, _ in lines.stream(old, after))
    return dict(sorted(counts.items()))
