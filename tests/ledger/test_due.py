"""Whom the rules look at: nobody something is due for is missed, and of what is kept nothing is said."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ledger import due, placing
from gateway.ledger import tables as t
from gateway.model import Consent
from gateway.obligations import RecordFact, RetentionScan
from gateway.rules import Rules, obligations, scans
from gateway.settings import Purpose

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def rules_with(**purposes):
    made = {
        name: Purpose(name=name, title=name, retention=period, start=start)
        for name, (period, start) in purposes.items()
    }
    return Rules(made, {"recman": tuple(made), "invenias": tuple(made)[:1]}, OSLO)


RULES = rules_with(
    recruitment=("12 months", "updated"), marketing=("30 days", "created"), archive=(None, "active")
)


@pytest.fixture
def found(ledger):
    """The candidates of some scans."""

    def read(*some, at=NOON):
        with ledger.read() as tx:
            return due.candidates(tx, some, at)

    return read


def test_consents_over_retention_over_and_vanished_are_looked_at(ledger, keep, make_record, found):
    day = timedelta(days=1)
    keep(ledger, "recman", "candidate", [
        make_record("1", consents=[Consent("x", expires=NOON)]), make_record("2", consents=[Consent("x", withdrawn=NOON)]),
        make_record("3", updated=NOON - 3 * day), make_record("4"), make_record("5", updated=NOON),
        make_record("6", consents=[Consent("x", expires=NOON + day, withdrawn=NOON + day)]),
    ])  # fmt: skip
    with ledger.write() as tx:
        tx.execute(t.records.update().where(t.records.c.vendor_id == "4").values(state="vanished"))
    assert found(RetentionScan("x", "updated", NOON - day, ("recman",))) == [1, 2, 3, 4]
    assert found(RetentionScan("x", "updated", NOON - day, ("invenias",))) == [1, 2, 4]
    assert found(RetentionScan("x", "created", NOON, ("recman",))) == [1, 2, 4]
    assert found() == [1, 2, 4]


def test_facts_leave_out_what_is_kept_and_who_is_not_held(ledger, keep, make_record, now):
    keep(ledger, "recman", "candidate", [
        make_record("1", emails=["a@example.org"], created=now), make_record("2", emails=["a@example.org"], active=now),
        make_record("3", consents=[Consent("x", expires=now)]),
    ])  # fmt: skip
    with ledger.write() as tx:
        tx.execute(
            t.records.update().where(t.records.c.vendor_id.in_(("2", "3"))).values(state="kept", look_at=now)
        )
        (only,) = due.facts(tx, [1, 2, 99])
        assert (only.subject, only.records) == (1, (RecordFact("recman", now, None, None, vanished=False),))
        assert due.release_kept(tx, now - timedelta(seconds=1)) == 0
        assert due.release_kept(tx, now) == 2
        assert [len(each.records) for each in due.facts(tx, [1, 2])] == [2, 1]
        assert due.people(tx) == 2


def test_what_is_kept_without_a_date_is_not_released(ledger, keep, make_record, now):
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.write() as tx:
        tx.execute(t.records.update().values(state="kept"))
        assert due.release_kept(tx, now + timedelta(3650)) == 0


def test_the_day_a_period_ends_is_found_whatever_the_hour_it_began(ledger, keep, make_record, found):
    begun = datetime(2025, 11, 23, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in Oslo
    keep(ledger, "recman", "candidate", [make_record("1", updated=begun)])
    midnight = datetime(2026, 11, 22, 23, tzinfo=UTC)
    for at, expected in ((midnight, [1]), (midnight - timedelta(microseconds=1), [])):
        assert found(*scans(RULES, at), at=at) == expected


moments = st.none() | st.sampled_from([
    NOON - timedelta(days=days, hours=hours)
    for days in (-400, -1, 0, 1, 29, 30, 31, 364, 365, 366, 800) for hours in (0, 11, 13)
])  # fmt: skip
consents = st.builds(
    Consent, st.sampled_from(["recruitment", "marketing", "archive", "unknown"]), moments,
    moments | st.dates(date(2026, 11, 20), date(2026, 11, 25)), moments,
)  # fmt: skip
dated = st.fixed_dictionaries({"created": moments, "updated": moments, "active": moments})
crowd = st.lists(
    st.tuples(st.sampled_from(["recman", "invenias", "paper"]), st.integers(0, 3), dated, st.lists(consents, max_size=2),
              st.sampled_from(["held", "held", "held", "kept", "vanished", "gone"])),
    max_size=8,
)  # fmt: skip


class UndoError(Exception):
    """Raised to leave nothing of an example behind."""


@given(crowd)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_something_is_due_for_is_missed(ledger, crowd):
    """All people through the rules owe the same as those the scan finds."""

    with suppress(UndoError), ledger.write() as tx:
        tx.execute(t.subjects.insert(), [{"id": each} for each in range(1, 5)])
        for number, (processor, person, dates, given_consents, state) in enumerate(crowd):
            values = {"processor": processor, "kind": "candidate", "vendor_id": str(number), "subject_id": person + 1,
                      "sealed": b"", "digest": b"", "sweep_id": 1, "state": state, "id": number + 1}  # fmt: skip
            tx.execute(t.records.insert(), values | {f"{name}_at": moment for name, moment in dates.items()})
            for each in given_consents:
                tx.execute(t.bases.insert(), {
                    "subject_id": person + 1, "record_id": number + 1, "processor": processor, "purpose": each.purpose,
                    "given_at": placing.begins_at(each.given, OSLO), "over_at": placing.over_at(each.expires, OSLO),
                    "withdrawn_at": placing.begins_at(each.withdrawn, OSLO), "source": "record", "noted_at": NOON,
                })  # fmt: skip
        everybody = list(obligations(due.facts(tx, range(1, 5)), RULES, NOON))
        scanned = list(obligations(due.facts(tx, due.candidates(tx, scans(RULES, NOON), NOON)), RULES, NOON))
        assert scanned == everybody
        raise UndoError
