"""The values that pass between the core and a plugin. All are immutable; every time carries its zone (UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a step stands."""

    DONE = "done"
    """The vendor says it did it; to be verified after the grace."""
    ACCEPTED = "accepted"
    """The vendor will do it later; look again at the date it gave."""
    NOTHING = "nothing"
    """Nothing is held there, by a read that showed it."""
    KEPT = "kept"
    """Kept for a stated reason, with an end date where there is one."""
    MANUAL = "manual"
    """A person has to do it."""
    REFUSED = "refused"
    """They decide themselves: own controller, legal duty, hold."""
    UNLINKABLE = "unlinkable"
    """No identity they know; a question for the operator."""
    RETRY = "retry"
    """Later, by itself."""
    BROKEN = "broken"
    """The answer was not understood, or is untrue; a person looks."""
    VERIFIED = "verified"
    """Audited absent after the grace."""
    RETURNED = "returned"
    """It is there again."""


class IdentityKind(StrEnum):
    """What may join two records into one person, always by exact equality after normalisation."""

    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    """A record at another processor, written `processor:id`."""


class Secret:
    """A value that shows itself only when asked: `secret.reveal()`. It has no revealing text form."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value in clear; call it on the line that signs a request, and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    def __str__(self) -> str:
        return "**********"

    def __format__(self, spec: str) -> str:
        return "**********"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is never written out")


# What a plugin says of its vendor


class Window(StrEnum):
    """How a call limit is counted."""

    SLIDING = "sliding"
    """At most `calls` in any stretch of `period`."""
    FIXED = "fixed"
    """At most `calls` from the first call until `period` has passed, then anew."""
    UTC_DAY = "utc-day"
    """At most `calls` from midnight to midnight UTC."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A call limit of the vendor. `header` names the response header that says how many calls are left."""

    calls: int
    period: timedelta = timedelta(days=1)
    window: Window = Window.SLIDING
    header: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key under `[processors.NAME.settings]`.

    `type` is one of str, int, bool, float, list (of text). A secret one must be given as `{ env = … }` or
    `{ file = … }` and reaches the plugin as a `Secret`. `choices`, where given, are all that is allowed.
    A setting that is not required and not given arrives as its `default`.
    """

    name: str
    help: str
    type: type = str
    required: bool = False
    secret: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record the vendor holds, as `fetch` takes it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Vendor:
    """What `describe` says.

    `kinds` can be fetched. `finds_by` are the identity kinds `delete` and `audit` can find a person by
    without a record id. `delete_batch` and `audit_batch` are the most subjects worth handing over in one
    call. `grace` is how long after a deletion absence can first be checked. `cannot` maps the name of a hook
    the vendor has no way to carry out to the reason, in one sentence. `expected_failures` maps each law of
    `gateway.testing.PluginContract` that this plugin does not keep yet (or `law[hook]`, for one hook) to the reason,
    in one sentence.
    """

    name: str
    title: str
    site: str
    kinds: tuple[Kind, ...]
    settings: tuple[Setting, ...] = ()
    limits: tuple[Limit, ...] = ()
    finds_by: frozenset[IdentityKind] = frozenset()
    delete_batch: int = 50
    audit_batch: int = 200
    grace: timedelta = timedelta(0)
    cannot: Mapping[str, str] = field(default_factory=dict)
    expected_failures: Mapping[str, str] = field(default_factory=dict)


# What is held


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The name of one record at one processor: its kind and the vendor's id, as text."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Identity:
    """One way to know a person. `value` is as the vendor spells it; the core normalises it."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as the vendor records it. A plain date means through that day in the firm's time zone."""

    purpose: str
    given: date | datetime | None = None
    expires: date | datetime | None = None
    withdrawn: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One thing held about one person: who, why and until when; never its content.

    `name` and `born` never join two records; they only keep two people behind one address apart. The core
    keeps a keyed hash of them and nothing else. `flaws` names what the vendor gave that cannot be read, one
    sentence each, without personal data; what is flawed is left out, never guessed.
    """

    ref: Ref
    identities: tuple[Identity, ...] = ()
    name: str = ""
    born: date | None = None
    created: datetime | None = None
    updated: datetime | None = None
    active: datetime | None = None
    consents: tuple[Consent, ...] = ()
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a fetch.

    `cursor` is text from which all after this page can be had again; on the last page it is where the next
    fetch starts (None: from the beginning). `complete` is None while more pages come; on the last page it
    says whether every record of the kind has been shown since the fetch that began without a cursor.
    """

    records: tuple[Record, ...]
    cursor: str | None
    complete: bool | None = None


# What is asked and answered


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as one processor knows them, and no more.

    `ref` is opaque and comes back in receipts and holdings. `records` are those known there and in scope;
    `kept` are known there and must not be touched. `identities` are normalised: e-mail in lower case, phone
    in E.164.
    """

    ref: str
    identities: tuple[Identity, ...] = ()
    records: tuple[Ref, ...] = ()
    kept: tuple[Ref, ...] = ()

    def known_by(self, kind: IdentityKind) -> tuple[str, ...]:
        """The values of the identities of one kind."""
        return tuple(each.value for each in self.identities if each.kind == kind)

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids of the records in scope of one kind."""
        return tuple(each.id for each in self.records if each.kind == kind)


class Reason(StrEnum):
    """Why a record stays."""

    EMPLOYMENT = "employment"
    LEGAL_DUTY = "legal-duty"
    OWN_CONTROLLER = "own-controller"
    SHARED = "shared"
    """Others are in it too; what names this person was taken out or is flagged."""
    REVIEW = "review"
    """Free text that may name the person; a person has to read it."""
    USER_ACCOUNT = "user-account"
    LOG = "log"
    """A line in the vendor's own log of events, which no call deletes and which ends by itself."""
    CONTRACT = "contract"
    CLAIMS = "claims"
    ORDER = "order"
    """An authority or a court ordered that it is kept."""
    FREEZE = "freeze"
    """It may only be stored for now (GDPR Art. 18)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that stays: why in one sentence, until when, and who may still read it."""

    ref: Ref
    reason: Reason
    text: str
    until: date | None = None
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one subject in a `delete`.

    `outcome` is one of done, accepted, nothing, kept, manual, refused, unlinkable. `deleted` are the records
    the vendor says are gone, `kept` those that stay. `look_again` belongs to accepted. `note` is for the
    operator: what to do by hand, or what was seen; no personal data.
    """

    subject: str
    outcome: Outcome
    deleted: tuple[Ref, ...] = ()
    kept: tuple[Kept, ...] = ()
    look_again: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A record that is still held about a subject, without its content."""

    subject: str
    ref: Ref
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing held about a subject, in full: JSON text or the bytes of a file."""

    ref: Ref
    media_type: str
    content: bytes
    name: str = ""
