"""Recman keeps the contract, under every reading of what its texts leave open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from gateway_recman.contract import TestRecman
from gateway_recman.simulator import Simulator

__all__ = ["TestRecman"]

OTHERWISE = {
    "num_rows": "total",
    "next_page": False,
    "empty_data": "absent",
    "error_status": 400,
    "delete_unknown": "zero",
    "timezone": "Europe/Oslo",
}


@pytest.mark.slow
class TestRecmanOtherwise(TestRecman):
    """`numRows` a total, no `nextPage`, no `data` where there is none, statuses that say no."""

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        return super().simulator(now, **OTHERWISE | switches)
