"""Looking ahead: every person once through the rules, and through another policy's too, where one is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gateway.forecast.comparing import Comparison
from gateway.forecast.counting import Tally
from gateway.forecast.dates import Dates, Horizon, Sets, dates, going
from gateway.ledger import Transaction, due, forecast
from gateway.ledger.forecast import NOT_BEGUN, Begun
from gateway.obligations import PersonFacts
from gateway.rules import Judge, Rules

Person = tuple[PersonFacts, Begun]
"""What is known about somebody, and where a case of theirs is under way."""
Tell = Callable[[int, Dates, Dates | None], None]
"""Called with each person: their dates now, and under the other policy, if there is one."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What falls due; with another policy, what would then, and the differences."""

    now: Tally
    then: Tally | None = None
    comparison: Comparison | None = None


def everybody(tx: Transaction) -> Iterator[Person]:
    """All people of the ledger, one after the other."""
    for some in due.everybody(tx):
        begun = forecast.begun(tx, some[0], some[-1])
        for person in due.facts(tx, some):
            yield person, begun.get(person.subject, NOT_BEGUN)


def look_ahead(
    people: Iterable[Person],
    rules: Rules,
    horizon: Horizon,
    other: Rules | None = None,
    tell: Tell | None = None,
) -> Ahead:
    """Go through all people once; nothing of a person is kept but in the counts."""
    tally = Tally(horizon)
    ahead = Ahead(tally) if other is None else Ahead(tally, Tally(horizon), Comparison(horizon))
    for person, begun in people:
        found, under_way = _of(rules, person, horizon.now, begun)
        tally.add(found, begun.open)
        changed: Dates | None = None
        if other is not None and ahead.then is not None and ahead.comparison is not None:
            changed, _ = _of(other, person, horizon.now, begun, under_way)
            ahead.then.add(changed, begun.open)
            ahead.comparison.add(found, changed)
        if tell is not None:
            tell(person.subject, found, changed)
    return ahead


def _of(
    rules: Rules, person: PersonFacts, now: int, begun: Begun, under_way: Sets = ()
) -> tuple[Dates, Sets]:
    """The dates of one person, and what was begun to be erased: that goes on whatever a policy says."""
    judge = Judge(rules, person, now)
    if begun.tried:
        under_way = {*under_way, *going(judge, begun.tried)}
    return dates(judge, under_way), under_way
