"""Collecting what a verification finds: faults up to a limit, and lines that may still turn up elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from gateway.trail.checkpoints import Checkpoint, is_signed, key_id
from gateway.trail.report import Fault, FaultKind, spelled


@dataclass(slots=True)
class Stray:
    """A line found before its turn, after line `after`; `missed` once its own place was found empty."""

    hash: bytes
    after: int
    label: int
    missed: bool = False


@dataclass(slots=True)
class Findings:
    limit: int
    faults: list[Fault] = field(default_factory=list)
    more: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    strays: dict[int, Stray] = field(default_factory=dict)

    def add(
        self, line: int, kind: FaultKind, text: str, *, last: int | None = None, primary: bool = True
    ) -> None:
        if self._has_room():
            self.faults.append(Fault(line, kind, text, line if last is None else last, primary))

    def withdraw(self, line: int, kind: FaultKind) -> None:
        """Take back what was said of a line, now that more is known."""
        self.faults = [fault for fault in self.faults if (fault.last, fault.kind) != (line, kind)]

    def blames(self, line: int) -> bool:
        return any(fault.line == line for fault in reversed(self.faults))

    def miss(self, first: int, last: int) -> None:
        """Lines `first` to `last` are not in their place; those that were seen earlier are not lost."""
        for number in sorted(number for number in self.strays if first <= number <= last):
            self.strays[number].missed = True
            self._add_gap(first, number - 1)
            first = number + 1
        self._add_gap(first, last)

    def stray(self, number: int, row_hash: bytes, after: int, label: int) -> None:
        """A line that calls itself `number` stands where a smaller number was due."""
        if number not in self.strays and self._has_room():
            self.strays[number] = Stray(row_hash, after, label)

    def find(self, number: int) -> bool:
        """Whether the line was missed before; then it is missing no longer."""
        for index, (first, last) in enumerate(self.gaps):
            if first <= number <= last:
                rest = [(first, number - 1), (number + 1, last)]
                self.gaps[index : index + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                return True
        return False

    def misses(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.gaps)

    def result(self) -> tuple[Fault, ...]:
        """All faults, by line."""
        kinds = FaultKind
        faults = list(self.faults)
        for first, last in self.gaps:
            text = f"{spelled(first, last)} {'is' if first == last else 'are'} missing"
            faults.append(Fault(first, kinds.MISSING, text, last))
        for number, stray in self.strays.items():
            if stray.missed:
                text = f"line {number} is not in its place: it stands after line {stray.after}"
                faults.append(Fault(number, kinds.MOVED, text, number))
            else:
                text = f"a line that calls itself line {number} was inserted before line {stray.after + 1}"
                faults.append(Fault(stray.after + 1, kinds.INSERTED, text, stray.after + 1))
        return tuple(sorted(faults, key=lambda fault: (fault.line, not fault.primary)))

    def _add_gap(self, first: int, last: int) -> None:
        if first <= last and self._has_room():
            self.gaps.append((first, last))

    def _has_room(self) -> bool:
        room = len(self.faults) + len(self.gaps) + len(self.strays) < self.limit
        self.more += not room
        return room


@dataclass(slots=True)
class Marks:
    """The checkpoints whose signatures hold, compared one by one as their lines come."""

    waiting: list[Checkpoint]
    """Last ones first."""
    hashes: dict[int, bytes]
    vouched: int = 0
    """The last line whose hash is the one that was signed."""
    refuted: int = 0
    """The last line whose hash is not the one that was signed."""

    @property
    def next(self) -> int:
        return self.waiting[-1].seq if self.waiting else -1

    def compare(self, place: int, digests: Sequence[bytes], findings: Findings) -> None:
        """Hold line `place` against the checkpoints made there; any of `digests` will do."""
        while self.waiting and self.waiting[-1].seq <= place:
            mark = self.waiting.pop()
            if mark.seq < place:
                continue
            if mark.hash in digests:
                self.vouched = place
                continue
            first = min(self.vouched + 1, place)
            primary = self.refuted <= self.vouched and not findings.blames(place)
            self.refuted = place
            lines = (
                f"{spelled(first, place)} was" if first == place else f"some of {spelled(first, place)} were"
            )
            text = f"{name_of(mark)} has another hash: {lines} written anew"
            findings.add(first, FaultKind.REWRITTEN, text, last=place, primary=primary)


def trust(checkpoints: Iterable[Checkpoint], public_keys: Iterable[str], findings: Findings) -> Marks:
    """Keep the checkpoints whose signatures hold; the others are faults."""
    keys = {key_id(public): public for public in public_keys}
    trusted: list[Checkpoint] = []
    for mark in checkpoints:
        if mark.key_id not in keys:
            text = f"{name_of(mark)} was signed with a key that is not known here ({mark.key_id})"
            findings.add(mark.seq, FaultKind.UNKNOWN_KEY, text)
        elif not is_signed(mark, keys[mark.key_id]):
            findings.add(mark.seq, FaultKind.FORGED, f"the signature of {name_of(mark)} is wrong")
        else:
            trusted.append(mark)
    trusted.sort(key=lambda mark: mark.seq, reverse=True)
    return Marks(trusted, {mark.seq: mark.hash for mark in trusted})


def name_of(mark: Checkpoint) -> str:
    """How a checkpoint is called in a report."""
    return f"the checkpoint of {mark.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC at line {mark.seq}"
