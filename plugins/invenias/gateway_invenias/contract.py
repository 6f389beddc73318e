"""The contract every plugin keeps, set up for Invenias."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

import gateway_invenias
from gateway.testing import PluginContract
from gateway_invenias.simulator import Simulator


class TestInvenias(PluginContract):
    plugin = gateway_invenias
    switches: ClassVar = {
        "page_limit": (3, 7, 10, 100),
        "id_filter": (True, False),
        "modified_filter": (True, False),
        "document_owners": (True, False),
        "bulk_delete": (True, False),
        "bulk_unknown": ("ignored", "refused"),
        "repeated_delete": (404, 410),
        "page_past_end": (200, 404),
    }

    def simulator(self, now: Callable[[], datetime], **switches: Any) -> Simulator:
        """Few have much hanging on them; the one who stands first is the API user, whom nobody may delete."""
        vendor = Simulator(**{"now": now, "page_limit": 10, **switches})
        people = vendor.populate(27)
        user = vendor.add_api_user()
        rich, friend = people[4], people[8]
        for person in (rich, *people[9::4], user):
            vendor.add_document([person], "cv.pdf", b"%PDF-1.7 fictional")
            vendor.add_note("Spoke on the phone.", [person])
        vendor.change_person(people[9], picture=b"\x89PNG fictional", categories=("norway",))
        vendor.add_note("Met each other.", [rich, friend])
        vendor.add_document([rich, friend], "both.pdf", b"%PDF-1.7 fictional")
        return vendor
