"""Whom the rules have to look at, what is known about each, and what is remembered of the look."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.ledger import events, holds
from gateway.ledger.batches import batches, rows_in, update_rows
from gateway.ledger.tables import AnyRow, absences, bases, records, subjects, to_micros
from gateway.obligations import AbsenceFact, BasisFact, PersonFacts, RecordFact

IN_SCOPE = ("held", "vanished")
AT_A_TIME = 2_000
"""How many people are in memory together: what a scan holds does not grow with the ledger."""

_BASES = sa.select(
    bases.c.subject_id,
    bases.c.purpose,
    bases.c.processor,
    bases.c.given_at,
    bases.c.over_at,
    bases.c.withdrawn_at,
).where(sa.true())
_RECORDS = sa.select(
    records.c.subject_id,
    records.c.processor,
    records.c.kind,
    records.c.created_at,
    records.c.updated_at,
    records.c.active_at,
    records.c.state == "vanished",
).where(sa.or_(*(records.c.state == each for each in IN_SCOPE)))


def to_look_at(tx: Connection, now: datetime, also: Collection[int] = ()) -> Iterator[list[int]]:
    """Everyone something has changed for, or whose next date has come, and `also`; some at a time, by number."""
    query = sa.select(subjects.c.id).where(
        subjects.c.look_at <= to_micros(now), subjects.c.wrapped_key.is_not(None)
    )
    result = tx.execute(query)
    assert result.cursor is not None, "a query has rows"
    # One after the other: there may be a million.
    found = array("q", map(itemgetter(0), iter(result.cursor.fetchone, None)))
    result.close()
    yield from batches(sorted({*found, *also} if also else found), AT_A_TIME)


def everybody(tx: Connection) -> Iterator[list[int]]:
    """Everyone who is not erased, some at a time, by number."""
    last = 0
    while True:
        query = sa.select(subjects.c.id).where(subjects.c.id > last, subjects.c.wrapped_key.is_not(None))
        found = list(tx.execute(query.order_by(subjects.c.id).limit(AT_A_TIME)).scalars())
        if not found:
            return
        yield found
        last = found[-1]


def changed(tx: Connection, people: Iterable[int]) -> None:
    """Something was written about these people: the rules look at them again."""
    for some in batches(people):
        tx.execute(
            subjects.update().where(subjects.c.id.in_(some), subjects.c.look_at != 0).values(look_at=0)
        )


def everybody_changed(tx: Connection) -> None:
    """The rules themselves have changed."""
    tx.execute(subjects.update().where(subjects.c.look_at != 0).values(look_at=0))


def looked_at(tx: Connection, again: Mapping[int, int]) -> None:
    """Remember when to look at each of these people again, in microseconds."""
    update_rows(tx, subjects, "look_at", [(moment, subject) for subject, moment in again.items()])


def facts(tx: Connection, people: Sequence[int], *, everyone: bool = False) -> Iterator[PersonFacts]:
    """What is known about each of these people, leaving out what a processor keeps.

    Nobody without a record in scope; with `everyone`, these too.
    """
    for some in batches(people):
        found: dict[int, list[RecordFact]] = {}
        for row in rows_in(tx, _RECORDS, records.c.subject_id, some):
            fact = RecordFact(*row[1:])
            try:
                found[row[0]].append(fact)
            except KeyError:
                found[row[0]] = [fact]
        if not found and not everyone:
            continue
        said: dict[int, list[BasisFact]] = {}
        for row in rows_in(tx, _BASES, bases.c.subject_id, some):
            basis = BasisFact(*row[1:])
            try:
                said[row[0]].append(basis)
            except KeyError:
                said[row[0]] = [basis]
        happened, held, absent = events.facts_of(tx, some), holds.facts_of(tx, some), _absent(tx, some)
        for subject in sorted(some if everyone else found):
            yield PersonFacts(
                subject,
                tuple(said.get(subject, ())),
                tuple(found.get(subject, ())),
                tuple(happened.get(subject, ())),
                tuple(held.get(subject, ())),
                tuple(absent.get(subject, ())),
            )


def _absent(tx: Connection, people: Collection[int]) -> dict[int, list[AbsenceFact]]:
    query = sa.select(
        absences.c.subject_id, absences.c.data_set, absences.c.processor, absences.c.since
    ).where(sa.true())
    found: dict[int, list[AbsenceFact]] = {}
    for subject, data_set, processor, since in rows_in(tx, query, absences.c.subject_id, people):
        found.setdefault(subject, []).append(AbsenceFact(data_set, processor, since))
    return found


def absent(
    tx: Connection, subject: int, processor: str, data_sets: Iterable[str], step: int, now: datetime
) -> None:
    """These data sets were erased at a processor where other data of the person stay."""
    for name in data_sets:
        where = (absences.c.subject_id == subject) & (absences.c.data_set == name)
        tx.execute(absences.delete().where(where, absences.c.processor == processor))
        row = {"subject_id": subject, "data_set": name, "processor": processor, "since": now, "step_id": step}
        tx.execute(absences.insert(), row)
    changed(tx, [subject])


def returned(tx: Connection) -> list[AnyRow]:
    """Records that came back after they were erased: (record, subject, processor, step, created)."""
    query = sa.select(
        records.c.id, records.c.subject_id, records.c.processor, records.c.returned_step, records.c.created_at
    ).where(records.c.returned_step.is_not(None), records.c.state.not_in(("vanished", "gone")))
    return list(tx.execute(query.order_by(records.c.id)))


def newer(tx: Connection, subject: int, processor: str, erased: datetime, day: datetime) -> bool:
    """Whether anything shows that a person did something themselves after they were erased at a processor.

    A record there was made, or they were active in it; or they gave a consent, anywhere: on that `day` or later.
    """
    made = sa.or_(records.c.created_at > erased, records.c.active_at > erased)
    there = (records.c.subject_id == subject, records.c.processor == processor, records.c.state != "gone")
    given = (bases.c.subject_id == subject, bases.c.basis == "consent", bases.c.given_at >= day)
    found = sa.union_all(sa.select(records.c.id).where(*there, made), sa.select(bases.c.id).where(*given))
    return tx.execute(found.limit(1)).first() is not None


def answered(tx: Connection, subject: int) -> None:
    """Whether a person came back has been answered: nothing more is made of their records that did."""
    theirs = records.update().where(records.c.subject_id == subject)
    tx.execute(theirs.where(records.c.returned_step.is_not(None)).values(returned_step=None))


def forget_ended(tx: Connection, subject: int, moment: datetime) -> None:
    """What a person had agreed to, and was over at a moment, says nothing of what they did since."""
    over = (bases.c.over_at <= moment) | (bases.c.withdrawn_at <= moment)
    tx.execute(bases.delete().where(bases.c.subject_id == subject, bases.c.basis == "consent", over))
    changed(tx, [subject])


def kept_over(tx: Connection, now: datetime) -> list[tuple[int, str]]:
    """Whose records are not kept any longer, and where: (subject, processor)."""
    over = records.c.state.in_(("kept", "refused")) & (records.c.look_at <= now)
    query = sa.select(records.c.subject_id, records.c.processor).where(over).order_by(records.c.id)
    return [(row.subject_id, row.processor) for row in tx.execute(query)]


def release_kept(tx: Connection, now: datetime) -> int:
    """Kept records whose time is over are in scope again; how many."""
    changed(tx, dict.fromkeys(map(itemgetter(0), kept_over(tx, now))))
    released = tx.execute(
        records.update()
        .where(records.c.state.in_(("kept", "refused")), records.c.look_at <= now)
        .values(state="held", look_at=None)
    )
    return released.rowcount


def people(tx: Connection) -> int:
    """How many people the ledger knows to be held somewhere."""
    return tx.execute(
        sa.select(sa.func.count(records.c.subject_id.distinct())).where(records.c.state != "gone")
    ).scalar_one()
