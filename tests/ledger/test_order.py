"""Laws of matching that hold in whatever order records come, in whatever pages they stand."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.identities import name_key
from gateway.ledger import sweeps
from gateway.ledger import tables as t
from gateway.ledger.sighting import sight
from gateway.model import Identity, IdentityKind, Page, Record, Ref

PROCESSORS = ("recman", "invenias", "bisnode")
NAMES = ("Kari Nordmann", "Ola Nordmann")
BIRTHS = (date(1950, 1, 2), date(1985, 3, 4))
EMAILS = tuple(f"{letter}@example.org" for letter in "abcd")
slow = settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


named, unborn = st.sampled_from(NAMES), st.none()


@st.composite
def crowds(draw, names=named, births=unborn):
    """A few records at three processors, the pages they come in, and a second order of the same."""
    keys = [(draw(st.sampled_from(PROCESSORS)), str(number)) for number in range(draw(st.integers(2, 6)))]
    links = st.sampled_from([f"{processor}:{number}" for processor, number in keys] + ["recman:unseen"])
    crowd = [
        (processor, Record(
            Ref("candidate", number),
            tuple(Identity(IdentityKind.EMAIL, each) for each in draw(st.lists(st.sampled_from(EMAILS), max_size=2)))
            + tuple(Identity(IdentityKind.LINK, each) for each in draw(st.lists(links, max_size=1))),
            draw(names), draw(births),
        ))
        for processor, number in keys
    ]  # fmt: skip
    return crowd, draw(st.permutations(crowd)), draw(st.permutations(crowd)), draw(st.integers(1, 3))


class UndoError(Exception):
    """Raised to leave nothing of an example behind."""


@pytest.fixture
def result_of(ledger, now):
    """Keeps records in an order, in pages of some size: who is together, and who is asked about."""

    def run(order, page_size):
        try:
            with ledger.write() as tx:
                for processor, some in pages(order, page_size):
                    sweep = sweeps.begin(tx, processor, "candidate", None, now)
                    sightings = sight(some, processor, ledger.vault, "NO")
                    page = Page(tuple(some), None, complete=True)
                    sweeps.keep_page(tx, ledger.vault, sweep, page, sightings, zone=now.tzinfo, now=now)
                found = outcome(tx)
                raise UndoError
        except UndoError:
            return found

    return run


def pages(order, page_size):
    """Neighbours at one processor share a page."""
    some: list[tuple[str, list[Record]]] = []
    for processor, record in order:
        if some and some[-1][0] == processor and len(some[-1][1]) < page_size:
            some[-1][1].append(record)
        else:
            some.append((processor, [record]))
    return some


def outcome(tx):
    people: dict[int, set[str]] = {}
    for row in tx.execute(sa.select(t.records)):
        people.setdefault(row.subject_id, set()).add(f"{row.processor}:{row.vendor_id}")
    groups = {number: frozenset(each) for number, each in people.items()}
    asked = tx.execute(sa.select(t.questions).where(t.questions.c.answered_at.is_(None))).all()
    doubts = [frozenset((groups[row.subject_id], groups[row.other_id])) for row in asked]
    assert len(doubts) == len(set(doubts)), "asked twice"
    return set(groups.values()), set(doubts)


def touches(one, other):
    """Whether two records share an address or a link, or one names the other."""
    mine, theirs = ({(each.kind, each.value) for each in record.identities} for _, record in (one, other))
    names = [(IdentityKind.LINK, f"{processor}:{record.ref.id}") for processor, record in (one, other)]
    return bool(mine & theirs) or names[1] in mine or names[0] in theirs


def key(pair):
    return f"{pair[0]}:{pair[1].ref.id}"


@given(crowds())
@slow
def test_the_order_of_named_records_does_not_matter(result_of, example):
    _, one, other, size = example
    assert result_of(one, 1) == result_of(other, size)


@given(crowds())
@slow
def test_named_records_are_joined_along_shared_identities_of_one_name(result_of, example):
    crowd, order, _, size = example
    groups, doubts = result_of(order, size)
    expected = [{key(each)} for each in crowd]
    for one, other in combinations(crowd, 2):
        if touches(one, other) and one[1].name == other[1].name:
            left, right = (next(each for each in expected if key(pair) in each) for pair in (one, other))
            if left is not right:
                left |= right
                expected.remove(right)
    assert groups == {frozenset(each) for each in expected}
    of = {member: group for group in groups for member in group}
    assert doubts == {
        frozenset((of[key(one)], of[key(other)]))
        for one, other in combinations(crowd, 2)
        if touches(one, other) and of[key(one)] != of[key(other)]
    }


@given(crowds(st.sampled_from(("", *NAMES)), st.sampled_from((None, *BIRTHS))))
@slow
def test_nobody_is_joined_with_another_name_or_birth_date_and_nobody_near_is_overlooked(result_of, example):
    crowd, order, _, size = example
    groups, doubts = result_of(order, size)
    record_of = {key(each): each[1] for each in crowd}
    for group in groups:
        assert len({name_key(record_of[each].name) for each in group} - {""}) <= 1
        assert len({record_of[each].born for each in group} - {None}) <= 1
    of = {member: group for group in groups for member in group}
    for one, other in combinations(crowd, 2):
        if touches(one, other) and of[key(one)] != of[key(other)]:
            assert frozenset((of[key(one)], of[key(other)])) in doubts


@given(crowds(st.sampled_from(("", *NAMES))))
@slow
def test_the_same_sweep_again_changes_nothing(result_of, example):
    _, order, _, size = example
    assert result_of([*order, *order], size) == result_of(order, size)
