"""The simulated vendor's calls, one documented statement after the other."""

from __future__ import annotations

import io
from typing import Any

import pytest
from gateway_invenias.simulator import Simulator
from gateway_invenias.simulator_data import KINDS, LOCATION


@pytest.fixture
def vendor() -> Simulator:
    return Simulator()


@pytest.fixture
def ask(vendor: Simulator, call: Any) -> Any:
    return lambda method, path, json=None, **what: call(vendor, method, path, json, **what)


# People


def test_person_is_created_read_replaced_and_deleted(ask: Any) -> None:
    body = {
        "NameComponents": {"FirstName": "Anna", "FamilyName": "Berg"},
        "EmailAddresses": [{"FieldName": "Email3Address", "ItemValue": "anna@example.org"}],
        "PhoneNumbers": [{"FieldName": "MobilePhone", "FormattedValue": "+47 400 00 001"}],
        "HomeAddress": {"TownCity": "Oslo", "Country": "NORWAY"},
        "Websites": [{"FieldName": "LinkedIn", "ItemValue": "https://example.org/anna"}],
        "CustomReferenceFields": [{"FieldName": "PersonCustom1", "ItemValue": "x"}],
        "DateOfBirth": "1980-01-02",
    }
    made = ask("POST", "/people", body)
    person = made.get_json()["Id"]
    read = ask("GET", f"/people/{person.upper()}").get_json()
    assert made.status_code == 201
    assert read["NameComponents"]["FullName"] == "Anna Berg"
    assert (read["HomeAddress"]["Country"], read["DateOfBirth"]) == ("NORWAY", "1980-01-02")
    assert read["EntityDetails"]["Owner"]["ItemType"] == "Users"
    ask("PUT", f"/people/{person}", {"NameComponents": {"FirstName": "Anna"}})
    assert "HomeAddress" not in ask("GET", f"/people/{person}").get_json()
    assert ask("DELETE", f"/people/{person}").status_code == 200
    assert ask("DELETE", f"/people/{person}").get_json() == {"Message": "Item not found"}


def test_person_without_a_name_is_a_bad_request(ask: Any) -> None:
    assert ask("POST", "/people", {}).status_code == 400
    assert ask("POST", "/people", data="{").status_code == 400


@pytest.mark.parametrize(("country", "read"), [("NORWAY", "NORWAY"), ("Norway", None)])
def test_country_that_is_not_in_upper_case_is_silently_lost(ask: Any, country: str, read: str | None) -> None:
    body = {"NameComponents": {"FirstName": "A"}, "HomeAddress": {"Country": country}}
    person = ask("POST", "/people", body).get_json()["Id"]
    assert ask("GET", f"/people/{person}").get_json()["HomeAddress"] == {"Country": read}
    assert {"CountryCode": "NO", "CountryName": "NORWAY"} in ask("GET", "/countries").get_json()


def test_searches_need_three_letters_and_show_short_rows(ask: Any, vendor: Simulator) -> None:
    anna = vendor.add_person("Anna", "Berg", email="anna@example.org")
    (quick,) = ask("GET", "/api/v2/quicksearch/people?request.searchTerm=ann").get_json()
    assert quick["ItemId"] == anna
    assert not {"EmailAddress1", "MatchingFields"} & quick.keys()
    assert ask("POST", "/search/people?request.searchTerm=berg", {}).get_json()["Items"][0]["ItemId"] == anna
    assert ask("POST", "/search/people?request.searchTerm=be", {}).status_code == 400
    assert ask("GET", "/duplicates/people").status_code == 400


def test_search_for_duplicates_looks_at_three_addresses_and_the_name(ask: Any, vendor: Simulator) -> None:
    anna = vendor.add_person("Anna", "Berg", email="a@example.org", email3="third@example.org")
    for term in ("emailAddress=third@example.org", "personName=anna"):
        (row,) = ask("GET", f"/duplicates/people?request.{term}").get_json()["Items"]
        assert row["ItemId"] == anna
    assert row["IsExactEmailMatch"] is False
    (row,) = ask("GET", "/duplicates/people?request.emailAddress=third@example.org").get_json()["Items"]
    assert row["MatchingFields"] == [{"FieldName": "Email3Address", "Value": "third@example.org"}]


def test_picture_comes_and_goes_with_its_own_statuses(ask: Any, vendor: Simulator) -> None:
    anna = vendor.add_person("Anna", "Berg")
    path = f"/people/{anna}/recordpicture"
    for method in ("POST", "PUT"):
        assert ask(method, path, data={"File": (io.BytesIO(b"png"), "a.png")}).status_code == 204
    assert ask("GET", path).get_data() == b"png"
    assert [ask("DELETE", path).status_code for _ in range(2)] == [200, 404]


def test_parsed_cv_stays_in_the_cv_tab_when_its_document_goes(ask: Any, vendor: Simulator) -> None:
    parsed = ask(
        "POST", "/api/v2/fullparse/document", data={"file": (io.BytesIO(b"Anna's CV"), "cv.txt")}
    ).get_json()["Id"]
    assert ask("GET", f"/api/v2/fullparse/{parsed}").get_json()["ParsedText"] == "Anna's CV"
    body = {"Id": parsed, "NameComponents": {"FirstName": "Anna"}, "SaveParsedDocumentAsDefaultCv": True}
    person = ask("POST", "/api/v2/fullparse/create", body).get_json()["Id"]
    assert ask("PUT", f"/api/v2/fullparse/create?personId={person}", body).get_json() == {"Id": person}
    ask("POST", "/documents/bulkDelete", {"ItemReferences": [{"Id": each} for each in vendor.documents]})
    assert (vendor.documents, vendor.people[person].cv_text) == ({}, "Anna's CV")
    ask("DELETE", f"/people/{person}")
    assert person not in vendor.people


# Companies, assignments, programmes


def test_company_is_created_once_replaced_whole_and_deleted(ask: Any, vendor: Simulator) -> None:
    made = ask("POST", "/companies", {"CompanyName": "Fictional", "IsClient": True})
    company = made.get_json()["Id"]
    anna = vendor.add_person("Anna", "Berg")
    vendor.change_person(anna, fields={"DefaultPosition": {"JobTitle": "Chief", "Company": {"Id": company}}})
    (position,) = ask("POST", f"/companies/{company}/people/list", {}).get_json()["Items"]
    assert (position["ItemType"], position["PersonId"]) == ("Positions", {"Id": anna})
    assert made.status_code == 201
    assert ask("PUT", f"/api/v2/companies/{company}", {"CompanyName": "New"}).status_code == 200
    assert "IsClient" not in ask("GET", f"/companies/{company}").get_json()
    assert ask("GET", f"/companies/{company}/notepad").get_json() == {"Message": "Item not found"}
    ask("PUT", f"/companies/{company}/notepad", {"Text": "x"})
    assert ask("GET", f"/companies/{company}/notepad").get_json()["Text"] == "x"
    assert ask("POST", f"/companies/{company}/externalId1?externalId1=7").status_code == 204
    assert ask("GET", f"/companies/{company}").get_json()["ExternalId1"] == "7"
    assert ask("DELETE", f"/companies/{company}/externalid1").status_code == 204
    assert ask("PUT", "/companies/bulkDelete", {"ItemReferences": [{"Id": company}]}).status_code == 200
    assert ask("GET", f"/companies/{company}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "column", "number"),
    [
        ("assignments", "AssignmentReferenceNumber", "A000001"),
        ("programmes", "ProgrammeReferenceNumber", "CA000001"),
    ],
)
def test_assignments_and_programmes_have_numbers(ask: Any, kind: str, column: str, number: str) -> None:
    made = ask(
        "POST", f"/{kind}", {"Name": "Fictional search", "Status": {"Id": "s", "ItemDisplayText": "Open"}}
    )
    asked = {"Select": ["FileAs", column, "Status_lookup"]}
    for path in (f"/{kind}/list", f"/search/{kind}?request.searchTerm=fict"):
        (row,) = ask("POST", path, asked).get_json()["Items"]
        assert (row["FileAs"], row[column], row["Status_lookup"]) == ("Fictional search", number, "Open")
    assert ask("DELETE", f"/{kind}/{made.get_json()['Id']}").status_code == 200


def test_relations_of_an_assignment_go_with_it(ask: Any, vendor: Simulator) -> None:
    search, anna = vendor.add_entity("assignments", {"Name": "Search"}), vendor.add_person("Anna", "Berg")
    vendor.relate(anna, search)
    ask("DELETE", f"/assignments/{search}")
    assert not vendor.people[anna].relations


# Documents


def test_document_is_uploaded_listed_changed_and_deleted(ask: Any, vendor: Simulator) -> None:
    anna = vendor.add_person("Anna", "Berg")
    sent = {"file": (io.BytesIO(b"%PDF"), "cv.pdf", "application/pdf")}
    made = ask("POST", f"/people/{anna}/document", data=sent).get_json()
    assert (made["DocumentExtension"], made["DocumentSize"], made["AttachmentName"]) == (
        "application/pdf",
        4,
        "cv.pdf",
    )
    document = made["ItemId"]
    ask("PUT", f"/documents/{document}", {"ExpirationDate": "2026-04-01T00:00:00Z"})
    ask("PUT", f"/documents/{document}/rename?documentName=new.pdf")
    ask("POST", f"/people/{anna}/documents/{document}/defaultCv")
    select = ["AttachmentName", "DocumentExtension", "ExpirationDate", "IsDefaultCv", "CreatedBy"]
    soon = ["ExpirationDate", ">", "2026-03-01T00:00:00Z"]
    (row,) = ask("POST", "/documents/list", {"Select": select, "Filter": soon}).get_json()["Items"]
    assert (row["AttachmentName"], row["DocumentExtension"], row["IsDefaultCv"]) == ("new.pdf", "pdf", True)
    ask("PUT", f"/documents/{document}", {"IsDefaultCv": True})
    assert vendor.documents[document].fields["ExpirationDate"] is None
    vendor.documents[document].versions.append(b"latest")
    assert ask("GET", f"/people/{anna}/documents/{document}").get_data() == b"latest"
    assert [ask("DELETE", f"/documents/{document}").status_code for _ in range(2)] == [200, 404]


def test_document_hangs_on_any_kind_of_owner(ask: Any, vendor: Simulator) -> None:
    for kind in ("companies", "assignments", "programmes"):
        owner = vendor.add_entity(kind, {})
        ask("POST", f"/{kind}/{owner}/document", data={"file": (io.BytesIO(b"x"), "x.pdf")})
        (row,) = ask("POST", f"/{kind}/{owner}/documents/list", {}).get_json()["Items"]
        assert ask("GET", f"/{kind}/{owner}/documents/{row['ItemId']}").get_data() == b"x"


# Journal


@pytest.mark.parametrize("kind", KINDS)
def test_journal_item_of_each_kind(ask: Any, vendor: Simulator, kind: str) -> None:
    anna = vendor.add_person("Anna", "Berg")
    body = {
        "Subject": "Fictional",
        "NoteActionType": {"Id": "t"},
        "People": {"ItemReferences": [{"Id": anna.upper()}]},
    }
    made = ask("POST", f"/{kind}", body).get_json()
    assert ("Id" in made) == (kind != "emails")
    (row,) = ask("POST", f"/{kind}/list", {"Select": ["ActionSubject"]}).get_json()["Items"]
    assert (row["ItemType"], row["ActionSubject"]) == (KINDS[kind], "Fictional")
    read = ask("GET", f"/{kind}/{row['ItemId']}").get_json()
    assert [each["DisplayTitle"] for each in read["People"]] == ["Anna Berg"]
    assert ("EntityDetails" in read) == (kind != "emails")
    ask("PUT", f"/{kind}/{row['ItemId']}", {"Subject": "New"})
    left = ask("GET", f"/{kind}/{row['ItemId']}").get_json()
    assert (left["Subject"], left.get("People"), left.get("NoteActionType")) == ("New", None, None)
    assert ask("DELETE", f"/{kind}/{row['ItemId']}").status_code == (204 if kind == "feedback" else 200)


def test_journal_lists_everything_and_says_what_each_item_is(ask: Any, vendor: Simulator) -> None:
    anna = vendor.add_person("Anna", "Berg")
    for kind in KINDS:
        vendor.add_journal_item(
            kind, {"Content": kind, "People": [vendor.people[anna].reference], "TaskActionType": {"Id": "t"}}
        )
    asked = {
        "Select": ["ActionSubject", "ActionType", "Notes", "Date"],
        "Filter": ["People", "contains", "Anna Berg"],
    }
    items = ask("POST", "/journal/list", asked).get_json()["Items"]
    assert [each["ItemType"] for each in items] == list(KINDS.values())
    assert items[0]["ActionType"] == {"Id": "t"}


def test_comment_on_feedback_is_deleted_alone(ask: Any, vendor: Simulator) -> None:
    comments = [{"Id": "c1"}, {"Id": "c2"}]
    feedback = vendor.add_journal_item("feedback", {"FeedbackComments": comments})
    assert ask("DELETE", f"/feedback/{feedback}/comments/c1").status_code == 204
    assert vendor.journal[feedback].fields["FeedbackComments"] == [{"Id": "c2"}]


# Categories, settings, backups


def test_category_is_linked_and_kept_from_deletion_while_it_is(ask: Any, vendor: Simulator) -> None:
    anna = vendor.add_person("Anna", "Berg")
    linked = ask("POST", f"/people/{anna}/categories", {"ItemReferences": [{"Id": "norway"}]})
    assert linked.status_code == 200
    for path in (f"/people/{anna}/categories", f"/categories/people/{anna}"):
        (each,) = ask("GET", path).get_json()["Lists"]
        assert (each["Id"], each["Categories"][0]["CategoryName"]) == (LOCATION, "Norway")
    assert len(ask("GET", f"/people/{anna}/categories/{LOCATION}").get_json()) == 1
    assert ask("GET", "/categories/people").get_json()[0]["Children"]
    entry = f"/categorylists/{LOCATION}/entries/norway"
    assert ask("DELETE", entry).status_code == 409
    assert ask("DELETE", f"/people/{anna}/categories/norway").status_code == 200
    assert ask("DELETE", entry).status_code == 204


def test_settings_are_lookup_lists(ask: Any) -> None:
    said = ask("GET", "/settings/ConsentEventTypes").get_json()
    assert {"Declined", "Withdrawn", "Expired"} <= {
        each["ItemDisplayText"] for each in said["Settings"]["ItemReferences"]
    }
    assert ask("GET", "/settings/Nope").status_code == 404


def test_policies_of_people_are_listed_and_kept(call: Any) -> None:
    vendor = Simulator(compulsory=["people.DateOfBirth"])
    assert call(vendor, "GET", "/datamanagement/people/rules").get_json()[0]["Policy"] == "Compulsory"
    refused = call(vendor, "POST", "/people", {"NameComponents": {"FirstName": "A"}})
    assert (refused.status_code, "DataManagementService" in refused.get_json()["Message"]) == (500, True)
    assert not vendor.people


def test_backup_keeps_what_is_erased_later(ask: Any, vendor: Simulator) -> None:
    assert ask("POST", "/backuprequests", {"Reason": "Fictional"}).status_code == 204
    assert ask("POST", "/backuprequests", {}).status_code == 400
    assert ask("GET", "/backuprequests").get_json()["StorageToken"]
    assert vendor.backups == ["Fictional"]


# Lists


def test_list_pages_by_skip_and_take_too(ask: Any, vendor: Simulator) -> None:
    people = vendor.populate(5)
    rows = ask("POST", "/people/list", {"Skip": 3, "Take": 2, "UsePaging": False}).get_json()["Items"]
    assert [each["ItemId"] for each in rows] == people[3:]


def test_list_groups_and_counts(ask: Any, vendor: Simulator) -> None:
    for name in ("Berg", "Berg", "Dahl"):
        vendor.add_person("Anna", name)
    asked = {"Group": [{"Selector": "FamilyName"}], "RequireGroupCount": True}
    assert ask("POST", "/people/list", asked).get_json() == {
        "Groups": [{"Key": "Berg", "Count": 2}, {"Key": "Dahl", "Count": 1}]
    }


def test_list_names_its_columns_when_asked(ask: Any, vendor: Simulator) -> None:
    vendor.add_api_user()
    asked = {
        "Select": ["FirstName", "Nope"],
        "IncludeAvailableColumns": True,
        "ReturnTotalDatabaseItemCount": True,
    }
    said = ask("POST", "/people/list", asked).get_json()
    assert [each.get("DisplayTitle") for each in said["ViewDefinition"]["Columns"]] == ["FirstName", None]
    assert {"DateModified", "Email1Address", "UserId"} <= {
        each["FieldName"] for each in said["AvailableColumns"]
    }
    assert said["Paging"] == {"TotalDatabaseItemCount": 1}


def test_columns_of_the_filter_are_shown_too(ask: Any, vendor: Simulator) -> None:
    vendor.add_person("Anna", "Berg")
    asked = {"Select": ["FileAs"], "Filter": [["FirstName", "=", "Anna"], "and", ["FamilyName", "=", "Berg"]]}
    (row,) = ask("POST", "/people/list", asked).get_json()["Items"]
    assert (row["FirstName"], row["FamilyName"]) == ("Anna", "Berg")


def test_filter_that_negates_is_not_supported(ask: Any, vendor: Simulator) -> None:
    vendor.populate(1)
    assert ask("POST", "/people/list", {"Filter": ["FirstName", "not", "A"]}).status_code == 400


def test_answers_carry_the_headers_of_a_real_one(ask: Any) -> None:
    headers = ask("GET", "/countries").headers
    assert (headers["Server"], headers["X-Powered-By"]) == ("Microsoft-IIS/10.0", "ASP.NET")
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["X-Request-Quota-Remaining"] == "2999"
    assert not {"ETag", "Retry-After"} & set(headers.keys())
