"""Open cases before they are carried out: what is not due any more, or is held back now, is taken out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.cases.opening import kept_of, owed_of
from gateway.ledger import people, planning, work
from gateway.ledger.work import Step
from gateway.model import Outcome
from gateway.obligations import Erasure, PersonFacts, Scope, Trigger
from gateway.places import BY_HAND
from gateway.rules import revised
from gateway.rules.days import to_micros
from gateway.trail import Entry

if TYPE_CHECKING:
    from gateway.cases.planner import Planner

ON_A_WORD = frozenset({Trigger.REQUEST, Trigger.RETURNED})
"""Cases that rest on somebody's word, not on a date: only what may not be erased is taken out of them."""
NOT_DUE = "not due any more"


def revise(planner: Planner, case: int, trigger: Trigger, facts: PersonFacts, steps: Sequence[Step]) -> None:
    """Take out of one case what may not be erased now; a step that was begun is left to its end."""
    moment = to_micros(planner.now)
    now = revised(planner.rules, facts, moment, on_a_word=trigger in ON_A_WORD)
    on_a_word = now if trigger in ON_A_WORD else None
    closed = False
    again = _again(planner, case, steps)
    for step in steps:
        begun = step.intent_run is not None or step.done_at is not None
        found = now
        if step.id in again:
            # It is done again since the person is there again, whatever the dates say.
            on_a_word = on_a_word or revised(planner.rules, facts, moment, on_a_word=True)
            found = on_a_word
        if step.closed_at is None and not begun and step.processor in found.places:
            closed |= _revise_step(planner, step, found.erasure, wider=step.id not in again)
    if closed:
        planning.nothing_left(planner.tx, case, planner.now)


def _again(planner: Planner, case: int, steps: Sequence[Step]) -> set[int]:
    """The steps that have erased somebody before; none of those that have no outcome yet has."""
    if all(step.closed_at is not None or step.outcome is None for step in steps):
        return set()
    return {each.id for each in planning.begun_again(planner.tx, case)}


def _revise_step(planner: Planner, step: Step, owed: Erasure, *, wider: bool) -> bool:
    """Fit one step to what may be erased; whether that closed it."""
    scope = (owed.scopes or {}).get(step.processor)
    if scope is not None and not wider:
        scope = _within(step.scope, scope)
    if scope is None:
        _close(planner, step, owed)
        return True
    if _same(scope, step.scope) or (step.outcome == Outcome.MANUAL and step.reason.startswith(BY_HAND)):
        return False  # a person has the task already, in the words of its day
    stays = [each for each in owed.stays if each.processor == step.processor]
    policy = planner.deadlines.policy
    work.change_step(
        planner.tx, step.id, scope=work.pack_scope(scope), kept=work.pack_kept(kept_of(policy, stays)),
        owed=owed_of(owed.owed, step.processor, planner.policy) or None,
    )  # fmt: skip
    if scope.by_hand:
        why = f"{BY_HAND}only {', '.join(scope.sets)}; what else is held there stays"
        work.change_step(planner.tx, step.id, outcome=str(Outcome.MANUAL), reason=why, next_at=None,
                         bulk_id=None)  # fmt: skip
    _say(planner, step, "rescoped", "", "")
    return False


def _within(kept: Scope | None, scope: Scope) -> Scope | None:
    """What a step was about, as far as it may be erased: what was not erased before is not done again."""
    if kept is None or kept.kinds is None:
        return scope
    kinds = tuple(each for each in kept.kinds if scope.kinds is None or each in scope.kinds)
    return replace(kept, kinds=kinds) if kinds else None


def _same(scope: Scope, kept: Scope | None) -> bool:
    """Whether a step is about the same records as before; the names of data sets may have changed."""
    return (scope.kinds, scope.by_hand) == ((kept.kinds, kept.by_hand) if kept is not None else (None, False))


def _close(planner: Planner, step: Step, owed: Erasure) -> None:
    there = [each for each in owed.stays if each.processor == step.processor]
    planner.opening.staying += [(step.subject, each) for each in there]
    stays = kept_of(planner.deadlines.policy, there)
    why = " ".join(each.text for each in stays) or NOT_DUE
    if work.change_step(planner.tx, step.id, reason=why):
        work.close_steps(planner.tx, {step.id: (Outcome.KEPT, stays)}, planner.now)
        _say(planner, step, "closed-by-rule", str(Outcome.KEPT), why)


def _say(planner: Planner, step: Step, action: str, outcome: str, why: str) -> None:
    planner.opening.entries.append(
        Entry(planner.now, planner.actor, action, subject=people.ref_of(step.subject), case=step.case, step=step.id,
              processor=step.processor, outcome=outcome, why=why)
    )  # fmt: skip
