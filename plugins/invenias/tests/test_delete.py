"""Deletions: children first, nobody else touched, nothing doubtful made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway import Identity, IdentityKind, Outcome, Reason, Receipt, Ref, Subject, UnavailableError
from gateway.testing import Fault


def by_email(address: str, kept: tuple[Ref, ...] = ()) -> Subject:
    return Subject("S1", (Identity(IdentityKind.EMAIL, address),), kept=kept)


def paths(tenant: Any) -> list[str]:
    """The changing calls, with the ids cut off."""
    return [call for call in tenant.calls() if not call.startswith("GET") and not call.endswith("/list")]


def test_children_go_before_the_person(tenant: Any) -> None:
    vendor = tenant.vendor
    anna = vendor.add_person("Anna", "Berg", picture=b"png", categories=("norway",))
    document, note = vendor.add_document([anna], "cv.pdf", b"cv"), vendor.add_note("Called.", [anna])
    (receipt,) = tenant.delete(anna)
    assert receipt.outcome is Outcome.DONE
    assert set(receipt.deleted) == {Ref("person", anna), Ref("document", document), Ref("note", note)}
    assert paths(tenant) == [
        "POST /documents/bulkDelete",
        f"DELETE /notes/{note}",
        f"DELETE /people/{anna}/recordpicture",
        f"DELETE /people/{anna}/categories/norway",
        f"DELETE /people/{anna}",
    ]
    assert not vendor.people
    assert not vendor.documents
    assert not vendor.journal


def test_user_is_never_touched_nor_what_hangs_on_them(tenant: Any) -> None:
    uma = tenant.vendor.add_person("Uma", "User", user=True)
    document, note = (
        tenant.vendor.add_document([uma], "cv.pdf", b"cv"),
        tenant.vendor.add_note("Hired.", [uma]),
    )
    (receipt,) = tenant.delete(uma)
    assert receipt.outcome is Outcome.KEPT
    assert {each.ref for each in receipt.kept} == {
        Ref("person", uma),
        Ref("document", document),
        Ref("note", note),
    }
    assert {each.reason for each in receipt.kept} == {Reason.USER_ACCOUNT}
    assert {each.ref for each in tenant.audit(uma)} == {each.ref for each in receipt.kept}
    assert paths(tenant) == []


def test_user_id_of_zeros_is_no_user(tenant: Any) -> None:
    tenant.vendor.add_api_user()
    anna = tenant.vendor.add_person("Anna", "Berg")
    tenant.vendor.change_person(anna, user_id="00000000-0000-0000-0000-000000000000")
    tenant.vendor.users_protected = False
    assert tenant.delete(anna)[0].outcome is Outcome.DONE


def test_user_is_known_where_people_are_read_one_by_one(make_tenant: Any) -> None:
    tenant = make_tenant(id_filter=False)
    uma, anna = tenant.vendor.add_person("Uma", "User", user=True), tenant.vendor.add_person("Anna", "Berg")
    outcomes = {each.subject: each.outcome for each in tenant.delete(uma, anna)}
    assert outcomes == {f"S-{uma}": Outcome.KEPT, f"S-{anna}": Outcome.DONE}
    assert tenant.vendor.person_ids() == [uma]


def test_shared_note_is_rewritten_and_flagged(tenant: Any) -> None:
    vendor = tenant.vendor
    anna, bo = vendor.add_person("Anna", "Berg"), vendor.add_person("Bo", "Dahl")
    note = vendor.add_note("Anna met Bo.", [anna, bo], subject="Meeting")
    vendor.journal[note].fields |= {
        "NoteActionType": {"Id": "t1"},
        "Assignments": [{"Id": "a1", "ItemType": "Assignments"}],
    }
    (receipt,) = tenant.delete(anna)
    (kept,) = receipt.kept
    assert (kept.ref, kept.reason) == (Ref("note", note), Reason.REVIEW)
    fields = vendor.journal[note].fields
    assert [each["Id"] for each in fields["People"]] == [bo]
    assert (fields["Subject"], fields["NoteActionType"]) == ("Meeting", {"Id": "t1"})
    assert fields["Assignments"] == [{"Id": "a1"}]
    assert fields["Owner"]["ItemType"] == "Users"


def test_note_that_names_only_people_who_go_goes_too(tenant: Any) -> None:
    tenant.vendor.add_api_user()
    anna, bo = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Bo", "Dahl")
    note = tenant.vendor.add_note("Anna met Bo.", [anna, bo])
    receipts = tenant.delete(anna, bo)
    assert all(Ref("note", note) in each.deleted for each in receipts)
    assert not tenant.vendor.journal


def test_email_with_other_recipients_is_rewritten(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg")
    mail = tenant.vendor.add_journal_item(
        "emails",
        {
            "Subject": "Hello",
            "People": [tenant.vendor.people[anna].reference],
            "Recipients": [
                {"EmailAddress": "a@example.org", "PersonId": anna},
                {"EmailAddress": "x@example.org"},
            ],
        },
    )
    (receipt,) = tenant.delete(anna)
    assert [each.ref for each in receipt.kept] == [Ref("email", mail)]
    assert tenant.vendor.journal[mail].fields["Recipients"] == [{"EmailAddress": "x@example.org"}]


def test_namesake_s_note_is_not_touched(tenant: Any) -> None:
    anna, other = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Anna", "Bergersen")
    note = tenant.vendor.add_note("Hers.", [other])
    (receipt,) = tenant.delete(anna)
    assert receipt.deleted == (Ref("person", anna),)
    assert note in tenant.vendor.journal
    assert f"GET /notes/{note}" in (calls := tenant.calls())
    assert not {f"PUT /notes/{note}", f"DELETE /notes/{note}"} & set(calls)


def test_note_that_a_policy_keeps_from_being_saved_is_reported(make_tenant: Any) -> None:
    tenant = make_tenant(compulsory=["notes.Subject"])
    anna, bo = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Bo", "Dahl")
    note = tenant.vendor.add_note("Anna met Bo.", [anna, bo], subject="")
    tenant.calls()
    (receipt,) = tenant.delete(anna)
    assert "changed by hand" in receipt.kept[0].text
    assert [call for call in tenant.calls() if call.startswith("PUT")] == [
        f"PUT /notes/{note}"
    ]  # not repeated
    assert tenant.vendor.person_ids() == [bo]


def test_shared_document_stays_and_is_reported(tenant: Any) -> None:
    anna, bo = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Bo", "Dahl")
    shared = tenant.vendor.add_document([anna, bo], "both.pdf", b"cv")
    assigned = tenant.vendor.add_document([anna], "offer.pdf", b"cv", assignments=["a1"])
    (receipt,) = tenant.delete(anna)
    assert {(each.ref.id, each.reason) for each in receipt.kept} == {
        (shared, Reason.SHARED),
        (assigned, Reason.SHARED),
    }
    assert set(tenant.vendor.documents) == {shared, assigned}


def test_document_that_does_not_show_its_owners_stays(make_tenant: Any) -> None:
    tenant = make_tenant(document_owners=False)
    anna, bo = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Bo", "Dahl")
    for person in (anna, bo):
        tenant.vendor.add_document([person], "cv.pdf", b"cv")
    assert [each.reason for each in tenant.delete(anna)[0].kept] == [Reason.SHARED]
    tenant.account = tenant.open(document_links=[])
    assert tenant.delete(bo)[0].kept == ()


def test_person_is_found_by_the_exact_address_only(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg", email="Anna@Example.org")
    other = tenant.vendor.add_person("Hanna", "Vik", email="hanna@example.org")
    assert tenant.delete_all([by_email("anna@example.org")]) == [
        Receipt("S1", Outcome.DONE, (Ref("person", anna),))
    ]
    assert tenant.vendor.person_ids() == [other]
    assert tenant.delete_all([by_email("anna@example.org")]) == [Receipt("S1", Outcome.NOTHING)]


def test_two_people_with_one_address_are_a_question(tenant: Any) -> None:
    for name in ("Anna", "Bo"):
        tenant.vendor.add_person(name, "Berg", email="family@example.org")
    (receipt,) = tenant.delete_all([by_email("family@example.org")])
    assert receipt.outcome is Outcome.MANUAL
    assert receipt.note == "2 people have this address: which one is it?"
    assert len(tenant.vendor.people) == 2


def test_kept_person_is_not_found_by_address(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg", email="anna@example.org")
    (receipt,) = tenant.delete_all([by_email("anna@example.org", kept=(Ref("person", anna),))])
    assert receipt.outcome is Outcome.KEPT
    assert tenant.vendor.person_ids() == [anna]


def test_kept_note_is_left_as_it_is(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg")
    note, other = tenant.vendor.add_note("Legal.", [anna]), tenant.vendor.add_note("Not legal.", [anna])
    subject = Subject("S1", records=(Ref("person", anna),), kept=(Ref("note", note),))
    (receipt,) = tenant.delete_all([subject])
    assert list(tenant.vendor.journal) == [note]
    assert Ref("note", other) in receipt.deleted
    assert [each.ref for each in receipt.kept] == [Ref("note", note)]


def test_item_that_is_listed_and_cannot_be_read_stops_the_deletion(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg")
    note = tenant.vendor.add_note("Called.", [anna])
    tenant.vendor.journal[note].kind = "telephones"
    inner = tenant.vendor.read_item
    tenant.vendor.read_item = lambda kind, item: inner("notes", item)
    with pytest.raises(UnavailableError, match=r"a journal item \(telephone\) is listed and cannot be read"):
        tenant.delete(anna)
    assert anna in tenant.vendor.people
    tenant.vendor.read_item = inner
    assert Ref("telephone", note) in tenant.delete(anna)[0].deleted


def test_lost_answer_to_the_deletion_is_made_up_for(tenant: Any) -> None:
    tenant.vendor.add_api_user()
    anna = tenant.vendor.add_person("Anna", "Berg")
    tenant.vendor.wire.faults.append(Fault("drop", path=f"/api/v1/people/{anna}$", method="DELETE"))
    (receipt,) = tenant.delete(anna)
    assert (receipt.outcome, receipt.deleted) == (Outcome.DONE, (Ref("person", anna),))
    assert tenant.delete(anna)[0].outcome is Outcome.NOTHING


def test_interrupted_deletion_is_taken_up_again(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg")
    tenant.vendor.add_document([anna], "cv.pdf", b"cv")
    tenant.vendor.wire.faults.append(Fault("cut", path=f"/api/v1/people/{anna}/recordpicture", times=99))
    with pytest.raises(UnavailableError):
        tenant.delete(anna)
    assert (list(tenant.vendor.people), list(tenant.vendor.documents)) == ([anna], [])
    tenant.vendor.wire.faults.clear()
    assert tenant.delete(anna)[0].outcome is Outcome.DONE


def test_refusal_of_one_person_is_for_a_person_to_settle(make_tenant: Any) -> None:
    tenant = make_tenant(bulk_delete=False)
    tenant.vendor.add_api_user()
    anna, bo = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Bo", "Dahl")
    tenant.vendor.wire.faults.append(Fault("403", path=f"/api/v1/people/{anna}$", method="DELETE"))
    first, second = tenant.delete(anna, bo)
    assert (first.outcome, second.outcome) == (Outcome.MANUAL, Outcome.DONE)
    assert "look for a user account" in first.note
    assert tenant.delete(anna)[0].outcome is Outcome.DONE


def test_liar_is_caught_by_the_audit(tenant: Any) -> None:
    tenant.vendor.add_api_user()
    anna, bo = tenant.vendor.add_person("Anna", "Berg"), tenant.vendor.add_person("Bo", "Dahl")
    tenant.vendor.lying_ids.add(anna)
    assert [each.outcome for each in tenant.delete(anna, bo)] == [Outcome.DONE, Outcome.DONE]
    assert [each.ref for each in tenant.audit(anna, bo)] == [Ref("person", anna)]
    tenant.vendor.lying_ids.clear()
    tenant.delete(anna)
    assert tenant.audit(anna, bo) == []


def test_deletion_that_takes_its_time_is_seen_by_the_audit(make_tenant: Any) -> None:
    tenant = make_tenant(delete_delay=timedelta(minutes=10))
    tenant.vendor.add_api_user()
    anna = tenant.vendor.add_person("Anna", "Berg")
    tenant.delete(anna)
    assert [each.ref for each in tenant.audit(anna)] == [Ref("person", anna)]
    tenant.wait(minutes=10)
    assert tenant.audit(anna) == []


def test_fifty_people_cost_few_calls_each(make_tenant: Any) -> None:
    tenant = make_tenant()
    people = tenant.vendor.populate(60)[:50]
    tenant.account = tenant.open(parallel=8)
    receipts = tenant.delete(*people)
    assert len(receipts) == 50
    assert len(tenant.calls()) <= 50 * 4 + 6
    assert len(tenant.vendor.people) == 10
