"""What holds of any policy and any person: nothing goes early or against a hold, and what is worked out again is the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.obligations import Action, BasisFact, HoldFact, PersonFacts, RecordFact
from gateway.rules import erasure, look, requested
from gateway.rules.policy import Keep
from gateway.rules.precedence import Ground, withstands_erasure
from gateway.settings.period import Period
from tests.rules.conftest import policy_of
from tests.rules.worlds import NOW, bases, moments, people, periods, policies, rules_of

NEVER = 2**62
tried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
"""A policy is much to make up: that it takes a while on a busy machine says nothing of the rules."""


def due(standing):
    return NEVER if standing.due is None else standing.due


@tried
@given(policies(), people)
def test_nothing_is_erased_before_its_day_or_under_a_hold(policy, person):
    rules = rules_of(policy)
    for found in (erasure(rules, person, NOW), requested(rules, person, NOW)):
        if found is None:
            continue
        going = {(name, each) for name, scope in found.scopes.items() for each in scope.sets}
        assert all(each.due <= NOW for each in found.owed)
        for hold in person.holds:
            in_force = hold.until is None or hold.until > NOW
            assert not in_force or not [each for _, each in going if hold.data_set in (None, each)]
        assert not going & {(each.processor, each.data_set) for each in found.stays}


@tried
@given(policies(), people)
def test_a_hold_in_force_on_the_person_leaves_nothing_to_erase(policy, person):
    frozen = person._replace(holds=(*person.holds, HoldFact(77, "freeze", None, NOW, None)))
    assert erasure(rules_of(policy), frozen, NOW) is None
    assert requested(rules_of(policy), frozen, NOW).scopes == {}


@tried
@given(policies(), people, periods, st.integers(0, 1))
def test_a_longer_keep_never_shortens(policy, person, period, which):
    keep = next((each for each in policy.keeps[which:] if each.period is not None), None)
    if keep is None:
        return
    longer = replace(keep, period=replace(keep.period, count=keep.period.count + period.count))
    after = replace(policy, keeps=tuple(longer if each is keep else each for each in policy.keeps))
    pairs = zip(rules_of(policy).standings(person, NOW), rules_of(after).standings(person, NOW), strict=True)
    assert all(due(now) >= due(before) for before, now in pairs)


@tried
@given(policies(), people, moments)
def test_one_more_hold_never_shortens(policy, person, until):
    held = person._replace(holds=(*person.holds, HoldFact(77, "claims", None, NOW, until)))
    rules = rules_of(policy)
    pairs = zip(rules.standings(person, NOW), rules.standings(held, NOW), strict=True)
    assert all(due(now) >= due(before) for before, now in pairs)


@tried
@given(policies(), people, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_changes_nothing(policy, person, random):
    lists = [list(each) for each in person[1:]]
    for each in lists:
        random.shuffle(each)
    other = person._replace(
        bases=tuple(lists[0]), records=tuple(lists[1]), events=tuple(lists[2]), holds=tuple(lists[3])
    )
    rules = rules_of(policy)
    assert sorted(map(str, rules.standings(person, NOW))) == sorted(map(str, rules.standings(other, NOW)))
    assert sorted(map(str, rules.obligations(person, NOW))) == sorted(map(str, rules.obligations(other, NOW)))


@tried
@given(policies(), people)
def test_what_is_worked_out_again_is_the_same(policy, person):
    rules = rules_of(policy)
    assert look(rules, person, NOW) == look(rules, person, NOW) == look(rules_of(policy), person, NOW)


@tried
@given(policies(), people, st.integers(0, 8))
def test_without_a_rule_exactly_its_erasures_are_owed_no_more(policy, person, which):
    if not policy.rules:
        return
    gone = policy.rules[which % len(policy.rules)]
    after = replace(policy, rules=tuple(each for each in policy.rules if each is not gone))
    before = [each for each in rules_of(policy).obligations(person, NOW) if each.action == Action.ERASE]
    left = [each for each in rules_of(after).obligations(person, NOW) if each.action == Action.ERASE]
    assert sorted(left) == sorted(each for each in before if each.rule != gone.id)


@tried
@given(policies(), people, bases)
def test_one_purpose_withdrawn_ends_no_other(policy, person, basis):
    said = basis._replace(withdrawn_at=NOW, given_at=None, over_at=None, processor=None)
    rules = rules_of(policy)
    others = [each for each in rules.obligations(person, NOW) if each.purpose != basis.purpose]
    after = rules.obligations(person._replace(bases=(*person.bases, said)), NOW)
    assert sorted(others) == sorted(each for each in after if each.purpose != basis.purpose)


@tried
@given(policies(), people, moments)
def test_who_is_not_due_is_not_due_before_the_day_to_look_again(policy, person, later):
    rules = rules_of(policy)
    found = look(rules, person, NOW)
    if found.erasure is None and NOW < later < found.look_at:
        assert look(rules, person, later).erasure is None


@tried
@given(policies(), people)
def test_a_request_ends_what_rests_on_consent_or_interests_and_nothing_else(policy, person):
    rules = rules_of(policy)
    found = requested(rules, person, NOW)
    for each in found.owed:
        assert each.due <= NOW
    told = {(each.processor, each.data_set) for each in found.stays}
    gone = {(name, each) for name, scope in found.scopes.items() for each in scope.sets}
    assert not told & gone


PAIRS = [(one, other) for place, one in enumerate(Ground) for other in list(Ground)[place + 1 :]]


@pytest.mark.parametrize(("stronger", "weaker"), PAIRS, ids=lambda each: str(each))
def test_the_first_of_two_grounds_in_the_table_wins(stronger, weaker):
    """Two grounds on one data set whose purpose is over: the first decides, in whatever order the policy names them."""
    withdrawn = PersonFacts(
        1,
        (BasisFact("recruitment", None, None, None, NOW),),
        (RecordFact("recman", "person", 1, 1, 1, vanished=False),),
    )
    keeps = [
        Keep(str(each), ("records",), each, "kept", period=Period(1, "years"))
        for each in (stronger, weaker)
        if each != Ground.ERASURE
    ]
    stay = [str(each) for each in (stronger, weaker) if str(each) in WITHSTAND]
    for some in (keeps, keeps[::-1]):
        policy = policy_of({"recman": ("recruitment",)}, (), tuple(some))
        (standing,) = rules_of(policy).standings(withdrawn, NOW)
        assert [each.ground for each in standing.stays] == stay
        assert (standing.due == NOW) is (not stay)


WITHSTAND = ["order", "freeze", "legal-duty", "employment", "contract", "claims"]


def test_what_withstands_erasure_is_an_order_a_freeze_a_duty_a_contract_or_a_claim():
    assert [str(each) for each in Ground if withstands_erasure(each)] == WITHSTAND
