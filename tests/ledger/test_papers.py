"""What is written down beside records and cases: consents, questions, call counts, and what the commands show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from gateway.ledger import batches, consents, questions, quota, views
from gateway.ledger import tables as t
from gateway.ledger.consents import ConsentLine
from gateway.model import Consent
from gateway.trail import Checkpoint

OSLO = ZoneInfo("Europe/Oslo")
LINE = ConsentLine(2, "kari@example.org", "recruitment", "recman", date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def kari(ledger, keep, make_record):
    keep(ledger, "recman", "candidate", [make_record("1")])


def add(ledger, line, at, source="import"):
    with ledger.write() as tx:
        consents.add(tx, 1, line, OSLO, at, source)
        return consents.of(tx, 1)


def test_the_same_consent_twice_is_one(ledger, kari, now):
    add(ledger, LINE, now)
    (found,) = add(ledger, LINE, now + timedelta(1))
    assert (found.purpose, found.processor, found.basis, found.source, found.noted_at) == (
        "recruitment", "recman", "consent", "import", now,
    )  # fmt: skip
    assert found.given_at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert found.over_at == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize("other", [
    ConsentLine(2, "kari@example.org", "recruitment", None, LINE.given, LINE.expires),
    ConsentLine(2, "kari@example.org", "marketing", "recman", LINE.given, LINE.expires),
    ConsentLine(2, "kari@example.org", "recruitment", "recman", LINE.given, None),
    ConsentLine(2, "kari@example.org", "recruitment", "recman", LINE.given, LINE.expires, date(2026, 6, 1)),
])  # fmt: skip
def test_a_consent_that_differs_is_another(ledger, kari, now, other):
    add(ledger, LINE, now)
    assert len(add(ledger, other, now)) == 2
    assert len(add(ledger, other, now)) == 2


def test_imported_consents_stay_when_the_record_changes(ledger, keep, make_record, kari, now):
    add(ledger, LINE, now)
    keep(ledger, "recman", "candidate", [make_record("1", consents=[Consent("recruitment")])])
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.read() as tx:
        assert [each.source for each in consents.of(tx, 1)] == ["import"]


def test_a_question_is_answered_once(ledger, now):
    with ledger.write() as tx:
        number = questions.ask(tx, "task", "Delete it by hand.", ("done",), now, step_id=7, due_at=now)
        other = questions.ask(tx, "untrue", "?", ("retry", "by-hand"), now, step_id=7)
        assert [row.id for row in questions.waiting(tx)] == [number, other]
        assert questions.of_step(tx, 7, "task").due_at == now
        assert questions.answer(tx, number, "done", "operator", "seen", now) is True
        assert questions.answer(tx, number, "done", "somebody", "", now) is False
        assert questions.of_step(tx, 7, "task") is None
        row = questions.get(tx, number)
        assert (row.answer, row.answered_by, row.note, row.answered_at) == ("done", "operator", "seen", now)
        assert questions.get(tx, 99) is None


def test_whom_there_is_a_doubt_about_names_the_first_question(ledger, now):
    with ledger.write() as tx:
        first, second, third = (
            questions.ask(tx, "match", "?", ("same", "different"), now, subject_id=low, other_id=high)
            for low, high in ((1, 2), (2, 3), (4, 5))
        )
        questions.answer(tx, third, "different", "operator", "", now)
        questions.ask(tx, "returned", "?", ("keep", "erase"), now, subject_id=6)
        assert questions.doubts(tx) == {1: first, 2: first, 3: second}


def test_call_counts_are_shared_by_all_who_open_the_ledger(ledger, open_ledger):
    one, other = quota.LedgerQuota(ledger), quota.LedgerQuota(open_ledger(ledger.url))

    def count(state):
        state["calls"] = state.get("calls", 0) + 1
        return state["calls"]

    assert [one.change("recman", count), other.change("recman", count), one.change("invenias", count)] == [
        1,
        2,
        1,
    ]
    with ledger.read() as tx:
        assert quota.state_of(tx, "recman") == {"calls": 2}
        assert quota.state_of(tx, "bisnode") == {}


def test_a_count_that_fails_is_not_kept(ledger):
    store = quota.LedgerQuota(ledger)

    def fail(state):
        state["calls"] = 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.change("recman", fail)
    assert store.change("recman", dict) == {}


def test_calls_of_a_dry_run_can_be_taken_over(ledger, open_ledger):
    quota.LedgerQuota(ledger).change("recman", lambda state: state.update(calls=1))
    dry = open_ledger(ledger.url, dry=True)
    quota.LedgerQuota(dry).change("recman", lambda state: state.update(calls=9))
    with dry.read() as tx:
        state = quota.state_of(tx, "recman")
    dry.close()
    with ledger.write() as tx:
        quota.copy_states(tx, {"recman": state})
        assert quota.state_of(tx, "recman") == {"calls": 9}


def test_what_a_case_waits_for_is_shown(ledger, kari, open_case, now):
    with ledger.write() as tx:
        asked = questions.ask(tx, "match", "?", ("same", "different"), now, subject_id=1, other_id=2)
    one, other = open_case(ledger, 1, ("recman", "paper"), held_by=asked)
    with ledger.write() as tx:
        task = questions.ask(tx, "task", "?", ("done",), now, step_id=other)
        old = questions.ask(tx, "task", "?", ("done",), now, step_id=one)
        questions.answer(tx, old, "done", "operator", "", now)
        assert [row.id for row in views.questions_of_case(tx, one)] == [asked, task]
        assert views.cases_of_steps(tx, [one, other, 99]) == {one: one, other: one}
        standings = views.standings(tx, [one])[one]
        assert [(each.processor, each.outcome, each.closed) for each in standings] == [
            ("recman", None, False), ("paper", None, False),
        ]  # fmt: skip


def test_the_next_time_is_that_of_an_open_step_of_an_open_case(ledger, kari, open_case, now):
    with ledger.read() as tx:
        assert views.next_time(tx) is None
    steps = open_case(ledger, 1, ("a", "b", "c"))
    open_case(ledger, 1, state="held", at=now - timedelta(1))
    with ledger.write() as tx:
        for step, values in zip(
            steps, ({"closed_at": now}, {"next_at": None}, {"next_at": now + timedelta(1)}), strict=True
        ):
            tx.execute(t.steps.update().where(t.steps.c.id == step).values(**values))
        assert views.next_time(tx) == now + timedelta(1)


def test_one_key_is_at_hand_to_try_the_master_key_on(ledger, keep, make_record, vault):
    with ledger.read() as tx:
        assert views.a_wrapped_key(tx) is None
        assert views.signed_to(tx) == 0
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.write() as tx:
        assert vault.unwrap(views.a_wrapped_key(tx))
        mark = Checkpoint(3, b"h", datetime(2026, 1, 1, tzinfo=UTC), "k", b"s")
        tx.execute(
            t.checkpoints.insert(),
            {"seq": 3, "hash": mark.hash, "at": mark.at, "key_id": "k", "signature": b"s"},
        )
        assert views.signed_to(tx) == 3


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (5, [5]), (6, [5, 1]), (11, [5, 5, 1])])
def test_long_lists_are_cut(count, sizes):
    assert [len(each) for each in batches.batches(range(count), 5)] == sizes


def test_many_rows_go_in_with_few_statements_and_come_out_by_many_values(ledger):
    rows = [(f"a{each}", "{}") for each in range(20_000)]
    with ledger.write() as tx:
        batches.insert_rows(tx, t.quota, ("account", "state"), rows)
        batches.insert_rows(tx, t.quota, ("account", "state"), [])
        query = sa.select(t.quota.c.account).where(t.quota.c.account != "a1")
        found = batches.rows_in(tx, query, t.quota.c.account, (f"a{each}" for each in range(20_002)))
        assert len({row[0] for row in found}) == 19_999
        assert list(batches.rows_in(tx, query, t.quota.c.account, [])) == []
