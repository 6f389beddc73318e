"""The vendor's sign-in, its ways of saying no, and the switches of the simulator that play them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import gateway_bisnode
import pytest
from gateway_bisnode import client
from gateway_bisnode.simulator import CLIENT_ID, CLIENT_SECRET, Simulator
from werkzeug.wrappers import Response

from gateway import Account, GarbledError, Ref, RefusedError, Subject, ThrottledError
from gateway.testing import Fault, mount, open_test_account

URL = "https://bisnode.example"
Open = Callable[..., Account]


class Clock:
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bisnode(clock: Clock) -> Simulator:
    vendor = Simulator(now=clock, rate_per_second=None, daily=None)
    vendor.add_consumer("1001", email="kari@example.org")
    return vendor


@pytest.fixture
def account(bisnode: Simulator) -> Iterator[Open]:
    with mount(bisnode, URL):
        yield lambda **more: open_test_account(
            gateway_bisnode, {**bisnode.settings(URL), **more}, now=bisnode.now
        )


def held(account: Account) -> list[str]:
    pages = gateway_bisnode.fetch(account=account, kind="consumer", cursor=None)
    return [each.ref.id for page in pages for each in page.records]


def sign_ins(vendor: Simulator) -> int:
    return sum(each.path.endswith("token.oauth2") for each in vendor.wire.journal)


def test_token_is_used_again_until_it_runs_out(bisnode: Simulator, account: Open, clock: Clock) -> None:
    opened = account()
    held(opened)
    held(opened)
    assert sign_ins(bisnode) == 1
    clock.moment += timedelta(hours=1)
    held(opened)
    assert sign_ins(bisnode) == 2


def test_token_that_is_not_taken_any_more_is_renewed_once(bisnode: Simulator, account: Open) -> None:
    opened = account()
    held(opened)
    bisnode.tokens.clear()
    assert held(opened) == ["1001"]
    assert sign_ins(bisnode) == 2


def test_token_that_is_never_taken_is_refused_after_one_renewal(bisnode: Simulator, account: Open) -> None:
    opened = account()
    bisnode.wire.faults.append(Fault("401", path="/consumer-intelligence", times=2))
    with pytest.raises(RefusedError, match="GET /consumer-intelligence/v3/consumers: 401"):
        held(opened)
    assert sign_ins(bisnode) == 2
    assert held(opened) == ["1001"]


def test_sign_in_with_a_wrong_secret_is_refused(account: Open) -> None:
    with pytest.raises(RefusedError, match="sign-in: 401; check client_id, client_secret") as caught:
        held(account(client_secret="another-secret"))
    assert "another-secret" not in str(caught.value)
    assert held(account()) == ["1001"]


def test_sign_in_sends_the_secret_by_basic_alone(bisnode: Simulator, account: Open) -> None:
    held(account())
    sign_in = bisnode.wire.journal[0]
    assert CLIENT_SECRET not in sign_in.body
    form = {
        "grant_type": "client_credentials",
        "scope": "bci",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    refused = account().http.request("POST", f"{URL}/as/token.oauth2", form=form, accept={401})
    assert refused.json() == {"error": "invalid_client", "error_description": "Client authentication failed"}
    bisnode.secret_in_form = True
    assert account().http.request("POST", f"{URL}/as/token.oauth2", form=form).status == 200


def test_call_outside_the_scopes_is_refused(bisnode: Simulator, account: Open) -> None:
    bisnode.scopes = "credit_data_monitoring"
    with pytest.raises(RefusedError, match=r"403 The access token does not cover this product; .*`scope`"):
        held(account())
    bisnode.scopes = "bci"
    assert held(account()) == ["1001"]


def test_refused_values_are_never_told(
    bisnode: Simulator, account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any, **more: Any) -> Any:
        value = "Kari Nordmann"
        said = f"{value} (01817012345, kari@example.org) is not valid"
        rows = [{"object": "x", "field": "data.legalId", "rejectedValue": value, "message": said}]
        return bisnode._no(400, said, rows)

    monkeypatch.setattr(bisnode, "_consumers", refuse)
    with pytest.raises(GarbledError, match=r"400 .* is not valid \(fields: data.legalId\)") as caught:
        held(account())
    for personal in ("Kari", "Nordmann", "0181", "example.org"):
        assert personal not in str(caught.value)
    monkeypatch.undo()
    assert held(account()) == ["1001"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"consumers": [], "nextPageToken": "1"}, "leads to itself"),
        ({"rows": []}, "a page without a list of consumers"),
        ({"consumers": ["1001"]}, "a page without a list of consumers"),
        ({"consumers": [{"state": "IDENTIFIED"}]}, "a consumer has no id"),
    ],
)
def test_page_that_is_none_is_garbled(
    bisnode: Simulator, account: Open, monkeypatch: pytest.MonkeyPatch, body: Any, said: str
) -> None:
    monkeypatch.setattr(bisnode, "_consumers", lambda request: Response(json.dumps(body)))
    with pytest.raises(GarbledError, match=said):
        held(account())
    monkeypatch.undo()
    assert held(account()) == ["1001"]


def test_page_that_comes_again_and_again_is_garbled(
    bisnode: Simulator, account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    bisnode.add_company("999000001", tags=["1001"])
    row = bisnode._row(("NO", "999000001"))
    monkeypatch.setattr(bisnode, "_listed", lambda request: Response(json.dumps({"companies": [row]})))
    with pytest.raises(GarbledError, match="one page again and again"):
        list(gateway_bisnode.fetch(account=account(), kind="company", cursor=None))
    monkeypatch.undo()
    assert len(list(gateway_bisnode.fetch(account=account(), kind="company", cursor=None))) == 2


def test_decision_that_was_removed_by_mistake_is_not_even_possible(bisnode: Simulator, account: Open) -> None:
    bisnode.add_decision("case-1", record="recman:1001")
    with pytest.raises(GarbledError, match="DELETE /decision/v3/person: 405 Method Not Allowed"):
        client.call(account(), "DELETE", "decision/v3/person/case-1")
    assert client.ask(account(), Ref("decision", "case-1")).status == 200


def test_too_many_calls_are_throttled_until_the_vendor_says(
    bisnode: Simulator, account: Open, clock: Clock
) -> None:
    bisnode.daily = 1
    assert held(account()) == ["1001"]
    with pytest.raises(ThrottledError) as caught:
        held(account())
    assert caught.value.retry_at.date() == clock.moment.date() + timedelta(days=1)
    clock.moment = caught.value.retry_at
    assert held(account()) == ["1001"]


def test_removal_whose_answer_is_lost_is_nothing_when_made_again(bisnode: Simulator, account: Open) -> None:
    bisnode.wire.faults.append(Fault("drop", path="/consumer-intelligence/v3/consumers/", method="DELETE"))
    subject = Subject("S1", records=(Ref("consumer", "1001"),))
    (receipt,) = gateway_bisnode.delete(account=account(), subjects=[subject])
    assert receipt.outcome == "nothing"
    assert list(gateway_bisnode.audit(account=account(), subjects=[subject])) == []
