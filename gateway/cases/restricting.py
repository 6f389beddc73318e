"""What stays leaves search and matching: a task for a person, once for each data set at each processor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.ledger import Transaction, people, questions
from gateway.obligations import Stay
from gateway.places import Place
from gateway.rules import Rules
from gateway.rules.policy import Policy

RESTRICT = "restrict"
"""The kind of the question."""


def ask(
    tx: Transaction,
    places: Mapping[str, Place],
    rules: Rules,
    stays: Iterable[tuple[int, Stay]],
    due_at: datetime,
    now: datetime,
) -> None:
    """Put a task for each kept set of the policy that stays on somebody, unless it was put before.

    What a hold keeps is not asked about: it is in use until the hold ends.
    """
    keeps = {each.id for each in rules.policy.keeps}
    for subject, stay in stays:
        if stay.rule not in keeps:
            continue
        where = places[stay.processor].title if stay.processor in places else stay.processor
        head = f"{where}: {_title(rules.policy, stay.data_set)} of {people.ref_of(subject)} "
        if not questions.was_asked(tx, RESTRICT, subject, head):
            questions.ask(
                tx, RESTRICT, head + _rest(rules, stay), ("done",), now, subject_id=subject, due_at=due_at
            )


def _title(policy: Policy, name: str) -> str:
    found = policy.data_sets.get(name)
    return found.title if found is not None else name


def _rest(rules: Rules, stay: Stay) -> str:
    until = "" if stay.until is None else f" until {rules.days.date(stay.until - 1).isoformat()}"
    readers = f" only {', '.join(stay.readers)} may read it" if stay.readers else " it may only be stored"
    return f"stays{until} ({stay.rule}). Take it out of search and matching there:{readers}. Then answer."
