"""What audit shows and export hands over; absence is believed only where it was shown."""

from __future__ import annotations

import json
from typing import Any

import gateway_invenias
import pytest

from gateway import Identity, IdentityKind, Ref, RefusedError, Subject
from gateway.testing import Fault


def export(tenant: Any, person: str) -> list[Any]:
    subject = Subject("S1", records=(Ref("person", person),))
    return list(gateway_invenias.export(account=tenant.account, subject=subject))


def test_hundreds_of_gone_people_cost_one_call(make_tenant: Any) -> None:
    tenant = make_tenant()
    people = tenant.vendor.populate(230)
    for each in people[:200]:
        tenant.vendor.remove_person(each)
    assert tenant.audit(*people[:200]) == []
    assert tenant.calls() == ["POST /people/list"] * 2  # the first is a look at the list, twice a day
    assert tenant.audit(*people[:200]) == []
    assert tenant.calls() == ["POST /people/list"]


def test_audit_shows_the_person_and_what_hangs_on_them(tenant: Any) -> None:
    people = tenant.vendor.populate(12)
    note, document = (
        tenant.vendor.add_note("Called.", people[:2]),
        tenant.vendor.add_document(people[:1], "cv", b"cv"),
    )
    found = tenant.audit(*people)
    assert {each.ref for each in found if each.subject == f"S-{people[0]}"} == {
        Ref("person", people[0]), Ref("note", note), Ref("document", document),
    }  # fmt: skip
    assert {each.ref for each in found if each.subject == f"S-{people[1]}"} == {
        Ref("person", people[1]),
        Ref("note", note),
    }
    assert found[0].since == tenant.vendor.people[people[0]].created


def test_ids_that_cannot_be_filtered_by_are_read_one_by_one(make_tenant: Any) -> None:
    tenant = make_tenant(id_filter=False)
    tenant.vendor.add_api_user()
    people = tenant.vendor.populate(4)
    tenant.vendor.remove_person(people[0])
    tenant.vendor.add_note("Called.", [people[1]])
    assert {each.ref.kind for each in tenant.audit(*people[:2])} == {"person", "note"}
    assert "GET /countries" in tenant.calls()  # the 404 is believed after a call that works


def test_filter_that_finds_nobody_is_not_taken_for_absence(tenant: Any) -> None:
    tenant.vendor.add_api_user()
    people = tenant.vendor.populate(4)
    inner = tenant.vendor.list_people

    def list_people(request: Any) -> Any:
        if (json.loads(request.get_data()).get("Filter") or [""])[0] == "ItemId":
            people_then, tenant.vendor.people = tenant.vendor.people, {}
            tenant.vendor.version += 1
            answer = inner(request)
            tenant.vendor.people = people_then
            tenant.vendor.version += 1
            return answer
        return inner(request)

    tenant.vendor.list_people = list_people
    assert [each.ref.id for each in tenant.audit(people[2])] == [people[2]]


def test_filter_that_is_ignored_is_noticed(tenant: Any) -> None:
    tenant.vendor.add_api_user()
    people = tenant.vendor.populate(12)
    rows = tenant.vendor._people.rows
    tenant.vendor._people.rows = lambda asked, sort: rows(
        None if asked and asked[0] == "ItemId" else asked, sort
    )
    tenant.vendor.remove_person(people[11])
    assert [each.ref.id for each in tenant.audit(people[10], people[11])] == [people[10]]


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("id_filter", [True, False])
def test_expired_application_is_not_absence(make_tenant: Any, status: int, id_filter: bool) -> None:
    tenant = make_tenant(id_filter=id_filter)
    tenant.vendor.add_api_user()
    people = tenant.vendor.populate(3)
    tenant.vendor.expired_application = status
    with pytest.raises(RefusedError, match="has expired"):
        tenant.audit(*people)
    with pytest.raises(RefusedError, match=f"answers {status}"):
        tenant.delete(*people)
    tenant.vendor.expired_application = 0
    assert len(tenant.audit(*people)) == 3


def test_application_that_expires_between_two_calls_is_not_absence(make_tenant: Any) -> None:
    tenant = make_tenant(id_filter=False)
    tenant.vendor.add_api_user()
    people = tenant.vendor.populate(3)
    inner = tenant.vendor.read_person

    def read_person(person: str) -> Any:
        tenant.vendor.expired_application = 404
        return inner(person)

    tenant.vendor.read_person = read_person
    with pytest.raises(RefusedError, match="has expired"):
        tenant.audit(*people)
    tenant.vendor.expired_application, tenant.vendor.read_person = 0, inner
    assert len(tenant.audit(*people)) == 3


def test_person_is_found_by_a_second_address(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg", email="a@example.org", email2="anna@example.org")
    subject = Subject("S1", (Identity(IdentityKind.EMAIL, "anna@example.org"),))
    (holding,) = gateway_invenias.audit(account=tenant.account, subjects=[subject])
    assert holding.ref == Ref("person", anna)


def test_ids_are_found_on_all_pages_of_the_answer(tenant: Any) -> None:
    people = tenant.vendor.populate(25)
    assert [each.ref.id for each in tenant.audit(*people)] == people


def test_half_an_answer_is_not_absence(tenant: Any) -> None:
    people = tenant.vendor.populate(12)
    from gateway import GarbledError

    tenant.vendor.wire.faults.append(Fault("truncated", path="/api/v1/people/list", after=1))
    with pytest.raises(GarbledError):
        tenant.audit(*people)
    assert len(tenant.audit(*people)) == 12


def test_export_holds_the_files_and_everything_else(tenant: Any) -> None:
    anna = tenant.vendor.add_person(
        "Anna", "Østby", email="anna@example.org", picture=b"png", categories=("norway",)
    )
    document, note = (
        tenant.vendor.add_document([anna], "cv.pdf", b"%PDF"),
        tenant.vendor.add_note("Called.", [anna]),
    )
    items = {item.name: item for item in export(tenant, anna)}
    assert items["cv.pdf"].content == b"%PDF"
    assert items["cv.pdf"].ref == Ref("document", document)
    assert items["note.json"].ref == Ref("note", note)
    assert json.loads(items["person.json"].content)["NameComponents"]["FullName"] == "Anna Østby"
    assert items["recordpicture"].media_type == "image/png"
    assert b"norway" in items["categories"].content
    assert not [call for call in tenant.calls() if call.startswith(("PUT", "DELETE"))]


def test_export_of_somebody_gone_is_empty(tenant: Any) -> None:
    people = tenant.vendor.populate(2)
    tenant.vendor.remove_person(people[0])
    assert export(tenant, people[0]) == []
    assert export(tenant, people[1]) != []


def test_owner_who_vanishes_while_documents_are_listed_holds_nothing(tenant: Any) -> None:
    people = tenant.vendor.populate(2)
    inner = tenant.vendor.list_documents_of

    def list_documents_of(request: Any, owner: str, owner_id: str) -> Any:
        tenant.vendor.remove_person(owner_id)
        return inner(request, owner, owner_id)

    tenant.vendor.list_documents_of = list_documents_of
    tenant.delete(people[0])
    assert tenant.calls().count("GET /countries") == 2  # after each 404: documents, and the person
    tenant.vendor.list_documents_of = inner
    assert tenant.audit(people[0]) == []
