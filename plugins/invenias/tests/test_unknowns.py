"""Each doubt as the vendor's side shows it, on its default and on another value: lists, limits, signing in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from gateway_invenias.simulator import CLIENT_ID, CLIENT_SECRET, PASSWORD, USERNAME, Simulator
from gateway_invenias.simulator_signin import START
from werkzeug.test import Client

TOKEN = "/identity/connect/token"
APPLICATION = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
LOGIN = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
COLUMNS = {
    "ItemId", "ItemType", "OffLimitsStatus", "FileAs", "DisplayFileAs", "FirstName", "FamilyName",
    "Email1Address", "MobilePhone", "PositionJobTitle", "TotalCandidateAssignments", "UserId", "Disabled",
    "IsLicenseAssigned", "DateCreated", "DateModified",
}  # fmt: skip
MODIFIED = ["DateModified", ">", "2026-01-01T00:00:00Z"]


def listed(call: Any, vendor: Simulator, **asked: Any) -> Any:
    return call(vendor, "POST", "/people/list", asked)


# The list of people


@pytest.mark.parametrize("hidden_columns", [(), ("MobilePhone", "UserId")])
def test_list_has_the_columns_assumed_but_those_hidden(call: Any, hidden_columns: tuple[str, ...]) -> None:
    vendor = Simulator(hidden_columns=hidden_columns)
    vendor.add_person("Anna", "Berg", phone="+47 400 00 001")
    answer = listed(call, vendor, Select=["MobilePhone"], IncludeAvailableColumns=True).get_json()
    there = {each["FieldName"] for each in answer["AvailableColumns"]}
    assert COLUMNS - there == set(hidden_columns)
    assert ("MobilePhone" in answer["Items"][0]) == (not hidden_columns)


@pytest.mark.parametrize("modified_filter", [True, False])
@pytest.mark.parametrize("asked", [{"Filter": MODIFIED}, {"Sort": [{"Selector": "DateModified"}]}])
def test_list_takes_the_day_of_change_or_refuses_it(
    call: Any, modified_filter: bool, asked: dict[str, Any]
) -> None:
    vendor = Simulator(modified_filter=modified_filter)
    vendor.populate(2)
    assert listed(call, vendor, **asked).status_code == (200 if modified_filter else 400)
    assert listed(call, vendor, Select=["DateModified"]).status_code == 200


@pytest.mark.parametrize("consent_columns", [(), ("GdprStatus",)])
def test_consent_is_a_column_only_where_the_tenant_has_one(
    call: Any, consent_columns: tuple[str, ...]
) -> None:
    vendor = Simulator(consent_columns=consent_columns)
    vendor.add_person("Anna", "Berg", columns={"GdprStatus": "Given"} if consent_columns else {})
    answer = listed(call, vendor, Select=["GdprStatus"], IncludeAvailableColumns=True).get_json()
    assert answer["Items"][0].get("GdprStatus") == ("Given" if consent_columns else None)
    names = {each["FieldName"] for each in answer["AvailableColumns"]}
    assert ("GdprStatus" in names) == bool(consent_columns)
    assert call(vendor, "GET", "/people/consent").status_code == 404


@pytest.mark.parametrize(
    "consent_statuses", [("Requested", "Given", "Declined", "Withdrawn", "Expired"), ("Ja", "Nei")]
)
def test_settings_list_the_statuses_of_consent(call: Any, consent_statuses: tuple[str, ...]) -> None:
    vendor = Simulator(consent_statuses=consent_statuses)
    answer = call(vendor, "GET", "/settings/ConsentEventTypes").get_json()
    shown = [each["ItemDisplayText"] for each in answer["Settings"]["ItemReferences"]]
    assert shown == list(consent_statuses)


@pytest.mark.parametrize("off_limits", ["Off", "Warn", "Block", "Something new"])
def test_every_row_has_the_off_limits_status(call: Any, off_limits: str) -> None:
    vendor = Simulator(off_limits=off_limits)
    vendor.populate(2)
    items = listed(call, vendor, Select=["FirstName"]).get_json()["Items"]
    assert [each["OffLimitsStatus"] for each in items] == [off_limits] * 2


# Pages and columns


@pytest.mark.parametrize("refuse_oversize", [False, True])
@pytest.mark.parametrize("page_limit", [1000, 4])
def test_page_over_the_limit_is_cut_or_refused(call: Any, refuse_oversize: bool, page_limit: int) -> None:
    vendor = Simulator(refuse_oversize=refuse_oversize, page_limit=page_limit)
    vendor.populate(page_limit + 1)
    answer = listed(call, vendor, PageSize=page_limit + 1)
    assert answer.status_code == (400 if refuse_oversize else 200)
    assert len(answer.get_json().get("Items", ())) == (0 if refuse_oversize else page_limit)
    assert len(listed(call, vendor, PageSize=page_limit).get_json()["Items"]) == page_limit


@pytest.mark.parametrize("page_past_end", [200, 404])
def test_page_past_the_end_is_empty_or_missing(call: Any, page_past_end: int) -> None:
    vendor = Simulator(page_past_end=page_past_end)
    vendor.populate(3)
    answer = listed(call, vendor, PageSize=2, PageIndex=2)
    assert answer.status_code == page_past_end
    if page_past_end == 200:
        assert (answer.get_json()["Items"], answer.get_json()["Paging"]) == ([], {})
    assert len(listed(call, vendor, PageSize=2, PageIndex=1).get_json()["Items"]) == 1


@pytest.mark.parametrize("default_page_size", [1000, 2])
@pytest.mark.parametrize("asked", [{}, {"PageSize": 0}])
def test_page_has_its_default_size_where_none_is_asked_for(
    call: Any, default_page_size: int, asked: dict[str, int]
) -> None:
    vendor = Simulator(default_page_size=default_page_size)
    vendor.populate(5)
    answer = listed(call, vendor, **asked).get_json()
    assert len(answer["Items"]) == min(5, default_page_size)
    assert ("NextPageNumber" in answer["Paging"]) == (default_page_size == 2)


@pytest.mark.parametrize("refuse_unknown_select", [False, True])
def test_unknown_column_is_passed_over_in_select_only(call: Any, refuse_unknown_select: bool) -> None:
    vendor = Simulator(refuse_unknown_select=refuse_unknown_select)
    vendor.populate(1)
    answer = listed(call, vendor, Select=["NoSuchColumn"])
    assert answer.status_code == (400 if refuse_unknown_select else 200)
    if not refuse_unknown_select:
        (column,) = answer.get_json()["ViewDefinition"]["Columns"]
        assert column == {"FieldName": "NoSuchColumn", "IsStaticEnum": False}  # no title
    assert listed(call, vendor, Filter=["NoSuchColumn", "=", "x"]).status_code == 400


# Errors and limits


@pytest.mark.parametrize(
    ("error_format", "body"),
    [
        ("message", b'{"Message":"Item not found"}'),
        ("problem", b'{"type":"about:blank","title":"Error","detail":"Item not found"}'),
        ("text", b"Item not found"),
    ],
)
def test_error_has_a_body_of_its_form(call: Any, error_format: str, body: bytes) -> None:
    vendor = Simulator(error_format=error_format)
    answer = call(vendor, "GET", "/people/unknown")
    assert (answer.status_code, answer.data) == (404, body)
    refused = Client(vendor).post(TOKEN, data={**LOGIN, "client_id": CLIENT_ID}).get_json()
    assert refused == {"error": "invalid_client"}


@pytest.mark.parametrize("quota_per", ["subdomain", "user"])
def test_calls_of_others_use_the_subdomain_s_quota_up(call: Any, quota_per: str) -> None:
    vendor = Simulator(quota_per=quota_per)
    vendor.use_elsewhere(10)
    left = call(vendor, "GET", "/countries").headers["X-Request-Quota-Remaining"]
    assert left == ("2989" if quota_per == "subdomain" else "2999")


@pytest.mark.parametrize("retry_after", [False, True])
def test_spent_quota_says_how_long_or_does_not(call: Any, retry_after: bool) -> None:
    time = [START]
    vendor = Simulator(now=lambda: time[0], quota=1, retry_after=retry_after)
    assert call(vendor, "GET", "/countries").status_code == 200
    time[0] += timedelta(minutes=2)
    refused = call(vendor, "GET", "/countries")
    assert refused.status_code == 429
    assert refused.headers.get("Retry-After") == ("180" if retry_after else None)
    time[0] += timedelta(minutes=3)
    assert call(vendor, "GET", "/countries").headers["X-Request-Quota-Remaining"] == "0"


@pytest.mark.parametrize("failed_calls_count", [True, False])
def test_failed_call_uses_the_quota_up_or_does_not(call: Any, failed_calls_count: bool) -> None:
    vendor = Simulator(failed_calls_count=failed_calls_count)
    assert call(vendor, "GET", "/people/unknown").status_code == 404
    left = call(vendor, "GET", "/countries").headers["X-Request-Quota-Remaining"]
    assert left == ("2998" if failed_calls_count else "2999")


# Signing in


@pytest.mark.parametrize("refused_sign_in", [400, 401])
@pytest.mark.parametrize(
    ("wrong", "error"), [({"password": "x"}, "invalid_grant"), ({"client_secret": "x"}, "invalid_client")]
)
def test_wrong_credentials_are_refused(refused_sign_in: int, wrong: dict[str, str], error: str) -> None:
    client = Client(Simulator(refused_sign_in=refused_sign_in))
    answer = client.post(TOKEN, data={**LOGIN, **APPLICATION, **wrong})
    assert (answer.status_code, answer.get_json()) == (refused_sign_in, {"error": error})
    assert client.post(TOKEN, data={**LOGIN, **APPLICATION}).status_code == 200


@pytest.mark.parametrize("expired_application", [0, 403, 404])
@pytest.mark.parametrize("path", ["/countries", "/people/unknown", "/settings/DocumentType"])
def test_expired_application_answers_every_call_alike(call: Any, expired_application: int, path: str) -> None:
    vendor = Simulator(expired_application=expired_application)
    usual = 404 if path == "/people/unknown" else 200
    assert call(vendor, "GET", path).status_code == (expired_application or usual)
    vendor.expired_application = 0
    assert call(vendor, "GET", path).status_code == usual


@pytest.mark.parametrize("unknown_application", [0, 2])
def test_new_application_is_not_known_for_so_many_sign_ins(unknown_application: int) -> None:
    client = Client(Simulator(unknown_application=unknown_application))
    for _ in range(unknown_application):
        answer = client.post(TOKEN, data={**LOGIN, **APPLICATION})
        assert answer.status_code == 400
        assert answer.get_json()["error_description"] == "The client application is not known"
    assert client.post(TOKEN, data={**LOGIN, **APPLICATION}).status_code == 200


@pytest.mark.parametrize("rotate_refresh", [True, False])
def test_refresh_token_works_once_or_stays(rotate_refresh: bool) -> None:
    vendor = Simulator(rotate_refresh=rotate_refresh)
    first = vendor.new_refresh_token()
    form = {**APPLICATION, "grant_type": "refresh_token"}
    client = Client(vendor)
    second = client.post(TOKEN, data={**form, "refresh_token": first}).get_json()["refresh_token"]
    assert (second == first) == (not rotate_refresh)
    again = client.post(TOKEN, data={**form, "refresh_token": first})
    assert again.status_code == (400 if rotate_refresh else 200)
    assert client.post(TOKEN, data={**form, "refresh_token": second}).status_code == 200
