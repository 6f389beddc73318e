"""What a verification found: the faults, each naming its line and saying what is wrong in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.trail.lines import Head


class FaultKind(StrEnum):
    """What is wrong with a line or a checkpoint."""

    CHANGED = "changed"
    """The content is not what was written."""
    REHASHED = "rehashed"
    """The content is right, the stored hash is not."""
    MISSING = "missing"
    MOVED = "moved"
    """The line is there, at the wrong place."""
    INSERTED = "inserted"
    RENUMBERED = "renumbered"
    """The line is in its place; the number it is stored under, or calls itself, is not its own."""
    UNPROVEN = "unproven"
    """The line before it is not the original, so that nothing can be said about this one."""
    TRUNCATED = "truncated"
    """The trail ends before a line that was signed."""
    REWRITTEN = "rewritten"
    """A checkpoint was signed over another hash: lines were written anew, hashes and all."""
    FORGED = "forged"
    """The signature of a checkpoint is wrong."""
    UNKNOWN_KEY = "unknown-key"
    """A checkpoint was signed with a key that was not given."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at line `line` (to `last`, if several); one that is not `primary` follows from others."""

    line: int
    kind: FaultKind
    text: str
    last: int
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """`faults` by line, at most as many as were asked for; `more` are not listed. `notes` are not faults.

    `lines` were read, `head` is where the trail ends, `signed_to` the last line a checkpoint vouches for.
    """

    lines: int
    head: Head
    signed_to: int
    faults: tuple[Fault, ...]
    more: int
    notes: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def spelled(first: int, last: int) -> str:
    """`line 5`, or `lines 5 to 8`."""
    return f"line {first}" if first == last else f"lines {first} to {last}"
