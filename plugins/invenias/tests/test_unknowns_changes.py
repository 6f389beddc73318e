"""Each doubt as the vendor's side shows it, on its default and on another value: deleting, writing, what hangs on people."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from gateway_invenias.simulator import Simulator
from gateway_invenias.simulator_signin import START

MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


# Deleting people


@pytest.mark.parametrize("delete_status", [200, 204])
def test_deletion_of_a_person_is_empty_and_final(call: Any, delete_status: int) -> None:
    vendor = Simulator(delete_status=delete_status)
    pool = vendor.add_entity("programmes", {"Name": "A pool"})
    anna = vendor.add_person("Anna", "Berg", picture=b"png")
    vendor.relate(anna, pool)
    answer = call(vendor, "DELETE", f"/people/{anna}")
    assert (answer.status_code, answer.data) == (delete_status, b"")
    assert call(vendor, "GET", f"/people/{anna}").status_code == 404
    assert call(vendor, "GET", f"/people/{anna}/recordpicture").status_code == 404
    assert call(vendor, "GET", f"/programmes/{pool}").status_code == 200


@pytest.mark.parametrize("leftovers", [("documents", "journal"), ("journal",), ("documents",), ()])
def test_documents_and_journal_stay_and_lose_the_person(call: Any, leftovers: tuple[str, ...]) -> None:
    vendor = Simulator(leftovers=leftovers)
    anna = vendor.add_person("Anna", "Berg")
    document, note = vendor.add_document([anna], "cv.pdf", b"cv"), vendor.add_note("Called.", [anna])
    call(vendor, "DELETE", f"/people/{anna}")
    rows = call(vendor, "POST", "/documents/list", {"Select": ["People"]}).get_json()["Items"]
    assert [(each["ItemId"], each.get("People")) for each in rows] == (
        [(document, None)] if "documents" in leftovers else []
    )
    item = call(vendor, "GET", f"/notes/{note}")
    assert item.status_code == (200 if "journal" in leftovers else 404)
    if "journal" in leftovers:
        assert (item.get_json()["People"], item.get_json()["Content"]) == ([], "Called.")


@pytest.mark.parametrize("delete_delay", [timedelta(0), MINUTE])
def test_deleted_person_is_gone_at_once_or_after_a_while(
    call: Any, clock: Clock, delete_delay: timedelta
) -> None:
    vendor = Simulator(now=clock, delete_delay=delete_delay)
    anna = vendor.add_person("Anna", "Berg")
    assert call(vendor, "DELETE", f"/people/{anna}").status_code == 200
    assert call(vendor, "GET", f"/people/{anna}").status_code == (200 if delete_delay else 404)
    clock.time += MINUTE
    assert call(vendor, "GET", f"/people/{anna}").status_code == 404


@pytest.mark.parametrize("repeated_delete", [404, 410, 200])
@pytest.mark.parametrize("unknown", [False, True])
def test_deletion_of_somebody_who_is_not_there(call: Any, repeated_delete: int, unknown: bool) -> None:
    vendor = Simulator(repeated_delete=repeated_delete)
    person = "unknown" if unknown else vendor.add_person("Anna", "Berg")
    if not unknown:
        assert call(vendor, "DELETE", f"/people/{person}").status_code == 200
    answer = call(vendor, "DELETE", f"/people/{person}")
    assert (answer.status_code, answer.get_json()["Message"]) == (repeated_delete, "Item not found")


@pytest.mark.parametrize(("bulk_delete", "status"), [(True, 200), (False, 404)])
def test_people_are_deleted_in_bulk_where_there_is_the_call(
    call: Any, bulk_delete: bool, status: int
) -> None:
    vendor = Simulator(bulk_delete=bulk_delete)
    people = vendor.populate(2)
    body = {"ItemReferences": [{"Id": each.upper()} for each in people]}
    assert call(vendor, "PUT", "/people/bulkdelete", body).status_code == status
    assert len(vendor.people) == (0 if bulk_delete else 2)


@pytest.mark.parametrize(("bulk_unknown", "status", "left"), [("ignored", 200, 0), ("refused", 404, 1)])
def test_unknown_id_is_passed_over_in_bulk_or_holds_up_all(
    call: Any, bulk_unknown: str, status: int, left: int
) -> None:
    vendor = Simulator(bulk_unknown=bulk_unknown)
    body = {"ItemReferences": [{"Id": vendor.add_person("Anna", "Berg")}, {"Id": "unknown"}]}
    assert call(vendor, "PUT", "/people/bulkdelete", body).status_code == status
    assert len(vendor.people) == left


@pytest.mark.parametrize(("bulk_partial", "status", "left"), [(False, 403, 2), (True, 200, 1)])
def test_user_holds_up_a_bulk_deletion_or_is_left_alone(
    call: Any, bulk_partial: bool, status: int, left: int
) -> None:
    vendor = Simulator(bulk_partial=bulk_partial)
    people = [vendor.add_person("Anna", "Berg"), vendor.add_api_user()]
    body = {"ItemReferences": [{"Id": each} for each in people]}
    assert call(vendor, "PUT", "/people/bulkdelete", body).status_code == status
    assert vendor.person_ids() == people[-left:]


@pytest.mark.parametrize(("users_protected", "status"), [(True, 403), (False, 200)])
def test_person_with_a_user_account_may_not_be_deleted(call: Any, users_protected: bool, status: int) -> None:
    vendor = Simulator(users_protected=users_protected)
    user = vendor.add_api_user()
    assert call(vendor, "DELETE", f"/people/{user}").status_code == status
    assert (user in vendor.people) == users_protected


@pytest.mark.parametrize("search_delay", [timedelta(0), MINUTE])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/duplicates/people?request.emailAddress=anna@example.org"),
        ("GET", "/api/v2/quicksearch/people?request.searchTerm=anna"),
        ("POST", "/search/people?request.searchTerm=anna"),
    ],
)
def test_search_finds_the_deleted_no_longer_or_for_a_while(
    call: Any, clock: Clock, search_delay: timedelta, method: str, path: str
) -> None:
    vendor = Simulator(now=clock, search_delay=search_delay)
    anna = vendor.add_person("Anna", "Berg", email="anna@example.org")

    def found() -> list[str]:
        answer = call(vendor, method, path, {} if method == "POST" else None).get_json()
        return [each["ItemId"] for each in (answer if "quicksearch" in path else answer["Items"])]

    assert found() == [anna]
    call(vendor, "DELETE", f"/people/{anna}")
    assert found() == ([anna] if search_delay else [])
    clock.time += MINUTE
    assert found() == []


@pytest.mark.parametrize("versions_stay", [False, True])
def test_all_versions_go_with_the_document_or_the_latest_only(call: Any, versions_stay: bool) -> None:
    vendor = Simulator(versions_stay=versions_stay)
    anna = vendor.add_person("Anna", "Berg")
    document = vendor.add_document([anna], "cv.pdf", b"old")
    vendor.documents[document].versions.append(b"new")
    path = f"/people/{anna}/documents/{document}"
    assert call(vendor, "GET", path).data == b"new"
    assert call(vendor, "DELETE", f"/documents/{document}").status_code == 200
    answer = call(vendor, "GET", path)
    assert answer.status_code == (200 if versions_stay else 404)
    assert (answer.data == b"old") == versions_stay


# What hangs on a person


@pytest.mark.parametrize("journal_filter", [True, False])
def test_journal_is_filtered_by_the_display_name(call: Any, journal_filter: bool) -> None:
    vendor = Simulator(journal_filter=journal_filter)
    anna, bo = vendor.add_person("Anna", "Berg"), vendor.add_person("Bo", "Dahl")
    note, _ = vendor.add_note("One.", [anna]), vendor.add_note("Two.", [bo])
    answer = call(vendor, "POST", "/journal/list", {"Filter": ["People", "contains", "Anna Berg"]})
    assert answer.status_code == (200 if journal_filter else 400)
    shown = [each["ItemId"] for each in answer.get_json().get("Items", ())]
    assert shown == ([note] if journal_filter else [])


@pytest.mark.parametrize("person_journal", [False, True])
@pytest.mark.parametrize("person_assignments", [False, True])
@pytest.mark.parametrize("person_programmes", [False, True])
def test_lists_below_a_person_are_there_or_not(
    call: Any, person_journal: bool, person_assignments: bool, person_programmes: bool
) -> None:
    vendor = Simulator(
        person_journal=person_journal,
        person_assignments=person_assignments,
        person_programmes=person_programmes,
    )
    anna = vendor.add_person("Anna", "Berg")
    vendor.add_note("Called.", [anna])
    for kind in ("assignments", "programmes"):
        vendor.relate(anna, vendor.add_entity(kind, {"Name": "Chief of something"}))
    offered = {"journal": person_journal, "assignments": person_assignments, "programmes": person_programmes}
    for name, there in offered.items():
        answer = call(vendor, "POST", f"/people/{anna}/{name}/list", {})
        assert answer.status_code == (200 if there else 404)
        assert len(answer.get_json().get("Items", ())) == there


@pytest.mark.parametrize("children_touch_person", [False, True])
@pytest.mark.parametrize("child", ["note", "category", "document"])
def test_child_moves_the_day_of_the_person_s_change_or_does_not(
    call: Any, clock: Clock, children_touch_person: bool, child: str
) -> None:
    vendor = Simulator(now=clock, children_touch_person=children_touch_person)
    anna = vendor.add_person("Anna", "Berg")
    clock.time += MINUTE
    if child == "note":
        reference = {"Id": anna, "ItemType": "People"}
        call(vendor, "POST", "/notes", {"Subject": "Call", "People": {"ItemReferences": [reference]}})
    elif child == "category":
        call(vendor, "POST", f"/people/{anna}/categories", {"ItemReferences": [{"Id": "norway"}]})
    else:
        call(vendor, "POST", f"/people/{anna}/document", data={"file": (BytesIO(b"cv"), "cv.pdf")})
    changed = call(vendor, "GET", f"/people/{anna}").get_json()["EntityDetails"]["DateModified"]
    assert changed[:16] == ("2026-03-02T09:31" if children_touch_person else "2026-03-02T09:30")


# Writing


@pytest.mark.parametrize("if_match", [False, True])
def test_last_write_wins_unless_the_tenant_asks_for_a_match(call: Any, clock: Clock, if_match: bool) -> None:
    vendor = Simulator(now=clock, if_match=if_match)
    note = vendor.add_note("Called.", [])
    for text in ("One.", "Two."):
        clock.time += MINUTE
        answer = call(vendor, "PUT", f"/notes/{note}", {"Subject": "Note", "Content": text})
        assert answer.status_code == (412 if if_match else 200)
    read = call(vendor, "GET", f"/notes/{note}")
    assert "ETag" not in read.headers
    assert read.get_json()["Content"] == ("Called." if if_match else "Two.")
    minute = read.get_json()["EntityDetails"]["DateModified"][:16]
    assert minute == ("2026-03-02T09:30" if if_match else "2026-03-02T09:32")


@pytest.mark.parametrize("compulsory", [(), ("people.Owner",)])
def test_compulsory_field_left_empty_saves_nothing(call: Any, compulsory: tuple[str, ...]) -> None:
    vendor = Simulator(compulsory=compulsory)
    body: dict[str, Any] = {"NameComponents": {"FirstName": "Anna"}}
    answer = call(vendor, "POST", "/people", body)
    assert answer.status_code == (500 if compulsory else 201)
    assert ("DataManagementService.ValidatePeopleOwnerPolicy" in answer.text) == bool(compulsory)
    assert len(vendor.people) == (0 if compulsory else 1)
    assert call(vendor, "POST", "/people", {**body, "Owner": {"Id": "u1"}}).status_code == 201


@pytest.mark.parametrize("optional_id_twice", [409, 400])
def test_person_s_chosen_id_can_be_taken_once(call: Any, optional_id_twice: int) -> None:
    vendor = Simulator(optional_id_twice=optional_id_twice)
    body = {"NameComponents": {"FirstName": "Anna"}, "OptionalId": "P-1"}
    assert call(vendor, "POST", "/people", body).get_json() == {"Id": "p-1"}
    answer = call(vendor, "POST", "/people", {**body, "OptionalId": "p-1"})
    assert answer.status_code == optional_id_twice
    assert vendor.person_ids() == ["p-1"]
