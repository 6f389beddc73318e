"""A consent that is over: by purpose and processor, to the last moment of its day, and not where it was renewed."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.ledger.placing import begins_at, over_at
from gateway.obligations import Trigger

NOW = "2026-11-23T12:00"


def test_a_consent_that_expired_is_owed_since_then(owed, make_rules, consent, record):
    found = owed(make_rules(), [consent(over="2026-11-01T23:00")], [record()])
    assert (found.subject, found.trigger, found.processors, found.purpose) == (
        1, Trigger.CONSENT_EXPIRED, ("recman",), "recruitment",
    )  # fmt: skip
    assert found.since.isoformat() == "2026-11-01T23:00:00+00:00"
    assert found.why == "consent to recruitment over since 2026-11-02"


def test_a_consent_that_lasts_is_not_owed(owed, make_rules, consent, record):
    assert owed(make_rules(), [consent(over="2026-11-23T12:00:00.000001")], [record()]) is None
    assert owed(make_rules(), [consent(over=NOW)], [record()]) is not None


@pytest.mark.parametrize(("day", "still", "over"), [
    (date(2026, 6, 30), "2026-06-30T21:59:59.999999", "2026-06-30T22:00"),
    (date(2026, 12, 31), "2026-12-31T22:59:59.999999", "2026-12-31T23:00"),
    (date(2026, 3, 29), "2026-03-29T21:59:59.999999", "2026-03-29T22:00"),
    (date(2026, 10, 25), "2026-10-25T22:59:59.999999", "2026-10-25T23:00"),
    (date(2028, 2, 29), "2028-02-29T22:59:59.999999", "2028-02-29T23:00"),
])  # fmt: skip
def test_the_day_of_expiry_is_still_valid_in_oslo(owed, make_rules, consent, record, day, still, over):
    rules = make_rules()
    bases = [consent(over=over_at(day, rules.zone))]
    assert owed(rules, bases, [record()], at=still) is None
    assert owed(rules, bases, [record()], at=over).trigger == Trigger.CONSENT_EXPIRED


@pytest.mark.parametrize("day", [date(2199, 12, 31), date(9999, 12, 31)])
def test_a_consent_for_ever_is_never_owed(owed, make_rules, consent, record, day):
    rules = make_rules(recruitment=("1 day", "updated"))
    bases = [consent(over=over_at(day, rules.zone))]
    assert owed(rules, bases, [record(updated="2020-01-01")]) is None


def test_the_longest_of_several_counts(owed, make_rules, consent, record):
    short, long = consent(over="2026-01-01"), consent(over="2027-01-01")
    assert owed(make_rules(), [short, long], [record()]) is None
    assert owed(make_rules(), [long, short], [record()], at="2027-01-01").since.year == 2027


def test_a_withdrawn_consent_is_owed_at_once(owed, make_rules, consent, record):
    rules = make_rules()
    found = owed(
        rules, [consent(over="2030-01-01", withdrawn=begins_at(date(2026, 11, 20), rules.zone))], [record()]
    )
    assert (found.trigger, found.why) == (
        Trigger.CONSENT_WITHDRAWN,
        "consent to recruitment withdrawn 2026-11-20",
    )


def test_a_withdrawal_to_come_is_not_owed_yet(owed, make_rules, consent, record):
    bases = [consent(over="2030-01-01", withdrawn="2026-11-24")]
    assert owed(make_rules(), bases, [record()]) is None
    assert owed(make_rules(), bases, [record()], at="2026-11-24").trigger == Trigger.CONSENT_WITHDRAWN


@pytest.mark.parametrize(("given", "renewed"), [
    ("2026-06-02", True), ("2026-06-01", False), ("2026-05-31", False), (None, False),
])  # fmt: skip
def test_only_a_consent_given_after_the_withdrawal_renews(owed, make_rules, consent, record, given, renewed):
    bases = [consent(withdrawn="2026-06-01"), consent(given=given, over="2030-01-01")]
    assert (owed(make_rules(), bases, [record()]) is None) is renewed


def test_a_row_that_was_withdrawn_and_given_anew_counts(owed, make_rules, consent, record):
    assert (
        owed(
            make_rules(), [consent(given="2026-07-01", withdrawn="2026-06-01", over="2030-01-01")], [record()]
        )
        is None
    )


def test_a_renewal_that_was_withdrawn_too_is_owed_since_the_last(owed, make_rules, consent, record):
    bases = [
        consent(withdrawn="2026-01-01"),
        consent(given="2026-02-01", withdrawn="2026-03-01", over="2030-01-01"),
    ]
    assert owed(make_rules(), bases, [record()]).since.month == 3


def test_a_consent_for_another_purpose_or_processor_does_not_help(owed, make_rules, consent, record):
    rules = make_rules({"recman": ("recruitment",), "invenias": ("recruitment",)})
    bases = [consent(at="recman", over="2026-01-01"), consent("marketing", over="2030-01-01"),
             consent(at="invenias", over="2030-01-01")]  # fmt: skip
    found = owed(rules, bases, [record("recman"), record("invenias")])
    assert found.processors == ("recman",)


def test_a_consent_everywhere_counts_at_each_processor(owed, make_rules, consent, record):
    rules = make_rules({"recman": ("recruitment",), "invenias": ("recruitment",)})
    bases = [consent(at="recman", over="2026-01-01"), consent(over="2030-01-01")]
    assert owed(rules, bases, [record("recman"), record("invenias")]) is None


def test_where_nothing_is_said_of_a_processor_what_is_said_elsewhere_counts(
    owed, make_rules, consent, record
):
    """The consent is written down in the applicant system; it is over in the other one too."""
    rules = make_rules({"recman": ("recruitment",), "invenias": ("recruitment",)})
    found = owed(rules, [consent(at="recman", over="2026-01-01")], [record("recman"), record("invenias")])
    assert found.processors == ("invenias", "recman")


def test_a_consent_without_an_end_falls_to_retention(owed, make_rules, consent, record):
    rules = make_rules(recruitment=("12 months", "updated"))
    assert owed(rules, [consent(given="2020-01-01")], [record(updated="2026-01-01")]) is None
    found = owed(rules, [consent(given="2020-01-01")], [record(updated="2025-01-01")])
    assert found.trigger == Trigger.RETENTION_OVER


@pytest.mark.parametrize(("dated", "endless", "over"), [
    ("2025-01-01", "2025-06-01", False),  # renewed without an end, before the old one was over
    ("2025-01-01", "2024-06-01", True),
    (None, "2026-02-01", False),
    (None, "2025-12-31", True),
    ("2025-01-01", None, True),
])  # fmt: skip
def test_a_renewal_without_an_end_takes_the_place_of_what_expired(
    owed, make_rules, consent, record, dated, endless, over
):
    bases = [consent(given=dated, over="2026-01-01"), consent(given=endless)]
    assert (owed(make_rules(), bases, [record()]) is not None) is over
