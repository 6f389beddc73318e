"""The contract every plugin keeps, set up for Recman."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import gateway_recman
from gateway.testing import PluginContract
from gateway_recman.simulator import Simulator

STAFF = {"startDate": "2020-01-01", "endDate": ""}
FORMER = {"startDate": "2012-01-01", "endDate": "2016-12-31"}


class TestRecman(PluginContract):
    plugin = gateway_recman
    switches: ClassVar[Mapping[str, Sequence[Any]]] = {
        "page_size": (10, 7, 100),
        "num_rows": ("page", "total"),
        "empty_data": ("list", "map", "null", "absent"),
        "applications_as": ("list", "map"),
        "error_status": (200, 400),
        "error_member": ("mixed", "error", "errors"),
        "delete_answer": ("affected", "bare"),
        "delete_unknown": ("error", "zero"),
        "delete_employee": ("refuse", "allow"),
        "file_parameters": (("fileId", "id"), ("id",)),
        "show_candidate_ids": (False, True),
    }

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        vendor = Simulator(**{"now": now, "page_size": 10, **switches})
        for number in range(1, 35):
            candidate = vendor.add_candidate(
                first_name="Fictional",
                last_name=f"Person {number}",
                email=f"person{min(number, 33)}@example.org",  # the last one is there twice
                phone=f"+47 220000{min(number, 33):02}",
                employee={1: STAFF, 2: FORMER}.get(number % 5),
                files=[("cv.pdf", b"%PDF-1.7 fictional")],
            )
            vendor.add_application(candidate)
            vendor.add_log(candidate, text="called")
            vendor.add_inquiry(candidate, name="A fictional inquiry")
            if number % 3 == 0:
                vendor.add_log(candidate, text="presented", company="55")
            if number % 5 == 2:
                vendor.add_job(candidate, end="2016-12-31" if number % 2 else "2023-12-31")
                vendor.add_invoice(candidate)
        return vendor

    def emptied(self, answer: bytes) -> bytes:
        """As Recman answers where nothing is found, and announces no other page."""
        return b'{"success":true,"numRows":0,"data":[]}' if b'"data"' in answer else answer
