"""When to look again whether what was proven gone has stayed gone; and who is found there again, as a record."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import due as looking
from gateway.ledger import people, sweeps
from gateway.ledger.batches import batches, insert_rows
from gateway.ledger.tables import AnyRow, cases, questions, records, steps, subjects, to_micros, watches
from gateway.ledger.vault import Vault
from gateway.model import Outcome, Ref

ABSENT, PRESENT, KEPT = "absent", "present", "kept"
_PROVEN = (str(Outcome.VERIFIED), str(Outcome.NOTHING))


@dataclass(frozen=True, slots=True)
class Look:
    """A look that is due: at what one step deleted. One look does for all its days that have come."""

    step: int
    case: int
    subject: int
    refs: tuple[Ref, ...]
    days: tuple[int, ...]


def begin(
    tx: Connection,
    processor: str,
    gone: Mapping[int, Collection[Ref]],
    after: Sequence[timedelta],
    now: datetime,
) -> None:
    """Have what these steps deleted looked for again, so long `after` now; it was just proven gone.

    A step that was proven before is watched from its new proof, for what it deleted then too. Each step has a
    day once.
    """
    of_each = {step: dict.fromkeys(refs) for step, refs in gone.items()}
    for some in batches(of_each):
        theirs = watches.c.step_id.in_(some)
        for row in tx.execute(sa.select(watches.c.step_id, watches.c.refs).where(theirs)):
            of_each[row.step_id].update(dict.fromkeys(_unpack(row.refs)))
        tx.execute(watches.delete().where(theirs))
    rows = [
        (step, processor, each.days, to_micros(now + each), "", packed)
        for step, packed in ((step, _pack(refs)) for step, refs in of_each.items() if refs)
        for each in after
    ]
    insert_rows(tx, watches, ("step_id", "processor", "day", "due_at", "found", "refs"), rows)


def _pack(refs: Iterable[Ref]) -> str:
    return json.dumps([[each.kind, each.id] for each in refs])


def _unpack(packed: Iterable[Sequence[str]]) -> tuple[Ref, ...]:
    return tuple(Ref(kind, vendor_id) for kind, vendor_id in packed)


def _waiting() -> sa.Select[Any]:
    """The watches nobody has looked at, of what is gone as far as is known.

    Not while a step is to be done again, or is kept by now, or a person is asked whether they came back themselves.
    """
    asked = sa.select(steps.c.case_id).join(questions, questions.c.step_id == steps.c.id)
    asked = asked.where(questions.c.kind == "returned", questions.c.answered_at.is_(None))
    gone = steps.c.closed_at.is_not(None) & steps.c.outcome.in_(_PROVEN)
    return (
        sa.select(watches)
        .join(steps, steps.c.id == watches.c.step_id)
        .join(cases, cases.c.id == steps.c.case_id)
        .where(watches.c.looked_at.is_(None), gone | (cases.c.state == "dropped"), cases.c.id.not_in(asked))
    )


def due(tx: Connection, processor: str, now: datetime, only: Collection[int] | None = None) -> list[Look]:
    """The looks whose time has come at one processor (of the steps of `only`, if given), longest due first."""
    query = _waiting().add_columns(steps.c.case_id, cases.c.subject_id)
    query = query.where(watches.c.processor == processor, watches.c.due_at <= now)
    if only is not None:
        query = query.where(watches.c.step_id.in_(only))
    found: dict[int, list[AnyRow]] = {}
    for row in tx.execute(query.order_by(watches.c.due_at, watches.c.id)):
        found.setdefault(row.step_id, []).append(row)
    return [
        Look(step, rows[0].case_id, rows[0].subject_id, _unpack(rows[0].refs), tuple(row.day for row in rows))
        for step, rows in found.items()
    ]


def looked(tx: Connection, looks: Iterable[Look], found: str, now: datetime) -> None:
    """Write down what these looks have found, for each of their days."""
    for each in looks:
        days = watches.update().where(watches.c.step_id == each.step, watches.c.day.in_(each.days))
        tx.execute(days.where(watches.c.looked_at.is_(None)).values(looked_at=now, found=found))


def end(tx: Connection, case: int, now: datetime) -> None:
    """Nobody looks any more for what a case deleted: the person came back by themselves."""
    mine = sa.select(steps.c.id).where(steps.c.case_id == case)
    left = watches.update().where(watches.c.step_id.in_(mine), watches.c.looked_at.is_(None))
    tx.execute(left.values(looked_at=now, found=KEPT))


def due_count(tx: Connection, now: datetime) -> dict[str, int]:
    """How many looks are due at each processor there are any at, those that cannot be called now included."""
    found = {}
    for name in _processors(tx):
        here = _waiting().where(watches.c.processor == name, watches.c.due_at <= now).subquery()
        found[name] = tx.execute(sa.select(sa.func.count(here.c.step_id.distinct()))).scalar_one()
    return found


def _processors(tx: Connection) -> list[str]:
    return list(tx.execute(sa.select(watches.c.processor).distinct().order_by(watches.c.processor)).scalars())


def of_case(tx: Connection, case: int) -> dict[int, datetime]:
    """When what each step of a case deleted is looked for again, by the number of the step."""
    waiting = _waiting().where(cases.c.id == case).subquery()
    query = sa.select(waiting.c.step_id, sa.func.min(waiting.c.due_at)).group_by(waiting.c.step_id)
    return {row[0]: row[1] for row in tx.execute(query)}


def there_again(
    tx: Connection,
    vault: Vault,
    processor: str,
    look: Look,
    held: Mapping[Ref, datetime | None],
) -> None:
    """Take in what is there again as records that have come back, each held since then.

    The next plan goes by them as by those that a fetch has found. Nothing but their ids is known: whoever was
    erased is a new person, without an address, until a fetch tells more.
    """
    rows = {ref: _known(tx, processor, ref) for ref in held}
    new = [ref for ref, row in rows.items() if row is None]
    owner = _whose(tx, vault, look.subject) if new else look.subject
    for ref in new:
        _insert(tx, vault, processor, (ref, held[ref]), owner, look.step)
    for ref, row in rows.items():
        if row is not None:
            changes: dict[str, Any] = {"returned_step": row.returned_step or look.step}
            if row.state == "gone":
                # What was read of it is of the time before: the next fetch reads it anew.
                since = held[ref] or row.created_at
                changes |= {"state": "held", "digest": b"", "created_at": since, "look_at": None}
            tx.execute(records.update().where(records.c.id == row.id).values(**changes))
    looking.changed(tx, {owner, *(row.subject_id for row in rows.values() if row is not None)})


def _known(tx: Connection, processor: str, ref: Ref) -> AnyRow | None:
    here = (records.c.processor == processor, records.c.kind == ref.kind, records.c.vendor_id == ref.id)
    return tx.execute(sa.select(records).where(*here)).one_or_none()


def _whose(tx: Connection, vault: Vault, before: int) -> int:
    """The person as they were, where they are not erased; a new one where they are."""
    if people.exists(tx, before):
        return before
    subject = int(tx.execute(sa.select(sa.func.max(subjects.c.id))).scalar() or 0) + 1
    tx.execute(subjects.insert(), {"id": subject, "wrapped_key": vault.new_key()[1]})
    return subject


def _insert(
    tx: Connection, vault: Vault, processor: str, what: tuple[Ref, datetime | None], subject: int, step: int
) -> None:
    ref, since = what
    sweep = sweeps.current(tx, processor, ref.kind)
    wrapped = tx.execute(sa.select(subjects.c.wrapped_key).where(subjects.c.id == subject)).scalar_one()
    number = int(tx.execute(sa.select(sa.func.max(records.c.id))).scalar() or 0) + 1
    tx.execute(
        records.insert(),
        {
            "id": number, "processor": processor, "kind": ref.kind, "vendor_id": ref.id, "subject_id": subject,
            "sealed": vault.seal(vault.unwrap(wrapped), []), "digest": b"", "created_at": since,
            "sweep_id": sweep.id if sweep is not None else 0, "state": "held", "returned_step": step,
        },
    )  # fmt: skip
