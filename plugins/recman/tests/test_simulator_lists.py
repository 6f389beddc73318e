"""What Recman's texts and clients say of its lists, as the simulator behaves: filters, pages, files and what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gateway_recman.simulator import Simulator

Call = Callable[..., Any]


# Filters


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"candidateId": "100002"}, {"100002"}),
        ({"candidateIds": "100001,100003,7"}, {"100001", "100003"}),
        ({"firstName": "Kari"}, {"100001", "100002"}),
        ({"firstName": "Kari", "lastName": "Nordmann"}, {"100001"}),
    ],
)
def test_candidates_are_found_by_id_or_name(get: Call, asked: dict[str, str], found: set[str]) -> None:
    vendor = Simulator()
    for first, last in (("Kari", "Nordmann"), ("Kari", "Hansen"), ("Ola", "Nordmann")):
        vendor.add_candidate(first_name=first, last_name=last)
    assert set(get(vendor, "candidate", fields="email", **asked).json["data"]) == found


@pytest.mark.parametrize("name", ["email", "mobilePhone", "socialSecurityNo", "departmentIds"])
def test_candidates_are_found_by_nothing_else(get: Call, name: str) -> None:
    answer = get(Simulator(), "candidate", fields="email", page=1, **{name: "1"}).json
    assert answer["errors"] == [f"invalid parameter: {name}"]


@pytest.mark.parametrize(
    ("scope", "fields", "name"),
    [
        ("company", "name", "companyIds"), ("project", "name", "projectIds"), ("log", "", "candidateId"),
        ("log", "", "companyId"), ("log", "", "companyContactId"), ("log", "", "projectId"), ("log", "", "userId"),
        ("jobApplication", "", "status"), ("inquiry", "", "archived"),
    ],
)  # fmt: skip
def test_other_rows_are_found_by_their_filters(get: Call, scope: str, fields: str, name: str) -> None:
    vendor = Simulator()
    member = {"companyIds": "companyId", "projectIds": "projectId"}.get(name, name)
    for number in ("0", "1"):
        vendor.add(scope, **{member: number})
    more = {"fields": fields} if fields else {}
    data = get(vendor, scope, **{name: "1"}, **more).json["data"]
    assert [row[member] for row in (data if isinstance(data, list) else data.values())] == ["1"]


def test_log_is_read_on_from_an_id(get: Call) -> None:
    vendor = Simulator(order="falling")
    for number in range(1, 1203):
        vendor.add("log", candidateId=str(number))
    first = get(vendor, "log").json
    rest = get(vendor, "log", minLogId=int(list(first["data"])[-1]) + 1).json
    assert (first["numRows"], rest["numRows"]) == (1000, 202)
    assert [*first["data"], *rest["data"]] == [str(number) for number in range(1, 1203)]


@pytest.mark.parametrize(("end", "shown"), [("2026-03-01", 0), ("2026-03-02", 1), ("", 1)])
def test_job_posts_are_shown_while_they_run(get: Call, end: str, shown: int) -> None:
    vendor = Simulator()
    vendor.add("jobPost", title="Welder", endDate=end)
    assert get(vendor, "jobPost", fields="title").json["numRows"] == shown


# Pages


@pytest.mark.parametrize("scope", ["jobApplication", "log", "invoice", "job", "project", "inquiry"])
def test_other_rows_come_in_pages_of_a_thousand_and_inquiries_of_a_hundred(get: Call, scope: str) -> None:
    vendor = Simulator()
    for _ in range(1001):
        vendor.add(scope, name="text")
    fields = {"fields": "name"} if scope in ("job", "project") else {}
    first, second = (get(vendor, scope, page=page, **fields).json for page in (1, 2))
    size = 100 if scope == "inquiry" else 1000
    assert (first["numRows"], first["nextPage"], second["numRows"]) == (size, 2, min(size, 1001 - size))


def test_page_past_the_end_is_a_success_without_rows(get: Call) -> None:
    vendor = Simulator()
    vendor.add_candidate()
    assert get(vendor, "candidate", fields="email", page=2).json == {
        "success": True,
        "numRows": 0,
        "data": [],
    }


@pytest.mark.parametrize("page", ["0", "-1", "x"])
def test_pages_are_numbered_from_one(get: Call, page: str) -> None:
    assert not get(Simulator(), "candidate", fields="email", page=page).json["success"]


# Files


def test_files_are_listed_with_the_candidate_and_fetched_one_by_one(get: Call) -> None:
    vendor = Simulator()
    first = vendor.add_candidate(files=[("cv.pdf", b"%PDF"), ("letter.txt", b"Hello")])
    second = vendor.add_candidate(files=[("photo.jpg", b"jpg")])
    [row] = get(vendor, "candidate", fields="files", candidateId=first).json["data"].values()
    assert [(each["name"], each["type"]) for each in row["files"]] == [
        ("cv.pdf", "file"),
        ("letter.txt", "file"),
    ]
    assert len(get(vendor, "candidate", fields="files", page=1).json["data"]) == 2
    number = row["files"][1]["fileId"]
    assert get(vendor, "candidateFile", candidateId=first, fileId=number).json["data"]["base64"] == "SGVsbG8="
    for wrong in ({"candidateId": second, "fileId": number}, {"candidateId": first}, {"fileId": number}):
        assert not get(vendor, "candidateFile", **wrong).json["success"]


# What a key is not shown, and what is not true


def test_key_of_one_department_is_shown_its_candidates(get: Call, post: Call) -> None:
    vendor = Simulator(departments={5})
    mine, other = vendor.add_candidate(departmentIds=[5, 6]), vendor.add_candidate(departmentIds=[6])
    vendor.add_candidate()
    assert get(vendor, "candidate", fields="email", page=1).json["data"].keys() == {mine}
    assert get(vendor, "candidate", fields="email", candidateId=other).json["numRows"] == 0
    assert not post(vendor, "candidate", "delete", candidateId=other).json["success"]
    vendor.departments = None
    assert len(get(vendor, "candidate", fields="email", page=1).json["data"]) == 3


def test_read_without_a_right_may_be_answered_empty(get: Call, post: Call) -> None:
    vendor = Simulator(rights={"candidate:read"}, denied="empty")
    candidate = vendor.add_candidate()
    vendor.add_log(candidate)
    assert get(vendor, "log").json == {"success": True, "numRows": 0, "data": []}
    assert get(vendor, "candidate", fields="email", page=1).json["numRows"] == 1
    assert not post(vendor, "candidate", "delete", candidateId=candidate).json["success"]
    assert vendor.candidate_ids() == [candidate]


def test_deletion_may_be_said_and_not_made(get: Call, post: Call) -> None:
    vendor = Simulator(lying_ids=["100001"])
    candidate = vendor.add_candidate()
    assert post(vendor, "candidate", "delete", candidateId=candidate).json == {
        "success": True,
        "affectedRows": 1,
    }
    assert get(vendor, "candidate", fields="email", candidateId=candidate).json["numRows"] == 1


def test_candidate_may_come_back_under_its_id(get: Call) -> None:
    vendor = Simulator()
    first, second = vendor.add_candidate(), vendor.add_candidate()
    row = vendor.candidates[first]
    vendor.remove_candidate(first)
    assert list(get(vendor, "candidate", fields="email", page=1).json["data"]) == [second]
    vendor.restore_candidate(row)
    assert list(get(vendor, "candidate", fields="email", page=1).json["data"]) == [first, second]


def test_documented_field_may_be_gone(get: Call) -> None:
    vendor = Simulator(dropped_fields=["phone"])
    vendor.add_candidate()
    answer = get(vendor, "candidate", fields="phone,email", page=1).json
    assert answer["error"] == [{"message": "Invalid field: phone"}]


def test_what_the_api_does_not_know_cannot_be_put_in() -> None:
    with pytest.raises(ValueError, match="hats"):
        Simulator(stays=["hats"])
    vendor = Simulator()
    with pytest.raises(ValueError, match="hat: no field of a candidate"):
        vendor.add_candidate(hat="a")
    with pytest.raises(ValueError, match="not approved for staffing"):
        vendor.add_job(vendor.add_candidate())
