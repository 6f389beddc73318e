"""The parts of a policy made ready for judging: each purpose with its clocks, and the data sets of each processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.rules import claims, duties
from gateway.rules.claims import Clock
from gateway.rules.days import Days
from gateway.rules.policy import YIELDING, Policy, Purpose, Rule


class Ready:
    """One purpose: whether it yields to the person's word, where it is used, and the clocks of its data sets.

    `clocks` are the different sets of clocks there are; `clocks_of` says which one each data set runs by.
    """

    def __init__(self, purpose: Purpose, policy: Policy, days: Days) -> None:
        self.purpose = purpose
        self.yields = not set(purpose.bases) - YIELDING
        self.places = frozenset(place for (_, place), uses in policy.uses.items() if purpose.name in uses)
        self.asks = duties.asking(policy, purpose.name)
        self.informs = duties.informing(policy)
        self.has_duties = self.asks is not None or purpose.collected in duties.ELSEWHERE
        self.clocks: list[tuple[Clock, ...]] = []
        self.clocks_of: dict[str, int] = {}
        ready = [(each, claims.clock(each, days)) for each in policy.rules if purpose.name in each.purposes]
        for name in policy.data_sets:
            mine = tuple(clock for rule, clock in ready if _covers(rule, name))
            if mine not in self.clocks:
                self.clocks.append(mine)
            self.clocks_of[name] = self.clocks.index(mine)


def _covers(rule: Rule, data_set: str) -> bool:
    return not rule.data_sets or data_set in rule.data_sets


class Held(NamedTuple):
    """A data set as it may be held at a processor: in records of these kinds (None: of any), for the purposes of `claims`.

    `like` numbers the fates there are at the processor: data sets with the same purposes and clocks share one.
    """

    data_set: str
    processor: str
    kinds: frozenset[str] | None
    claims: tuple[tuple[Ready, int], ...]
    like: int


def held_at(
    policy: Policy, processor: str, fetched: Sequence[str], purposes: Mapping[str, Ready]
) -> tuple[Held, ...]:
    """The data sets held at a processor, in the policy's order. A kind that cannot be read may lie behind any record."""
    found: list[Held] = []
    fates: list[tuple[tuple[Ready, int], ...]] = []
    for name, data_set in policy.data_sets.items():
        kinds = [each.kind for each in data_set.held_at if each.processor == processor]
        if not kinds:
            continue
        known = frozenset(kinds) if all(each in fetched for each in kinds) else None
        uses = policy.uses.get((name, processor), ())
        mine = tuple((purposes[each], purposes[each].clocks_of[name]) for each in uses)
        if mine not in fates:
            fates.append(mine)
        found.append(Held(name, processor, known, mine, fates.index(mine)))
    return tuple(found)
