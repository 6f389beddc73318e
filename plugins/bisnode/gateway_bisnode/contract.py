"""The contract every plugin keeps, set up for Bisnode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import gateway_bisnode
from gateway.testing import PluginContract
from gateway_bisnode.simulator import Simulator

SIZE = {"rate_per_second": None, "daily": None, "consumers_a_page": 10}


class TestBisnode(PluginContract):
    plugin = gateway_bisnode
    switches: ClassVar[Mapping[str, Sequence[Any]]] = {
        "consumers_a_page": (5, 10, 100),
        "events_a_page": (20, 100),
        "companies_a_page": (2, 100),
        "token_on_last_page": (False, True),
        "company_removal_again": (200, 404),
        "identification_seconds": (0, 60),
        "sub_lists_outlive_removal": (False, True),
    }

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        vendor = Simulator(**SIZE | {"now": now} | switches)
        for number in range(1, 27):
            vendor.add_consumer(
                f"{1000 + number}",
                full_name=f"Person {number}",
                legal_id=f"{number:02}817012345",
                email=f"person{number}@example.org" if number > 5 else "",
                born=f"1970-01-{number:02}",
            )
        for number in range(1, 4):
            vendor.add_company(f"99900000{number}", name=f"Foretak {number}", tags=[f"{1000 + number}"])
        if vendor.sub_lists_outlive_removal:
            vendor.add_category("Followed closely", ("NO", "999000001"))
        for number in range(3, 6):
            vendor.add_decision(f"case-{number}", record=f"recman:{1000 + number}")
        return vendor
