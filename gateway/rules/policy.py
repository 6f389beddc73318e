"""A policy and the law as one value: data sets, purposes, retention rules, kept sets, in the words of ISO/IEC 27555."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from gateway.rules.precedence import Ground
from gateway.settings.period import Period


class Basis(StrEnum):
    """A legal basis, GDPR Art. 6(1)(a) to (f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTERESTS = "vital-interests"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTERESTS = "legitimate-interests"


YIELDING = frozenset({Basis.CONSENT, Basis.LEGITIMATE_INTERESTS})
"""Bases that end when the person withdraws, objects or asks to be erased; the others last as long as they are needed."""


class Switch(StrEnum):
    """Whether a row of the law acts, is only warned about, or is left out."""

    ON = "on"
    WARN = "warn"
    OFF = "off"


class Mark(StrEnum):
    """How sure a row of the law is: stated, from guidance, a reading, or general knowledge. R and M await a lawyer."""

    STATED = "C"
    GUIDANCE = "G"
    READING = "R"
    GENERAL = "M"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of the firm's published policy, and what the table of duties calls them (`P1`)."""

    text: str
    language: str = "nb"
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldAt:
    """Where a data set lies: at a processor, in records of one kind or (empty) of all kinds."""

    processor: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Data with one life: what is erased together (ISO/IEC 27555 "cluster of PII").

    `special` names what the law treats apart: credit, criminal, health, psychometric, national-id, picture.
    `duty` names the legal duty that keeps it (`bookkeeping`), for rows of the law that speak of that duty.
    """

    name: str
    title: str
    subjects: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    held_at: tuple[HeldAt, ...] = ()
    special: tuple[str, ...] = ()
    duty: str = ""
    phrase: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why data are used. `proof` says where each basis is proven (a balancing note, the consent rows).

    `about` is what rows of the law go by (`recruitment`, `marketing`, …); `collected` is from-person, elsewhere
    or both; `fields` are those of its data sets that the purpose needs (empty: not said).
    """

    name: str
    title: str
    bases: tuple[Basis, ...] = (Basis.CONSENT,)
    data_sets: tuple[str, ...] = ()
    proof: str = ""
    about: str = ""
    collected: str = "from-person"
    fields: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()
    phrase: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A retention rule: the data sets of the purposes are erased a `period` after the start event.

    `start` names events; the latest that is known counts. With `year_end`, the period runs from the end of the
    year of the event. `warn` are the times before the end at which it is warned of; `ask_again` is how long a
    person has to answer when asked for new consent (None: they are not asked). `unless` "consent": not for whom
    a consent that stands. Rules of the law carry their `row`.
    """

    id: str
    purposes: tuple[str, ...]
    data_sets: tuple[str, ...]
    start: tuple[str, ...]
    period: Period
    year_end: bool = False
    warn: tuple[Period, ...] = ()
    ask_again: Period | None = None
    unless: str = ""
    phrase: Phrase | None = None
    row: LawRow | None = None
    action: str = "erase"


@dataclass(frozen=True, slots=True)
class Keep:
    """A kept set: data sets that stay on a `ground` although they are due, restricted to `readers`.

    It runs from `start` (an event; `erasure`: the day the set was due) for `period`, or until `until_event`; whoever
    has not had the start event has nothing kept. With neither it has no end, which `gateway policy lint` calls broken.
    """

    id: str
    data_sets: tuple[str, ...]
    ground: Ground
    text: str
    start: str = "erasure"
    period: Period | None = None
    until_event: str = ""
    year_end: bool = False
    readers: tuple[str, ...] = ()
    phrase: Phrase | None = None
    row: LawRow | None = None


@dataclass(frozen=True, slots=True)
class LawRow:
    """One row of the law, as `gateway/rules/law/*.toml` has it. `says` is a sentence by language (nb, en).

    `acts` says what it is for the gateway: clock, retention, keep, or duty (which others carry out). `values` are the
    numbers of it (`period`, `extension`, `hours`, …) as the file writes them.
    """

    id: str
    article: str
    mark: Mark
    source: str
    says: Mapping[str, str]
    acts: str
    switch: Switch
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Party:
    """A legal person, category of data subject, source or recipient of the register: `details` are its other keys."""

    name: str
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """Something the published policy says that is no retention rule, under `[notice.NAME]`: a value and its words."""

    name: str
    value: Any
    phrase: Phrase | None = None


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. `version` is the hash of what it was read from, policy and law together.

    `uses` says which purposes a data set serves at a processor: the data sets of a purpose, where they are held, less
    the processors that gateway.toml keeps for other purposes.
    """

    title: str
    version: str
    purposes: Mapping[str, Purpose]
    data_sets: Mapping[str, DataSet]
    uses: Mapping[tuple[str, str], tuple[str, ...]]
    rules: tuple[Rule, ...] = ()
    keeps: tuple[Keep, ...] = ()
    events: Mapping[str, str] = field(default_factory=_none)
    law: Mapping[str, LawRow] = field(default_factory=_none)
    controllers: Mapping[str, Party] = field(default_factory=_none)
    subjects: Mapping[str, Party] = field(default_factory=_none)
    sources: Mapping[str, Party] = field(default_factory=_none)
    recipients: Mapping[str, Party] = field(default_factory=_none)
    notice: Mapping[str, Statement] = field(default_factory=_none)
    language: str = "nb"
    published: date | None = None
