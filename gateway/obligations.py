"""What the rules read about a person, and what they say is owed; the ledger hands over the one and keeps the other.

Moments are whole microseconds since 1970 in UTC, as the ledger keeps them: a scan of all people reads millions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Trigger(StrEnum):
    """Why a case is opened."""

    CONSENT_EXPIRED = "consent-expired"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    RETENTION_OVER = "retention-over"
    VANISHED = "vanished"
    REQUEST = "request"
    RETURNED = "returned"


class Action(StrEnum):
    """What is owed."""

    ERASE = "erase"
    """The data set goes, at that processor (GDPR Art. 5(1)(e), 17)."""
    ASK = "ask"
    """The person is asked for new consent before the old one is over."""
    INFORM = "inform"
    """The person is told that they are held, and from which source (GDPR Art. 14)."""


class BasisFact(NamedTuple):
    """A consent for one purpose; `processor` None means at every processor."""

    purpose: str
    processor: str | None
    given_at: int | None
    over_at: int | None
    withdrawn_at: int | None


class RecordFact(NamedTuple):
    """A record in scope: held, or `vanished` at the source it came from."""

    processor: str
    kind: str
    created: int | None
    updated: int | None
    active: int | None
    vanished: bool


class EventFact(NamedTuple):
    """Something that happened to a person and starts or ends a period; `purpose` None: for every purpose."""

    name: str
    purpose: str | None
    at: int


class HoldFact(NamedTuple):
    """What an operator wrote down that forbids erasure: of one data set, or (None) of all. `until` None: till released."""

    number: int
    kind: str
    data_set: str | None
    since: int
    until: int | None


class AbsenceFact(NamedTuple):
    """A data set that was erased at a processor where other data of the person stay."""

    data_set: str
    processor: str
    since: int


class PersonFacts(NamedTuple):
    """All that is known about one person that a rule may rest on."""

    subject: int
    bases: tuple[BasisFact, ...] = ()
    records: tuple[RecordFact, ...] = ()
    events: tuple[EventFact, ...] = ()
    holds: tuple[HoldFact, ...] = ()
    absences: tuple[AbsenceFact, ...] = ()


class Obligation(NamedTuple):
    """What one rule says is owed to one person: per purpose, data set and processor.

    `due` is the first moment it is owed (for `ask` and `inform`: the moment it has to be done by), counted from
    `start`, when `event` happened. Where it is about the person and a purpose as a whole, `data_set` and
    `processor` are empty.
    """

    subject: int
    action: Action
    purpose: str
    data_set: str
    processor: str
    rule: str
    event: str
    start: int | None
    due: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a person a step is about at one processor.

    `sets` are the data sets that are due there. `kinds` None: everything held there; else only the records of
    these kinds. `by_hand`: the data sets lie in records that hold others which stay, so that no call can part them.
    """

    sets: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """A data set that may not be erased yet at one processor: on which ground, by which keep or hold, until when."""

    data_set: str
    processor: str
    ground: str
    rule: str
    until: int | None
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erase what is due of `subject`: at the processors of `scopes` (None: everywhere), since `since`, because of `why`.

    `owed` are the obligations it rests on, `stays` what of the person is not erased with it.
    """

    subject: int
    trigger: Trigger
    scopes: Mapping[str, Scope] | None
    since: datetime
    why: str
    purpose: str = ""
    owed: tuple[Obligation, ...] = ()
    stays: tuple[Stay, ...] = field(default=())
