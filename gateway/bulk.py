"""The bulk way: one task for a person, who deletes many in a vendor's own screen by a list of record ids; reads prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway import risks
from gateway.errors import SettingsError
from gateway.forecast import Outlook, Way
from gateway.ledger import Transaction, bulk, lines, people, questions
from gateway.ledger.batches import batches
from gateway.ledger.bulk import KIND, Open
from gateway.ledger.work import Step
from gateway.model import Ref
from gateway.places import Place
from gateway.register import Register
from gateway.runs.auditing import scopes_of
from gateway.trail import Entry

_STEPS_A_LINE = 500
_PEOPLE_AT_ONCE = 500
OPTIONS = ("done", "not-done")


@dataclass(frozen=True, slots=True)
class Listed:
    """One record to delete there, and whose it is, by pseudonym."""

    person: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class Task:
    """What a person is asked to delete at one processor. `new`: it was made now; None as `number`: there is no need."""

    processor: str
    title: str
    number: int | None = None
    people: int = 0
    due_by: datetime | None = None
    records: tuple[Listed, ...] = ()
    new: bool = False


def hand_over(register: Register, name: str, actor: str, *, every: bool = False) -> Task:
    """The task at a processor: the one that waits there, or a new one over what calls cannot delete in time.

    With `every`, a new one is over all that is open there. It calls nobody.
    """
    place = _place(register, name)
    now = register.now()
    with register.ledger.write() as tx:
        number = bulk.task_at(tx, name)
        if number is not None and not bulk.steps_of(tx, number):
            questions.answer(tx, number, "settled", "gateway", "", now)
            number = None
        new = number is None
        if new:
            found = bulk.waiting(tx, name)
            number = _ask(tx, register, place, actor, found if every else _late(tx, register, name, found))
    if number is None:
        return Task(name, place.title)
    return _task(register, place, number, new=new)


def _place(register: Register, name: str) -> Place:
    place = register.places.get(name)
    if place is None:
        raise SettingsError(f"{name}: no such processor; gateway.toml has {', '.join(register.places)}")
    if not place.plugin or place.cannot_delete:
        raise SettingsError(
            f"{name}: what is deleted there is done by hand as it is; `gateway questions` lists the tasks"
        )
    if place.fault:
        raise SettingsError(
            f"{name}: cannot be called: {place.fault}; no read could prove what is done by hand"
        )
    return place


def _late(tx: Transaction, register: Register, name: str, found: Sequence[Open]) -> list[Open]:
    """Those of them that the calls do not suffice for: of each date the last, since the first are called for first."""
    outlook: Outlook = risks.outlooks(tx, register, register.now(), [name])[name]
    if outlook.lane.way is not Way.CALLS:
        return []
    late: dict[int, int] = {}
    for some in outlook.course.late:
        late[some.hard] = late.get(some.hard, 0) + some.late
    chosen = []
    for each in reversed(found):
        day = each.due_at.astimezone(register.zone).toordinal()
        if late.get(day, 0) > 0:
            late[day] -= 1
            chosen.append(each)
    return chosen[::-1]


def _ask(tx: Transaction, register: Register, place: Place, actor: str, chosen: Sequence[Open]) -> int | None:
    if not chosen:
        return None
    now = register.now()
    text = (
        f"{place.title}: delete what `gateway bulk {place.name}` lists in its own screen, of "
        f"{len(chosen):,} {'person' if len(chosen) == 1 else 'people'}, then answer."
    )
    number = questions.ask(tx, KIND, text, OPTIONS, now, due_at=chosen[0].due_at)
    numbers = [each.step for each in chosen]
    bulk.hand_over(tx, number, numbers, f"by hand, in bulk task {number}")
    lines.append(tx, _entries("handed-over", place.name, number, numbers, actor, now))
    return number


def _entries(
    action: str, processor: str, number: int, step_ids: Sequence[int], actor: str, now: datetime
) -> Iterator[Entry]:
    """The lines of the trail that name each step."""
    for some in batches(step_ids, _STEPS_A_LINE):
        yield Entry(now, actor, action, processor=processor, data={"question": number, "steps": some})


def _task(register: Register, place: Place, number: int, *, new: bool) -> Task:
    """A task with what is still to be deleted: whoever is not to be erased any more is not on it."""
    listed: list[Listed] = []
    with register.ledger.read() as tx:
        row = questions.get(tx, number)
        steps = bulk.steps_of(tx, number)
        for some in batches(steps, _PEOPLE_AT_ONCE):
            known = people.as_known_at(
                tx, register.ledger.vault, [each.subject for each in some], place.name, place.finds_by, scopes_of(some)
            )  # fmt: skip
            for each in some:
                subject = known[each.subject]
                listed += [Listed(subject.ref, ref) for ref in subject.records]
    due_by = None if row is None else row.due_at
    return Task(place.name, place.title, number, len(steps), due_by, tuple(listed), new)


def answered(
    tx: Transaction,
    number: int,
    said: str,
    actor: str,
    now: datetime,
    provable_at: Callable[[Step], datetime | None],
    on_a_word: Callable[[Step], object],
) -> str:
    """What follows from the answer, in a sentence: an audit proves what is said to be done, wherever there is one."""
    steps = bulk.steps_of(tx, number)
    if not steps:
        return "all of it was settled meanwhile; there is nothing left to do"
    name, numbers = steps[0].processor, [each.id for each in steps]
    if said != "done":
        bulk.take_back(tx, numbers, f"bulk task {number} was not done", now)
        lines.append(tx, _entries("taken-back", name, number, numbers, actor, now))
        return "the next sync deletes as many as the calls suffice for"
    verify_at = provable_at(steps[0])
    if verify_at is None:
        for each in steps:
            on_a_word(each)
        return "the steps are closed on your word"
    bulk.said_done(tx, numbers, f"done by hand, in bulk task {number}", now, verify_at)
    lines.append(tx, _entries("done-by-hand", name, number, numbers, actor, now))
    return "the next sync looks which of them are gone"
