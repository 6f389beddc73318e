"""What the simulated tenant holds: people and what hangs on them; with ways to seed it and to look at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KINDS = {
    "appointments": "Appointments", "emails": "Emails", "feedback": "Feedback", "interviews": "Interviews",
    "notes": "Notes", "sentcurriculumvitaes": "SentCurriculumVitaes", "sentdocuments": "SentDocuments",
    "tasks": "Tasks", "telephones": "Telephones",
}  # fmt: skip
ENTITIES = {"companies": "Companies", "assignments": "Assignments", "programmes": "Programmes"}
LOCATION = "e5db1242-a7c0-447a-9540-0cd5a899c96e"
OWNER = "00000001-0000-4000-8000-0000000000aa"
Fields = dict[str, Any]
_GIVEN = (
    "Anna", "Bjørn", "Cecilie", "Dag", "Eli", "Frode", "Guro", "Håkon", "Ingrid", "Jørn", "Kari", "Lars",
)  # fmt: skip
_FAMILY = (
    "Berg", "Dahl", "Eide", "Foss", "Haugen", "Lie", "Moen", "Nygård", "Solberg", "Strand", "Vik", "Østby", "Aas",
)  # fmt: skip
_BIRTH = timedelta(days=400)
_ASCII = str.maketrans("æøå", "eoa")


@dataclass(slots=True, eq=False)
class Person:
    id: str
    first_name: str
    family_name: str
    created: datetime
    modified: datetime
    email: str = ""
    email2: str = ""
    email3: str = ""
    phone: str = ""
    born: str = ""
    user_id: str = ""
    off_limits: str = "Off"
    picture: bytes = b""
    cv_text: str = ""
    """The text in the CV tab; no call reads it, and only the person's deletion takes it along."""
    categories: tuple[str, ...] = ()
    relations: Mapping[str, str] = field(default_factory=dict)
    """Candidacies and memberships: the relation's id, and the assignment or programme."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    """What was written of a person beside the above, as it is read back."""
    revision: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.family_name}".strip()

    @property
    def emails(self) -> dict[str, str]:
        given = {"Email1Address": self.email, "Email2Address": self.email2, "Email3Address": self.email3}
        return {column: address for column, address in given.items() if address}

    @property
    def reference(self) -> dict[str, str]:
        return {"Id": self.id, "DisplayTitle": self.name, "ItemDisplayText": self.name, "ItemType": "People"}


@dataclass(slots=True, eq=False)
class Document:
    id: str
    name: str
    versions: list[bytes]
    """The latest last."""
    created: datetime
    links: dict[str, list[str]]
    """Ids of what it hangs on, by column: People, Companies, Assignments, Programmes."""
    fields: Fields = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.versions[-1]


@dataclass(slots=True, eq=False)
class Entry:
    """A journal item, a company, an assignment or a programme."""

    id: str
    kind: str
    created: datetime
    modified: datetime
    fields: Fields
    """As they are read: references to many are bare arrays."""

    def _references(self) -> list[dict[str, Any]]:
        lists = [value for value in self.fields.values() if isinstance(value, list)]
        return [each for value in lists for each in value if _is_person(each)]

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
                stay = [each for each in value if not (_is_person(each) and each["Id"] == person)]
                self.fields[name] = stay
        for each in self.fields.get("Recipients", ()):
            if each.get("PersonId") == person:
                each["PersonId"] = None


def _is_person(value: Any) -> bool:
    return isinstance(value, dict) and value.get("ItemType") == "People"


class Tenant:
    """The data. `version` moves whenever a person changes, so that orders of people can be kept."""

    off_limits: str
    leftovers: frozenset[str]
    children_touch_person: bool

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}
        self.documents: dict[str, Document] = {}
        self.journal: dict[str, Entry] = {}
        self.entities: dict[str, Entry] = {}
        self.version = 0
        self._removed: dict[str, Person] = {}
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
        created: datetime | None = None,
        modified: datetime | None = None,
        user: bool = False,
        optional_id: str = "",
        **further: Any,
    ) -> str:
        """Put a person in and return the id. `further` are fields of `Person`: email, phone, picture, columns, …"""
        with self.lock:
            created = created or self.now()
            person = Person(
                optional_id or self.new_id(),
                first_name,
                family_name,
                created,
                modified or created,
                **{"off_limits": self.off_limits, **further},
            )
            person.user_id = self.new_id() if user else ""
            self.people[person.id] = person
            self.version += 1
            return person.id

    def add_api_user(self) -> str:
        """Put the API user's own person in: every user of Invenias has one, so that no tenant is without people."""
        long_ago = self.now() - 2 * _BIRTH
        address = "gateway-api@example.org"
        return self.add_person("Gateway", "User", email=address, created=long_ago, user=True)

    def change_person(self, person: str, **changes: Any) -> None:
        """Set fields of a person (first_name, email, columns, …); moves DateModified."""
        with self.lock:
            for name, value in {"modified": self.now(), **changes}.items():
                setattr(self.people[person], name, value)
            self.people[person].revision += 1
            self.version += 1

    def touch(self, people: Iterable[str]) -> None:
        """What hangs on these people has changed."""
        for each in people if self.children_touch_person else ():
            if each in self.people:
                self.change_person(each)

    def relate(self, person: str, target: str) -> str:
        """Make a person a candidate of an assignment, or a member of a programme; returns the relation's id."""
        relation = self.new_id()
        self.people[person].relations = {**self.people[person].relations, relation: target}
        return relation

    def add_document(
        self, people: Iterable[str], name: str, content: bytes, *, assignments: Iterable[str] = ()
    ) -> str:
        """Put a document in that hangs on all of these, and return the id."""
        with self.lock:
            links = {"People": list(people), "Assignments": list(assignments)}
            document = Document(self.new_id(), name, [content], self.now(), links)
            self.documents[document.id] = document
            self.touch(links["People"])
            return document.id

    def add_note(self, text: str, people: Iterable[str], *, subject: str = "Note") -> str:
        """Put a note in that names all of these people, and return the id."""
        references = [self.people[each].reference for each in people]
        return self.add_journal_item("notes", {"Subject": subject, "Content": text, "People": references})

    def add_journal_item(self, kind: str, fields: Mapping[str, Any]) -> str:
        """Put a journal item of a kind in (`notes`, `telephones`, `emails`, …) and return the id."""
        with self.lock:
            fields = {"Companies": [], "Assignments": [], "Programmes": [], "IsConfidential": False, **fields}
            item = Entry(self.new_id(), kind, self.now(), self.now(), fields)
            self.journal[item.id] = item
            self.touch(item.people())
            return item.id

    def add_entity(self, kind: str, fields: Mapping[str, Any], optional_id: str = "") -> str:
        """Put a company, an assignment or a programme in, and return the id."""
        with self.lock:
            entity = Entry(optional_id or self.new_id(), kind, self.now(), self.now(), dict(fields))
            self.entities[entity.id] = entity
            return entity.id

    def remove_person(self, person: str) -> bool:
        """Delete a person as the vendor does: relations go, what `leftovers` names stays without them."""
        with self.lock:
            gone = self.people.pop(person, None)
            if gone is None:
                return False
            self._removed[person] = gone
            for document in list(self.documents.values()):
                linked, stay = (
                    document.links["People"],
                    [each for each in document.links["People"] if each != person],
                )
                document.links["People"] = stay
                if linked == [person] and "documents" not in self.leftovers:
                    del self.documents[document.id]
            for item in list(self.journal.values()):
                alone = item.people() == {person}
                item.forget(person)
                if alone and "journal" not in self.leftovers:
                    del self.journal[item.id]
            self.version += 1
            return True

    def restore_person(self, person: str) -> None:
        """Let a deleted person come back under the same id, as from a backup."""
        with self.lock:
            self.people[person] = self._removed.pop(person)
            self.version += 1

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
