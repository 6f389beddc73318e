"""Recman keeps the contract, under every reading of what its texts leave open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

import gateway_recman
from gateway_recman.simulator import Simulator

from gateway.testing import PluginContract


class TestRecman(PluginContract):
    plugin = gateway_recman
    switches: ClassVar[dict[str, Any]] = {}

    def simulator(self, now: Callable[[], datetime]) -> Simulator:
        vendor = Simulator(now=now, page_size=10, **self.switches)
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


class TestRecmanOtherwise(TestRecman):
    """`numRows` a total, no `nextPage`, no `data` where there is none, statuses that say no."""

    switches: ClassVar[dict[str, Any]] = {
        "num_rows": "total",
        "next_page": False,
        "empty_data": "absent",
        "error_status": 400,
        "delete_unknown": "zero",
        "file_form": "raw",
        "timezone": "Europe/Oslo",
    }
