"""What of a person stays although it is due: kept sets of the policy and the law, holds and freezes, strongest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from gateway.obligations import EventFact, PersonFacts, Stay
from gateway.rules.days import Days
from gateway.rules.policy import DataSet, Keep
from gateway.rules.precedence import RANK, Ground, withstands_erasure

ERASURE = "erasure"


class Place(Protocol):
    @property
    def data_set(self) -> str: ...
    @property
    def processor(self) -> str: ...


class Keeping:
    """The keeps of a policy by data set, ready to be asked."""

    def __init__(self, keeps: Sequence[Keep], data_sets: Mapping[str, DataSet], days: Days) -> None:
        self._days = days
        self._enders = {
            each.id: days.ender(each.period, year_end=each.year_end, through=True)
            for each in keeps
            if each.period is not None
        }
        self._by_set = {
            name: tuple(each for each in keeps if name in each.data_sets and withstands_erasure(each.ground))
            for name in data_sets
        }

    def stays(self, place: Place, person: PersonFacts, over: int | None, now: int) -> tuple[Stay, ...]:
        """On what the set stays there beyond `over`, when its purposes end (None: no end is known yet)."""
        keeps = self._by_set.get(place.data_set, ())
        if not keeps and not person.holds:
            return ()
        found = [*self._kept(keeps, place, person, over), *_held(place, person, over, now)]
        return tuple(sorted(found, key=_strongest))

    def _kept(
        self, keeps: Sequence[Keep], place: Place, person: PersonFacts, over: int | None
    ) -> Iterator[Stay]:
        for keep in keeps:
            begun = over if keep.start == ERASURE else _last(person.events, keep.start)
            if begun is None:
                continue
            until, ends = self._until(keep, person, begun)
            if ends and (over is None or (until is not None and until <= over)):
                continue
            yield Stay(place.data_set, place.processor, str(keep.ground), keep.id, until, keep.readers)

    def _until(self, keep: Keep, person: PersonFacts, begun: int) -> tuple[int | None, bool]:
        """When a keep ends (None: not known), and whether its end is known."""
        ended = _last(person.events, keep.until_event) if keep.until_event else None
        if keep.until_event and (ended is None or ended < begun):
            return None, False  # it goes on: the employment, the process
        start = begun if ended is None else ended
        if keep.period is None:
            return (None if ended is None else self._days.start(self._days.of(ended) + 1)), ended is not None
        return self._enders[keep.id](start), True

    def holds(self, processor: str, person: PersonFacts, now: int) -> list[Stay]:
        """What forbids to erase anything of the person at a processor where nothing is known to be held."""
        found = [
            Stay("", processor, each.kind, f"hold {each.number}", each.until)
            for each in person.holds
            if each.data_set is None and (each.until is None or each.until > now)
        ]
        return sorted(found, key=_strongest)


_NEVER = 2**62


def _strongest(stay: Stay) -> tuple[int, int, str]:
    return RANK[Ground(stay.ground)], -(stay.until or _NEVER), stay.rule


def _held(place: Place, person: PersonFacts, over: int | None, now: int) -> Iterator[Stay]:
    for each in person.holds:
        if each.data_set is not None and each.data_set != place.data_set:
            continue
        if each.until is not None and each.until <= max(over or 0, now):
            continue
        yield Stay(place.data_set, place.processor, each.kind, f"hold {each.number}", each.until)


def _last(events: Sequence[EventFact], name: str) -> int | None:
    return max((each.at for each in events if each.name == name), default=None)
