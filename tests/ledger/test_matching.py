"""Who is one person: exact identities join, names and birth dates keep apart, and every doubt is asked about."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.ledger import matching, people, questions
from gateway.ledger import tables as t

ONE, TWO = "shared@example.org", "other@example.org"


@pytest.fixture
def sweep_of(keep):
    """Keeps records at one processor after the other: `sweep_of(ledger, recman=[…], invenias=[…])`."""

    def keep_all(ledger, **records):
        return [keep(ledger, name, "candidate", some) for name, some in records.items()]

    return keep_all


def test_one_address_and_one_name_are_one_person(ledger, sweep_of, make_record, whose, doubts):
    sweep_of(
        ledger, recman=[make_record("1", emails=[ONE])], invenias=[make_record("2", emails=[ONE.upper()])]
    )
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 1}
    assert doubts(ledger) == []


def test_one_address_and_two_names_are_two_people_and_a_question(ledger, sweep_of, make_record, whose, rows):
    sweep_of(
        ledger, recman=[make_record("1", emails=[ONE])], invenias=[make_record("2", emails=[ONE], name="Ola")]
    )
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2}
    (asked,) = rows(ledger, t.questions)
    assert (asked.kind, asked.subject_id, asked.other_id, asked.options) == (
        "match",
        1,
        2,
        ["same", "different"],
    )
    assert asked.text == (
        "invenias:2 shares an address or a link with another person (S1 and S2), and nothing shows that they are "
        "one. Is it the same person?"
    )


def test_one_name_without_anything_else_in_common_is_two_people(ledger, sweep_of, make_record, whose, doubts):
    sweep_of(ledger, recman=[make_record("1", emails=[ONE])], invenias=[make_record("2", emails=[TWO])])
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2}
    assert doubts(ledger) == []


@pytest.mark.parametrize(
    ("one", "other"), [("912 34 567", "+47 91234567"), ("0047 91 23 45 67", "tel:91234567")]
)
def test_a_phone_joins_in_any_spelling(ledger, sweep_of, make_record, whose, one, other):
    sweep_of(ledger, recman=[make_record("1", phones=[one])], invenias=[make_record("2", phones=[other])])
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 1}


@pytest.mark.parametrize(("one", "other", "is_one"), [
    ("Nordmann, Kari", "kari NORDMANN", True), ("Åse Ødegård", "Åse Ødegård", True), ("李 小龍", "李　小龍", True),
    ("Åse", "Ase", False), ("Кари Нордман", "Kari Nordmann", False),
])  # fmt: skip
def test_names_of_every_script_are_compared_as_written(
    ledger, sweep_of, make_record, whose, one, other, is_one
):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE], name=one)],
        invenias=[make_record("2", emails=[ONE], name=other)],
    )
    assert len(set(whose(ledger).values())) == (1 if is_one else 2)


def test_a_birth_date_keeps_two_of_one_name_apart(ledger, sweep_of, make_record, whose, doubts):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE], born=date(1950, 1, 2))],
        invenias=[make_record("2", emails=[ONE], born=date(1985, 1, 2))],
    )
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2}
    assert doubts(ledger) == [(1, 2)]


def test_a_record_without_a_name_belongs_to_the_one_person_with_its_address(
    ledger, sweep_of, make_record, whose
):
    sweep_of(
        ledger, recman=[make_record("1", emails=[ONE])], invenias=[make_record("2", emails=[ONE], name="")]
    )
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 1}


def test_a_record_without_a_name_behind_an_address_of_two_is_asked_about(
    ledger, sweep_of, make_record, whose, doubts
):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE]), make_record("2", emails=[ONE], name="Ola")],
        invenias=[make_record("3", emails=[ONE], name="")],
    )
    assert whose(ledger) == {"recman:1": 1, "recman:2": 2, "invenias:3": 3}
    assert doubts(ledger) == [(1, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("first", ["the record", "the link"])
def test_a_link_joins_before_and_after_the_record_it_names(ledger, sweep_of, make_record, whose, first):
    record = {"recman": [make_record("4711", emails=[ONE])]}
    link = {"bisnode": [make_record("b", links=["recman:4711"])]}
    sweep_of(ledger, **(record | link if first == "the record" else link | record))
    assert whose(ledger) == {"recman:4711": 1, "bisnode:b": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_link_joins_records_of_one_page(ledger, keep, make_record, whose, order):
    records = [make_record("1"), make_record("2", links=["recman:1"])]
    keep(ledger, "recman", "candidate", [records[each] for each in order])
    assert whose(ledger) == {"recman:1": 1, "recman:2": 1}


def test_two_links_to_a_record_never_seen_join(ledger, sweep_of, make_record, whose):
    sweep_of(
        ledger,
        bisnode=[make_record("b", links=["recman:1"])],
        invenias=[make_record("i", links=["recman:1"], name="")],
    )
    assert whose(ledger) == {"bisnode:b": 1, "invenias:i": 1}


def test_a_link_to_another_name_is_asked_about(ledger, sweep_of, make_record, whose, doubts):
    sweep_of(ledger, recman=[make_record("1")], bisnode=[make_record("b", links=["recman:1"], name="Ola")])
    assert whose(ledger) == {"recman:1": 1, "bisnode:b": 2}
    assert doubts(ledger) == [(1, 2)]


def test_a_link_outranks_an_address(ledger, sweep_of, make_record, whose, doubts):
    """Nothing but the link says whose a record without a name is; the address it shares is asked about."""
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[TWO]), make_record("2", emails=[ONE], name="Ola")],
        bisnode=[make_record("b", links=["recman:1"], emails=[ONE], name="")],
    )
    assert whose(ledger) == {"recman:1": 1, "recman:2": 2, "bisnode:b": 1}
    assert doubts(ledger) == [(1, 2)]


@pytest.mark.parametrize("name", ["Kari Nordmann", ""])
def test_a_bridge_between_two_of_one_name_makes_them_one(
    ledger, sweep_of, make_record, whose, doubts, vault, name
):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE])],
        invenias=[make_record("2", emails=[TWO])],
        bisnode=[make_record("3", emails=[ONE, TWO], name=name)],
    )
    assert set(whose(ledger).values()) == {1}
    assert doubts(ledger) == []
    with ledger.read() as tx:
        (known,) = people.as_known_at(tx, vault, [1], "invenias", ()).values()
    assert known.known_by("email") == (TWO,)


def test_a_bridge_in_the_page_of_those_it_joins_makes_them_one(ledger, keep, make_record, whose):
    keep(
        ledger, "recman", "candidate",
        [make_record("1", emails=[ONE]), make_record("2", emails=[TWO]), make_record("3", emails=[ONE, TWO]),
         make_record("4", emails=[TWO])],
    )  # fmt: skip
    assert set(whose(ledger).values()) == {1}


@pytest.mark.parametrize(
    ("left", "right", "bridge"), [("Kari", "Ola", ""), ("Kari", "Ola", "Per"), ("", "", "Per")]
)
def test_a_bridge_between_people_who_may_differ_is_asked_about(
    ledger, sweep_of, make_record, whose, doubts, left, right, bridge
):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE], name=left)],
        invenias=[make_record("2", emails=[TWO], name=right)],
        bisnode=[make_record("3", emails=[ONE, TWO], name=bridge)],
    )
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2, "bisnode:3": 3}
    assert doubts(ledger) == [(1, 3), (2, 3)]


def test_a_bridge_never_joins_two_birth_dates(ledger, sweep_of, make_record, whose, doubts):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE], born=date(1950, 1, 2))],
        invenias=[make_record("2", emails=[TWO], born=date(1985, 1, 2))],
        bisnode=[make_record("3", emails=[ONE, TWO])],
    )
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2, "bisnode:3": 3}
    assert doubts(ledger) == [(1, 3), (2, 3)]


def answer(ledger, said, now):
    with ledger.write() as tx:
        (asked,) = questions.waiting(tx)
        assert questions.answer(tx, asked.id, said, "operator", "", now)
        if said == "same":
            matching.merge(tx, ledger.vault, asked.subject_id, asked.other_id)


def test_an_answer_same_makes_two_one_with_all_they_have(
    ledger, sweep_of, make_record, whose, doubts, now, vault, rows
):
    sweep_of(
        ledger,
        recman=[make_record("1", emails=[ONE, TWO])],
        invenias=[make_record("2", emails=[ONE], name="Ola")],
    )
    answer(ledger, "same", now)
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 1}
    assert [row.wrapped_key is None for row in rows(ledger, t.subjects)] == [False, True]
    with ledger.read() as tx:
        assert people.as_known_at(tx, vault, [1], "invenias", ())[1].known_by("email") == (ONE,)
    sweep_of(ledger, bisnode=[make_record("3", emails=[ONE], name="Ola"), make_record("4", emails=[TWO])])
    assert set(whose(ledger).values()) == {1}
    assert doubts(ledger) == []


def test_an_answer_different_is_not_asked_again_and_never_overruled(
    ledger, sweep_of, make_record, whose, doubts, now
):
    father, son = (make_record(each, emails=[ONE], born=date(1950 + int(each), 1, 1)) for each in ("1", "2"))
    sweep_of(ledger, recman=[father], invenias=[son])
    answer(ledger, "different", now)
    sweep_of(ledger, recman=[make_record("1", emails=[ONE])], invenias=[make_record("2", emails=[ONE])])
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2}
    assert doubts(ledger) == []
    sweep_of(ledger, bisnode=[make_record("3", emails=[ONE])])
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2, "bisnode:3": 3}
    assert doubts(ledger) == [(1, 3), (2, 3)]


def test_an_identity_that_says_nothing_joins_nobody(ledger, sweep_of, make_record, whose):
    broken = {"emails": ["not an address"], "phones": ["see the note"], "links": ["4711"]}
    sweep_of(ledger, recman=[make_record("1", **broken)], invenias=[make_record("2", **broken)])
    assert whose(ledger) == {"recman:1": 1, "invenias:2": 2}


def test_an_address_given_twice_is_one_address(ledger, sweep_of, make_record, rows):
    sweep_of(ledger, recman=[make_record("1", emails=[ONE, ONE.upper(), f" {ONE} "])])
    assert len(rows(ledger, t.identities)) == 1
