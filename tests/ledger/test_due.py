"""Whom the rules look at: nobody something has changed for is missed, and of what is kept nothing is said."""

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
from gateway.obligations import RecordFact
from gateway.rules import Rules, look
from gateway.rules.days import to_micros
from gateway.rules.erasing import NEVER
from gateway.rules.policy import Basis, DataSet, HeldAt, Policy, Purpose, Rule
from gateway.settings.period import Period

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACES = ("recman", "invenias")
USES = {"recman": ("recruitment", "marketing", "archive"), "invenias": ("recruitment",)}
RULES = Rules(
    Policy(
        "A firm", "v1",
        {each: Purpose(each, each, (Basis.CONSENT,), ("records",)) for each in USES["recman"]},
        {"records": DataSet("records", "Records", held_at=tuple(map(HeldAt, PLACES)))},
        {("records", place): uses for place, uses in USES.items()},
        rules=(
            Rule("R1", ("recruitment",), (), ("updated",), Period(12, "months")),
            Rule("M1", ("marketing",), (), ("created",), Period(30, "days")),
        ),
    ),
    OSLO, kinds=dict.fromkeys(PLACES, ("candidate",)),
)  # fmt: skip


@pytest.fixture
def waiting(ledger):
    """Who is to be looked at; what is looked at once is not looked at again before its day."""

    def read(at=NOON, again=NEVER):
        with ledger.write() as tx:
            found = [each for some in due.to_look_at(tx, at) for each in some]
            due.looked_at(tx, dict.fromkeys(found, again))
        return found

    return read


def test_everybody_is_looked_at_once_and_whoever_changes_again(ledger, keep, make_record, waiting):
    keep(ledger, "recman", "candidate", [make_record("1"), make_record("2"), make_record("3")])
    assert (waiting(), waiting()) == ([1, 2, 3], [])
    keep(ledger, "recman", "candidate", [make_record("1"), make_record("2", updated=NOON), make_record("3")])
    assert (waiting(), waiting()) == ([2], [])
    keep(
        ledger,
        "invenias",
        "candidate",
        [make_record("9", emails=["x@example.org"]), make_record("8", updated=NOON)],
    )
    assert waiting() == [4, 5]


def test_a_record_that_joins_somebody_known_is_a_change(ledger, keep, make_record, waiting):
    keep(ledger, "recman", "candidate", [make_record("1", emails=["a@example.org"]), make_record("2")])
    waiting()
    keep(ledger, "invenias", "candidate", [make_record("9", emails=["a@example.org"])])
    assert waiting() == [1]


def test_a_day_that_has_come_is_a_change(ledger, keep, make_record, waiting):
    keep(ledger, "recman", "candidate", [make_record("1")])
    assert waiting(again=to_micros(NOON + timedelta(days=1))) == [1]
    assert waiting(NOON + timedelta(hours=23)) == []
    assert waiting(NOON + timedelta(days=1)) == [1]


def test_what_vanished_or_is_kept_no_longer_is_a_change(ledger, keep, make_record, now, waiting):
    keep(ledger, "recman", "candidate", [make_record("1"), make_record("2")])
    waiting()
    with ledger.write() as tx:
        theirs = t.records.c.vendor_id == "1"
        tx.execute(t.records.update().where(theirs).values(state="kept", look_at=now))
        assert due.release_kept(tx, now) == 1
    assert waiting() == [1]
    with ledger.write() as tx:
        due.everybody_changed(tx)
    assert waiting() == [1, 2]


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
        expected = RecordFact("recman", "candidate", to_micros(now), None, None, vanished=False)
        assert (only.subject, only.records) == (1, (expected,))
        assert [len(each.records) for each in due.facts(tx, [1, 2], everyone=True)] == [1, 0]
        assert due.release_kept(tx, now - timedelta(seconds=1)) == 0
        assert due.release_kept(tx, now) == 2
        assert [len(each.records) for each in due.facts(tx, [1, 2])] == [2, 1]
        assert due.people(tx) == 2


def test_facts_are_of_those_who_were_asked_for(ledger, keep, make_record):
    keep(ledger, "recman", "candidate", [make_record("1"), make_record("2"), make_record("3")])
    with ledger.read() as tx:
        assert [each.subject for each in due.facts(tx, [2])] == [2]


def test_what_is_kept_without_a_date_is_not_released(ledger, keep, make_record, now):
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.write() as tx:
        tx.execute(t.records.update().values(state="kept"))
        assert due.release_kept(tx, now + timedelta(3650)) == 0


def test_everybody_comes_in_order_and_once(ledger, keep, make_record, monkeypatch):
    monkeypatch.setattr(due, "AT_A_TIME", 2)
    keep(ledger, "recman", "candidate", [make_record(str(each)) for each in range(5)])
    with ledger.read() as tx:
        assert list(due.everybody(tx)) == [[1, 2], [3, 4], [5]]


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


@given(crowd, st.lists(st.integers(1, 500), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_who_is_due_is_missed_whenever_one_looks(ledger, crowd, days):
    """Who is looked at on the days the rules name is found due on the day everybody would be."""

    with suppress(UndoError), ledger.write() as tx:
        tx.execute(t.subjects.insert(), [{"id": each, "wrapped_key": b"key"} for each in range(1, 5)])
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
        for later in [0, *sorted(days)]:
            now = NOON + timedelta(days=later)
            micros = to_micros(now)
            everybody = {each.subject: look(RULES, each, micros) for each in due.facts(tx, range(1, 5))}
            seen = [person for some in due.to_look_at(tx, now) for person in some]
            due.looked_at(
                tx, {each: everybody[each].look_at if each in everybody else NEVER for each in seen}
            )
            assert {each for each, found in everybody.items() if found.erasure} <= set(seen)
        raise UndoError
