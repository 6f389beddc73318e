"""What one person is owed: all purposes of a processor over, one obligation, and what vanished before all else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.obligations import BasisFact, PersonFacts, RecordFact, Trigger
from gateway.rules import Rules, erasure
from gateway.rules.days import to_micros
from gateway.rules.policy import Rule
from gateway.settings.period import Period
from tests.rules.conftest import policy_of

BOTH = {"recman": ("recruitment", "marketing"), "invenias": ("recruitment",)}


def test_nothing_known_is_never_owed(owed, make_rules, record):
    rules = make_rules(BOTH, recruitment=("1 days", "updated"), marketing=("1 days", "updated"))
    assert owed(rules) is None
    assert owed(rules, [], [record(), record("invenias"), record("unheard-of")]) is None


def test_one_of_two_purposes_over_does_not_make_a_processor_due(owed, make_rules, consent, record):
    rules = make_rules(BOTH, marketing=(None, "updated"))
    over = [consent(over="2026-01-01")]
    assert owed(rules, over, [record("recman")]) is None
    found = owed(rules, over, [record("recman"), record("invenias")])
    assert found.processors == ("invenias",)
    assert owed(rules, [*over, consent("marketing", over="2026-02-01")], [record("recman")]).processors == (
        "recman",
    )


def test_a_processor_is_due_since_the_last_of_its_purposes_was_over(owed, make_rules, consent, record):
    """Or a purpose that ended years ago would make it late the moment the other one ends."""
    rules = make_rules(BOTH, marketing=(None, "updated"))
    bases = [consent(over="2019-01-01"), consent("marketing", over="2026-11-01")]
    found = owed(rules, bases, [record("recman")])
    assert (found.since.year, found.purpose) == (2026, "marketing")
    assert owed(rules, bases, [record("recman"), record("invenias")]).since.year == 2019


def test_a_processor_used_for_nothing_is_never_due(owed, make_rules, consent, record):
    assert owed(make_rules({"recman": ()}), [consent(over="2020-01-01")], [record("recman")]) is None


def test_a_processor_nothing_can_be_read_of_goes_along(owed, make_rules, consent, record):
    uses = {"recman": ("recruitment",), "paper": ("recruitment",), "club": ("marketing",)}
    rules = make_rules(uses, blind=("paper", "club"), marketing=(None, "updated"))
    assert owed(rules, [consent(over="2026-01-01")], [record("recman")]).processors == ("paper", "recman")


def test_a_processor_nothing_can_be_read_of_is_no_reason_by_itself(owed, make_rules, consent, record):
    uses = {"recman": ("recruitment",), "club": ("marketing",)}
    rules = make_rules(uses, blind=("club",), marketing=(None, "updated"))
    over = consent("marketing", over="2019-01-01")
    assert owed(rules, [over], [record("recman")]) is None
    found = owed(rules, [over, consent(over="2026-01-01")], [record("recman")])
    assert (found.processors, found.since.year) == (("club", "recman"), 2026)


def test_what_vanished_is_owed_everywhere_whatever_else_is_over(owed, make_rules, consent, record, now):
    found = owed(
        make_rules(BOTH), [consent(over="2020-01-01")], [record("recman", vanished=True), record("invenias")]
    )
    assert (found.trigger, found.processors, found.since) == (Trigger.VANISHED, ("invenias", "recman"), now)
    assert found.why == "deleted at recman, where the data come from"


def test_a_duplicate_tidied_away_at_its_source_is_not_a_deletion(owed, make_rules, record):
    """Two records of one person are made one there: the person has not gone."""
    assert (
        owed(make_rules(BOTH), [], [record("recman", vanished=True), record("recman"), record("invenias")])
        is None
    )
    found = owed(make_rules(BOTH), [], [record("recman", vanished=True), record("recman", vanished=True)])
    assert found.trigger == Trigger.VANISHED


def test_all_sources_it_vanished_from_are_named(owed, make_rules, record):
    records = [record("recman", vanished=True), record("invenias", vanished=True)]
    assert owed(make_rules(), [], records).why == "deleted at invenias and recman, where the data come from"


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PURPOSES = ("recruitment", "marketing")
PROCESSORS = ("recman", "invenias", "paper")
USES = {"recman": PURPOSES, "invenias": ("recruitment",), "paper": ("marketing",)}
RULES = Rules(
    policy_of(USES, (
        Rule("R1", ("recruitment",), (), ("updated",), Period(12, "months")),
        Rule("M1", ("marketing",), (), ("active",), Period(30, "days")),
    )),
    ZoneInfo("Europe/Oslo"), frozenset({"paper"}), dict.fromkeys(USES, ()),
)  # fmt: skip
moments = st.none() | st.integers(-800, 800).map(lambda days: to_micros(NOW + timedelta(days=days)))
bases = st.builds(
    BasisFact, st.sampled_from(PURPOSES), st.none() | st.sampled_from(PROCESSORS), moments, moments, moments
)
records = st.builds(
    RecordFact,
    st.sampled_from(PROCESSORS),
    st.just("candidate"),
    moments,
    moments,
    moments,
    st.just(value=False),
)
gone = st.builds(
    RecordFact, st.sampled_from(PROCESSORS), st.just("candidate"), moments, moments, moments, st.booleans()
)
some_bases, some_records = st.lists(bases, max_size=4), st.lists(records, max_size=4)


def owes(bases, records):
    return erasure(RULES, PersonFacts(1, tuple(bases), tuple(records)), to_micros(NOW))


@given(some_bases, some_records, bases, st.integers(1, 1000))
def test_another_consent_that_lasts_never_makes_somebody_due(bases, records, more, days):
    over = to_micros(NOW + timedelta(days=days))
    lasting = BasisFact(more.purpose, more.processor, more.given_at, over, None)
    if owes(bases, records) is None:
        assert owes([*bases, lasting], records) is None


@given(some_bases, st.lists(gone, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(bases, records, random):
    expected = owes(bases, records)
    random.shuffle(bases)
    random.shuffle(records)
    found = owes(bases, records)
    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert found.scopes == expected.scopes
        assert (found.trigger, found.why, found.since) == (expected.trigger, expected.why, expected.since)
        assert sorted(found.owed) == sorted(expected.owed)


@given(some_bases, st.lists(gone, max_size=4))
def test_a_person_is_owed_one_erasure_at_most_and_it_is_due_already(bases, records):
    found = owes(bases, records)
    if found is not None:
        assert found.since <= NOW
        assert set(found.scopes) & {record.processor for record in records}
        assert all(each.due <= to_micros(NOW) for each in found.owed)


@given(st.lists(records, min_size=1, max_size=4))
def test_a_withdrawal_of_all_makes_everything_due(records):
    withdrawn = [BasisFact(each, None, None, None, to_micros(NOW)) for each in PURPOSES]
    found = owes(withdrawn, records)
    assert {record.processor for record in records} <= set(found.scopes)
