"""The contract every plugin keeps, set up for Recman."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import gateway_recman
from gateway.testing import PluginContract
from gateway_recman.simulator import Simulator


class TestRecman(PluginContract):
    plugin = gateway_recman

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        vendor = Simulator(**{"now": now, "page_size": 10, **switches})
        for number in range(1, 34):
            candidate = vendor.add_candidate(
                first_name="Fictional",
                last_name=f"Person {number}",
                email=f"person{number}@example.org",
                phone=f"+47 220000{number:02}",
                employee={"startDate": "2020-01-01"} if number % 5 == 1 else None,
                files=[("cv.pdf", b"%PDF-1.7 fictional")],
            )
            vendor.add_application(candidate)
            vendor.add_log(candidate, text="called")
        return vendor
