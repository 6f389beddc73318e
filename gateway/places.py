"""Processors as planning sees them, and how a step begins at each: to be done, by hand, or settled already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from gateway.model import IdentityKind, Outcome
from gateway.obligations import Scope

IN_SCOPE = frozenset({"held", "vanished"})
BY_HAND = "by hand: "
DATA_SET = "data-set"
"""In the place of a kind of record: what stays is a data set, by a rule of the firm's or the law's."""
GONE_ALREADY = "gone there already; its audit showed it"


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Place:
    """A processor as planning sees it. `kinds` are those that can be read; `fault` says why it cannot be called
    now; empty when it can.
    """

    name: str
    title: str
    role: str
    kinds: tuple[str, ...] = ()
    plugin: str = ""
    finds_by: frozenset[IdentityKind] = frozenset()
    cannot_delete: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """How a step begins: with no outcome it is to be done; `closed` settles it; without `due` it waits for a person."""

    outcome: Outcome | None = None
    reason: str = ""
    closed: bool = False
    due: bool = True

    def row(self, now: datetime) -> dict[str, object]:
        """The columns of the step that say so."""
        return {
            "outcome": str(self.outcome) if self.outcome else None, "reason": self.reason,
            "next_at": now if self.due and not self.closed else None, "closed_at": now if self.closed else None,
        }  # fmt: skip


def begin(
    place: Place,
    states: Collection[str],
    swept: bool | None,
    scope: Scope | None = EVERYTHING,
    partly: str = "",
) -> Begin:
    """How a step begins where a person's records stand as `states`.

    `swept` says whether everybody held there is known; None: not read to the end yet, False: never. `scope` None:
    nothing of it may be erased; `partly` says in words what may be, or why nothing.
    """
    if scope is None:
        return Begin(Outcome.KEPT, partly, closed=True)
    if scope.by_hand and place.plugin:
        return by_hand(partly)
    if not place.plugin:
        return _without_plugin(place, partly)
    if place.fault:
        return Begin(reason=place.fault)
    if states:
        found = _known(place, frozenset(states))
    elif swept:
        found = Begin(Outcome.NOTHING, "not in the last complete sweep", closed=True)
    elif place.cannot_delete:
        found = by_hand(place.cannot_delete)
    elif place.finds_by:
        found = Begin()
    elif swept is None:
        found = Begin(reason="no identity they know, and not read to the end yet")
    else:
        found = Begin(Outcome.UNLINKABLE, "no identity they know", due=False)
    return found


def by_hand(why: str) -> Begin:
    return Begin(Outcome.MANUAL, f"{BY_HAND}{why}", due=False)


def _without_plugin(place: Place, partly: str) -> Begin:
    if place.role == "controller":
        why = f"{place.title} decides as its own controller; tell the person"
        return Begin(Outcome.REFUSED, why, closed=True)
    return by_hand(f"there is no plugin for it{f': {partly}' if partly else ''}")


def _known(place: Place, states: frozenset[str]) -> Begin:
    if states == {"vanished"}:
        return Begin(Outcome.NOTHING, GONE_ALREADY, closed=True)
    if not states & IN_SCOPE:
        return Begin(Outcome.KEPT, "what is held there is kept for a reason of its own", closed=True)
    return by_hand(place.cannot_delete) if place.cannot_delete else Begin()
