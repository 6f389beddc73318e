"""The calls of each processor are told, under its name, to whoever watches the register."""

from __future__ import annotations

import pytest

from gateway.errors import UnavailableError
from gateway.register import Register
from tests.core.firm import Firm


def test_calls_are_told_under_the_name_of_their_processor(firm: Firm) -> None:
    firm.vendor("recman")
    firm.vendor("crm")
    plain, seen = firm.register(), []
    watched = Register(
        plain.settings, firm.ledger, plain.plugins, now=plain.now, sleep=lambda _: None,
        observe=lambda *told: seen.append(told),
    )  # fmt: skip
    try:
        for name, method in (("recman", "POST"), ("crm", "GET")):
            with pytest.raises(UnavailableError):
                watched.target(name).account.http.request(method, "nobody-listens-there")
    finally:
        watched.close()
    assert {each[:3] for each in seen} == {("recman", "POST", None), ("crm", "GET", None)}
    assert len(seen) == 8
    assert all(0 <= each[3] < 5 for each in seen)
