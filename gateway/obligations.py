"""What the rules read about a person, and what they say is owed. The rule engine replaces who fills these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Trigger(StrEnum):
    """Why a case is opened."""

    CONSENT_EXPIRED = "consent-expired"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    RETENTION_OVER = "retention-over"
    VANISHED = "vanished"
    REQUEST = "request"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class BasisFact:
    """A consent (or another basis) for one purpose; `processor` None means at every processor."""

    purpose: str
    processor: str | None
    given_at: datetime | None
    over_at: datetime | None
    withdrawn_at: datetime | None
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class RecordFact:
    """A record in scope: held, or `vanished` at the source it came from."""

    processor: str
    created: datetime | None
    updated: datetime | None
    active: datetime | None
    vanished: bool


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """All that is known about one person that a rule may rest on."""

    subject: int
    bases: tuple[BasisFact, ...]
    records: tuple[RecordFact, ...]


@dataclass(frozen=True, slots=True)
class RetentionScan:
    """What to look for when a retention period is over: a record at `processors` with `start` before `cutoff`."""

    purpose: str
    start: str
    cutoff: datetime
    processors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """Erase what is held on `subject` at `processors` (None: everywhere), since `since`, because of `why`."""

    subject: int
    trigger: Trigger
    processors: tuple[str, ...] | None
    since: datetime
    why: str
    purpose: str = ""
