"""Verifying a trail: one pass over its lines, naming what was changed, removed, inserted, moved or cut off.

A line is sound if its hash is that of the hash before it and its content, and if it carries the number that
is due. All sound lines pass through one tight loop. A line that is not sound is judged together with the line
after it: what that one builds on tells which of the two is right. Then the walk goes on from the stored hash,
so that one fault is one fault, and not as many as there are lines after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain

import msgspec

from gateway.trail.checkpoints import Checkpoint
from gateway.trail.findings import Findings, Marks, name_of, trust
from gateway.trail.lines import GENESIS, Head
from gateway.trail.report import FaultKind, Report, spelled

Row = tuple[int, str, bytes]
TOLERANCE = timedelta(minutes=1)
"""Clocks of several nodes differ a little; a line may be that much earlier than the one before."""


class _Own(msgspec.Struct, gc=False):
    """What a line says of itself."""

    at: str
    seq: int


_DECODER = msgspec.json.Decoder(_Own)
_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)


def verify(
    lines: Iterable[Row],
    checkpoints: Sequence[Checkpoint],
    public_keys: Iterable[str],
    anchors: Sequence[Checkpoint] = (),
    *,
    limit: int = 100,
) -> Report:
    """Check a whole trail from its first line, reading `lines` (number, body, hash) once.

    `anchors` are checkpoints kept outside the ledger: with them it is seen if the trail and its checkpoints
    were cut off together. At most `limit` faults are listed.
    """
    findings = Findings(limit)
    marks = trust(dict.fromkeys([*checkpoints, *anchors]), public_keys, findings)
    walk = _Walk(findings, marks)
    walk.run(iter(lines))
    known = set(checkpoints)
    lost = [mark for mark in anchors if mark not in known]
    return walk.report([f"{name_of(mark)} is kept outside but not in the ledger" for mark in lost[:limit]])


def hash_only(lines: Iterable[Row]) -> bytes:
    """The last hash, by hashing and nothing else: the floor that `verify` is measured against."""
    digest = GENESIS.hash
    for _, body, _ in lines:
        digest = sha256(digest + body.encode()).digest()
    return digest


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is looked at closely: the number it is stored under, and the one it calls itself."""

    label: int
    number: int | None
    raw: bytes
    hash: bytes

    @classmethod
    def read(cls, row: tuple[object, object, object]) -> _Line:
        """Take a row as it is, whatever somebody has put there."""
        label, body, digest = row
        raw = body.encode(errors="surrogatepass") if isinstance(body, str) else repr(body).encode()
        try:
            number: int | None = _DECODER.decode(raw).seq
        except _UNREADABLE:
            number = None
        stored = digest if isinstance(digest, bytes) else b""
        return cls(label if isinstance(label, int) else -1, number, raw, stored)

    def hash_after(self, digest: bytes) -> bytes:
        return sha256(digest + self.raw).digest()

    def follows(self, digest: bytes) -> bool:
        return self.hash_after(digest) == self.hash


class _Walk:
    """Where a verification stands. `place` is the number that is due, `prev` the hash to build on."""

    def __init__(self, findings: Findings, marks: Marks) -> None:
        self.findings, self.marks = findings, marks
        self.rows = 0
        self.place = 1
        self.prev = GENESIS.hash
        self.before = GENESIS.hash  # what the last line built on
        self.shift = 0  # number it is stored under, less its own number
        self.blind = False  # `prev` is not what the last line had
        self.at = ""
        self.setbacks = 0
        self.first_setback = ""
        marks.compare(0, [GENESIS.hash], findings)

    def run(self, rows: Iterator[Row]) -> None:
        row = self._stride(rows)
        while row is not None:
            follower = next(rows, None)
            self._judge(_Line.read(row), None if follower is None else _Line.read(follower))
            row = None if follower is None else self._stride(chain([follower], rows))

    def report(self, notes: list[str]) -> Report:
        while stray := self.findings.strays.get(self.place):  # the last lines stand further up
            stray.missed = True
            self._step(stray.hash)
        marks, last = self.marks, self.place - 1
        if marks.waiting and (end := marks.waiting[0]).seq > last:
            lost = end.seq - last
            ending = f"ends at line {last}" if last else "is empty"
            cut = "1 line was" if lost == 1 else f"{lost} lines were"
            text = f"the trail {ending} but {name_of(end)} was signed: {cut} cut off"
            self.findings.add(last, FaultKind.TRUNCATED, text, last=end.seq)
        if marks.vouched < last:
            notes.append(f"{spelled(marks.vouched + 1, last)}: not covered by a checkpoint yet")
        if self.setbacks:
            notes.append(f"time runs backwards at {self.setbacks} lines, first at {self.first_setback}")
        head, faults = Head(last, self.prev), self.findings.result()
        return Report(self.rows, head, marks.vouched, faults, self.findings.more, tuple(notes))

    def _stride(self, rows: Iterator[Row]) -> Row | None:
        """Pass sound lines; give back the first that is not, None at the end."""
        decode, shift, stop = _DECODER.decode, self.shift, self.marks.next
        start, prev, before, at = self.place, self.prev, self.before, self.at
        place, row = start - 1, None
        for place, row in enumerate(rows, start):
            label, body, digest = row
            try:
                own = decode(body)
                if sha256(prev + body.encode()).digest() != digest or own.seq != place:
                    break
                if label - shift != place:
                    break
            except _UNREADABLE:
                break
            if own.at < at:
                self._see_setback(place, at, own.at)
            at = own.at
            before = prev
            prev = digest
            if place == stop:
                self.marks.compare(place, [digest], self.findings)
                stop = self.marks.next
        else:
            place, row = place + 1, None
        self.blind = self.blind and place == start
        self.place, self.prev, self.before, self.at = place, prev, before, at
        self.rows += place - start
        return row

    def _judge(self, line: _Line, after: _Line | None) -> None:
        """Say what is wrong with a line, and go on past it."""
        self.rows += 1
        number = self._number_of(line)
        follower = None if after is None else self._number_of(after)
        if number == self.place:
            self._judge_in_place(line, after, follower)
        elif line.follows(self.prev) and (after is None or after.follows(line.hash)):
            self._blame(FaultKind.RENUMBERED, f"{self._name(line)} calls itself line {number}")
            self._step(line.hash, number if follower == number + 1 else self.place)
        elif self._is_changed(line, number, after, follower):
            self._blame(FaultKind.CHANGED, f"{self._name(line)} was changed: it calls itself line {number}")
            self._step(line.hash)
        elif number < self.place:
            self._judge_repeated(line, number, after)
        elif after is not None and follower in (self.place, self.place + 1) and not after.follows(line.hash):
            self.findings.stray(number, line.hash, self.place - 1, line.label)
        else:
            self._judge_gap(line, number, after)
        if after is not None and after.number == self.place:
            self.shift = after.label - self.place

    def _judge_in_place(self, line: _Line, after: _Line | None, follower: int | None) -> None:
        """The number is the one that is due; what is stored under it does not fit."""
        place, name = self.place, self._name(line)
        expected = line.hash_after(self.prev)
        stray = self.findings.strays.get(place - 1)
        kept = expected
        fits_next = after is None or after.follows(line.hash)
        if expected == line.hash and line.number is None:
            self._blame(FaultKind.CHANGED, f"{name} is not written as a line of the trail is")
        elif expected == line.hash:
            self.shift = line.label - place
            self._blame(FaultKind.RENUMBERED, f"line {place} is stored under number {line.label}")
        elif stray and line.follows(stray.hash):
            kept = line.hash
        elif after is not None and follower == place and after.follows(self.prev):
            self._blame(FaultKind.INSERTED, f"{name} was inserted: the true line {place} comes after it")
            return
        elif self.blind or (self.marks.refuted == place - 1 > 0 and fits_next):
            text = f"{name} cannot be judged: line {place - 1} before it is not the original"
            self._blame(FaultKind.UNPROVEN, text, primary=False)
            kept = line.hash
        else:
            self._judge_content(line, after, expected)
            return
        self._step(kept)

    def _judge_content(self, line: _Line, after: _Line | None, expected: bytes) -> None:
        place, name = self.place, self._name(line)
        if (after and after.follows(expected)) or self.marks.hashes.get(place) == expected:
            self._blame(FaultKind.REHASHED, f"{name}: its hash was changed; its content is the original")
            self._step(expected)
        elif after is None or after.follows(line.hash):
            sure = self.marks.vouched == place - 1
            doubt = "" if sure else f" (or line {place - 1} was written anew with its hash)"
            self._blame(FaultKind.CHANGED, f"{name} was changed: its hash is not that of its content{doubt}")
            self._step(line.hash)
        else:
            text = f"{name} was changed: its hash is not that of its content, nor the one the next line builds on"
            self._blame(FaultKind.CHANGED, text)
            self._step(line.hash)
            self.blind = True

    def _judge_repeated(self, line: _Line, number: int, after: _Line | None) -> None:
        """A line with a number that has passed: it was moved here, or there are two."""
        last = self.place - 1
        if self.findings.find(number):
            text = f"line {number} is not in its place: it stands after line {last}"
            self.findings.add(number, FaultKind.MOVED, text)
            return
        text = f"line {number} is there a second time, after line {last}: one of the two was inserted"
        self.findings.add(number, FaultKind.INSERTED, text)
        is_signed = self.marks.hashes.get(number) == line.hash
        is_true = is_signed or (
            after is not None and after.follows(line.hash) and not after.follows(self.prev)
        )
        if number == last and is_true:
            self.prev = line.hash
            if is_signed:
                self.findings.withdraw(number, FaultKind.REWRITTEN)
                self.marks.vouched, self.marks.refuted = number, 0

    def _judge_gap(self, line: _Line, number: int, after: _Line | None) -> None:
        last = number - 1
        self.findings.miss(self.place, last)
        stray = self.findings.strays.get(last)
        base = stray.hash if stray else self.marks.hashes.get(last)
        if base is None or not line.follows(base):
            text = f"line {number} cannot be judged: line {last} before it is missing"
            self.findings.add(number, FaultKind.UNPROVEN, text, primary=False)
        self._step(line.hash, number)
        self.blind = after is not None and not after.follows(line.hash)

    def _is_changed(self, line: _Line, number: int, after: _Line | None, follower: int | None) -> bool:
        """Whether this is the line that is due, changed together with the number in its content."""
        if line.label - self.shift != self.place:
            return False
        if after is not None:
            return follower == self.place + 1 and after.follows(line.hash)
        findings = self.findings
        is_another = findings.misses(number) or self.place in findings.strays or line.follows(self.before)
        return not is_another and self.marks.hashes.get(number) != line.hash

    def _number_of(self, line: _Line) -> int:
        if line.number is not None:
            return line.number
        return line.label - self.shift if line.label > 0 else self.place

    def _name(self, line: _Line) -> str:
        stored = "" if line.label == self.place else f" (stored under number {line.label})"
        return f"line {self.place}{stored}"

    def _blame(self, kind: FaultKind, text: str, *, primary: bool = True) -> None:
        self.findings.add(self.place, kind, text, primary=primary)

    def _step(self, digest: bytes, number: int | None = None) -> None:
        """Take the line as number `number` (the one that is due) and go on from its hash."""
        self.place = self.place if number is None else number
        self.before, self.prev, self.blind = self.prev, digest, False
        if 0 <= self.marks.next <= self.place:
            self.marks.compare(self.place, [digest], self.findings)
        self.place += 1

    def _see_setback(self, place: int, earlier: str, later: str) -> None:
        try:
            by = datetime.fromisoformat(earlier) - datetime.fromisoformat(later)
        except _UNREADABLE:
            return
        if by > TOLERANCE:
            self.setbacks += 1
            self.first_setback = self.first_setback or f"line {place} (by {by}): the clock was set back"
