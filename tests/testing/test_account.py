"""A test account is the real one, with the settings a plugin declares."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway import GarbledError, Kind, Secret, Setting, SettingsError, Vendor
from gateway.testing import Fault, Wire, mount, open_test_account, serve
from gateway.testing.account import FIXED

VENDOR = Vendor(
    name="acme",
    title="Acme",
    site="https://example.org",
    kinds=(Kind("person", "People"),),
    settings=(
        Setting("url", "the address", default="https://api.example.org"),
        Setting("key", "the API key", required=True, secret=True),
        Setting("region", "where", default="eu"),
    ),
)
PLUGIN = SimpleNamespace(describe=lambda: VENDOR)


def answer(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]


def test_defaults_are_filled_in_and_secrets_wrapped() -> None:
    account = open_test_account(PLUGIN, {"key": "fictional-key"})
    assert dict(account.settings) == {
        "url": "https://api.example.org",
        "key": Secret("fictional-key"),
        "region": "eu",
    }
    assert (account.name, account.now()) == ("acme", FIXED)


def test_all_mistakes_in_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        open_test_account(PLUGIN, {"kee": "fictional-key"})
    assert caught.value.mistakes == (
        "settings.kee: acme takes no such setting; it takes key, region, url",
        "settings.key: is missing; the API key",
    )


def test_pauses_take_no_time_but_are_told() -> None:
    pauses: list[float] = []
    wire = Wire(answer)
    wire.faults.append(Fault("503"))
    with mount(wire, "https://api.example.org"):
        account = open_test_account(PLUGIN, {"key": "fictional-key"}, sleep=pauses.append)
        assert account.http.request("GET", "/").json() == {}
    assert [call.status for call in wire.journal] == [503, 200]
    assert len(pauses) == 1


@pytest.mark.parametrize("kind", ["truncated", "html", "huge", "deep"])
def test_answer_that_cannot_be_understood_is_garbled_and_passes(kind: str) -> None:
    wire = Wire(answer)
    wire.faults.append(Fault(kind))
    with serve(wire) as url, open_test_account(PLUGIN, {"key": "fictional-key", "url": url}) as account:
        with pytest.raises(GarbledError):
            account.http.request("GET", "/").json(dict)
        assert account.http.request("GET", "/").json(dict) == {}
