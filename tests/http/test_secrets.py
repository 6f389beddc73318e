"""Planted keys are searched for in every log line, error, traceback and repr."""

from __future__ import annotations

import logging
import traceback

import pytest
import requests

from gateway.errors import GatewayError, RefusedError
from gateway.http import Client, Mask, MemorySecrets, MemoryStore, open_account
from gateway.model import Limit, Secret, Vendor, Window

from .conftest import answer, send

PART = "Hemmelig"
WORD = "passphrase-7"
KEY = "Hemmelig/Nøkkel+42"
SPELLINGS = ("Hemmelig", "N%C3%B8kkel", "kkel+42", "kkel%2B42", WORD)


def leaks(text: str) -> list[str]:
    return [each for each in SPELLINGS if each.lower() in text.lower()]


@pytest.fixture
def everything(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "gateway.http", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize(
    "script",
    [
        answer(b"<p>", "Content-Type: text/html; key=Hemmelig"),
        answer(b"", status="401 No"),
        answer(b"", status="404 No"),
        answer(b"", status="429 No"),
        answer(b"", status="503 No"),
        answer(b"", "Location: https://other.example.org/?key=Hemmelig", status="302 Go"),
        answer(b"", "Location: /y?key=Hemmelig", status="302 Go"),
        send(b""),
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}"),
        send(b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n{"),
        send(b"Hemmelig\r\n\r\n"),
    ],
)
def test_key_in_a_url_is_nowhere_to_be_seen(make_client, serve, everything, script):
    client: Client = make_client(f"{serve(script).url}/{PART}", secrets=[Secret(KEY), Secret(PART)])
    url = f"x/{PART}?client_secret={WORD}"
    with pytest.raises(GatewayError) as caught:
        client.request("GET", url, params={"key": KEY, "page": 2}, auth=("ada", WORD)).json()
    seen = [str(caught.value), repr(caught.value), repr(client), *traceback.format_exception(caught.value)]
    seen += [f"{each.getMessage()} {each.exc_text} {each.exc_info}" for each in everything.records]
    assert not leaks("\n".join([*seen, everything.text]))
    chain = caught.value
    assert chain.__cause__ is chain.__context__ is None


def test_urls_in_the_logs_of_urllib3_are_masked(make_client, serve, everything):
    client = make_client(serve(answer(b"{}", "broken header")).url)
    client.request("GET", "x", params={"key": KEY})
    logged = [
        each for each in everything.records if each.name.startswith("urllib3.") and "key=***" in each.message
    ]
    assert {each.levelname for each in logged} == {"DEBUG", "WARNING"}
    assert not any(each.exc_info or each.exc_text for each in logged)
    assert not leaks(everything.text)


def test_key_when_no_connection_comes_about_is_not_in_the_error(make_client, serve, everything):
    server = serve(answer())
    server.close()
    client = make_client(server.url, secrets=[Secret(KEY)])
    with pytest.raises(GatewayError, match=r"x\?key=\*\*\*&page=2: no connection") as caught:
        client.request("GET", "x", params={"key": KEY, "page": 2})
    assert not leaks(everything.text + "".join(traceback.format_exception(caught.value)))
    assert "trying again" in everything.text


def test_key_when_requests_quotes_it_is_not_in_the_error(make_client, vendor, everything):
    vendor.get("https://api.example.org/v1/x", body=requests.ConnectionError(f"/x?key={KEY} Bearer {WORD}"))
    with pytest.raises(GatewayError) as caught:
        make_client().request("GET", "x", params={"key": KEY})
    assert not leaks(everything.text + "".join(traceback.format_exception(caught.value)))


def test_log_when_others_use_urllib3_is_left_alone(make_client, serve, everything):
    server = serve(answer())
    make_client(server.url).request("GET", "x")
    with requests.Session() as session:
        session.get(f"{server.url}/x?key=theirs", timeout=5)
    assert "key=theirs" in everything.text


def test_log_filter_when_many_clients_are_made_is_there_once(make_client):
    for _ in range(3):
        make_client()
    filters = logging.getLogger("urllib3.connectionpool").filters
    assert [type(each).__name__ for each in filters].count("_LogMask") == 1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://x/p?key=a&page=2", "https://x/p?key=***&page=2"),
        (
            "https://x/p?api_key=a&Access-Token=b#id_token=c",
            "https://x/p?api_key=***&Access-Token=***#id_token=***",
        ),
        ("GET /p?CODE=a'b HTTP/1.1", "GET /p?CODE=*** HTTP/1.1"),
        ("/p?%6bey=a&client%5Fsecret=b", "/p?%6bey=***&client%5Fsecret=***"),
        ("/p?a=1;key=b&c=2", "/p?a=***&c=2"),
        ("/p?next=https%3A%2F%2Fy%3Fkey%3Db&c=2", "/p?next=***&c=2"),
        ("https://ada:word@x/p", "https://***@x/p"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer ***"),
        ("/p/Nøkkel%2F42/N%C3%B8kkel%2f42/N%C3%B8kkel/42/Nøkkel/42", "/p/Nøkkel%2F42/***/***/***"),
        ("page=2&size=100 and a?b=c", "page=2&size=100 and a?b=c"),
    ],
)
def test_mask_hides_what_is_named_like_a_key_and_known_secrets(text, masked):
    assert Mask([Secret("Nøkkel/42"), Secret("2")]).text(text) == masked


def test_account_never_shows_its_secrets(clock):
    vendor = Vendor("acme", "Acme", "https://example.org", (), limits=(Limit(200, window=Window.UTC_DAY),))
    settings = {"url": "https://api.example.org/Hemmelig", "key": Secret(KEY), "other": Secret("Hemmelig")}
    with open_account("acme", settings, vendor=vendor, store=MemoryStore(), now=clock.now) as account:
        assert not leaks(repr(account) + repr(account.http) + str(account.settings["key"]))


def test_secret_that_was_stored_is_masked_from_then_on(clock, vendor, everything):
    url, secrets = "https://api.example.org", MemorySecrets()
    vendor.post(f"{url}/token/{WORD}", status=401)
    declared = Vendor("acme", "Acme", "https://example.org", ())
    options = {"vendor": declared, "store": MemoryStore(), "now": clock.now, "secrets": secrets}
    for tell in (
        lambda account: account.store("refresh_token", Secret(WORD)),
        lambda account: account.stored("refresh_token"),  # by another process, as it were
    ):
        with open_account("acme", {"url": url}, **options) as account:
            tell(account)
            with pytest.raises(RefusedError, match=r"/token/\*\*\*") as caught:
                account.http.request("POST", f"token/{WORD}")
        assert not leaks(str(caught.value) + everything.text)
    assert secrets.get("acme", "refresh_token") == Secret(WORD)


def test_address_somebody_is_asked_by_is_nowhere_to_be_seen(make_client, serve, everything):
    client: Client = make_client(serve(answer(b"", "Connection: close", status="404 No"), answer(b"{}")).url)
    asked = {"email": "kari@example.org", "page": 7}
    with pytest.raises(GatewayError, match=r"GET http://.*/find\?email=\*\*\*&page=7") as caught:
        client.request("GET", "find", params=asked)
    told = "".join(traceback.format_exception(caught.value)) + everything.text
    assert "kari" not in told
    assert client.request("GET", "find", params={"email": "kari@example.org"}).status == 200
