"""The addresses, the sign-in and the vendor's ways of saying no."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from gateway_bisnode import client, reading, records
from gateway_bisnode.simulator import CLIENT_ID, CLIENT_SECRET
from werkzeug.wrappers import Response

from gateway import GarbledError, Ref, RefusedError, ThrottledError, UnavailableError
from gateway.testing import Fault, mount, open_test_account

Make = Callable[..., Any]
KARI = Ref("consumer", "1001")
CASE = Ref("decision", "case-1")
API = "https://bisnode.example"


def sign_ins(vendor: Any) -> int:
    return sum(each.path.endswith("token.oauth2") for each in vendor.wire.journal)


@pytest.mark.parametrize(
    ("given", "api", "login"),
    [
        ({}, "https://api.bisnode.com", "https://login.bisnode.com/as/token.oauth2"),
        (
            {"environment": "sandbox"},
            "https://sandbox-api.bisnode.com",
            "https://login.bisnode.com/sandbox/v1/token.oauth2",
        ),
        ({"environment": "sandbox", "url": f"{API}/", "token_url": f"{API}/token"}, API, f"{API}/token"),
        ({"token_url": f"{API}/token"}, "https://api.bisnode.com", f"{API}/token"),
    ],
)
def test_addresses_are_those_of_the_environment_unless_given(
    given: dict[str, str], api: str, login: str
) -> None:
    defaults = {each.name: each.default for each in records.VENDOR.settings}
    assert client.addresses(defaults | given) == (api, login)


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_calls_go_to_the_hosts_of_the_environment(people: Make, environment: str) -> None:
    import gateway_bisnode

    vendor = people()
    api, login = records.HOSTS[environment]
    own = vendor.settings(API)
    given = {name: own[name] for name in own if name not in {"url", "token_url"}} | {
        "environment": environment
    }
    with mount(vendor, api), mount(vendor, login.split("/", 3)[0] + "//login.bisnode.com"):
        account = open_test_account(gateway_bisnode, given, now=vendor.now)
        pages = list(gateway_bisnode.fetch(account=account, kind="consumer", cursor=None))
    assert [each.ref.id for each in pages[0].records] == ["1001", "1002"]
    assert vendor.wire.journal[0].path == "/" + login.split("/", 3)[-1]


@pytest.mark.parametrize("token_life", [3600, 7199])
def test_token_is_used_again_until_it_runs_out(
    people: Make, firm_at: Make, clock: Any, token_life: int
) -> None:
    firm = firm_at(vendor := people(token_life=token_life))
    firm.fetch("consumer")
    clock.moment += timedelta(seconds=token_life - 60)
    firm.fetch("consumer")
    assert sign_ins(vendor) == 1
    clock.moment += timedelta(seconds=60)
    firm.fetch("consumer")
    assert sign_ins(vendor) == 2


def test_token_that_is_not_taken_any_more_is_renewed_once(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    firm.fetch("consumer")
    vendor.tokens.clear()
    assert firm.ids("consumer") == ["1001", "1002"]
    assert sign_ins(vendor) == 2


def test_token_that_is_never_taken_is_refused_after_one_renewal(people: Make, firm_at: Make) -> None:
    firm = firm_at(vendor := people())
    vendor.wire.faults.append(Fault("401", path="/consumer-intelligence", times=2))
    with pytest.raises(RefusedError, match="GET /consumer-intelligence/v3/consumers: 401"):
        firm.fetch("consumer")
    assert sign_ins(vendor) == 2
    assert firm.ids("consumer") == ["1001", "1002"]


def test_sign_in_with_a_wrong_secret_is_refused(people: Make, firm_at: Make) -> None:
    vendor = people()
    with pytest.raises(RefusedError, match="sign-in: 401 invalid_client; check client_id") as caught:
        firm_at(vendor, client_secret="another-secret").fetch("consumer")
    assert "another-secret" not in str(caught.value)
    assert firm_at(vendor).ids("consumer") == ["1001", "1002"]


@pytest.mark.parametrize(("secret_in_form", "status"), [(False, 401), (True, 200)])
def test_sign_in_sends_the_secret_by_basic_alone(
    people: Make, firm_at: Make, secret_in_form: bool, status: int
) -> None:
    firm = firm_at(vendor := people(secret_in_form=secret_in_form))
    firm.fetch("consumer")
    assert CLIENT_SECRET not in vendor.wire.journal[0].body
    form = {"grant_type": "client_credentials", "scope": "bci", "client_id": CLIENT_ID}
    form["client_secret"] = CLIENT_SECRET
    answer = firm.account.http.request("POST", f"{API}/as/token.oauth2", form=form, accept={401})
    assert answer.status == status


@pytest.mark.parametrize("scope_status", [403, 401])
def test_call_outside_the_scopes_is_refused(people: Make, firm_at: Make, scope_status: int) -> None:
    vendor = people(scopes="credit_data_monitoring", scope_status=scope_status)
    with pytest.raises(RefusedError, match=rf"{scope_status}; check that the client and `scope` cover"):
        firm_at(vendor).fetch("consumer")
    vendor.scopes = "bci"
    assert firm_at(vendor).ids("consumer") == ["1001", "1002"]


def test_words_of_the_vendor_are_never_told(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = people()

    def refuse(*given: Any, **more: Any) -> Any:
        value = "Kari Nordmann"
        rows = [{"object": "x", "field": "data.legalId", "rejectedValue": value, "message": value}]
        return vendor._no(400, f"{value} (01817012345, kari@example.org) is not valid", rows)

    monkeypatch.setattr(vendor, "_consumers", refuse)
    with pytest.raises(GarbledError, match=r"400 \(fields: data.legalId\)$"):
        firm_at(vendor).fetch("consumer")
    monkeypatch.undo()
    assert firm_at(vendor).ids("consumer") == ["1001", "1002"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"consumers": [{"consumerId": "1"}], "nextPageToken": "1"}, "leads to itself"),
        ({"rows": []}, "a page without a list of consumers"),
        ({"consumers": ["1001"]}, "a page without a list of consumers"),
        ({"consumers": [{"state": "IDENTIFIED"}]}, "a consumer has no id"),
    ],
)
def test_page_that_is_none_is_garbled(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch, body: Any, said: str
) -> None:
    vendor = people()
    monkeypatch.setattr(vendor, "_consumers", lambda request: Response(json.dumps(body)))
    with pytest.raises(GarbledError, match=said):
        firm_at(vendor).fetch("consumer")
    monkeypatch.undo()
    assert firm_at(vendor).ids("consumer") == ["1001", "1002"]


def test_page_that_comes_again_and_again_is_garbled(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = people()
    row = vendor._row(("NO", "999000001"))
    monkeypatch.setattr(vendor, "_cut", lambda request, keys: [("NO", "999000001")])
    with pytest.raises(GarbledError, match="one page again and again"):
        firm_at(vendor).fetch("company")
    monkeypatch.undo()
    assert firm_at(vendor).ids("company") == ["NO:999000001", "NO:999000002"]
    assert row["registrationNumber"] == "999000001"


@pytest.mark.parametrize("check_removal", [405, 403])
def test_decision_is_never_asked_to_be_deleted(people: Make, firm_at: Make, check_removal: int) -> None:
    firm = firm_at(vendor := people(check_removal=check_removal))
    receipt = firm.delete(CASE)
    assert (receipt.outcome, vendor.wire.journal) == ("refused", [])
    wrong = GarbledError if check_removal == 405 else RefusedError
    with pytest.raises(wrong, match=f"DELETE /decision/v3/person: {check_removal}"):
        client.call(firm.account, "DELETE", "decision/v3/person/case-1")
    assert reading.ask(firm.account, CASE).status == 200


@pytest.mark.parametrize("daily", [1, 1000])
def test_too_many_calls_are_throttled_until_the_vendor_says(
    people: Make, firm_at: Make, clock: Any, daily: int
) -> None:
    firm = firm_at(people(daily=daily))
    assert firm.ids("consumer") == ["1001", "1002"]
    if daily == 1:
        with pytest.raises(ThrottledError) as caught:
            firm.fetch("consumer")
        assert caught.value.retry_at.date() == clock.moment.date() + timedelta(days=1)
        clock.moment = caught.value.retry_at
    assert firm.ids("consumer") == ["1001", "1002"]


@pytest.mark.parametrize("rate_per_second", [1, 10])
def test_too_many_calls_a_second_wait_as_long_as_the_vendor_says(
    people: Make, firm_at: Make, clock: Any, rate_per_second: int
) -> None:
    firm = firm_at(vendor := people(rate_per_second=rate_per_second))
    firm.fetch("consumer")
    if rate_per_second == 1:
        with pytest.raises(ThrottledError):  # the clock of the test stands still while the client waits
            firm.fetch("consumer")
        assert vendor.wire.journal[-1].status == 429
        clock.moment += timedelta(seconds=5)
    assert firm.ids("consumer") == ["1001", "1002"]


@pytest.mark.parametrize(("kind", "error"), [("503", UnavailableError), ("html", GarbledError)])
def test_not_found_of_somebody_else_is_no_absence(
    people: Make, firm_at: Make, monkeypatch: pytest.MonkeyPatch, kind: str, error: type[Exception]
) -> None:
    firm = firm_at(vendor := people())
    monkeypatch.setattr(vendor, "_consumer", lambda request, consumer_id: Response("<html>", 404))
    with pytest.raises(GarbledError, match="404, but not in the vendor's words"):
        firm.delete(KARI)
    monkeypatch.undo()
    vendor.wire.faults.append(Fault(kind, path="/consumer-intelligence/v3/consumers/", times=9))
    with pytest.raises(error):
        firm.delete(KARI)
    vendor.wire.faults.clear()
    assert firm.delete(KARI).deleted == (KARI,)
