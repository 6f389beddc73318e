"""What Recman's texts say of its writes, as the simulator behaves: insert, update and delete of each scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gateway_recman.simulator import KEY, Simulator
from werkzeug.test import Client

Call = Callable[..., Any]
FORMER = {"startDate": "2019-01-01", "endDate": "2020-01-01"}
ROWS = (
    "skills",
    "education",
    "experience",
    "certification",
    "projectExperience",
    "relative",
    "reference",
    "language",
)


@pytest.fixture
def row(get: Call) -> Call:
    """`row(vendor, candidate, fields)`: what is shown of a candidate."""

    def shown(vendor: Simulator, candidate: str, fields: str) -> Any:
        return get(vendor, "candidate", fields=fields, candidateId=candidate).json["data"][candidate]

    return shown


# Candidates


@pytest.mark.parametrize("missing", ["firstName", "lastName", "corporationId"])
def test_new_candidate_needs_names_and_a_corporation(post: Call, row: Call, missing: str) -> None:
    vendor = Simulator()
    data = {"firstName": "Kari", "lastName": "Nordmann", "corporationId": 8}
    without = {name: value for name, value in data.items() if name != missing}
    assert post(vendor, "candidate", "insert", **without).json["error"] == [
        {"message": f"{missing} required"}
    ]
    answer = post(vendor, "candidate", "insert", **data).json
    assert answer == {"success": True, "affectedRows": 1, "candidateId": 100001}
    assert row(vendor, "100001", "firstName") == {
        "candidateId": "100001",
        "corporationId": "8",
        "firstName": "Kari",
    }


@pytest.mark.parametrize("name", ROWS)
def test_nested_row_is_put_in_changed_and_deleted_by_its_id(post: Call, row: Call, name: str) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    put = post(
        vendor, "candidate", "insert", candidateId=candidate, **{name: {"name": "old", "notes": "stays"}}
    ).json
    assert (put["affectedRows"], type(put["id"])) == (1, int)
    changed = {name: {"id": put["id"], "name": "new"}}
    assert post(vendor, "candidate", "update", candidateId=candidate, **changed).json["success"]
    [nested] = row(vendor, candidate, name)[name]
    assert (str(put["id"]) in nested.values(), nested["name"], nested["notes"]) == (True, "new", "stays")
    assert post(vendor, "candidate", "delete", candidateId=candidate, **{name: {"id": put["id"]}}).json[
        "success"
    ]
    assert name not in row(vendor, candidate, name)


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        ("insert", {"skills": {"name": "a"}, "education": {"degree": "b"}}),
        ("update", {"education": {"degree": "not there"}}),
        ("update", {"education": {"id": 999, "degree": "not there"}}),
        ("delete", {"education": {"id": 999}}),
        ("insert", {"hat": {"name": "a"}}),
        ("update", {"hat": "a"}),
    ],
)
def test_one_nested_row_a_request_and_none_made_by_update(
    post: Call, row: Call, operation: str, data: Any
) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    assert not post(vendor, "candidate", operation, candidateId=candidate, **data).json["success"]
    assert row(vendor, candidate, "skills,education").keys() == {"candidateId", "corporationId"}


def test_update_changes_one_nested_row_a_request(post: Call, row: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    old = {"skills": {"name": "old"}, "language": {"name": "old"}}
    ids = {
        name: post(vendor, "candidate", "insert", candidateId=candidate, **{name: value}).json["id"]
        for name, value in old.items()
    }
    both = {name: {"id": number, "name": "new"} for name, number in ids.items()}
    assert not post(vendor, "candidate", "update", candidateId=candidate, **both).json["success"]
    shown = row(vendor, candidate, "skills,language")
    assert [each["name"] for name in old for each in shown[name]] == ["old", "old"]


def test_plain_field_is_changed_and_cleared_by_update_and_not_by_delete(post: Call, row: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(email="old@example.org")
    assert post(vendor, "candidate", "update", candidateId=candidate, email="new@example.org").json["success"]
    assert not post(vendor, "candidate", "delete", candidateId=candidate, email="").json["success"]
    assert not post(vendor, "candidate", "update", candidateId=100002, email="").json["success"]
    assert row(vendor, candidate, "email")["email"] == "new@example.org"
    assert post(vendor, "candidate", "update", candidateId=candidate, email="").json["success"]
    assert row(vendor, candidate, "email")["email"] == ""


def test_value_is_taken_out_of_a_list(post: Call, row: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(departmentIds=[5, 6, 7])
    assert post(vendor, "candidate", "delete", candidateId=candidate, departmentIds=[5, 7]).json["success"]
    assert row(vendor, candidate, "departmentIds")["departmentIds"] == [6]


def test_attribute_is_put_in_by_its_owner(post: Call, get: Call, row: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    number = vendor.add(
        "candidateAttribute", name="Size", dropdownList=[{"dropdownId": "2", "name": "Large"}]
    )
    value = {"attributeId": number, "dropdownId": "2"}
    assert post(vendor, "candidate", "insert", candidateId=candidate, attribute=value).json["success"]
    [shown] = row(vendor, candidate, "attributes")["attributes"]
    assert shown.items() > value.items()
    assert get(vendor, "candidateAttribute").json["data"][number]["dropdownList"][0]["name"] == "Large"


def test_file_is_put_in_with_the_candidate(post: Call, get: Call, row: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    file = {
        "name": "cv",
        "extension": "pdf",
        "base64": "JVBERg==",
        "created": "2026-03-01 12:00:00",
        "candidateAccess": 0,
    }
    number = post(vendor, "candidate", "insert", candidateId=candidate, file=file).json["id"]
    assert [each["name"] for each in row(vendor, candidate, "files")["files"]] == ["cv.pdf"]
    asked = {"candidateId": candidate, "fileId": number}
    assert get(vendor, "candidateFile", **asked).json["data"]["base64"] == "JVBERg=="
    assert not post(vendor, "candidate", "insert", candidateId=candidate, file={**file, "base64": "?"}).json[
        "success"
    ]
    assert post(vendor, "candidate", "delete", candidateId=candidate, files={"id": number}).json["success"]
    assert not get(vendor, "candidateFile", **asked).json["success"]


def test_candidate_goes_by_id_with_all_that_is_nested(post: Call, get: Call) -> None:
    vendor = Simulator()
    gone, other = (vendor.add_candidate(files=[("cv.pdf", b"%PDF")]) for _ in range(2))
    vendor.add_application(gone)
    vendor.add_log(gone)
    [file] = [each["fileId"] for each in vendor.candidates[gone]["files"]]
    answer = post(vendor, "candidate", "delete", candidateId=int(gone)).json
    assert answer == {"success": True, "affectedRows": 1}
    assert vendor.candidate_ids() == [other]
    assert [get(vendor, scope).json["numRows"] for scope in ("jobApplication", "log")] == [0, 0]
    assert not get(vendor, "candidateFile", candidateId=gone, fileId=file).json["success"]


@pytest.mark.parametrize("data", [[{"candidateId": 100001}, {"candidateId": 100002}], None, "100001"])
def test_orders_have_no_form_for_many(data: Any) -> None:
    vendor = Simulator()
    for _ in range(2):
        vendor.add_candidate()
    body = {"key": KEY, "scope": "candidate", "operation": "delete", "data": data}
    answer: Any = Client(vendor).post("/v2/post/", json=body).json
    assert (answer["success"], len(vendor.candidate_ids())) == (False, 2)


@pytest.mark.parametrize("operation", ["select", "anonymize", "restore", ""])
def test_there_is_no_other_operation(post: Call, operation: str) -> None:
    answer = post(Simulator(), "candidate", operation, candidateId=1).json
    assert answer == {"success": False, "error": [{"message": "Invalid operation"}]}


@pytest.mark.parametrize(
    "scope",
    [
        "candidateFile",
        "jobApplication",
        "jobPost",
        "candidateAttribute",
        "corporation",
        "department",
        "invoice",
    ],
)
@pytest.mark.parametrize("operation", ["insert", "delete"])
def test_scope_that_is_only_read_takes_no_order(post: Call, scope: str, operation: str) -> None:
    vendor = Simulator()
    number = vendor.add(scope, candidateId="1") if scope != "candidateFile" else "1"
    assert not post(vendor, scope, operation, **{f"{scope}Id": number}).json["success"]
    assert scope == "candidateFile" or number in vendor.tables[scope]


def test_body_that_is_no_json_asks_for_a_key() -> None:
    answer: Any = Client(Simulator()).post("/v2/post/", data="key=1").json
    assert answer["error"] == [{"message": "Key required"}]


# Other scopes


@pytest.mark.parametrize(
    ("scope", "data", "change"),
    [
        ("log", {"candidateId": "100001", "type": "phone", "text": "called"}, {"text": "called twice"}),
        ("inquiry", {"name": "Two welders", "candidateIds": [100001]}, {"archived": 1}),
        ("company", {"name": "Example AS", "type": "customer"}, {"type": "formerCustomer"}),
    ],
)
def test_row_is_put_in_changed_and_deleted(
    post: Call, get: Call, scope: str, data: dict[str, Any], change: dict[str, Any]
) -> None:
    vendor, name = Simulator(show_candidate_ids=True), f"{scope}Id"
    fields = {"fields": "name,type"} if scope == "company" else {}
    number = post(vendor, scope, "insert", **data).json[name]
    assert post(vendor, scope, "update", **{name: number}, **change).json["success"]
    [row] = get(vendor, scope, **fields).json["data"].values()
    assert row.items() >= {**data, **change}.items()
    assert not post(vendor, scope, "update", **{name: number}, hat="a").json["success"]
    assert not post(vendor, scope, "update", **{name: 99999}, **change).json["success"]
    if scope != "company":
        assert post(vendor, scope, "delete", **{name: number}).json["success"]
        assert get(vendor, scope).json["numRows"] == 0
        assert not post(vendor, scope, "delete", **{name: number}).json["success"]


@pytest.mark.parametrize(
    ("employee", "end", "is_taken"),
    [
        (FORMER, "2019-12-31", True),
        (FORMER, "2026-12-31", False),
        (FORMER, "", False),
        (None, "2019-12-31", False),
    ],
)
def test_job_is_put_in_if_it_is_over_and_the_person_is_approved(
    post: Call, get: Call, employee: Any, end: str, is_taken: bool
) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(employee=employee)
    data = {"candidateId": candidate, "projectId": "4001", "startDate": "2019-01-01", "endDate": end}
    answer = post(vendor, "job", "insert", salaryType="hourSalary", **data).json
    assert answer["success"] is is_taken
    if is_taken:
        assert post(vendor, "job", "update", jobId=answer["jobId"], holidayRate="10.20").json["success"]
        [row] = get(vendor, "job", fields="holidayRate").json["data"].values()
        assert row["holidayRate"] == "10.20"
        assert post(vendor, "job", "delete", jobId=answer["jobId"]).json["success"]
    assert get(vendor, "job", fields="startDate").json["numRows"] == 0


@pytest.mark.parametrize(
    ("told", "is_taken"),
    [
        ({"reasonId": 1, "comment": "done", "rating": 5, "endedUserId": 3}, True),
        ({"reasonId": 8}, True),
        ({"reasonId": 9}, False),
        ({"reasonId": 1, "jobId": 999}, False),
        ({"reasonId": 1, "rating": 6}, False),
        ({}, False),
    ],
)
def test_job_is_ended_with_a_reason(post: Call, told: dict[str, Any], is_taken: bool) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(employee=FORMER)
    job = vendor.add_job(candidate, end="")
    assert not post(vendor, "candidate", "delete", candidateId=candidate).json["success"]
    assert post(vendor, "endJob", "insert", **{"jobId": job, **told}).json["success"] is is_taken
    assert vendor.tables["job"][job]["endDate"] == ("2026-03-02" if is_taken else "")


def test_inquiry_forgets_whom_it_named(post: Call, get: Call) -> None:
    vendor = Simulator(show_candidate_ids=True)
    first, second = vendor.add_candidate(), vendor.add_candidate()
    vendor.add_inquiry(first, second, name="Two welders")
    post(vendor, "candidate", "delete", candidateId=first)
    [inquiry] = get(vendor, "inquiry").json["data"].values()
    assert inquiry["candidateIds"] == [int(second)]
    vendor.show_candidate_ids = False
    [inquiry] = get(vendor, "inquiry").json["data"].values()
    assert "candidateIds" not in inquiry
