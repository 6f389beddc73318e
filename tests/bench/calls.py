"""How many calls a proven deletion costs at Recman, counted by its simulator over the days its quota takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway_recman.simulator import Simulator

from gateway.sync import Sync
from gateway.testing import Call, serve
from tests.bench.site import opened

PEOPLE, OTHERS = 200, 20


def counted() -> tuple[int, float, int]:
    """People proven gone, calls for each (fetching left out), and days it took at 200 calls a day."""
    clock = [datetime(2026, 11, 23, 8, tzinfo=UTC)]
    simulator = Simulator(now=lambda: clock[0])
    for number in range(PEOPLE + OTHERS):
        until = "2026-01-01" if number < PEOPLE else "2036-01-01"
        simulator.add_candidate(
            first_name="Person", last_name=str(number), email=f"person{number}@example.org", phone="", dob="",
            attributes={"Consent until": until},
        )  # fmt: skip
    verified = days = 0
    with serve(simulator) as url:
        values = simulator.settings(url)
        secrets = {"key": values.pop("key")}
        with opened(
            "recman", values | {"consent_attribute": "Consent until"}, secrets, 4, now=lambda: clock[0]
        ) as register:
            while verified < PEOPLE and days < 5:
                verified += Sync(register).run().rows["recman"].verified
                clock[0] += timedelta(days=1)
                days += 1
    spent = [call for call in simulator.wire.journal if not _is_fetch(call)]
    return verified, len(spent) / max(verified, 1), days


def _is_fetch(call: Call) -> bool:
    asked = call.params
    return asked.get("scope") == ["candidateAttribute"] or (
        asked.get("scope") == ["candidate"] and "page" in asked and "candidateIds" not in asked
    )
