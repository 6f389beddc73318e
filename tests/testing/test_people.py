"""Who the laws take for one person, and whom they take for nobody."""

from __future__ import annotations

from gateway import Identity, IdentityKind, Record, Ref, Subject
from gateway.testing.people import grouped, merged, named, unknown_like

EMAIL, PHONE = IdentityKind.EMAIL, IdentityKind.PHONE
KARI = (Identity(EMAIL, "kari@example.org"), Identity(PHONE, "+4722000001"))


def record(number: str, *identities: Identity) -> Record:
    return Record(Ref("person", number), identities)


def test_records_with_one_address_are_one_person_with_normalised_identities() -> None:
    subjects = grouped(
        [
            record("1", Identity(EMAIL, "Kari@Example.org "), Identity(PHONE, "22 00 00 01")),
            record("2", Identity(PHONE, "none")),
            record("3", Identity(EMAIL, "kari@example.org")),
        ]
    )
    assert subjects == [
        Subject("S1", KARI, (Ref("person", "1"), Ref("person", "3"))),
        Subject("S2", (), (Ref("person", "2"),)),
    ]


def test_merged_people_have_all_records_and_each_identity_once() -> None:
    one, two = Subject("S1", KARI, (Ref("person", "1"),)), Subject("S2", KARI[:1], (Ref("person", "2"),))
    assert merged([one, two]) == Subject("M1", KARI, (Ref("person", "1"), Ref("person", "2")))
    assert merged([]).records == ()


def test_unknown_record_has_an_id_of_the_same_form_that_nobody_has() -> None:
    known = [Ref("person", "7"), Ref("company", "NO:912345678"), Ref("note", "a1-b2")]
    made = unknown_like(known, known)
    assert made == (Ref("person", "999999999"), Ref("company", "NO:087654321"), Ref("note", "a8-b7"))
    assert unknown_like(known[:1], [*known, Ref("person", "999999999")]) == ()


def test_names_of_many_records_are_a_few() -> None:
    assert named({Ref("person", str(number)) for number in range(9)}).count(",") == 4
    assert named([]) == "nothing"
