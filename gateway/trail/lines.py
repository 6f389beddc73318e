"""The lines of the trail: what happened as canonical text, each chained to the one before by its hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

LARGEST = 2**53 - 1
"""Larger numbers are not read alike by all readers of JSON (RFC 8785)."""
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, before it has its place in the trail. No names, no addresses, no payloads.

    `subject` is a pseudonym such as `S41`, `why` a short sentence, `data` a small mapping of text, whole
    numbers, booleans, None, and lists and mappings of them.
    """

    at: datetime
    actor: str
    action: str
    subject: str = ""
    case: int | None = None
    step: int | None = None
    processor: str = ""
    outcome: str = ""
    why: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a trail ends: the number and the hash of its last line."""

    seq: int
    hash: bytes


class Line(NamedTuple):
    """A line as it is stored: a tuple, because a trail has millions and rows of a database are tuples."""

    seq: int
    body: str
    hash: bytes


GENESIS = Head(0, bytes(32))
"""The end of an empty trail."""


_PLAIN = (
    "it may hold text, whole numbers up to 2**53 - 1, booleans, None, and lists and mappings of them "
    f"(keys in ASCII, at most {DEEPEST} deep)"
)
_texts_of = attrgetter("actor", "action", "subject", "processor", "outcome", "why")


class _Body(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """The members of a body, in the order in which they are written: sorted by name."""

    action: str
    actor: str
    at: str
    case: int | None = None
    data: dict[str, Any] = {}
    outcome: str = ""
    processor: str = ""
    seq: int
    step: int | None = None
    subject: str = ""
    why: str = ""


_ENCODER = msgspec.json.Encoder(order="deterministic")


def chain(head: Head, entries: Iterable[Entry]) -> list[Line]:
    """The lines that write `entries` down after `head`. Raises ValueError for what has no canonical form."""
    seq, digest = head.seq, head.hash
    at, stamped = None, ""
    lines = []
    for entry in entries:
        seq += 1
        if entry.at is not at:  # what happens together mostly has one time
            at = entry.at
            stamped = stamp(at)
        body = _canonical(seq, stamped, entry)
        digest = sha256(digest + body).digest()
        lines.append(Line(seq, body.decode(), digest))
    return lines


def stamp(at: datetime) -> str:
    """The one way a time is written in the trail: UTC with microseconds, `2026-03-01T08:00:00.000000Z`."""
    if at.tzinfo is not UTC:
        if at.utcoffset() is None:
            raise ValueError("a time in the trail carries its zone")
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:-6] + "Z"


def _canonical(seq: int, at: str, entry: Entry) -> bytes:
    data = dict(entry.data)
    if data and not _is_plain(data):
        raise ValueError(f"trail line {seq}: data has no canonical form; {_PLAIN}")
    if not entry.actor or not entry.action:
        raise ValueError(f"trail line {seq}: actor and action are not empty")
    if not (_is_number(entry.case) and _is_number(entry.step)):
        raise ValueError(f"trail line {seq}: case and step are whole numbers up to 2**53 - 1")
    body = _Body(
        action=entry.action, actor=entry.actor, at=at, case=entry.case, data=data, outcome=entry.outcome,
        processor=entry.processor, seq=seq, step=entry.step, subject=entry.subject, why=entry.why,
    )  # fmt: skip
    try:
        "".join(_texts_of(entry))  # raises for what is not text
        return _ENCODER.encode(body)
    except (TypeError, UnicodeEncodeError):
        raise ValueError(f"trail line {seq} holds what is not Unicode text") from None


def _is_number(value: object) -> bool:
    return value is None or (type(value) is int and -LARGEST <= value <= LARGEST)


def _is_plain(value: object, depth: int = 0) -> bool:
    kind = type(value)
    if kind is str or kind is bool or _is_number(value):
        return True
    if depth == DEEPEST:
        return False
    members: Iterable[object] = ()
    if isinstance(value, dict):
        for key in value:
            if not (isinstance(key, str) and key.isascii()):
                return False
        members = value.values()
    elif isinstance(value, list | tuple):
        members = value
    else:
        return isinstance(value, StrEnum)
    for member in members:  # noqa: SIM110 - all() is twice as slow
        if not _is_plain(member, depth + 1):
            return False
    return True
