"""The contract every plugin keeps, set up for Invenias."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import gateway_invenias
from gateway.testing import PluginContract
from gateway_invenias.simulator import Simulator


class TestInvenias(PluginContract):
    plugin = gateway_invenias

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        vendor = Simulator(**{"now": now, "page_limit": 10, **switches})
        people = vendor.populate(34)
        long_ago = now() - timedelta(
            days=900
        )  # stands first, so that the laws that take a few take the user, too
        user = vendor.add_person("Uma", "User", email="uma.user@example.org", created=long_ago, user=True)
        for person in (*people[::3], user):
            vendor.add_document([person], "cv.pdf", b"%PDF-1.7 fictional")
            vendor.add_note("Spoke on the phone.", [person])
        vendor.change_person(people[7], picture=b"\x89PNG fictional", categories=("norway",))
        return vendor
