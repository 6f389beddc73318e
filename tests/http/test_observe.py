"""Whoever watches the calls is told of each request that was sent, once, and can do no harm."""

from __future__ import annotations

import pytest
import requests

from gateway.errors import GatewayError, ThrottledError, UnavailableError
from gateway.http import Budget, MemoryStore, open_account
from gateway.model import Limit, Vendor
from tests.http.conftest import answer, send

URL = "https://api.example.org/v1/people"


@pytest.fixture
def seen():
    return []


@pytest.fixture
def observe(seen):
    return lambda *told: seen.append(told)


def test_each_attempt_is_told_with_its_status(make_client, vendor, seen, observe):
    vendor.delete(URL, status=503)
    vendor.delete(URL, body=requests.ConnectionError("gone"))
    vendor.delete(URL, status=204)
    assert make_client(observe=observe).request("DELETE", "people").status == 204
    assert [each[:2] for each in seen] == [("DELETE", 503), ("DELETE", None), ("DELETE", 204)]


def test_a_redirect_is_a_request_of_its_own(make_client, vendor, seen, observe):
    vendor.get(URL, status=307, headers={"Location": "/v1/others"})
    vendor.get("https://api.example.org/v1/others", status=404)
    with pytest.raises(GatewayError):
        make_client(observe=observe).request("GET", "people")
    assert [each[:2] for each in seen] == [("GET", 307), ("GET", 404)]


def test_what_was_not_sent_is_not_told(make_client, seen, observe, clock):
    budget = Budget("recman", [Limit(1)], MemoryStore(), now=clock.now, sleep=clock.sleep)
    budget.take()
    with pytest.raises(ThrottledError):
        make_client(budget=budget, observe=observe).request("GET", "people")
    assert seen == []


def test_the_seconds_are_those_until_the_body_was_there(make_client, serve, seen, observe):
    server = serve(answer())
    make_client(server.url, observe=observe).request("GET", "x")
    slow = server.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", every=0.03)
    make_client(serve(slow).url, observe=observe).request("GET", "x")
    (_, _, quick), (method, status, seconds) = seen
    assert (method, status) == ("GET", 200)
    assert 0 <= quick < 0.25 <= seconds < 5


def test_a_body_that_breaks_off_is_told_with_the_status_that_came(make_client, serve, seen, observe):
    server = serve(send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"))
    with pytest.raises(UnavailableError):
        make_client(server.url, observe=observe, tries=1).request("GET", "x")
    assert [each[:2] for each in seen] == [("GET", 200)]


def test_a_watcher_that_fails_loses_no_answer(make_client, vendor):
    def fall(*_):
        raise RuntimeError

    vendor.delete(URL, status=204)
    assert make_client(observe=fall).request("DELETE", "people").status == 204


def test_the_calls_of_an_account_are_told(vendor, seen, observe, clock):
    vendor.get(URL, json={})
    about = Vendor("acme", "Acme", "https://example.org", (), limits=(Limit(100),))
    with open_account(
        "recman", {"url": "https://api.example.org/v1"}, vendor=about, store=MemoryStore(), now=clock.now,
        sleep=clock.sleep, observe=observe,
    ) as account:  # fmt: skip
        account.http.request("GET", "people")
    assert [each[:2] for each in seen] == [("GET", 200)]
