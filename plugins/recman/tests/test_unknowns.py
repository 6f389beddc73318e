"""What Recman's texts leave open: each reading of it, straight at the simulator and, where it matters, by the plugin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import gateway_recman
import pytest
from gateway_recman.simulator import START, Simulator

from gateway import Account, Consent, Outcome, Ref, Subject

Call = Callable[..., Any]
Open = Callable[..., Account]
ALL = ("files", "application", "log", "inquiry", "job", "invoice")
FORMER = {"startDate": "2019-01-01", "endDate": "2020-01-01"}


def people(count: int, **switches: Any) -> Simulator:
    vendor = Simulator(**switches)
    for number in range(count):
        vendor.add_candidate(last_name=f"Person {number}")
    return vendor


def deleting(candidate: str) -> Subject:
    return Subject("S1", records=(Ref("candidate", candidate),))


# How reads are answered


@pytest.mark.parametrize("page_size", [1000, 500, 100])
def test_page_of_candidates_has_the_size_of_the_account(get: Call, page_size: int) -> None:
    vendor = people(1001, page_size=page_size)
    shown = [get(vendor, "candidate", fields="email", page=page).json["numRows"] for page in (1, 2)]
    assert shown == [page_size, min(page_size, 1001 - page_size)]


@pytest.mark.parametrize(("num_rows", "told"), [("page", [2, 1, 0]), ("total", [3, 3, 3])])
def test_number_of_rows_is_of_the_page_or_of_all(get: Call, num_rows: Any, told: list[int]) -> None:
    vendor = people(3, page_size=2, num_rows=num_rows)
    pages = [get(vendor, "candidate", fields="email", page=page).json for page in (1, 2, 3)]
    assert [page["numRows"] for page in pages] == told
    assert [len(page["data"]) for page in pages] == [2, 1, 0]


@pytest.mark.parametrize(("next_page", "told"), [(True, [2, None]), (False, [None, None])])
def test_next_page_is_told_where_there_is_one(get: Call, next_page: bool, told: list[int | None]) -> None:
    vendor = people(4, page_size=2, next_page=next_page)
    pages = [get(vendor, "candidate", fields="email", page=page).json for page in (1, 2)]
    assert [page.get("nextPage") for page in pages] == told


@pytest.mark.parametrize(
    ("empty_data", "more"),
    [("list", {"data": []}), ("map", {"data": {}}), ("null", {"data": None}), ("absent", {})],
)
def test_no_rows_are_shown_in_one_of_four_ways(get: Call, empty_data: Any, more: dict[str, Any]) -> None:
    vendor = Simulator(empty_data=empty_data)
    assert get(vendor, "log").json == {"success": True, "numRows": 0, **more}


@pytest.mark.parametrize("applications_as", ["list", "map"])
def test_applications_come_as_a_list_or_by_id(get: Call, open_at: Open, applications_as: Any) -> None:
    vendor = people(1, applications_as=applications_as)
    [candidate] = vendor.candidate_ids()
    number = vendor.add_application(candidate)
    data = get(vendor, "jobApplication").json["data"]
    assert isinstance(data, list if applications_as == "list" else dict)
    items = gateway_recman.export(open_at(vendor), deleting(candidate))
    assert [item for item in items if b'"jobApplicationId": "%s"' % number.encode() in item.content]


@pytest.mark.parametrize("page_required", [True, False])
def test_page_may_be_missing_where_ids_are_asked_for(get: Call, page_required: bool) -> None:
    vendor = people(2, page_required=page_required)
    first, second = vendor.candidate_ids()
    assert get(vendor, "candidate", fields="email").json["success"] is not page_required
    assert get(vendor, "candidate", fields="email", candidateId=first).json["data"].keys() == {first}
    both = get(vendor, "candidate", fields="email", candidateIds=f"{first},{second}").json
    assert both["data"].keys() == {first, second}


@pytest.mark.parametrize("order", ["rising", "falling"])
def test_rows_come_by_id(get: Call, open_at: Open, order: Any) -> None:
    vendor = people(3, order=order)
    ids = vendor.candidate_ids() if order == "rising" else vendor.candidate_ids()[::-1]
    rows = get(vendor, "candidate", fields="email", page=1).json["data"]
    assert list(rows) == ids
    shown = [each.ref.id for page in gateway_recman.fetch(open_at(vendor), None) for each in page.records]
    assert sorted(shown) == sorted(ids)


@pytest.mark.parametrize("unknown_parameter", ["error", "ignore"])
def test_changes_since_cannot_be_asked_for(get: Call, unknown_parameter: Any) -> None:
    vendor = people(2, unknown_parameter=unknown_parameter)
    answer = get(vendor, "candidate", fields="email", page=1, updated="2099-01-01").json
    if unknown_parameter == "error":
        assert answer == {"success": False, "errors": ["invalid parameter: updated"]}
    else:
        assert answer["numRows"] == 2


@pytest.mark.parametrize("unknown_field", ["error", "ignore"])
def test_unknown_fields_fail_the_request_by_name(get: Call, unknown_field: Any) -> None:
    vendor = people(1, unknown_field=unknown_field)
    answer = get(vendor, "candidate", fields="email,hat,shoe", page=1).json
    if unknown_field == "error":
        assert [each["message"] for each in answer["error"]] == ["Invalid field: hat", "Invalid field: shoe"]
    else:
        assert [row.keys() for row in answer["data"].values()] == [{"candidateId", "corporationId", "email"}]


# How Recman says no


@pytest.mark.parametrize("error_status", [200, 400, 404, 422])
def test_error_has_the_status_of_the_account(get: Call, error_status: int) -> None:
    answer = get(Simulator(error_status=error_status), "nothing")
    assert (answer.status_code, answer.json["success"]) == (error_status, False)


@pytest.mark.parametrize(
    ("error_member", "key", "scope"),
    [("mixed", "error", "errors"), ("error", "error", "error"), ("errors", "errors", "errors")],
)
def test_error_is_spelt_in_two_ways(get: Call, error_member: Any, key: str, scope: str) -> None:
    vendor = Simulator(error_member=error_member)
    wrong, unknown = get(vendor, "candidate", key="0").json, get(vendor, "nothing").json
    assert wrong == {"success": False, key: _spelt(key, "Invalid key")}
    assert unknown == {"success": False, scope: _spelt(scope, "Invalid scope")}


def _spelt(member: str, text: str) -> list[Any]:
    return [text] if member == "errors" else [{"message": text}]


@pytest.mark.parametrize("key_words", [("Key required", "Invalid key"), ("No key", "Wrong key")])
def test_missing_and_wrong_key_are_told_apart(get: Call, key_words: tuple[str, str]) -> None:
    vendor = Simulator(key_words=key_words)
    told = [get(vendor, "log", key=key).json["error"][0]["message"] for key in ("", "0")]
    assert tuple(told) == key_words


@pytest.mark.parametrize("rights", [None, ("candidate:read",)])
def test_key_does_what_it_has_a_right_to(get: Call, post: Call, rights: Any) -> None:
    vendor = people(1, rights=rights)
    [candidate] = vendor.candidate_ids()
    assert get(vendor, "candidate", fields="email", page=1).json["numRows"] == 1
    log, order = get(vendor, "log").json, post(vendor, "candidate", "delete", candidateId=candidate).json
    if rights is None:
        assert (log["success"], order["success"], vendor.candidate_ids()) == (True, True, [])
    else:
        assert "log" in log["error"][0]["message"]
        assert "delete candidate" in order["error"][0]["message"]
        assert vendor.candidate_ids() == [candidate]


@pytest.mark.parametrize("quota_status", [200, 429])
@pytest.mark.parametrize("daily_quota", [200, 3])
def test_calls_of_a_day_are_counted_failed_ones_too(get: Call, daily_quota: int, quota_status: int) -> None:
    clock = [START]
    vendor = Simulator(now=lambda: clock[0], daily_quota=daily_quota, quota_status=quota_status)
    assert not get(vendor, "nothing").json["success"]
    assert all(get(vendor, "log").json["success"] for _ in range(daily_quota - 1))
    over = get(vendor, "log")
    assert (over.status_code, over.json["success"]) == (quota_status, False)
    clock[0] = datetime(2026, 3, 3, tzinfo=UTC)
    assert get(vendor, "log").json["success"]


# Deletion


@pytest.mark.parametrize("delete_answer", ["affected", "bare"])
def test_deletion_is_answered_with_or_without_a_count(post: Call, open_at: Open, delete_answer: Any) -> None:
    vendor = people(3, delete_answer=delete_answer)
    first, second, other = vendor.candidate_ids()
    answer = post(vendor, "candidate", "delete", candidateId=first).json
    assert answer == {"success": True, **({"affectedRows": 1} if delete_answer == "affected" else {})}
    [receipt] = gateway_recman.delete(open_at(vendor), [deleting(second)])
    assert (receipt.outcome, vendor.candidate_ids()) == (Outcome.DONE, [other])


@pytest.mark.parametrize("delete_unknown", ["error", "zero"])
def test_deleting_who_is_not_there_is_an_error_or_nothing(post: Call, delete_unknown: Any) -> None:
    vendor = Simulator(delete_unknown=delete_unknown)
    answer = post(vendor, "candidate", "delete", candidateId=100001).json
    if delete_unknown == "error":
        assert answer["success"] is False
        assert answer["error"][0]["message"]
    else:
        assert answer == {"success": True, "affectedRows": 0}


@pytest.mark.parametrize("delete_delay", [timedelta(0), timedelta(hours=2)])
def test_deleted_is_gone_at_once_or_later_and_for_good(
    get: Call, post: Call, delete_delay: timedelta
) -> None:
    clock = [START]
    vendor = Simulator(now=lambda: clock[0], delete_delay=delete_delay)
    candidate = vendor.add_candidate()
    assert post(vendor, "candidate", "delete", candidateId=candidate).json["success"]
    there = get(vendor, "candidate", fields="email", candidateId=candidate).json["numRows"]
    assert there == (1 if delete_delay else 0)
    clock[0] += delete_delay
    assert get(vendor, "candidate", fields="email", candidateId=candidate).json["numRows"] == 0
    assert not post(vendor, "candidate", "restore", candidateId=candidate).json["success"]
    assert vendor.add_candidate() != candidate


@pytest.mark.parametrize("stays", [("job", "invoice"), (), ALL, *((each,) for each in ALL)])
def test_deletion_takes_along_all_but_what_stays(get: Call, post: Call, stays: tuple[str, ...]) -> None:
    vendor = Simulator(stays=stays, show_candidate_ids=True)
    candidate = vendor.add_candidate(employee=FORMER, files=[("cv.pdf", b"%PDF")])
    [file] = vendor.tables["files"]
    for add in (
        vendor.add_application,
        vendor.add_log,
        vendor.add_inquiry,
        vendor.add_job,
        vendor.add_invoice,
    ):
        add(candidate)
    shared = vendor.add_log(candidate, company="55")
    assert post(vendor, "candidate", "delete", candidateId=candidate).json["success"]
    logs = get(vendor, "log", candidateId=candidate).json["data"]
    [inquiry] = get(vendor, "inquiry").json["data"].values()
    left = {
        "files": get(vendor, "candidateFile", candidateId=candidate, fileId=file).json["success"],
        "application": get(vendor, "jobApplication").json["numRows"] == 1,
        "log": logs.keys() > {shared},
        "inquiry": inquiry["candidateIds"] == [int(candidate)],
        "job": get(vendor, "job", fields="startDate").json["numRows"] == 1,
        "invoice": get(vendor, "invoice").json["numRows"] == 1,
    }
    assert {name for name, is_left in left.items() if is_left} == set(stays)
    assert shared in logs


@pytest.mark.parametrize("delete_employee", ["refuse", "allow"])
@pytest.mark.parametrize("works", ["as staff", "on a job"])
def test_deleting_who_works_today_is_refused_or_not(post: Call, delete_employee: Any, works: str) -> None:
    vendor = Simulator(delete_employee=delete_employee)
    candidate = vendor.add_candidate(employee={"startDate": "2020-01-01"} if works == "as staff" else FORMER)
    if works == "on a job":
        vendor.add_job(candidate, start="2026-01-01", end="")
    answer = post(vendor, "candidate", "delete", candidateId=candidate).json
    assert answer["success"] is (delete_employee == "allow")
    assert vendor.candidate_ids() == ([candidate] if delete_employee == "refuse" else [])


@pytest.mark.parametrize("auto_delete", [True, False])
def test_product_deletes_at_the_date_of_the_profile(get: Call, auto_delete: bool) -> None:
    clock = [START]
    vendor = Simulator(now=lambda: clock[0], auto_delete=auto_delete)
    candidate = vendor.add_candidate()
    vendor.set_automatic_deletion(candidate, date(2026, 4, 1))
    assert get(vendor, "candidate", fields="email", candidateId=candidate).json["numRows"] == 1
    clock[0] = datetime(2026, 4, 1, tzinfo=UTC)
    left = get(vendor, "candidate", fields="email", candidateId=candidate).json["numRows"]
    assert left == (0 if auto_delete else 1)


# Files, new rows, consents and times


@pytest.mark.parametrize("file_parameters", [("fileId", "id"), ("fileId",), ("id",)])
@pytest.mark.parametrize("file_form", ["json", "raw"])
def test_file_comes_in_json_or_bare(get: Call, file_form: Any, file_parameters: tuple[str, ...]) -> None:
    vendor = Simulator(file_form=file_form, file_parameters=file_parameters)
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF")])
    [number] = vendor.tables["files"]
    for name in ("fileId", "id"):
        answer = get(vendor, "candidateFile", candidateId=candidate, **{name: number})
        if name not in file_parameters:
            assert answer.json["errors"] == [f"invalid parameter: {name}"]
        elif file_form == "raw":
            assert answer.data == b"%PDF"
        else:
            data = {"fileId": number, "name": "cv", "extension": "pdf", "base64": "JVBERg=="}
            assert answer.json == {"success": True, "data": data}


@pytest.mark.parametrize("nested_id", ["id", "data"])
def test_new_nested_row_has_its_id_in_one_of_two_places(get: Call, post: Call, nested_id: Any) -> None:
    vendor = people(1, nested_id=nested_id)
    [candidate] = vendor.candidate_ids()
    told = post(vendor, "candidate", "insert", candidateId=candidate, education={"degree": "BSc"}).json
    assert (told["success"], told["affectedRows"]) == (True, 1)
    number = told["id"] if nested_id == "id" else told["data"]["id"]
    [row] = get(vendor, "candidate", fields="education", candidateId=candidate).json["data"].values()
    assert [each["educationId"] for each in row["education"]] == [str(number)]


@pytest.mark.parametrize("corporation_required", [True, False])
def test_new_candidate_may_need_a_corporation(post: Call, corporation_required: bool) -> None:
    vendor = Simulator(corporation_required=corporation_required)
    without = post(vendor, "candidate", "insert", firstName="Kari", lastName="Nordmann").json
    assert without["success"] is not corporation_required
    names = {"firstName": "Kari", "lastName": "Nordmann"}
    assert post(vendor, "candidate", "insert", corporationId=7, **names).json["success"]


@pytest.mark.parametrize("attribute_value", ["text", "value"])
def test_consent_is_kept_in_a_text_attribute(get: Call, open_at: Open, attribute_value: Any) -> None:
    vendor = Simulator(attribute_value=attribute_value)
    candidate = vendor.add_candidate(attributes={"Consent until": "2026-01-31"})
    [row] = get(vendor, "candidate", fields="attributes", candidateId=candidate).json["data"].values()
    assert [each[attribute_value] for each in row["attributes"]] == ["2026-01-31"]
    [page] = list(gateway_recman.fetch(open_at(vendor, consent_attribute="Consent until"), None))[:1]
    assert page.records[0].consents == (Consent("recruitment", expires=date(2026, 1, 31)),)


@pytest.mark.parametrize(
    ("timezone", "text"), [("UTC", "2026-07-01 22:30:00"), ("Europe/Oslo", "2026-07-02 00:30:00")]
)
def test_times_are_in_the_zone_of_the_account(get: Call, open_at: Open, timezone: str, text: str) -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    vendor = Simulator(timezone=timezone)
    candidate = vendor.add_candidate(created=moment)
    [row] = get(vendor, "candidate", fields="created", candidateId=candidate).json["data"].values()
    assert row["created"] == text
    [page] = list(gateway_recman.fetch(open_at(vendor, timezone=timezone), None))[:1]
    assert page.records[0].created == moment


@pytest.mark.parametrize("nested_updates", [True, False])
def test_change_of_a_nested_row_may_count_as_a_change(get: Call, post: Call, nested_updates: bool) -> None:
    vendor = Simulator(nested_updates=nested_updates)
    candidate = vendor.add_candidate(created="2020-01-01 00:00:00")
    post(vendor, "candidate", "insert", candidateId=candidate, skills={"name": "Welding"})
    [row] = get(vendor, "candidate", fields="updated", candidateId=candidate).json["data"].values()
    assert (row["updated"] == "2020-01-01 00:00:00") is not nested_updates


@pytest.mark.parametrize("corporation_id", ["one", "list"])
def test_person_of_two_corporations_is_two_candidates(
    get: Call, post: Call, open_at: Open, corporation_id: Any
) -> None:
    vendor = Simulator(corporation_id=corporation_id)
    for corporation in (7, 8):
        names = {"firstName": "Kari", "lastName": "Nordmann", "email": "kari@example.org"}
        post(vendor, "candidate", "insert", corporationId=corporation, **names)
    rows = get(vendor, "candidate", fields="email", page=1).json["data"].values()
    assert [row["corporationId"] for row in rows] == (
        ["7", "8"] if corporation_id == "one" else [["7"], ["8"]]
    )
    records = [each for page in gateway_recman.fetch(open_at(vendor), None) for each in page.records]
    assert [each.identities[0].value for each in records] == ["kari@example.org"] * 2
