"""Example keeps the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import gateway_example
from gateway_example.simulator import Simulator

from gateway.testing import PluginContract


class TestExample(PluginContract):
    plugin = gateway_example

    def simulator(self, now: Callable[[], datetime]) -> Simulator:
        vendor = Simulator(now=now, page=10)
        for number in range(1, 31):
            vendor.add_person(
                f"Fictional Person {number}", f"person{number}@example.org", f"+47 220000{number:02}"
            )
        return vendor
