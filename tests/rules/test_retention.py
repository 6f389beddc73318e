"""A retention period that is over: by the calendar, from the latest start anywhere, and never from no date."""

from __future__ import annotations

import pytest

from gateway.obligations import Trigger


@pytest.mark.parametrize(("period", "begun", "still", "over"), [
    ("12 months", "2025-11-23T08:00", "2026-11-22T22:59:59", "2026-11-22T23:00"),
    ("1 months", "2026-01-31T08:00", "2026-02-27T22:59:59", "2026-02-27T23:00"),
    ("1 months", "2024-01-31T08:00", "2024-02-28T22:59:59", "2024-02-28T23:00"),
    ("1 years", "2024-02-29T08:00", "2025-02-27T22:59:59", "2025-02-27T23:00"),
    ("4 years", "2024-02-29T08:00", "2028-02-28T22:59:59", "2028-02-28T23:00"),
    ("1 days", "2026-03-28T08:00", "2026-03-28T22:59:59", "2026-03-28T23:00"),
    ("1 days", "2026-03-29T08:00", "2026-03-29T21:59:59", "2026-03-29T22:00"),
    ("2 weeks", "2026-10-18T08:00", "2026-10-31T22:59:59", "2026-10-31T23:00"),
    ("1 days", "2026-11-22T23:30", "2026-11-23T22:59:59", "2026-11-23T23:00"),  # the 23rd already, in Oslo
])  # fmt: skip
def test_a_period_ends_at_midnight_in_oslo(owed, make_rules, record, period, begun, still, over):
    rules = make_rules(recruitment=(period, "updated"))
    assert owed(rules, [], [record(updated=begun)], at=still) is None
    found = owed(rules, [], [record(updated=begun)], at=over)
    assert (found.trigger, found.since.isoformat()[:16]) == (Trigger.RETENTION_OVER, over)


def test_the_reason_names_the_period_and_its_days(owed, make_rules, record):
    found = owed(make_rules(recruitment=("12 months", "updated")), [], [record(updated="2025-06-30T22:30")])
    assert found.why == "kept for recruitment 12 months since 2025-07-01, over since 2026-07-01"


@pytest.mark.parametrize("start", ["created", "updated", "active"])
def test_a_period_runs_from_the_date_the_settings_name(owed, make_rules, record, start):
    rules = make_rules(recruitment=("12 months", start))
    recent = dict.fromkeys(("created", "updated", "active"), "2026-11-01")
    assert owed(rules, [], [record(**recent)]) is None
    assert owed(rules, [], [record(**recent | {start: "2020-01-01"})]) is not None


def test_the_latest_start_anywhere_it_is_kept_counts(owed, make_rules, record):
    uses = {"recman": ("recruitment",), "invenias": ("recruitment",), "bisnode": ("credit",)}
    rules = make_rules(uses, recruitment=("12 months", "updated"))
    old, new = record("recman", updated="2020-01-01"), record("invenias", updated="2026-06-01")
    assert owed(rules, [], [old, new]) is None
    assert owed(rules, [], [old, record("bisnode", updated="2026-06-01")]).processors == ("recman",)


def test_without_any_date_no_period_is_over(owed, make_rules, record):
    rules = make_rules(recruitment=("1 days", "active"))
    assert owed(rules, [], [record(created="2000-01-01", updated="2000-01-01")]) is None


def test_a_date_that_is_missing_on_one_record_leaves_the_others(owed, make_rules, record):
    rules = make_rules(recruitment=("1 days", "active"))
    assert owed(rules, [], [record(), record(active="2000-01-01")]) is not None


def test_a_purpose_without_a_period_is_never_over_by_time(owed, make_rules, record):
    assert owed(make_rules(), [], [record(updated="1901-01-01")]) is None
