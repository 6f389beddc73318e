"""The contract every plugin keeps, set up for Example."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

import gateway_example
from gateway.testing import PluginContract
from gateway_example.simulator import Simulator


class TestExample(PluginContract):
    plugin = gateway_example
    switches: ClassVar = {"page": (1, 7, 10, 50), "gone": (404, 204)}

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        vendor = Simulator(**{"now": now, "page": 10, **switches})
        for number in range(1, 31):
            vendor.add_person(
                f"Fictional Person {number}", f"person{number}@example.org", f"+47 220000{number:02}"
            )
        return vendor
