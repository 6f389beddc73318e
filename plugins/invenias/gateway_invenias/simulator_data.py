"""What the simulated tenant holds: people, documents, journal items; with ways to seed it and to look at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KINDS = {
    "appointments": "Appointments",
    "emails": "Emails",
    "feedback": "Feedback",
    "interviews": "Interviews",
    "notes": "Notes",
    "sentcurriculumvitaes": "SentCurriculumVitaes",
    "sentdocuments": "SentDocuments",
    "tasks": "Tasks",
    "telephones": "Telephones",
}
LOCATION = "e5db1242-a7c0-447a-9540-0cd5a899c96e"
OWNER = "00000001-0000-4000-8000-0000000000aa"
_GIVEN = (
    "Anna",
    "Bjørn",
    "Cecilie",
    "Dag",
    "Eli",
    "Frode",
    "Guro",
    "Håkon",
    "Ingrid",
    "Jørn",
    "Kari",
    "Lars",
)
_FAMILY = (
    "Berg",
    "Dahl",
    "Eide",
    "Foss",
    "Haugen",
    "Lie",
    "Moen",
    "Nygård",
    "Solberg",
    "Strand",
    "Vik",
    "Østby",
    "Aas",
)
_BIRTH = timedelta(days=400)


@dataclass(slots=True, eq=False)
class Person:
    id: str
    first_name: str
    family_name: str
    created: datetime
    modified: datetime
    email: str = ""
    email2: str = ""
    phone: str = ""
    user_id: str = ""
    picture: bytes = b""
    categories: tuple[str, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.family_name}".strip()

    @property
    def reference(self) -> dict[str, str]:
        return {"Id": self.id, "DisplayTitle": self.name, "ItemDisplayText": self.name, "ItemType": "People"}


@dataclass(slots=True, eq=False)
class Document:
    id: str
    name: str
    content: bytes
    created: datetime
    links: dict[str, list[str]]
    """Ids of what it hangs on, by column: People, Companies, Assignments, Programmes."""


@dataclass(slots=True, eq=False)
class JournalItem:
    id: str
    kind: str
    created: datetime
    modified: datetime
    fields: dict[str, Any]
    """As they are read: references to many are bare arrays."""

    def _references(self) -> list[dict[str, Any]]:
        lists = [value for value in self.fields.values() if isinstance(value, list)]
        return [each for value in lists for each in value if _person(each)]

    def people(self) -> set[str]:
        """The ids of everybody named in it."""
        recipients = {each["PersonId"] for each in self.fields.get("Recipients", ()) if each.get("PersonId")}
        return recipients | {each["Id"] for each in self._references()}

    def names(self) -> list[str]:
        return [each["DisplayTitle"] for each in self._references()]

    def forget(self, person: str) -> None:
        """Take the references to a person out; the text stays."""
        for name, value in self.fields.items():
            if isinstance(value, list):
                self.fields[name] = [each for each in value if not (_person(each) and each["Id"] == person)]
        for each in self.fields.get("Recipients", ()):
            if each.get("PersonId") == person:
                each["PersonId"] = None


def _person(value: Any) -> bool:
    return isinstance(value, dict) and value.get("ItemType") == "People"


class Tenant:
    """One firm's database, in memory. `version` counts the changes of people."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}
        self.documents: dict[str, Document] = {}
        self.journal: dict[str, JournalItem] = {}
        self.version = 0
        self._made = 0

    def new_id(self) -> str:
        """Ids look as random as GUIDs do, and are the same at every start."""
        self._made += 1
        return f"{self._made * 2654435761 & 0xFFFFFFFF:08x}-0000-4000-8000-{self._made:012x}"

    def add_person(
        self,
        first_name: str,
        family_name: str,
        *,
        email: str = "",
        email2: str = "",
        phone: str = "",
        created: datetime | None = None,
        modified: datetime | None = None,
        columns: Mapping[str, Any] | None = None,
        user: bool = False,
        picture: bytes = b"",
        categories: Iterable[str] = (),
    ) -> str:
        """Put a person in and return the id. `columns` are further list columns: consent, say."""
        with self.lock:
            created = created or self.now()
            person = Person(
                self.new_id(), first_name, family_name, created, modified or created, email, email2, phone
            )
            person.user_id = self.new_id() if user else ""
            person.picture, person.categories, person.columns = (
                picture,
                tuple(categories),
                dict(columns or {}),
            )
            self.people[person.id] = person
            self.version += 1
            return person.id

    def change_person(self, person: str, **changes: Any) -> None:
        """Set fields of a person (first_name, email, columns, …); moves DateModified."""
        with self.lock:
            for name, value in {"modified": self.now(), **changes}.items():
                setattr(self.people[person], name, value)
            self.people[person].revision += 1
            self.version += 1

    def add_document(
        self, people: Iterable[str], name: str, content: bytes, *, assignments: Iterable[str] = ()
    ) -> str:
        """Put a document in that hangs on all of these, and return the id."""
        with self.lock:
            links = {"People": list(people), "Assignments": list(assignments)}
            document = Document(self.new_id(), name, content, self.now(), links)
            self.documents[document.id] = document
            return document.id

    def add_note(self, text: str, people: Iterable[str], *, subject: str = "Note") -> str:
        """Put a note in that names all of these people, and return the id."""
        references = [self.people[each].reference for each in people]
        return self.add_journal_item("notes", {"Subject": subject, "Content": text, "People": references})

    def add_journal_item(self, kind: str, fields: Mapping[str, Any]) -> str:
        """Put a journal item of a kind in (`notes`, `telephones`, `emails`, …) and return the id."""
        with self.lock:
            fields = {"Companies": [], "Assignments": [], "Programmes": [], "IsConfidential": False, **fields}
            item = JournalItem(self.new_id(), kind, self.now(), self.now(), fields)
            self.journal[item.id] = item
            return item.id

    def remove_person(self, person: str) -> bool:
        """Delete a person as the vendor does: relations go, documents and journal items stay without them."""
        with self.lock:
            gone = self.people.pop(person, None)
            for document in self.documents.values():
                document.links["People"] = [each for each in document.links["People"] if each != person]
            for item in self.journal.values():
                item.forget(person)
            self.version += gone is not None
            return gone is not None

    def person_ids(self) -> list[str]:
        return list(self.people)

    def populate(self, count: int) -> list[str]:
        """Put `count` fictional people in, the same at every start, and return their ids."""
        start = self.now() - _BIRTH
        step = _BIRTH / (count + 1)
        ids = []
        for number in range(count):
            given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // len(_GIVEN) % len(_FAMILY)]
            address = f"{given}.{family}.{number}@example.org".lower().translate(_ASCII)
            phone = f"+47 4{number // 1000000 % 10}{number // 10000 % 100:02d} {number % 10000:04d}"
            moment = start + step * number
            ids.append(self.add_person(given, family, email=address, phone=phone, created=moment))
        return ids


_ASCII = str.maketrans("æøå", "eoa")
