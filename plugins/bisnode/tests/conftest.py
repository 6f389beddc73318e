"""What the tests of this plugin share: a clock, and a firm that asks a simulated Bisnode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import gateway_bisnode
import pytest
from gateway_bisnode.simulator import Simulator

from gateway import Holding, Item, Page, Receipt, Ref, Subject
from gateway.testing import mount, open_test_account

URL = "https://bisnode.example"


class Clock:
    """The time; a test moves it."""

    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


class Firm:
    """A firm with an account at the vendor; each hook gives all it yields."""

    def __init__(self, vendor: Simulator, **settings: Any) -> None:
        self.vendor = vendor
        given = {**vendor.settings(URL), **settings}
        self.account = open_test_account(gateway_bisnode, given, now=vendor.now, parallel=4)

    def fetch(self, kind: str, cursor: str | None = None) -> list[Page]:
        return list(gateway_bisnode.fetch(account=self.account, kind=kind, cursor=cursor))

    def ids(self, kind: str, cursor: str | None = None) -> list[str]:
        return [each.ref.id for page in self.fetch(kind, cursor) for each in page.records]

    def delete(self, *refs: Ref, **more: Any) -> Receipt:
        (receipt,) = self.delete_all(Subject("S1", records=refs, **more))
        return receipt

    def delete_all(self, *subjects: Subject) -> list[Receipt]:
        return list(gateway_bisnode.delete(account=self.account, subjects=subjects))

    def audit(self, *refs: Ref, **more: Any) -> list[Ref]:
        return [each.ref for each in self.audit_all(Subject("S1", records=refs, **more))]

    def audit_all(self, *subjects: Subject) -> list[Holding]:
        return list(gateway_bisnode.audit(account=self.account, subjects=subjects))

    def export(self, *refs: Ref, **more: Any) -> list[Item]:
        subject = Subject("S1", records=refs, **more)
        return list(gateway_bisnode.export(account=self.account, subject=subject))

    def calls(self) -> list[str]:
        """What reached the vendor, the sign-ins left out."""
        told = [f"{each.method} {each.path.split('/', 3)[-1]}" for each in self.vendor.wire.journal]
        return [each for each in told if "token.oauth2" not in each]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., Simulator]:
    """`make(**switches)`: a vendor without call limits unless told."""

    def vendor(**switches: Any) -> Simulator:
        return Simulator(**{"now": clock, "rate_per_second": None, "daily": None, **switches})

    return vendor


@pytest.fixture
def firm_at() -> Iterator[Callable[..., Firm]]:
    """`firm_at(vendor, **settings)`: a firm with an account there, opened anew."""
    with ExitStack() as stack:

        def opened(vendor: Simulator, **settings: Any) -> Firm:
            stack.enter_context(mount(vendor, URL))
            return Firm(vendor, **settings)

        yield opened


@pytest.fixture
def people(make: Callable[..., Simulator]) -> Callable[..., Simulator]:
    """`people(**switches)`: Kari and Ola, each followed, each with a sole proprietorship, one of them checked."""

    def vendor(**switches: Any) -> Simulator:
        held = make(**switches)
        held.add_consumer("1001", full_name="Kari Nordmann", legal_id="01817012345", email="kari@example.org")
        held.add_consumer("1002", full_name="Ola Nordmann", legal_id="02817012345", email="ola@example.org")
        held.add_company("999000001", name="Kari Nordmann", tags=["1001"])
        held.add_company("999000002", name="Ola Nordmann", tags=["1002"])
        held.add_decision("case-1", record="recman:1001", email="kari@example.org")
        return held

    return vendor
