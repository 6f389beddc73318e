"""What the tests of this plugin share: an account at a simulated Recman, and calls straight to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import gateway_recman
import pytest
from gateway_recman.simulator import START, Simulator
from werkzeug.test import Client, TestResponse

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


@pytest.fixture
def get() -> Callable[..., Any]:
    """`get(simulator, scope, **parameters)`: the answer to a read, straight from the simulator."""

    def asked(vendor: Simulator, scope: str, **parameters: Any) -> TestResponse:
        return Client(vendor).get("/v2/get/", query_string={"key": vendor.key, "scope": scope, **parameters})

    return asked


@pytest.fixture
def post() -> Callable[..., Any]:
    """`post(simulator, scope, operation, **data)`: the answer to a write, straight from the simulator."""

    def ordered(vendor: Simulator, scope: str, operation: str, **data: Any) -> TestResponse:
        body = {"key": vendor.key, "scope": scope, "operation": operation, "data": data}
        return Client(vendor).post("/v2/post/", json=body)

    return ordered
