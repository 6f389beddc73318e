"""The answer to a person's request, put off once: by two months, for reasons they were told within the first (Art. 12(3))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gateway.errors import SettingsError
from gateway.ledger import AnyRow, extending, lines, people, work
from gateway.ledger.placing import begins_at
from gateway.ledger.views import UNDER_WAY
from gateway.obligations import Trigger
from gateway.register import Register
from gateway.rules import clocks
from gateway.rules.calendar import Holidays
from gateway.rules.clocks import Extension
from gateway.trail import Entry

CLOCK = "answer"


@dataclass(frozen=True, slots=True)
class Extended:
    """A case with its new days, `hard` and the working day it is `rolled` to, and the day it had before."""

    case: int
    subject: int
    before: date
    hard: date
    rolled: date


def extend(register: Register, actor: str, number: int, reason: str, told: date) -> Extended:
    """Put off the answer of a case that a person's request opened; SettingsError where the law does not allow it."""
    now, zone = register.now(), register.zone
    why = " ".join(reason.split())
    if not why:
        raise SettingsError("--reason: is empty; say in a few words why it takes longer, without a name")
    with register.ledger.write() as tx:
        row = work.get_case(tx, number)
        if row is None:
            raise SettingsError(f"case {number}: there is none of that number; `gateway cases` lists them")
        _check_case(row)
        before = row.due_at.astimezone(zone).date()
        received = (row.start_at or row.opened_at).astimezone(zone).date()
        _check_told(told, received, before, now.astimezone(zone).date())
        found = _later(register, received)
        told_at = begins_at(told, zone)
        assert told_at is not None, "it is given a day"
        extending.extend(
            tx, number, due_at=clocks.end_of_day(found.hard, zone), rolled_at=clocks.end_of_day(found.rolled, zone),
            by=actor, why=why, told_at=told_at, now=now,
        )  # fmt: skip
        lines.append(tx, [_entry(row, actor, now, before, found.hard, told)])
    return Extended(number, row.subject_id, before, found.hard, found.rolled)


def _entry(row: AnyRow, actor: str, now: datetime, before: date, due: date, told: date) -> Entry:
    data = {"from": before.isoformat(), "due": due.isoformat(), "told": told.isoformat()}
    return Entry(now, actor, "extended-date", subject=people.ref_of(row.subject_id), case=row.id, data=data)


def _check_case(row: AnyRow) -> None:
    if row.state not in UNDER_WAY:
        raise SettingsError(f"case {row.id}: is {row.state}; only a case under way can be extended")
    if row.trigger != Trigger.REQUEST:
        raise SettingsError(
            f"case {row.id}: was not opened by a request ({row.trigger}); only the answer to a person's request can be "
            "put off (GDPR Art. 12(3))"
        )
    if row.extended_at is not None:
        raise SettingsError(
            f"case {row.id}: was extended before, by {row.extended_by}; it can be extended once (GDPR Art. 12(3))"
        )


def _check_told(told: date, received: date, due: date, today: date) -> None:
    if told > today:
        raise SettingsError(f"--told {told}: is not here yet; tell the person first, then extend the case")
    if told < received:
        raise SettingsError(f"--told {told}: is before the request, which came on {received}")
    if told > due:
        raise SettingsError(
            f"--told {told}: is too late; the person has to be told of it and why by {due} (GDPR Art. 12(3)), and the day "
            "stays"
        )


def _later(register: Register, received: date) -> Extension:
    """The day after an extension, by the row of the law that sets the clock of an answer."""
    row = clocks.clock(register.policy, CLOCK)
    first = clocks.period_of(row) if row is not None else None
    more = clocks.period_of(row, "extension") if row is not None else None
    if first is None or more is None:
        raise SettingsError(
            f"the law: no row that is on sets a clock {CLOCK!r} with a period and an extension; switch it on under [law] "
            "in policy.toml"
        )
    return clocks.extension(received, first, more, Holidays())
