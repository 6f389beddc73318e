"""A simulated tenant, mounted, and accounts that reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import gateway_invenias
import pytest
from gateway_invenias.simulator import CLIENT_ID, CLIENT_SECRET, PASSWORD, USERNAME, Simulator
from werkzeug.test import Client

from gateway import Account, Holding, Identity, IdentityKind, Page, Receipt, Ref, Subject
from gateway.testing import MemorySecrets, mount, open_test_account

URL = "https://firm.invenias.example"


class Tenant:
    """A simulator with its clock, and the five hooks on it."""

    def __init__(self, stack: ExitStack, switches: dict[str, Any]) -> None:
        self.time = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
        self.vendor = Simulator(now=self.now, **switches)
        stack.enter_context(mount(self.vendor, URL))
        self.secrets = MemorySecrets()
        self.account = self.open()

    def now(self) -> datetime:
        return self.time

    def wait(self, **span: float) -> None:
        self.time += timedelta(**span)

    def open(self, *, parallel: int = 1, **settings: Any) -> Account:
        """Another account: nothing is remembered from the first."""
        given = {**self.vendor.settings(URL), **settings}
        return open_test_account(
            gateway_invenias, given, now=self.now, parallel=parallel, secrets=self.secrets
        )

    def fetch(self, cursor: str | None = None, account: Account | None = None) -> list[Page]:
        return list(gateway_invenias.fetch(account=account or self.account, cursor=cursor))

    def delete(self, *people: str) -> list[Receipt]:
        return self.delete_all([known(each) for each in people])

    def delete_all(self, subjects: list[Subject]) -> list[Receipt]:
        return list(gateway_invenias.delete(account=self.account, subjects=subjects))

    def audit(self, *people: str) -> list[Holding]:
        subjects = [known(each) for each in people]
        return list(gateway_invenias.audit(account=self.account, subjects=subjects))

    def audit_all(self, subjects: list[Subject]) -> list[Holding]:
        return list(gateway_invenias.audit(account=self.account, subjects=subjects))

    def calls(self) -> list[str]:
        """What was called so far, without the sign-in and with ids left out; the journal is emptied."""
        calls = [f"{each.method} {each.path.removeprefix('/api/v1')}" for each in self.vendor.wire.journal]
        self.vendor.wire.journal.clear()
        return [each for each in calls if "/identity/" not in each]


def known(person: str) -> Subject:
    return Subject(f"S-{person}", records=(Ref("person", person),))


def by_email(address: str) -> Subject:
    return Subject(f"S-{address}", (Identity(IdentityKind.EMAIL, address),))


@pytest.fixture
def make_tenant() -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda **switches: Tenant(stack, switches)


@pytest.fixture
def tenant(make_tenant: Any) -> Any:
    return make_tenant(page_limit=10)


@pytest.fixture
def call() -> Any:
    """One call to a simulator, without the plugin: `call(vendor, "GET", "/countries")`."""

    def make(
        vendor: Simulator, method: str, path: str, json: Any = None, *, signed: bool = True, **what: Any
    ) -> Any:
        client = Client(vendor)
        form = {
            "grant_type": "password", "username": USERNAME, "password": PASSWORD,
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        }  # fmt: skip
        token = client.post("/identity/connect/token", data=form).get_json()["access_token"] if signed else ""
        headers = {"Authorization": f"Bearer {token}"} if signed else {}
        whole = path if path.startswith(("/api/", "/imageBlobs/")) else f"/api/v1{path}"
        return client.open(whole, method=method, json=json, headers=headers, **what)

    return make
