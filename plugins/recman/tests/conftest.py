"""What the tests of this plugin share: a way to open an account at a simulated Recman."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import gateway_recman
import pytest
from gateway_recman.simulator import START, Simulator

from gateway import Account
from gateway.testing import mount, open_test_account

BASE_URL = "https://recman.example"


@pytest.fixture
def open_at() -> Iterator[Callable[..., Account]]:
    """`open_at(simulator, **settings)`: an account at this simulator, as the core would open it."""
    with ExitStack() as stack:

        def open_account(vendor: Simulator, **settings: Any) -> Account:
            stack.enter_context(mount(vendor, BASE_URL))
            given = vendor.settings(BASE_URL) | settings
            return open_test_account(gateway_recman, given, now=lambda: START, parallel=4)

        yield open_account
