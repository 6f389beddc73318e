"""What Recman's texts and clients say of its reads, as the simulator behaves: keys, scopes, rows and fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from gateway_recman.simulator import KEY, Simulator
from werkzeug.test import Client

Call = Callable[..., Any]
NEEDS_FIELDS = {
    "candidate": "email",
    "project": "name",
    "company": "name",
    "jobPost": "title",
    "job": "salary",
}
ATTRIBUTES = ("candidateAttribute", "companyAttribute", "companyContactAttribute", "projectAttribute")
TAKES_NONE = (
    "jobApplication",
    "log",
    "invoice",
    "inquiry",
    "corporation",
    "department",
    "location",
    *ATTRIBUTES,
)
CANDIDATE_FIELDS = (
    "firstName,lastName,title,email,officeEmail,phone,mobilePhone,homePhone,officePhone,address,postalCode,postalPlace,"
    "city,country,nationality,gender,maritalStatus,dob,workStatus,description,notes,departmentIds,userIds,companyIds,"
    "companyContactIds,blockCompanyIds,created,updated,rating,image,linkedIn,employee,skills,education,experience,"
    "certification,projectExperience,relative,attributes,language,driversLicense,reference,files,pipeline"
)
NESTED: dict[str, Any] = {
    "skills": [{"skillId": "1", "name": "Welding"}],
    "education": [{"educationId": "1", "schoolName": "NTNU", "degree": "BSc", "startDate": "2001-08-20"}],
    "experience": [{"experienceId": "1", "companyName": "Example AS", "current": "1"}],
    "certification": [{"certificationId": "1", "files": [{"certificationFileId": "1", "candidateFileId": "2"}]}],
    "projectExperience": [{"projectExperienceId": "1", "title": "Bridge"}],
    "relative": [{"relativeId": "1", "name": "Ola Nordmann", "relation": "brother"}],
    "reference": [{"referenceId": "1", "name": "Per Nordmann", "companyName": "Example AS"}],
    "language": [{"languageId": "1", "name": "Norwegian", "level": "native"}],
    "attributes": [{"candidateAttributeId": "1", "attributeId": "31", "checkbox": []}],
    "driversLicense": ["B", "C1"],
    "employee": {"number": "12", "startDate": "2020-01-01", "endDate": "", "salary": "0"},
    "pipeline": [{"projectId": "4001", "jobPostId": "9001", "userId": "3", "updated": "2026-01-01 12:00:00"}],
}  # fmt: skip


# The key, hosts and versions


@pytest.mark.parametrize("host", ["https://api.recman.no", "https://api.recman.io"])
@pytest.mark.parametrize("path", ["/v2/get/", "/v2/get/index.php"])
def test_reads_are_under_two_hosts_and_two_paths(host: str, path: str) -> None:
    answer = Client(Simulator()).get(path, base_url=host, query_string={"key": KEY, "scope": "log"})
    assert answer.json == {"success": True, "numRows": 0, "data": []}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v2/get/"), ("GET", "/v2/post/"), ("GET", "/v3/get/")]
)
def test_nothing_else_is_there(method: str, path: str) -> None:
    assert Client(Simulator()).open(path, method=method).status_code in (404, 405)


def test_key_is_a_parameter_of_reads_and_a_member_of_writes(get: Call, post: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    assert get(vendor, "log").json["success"]
    body = {"scope": "candidate", "operation": "delete", "data": {"candidateId": candidate}}
    for elsewhere in ({"query_string": {"key": KEY}}, {"headers": {"Authorization": f"Bearer {KEY}"}}):
        answer: Any = Client(vendor).post("/v2/post/", json=body, **elsewhere).json
        assert not answer["success"]
    assert vendor.candidate_ids() == [candidate]
    assert post(vendor, "candidate", "delete", candidateId=candidate).json["success"]


def test_key_without_a_module_reads_the_others(get: Call) -> None:
    vendor = Simulator(rights={"log:read"})
    assert not get(vendor, "jobPost", fields="title").json["success"]
    assert get(vendor, "log").json["success"]


@pytest.mark.parametrize("scope", ["endJob", "companyContact", "user", "nothing", ""])
def test_scope_that_cannot_be_read_is_invalid(get: Call, scope: str) -> None:
    assert get(Simulator(), scope).json == {"success": False, "errors": ["Invalid scope"]}


def test_version_1_answers_users_by_id_and_nothing_round_them() -> None:
    vendor = Simulator()
    first = vendor.add("user", departmentId="5", corporationId="7", name="Fictional User")
    vendor.add("user", departmentId="6", corporationId="7")

    def ask(**more: str) -> Any:
        return (
            Client(vendor)
            .get("/v1.php", query_string={"key": KEY, "type": "json", "scope": "user", **more})
            .json
        )

    assert len(ask()) == 2
    assert ask(c_department_id="5", fields="user_id,name") == {
        first: {"user_id": first, "name": "Fictional User"}
    }
    assert ask(key="")["error"]["message"] == "Key required"
    assert ask(key="0")["error"]["message"] == "Invalid key"
    assert ask(scope="nothing")["error"][0]["message"] == "Invalid scope"


# Rows and fields


@pytest.mark.parametrize(("scope", "field"), NEEDS_FIELDS.items())
def test_fields_are_asked_for_by_name(get: Call, scope: str, field: str) -> None:
    vendor = Simulator()
    number = vendor.add(scope, **{field: "text"})
    assert get(vendor, scope, page=1).json["error"] == [{"message": "fields required"}]
    [(key, row)] = get(vendor, scope, page=1, fields=field).json["data"].items()
    assert (key, row[f"{scope}Id"], row[field]) == (number, number, "text")


@pytest.mark.parametrize("scope", TAKES_NONE)
def test_fields_are_refused_where_rows_come_whole(get: Call, scope: str) -> None:
    vendor = Simulator()
    number = vendor.add(scope, name="text")
    assert get(vendor, scope, fields="name").json["errors"] == ["invalid parameter: fields"]
    data = get(vendor, scope).json["data"]
    [row] = data if isinstance(data, list) else data.values()
    assert number in {str(value) for value in row.values()}
    assert row["name"] == "text"


def test_rows_carry_ids_that_were_not_asked_for(get: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(employee={"startDate": "2019-01-01", "endDate": "2020-01-01"})
    job = vendor.add_job(candidate)
    [row] = get(vendor, "candidate", page=1, fields="email").json["data"].values()
    assert row == {"candidateId": candidate, "corporationId": "7", "email": ""}
    [row] = get(vendor, "job", fields="salary").json["data"].values()
    assert row == {"jobId": job, "candidateId": candidate, "projectId": "4001", "salary": ""}


def test_ids_are_text_but_numbers_in_inquiries(get: Call) -> None:
    vendor = Simulator()
    vendor.add_inquiry(vendor.add_candidate(attributes={"Consent until": "2026-01-31"}, files=[("a", b"")]))
    [row] = get(vendor, "candidate", page=1, fields="files").json["data"].values()
    [definition] = get(vendor, "candidateAttribute").json["data"].values()
    [inquiry] = get(vendor, "inquiry").json["data"].values()
    assert [
        type(each) for each in (row["candidateId"], row["files"][0]["fileId"], definition["attributeId"])
    ] == [str] * 3
    assert type(inquiry["inquiryId"]) is int


def test_every_known_field_of_a_candidate_may_be_asked_for(get: Call) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(
        first_name="Kari", rating="4", gender="female", maritalStatus="married", departmentIds=[5], userIds=[3],
        companyIds=[55], companyContactIds=[66], blockCompanyIds=[77], files=[("cv.pdf", b"%PDF")],
    )  # fmt: skip
    vendor.candidates[candidate].update(NESTED)
    [row] = get(vendor, "candidate", page=1, fields=CANDIDATE_FIELDS).json["data"].values()
    assert row.keys() == {"candidateId", "corporationId", *CANDIDATE_FIELDS.split(",")}
    assert {name: row[name] for name in NESTED} == NESTED
    assert row["files"][0].keys() == {"fileId", "name", "created", "type"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["created"])


@pytest.mark.parametrize(
    ("scope", "fields"),
    [
        (
            "project",
            "name,description,status,type,companyId,startDate,endDate,number,notes,completePercent,members",
        ),
        ("company", "name,email,description,type,notes,vatNumber,created,updated"),
        ("jobPost", "name,title,ingress,body,deadline,city,contacts,applyUrl,numberOfPositions,finnUrl"),
        ("job", "employmentId,responsibleUserId,name,startDate,endDate,salaryType,holidayRate"),
    ],
)
def test_known_fields_of_other_rows_may_be_asked_for(get: Call, scope: str, fields: str) -> None:
    vendor = Simulator()
    number = vendor.add(scope, name="text")
    row = get(vendor, scope, fields=fields).json["data"][number]
    assert row.keys() >= {f"{scope}Id", *fields.split(",")}
    assert row["name"] == "text"


@pytest.mark.parametrize("field", ["*", "tags", "consent", "automaticDeletion", "lastLogin", "course"])
def test_no_field_tells_of_consent_or_its_end(get: Call, field: str) -> None:
    vendor = Simulator()
    vendor.add_candidate()
    assert get(vendor, "candidate", page=1, fields=field).json["error"] == [
        {"message": f"Invalid field: {field}"}
    ]


def test_nested_field_without_content_is_left_out(get: Call) -> None:
    vendor = Simulator()
    vendor.add_candidate()
    [row] = get(vendor, "candidate", page=1, fields="title,files,employee").json["data"].values()
    assert row.keys() == {"candidateId", "corporationId", "title"}
