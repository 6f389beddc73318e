"""One policy against another: what would fall due that does not now, what no longer, what earlier and what later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.forecast.dates import Dates, Due, Horizon, Kind


class Change(NamedTuple):
    """A date that another policy moves, or decides by another rule. None: no date is known."""

    kind: Kind
    what: str
    processor: str
    was: Due | None
    becomes: Due | None


def changes(was: Dates, becomes: Dates, horizon: Horizon) -> Iterator[Change]:
    """What of one person's dates another policy changes, where either lies within the horizon, in order.

    What is overdue under both is due now under both: that is no change of the date.
    """
    for key in sorted(was.keys() | becomes.keys()):
        old, new = was.get(key), becomes.get(key)
        if old != new and any(each is not None and horizon.within(each[0]) for each in (old, new)):
            change = Change(*key, old, new)
            if how(change, horizon) or rule_of(old) != rule_of(new):
                yield change


def rule_of(due: Due | None) -> str:
    return due[1] if due is not None else ""


def how(change: Change, horizon: Horizon) -> str:
    """Whether it makes more or fewer within the horizon, or the same earlier or later; empty for neither."""
    old, new = (
        max(each[0], horizon.today) if each is not None and horizon.within(each[0]) else None
        for each in (change.was, change.becomes)
    )
    if old == new:
        return ""
    if old is None:
        return "more"
    if new is None:
        return "fewer"
    return "earlier" if new < old else "later"


@dataclass(slots=True)
class Difference:
    """Of one kind at one processor, counted by data set (by purpose where it is about a person): under the policy in
    force `now`, under the other `then`, and how they come from one to the other.
    """

    now: int = 0
    then: int = 0
    more: int = 0
    fewer: int = 0
    earlier: int = 0
    later: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.more or self.fewer or self.earlier or self.later)


@dataclass(slots=True)
class Comparison:
    """The differences of all people, by kind and processor; `people` is for how many of them a date moves."""

    horizon: Horizon
    differences: dict[tuple[Kind, str], Difference] = field(default_factory=dict)
    people: int = 0

    def add(self, was: Dates, becomes: Dates) -> None:
        """Count one person."""
        for found, name in ((was, "now"), (becomes, "then")):
            for (kind, _, processor), due in found.items():
                if self.horizon.within(due[0]):
                    each = self._at(kind, processor)
                    setattr(each, name, getattr(each, name) + 1)
        if was == becomes:
            return
        moved = False
        for change in changes(was, becomes, self.horizon):
            name = how(change, self.horizon)
            if name:
                each = self._at(change.kind, change.processor)
                setattr(each, name, getattr(each, name) + 1)
                moved = True
        self.people += moved

    def _at(self, kind: Kind, processor: str) -> Difference:
        try:
            return self.differences[kind, processor]
        except KeyError:
            made = self.differences[kind, processor] = Difference()
            return made

    @property
    def changed(self) -> bool:
        return any(each.changed for each in self.differences.values())
