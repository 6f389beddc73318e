"""The simulated vendor keeps to what the notes say of the real one."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_invenias.simulator import CLIENT_ID, CLIENT_SECRET, DISABLED_AFTER, PASSWORD, USERNAME, Simulator
from werkzeug.test import Client, TestResponse

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FORM = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
APPLICATION = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


class Api:
    """A simulator with a token."""

    def __init__(self, **switches: Any) -> None:
        self.time = NOW
        self.vendor = Simulator(now=lambda: self.time, **switches)
        self.client = Client(self.vendor)
        signed = self.client.post("/identity/connect/token", data={**FORM, **APPLICATION})
        self.headers = {"Authorization": f"Bearer {signed.json['access_token']}"}  # type: ignore[index]  # JSON

    def __call__(self, method: str, path: str, json: Any = None) -> TestResponse:
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=self.headers)

    def rows(self, **asked: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self("POST", "/people/list", asked).json["Items"]  # type: ignore[index]  # JSON
        return items


def test_row_leaves_out_what_is_null_and_what_is_unknown() -> None:
    api = Api()
    anna = api.vendor.add_person("Anna", "Berg", phone="+47 400 00 001")
    row = {"ItemId": anna, "ItemType": "People", "OffLimitsStatus": "Off", "MobilePhone": "+47 400 00 001"}
    assert api.rows(Select=["MobilePhone", "Email1Address", "NoSuchColumn"]) == [row]


def test_times_have_seven_digits() -> None:
    api = Api()
    api.vendor.add_person("Anna", "Berg", created=NOW.replace(microsecond=120))
    assert api.rows(Select=["DateCreated"])[0]["DateCreated"] == "2026-03-02T09:30:00.0001200+00:00"


def test_pages_are_cut_to_the_limit_and_named() -> None:
    api = Api(page_limit=2)
    api.vendor.populate(3)
    first = api("POST", "/people/list", {"PageSize": 9, "ReturnTotalCount": True}).json
    assert (len(first["Items"]), first["Paging"]) == (2, {"NextPageNumber": 1, "TotalItemCount": 3})
    assert api("POST", "/people/list", {"PageIndex": 1}).json["Paging"] == {}
    assert api("POST", "/people/list", {"PageIndex": 5}).json["Items"] == []
    api.vendor.refuse_oversize = True
    assert api("POST", "/people/list", {"PageSize": 9}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["FamilyName", "=", "berg"], ["Anna"]),
        (["FamilyName", "<>", "Berg"], ["Bo", "Cecilie"]),
        (["FirstName", "startswith", "c"], ["Cecilie"]),
        (["FirstName", "endswith", "A"], ["Anna"]),
        (["FirstName", "notcontains", "o"], ["Anna", "Cecilie"]),
        (["FirstName", "in", ["Anna", "Bo"]], ["Anna", "Bo"]),
        (["Email1Address", "isnullorempty"], ["Bo", "Cecilie"]),
        ([["FirstName", "contains", "nn"], "or", ["FirstName", "=", "Bo"]], ["Anna", "Bo"]),
        ([["FirstName", "contains", "n"], "and", ["FamilyName", "=", "Dahl"]], []),
        ([["IsLicenseAssigned", "=", "True"]], ["Cecilie"]),
        (["DateModified", ">=", "2026-03-02T09:31:00Z"], ["Bo"]),
        (["DateCreated", "<=", "2026-03-02T09:29:59Z"], []),
    ],
)
def test_filter(asked: list[Any], found: list[str]) -> None:
    api = Api()
    vendor = api.vendor
    vendor.add_person("Anna", "Berg", email="anna@example.org")
    vendor.add_person("Bo", "Dahl", modified=NOW + timedelta(minutes=1))
    vendor.add_person("Cecilie", "Eide", user=True)
    assert [each["FirstName"] for each in api.rows(Select=["FirstName"], Filter=asked)] == found


def test_sort_goes_by_several_columns() -> None:
    api = Api()
    for name in ("Anna Dahl", "Bo Berg", "Cecilie Dahl"):
        api.vendor.add_person(*name.split())
    sort = [{"Selector": "FamilyName"}, {"Selector": "FirstName", "Desc": True}]
    assert [each["FirstName"] for each in api.rows(Select=["FirstName"], Sort=sort)] == [
        "Bo",
        "Cecilie",
        "Anna",
    ]


def test_unknown_column_is_refused_in_filter_and_sort() -> None:
    api = Api(modified_filter=False)
    api.vendor.populate(2)
    for asked in (
        {"Filter": ["Nope", "=", 1]},
        {"Sort": [{"Selector": "Nope"}]},
        {"Filter": ["DateModified", ">", "2026"]},
    ):
        response = api("POST", "/people/list", asked)
        assert (response.status_code, set(response.json)) == (400, {"Message"})


def test_paths_are_read_in_any_case() -> None:
    api = Api()
    document = api.vendor.add_document([api.vendor.add_person("Anna", "Berg")], "cv.pdf", b"cv")
    assert api("POST", "/documents/bulkDelete", {"ItemReferences": [{"Id": document}]}).status_code == 200
    assert not api.vendor.documents


def test_quota_ends_and_begins_anew() -> None:
    api = Api(quota=2, retry_after=True)
    left = [api("GET", "/countries").headers["X-Request-Quota-Remaining"] for _ in range(2)]
    refused = api("GET", "/countries")
    assert (left, refused.status_code, refused.headers["Retry-After"]) == (["1", "0"], 429, "300")
    api.time += timedelta(minutes=5)
    assert api("GET", "/countries").status_code == 200


def test_who_ignores_the_quota_is_switched_off() -> None:
    api = Api(quota=1)
    api.vendor._window = (NOW, 1, DISABLED_AFTER - 1)
    assert api("GET", "/countries").status_code == 429
    api.time += timedelta(minutes=5)
    assert api("GET", "/countries").status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({**FORM, **APPLICATION, "grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({**FORM, **APPLICATION, "password": "wrong"}, "invalid_grant"),
        ({**FORM, "client_id": CLIENT_ID}, "invalid_client"),
    ],
)
def test_sign_in_is_refused(form: dict[str, str], error: str) -> None:
    response = Client(Simulator()).post("/identity/connect/token", data=form)
    assert (response.status_code, response.json) == (400, {"error": error})


def test_put_replaces_the_whole_record() -> None:
    api = Api()
    anna = api.vendor.add_person("Anna", "Berg", email="anna@example.org", phone="+47 400 00 001")
    assert api("PUT", f"/people/{anna}", {"NameComponents": {"FirstName": "Ann"}}).status_code == 200
    person = api("GET", f"/people/{anna}").json
    assert (person["NameComponents"]["FullName"], person["EmailAddresses"]) == ("Ann", [])


def test_deleted_person_leaves_journal_and_documents_behind() -> None:
    api = Api()
    anna = api.vendor.add_person("Anna", "Berg")
    note, document = api.vendor.add_note("Called.", [anna]), api.vendor.add_document([anna], "cv.pdf", b"cv")
    assert api("DELETE", f"/people/{anna}").status_code == 200
    assert api("GET", f"/people/{anna}").status_code == 404
    assert api("GET", f"/notes/{note}").json["People"] == []
    assert api.vendor.documents[document].links["People"] == []


def test_bulk_deletion_passes_over_unknown_ids_and_can_be_missing() -> None:
    api = Api()
    anna = api.vendor.add_person("Anna", "Berg")
    body = {"ItemReferences": [{"Id": anna.upper()}, {"Id": "unknown"}]}
    api.vendor.bulk_delete = False
    assert api("PUT", "/people/bulkdelete", body).status_code == 404
    api.vendor.bulk_delete = True
    assert api("PUT", "/people/bulkdelete", body).status_code == 200
    assert not api.vendor.people


def test_search_may_find_the_deleted_for_a_while() -> None:
    api = Api(search_delay=timedelta(minutes=1))
    anna = api.vendor.add_person("Anna", "Berg", email="anna@example.org")
    api("DELETE", f"/people/{anna}")
    path = "/duplicates/people?request.emailAddress=anna@example.org"
    assert [each["ItemId"] for each in api("GET", path).json["Items"]] == [anna]
    api.time += timedelta(minutes=1)
    assert api("GET", path).json["Items"] == []


@pytest.mark.slow
def test_simulator_serves_on_its_own() -> None:
    command = [sys.executable, "-m", "gateway_invenias.simulator", "--people", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("http://127.0.0.1:")
        finally:
            process.terminate()
