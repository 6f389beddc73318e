"""The client on ordinary paths: what is sent, which answers come back, which raise, and what is tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from responses import matchers

from gateway.errors import (
    GarbledError,
    PluginError,
    RefusedError,
    SettingsError,
    ThrottledError,
    UnavailableError,
)

URL = "https://api.example.org/v1/people"


def test_path_when_relative_is_joined_below_the_url(make_client, vendor):
    vendor.get(URL, json={"ok": True})
    client = make_client("https://api.example.org/v1/")
    assert [client.request("get", path).status for path in ("people", "/people", URL)] == [200, 200, 200]


def test_call_when_made_carries_what_was_given(make_client, vendor):
    vendor.post(
        URL,
        match=[
            matchers.query_param_matcher({"page": "2"}),
            matchers.json_params_matcher({"name": "Ærlig"}),
            matchers.header_matcher(
                {"Authorization": "Basic YWRhOsOm", "X-Tenant": "7", "accept": "text/csv"}
            ),
        ],
    )
    headers = {"X-Tenant": "7", "accept": "text/csv"}
    answer = make_client().request(
        "POST", "people", params={"page": 2}, json={"name": "Ærlig"}, headers=headers, auth=("ada", "æ")
    )
    assert answer.status == 200


def test_body_when_a_form_or_files_are_given_is_encoded_so(make_client, vendor):
    vendor.post(f"{URL}/token", match=[matchers.urlencoded_params_matcher({"grant_type": "password"})])
    vendor.post(f"{URL}/file", match=[matchers.multipart_matcher({"cv": ("cv.txt", b"text", "text/plain")})])
    client = make_client()
    client.request("POST", "people/token", form={"grant_type": "password"})
    client.request("POST", "people/file", files={"cv": ("cv.txt", b"text", "text/plain")})
    assert client.calls == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, GarbledError),
        (401, RefusedError),
        (403, RefusedError),
        (404, GarbledError),
        (304, GarbledError),
        (408, UnavailableError),
        (429, ThrottledError),
        (500, UnavailableError),
        (503, UnavailableError),
        (599, UnavailableError),
    ],
)
def test_status_when_not_accepted_raises_its_error(make_client, vendor, status, error):
    vendor.post(URL, status=status)
    vendor.post(URL, json={})
    client = make_client()
    with pytest.raises(error, match=rf"^POST {URL}: status {status}"):
        client.request("POST", "people")
    assert (client.calls, client.request("POST", "people").json()) == (1, {})


@pytest.mark.parametrize("status", [302, 401, 404, 429, 503])
def test_status_when_accepted_is_returned_and_not_repeated(make_client, vendor, clock, status):
    vendor.get(URL, status=status, headers={"Retry-After": "1", "Location": "/elsewhere"}, body="gone")
    answer = make_client().request("GET", "people", accept={status})
    assert (answer.status, answer.text, clock.slept) == (status, "gone", [])


@pytest.mark.parametrize("status", [408, 502, 503, 504])
def test_passing_status_when_repeatable_is_tried_again(make_client, vendor, clock, status):
    vendor.get(URL, status=status)
    vendor.get(URL, status=status)
    vendor.get(URL, json=1)
    client = make_client()
    assert (client.request("GET", "people").json(), client.calls) == (1, 3)
    assert len(clock.slept) == 2
    assert 0.25 <= clock.slept[0] <= 0.75 < clock.slept[1] + 0.5 <= 1.5


def test_passing_status_when_it_stays_is_given_up_after_four_tries(make_client, vendor):
    vendor.get(URL, status=503)
    client = make_client()
    with pytest.raises(UnavailableError, match="status 503"):
        client.request("GET", "people")
    assert client.calls == 4
    vendor.replace("GET", URL, json=1)
    assert client.request("GET", "people").json() == 1


@pytest.mark.parametrize(
    ("method", "repeatable", "calls"),
    [("POST", None, 1), ("POST", True, 4), ("DELETE", None, 4), ("GET", False, 1)],
)
def test_broken_connection_is_tried_again_only_when_repeatable(
    make_client, vendor, method, repeatable, calls
):
    vendor.add(method, URL, body=requests.ConnectionError("lost"))
    client = make_client()
    with pytest.raises(UnavailableError, match="the connection broke"):
        client.request(method, "people", repeatable=repeatable)
    assert client.calls == calls
    vendor.replace(method, URL, json=1)
    assert client.request(method, "people").json() == 1


def test_connection_when_none_came_about_is_tried_again_whatever_the_method(make_client, vendor):
    vendor.post(URL, body=requests.ConnectTimeout())
    vendor.post(URL, json=1)
    client = make_client()
    assert (client.request("POST", "people").json(), client.calls) == (1, 2)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "20"},
        {"Retry-After": "Mon, 23 Nov 2026 12:00:20 GMT"},
        {"Retry-After": "Mon, 23 Nov 2026 09:00:20 GMT", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"},
    ],
)
def test_429_when_it_names_a_short_wait_is_waited_for(make_client, vendor, clock, method, headers):
    vendor.add(method, URL, status=429, headers=headers)
    vendor.add(method, URL, json=1)
    assert make_client().request(method, "people").json() == 1
    assert clock.slept == [20.0]


@pytest.mark.parametrize(("status", "error"), [(429, ThrottledError), (503, UnavailableError)])
def test_retry_after_when_long_is_raised_with_its_time(make_client, vendor, clock, status, error):
    vendor.get(URL, status=status, headers={"Retry-After": "3600"})
    client = make_client()
    with pytest.raises(error) as caught:
        client.request("GET", "people")
    assert caught.value.retry_at == datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert (client.calls, clock.slept) == (1, [])
    vendor.replace("GET", URL, json=1)
    assert client.request("GET", "people").json() == 1


@pytest.mark.parametrize(
    "text",
    ["", "soon", "-5", "1e9", "9" * 400, "Mon, 99 Nov 2026 12:00:20 GMT", "²", "Mon, 23 Nov 99999 1:0:0 GMT"],
)
def test_retry_after_when_nonsense_does_not_break_the_client(make_client, vendor, clock, text):
    vendor.post(URL, status=429, headers={"Retry-After": text})
    with pytest.raises(ThrottledError) as caught:
        make_client().request("POST", "people")
    assert caught.value.retry_at > clock.now()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.example.org", "http is allowed to this machine only"),
        ("http://127.0.0.1.example.org", "http is allowed to this machine only"),
        ("ftp://api.example.org", "is not an https URL"),
        ("api.example.org", "is not an https URL"),
        ("", "is not an https URL"),
        ("https://", "is not an https URL"),
        ("https://[::1", "is not a URL"),
        ("https://api.example.org:99999", "is not a URL"),
        ("https://ada:hemmelig@api.example.org", "holds a user name"),
        ("https://api.example.org/?key=hemmelig", "may not have a query"),
    ],
)
def test_url_when_it_may_not_be_called_is_refused(make_client, url, reason):
    with pytest.raises(SettingsError, match=rf"^processors.x.settings.url: {reason}") as caught:
        make_client(url, where="processors.x.settings.url")
    assert "hemmelig" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_url_when_on_this_machine_may_be_http(make_client, vendor, host):
    vendor.get(f"http://{host}:8080/x", json=1)
    assert make_client(f"http://{host}:8080").request("GET", "x").json() == 1


def test_whole_url_when_not_https_is_refused(make_client):
    with pytest.raises(SettingsError, match="http is allowed to this machine only"):
        make_client().request("GET", "http://other.example.org/x")


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a/%2e%2e/x", "./x", "..%2fx", "a/..\\x"])
def test_path_when_it_leaves_the_url_is_refused(make_client, path):
    with pytest.raises(PluginError, match="has to stay below the url setting"):
        make_client().request("GET", path)


@pytest.mark.parametrize("value", ["Bearer hemme\nlig", "Bearer hemmelig日本"])
def test_header_when_it_cannot_be_sent_is_named_without_its_value(make_client, value):
    client = make_client("http://127.0.0.1:9")
    with pytest.raises(
        PluginError,
        match=r"^GET http://127.0.0.1:9/x: a header of the call holds characters that cannot be sent$",
    ):
        client.request("GET", "x", headers={"Authorization": value})
