"""What falls due to one person, and on which day: erasures, duties, and the ends of what is kept.

Days are ordinals (`date.toordinal`), moments whole microseconds since 1970: a year's plan asks for millions of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.obligations import Action
from gateway.rules import Judge, duties
from gateway.rules.ready import Held


class Kind(StrEnum):
    """What can fall due."""

    ERASE = "erase"
    """A data set goes at a processor."""
    ASK = "ask"
    """A person has to be asked for new consent by then."""
    INFORM = "inform"
    """A person has to be told by then that they are held."""
    KEEP_ENDS = "keep-ends"
    """A data set that was kept, or held back, is not any longer."""


Key = tuple[Kind, str, str]
"""A kind with a data set and a processor; of what is owed to a person as such, with a purpose and no processor."""
Due = tuple[int, str]
"""A day, and the id of the rule that decides it."""
Dates = Mapping[Key, Due]
"""All that falls due to one person, however far ahead."""
Sets = Collection[tuple[str, str]]
"""Data sets at processors."""

_DUTIES = {Action.ASK: Kind.ASK, Action.INFORM: Kind.INFORM}


class Horizon(NamedTuple):
    """From which moment a plan looks ahead, the day of it, and the last day it looks at."""

    now: int
    today: int
    last: int

    def within(self, day: int) -> bool:
        return day <= self.last


def dates(judge: Judge, under_way: Sets = ()) -> dict[Key, Due]:
    """When what falls due to one person, without what is `under_way`.

    It says what `judge.standings` says, with fewer values on the way: a year's plan judges everybody.
    """
    found: dict[Key, Due] = {}
    rules, day_of = judge.rules, judge.rules.days.of
    may_stay = bool(rules.policy.keeps or judge.person.holds)
    of_fate: dict[int, Due] = {}
    for held in judge.places():
        fate = judge.fate(held)
        over = fate.over
        until, keeper = _kept(judge, held, over) if may_stay else (0, "")
        if until:
            due = day_of(until), keeper
            if until > judge.now:
                found[Kind.KEEP_ENDS, held.data_set, held.processor] = due
        elif over is None or keeper or fate.end is None:
            continue
        else:
            try:
                due = of_fate[id(fate)]
            except KeyError:
                due = of_fate[id(fate)] = day_of(over), fate.end.rule
        if over is not None and (held.data_set, held.processor) not in under_way:
            found[Kind.ERASE, held.data_set, held.processor] = due
    if rules.has_duties:
        for duty in duties.owed(judge, judge.ends()):
            found[_DUTIES[duty.action], duty.purpose, ""] = day_of(duty.due - 1), duty.rule
    return found


def _kept(judge: Judge, held: Held, over: int | None) -> tuple[int, str]:
    """Until when the last keep or hold forbids erasure (0: none does, or none says until when), and which it is."""
    stays = judge.rules.keeping.stays(held, judge.person, over, judge.now)
    last, keeper = 0, ""
    for each in stays:
        if each.until is None:
            return 0, each.rule
        if each.until > last:
            last, keeper = each.until, each.rule
    return last, keeper


def going(judge: Judge, tried: Collection[str]) -> set[tuple[str, str]]:
    """The data sets that are being erased: due by now, at a processor that was called for it."""
    return {
        (each.data_set, each.processor)
        for each in judge.standings()
        if each.due is not None and each.due <= judge.now and each.processor in tried
    }
