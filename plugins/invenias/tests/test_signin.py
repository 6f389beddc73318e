"""Grants and tokens: what is sent, what is kept, and what a refused sign-in says."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from gateway_invenias.simulator_signin import CLIENT_ID, CLIENT_SECRET, PASSWORD, REPLY_URL, USERNAME
from werkzeug.test import Client

from gateway import RefusedError
from gateway.testing import Fault

TOKEN = "/identity/connect/token"
APPLICATION = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
LOGIN = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}


@pytest.fixture
def tenant(tenant: Any) -> Any:
    tenant.vendor.add_api_user()
    return tenant


def by_code(tenant: Any, token: str) -> Any:
    """An account of the code grant, as after a restart: only what was stored is remembered."""
    return tenant.open(grant="code", refresh_token=token, username="", password="")


def forms(tenant: Any) -> list[dict[str, list[str]]]:
    return [parse_qs(each.body) for each in tenant.vendor.wire.journal if each.path == TOKEN]


def test_password_grant_sends_the_documented_form(tenant: Any) -> None:
    tenant.fetch()
    (form,) = forms(tenant)
    assert {name: values[0] for name, values in form.items()} == {
        **APPLICATION, **LOGIN, "scope": "openid profile api email",
    }  # fmt: skip


def test_refresh_token_is_traded_and_the_new_one_kept(tenant: Any) -> None:
    first = tenant.vendor.new_refresh_token()
    assert tenant.fetch(account=by_code(tenant, first))[-1].complete
    assert tenant.fetch(account=by_code(tenant, first))[-1].complete  # the first one is dead by now
    sent = [form["refresh_token"][0] for form in forms(tenant)]
    assert sent[0] == first
    assert len(set(sent)) == 2
    assert [form["grant_type"] for form in forms(tenant)] == [["refresh_token"]] * 2


def test_refresh_token_is_kept_before_the_access_token_is_used(tenant: Any) -> None:
    first = tenant.vendor.new_refresh_token()
    tenant.vendor.wire.faults.append(Fault("500", path="/api/", times=99))
    with pytest.raises(Exception, match="answers 500"):
        tenant.fetch(account=by_code(tenant, first))
    tenant.vendor.wire.faults.clear()
    assert tenant.fetch(account=by_code(tenant, first))[-1].complete


def test_refresh_token_that_stays_is_used_again(make_tenant: Any) -> None:
    tenant = make_tenant(rotate_refresh=False)
    tenant.vendor.add_api_user()
    first = tenant.vendor.new_refresh_token()
    for _ in range(2):
        assert tenant.fetch(account=by_code(tenant, first))[-1].complete
    assert {form["refresh_token"][0] for form in forms(tenant)} == {first}


def test_new_refresh_token_in_the_settings_wins_over_the_stored_one(tenant: Any) -> None:
    tenant.fetch(account=by_code(tenant, tenant.vendor.new_refresh_token()))
    tenant.vendor.reset_password()  # what was stored is dead
    with pytest.raises(RefusedError, match="set the new refresh_token"):
        tenant.fetch(account=by_code(tenant, "refresh-of-long-ago"))
    second = tenant.vendor.new_refresh_token()
    assert tenant.fetch(account=by_code(tenant, second))[-1].complete
    assert forms(tenant)[-1]["refresh_token"] == [second]


def test_dead_refresh_token_is_named_and_not_told(tenant: Any) -> None:
    first = tenant.vendor.new_refresh_token()
    tenant.fetch(account=by_code(tenant, first))
    tenant.vendor.reset_password()
    with pytest.raises(
        RefusedError, match=r"invalid_grant\): check client_id and client_secret, or"
    ) as caught:
        tenant.fetch(account=by_code(tenant, first))
    assert "refresh-" not in str(caught.value)
    assert tenant.fetch(account=by_code(tenant, tenant.vendor.new_refresh_token()))[-1].complete


def test_other_process_that_was_quicker_is_followed(tenant: Any) -> None:
    first = tenant.vendor.new_refresh_token()
    slow, quick = by_code(tenant, first), by_code(tenant, first)
    inner, tenant.vendor.token = tenant.vendor.token, None

    def token(request: Any) -> Any:
        tenant.vendor.token = inner
        tenant.fetch(account=quick)  # while the slow one's call is on its way
        return inner(request)

    tenant.vendor.token = token
    assert tenant.fetch(account=slow)[-1].complete


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grant": "code"}, 'the grant "code" needs the setting refresh_token'),
        ({"username": ""}, 'the grant "password" needs the settings username and password'),
    ],
)
def test_setting_a_grant_needs_is_named(tenant: Any, given: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        tenant.fetch(account=tenant.open(**given))
    assert tenant.fetch()[-1].complete


@pytest.mark.parametrize("refused_sign_in", [400, 401])
def test_wrong_password_is_refused_with_either_status(make_tenant: Any, refused_sign_in: int) -> None:
    tenant = make_tenant(refused_sign_in=refused_sign_in)
    tenant.vendor.add_api_user()
    with pytest.raises(RefusedError, match="invalid_grant"):
        tenant.fetch(account=tenant.open(password="not-the-password"))
    assert tenant.fetch()[-1].complete


@pytest.mark.parametrize("act", ["revoke_tokens", "reset_password"])
def test_user_whose_tokens_end_signs_in_once_more(tenant: Any, act: str) -> None:
    tenant.fetch()
    getattr(tenant.vendor, act)()
    assert tenant.fetch()[-1].complete
    assert len(forms(tenant)) == 2


def test_disabled_user_stops_the_account(tenant: Any) -> None:
    tenant.fetch()
    tenant.vendor.disabled = True
    with pytest.raises(RefusedError, match="invalid_grant"):
        tenant.fetch()
    tenant.vendor.disabled = False
    assert tenant.fetch()[-1].complete


def test_renewed_application_works_with_its_new_secret_only(tenant: Any) -> None:
    client = Client(tenant.vendor)
    signed = client.post(TOKEN, data={**LOGIN, **APPLICATION}).get_json()
    header = {"Authorization": f"Bearer {signed['access_token']}"}
    path = f"/api/v1/thirdpartyapplications/{CLIENT_ID}/renew?expiration=FiveYears"
    renewed = client.post(path, headers=header).get_json()
    assert renewed["ExpiresOn"].startswith("2031-")
    with pytest.raises(RefusedError, match="invalid_client"):
        tenant.fetch()
    assert tenant.fetch(account=tenant.open(client_secret=renewed["ClientSecret"]))[-1].complete


# What the vendor's side does, whether or not this plugin asks for it


@pytest.mark.parametrize(("client_credentials", "status"), [(False, 400), (True, 200)])
def test_client_credentials_are_no_grant(make_tenant: Any, client_credentials: bool, status: int) -> None:
    client = Client(make_tenant(client_credentials=client_credentials).vendor)
    answer = client.post(TOKEN, data={**APPLICATION, "grant_type": "client_credentials"})
    assert answer.status_code == status
    assert (answer.get_json() == {"error": "unsupported_grant_type"}) == (status == 400)


def test_code_is_traded_once_for_both_tokens(tenant: Any) -> None:
    client = Client(tenant.vendor)
    asked = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REPLY_URL, "state": "s1"}
    sent = client.get("/identity/connect/authorize", query_string=asked)
    reply = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert reply["state"] == ["s1"]
    form = {**APPLICATION, "grant_type": "authorization_code", "code": reply["code"][0]}
    granted = client.post(TOKEN, data=form).get_json()
    assert granted.keys() == {
        "id_token", "access_token", "expires_in", "token_type", "refresh_token", "refresh_token_expires_on",
    }  # fmt: skip
    assert granted["refresh_token_expires_on"].startswith("2036-")
    assert client.post(TOKEN, data=form).get_json() == {"error": "invalid_grant"}
    assert tenant.fetch(account=by_code(tenant, granted["refresh_token"]))[-1].complete


def test_password_grant_gives_no_refresh_token(tenant: Any) -> None:
    granted = Client(tenant.vendor).post(TOKEN, data={**LOGIN, **APPLICATION}).get_json()
    assert (granted.keys(), granted["expires_in"]) == ({"access_token", "expires_in", "token_type"}, 86400)


def test_client_may_authenticate_with_basic(tenant: Any) -> None:
    answer = Client(tenant.vendor).post(
        TOKEN, data={**LOGIN, "scope": "api"}, auth=(CLIENT_ID, CLIENT_SECRET)
    )
    assert answer.status_code == 200


def test_token_call_without_its_content_type_is_an_invalid_client(tenant: Any) -> None:
    answer = Client(tenant.vendor).post(TOKEN, json={**LOGIN, **APPLICATION})
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_client"})


def test_header_that_is_no_bearer_token_is_a_bad_request(tenant: Any) -> None:
    assert Client(tenant.vendor).get("/api/v1/countries", auth=("u", "p")).status_code == 400
    assert Client(tenant.vendor).get("/api/v1/countries").status_code == 401


def test_registered_application_shows_its_secret_once(tenant: Any) -> None:
    client = Client(tenant.vendor)
    signed = client.post(TOKEN, data={**LOGIN, **APPLICATION}).get_json()
    header = {"Authorization": f"Bearer {signed['access_token']}"}
    body = {"Name": "Gateway", "Expiration": "TwoYears", "FlowType": "ResourceOwner"}
    made = client.post("/api/v1/thirdpartyapplications", json=body, headers=header).get_json()
    assert made.keys() == {
        "ClientId", "ClientSecret", "ExpiresOn", "IsEnabled", "Name", "ReplyUrl", "FlowType",
    }  # fmt: skip
