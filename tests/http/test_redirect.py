"""Redirects: followed on the same host, refused everywhere else."""

from __future__ import annotations

import pytest

from gateway.errors import GarbledError

URL = "https://api.example.org/v1/people"


def test_redirect_when_on_the_same_host_is_followed_with_its_headers(make_client, vendor):
    vendor.get(URL, status=302, headers={"Location": "/v2/people?page=1"})
    vendor.get("https://api.example.org/v2/people?page=1", json=1)
    client = make_client()
    assert (client.request("GET", "people", headers={"Authorization": "Bearer x"}).json(), client.calls) == (
        1,
        2,
    )
    assert vendor.calls[1].request.headers["Authorization"] == "Bearer x"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://other.example.org/v1/people", "another host"),
        ("//other.example.org/", "another host"),
        ("https://api.example.org:8443/v1", "another host"),
        ("http://api.example.org/v1/people", "another host"),
        ("https://api.example.org.evil.example/", "another host"),
        ("https://api.example.org@evil.example/", "another host"),
        ("ftp://api.example.org/", "another host"),
        ("https://[::1", "nowhere"),
    ],
)
def test_redirect_when_it_leaves_the_host_is_refused(make_client, vendor, location, reason):
    vendor.get(URL, status=302, headers={"Location": location})
    client = make_client()
    with pytest.raises(GarbledError, match=f"^GET {URL}: status 302 redirects to {reason}"):
        client.request("GET", "people")
    assert len(vendor.calls) == 1
    vendor.replace("GET", URL, json=1)
    assert client.request("GET", "people").json() == 1


def test_redirect_when_it_names_no_place_is_garbled(make_client, vendor):
    vendor.get(URL, status=302)
    with pytest.raises(GarbledError, match="redirects to nowhere"):
        make_client().request("GET", "people")


def test_redirects_when_they_run_in_a_circle_end_after_five(make_client, vendor):
    vendor.get(URL, status=307, headers={"Location": URL})
    client = make_client()
    with pytest.raises(GarbledError, match="more than 5 redirects"):
        client.request("GET", "people")
    assert client.calls == 6


@pytest.mark.parametrize("status", [301, 302, 303])
def test_redirect_of_a_deletion_when_it_would_become_a_read_is_refused(make_client, vendor, status):
    vendor.delete(URL, status=status, headers={"Location": "/v1/done"})
    vendor.get("https://api.example.org/v1/done", json=1)
    with pytest.raises(GarbledError, match="redirects a DELETE, which is not followed"):
        make_client().request("DELETE", "people")


def test_redirect_of_a_post_when_it_says_see_other_is_read_without_the_body(make_client, vendor):
    vendor.post(URL, status=303, headers={"Location": "/v1/done"})
    vendor.get("https://api.example.org/v1/done", json=1)
    assert make_client().request("POST", "people", json={"a": 1}).json() == 1
    assert vendor.calls[1].request.body is None
    assert "Content-Type" not in vendor.calls[1].request.headers


def test_redirect_of_a_post_when_permanent_keeps_method_and_body(make_client, vendor):
    vendor.post(URL, status=308, headers={"Location": "/v2/people"})
    vendor.post("https://api.example.org/v2/people", json=1)
    assert make_client().request("POST", "people", json={"a": 1}).json() == 1
    assert vendor.calls[1].request.body == b'{"a":1}'
