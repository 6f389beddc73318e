"""The three real vendors, simulated in this process: who is in them, what people do there, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from typing import Any

from gateway.testing import Call, Fault

NAMES = ("recman", "invenias", "bisnode")
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CONSENT = "Consent until"
DELETES = {
    "recman": ("POST", "/v2/post/"),
    "invenias": ("DELETE|PUT", r"(?i)/api/v1/people/[^/?]+\??$"),
    "bisnode": ("DELETE", r"/consumer-intelligence/v3/consumers(/|\??$)"),
}
"""The calls that delete people: method and path. Invenias deletes alone or, by PUT, in bulk."""
LISTS = {
    "recman": r"/v2/get/.*scope=candidate\b",
    "invenias": r"(?i)/api/v1/people/list",
    "bisnode": r"/consumer-intelligence/v3/consumers(\?|$)",
}
"""The calls that list people."""
LOOKS = {"recman": "candidate_ids", "invenias": "person_ids", "bisnode": "consumer_ids"}
REMOVES = {"recman": "remove_candidate", "invenias": "remove_person", "bisnode": "remove_consumer"}
"""What a simulator calls the ids of its people, and their removal by hand."""


@dataclass
class Person:
    """Somebody who does not exist, and the ids under which each vendor has them.

    `due` says whether they are owed it to be erased everywhere; None where nobody can know.
    """

    name: str
    email: str
    due: bool | None
    at: dict[str, list[str]] = field(default_factory=dict)


class Vendors:
    """The vendors. `now` is the time, and only a test moves it."""

    def __init__(self, switches: Mapping[str, Mapping[str, Any]]) -> None:
        self.now = NOW
        self.simulators: dict[str, Any] = {
            name: simulator_class(name)(**{"now": lambda: self.now, **switches.get(name, {})})
            for name in NAMES
        }
        self._apps = {name: each.wire.app for name, each in self.simulators.items()}
        self.people: list[Person] = []
        self.staff = self.add(
            "Staff Member", "RB"
        )  # nowhere is nobody: whom an API is called as is there, too
        user = self.simulators["invenias"].add_person("Staff", "Member", email=self.staff.email, user=True)
        self.staff.at["invenias"] = [user]

    def add(
        self,
        name: str,
        places: str = "RIB",
        *,
        over: bool = False,
        email: str = "",
        decision: bool = False,
        **more: Any,
    ) -> Person:
        """Somebody at Recman (R), Invenias (I) and Bisnode (B); `over`: their consent has ended."""
        given, _, family = name.partition(" ")
        made = Person(name, email or f"{given}.{family}@example.org".lower(), over)
        day = (NOW + timedelta(days=-30 if over else 300)).date().isoformat()
        for place in places:
            if place == "R":
                consent = {CONSENT: day}
                made.at.setdefault("recman", []).append(
                    self.simulators["recman"].add_candidate(
                        first_name=given, last_name=family, email=made.email, attributes=consent, **more
                    )
                )
            elif place == "I":
                made.at.setdefault("invenias", []).append(
                    self.simulators["invenias"].add_person(given, family, email=made.email)
                )
            else:
                made.at.setdefault("bisnode", []).append(
                    self.simulators["bisnode"].add_consumer(made.at["recman"][0], full_name=name)
                )
        if decision:
            self.simulators["bisnode"].add_decision(
                f"check-{made.at['recman'][0]}", record=f"recman:{made.at['recman'][0]}", name=name
            )
        self.people.append(made)
        return made

    def add_many(self, count: int, places: str = "RIB", first: int = 1, **how: Any) -> list[Person]:
        return [self.add(f"Person Nr{number}", places, **how) for number in range(first, first + count)]

    def there(self, name: str) -> set[str]:
        """The ids of all people a vendor holds now, whatever it says."""
        return set(getattr(self.simulators[name], LOOKS[name])())

    def remove(self, name: str, number: str) -> None:
        """Delete somebody by hand, in the vendor's product."""
        if number in self.there(name):
            getattr(self.simulators[name], REMOVES[name])(number)

    def left(self, person: Person) -> set[str]:
        """The vendors that hold this person now."""
        return {name for name, ids in person.at.items() if set(ids) & self.there(name)}

    def fail(self, name: str, kind: str, what: str = "", *, times: int = 1, after: int = 0) -> None:
        """Let something go wrong with the calls that `delete`, those that `list`, or any."""
        method, path = _calls(name, what)
        for each in method.split("|"):
            fault = Fault(kind, path=path, method=each, times=times, after=after)
            self.simulators[name].wire.faults.append(fault)

    def mend(self) -> None:
        """Nothing goes wrong any more, and nobody else is at work."""
        for name, each in self.simulators.items():
            each.wire.faults.clear()
            each.wire.app = self._apps[name]

    def deletions(self, name: str, number: str) -> list[Call]:
        """The calls that asked a vendor to delete this person, alone or among others."""
        method, path = DELETES[name]
        asked = (each for each in self.simulators[name].wire.journal if re.fullmatch(method, each.method))
        return [
            each
            for each in asked
            if re.match(path, each.path) and (number in each.path or number in each.body)
        ]

    def in_the_middle(self, name: str, what: str, action: Callable[[], object], after: int = 1) -> None:
        """Do something in the vendor's product right after so many calls that `delete` or that `list`; once."""
        method, path = _calls(name, what)
        wire, left = self.simulators[name].wire, [after]
        app = wire.app

        def moved(environ: Any, start_response: Any) -> Any:
            answer = list(app(environ, start_response))
            target = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
            if re.fullmatch(method or ".*", environ["REQUEST_METHOD"]) and re.match(path, target):
                left[0] -= 1
                if left[0] == 0:
                    action()
            return answer

        wire.app = moved


def simulator_class(name: str) -> Any:
    (found,) = entry_points(group="gateway.simulators", name=name)
    return found.load()


def _calls(name: str, what: str) -> tuple[str, str]:
    if what == "delete":
        return DELETES[name]
    return "", LISTS[name] if what == "list" else ""
