"""Changed records and joined people: what they said before counts no more, and nothing asked is lost."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.ledger import graves, matching, people, questions
from gateway.ledger import tables as t
from gateway.model import Consent

ONE, TWO = "one@example.org", "two@example.org"


@pytest.fixture
def put(ledger, keep):
    """Keeps one record: `put("recman", record)`."""
    return lambda processor, *records: keep(ledger, processor, "candidate", records)


def test_a_changed_address_joins_and_the_old_one_does_not(ledger, put, make_record, whose, doubts):
    put("recman", make_record("1", emails=[ONE]))
    put("recman", make_record("1", emails=[TWO]))
    put("invenias", make_record("old", emails=[ONE]), make_record("new", emails=[TWO]))
    assert whose(ledger) == {"recman:1": 1, "invenias:old": 2, "invenias:new": 1}
    assert doubts(ledger) == []


def test_an_old_address_does_not_join_in_the_page_that_changes_it(ledger, put, make_record, whose):
    put("recman", make_record("1", emails=[ONE]))
    put("recman", make_record("2", emails=[ONE]), make_record("1", emails=[TWO]))
    assert whose(ledger) == {"recman:1": 1, "recman:2": 2}


def test_a_changed_record_brings_two_of_one_name_together(ledger, put, make_record, whose, vault):
    put("recman", make_record("1", emails=[ONE]))
    put("invenias", make_record("2", emails=[TWO]))
    assert len(set(whose(ledger).values())) == 2
    put("recman", make_record("1", emails=[TWO]))
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 1}
    with ledger.read() as tx:
        assert people.as_known_at(tx, vault, [1], "invenias", ())[1].known_by("email") == (TWO,)


def test_a_changed_record_that_comes_to_another_name_is_asked_about(ledger, put, make_record, whose, doubts):
    put("recman", make_record("1", emails=[ONE]))
    put("invenias", make_record("2", emails=[TWO], name="Ola"))
    put("recman", make_record("1", emails=[TWO]))
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2}
    assert doubts(ledger) == [(1, 2)]


def test_a_person_who_takes_another_name_stays_one_person(ledger, put, make_record, whose, doubts):
    put("recman", make_record("1", emails=[ONE], name="Kari Nordmann"))
    put("invenias", make_record("2", emails=[ONE], name="Kari Nordmann"))
    put("recman", make_record("1", emails=[ONE], name="Kari Hansen"))
    put("invenias", make_record("2", emails=[ONE], name="Kari Hansen"))
    assert set(whose(ledger).values()) == {1}
    assert doubts(ledger) == []


def test_a_record_that_is_about_somebody_else_now_moves_and_is_asked_about(
    ledger, put, make_record, whose, rows, vault
):
    put("recman", make_record("1", emails=[ONE]))
    put("invenias", make_record("2", emails=[ONE]))
    put("recman", make_record("1", emails=[TWO], name="Ola", consents=[Consent("recruitment")]))
    assert whose(ledger) == {"recman:1": 2, "invenias:2": 1}
    (asked,) = rows(ledger, t.questions)
    assert (asked.subject_id, asked.other_id) == (1, 2)
    assert (
        "recman:1 was changed and has nothing in common with the person it belonged to (S1 and S2)"
        in asked.text
    )
    assert rows(ledger, t.bases)[0].subject_id == 2
    with ledger.read() as tx:
        known = people.as_known_at(tx, vault, [1, 2], "recman", ())
    assert known[2].known_by("email") == (TWO,)
    assert known[1].known_by("email") == ()


def test_a_record_that_is_about_somebody_known_now_moves_to_them(ledger, put, make_record, whose):
    put("recman", make_record("1", emails=[ONE]), make_record("2", emails=[ONE]))
    put("invenias", make_record("3", emails=[TWO], name="Ola"))
    put("recman", make_record("1", emails=[TWO], name="Ola"))
    assert whose(ledger) == {"recman:1": 2, "recman:2": 1, "invenias:3": 2}


def test_a_changed_record_alone_keeps_its_person(ledger, put, make_record, whose, doubts):
    put("recman", make_record("1", emails=[ONE]))
    put("recman", make_record("1", emails=[TWO], name="Kari Hansen", born=date(1985, 1, 2)))
    assert whose(ledger) == {"recman:1": 1}
    assert doubts(ledger) == []


def test_a_changed_name_does_not_bring_two_people_together(ledger, put, make_record, whose, doubts):
    """The person's other record speaks against it, and the address they share keeps the changed one with it."""
    put("recman", make_record("1", emails=[ONE]), make_record("2", emails=[ONE]))
    put("invenias", make_record("3", emails=[TWO], name="Ola"))
    put("recman", make_record("1", emails=[ONE, TWO], name="Ola"))
    assert whose(ledger) == {"recman:1": 1, "recman:2": 1, "invenias:3": 2}
    assert doubts(ledger) == [(1, 2)]


def test_a_changed_record_never_brings_two_birth_dates_together(ledger, put, make_record, whose, doubts):
    put("recman", make_record("1"))
    put("invenias", make_record("2", emails=[ONE], born=date(1950, 1, 2)))
    put("bisnode", make_record("3", emails=[TWO], born=date(1985, 1, 2)))
    put("recman", make_record("1", emails=[ONE, TWO]))
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2, "bisnode:3": 3}
    assert doubts(ledger) == [(1, 2), (1, 3)]


def test_what_a_changed_record_said_of_consent_is_replaced(ledger, put, make_record, rows):
    put("recman", make_record("1", consents=[Consent("recruitment"), Consent("marketing")]))
    put("recman", make_record("1", consents=[Consent("marketing", expires=date(2027, 1, 1))]))
    assert [(row.purpose, row.over_at is None) for row in rows(ledger, t.bases)] == [("marketing", False)]


def test_identities_in_another_order_are_no_change(ledger, put, make_record):
    put("recman", make_record("1", emails=[ONE, TWO]))
    assert put("recman", make_record("1", emails=[TWO, ONE])).changed == 0
    assert put("recman", make_record("1", emails=[TWO])).changed == 1


@pytest.fixture
def three(ledger, put, make_record):
    """S1 and S2 of one name, and S3 of another who shares an address with each."""
    put("recman", make_record("1", emails=[ONE]), make_record("2", emails=[TWO]))
    put("invenias", make_record("3", emails=[ONE, TWO], name="Ola"))


def merge(ledger, home, other):
    with ledger.write() as tx:
        matching.merge(tx, ledger.vault, home, other)


def test_doubts_about_one_become_doubts_about_both_and_are_asked_once(ledger, three, doubts, rows):
    assert doubts(ledger) == [(1, 3), (2, 3)]
    merge(ledger, 1, 2)
    assert doubts(ledger) == [(1, 3)]
    assert [row.answer for row in rows(ledger, t.questions)] == [None, "asked-already"]


@pytest.mark.parametrize("answered", [0, 1])
def test_a_doubt_that_was_answered_for_one_is_answered_for_both(ledger, three, doubts, rows, now, answered):
    with ledger.write() as tx:
        asked = questions.waiting(tx)[answered]
        questions.answer(tx, asked.id, "different", "operator", "", now)
    merge(ledger, 1, 2)
    assert doubts(ledger) == []
    assert {row.answer for row in rows(ledger, t.questions)} == {"different"}


def test_merging_answers_what_is_asked_about_the_two(ledger, three, doubts, rows):
    merge(ledger, 1, 3)
    answered = {
        (row.subject_id, row.other_id): (row.answer, row.answered_by) for row in rows(ledger, t.questions)
    }
    assert answered == {(1, 3): ("same", "gateway"), (1, 2): (None, None)}


def test_merging_moves_cases_consents_and_other_questions(ledger, put, make_record, open_case, rows, now):
    put("recman", make_record("1"), make_record("2", consents=[Consent("recruitment")]))
    (step,) = open_case(ledger, 2)
    with ledger.write() as tx:
        questions.ask(tx, "returned", "?", ("keep", "erase"), now, subject_id=2, step_id=step)
    merge(ledger, 1, 2)
    assert [rows(ledger, table)[0].subject_id for table in (t.cases, t.bases, t.questions)] == [1, 1, 1]


def test_merging_with_somebody_erased_does_nothing(ledger, put, make_record, rows, now, whose):
    put("recman", make_record("1"), make_record("2"))
    with ledger.write() as tx:
        graves.drop_records(tx, [2])
        assert graves.erase_subjects(tx, {2: None}, now) == {2}
    merge(ledger, 1, 2)
    merge(ledger, 2, 1)
    assert whose(ledger) == {"recman:1": 1}
    assert [row.wrapped_key is None for row in rows(ledger, t.subjects)] == [False, True]


def test_merging_twice_is_merging_once(ledger, put, make_record, whose):
    put("recman", make_record("1"), make_record("2"))
    merge(ledger, 1, 2)
    merge(ledger, 1, 2)
    assert whose(ledger) == {"recman:1": 1, "recman:2": 1}
