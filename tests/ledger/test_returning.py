"""Who was erased and is there again is recognised; who only shares an address with them is asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.ledger import due, matching, questions
from gateway.ledger import tables as t

MAIL = "kari@example.org"


@pytest.fixture
def kari(ledger, keep, make_record):
    keep(ledger, "recman", "candidate", [make_record("1", emails=[MAIL])])
    keep(ledger, "invenias", "candidate", [make_record("2", emails=[MAIL])])


@pytest.fixture
def erased(ledger, kari, open_case, prove_gone):
    """S1 was erased at both processors; the numbers of the steps."""
    steps = open_case(ledger, 1, ("recman", "invenias"))
    for each in steps:
        prove_gone(ledger, each)
    return steps


@pytest.fixture
def came_back(ledger):
    """The records that are there again, and the step that erased each."""

    def read():
        with ledger.read() as tx:
            return {f"{row.processor}:{row.id}": row.returned_step for row in due.returned(tx)}

    return read


@pytest.mark.parametrize("processor", ["recman", "invenias", "bisnode"])
def test_after_full_erasure_a_return_is_recognised_anywhere(
    ledger, erased, keep, make_record, came_back, whose, processor
):
    tally = keep(ledger, processor, "candidate", [make_record("new", emails=[MAIL])])
    assert tally.returned == 1
    assert whose(ledger) == {f"{processor}:new": 2}
    assert list(came_back().values()) == [erased[1]]


def test_a_record_is_recognised_by_its_own_id(ledger, erased, keep, make_record, came_back):
    keep(ledger, "recman", "candidate", [make_record("1", emails=["new@example.org"], name="Anonymous")])
    assert list(came_back().values()) == [erased[0]]


def test_a_stranger_is_not_taken_for_somebody_erased(ledger, erased, keep, make_record, came_back, doubts):
    keep(ledger, "recman", "candidate", [make_record("9", emails=["ola@example.org"], name="Ola")])
    assert came_back() == {}
    with ledger.read() as tx:
        assert questions.waiting(tx) == []


def test_after_erasure_at_one_processor_a_return_counts_there_only(ledger, kari, open_case, prove_gone, keep, make_record,
                                                                   came_back, whose):  # fmt: skip
    (step,) = open_case(ledger, 1)
    prove_gone(ledger, step)
    keep(ledger, "bisnode", "candidate", [make_record("b", emails=[MAIL])])
    assert came_back() == {}
    keep(ledger, "recman", "candidate", [make_record("r", emails=[MAIL])])
    assert list(came_back().values()) == [step]
    assert set(whose(ledger).values()) == {1}


def test_what_returns_before_the_case_closes_is_recognised(ledger, kari, open_case, prove_gone, keep, make_record, came_back,
                                                           rows):  # fmt: skip
    one, _ = open_case(ledger, 1, ("recman", "invenias"))
    prove_gone(ledger, one)
    keep(ledger, "recman", "candidate", [make_record("1", emails=[MAIL])])
    assert list(came_back().values()) == [one]
    assert {(row.vendor_id, row.state) for row in rows(ledger, t.records)} == {("1", "held"), ("2", "held")}


def test_an_address_under_another_name_is_a_question_and_no_return(
    ledger, erased, keep, make_record, came_back, rows
):
    """Ola has had the family's address all along; he is not deleted because Kari was."""
    tally = keep(ledger, "bisnode", "candidate", [make_record("b", emails=[MAIL], name="Ola Nordmann")])
    assert came_back() == {}
    assert (tally.returned, tally.asked) == (0, 1)
    (asked,) = rows(ledger, t.questions)
    assert (asked.kind, asked.subject_id, asked.step_id, asked.options) == (
        "returned",
        2,
        erased[1],
        ["keep", "erase"],
    )
    assert "bisnode:b has an address of somebody who was erased, and another name (S2)" in asked.text
    keep(ledger, "invenias", "candidate", [make_record("i", emails=[MAIL], name="Ola Nordmann")])
    assert len(rows(ledger, t.questions)) == 1


def test_somebody_else_who_was_always_there_is_not_even_asked_about(ledger, keep, make_record, open_case, prove_gone,
                                                                    came_back, rows, now):  # fmt: skip
    keep(
        ledger,
        "recman",
        "candidate",
        [make_record("1", emails=[MAIL]), make_record("2", emails=[MAIL], name="Ola")],
    )
    with ledger.write() as tx:
        (asked,) = questions.waiting(tx)
        questions.answer(tx, asked.id, "different", "operator", "", now)
    (step,) = open_case(ledger, 1)
    prove_gone(ledger, step)
    keep(ledger, "invenias", "candidate", [make_record("i", emails=[MAIL], name="Ola")])
    keep(ledger, "bisnode", "candidate", [make_record("b", emails=[MAIL], name="")])
    assert came_back() == {}
    assert len(rows(ledger, t.questions)) == 1


@pytest.mark.parametrize(
    ("before", "after"), [("Kari", ""), ("", "Kari"), ("", ""), ("Nordmann, Kari", "Kari NORDMANN")]
)
def test_without_a_name_against_it_an_address_is_a_return(ledger, keep, make_record, open_case, prove_gone, came_back,
                                                          before, after):  # fmt: skip
    keep(ledger, "recman", "candidate", [make_record("1", emails=[MAIL], name=before)])
    (step,) = open_case(ledger, 1)
    prove_gone(ledger, step)
    keep(ledger, "recman", "candidate", [make_record("2", emails=[MAIL], name=after)])
    assert list(came_back().values()) == [step]


def test_who_came_back_lawfully_once_is_not_looked_for_again(ledger, erased, keep, make_record, came_back, rows, now,
                                                             open_case, prove_gone):  # fmt: skip
    keep(ledger, "recman", "candidate", [make_record("3", emails=[MAIL])])
    with ledger.write() as tx:
        number = questions.ask(tx, "returned", "?", ("keep", "erase"), now, subject_id=2, step_id=erased[0])
        tx.execute(t.records.update().values(returned_step=None))
        questions.answer(tx, number, "keep", "operator", "", now)
    keep(ledger, "invenias", "candidate", [make_record("4", emails=[MAIL])])
    assert came_back() == {}
    again = open_case(ledger, 2, ("recman", "invenias"), at=now + timedelta(1))
    for each in again:
        prove_gone(ledger, each, at=now + timedelta(1))
    keep(ledger, "invenias", "candidate", [make_record("5", emails=[MAIL])])
    assert list(came_back().values()) == [again[1]]


def test_whoever_was_erased_never_rejoins(ledger, erased, keep, make_record, whose, rows):
    keep(ledger, "recman", "candidate", [make_record("1", emails=[MAIL])])
    assert whose(ledger) == {"recman:1": 2}
    with ledger.write() as tx:
        matching.merge(tx, ledger.vault, 1, 2)
    assert whose(ledger) == {"recman:1": 2}
    assert [row.wrapped_key is None for row in rows(ledger, t.subjects)] == [True, False]
