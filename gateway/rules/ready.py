"""The parts of a policy made ready for judging: each purpose with its clocks, and the data sets of each processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.rules import claims
from gateway.rules.claims import Clock
from gateway.rules.days import Days
from gateway.rules.policy import YIELDING, Policy, Purpose, Rule, Switch
from gateway.settings.period import Period, read_period

ELSEWHERE = frozenset({"elsewhere", "both"})
"""Where data come from somebody else than the person."""


class Ready:
    """One purpose: whether it yields to the person's word, where it is used, and the clocks of its data sets.

    `clocks` are the different sets of clocks there are; `clocks_of` says which one each data set runs by.
    """

    def __init__(self, purpose: Purpose, policy: Policy, days: Days) -> None:
        self.purpose = purpose
        self.yields = not set(purpose.bases) - YIELDING
        self.places = frozenset(place for (_, place), uses in policy.uses.items() if purpose.name in uses)
        self.asks = asking(policy, purpose.name)
        self.informs = informing(policy)
        self.has_duties = self.asks is not None or purpose.collected in ELSEWHERE
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


Claims = tuple[tuple[Ready, int], ...]
"""The purposes of a data set, each with the number of its clocks."""


class Held(NamedTuple):
    """A data set as it may be held at a processor: in records of these kinds (None: of any), for the purposes of `claims`.

    `like` numbers the fates there are: data sets with the same purposes and clocks share one.
    """

    data_set: str
    processor: str
    kinds: frozenset[str] | None
    claims: Claims
    like: int


def held_at(
    policy: Policy, processor: str, fetched: Sequence[str], purposes: Mapping[str, Ready], fates: list[Claims]
) -> tuple[Held, ...]:
    """The data sets held at a processor, in the policy's order. A kind that cannot be read may lie behind any record.

    `fates` are those there are so far; new ones are added.
    """
    found: list[Held] = []
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


def asking(policy: Policy, purpose: str) -> Rule | None:
    """The rule by which people are asked for new consent to a purpose."""
    return next(
        (
            each
            for each in policy.rules
            if purpose in each.purposes and each.ask_again is not None and each.warn
        ),
        None,
    )


def informing(policy: Policy) -> tuple[str, Period] | None:
    """The clock for telling people found elsewhere: the stricter of the law's and the firm's own; its id and period."""
    clocks = [
        (row.id, read_period(str(row.values["period"])))
        for row in policy.law.values()
        if row.acts == "clock" and row.values.get("clock") == "inform" and row.switch == Switch.ON
    ]
    said = policy.notice.get("inform_within")
    if said is not None and isinstance(said.value, Period):
        clocks.append(("inform_within", said.value))
    return min(clocks, key=lambda each: _days(each[1]), default=None)


def _days(period: Period) -> float:
    return period.count * {"days": 1, "weeks": 7, "months": 30.4, "years": 365.2}[period.unit]
