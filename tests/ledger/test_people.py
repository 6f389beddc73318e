"""A person as one processor knows them: its own records, the identities on them, and no more."""

from __future__ import annotations

import pytest

from gateway.ledger import people
from gateway.ledger import tables as t
from gateway.model import Identity, IdentityKind, Ref, Subject

EMAIL, PHONE, LINK = IdentityKind.EMAIL, IdentityKind.PHONE, IdentityKind.LINK


@pytest.fixture
def kari(ledger, keep, make_record):
    """S1: at Recman by one address, at Invenias by another and a phone, joined by a link."""
    keep(ledger, "recman", "candidate", [make_record("1", emails=["work@example.org"])])
    keep(ledger, "invenias", "candidate",
         [make_record("2", emails=["home@example.org"], phones=["91234567"], links=["recman:1"])])  # fmt: skip


@pytest.fixture
def known(ledger, vault):
    def read(processor, finds_by=(), person=1):
        with ledger.read() as tx:
            return people.as_known_at(tx, vault, [person], processor, finds_by)[person]

    return read


def test_a_processor_gets_what_stands_on_its_own_records(kari, known):
    assert known("recman", {EMAIL, PHONE, LINK}) == Subject(
        "S1", (Identity(EMAIL, "work@example.org"),), (Ref("candidate", "1"),)
    )
    assert known("invenias").identities == (
        Identity(EMAIL, "home@example.org"), Identity(PHONE, "+4791234567"), Identity(LINK, "recman:1"),
    )  # fmt: skip


@pytest.mark.parametrize(("finds_by", "expected"), [
    ((), []),
    ({PHONE}, ["+4791234567"]),
    ({EMAIL}, ["work@example.org", "home@example.org"]),
    ({LINK}, ["recman:1", "invenias:2"]),
])  # fmt: skip
def test_a_processor_that_holds_nothing_gets_what_it_can_search_by(kari, known, finds_by, expected):
    found = known("bisnode", finds_by)
    assert [each.value for each in found.identities] == expected
    assert (found.records, found.kept) == ((), ())


def test_what_is_kept_is_named_apart_and_what_is_gone_not_at_all(kari, keep, ledger, make_record, known):
    keep(ledger, "recman", "candidate", [make_record(each, emails=["work@example.org"]) for each in "1345"])
    with ledger.write() as tx:
        for vendor_id, state in (("3", "kept"), ("4", "refused"), ("5", "gone")):
            tx.execute(t.records.update().where(t.records.c.vendor_id == vendor_id).values(state=state))
    found = known("recman")
    assert (found.ids("candidate"), found.kept) == (("1",), (Ref("candidate", "3"), Ref("candidate", "4")))


def test_an_address_of_two_people_is_never_handed_to_a_processor(kari, keep, ledger, make_record, known):
    keep(ledger, "bisnode", "candidate", [make_record("b", emails=["work@example.org"], name="Ola")])
    assert known("recman").identities == ()
    assert known("recman").records == (Ref("candidate", "1"),)
    assert [each.value for each in known("paper", {EMAIL}).identities] == ["home@example.org"]
    assert known("bisnode", person=2).identities == ()


def test_many_are_shown_at_once_each_with_their_own(ledger, keep, make_record, vault):
    keep(
        ledger,
        "recman",
        "candidate",
        [make_record(str(each), emails=[f"p{each}@example.org"]) for each in range(300)],
    )
    with ledger.read() as tx:
        found = people.as_known_at(tx, vault, list(range(1, 301)), "recman", ())
    assert [found[each].known_by(EMAIL) for each in (1, 300)] == [("p0@example.org",), ("p299@example.org",)]
    assert len(found) == 300


def test_somebody_erased_is_known_by_nothing(known):
    assert known("recman", {EMAIL}, person=99) == Subject("S99")


def test_people_are_found_by_address_and_by_record(kari, ledger, vault):
    with ledger.read() as tx:
        assert people.by_identity(tx, vault, "email", "home@example.org") == [1]
        assert people.by_identity(tx, vault, "phone", "home@example.org") == []
        assert people.by_record(tx, "invenias", "2") == [1]
        assert people.by_record(tx, "recman", "2") == []
        assert (people.exists(tx, 1), people.exists(tx, 2)) == (True, False)


def test_somebody_unknown_is_entered_by_what_the_operator_typed(
    ledger, vault, now, known, keep, make_record, whose
):
    with ledger.write() as tx:
        subject = people.enter(tx, vault, ("email", "new@example.org"), now)
    assert known("recman", {EMAIL, LINK}, person=subject) == Subject(
        "S1", (Identity(EMAIL, "new@example.org"),)
    )
    keep(ledger, "recman", "candidate", [make_record("1", emails=["new@example.org"])])
    assert whose(ledger) == {"operator:S1": 1, "recman:1": 1}
