"""How Example speaks, and what it leaves open: each switch of the simulator on its default and on another value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gateway_example as plugin
import pytest
from gateway_example import contract
from gateway_example.simulator import Simulator

from gateway import Account, GarbledError, Identity, IdentityKind, Outcome, Ref, RefusedError, Subject
from gateway.testing import Fault, mount, open_test_account
from gateway.testing.account import fixed

URL = "https://api.example.org"
THIRD = Subject("S3", records=(Ref("person", "3"),))


@contextmanager
def opened(**switches: Any) -> Iterator[tuple[Simulator, Account]]:
    vendor = contract.TestExample().simulator(fixed, **switches)
    with mount(vendor, URL), open_test_account(plugin, vendor.settings(URL)) as account:
        yield vendor, account


@pytest.mark.parametrize("page", [50, 30, 7])
def test_sweep_shows_everybody_whatever_the_size_of_a_page(page: int) -> None:
    with opened(page=page) as (vendor, account):
        pages = list(plugin.fetch(account, cursor=None))
        assert [each.ref.id for page in pages for each in page.records] == list(map(str, vendor.people))
        assert [each.complete for each in pages] == [None] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("gone", [404, 204])
def test_deleting_again_is_no_error(gone: int) -> None:
    with opened(gone=gone) as (vendor, account):
        first, again = [list(plugin.delete(account, [THIRD])) for _ in range(2)]
        assert first[0].outcome == Outcome.DONE
        assert again[0].outcome == (Outcome.NOTHING if gone == 404 else Outcome.DONE)
        assert len(vendor.people) == 29


def test_wrong_key_is_refused() -> None:
    with opened() as (vendor, account):
        wrong = open_test_account(plugin, vendor.settings(URL) | {"key": "another-key"})
        with pytest.raises(RefusedError):
            list(plugin.audit(wrong, [THIRD]))
        assert [each.ref for each in plugin.audit(account, [THIRD])] == [Ref("person", "3")]


def test_404_of_something_between_is_not_absence() -> None:
    with opened() as (vendor, account):
        lost = open_test_account(plugin, vendor.settings(f"{URL}/old"))
        with pytest.raises(GarbledError, match="not that the person is unknown"):
            list(plugin.delete(lost, [THIRD]))
        vendor.wire.faults.append(Fault("html"))
        with pytest.raises(GarbledError):
            list(plugin.audit(account, [THIRD]))
        assert [each.ref for each in plugin.audit(account, [THIRD])] == [Ref("person", "3")]


def test_list_that_shows_nobody_is_not_absence() -> None:
    kari = Subject("S1", identities=(Identity(IdentityKind.EMAIL, "person1@example.org"),))
    gone = Subject("S2", identities=(Identity(IdentityKind.EMAIL, "nobody@example.org"),))
    with opened() as (vendor, account):
        vendor.wire.faults.append(Fault("emptied", times=2))
        with pytest.raises(GarbledError, match="shows nobody"):
            list(plugin.audit(account, [kari]))
        assert [each.ref for each in plugin.audit(account, [kari, gone])] == [Ref("person", "1")]
