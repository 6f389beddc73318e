"""Sign-in and the vendor's ways of saying no; every fault ends with the run that works."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway import GarbledError, RefusedError, SettingsError, ThrottledError, UnavailableError
from gateway.testing import Fault


@pytest.fixture
def tenant(tenant: Any) -> Any:
    tenant.vendor.add_api_user()
    return tenant


def sign_ins(tenant: Any) -> int:
    return sum("/identity/" in each.path for each in tenant.vendor.wire.journal)


def test_one_token_serves_all_calls(tenant: Any) -> None:
    tenant.vendor.populate(35)
    account = tenant.open(parallel=8)
    tenant.fetch(account=account)
    tenant.fetch(account=account)
    assert sign_ins(tenant) == 1


def test_token_is_renewed_before_it_runs_out(tenant: Any) -> None:
    tenant.fetch()
    tenant.wait(hours=23, minutes=56)
    tenant.fetch()
    assert sign_ins(tenant) == 2
    assert not [each for each in tenant.vendor.wire.journal if each.status == 401]


def test_token_that_was_revoked_is_renewed_once(tenant: Any) -> None:
    tenant.vendor.populate(35)
    tenant.fetch()
    tenant.vendor.revoke_tokens()
    assert tenant.fetch()[-1].complete
    assert sign_ins(tenant) == 2


def test_new_token_that_is_refused_stops_the_account(tenant: Any) -> None:
    tenant.vendor.wire.faults.append(Fault("401", path="/api/", times=2))
    with pytest.raises(RefusedError, match="refuses a new token"):
        tenant.fetch()
    assert [each.status for each in tenant.vendor.wire.journal] == [200, 401, 200, 401]
    assert tenant.fetch()[-1].complete


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "not-the-password"}, "invalid_grant"),
        ({"client_secret": "an-old-secret"}, "invalid_client"),
    ],
)
def test_wrong_credentials_are_named(tenant: Any, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedError, match=rf"refuses the sign-in \({said}\): check client_id") as caught:
        tenant.fetch(account=tenant.open(**wrong))
    assert not any(value in str(caught.value) for value in wrong.values())
    assert tenant.fetch()[-1].complete


def test_new_application_becomes_known_later(make_tenant: Any) -> None:
    tenant = make_tenant(unknown_application=1)
    tenant.vendor.add_api_user()
    with pytest.raises(RefusedError, match="takes some minutes to become known"):
        tenant.fetch()
    assert tenant.fetch()[-1].complete


def test_upgrade_is_over_in_ten_minutes(tenant: Any) -> None:
    tenant.vendor.maintenance = True
    with pytest.raises(UnavailableError, match="being upgraded") as caught:
        tenant.fetch()
    assert caught.value.retry_at == tenant.now() + timedelta(minutes=10)
    assert len(tenant.calls()) == 1
    tenant.vendor.maintenance = False
    assert tenant.fetch()[-1].complete


def test_overload_passes_within_the_call(tenant: Any) -> None:
    tenant.vendor.wire.faults.append(Fault("503", path="/api/", times=2))
    assert tenant.fetch()[-1].complete


def test_plain_500_is_for_later(tenant: Any) -> None:
    tenant.vendor.wire.faults.append(Fault("500", path="/api/"))
    with pytest.raises(UnavailableError, match="answers 500 to POST /people"):
        tenant.fetch()
    assert tenant.fetch()[-1].complete


def test_spent_quota_stops_at_once(make_tenant: Any) -> None:
    tenant = make_tenant(quota=5, page_limit=10)
    tenant.vendor.populate(100)
    with pytest.raises(ThrottledError) as caught:
        tenant.fetch(account=tenant.open(parallel=2))
    assert sum(each.status == 429 for each in tenant.vendor.wire.journal) <= 1
    tenant.time = max(caught.value.retry_at, tenant.now() + timedelta(minutes=5))
    tenant.vendor.quota = 3000
    assert tenant.fetch()[-1].complete


@pytest.mark.parametrize("kind", ["html", "truncated", "deep"])
def test_answer_that_is_no_list_is_garbled(tenant: Any, kind: str) -> None:
    tenant.vendor.populate(12)
    tenant.vendor.wire.faults.append(Fault(kind, path="/api/v1/people/list"))
    with pytest.raises(GarbledError):
        tenant.fetch()
    assert tenant.fetch()[-1].complete


def test_row_without_an_id_makes_the_page_garbled(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg")
    tenant.vendor.people[anna].id = ""
    with pytest.raises(GarbledError, match="empty ItemId"):
        tenant.fetch()
    tenant.vendor.people[anna].id = anna
    tenant.vendor.change_person(anna)
    assert tenant.fetch()[-1].complete


def test_row_without_an_id_beside_a_flaw_makes_the_page_garbled(tenant: Any) -> None:
    anna = tenant.vendor.add_person("Anna", "Berg", columns={"ItemId": None})
    tenant.vendor.people[anna].id = None
    with pytest.raises(GarbledError, match="row without an ItemId"):
        tenant.fetch()
    tenant.vendor.people[anna].id = anna
    tenant.vendor.change_person(anna)
    assert tenant.fetch()[-1].complete


def test_list_without_end_is_garbled(tenant: Any) -> None:
    people = tenant.vendor.populate(3)
    inner = tenant.vendor.page_of
    tenant.vendor.page_of = lambda asked, rows: (*inner(asked, rows)[:2], 0)
    with pytest.raises(GarbledError, match="page 0 of a list is said to be followed by page 0"):
        tenant.delete(people[0])
    tenant.vendor.page_of = inner
    assert tenant.delete(people[0])


def test_missing_setting_is_named(tenant: Any) -> None:
    import gateway_invenias

    from gateway.testing import open_test_account

    with pytest.raises(SettingsError, match="client_secret: is missing"):
        open_test_account(gateway_invenias, {"url": "https://firm.invenias.example"})
