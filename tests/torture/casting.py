"""Who is held at which vendor, who of them has to go, and what a vendor's journal says of each of them."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from typing import Any

from gateway.demo.serving import Vendors

PAIRS = {
    "example": ("example", "example"),
    "recman": ("recman", "example"),
    "invenias": ("example", "invenias"),
    "bisnode": ("recman", "bisnode"),
}
"""By the vendor that is tortured: where people are deleted at the source, and who else holds them."""
SWITCHES: Mapping[str, Mapping[str, Any]] = {
    "example": {"page": 6},
    "recman": {"page_size": 6, "daily_quota": None},
    "invenias": {"page_limit": 6},
    "bisnode": {"consumers_a_page": 6, "daily": None, "rate_per_second": None},
}
CONSENT = "Consent until"
MORE = {"recman": {"consent_attribute": CONSENT}, "bisnode": {"consumer_ids_of": "source"}}
PEOPLE, OVER, REMOVED, ASKED = range(1, 15), (1, 2, 3, 4), 5, 6
BOTH = (1, 2, 5, 6, 11, 12, 13)
"""Of those at the source, who is at the other one too."""
NEVER, LONG_AGO = "2099-01-01", "2020-01-01"


def simulator(name: str) -> Any:
    (found,) = entry_points(group="gateway.simulators", name=name)
    return found.load()(now=lambda: datetime.now(UTC), **SWITCHES[name])


class Held:
    """One vendor: its simulator, and under which id it holds whom. `put_back` makes it what it was at `keep`."""

    def __init__(self, vendor: str) -> None:
        self.vendor, self.simulator = vendor, simulator(vendor)
        self.ids: dict[int, str] = {}
        self._kept: dict[str, Any] = {}

    def add(self, number: int, source: Held | None) -> None:
        mail, sim = f"person{number}@example.org", self.simulator
        if self.vendor == "example":
            made = sim.add_person(f"Person Nr{number}", mail, consent_until=None if source else NEVER)
        elif self.vendor == "recman":
            made = sim.add_candidate(
                first_name="Person", last_name=f"Nr{number}", email=mail, attributes={CONSENT: NEVER},
                created=datetime.now(UTC) - timedelta(days=9),
            )  # fmt: skip
        elif self.vendor == "invenias":
            made = sim.add_person("Person", f"Nr{number}", email=mail)
        else:
            assert source is not None, "a bureau knows people by the ids of another place"
            made = sim.add_consumer(source.ids[number], full_name=f"Person Nr{number}")
        self.ids[number] = str(made)

    def end_consent(self, number: int) -> None:
        if self.vendor == "example":
            self.simulator.people[int(self.ids[number])]["consent_until"] = LONG_AGO
        else:
            self.simulator._put_attribute(self.ids[number], CONSENT, LONG_AGO)

    def remove(self, number: int) -> None:
        if self.vendor == "example":
            del self.simulator.people[int(self.ids[number])]
        else:
            self.simulator.remove_candidate(self.ids[number])

    def there(self) -> set[int]:
        """Who is held now, whatever was said."""
        looks = {"recman": "candidate_ids", "invenias": "person_ids", "bisnode": "consumer_ids"}
        sim = self.simulator
        now = {
            str(each)
            for each in (sim.people if self.vendor == "example" else getattr(sim, looks[self.vendor])())
        }
        strange = now - set(self.ids.values())
        assert not strange, strange
        return {number for number, each in self.ids.items() if each in now}

    def keep(self) -> None:
        self._kept = copy.deepcopy(
            {name: value for name, value in vars(self.simulator).items() if _can_be_copied(value)}
        )

    def put_back(self) -> None:
        vars(self.simulator).update(copy.deepcopy(self._kept))
        self.simulator.wire.journal.clear()

    def asked(self) -> Counter[int]:
        """Whose deletion this vendor was asked for, and how often."""
        wire = self.simulator.wire
        if self.vendor == "example":
            found = Counter(
                match[1] for call in wire.journal
                if call.method == "DELETE" and (match := re.fullmatch(r"/people/(\d+)", call.path))
            )  # fmt: skip
        else:
            found = Vendors({self.vendor: self.simulator}, {}).deletions()[self.vendor]
        whose = {each: number for number, each in self.ids.items()}
        return Counter({whose[each]: count for each, count in found.items()})

    def took_effect(self) -> Counter[int]:
        """How often a deletion of each was said to have been done; known of the vendor that says it plainly."""
        whose = {each: number for number, each in self.ids.items()}
        gone = (
            call for call in self.simulator.wire.journal if call.method == "DELETE" and call.status == 204
        )
        return Counter(whose[call.path.rpartition("/")[2]] for call in gone)


def _can_be_copied(value: Any) -> bool:
    """Not its locks and its wire, nor what has them."""
    try:
        copy.deepcopy(value)
    except TypeError:
        return False
    return True


class Cast:
    """All people, at two vendors."""

    def __init__(self, vendor: str) -> None:
        first, second = PAIRS[vendor]
        self.held = {"source": Held(first), "other": Held(second)}
        for number in PEOPLE:
            self.held["source"].add(number, None)
        for number in BOTH:
            self.held["other"].add(number, self.held["source"])

    def change(self) -> None:
        """Four consents end, and somebody is deleted at the source."""
        for number in OVER:
            self.held["source"].end_consent(number)
        self.held["source"].remove(REMOVED)

    def keep(self) -> None:
        for each in self.held.values():
            each.keep()

    def put_back(self) -> None:
        for each in self.held.values():
            each.put_back()

    @property
    def must_be_asked_for(self) -> dict[str, set[int]]:
        """Whose deletion each vendor has to be asked for."""
        gone = {*OVER, ASKED}
        return {"source": gone, "other": (gone | {REMOVED}) & set(BOTH)}

    @property
    def left(self) -> dict[str, list[int]]:
        """Who has to be there at the end."""
        gone = {*OVER, ASKED, REMOVED}
        return {"source": sorted(set(PEOPLE) - gone), "other": sorted(set(BOTH) - gone)}


def setting_lines(held: Held, url: str, keep: Callable[[str, str], str]) -> list[str]:
    """The settings of a vendor's plugin; `keep` writes a secret to a file and says its name."""
    from gateway import plugins

    vendor = plugins.load([held.vendor])[held.vendor].vendor
    assert vendor is not None
    secret = {each.name for each in vendor.settings if each.secret}
    values = {**held.simulator.settings(url), **MORE.get(held.vendor, {})}
    return [
        f'{name} = {{ file = "{keep(name, str(value))}" }}'
        if name in secret
        else f"{name} = {json.dumps(value)}"
        for name, value in values.items()
    ]
