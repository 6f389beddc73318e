"""Erasure in the ledger: the key goes when nothing is held any more, and what remains is a keyed mark."""

from __future__ import annotations

import pytest

from gateway.ledger import consents, graves, people, questions
from gateway.ledger import tables as t
from gateway.ledger.consents import ConsentLine
from gateway.model import Ref

MAIL = "kari@example.org"


@pytest.fixture
def kari(ledger, keep, make_record):
    """S1, held at two processors."""
    keep(ledger, "recman", "candidate", [make_record("1", emails=[MAIL])])
    keep(ledger, "invenias", "candidate", [make_record("2", emails=[MAIL])])


def test_the_last_step_of_the_case_destroys_the_key(ledger, kari, open_case, prove_gone, rows, now):
    one, other = open_case(ledger, 1, ("recman", "invenias"))
    assert prove_gone(ledger, one) == []
    assert rows(ledger, t.subjects)[0].wrapped_key is not None
    said = prove_gone(ledger, other)
    assert [(each.action, each.subject, each.case) for each in said] == [
        ("closed", "S1", one),
        ("erased-key", "S1", one),
    ]
    (subject,) = rows(ledger, t.subjects)
    assert (subject.wrapped_key, subject.erased_at) == (None, now)
    assert [rows(ledger, table) for table in (t.records, t.identities, t.bases)] == [[], [], []]


def test_what_somebody_is_known_by_can_be_read_until_the_case_closes(
    ledger, kari, open_case, prove_gone, vault
):
    one, _ = open_case(ledger, 1, ("recman", "paper"))
    prove_gone(ledger, one)
    with ledger.read() as tx:
        known = people.as_known_at(tx, vault, [1], "paper", {"email"})[1]
    assert known.known_by("email") == (MAIL,)


def test_the_key_stays_while_something_is_held_elsewhere(ledger, kari, open_case, prove_gone, rows):
    (step,) = open_case(ledger, 1)
    assert [each.action for each in prove_gone(ledger, step)] == ["closed"]
    assert rows(ledger, t.subjects)[0].wrapped_key is not None
    assert [row.processor for row in rows(ledger, t.records)] == ["invenias"]


def test_the_key_stays_while_something_is_kept(ledger, kari, open_case, prove_gone, rows):
    one, other = open_case(ledger, 1, ("recman", "invenias"))
    prove_gone(ledger, one)
    with ledger.write() as tx:
        tx.execute(t.records.update().where(t.records.c.processor == "invenias").values(state="kept"))
    assert [each.action for each in prove_gone(ledger, other, stay=[Ref("candidate", "2")])] == ["closed"]
    assert [row.vendor_id for row in rows(ledger, t.records)] == ["2"]


def test_the_key_stays_while_another_case_runs(ledger, kari, open_case, prove_gone, rows):
    one, other = open_case(ledger, 1, ("recman", "invenias"))
    (second,) = open_case(ledger, 1, ("bisnode",))
    prove_gone(ledger, one)
    assert [each.action for each in prove_gone(ledger, other)] == ["closed"]
    assert rows(ledger, t.subjects)[0].wrapped_key is not None
    assert [each.action for each in prove_gone(ledger, second)] == ["closed", "erased-key"]


def test_what_vanished_goes_with_the_case(ledger, kari, open_case, prove_gone, rows):
    with ledger.write() as tx:
        tx.execute(t.records.update().where(t.records.c.processor == "recman").values(state="vanished"))
    (step,) = open_case(ledger, 1, ("invenias",))
    assert [each.action for each in prove_gone(ledger, step)] == ["closed", "erased-key"]
    assert {row.processor for row in rows(ledger, t.tombstones)} == {None}


def test_what_vanished_beside_a_record_that_is_held_stays(
    ledger, kari, keep, make_record, open_case, prove_gone, rows
):
    keep(ledger, "recman", "candidate", [make_record("twin", emails=[MAIL])])
    with ledger.write() as tx:
        tx.execute(t.records.update().where(t.records.c.vendor_id == "1").values(state="vanished"))
    (step,) = open_case(ledger, 1, ("invenias",))
    prove_gone(ledger, step)
    assert {(row.vendor_id, row.state) for row in rows(ledger, t.records)} == {
        ("1", "vanished"),
        ("twin", "held"),
    }
    assert {row.processor for row in rows(ledger, t.tombstones)} == {"invenias"}


def test_marks_of_one_processor_count_for_all_when_all_is_erased(ledger, kari, open_case, prove_gone, rows):
    one, other = open_case(ledger, 1, ("recman", "invenias"))
    prove_gone(ledger, one)
    assert {row.processor for row in rows(ledger, t.tombstones)} == {"recman"}
    prove_gone(ledger, other)
    assert {row.processor for row in rows(ledger, t.tombstones)} == {None}


def test_what_the_operator_typed_goes_too_and_is_remembered(ledger, open_case, prove_gone, rows, vault, now):
    with ledger.write() as tx:
        subject = people.enter(tx, vault, ("email", MAIL), now)
    (step,) = open_case(ledger, subject)
    assert [each.action for each in prove_gone(ledger, step)] == ["closed", "erased-key"]
    assert rows(ledger, t.records) == []
    assert vault.hash("email", MAIL) in {row.hash for row in rows(ledger, t.tombstones)}


def test_consents_and_questions_go_with_the_person(ledger, kari, open_case, prove_gone, rows, now):
    with ledger.write() as tx:
        consents.add(tx, 1, ConsentLine(1, MAIL, "recruitment"), now.tzinfo, now)
        questions.ask(tx, "match", "?", ("same", "different"), now, subject_id=1, other_id=7)
        questions.ask(tx, "match", "?", ("same", "different"), now, subject_id=0, other_id=1)
        questions.ask(tx, "match", "?", ("same", "different"), now, subject_id=2, other_id=7)
    for step in open_case(ledger, 1, ("recman", "invenias")):
        prove_gone(ledger, step)
    assert rows(ledger, t.bases) == []
    assert [row.answer for row in rows(ledger, t.questions)] == ["erased", "erased", None]


def test_erasing_many_at_once_takes_those_only_who_are_held_nowhere(ledger, keep, make_record, rows, now):
    keep(
        ledger,
        "recman",
        "candidate",
        [make_record(str(each), emails=[f"p{each}@example.org"]) for each in (1, 2, 3)],
    )
    with ledger.write() as tx:
        graves.drop_records(tx, [1, 3])
        assert graves.erase_subjects(tx, {1: None, 2: None, 3: None, 99: None}, now) == {1, 3}
        assert graves.erase_subjects(tx, {1: None, 2: None}, now) == set()
    assert [row.wrapped_key is None for row in rows(ledger, t.subjects)] == [True, False, True]
