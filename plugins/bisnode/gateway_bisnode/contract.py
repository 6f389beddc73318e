"""The contract every plugin keeps, set up for Bisnode."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import gateway_bisnode
from gateway.testing import PluginContract
from gateway_bisnode.simulator import Simulator

SIZE = {"rate_per_second": None, "daily": None, "consumers_a_page": 10, "companies_a_page": 4}


class TestBisnode(PluginContract):
    plugin = gateway_bisnode

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        vendor = Simulator(**SIZE | {"now": now} | switches)
        for number in range(1, 31):
            vendor.add_consumer(
                f"{1000 + number}",
                full_name=f"Person {number}",
                legal_id=f"{number:02}817012345",
                email=f"person{number}@example.org",
                born=f"1970-01-{number:02}",
            )
        for number in range(1, 10):
            vendor.add_company(f"99900000{number}", name=f"Foretak {number}", tags=[f"{1000 + number}"])
        for number in range(9, 14):
            vendor.add_decision(f"case-{number}", record=f"recman:{1000 + number}")
        return vendor
