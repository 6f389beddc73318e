"""The people of the demo, who do not exist, and where each of them is held. The same at every start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

PURPOSE = "recruitment"
CONSENT_UNTIL, CONSENT_WITHDRAWN = "Consent until", "Consent withdrawn"
"""The names of the candidate attributes in Recman that hold the dates."""

OTHERS, IN_RECMAN, IN_INVENIAS_FROM, BISNODE_BEFORE = 291, 232, 128, 224
ALSO_EXPIRED = (8, 60, 140, 200)
"""Of the others, those whose consent is over too; few enough that no plan has to wait for approval."""

_GIVEN = (
    "Anders", "Berit", "Camilla", "Dagfinn", "Eivind", "Frida", "Geir", "Hanne", "Ida", "Jostein", "Kari", "Leif",
    "Mona", "Nils", "Oda", "Pål", "Randi", "Sindre", "Tuva", "Unni", "Vidar", "Yngve", "Åse",
)  # fmt: skip
_FAMILY = (
    "Aune", "Bakkeli", "Brekke", "Dalen", "Eikrem", "Fagerli", "Grøtte", "Haugli", "Indrevik", "Jordal", "Kleppe",
    "Langmo", "Midtbø", "Nesheim", "Opdal", "Prestegård", "Rognli", "Sandvær", "Skogen", "Tveita", "Ulvund", "Valle",
    "Vestby", "Ødegårdsli", "Øvrebø", "Åmlid", "Åsnes", "Lunde", "Myklebo",
)  # fmt: skip
_ASCII = str.maketrans("æøå", "eoa")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    given: str
    family: str
    phone: str
    born: date
    email: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def national_number(self) -> str:
        """A synthetic one, of the month plus 80 and without digits that add up: nobody can have it."""
        return f"{self.born:%d}{self.born.month + 80:02d}{self.born:%y}00000"


@dataclass(slots=True)
class Held:
    """A person and the id under which each place knows them: `recman`, `invenias`, `bisnode`, `decision`."""

    person: Person
    at: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What a person of a story brings with them. Dates are days from today."""

    given: str
    family: str
    places: str
    until: int = 400
    withdrawn: int | None = None
    employee: bool = False
    decision: bool = False
    last_touched: int = -90
    email: str = ""


CAST: Mapping[str, Part] = {
    "expired": Part("Ingrid", "Fjellstad", "RIB", until=-30),
    "withdrawn": Part("Jonas", "Lysøyr", "RIB", withdrawn=-3),
    "removed": Part("Solveig", "Havnås", "RIB"),
    "liar": Part("Marius", "Tangvoll", "RI", until=-12),
    "employee": Part("Astrid", "Myhrebø", "RI", until=-45, employee=True),
    "bureau": Part("Henrik", "Dalsetre", "RB", until=-20, decision=True),
    "shared": Part("Nora", "Storviken", "RI", until=-8, email="familien.storviken@example.no"),
    "sharing": Part("Erik", "Storviken", "R", email="familien.storviken@example.no"),
    "old": Part("Olav", "Grønlien", "I", last_touched=-1100),
}
"""Everybody a story is told of. `places`: R for Recman, I for Invenias, B for Bisnode."""


def _address(given: str, family: str, domain: str) -> str:
    return f"{given}.{family}@{domain}".lower().translate(_ASCII)


def _others() -> Iterator[tuple[int, Person]]:
    for number in range(OTHERS):
        given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number % len(_FAMILY)]
        born = date(1958 + number * 7 % 44, 1 + number * 5 % 12, 1 + number * 11 % 28)
        address = _address(given, family, "example.org" if number % 3 else "example.no")
        yield number, Person(given, family, f"+47 4{1000000 + number * 37:07d}", born, address)


class World:
    """All who are held, put into the three vendors."""

    def __init__(self, recman: Any, invenias: Any, bisnode: Any, now: datetime) -> None:
        """A vendor is its simulator: code of the plugin's, known to the demo by its methods only."""
        self.recman, self.invenias, self.bisnode = recman, invenias, bisnode
        self.now, self.today = now, now.date()
        self.cast = {key: self._put_part(number, part) for number, (key, part) in enumerate(CAST.items())}
        others = [self._put_other(number, person) for number, person in _others()]
        self.people = len(others) + len(self.cast)
        self._furnish(self.cast["expired"])
        invenias.lying_ids.add(self.cast["liar"].at["invenias"])

    def _put_part(self, number: int, part: Part) -> Held:
        address = part.email or _address(part.given, part.family, "example.org")
        phone, born = f"+47 9{2000000 + number * 41:07d}", date(1971 + number * 3, 1 + number, 3 + number)
        held = Held(Person(part.given, part.family, phone, born, address))
        touched = self._moment(part.last_touched)
        if "R" in part.places:
            consent = {CONSENT_UNTIL: self._day(part.until)}
            if part.withdrawn is not None:
                consent[CONSENT_WITHDRAWN] = self._day(part.withdrawn)
            self._put_in_recman(held, consent, touched, employee=part.employee)
        if "I" in part.places:
            self._put_in_invenias(held, touched)
        if "B" in part.places:
            self._put_in_bisnode(held)
        if part.decision:
            self._put_decision(held, touched)
        return held

    def _put_other(self, number: int, person: Person) -> Held:
        held, touched = Held(person), self._moment(-30 - number * 13 % 500)
        until = -5 if number in ALSO_EXPIRED else 30 + number * 17 % 700
        if number < IN_RECMAN:
            self._put_in_recman(held, {CONSENT_UNTIL: self._day(until)}, touched)
        if number >= IN_INVENIAS_FROM:
            self._put_in_invenias(held, touched)
        if number < BISNODE_BEFORE and number % 4 == 0:
            self._put_in_bisnode(held)
        if number in (16, 116, 216):
            self._put_decision(held, touched)
        return held

    def _put_in_recman(
        self, held: Held, consent: Mapping[str, str], touched: datetime, *, employee: bool = False
    ) -> None:
        who = held.person
        started = {"startDate": self._day(-500), "endDate": ""} if employee else None
        held.at["recman"] = self.recman.add_candidate(
            first_name=who.given, last_name=who.family, email=who.email, phone=who.phone, dob=who.born,
            created=touched - timedelta(days=100), updated=touched, attributes=consent, employee=started,
        )  # fmt: skip

    def _put_in_invenias(self, held: Held, touched: datetime) -> None:
        """As somebody else typed it: another case, a phone number without its country."""
        who = held.person
        held.at["invenias"] = self.invenias.add_person(
            who.given, who.family, email=who.email.title(), phone=who.phone.removeprefix("+47 "),
            created=touched - timedelta(days=60), modified=touched,
        )  # fmt: skip

    def _put_in_bisnode(self, held: Held) -> None:
        """Known there by the candidate's id and a national number: no e-mail, no phone."""
        who = held.person
        held.at["bisnode"] = self.bisnode.add_consumer(
            held.at["recman"], full_name=who.name, legal_id=who.national_number, born=who.born.isoformat()
        )

    def _put_decision(self, held: Held, ordered: datetime) -> None:
        number = f"fictional-check-{held.at['recman']}"
        held.at["decision"] = self.bisnode.add_decision(
            number,
            record=f"recman:{held.at['recman']}",
            name=held.person.name,
            ordered_at=ordered.isoformat(),
        )

    def _furnish(self, held: Held) -> None:
        """What hangs on a person and has to go with them."""
        self.recman.add_file(held.at["recman"], "cv.pdf", b"%PDF-1.4 fictional")
        self.recman.add_application(held.at["recman"])
        self.invenias.add_document([held.at["invenias"]], "CV.pdf", b"%PDF-1.4 fictional")
        self.invenias.add_note("Talked about a post.", [held.at["invenias"]])

    def still_at(self, held: Held) -> set[str]:
        """The places that hold this person now, whatever was said."""
        there = {
            "recman": self.recman.candidate_ids(),
            "invenias": self.invenias.person_ids(),
            "bisnode": self.bisnode.consumer_ids(),
            "decision": self.bisnode.decisions,
        }
        return {place for place, number in held.at.items() if number in there[place]}

    def _day(self, days: int) -> str:
        return (self.today + timedelta(days=days)).isoformat()

    def _moment(self, days: int) -> datetime:
        return datetime.combine(self.today + timedelta(days=days), time(9, 30), UTC)
