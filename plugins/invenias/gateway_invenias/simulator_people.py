"""The simulated API's calls on people."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from gateway_invenias.simulator_calls import (
    NO_RESOURCE,
    Body,
    Lists,
    NoError,
    answer,
    body_of,
    entity_details,
    ids_in,
    read_back,
)
from gateway_invenias.simulator_data import Person
from gateway_invenias.simulator_lists import PEOPLE, RELATIONS, Listing, PeopleLists

OWN_FIELDS = ("Id", "OptionalId", "NameComponents", "EmailAddresses", "EntityDetails", "DateOfBirth")


class People(Lists):
    """What each call on people does. The switches are told of at `Simulator`."""

    bulk_delete: bool
    bulk_unknown: str
    bulk_partial: bool
    repeated_delete: int
    delete_status: int
    users_protected: bool
    modified_filter: bool
    hidden_columns: frozenset[str]
    consent_columns: tuple[str, ...]
    person_assignments: bool
    person_programmes: bool
    lying_ids: set[str]
    delete_delay: timedelta
    search_delay: timedelta

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self._people = PeopleLists(self, self._listing)
        self._going: list[tuple[datetime, str]] = []
        self._ghosts: list[tuple[datetime, Person]] = []

    def _listing(self) -> Listing[Person]:
        refused = self.refused_columns() | (set() if self.modified_filter else {"DateModified"})
        return Listing(
            PEOPLE,
            further=lambda each: each.columns,
            named=self.consent_columns,
            refused=refused,
            hidden=self.hidden_columns,
        )

    def pass_time(self) -> None:
        """Let those vanish whose time has come."""
        for until, person in [each for each in self._going if each[0] <= self.now()]:
            self._going.remove((until, person))
            self.remove_person(person)
        self._ghosts = [each for each in self._ghosts if each[0] > self.now()]

    def list_people(self, request: Request) -> Response:
        asked, listing = body_of(request), self._people.listing()
        if asked.get("Group"):
            return self.list_rows(asked, listing, list(self.people.values()))
        select = self.selected(asked, listing, "FileAs")
        part = self.page_of(asked, self._people.rows(asked.get("Filter"), asked.get("Sort") or ()))
        rows = self._people.encode(part[0], select)
        return self.listed(asked, part, rows, len(self.people), listing)

    def create_person(self, request: Request) -> Response:
        body = body_of(request)
        if not body.get("NameComponents"):
            raise NoError(400, "NameComponents is required")
        self.check_policies("people", body)
        chosen = self.chosen_id(body, str(body.get("OptionalId")).lower() in self.people)
        person = self.add_person("", "", optional_id=chosen)
        self.change_person(person, **_written(body))
        return answer({"Id": person}, 201)

    def read_person(self, person: str) -> Response:
        return answer(_detail(self.person(person)))

    def replace_person(self, request: Request, person: str) -> Response:
        self.person(person)
        body = body_of(request)
        self.check_policies("people", body)
        self.change_person(person, **_written(body))
        return answer({"Id": person})

    def delete_person(self, person: str) -> Response:
        if person not in self.people:
            raise NoError(self.repeated_delete)
        self._delete(self.people[person])
        return Response(status=self.delete_status)

    def bulk_delete_people(self, request: Request) -> Response:
        """With `bulk_partial` those go who can; without it, one who may not be deleted holds up all."""
        if not self.bulk_delete:
            raise NoError(404, NO_RESOURCE)
        asked = ids_in(body_of(request))
        unknown = [each for each in asked if each not in self.people]
        if unknown and self.bulk_unknown == "refused":
            raise NoError(404)
        people = [self.people[each] for each in asked if each in self.people]
        spared = [each for each in people if each.user_id and self.users_protected]
        if spared and not self.bulk_partial:
            raise NoError(403, "A person has a user account")
        for each in people:
            if each not in spared:
                self._delete(each)
        return Response(status=self.delete_status)

    def _delete(self, person: Person) -> None:
        if person.user_id and self.users_protected:
            raise NoError(403, "The person has a user account")
        if person.id in self.lying_ids:
            return
        self._ghosts.append((self.now() + self.search_delay, person))
        if self.delete_delay:
            self._going.append((self.now() + self.delete_delay, person.id))
        else:
            self.remove_person(person.id)

    # Looking for people

    def find_people(self, request: Request) -> Response:
        """Who might be the same person: by a part of an e-mail address, or of a name."""
        address, name = (
            request.args.get(f"request.{each}", "").casefold() for each in ("emailAddress", "personName")
        )
        if not address and not name:
            raise NoError(400, "A name or an e-mail address is needed")
        everyone = self._findable()
        found = [_match(each, address) for each in everyone if _matches(each, address, name)]
        return self._found(request, found, len(everyone))

    def quick_search(self, request: Request) -> Response:
        """The rows of a search for duplicates without addresses and matches, as a bare array."""
        found = [_short(each) for each in self._named(request)]
        return answer([] if self.blind else found)

    def search_people(self, request: Request) -> Response:
        return self.list_rows(body_of(request), self._people.listing(), self._named(request))

    def _named(self, request: Request) -> list[Person]:
        term = request.args.get("request.searchTerm", "").casefold()
        if len(term) < 3:
            raise NoError(400, "The search term needs three characters")
        return [each for each in self._findable() if term in each.name.casefold()]

    def _findable(self) -> list[Person]:
        """Who is there, and whom searches still find for a while."""
        return [*self.people.values(), *(ghost for until, ghost in self._ghosts if until > self.now())]

    def _found(self, request: Request, found: Collection[Body], everything: int) -> Response:
        pages = {"PageSize": "pageSize", "PageIndex": "pageIndex"}
        asked = {name: int(request.args.get(f"request.{given}", "0")) for name, given in pages.items()}
        part = self.page_of(asked, list(found))
        return self.listed(asked, part, [msgspec.json.encode(each) for each in part[0]], everything)

    # What hangs on a person

    def list_assignments_of(self, request: Request, person: str) -> Response:
        return self._relations(request, person, "assignments", self.person_assignments)

    def list_programmes_of(self, request: Request, person: str) -> Response:
        return self._relations(request, person, "programmes", self.person_programmes)

    def _relations(self, request: Request, person: str, kind: str, offered: bool) -> Response:
        if not offered:
            raise NoError(404, NO_RESOURCE)
        related = self.person(person).relations.items()
        rows = [(each, self.entities[to]) for each, to in related if self.entities[to].kind == kind]
        return self.list_rows(body_of(request), Listing(RELATIONS), rows)

    def read_picture(self, person: str) -> Response:
        if not self.person(person).picture:
            raise NoError(404)
        return Response(self.person(person).picture, content_type="image/png")

    def upload_picture(self, request: Request, person: str) -> Response:
        self.person(person)
        self.change_person(person, picture=request.files["File"].read())
        return Response(status=204)

    def delete_picture(self, person: str) -> Response:
        if not self.person(person).picture:
            raise NoError(404)
        self.person(person).picture = b""
        return Response(status=200)

    def person(self, person: str) -> Person:
        if person not in self.people:
            raise NoError(404)
        return self.people[person]


def _detail(person: Person) -> Body:
    """A person as they are read alone."""
    name = {"FullName": person.name, "FirstName": person.first_name, "FamilyName": person.family_name}
    emails = [{"FieldName": field, "ItemValue": value} for field, value in person.emails.items()]
    phones = [{"FieldName": "MobilePhone", "ItemValue": person.phone}] if person.phone else []
    shown = {
        "Id": person.id,
        "NameComponents": name,
        "EmailAddresses": emails,
        "PhoneNumbers": phones,
        "IsCandidate": True,
        "DateOfBirth": person.born or None,
        "EntityDetails": entity_details(person.created, person.modified, person.fields.get("Owner")),
    }
    return {
        **person.fields,
        **shown,
        **{name: person.fields[name] for name in ("PhoneNumbers",) if name in person.fields},
    }


def _written(body: Body) -> Body:
    """What a POST or PUT sets; what is left out is emptied."""
    name = body.get("NameComponents") or {}
    values = {
        each.get("FieldName"): each.get("ItemValue") or each.get("FormattedValue") or ""
        for field in ("EmailAddresses", "PhoneNumbers")
        for each in body.get(field) or ()
    }
    return {
        "first_name": name.get("FirstName") or "",
        "family_name": name.get("FamilyName") or "",
        "email": values.get("Email1Address", ""),
        "email2": values.get("Email2Address", ""),
        "email3": values.get("Email3Address", ""),
        "phone": values.get("MobilePhone", ""),
        "born": body.get("DateOfBirth") or "",
        "fields": {each: read_back(value) for each, value in body.items() if each not in OWN_FIELDS},
    }


def _matches(person: Person, address: str, name: str) -> bool:
    """Whether the search finds this person: by the e-mails 1 to 3, by the names; custom fields are not searched."""
    by_address = bool(address) and any(address in each.casefold() for each in person.emails.values())
    return by_address or (bool(name) and name in person.name.casefold())


def _short(person: Person) -> Body:
    position = person.fields.get("DefaultPosition") or {}
    return {
        "ItemId": person.id,
        "ItemType": "People",
        "PersonName": person.name,
        "CompanyName": (position.get("Company") or {}).get("CompanyName"),
        "JobTitle": position.get("JobTitle"),
        "DisplayName": person.name,
        "DisplaySummary": person.name,
    }


def _match(person: Person, address: str) -> Body:
    """A hit of the search for duplicates: an e-mail address that only holds the term is a hit, too."""
    shown = {"EmailAddress1": person.email, "EmailAddress2": person.email2}
    matching = [
        {"FieldName": name, "Value": value}
        for name, value in person.emails.items()
        if address and address in value.casefold()
    ]
    exact: Any = address in (each.casefold() for each in person.emails.values())
    emails = {name: value for name, value in shown.items() if value}
    return {**_short(person), **emails, "IsExactEmailMatch": exact, "MatchingFields": matching}
