"""The simulated API's calls: one method each, on the tenant's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from gateway_invenias.simulator_data import KINDS, LOCATION, OWNER, Document, JournalItem, Person, Tenant
from gateway_invenias.simulator_lists import (
    DOCUMENTS,
    JOURNAL,
    Listing,
    PeopleLists,
    write_moment,
)

Body = dict[str, Any]
COUNTRIES = [{"CountryCode": "NO", "CountryName": "NORWAY"}, {"CountryCode": "SE", "CountryName": "SWEDEN"}]
LOOKUPS = {
    "personcandidatestatus": ("New", "Active", "Placed"),
    "consenteventtypes": ("Requested", "Given", "Declined", "Withdrawn", "Expired"),
}
OWN_LINKS = ("People", "Companies", "Assignments", "Programmes")


class NoError(Exception):
    """Invenias says no, with a status and a message."""

    def __init__(self, status: int, message: str = "Item not found") -> None:
        super().__init__(message)
        self.status = status


class Calls(Tenant):
    """What each call does. The switches are told of at `Simulator`."""

    page_limit: int
    refuse_oversize: bool
    bulk_delete: bool
    modified_filter: bool
    id_filter: bool
    document_owners: bool
    person_journal: bool
    lying_ids: set[str]
    delete_delay: timedelta
    search_delay: timedelta
    compulsory: frozenset[str]

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self._people = PeopleLists(self, self._refused)
        self._going: list[tuple[datetime, str]] = []
        self._ghosts: list[tuple[datetime, Person]] = []

    def _refused(self) -> set[str]:
        switches = {"DateModified": self.modified_filter, "ItemId": self.id_filter}
        return {column for column, works in switches.items() if not works}

    def _pass_time(self) -> None:
        """Let those vanish whose time has come."""
        for until, person in [each for each in self._going if each[0] <= self.now()]:
            self._going.remove((until, person))
            self.remove_person(person)
        self._ghosts = [each for each in self._ghosts if each[0] > self.now()]

    # Settings

    def countries(self) -> Response:
        return answer(COUNTRIES)

    def lookup(self, key: str) -> Response:
        if key not in LOOKUPS:
            raise NoError(404, "Setting not found")
        entries = [{"Id": f"{key}-{text}", "ItemDisplayText": text} for text in LOOKUPS[key]]
        return answer({"SettingName": key, "Settings": {"ItemReferences": entries}})

    # People

    def list_people(self, request: Request) -> Response:
        asked = body_of(request)
        rows = self._page(asked, self._people.rows(asked.get("Filter"), asked.get("Sort") or ()))
        select = tuple(asked.get("Select") or ("FileAs",))
        return self._listed(asked, rows, self._people.encode(rows[0], select), len(self.people))

    def create_person(self, request: Request) -> Response:
        person = self.add_person("", "")
        self.change_person(person, **_written_person(body_of(request)))
        return answer({"Id": person}, 201)

    def read_person(self, person: str) -> Response:
        return answer(_detail(self._person(person)))

    def replace_person(self, request: Request, person: str) -> Response:
        self._person(person)
        self.change_person(person, **_written_person(body_of(request)))
        return answer({"Id": person})

    def delete_person(self, person: str) -> Response:
        self._delete(self._person(person))
        return Response(status=200)

    def bulk_delete_people(self, request: Request) -> Response:
        if not self.bulk_delete:
            raise NoError(404, "No HTTP resource was found")
        known = [self.people[each] for each in _references(body_of(request)) if each in self.people]
        for person in known:
            self._delete(person)
        return Response(status=200)

    def _delete(self, person: Person) -> None:
        if person.user_id:
            raise NoError(403, "The person has a user account")
        if person.id in self.lying_ids:
            return
        self._ghosts.append((self.now() + self.search_delay, person))
        if self.delete_delay:
            self._going.append((self.now() + self.delete_delay, person.id))
        else:
            self.remove_person(person.id)

    def find_people(self, request: Request) -> Response:
        address = request.args.get("request.emailAddress", "").casefold()
        name = request.args.get("request.personName", "").casefold()
        if not address and not name:
            raise NoError(400, "A name or an e-mail address is needed")
        everyone = [*self.people.values(), *(ghost for until, ghost in self._ghosts if until > self.now())]
        found = [_match(each, address) for each in everyone if _matches(each, address, name)]
        asked = {"PageSize": self.page_limit, "PageIndex": int(request.args.get("request.pageIndex", "0"))}
        rows = self._page(asked, found)
        return self._listed(asked, rows, [msgspec.json.encode(each) for each in rows[0]], len(everyone))

    def read_categories(self, person: str) -> Response:
        linked = [{"Id": each, "CategoryListId": LOCATION} for each in self._person(person).categories]
        lists = [{"Id": LOCATION, "CategoryName": "Location", "Categories": linked}] if linked else []
        return answer({"Lists": lists})

    def unlink_category(self, person: str, entry: str) -> Response:
        linked = self._person(person).categories
        if entry not in linked:
            raise NoError(404)
        self._person(person).categories = tuple(each for each in linked if each != entry)
        return Response(status=200)

    def read_picture(self, person: str) -> Response:
        if not self._person(person).picture:
            raise NoError(404)
        return Response(self._person(person).picture, content_type="image/png")

    def delete_picture(self, person: str) -> Response:
        if not self._person(person).picture:
            raise NoError(404)
        self._person(person).picture = b""
        return Response(status=200)

    def _person(self, person: str) -> Person:
        if person not in self.people:
            raise NoError(404)
        return self.people[person]

    # Documents

    def list_documents(self, request: Request) -> Response:
        return self._listed_documents(request, list(self.documents.values()))

    def list_documents_of(self, request: Request, person: str) -> Response:
        self._person(person)
        own = [each for each in self.documents.values() if person in each.links["People"]]
        return self._listed_documents(request, own)

    def _listed_documents(self, request: Request, documents: Sequence[Document]) -> Response:
        hidden = () if self.document_owners else OWN_LINKS
        columns = {name: read for name, read in DOCUMENTS.items() if name not in hidden}
        return self._list(body_of(request), Listing(columns), documents, "AttachmentName")

    def upload_document(self, request: Request, person: str) -> Response:
        self._person(person)
        file = request.files["file"]
        made = self.add_document([person], file.filename or "document", file.read())
        return answer({"ItemId": made, "AttachmentName": file.filename})

    def read_document(self, person: str, document: str) -> Response:
        found = self.documents.get(document)
        if found is None or person not in found.links["People"]:
            raise NoError(404)
        return Response(found.content, content_type="application/octet-stream")

    def delete_document(self, document: str) -> Response:
        if self.documents.pop(document, None) is None:
            raise NoError(404)
        return Response(status=200)

    def bulk_delete_documents(self, request: Request) -> Response:
        for each in _references(body_of(request)):
            self.documents.pop(each, None)
        return Response(status=200)

    # Journal

    def list_journal(self, request: Request) -> Response:
        return self._list(body_of(request), Listing(JOURNAL), list(self.journal.values()), "ActionSubject")

    def list_journal_of(self, request: Request, person: str) -> Response:
        if not self.person_journal:
            raise NoError(404, "No HTTP resource was found")
        own = [each for each in self.journal.values() if person in each.people()]
        return self._list(body_of(request), Listing(JOURNAL), own, "ActionSubject")

    def create_item(self, request: Request, kind: str) -> Response:
        self._check_kind(kind)
        return answer({"Id": self.add_journal_item(kind, self._written(kind, body_of(request)))})

    def read_item(self, kind: str, item: str) -> Response:
        found = self._item(kind, item)
        shown = {"Id": found.id, "ItemType": KINDS[kind], **found.fields}
        if kind != "emails":
            shown["EntityDetails"] = _entity(found.created, found.modified, shown.pop("Owner", None))
        return answer(shown)

    def replace_item(self, request: Request, kind: str, item: str) -> Response:
        found = self._item(kind, item)
        found.fields = self._written(kind, body_of(request))
        found.modified = self.now()
        return answer({"Id": item})

    def delete_item(self, kind: str, item: str) -> Response:
        del self.journal[self._item(kind, item).id]
        return Response(status=204 if kind == "feedback" else 200)

    def _item(self, kind: str, item: str) -> JournalItem:
        self._check_kind(kind)
        found = self.journal.get(item)
        if found is None or found.kind != kind:
            raise NoError(404)
        return found

    def _check_kind(self, kind: str) -> None:
        if kind not in KINDS:
            raise NoError(404, "No HTTP resource was found")

    def _written(self, kind: str, body: Body) -> Body:
        """What is saved: the whole record anew, references as they will be read."""
        for field in sorted(
            each.removeprefix(f"{kind}.") for each in self.compulsory if each.startswith(kind)
        ):
            if not body.get(field) or body[field] == {"ItemReferences": []}:
                service = "Invenias.Model.Services.Services.Services.DataManagementService"
                raise NoError(500, f"{service}.Validate{KINDS[kind]}{field}Policy")
        return {
            name: self._read_back(value)
            for name, value in body.items()
            if name not in ("Id", "ItemType", "EntityDetails")
        }

    def _read_back(self, value: Any) -> Any:
        if not isinstance(value, dict) or "ItemReferences" not in value:
            return value
        ids = [str(each["Id"]).lower() for each in value["ItemReferences"]]
        return [self.people[each].reference if each in self.people else {"Id": each} for each in ids]

    # Lists

    def _list(self, asked: Body, listing: Listing[Any], rows: Sequence[Any], default: str) -> Response:
        matching = listing.sorted(rows, asked.get("Sort") or ())
        if asked.get("Filter"):
            matching = list(filter(listing.matcher(asked["Filter"], matching), matching))
        part = self._page(asked, matching)
        select = asked.get("Select") or [default]
        return self._listed(asked, part, list(map(listing.encoder(select), part[0])), len(rows))

    def _page(self, asked: Body, rows: Sequence[Any]) -> tuple[Sequence[Any], int, int | None]:
        """The rows of the page, how many there are in all, and the next page if there is one."""
        size, index = int(asked.get("PageSize") or self.page_limit), int(asked.get("PageIndex") or 0)
        if size > self.page_limit and self.refuse_oversize:
            raise NoError(400, f"PageSize is at most {self.page_limit}")
        size = min(size, self.page_limit)
        end = (index + 1) * size
        return rows[index * size : end], len(rows), index + 1 if end < len(rows) else None

    def _listed(
        self, asked: Body, part: tuple[Sequence[Any], int, int | None], rows: Sequence[bytes], everything: int
    ) -> Response:
        _, total, following = part
        paging: Body = {"NextPageNumber": following} if following is not None else {}
        if asked.get("ReturnTotalCount"):
            paging["TotalItemCount"] = total
        if asked.get("ReturnTotalDatabaseItemCount"):
            paging["TotalDatabaseItemCount"] = everything
        select = asked.get("Select") or ()
        view = {"Columns": [{"FieldName": each, "IsStaticEnum": False} for each in select]}
        rest = msgspec.json.encode({"ViewDefinition": view, "Paging": paging})
        return Response(b'{"Items":[' + b",".join(rows) + b"]," + rest[1:], content_type=JSON)


JSON = "application/json; charset=utf-8"


def answer(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type=JSON)


def body_of(request: Request) -> Body:
    try:
        return msgspec.json.decode(request.get_data() or b"{}", type=dict[str, Any])
    except msgspec.MsgspecError as err:
        raise NoError(400, "The body is not JSON") from err


def _references(body: Body) -> list[str]:
    return [str(each["Id"]).lower() for each in body.get("ItemReferences") or ()]


def _entity(created: datetime, modified: datetime, owner: Any = None) -> Body:
    owner = owner or {"Id": OWNER, "DisplayTitle": "Owner", "ItemDisplayText": "Owner", "ItemType": "Users"}
    return {"DateCreated": write_moment(created), "DateModified": write_moment(modified), "Owner": owner}


def _detail(person: Person) -> Body:
    """A person as they are read alone."""
    emails = {"Email1Address": person.email, "Email2Address": person.email2}
    return {
        "Id": person.id,
        "NameComponents": {
            "FullName": person.name,
            "FirstName": person.first_name,
            "FamilyName": person.family_name,
        },
        "EmailAddresses": [
            {"FieldName": name, "ItemValue": value} for name, value in emails.items() if value
        ],
        "PhoneNumbers": [{"FieldName": "MobilePhone", "ItemValue": person.phone}] if person.phone else [],
        "IsCandidate": True,
        "EntityDetails": _entity(person.created, person.modified),
    }


def _written_person(body: Body) -> Body:
    """What a POST or PUT sets; what is left out is emptied."""
    name = body.get("NameComponents") or {}
    values = {
        each.get("FieldName"): each.get("ItemValue") or ""
        for field in ("EmailAddresses", "PhoneNumbers")
        for each in body.get(field) or ()
    }
    return {
        "first_name": name.get("FirstName") or "",
        "family_name": name.get("FamilyName") or "",
        "email": values.get("Email1Address", ""),
        "email2": values.get("Email2Address", ""),
        "phone": values.get("MobilePhone", ""),
    }


def _matches(person: Person, address: str, name: str) -> bool:
    by_address = bool(address) and (address in person.email.casefold() or address in person.email2.casefold())
    return by_address or (bool(name) and name in person.name.casefold())


def _match(person: Person, address: str) -> Body:
    """A hit of the search for duplicates: an e-mail address that only holds the term is a hit, too."""
    fields = {"EmailAddress1": person.email, "EmailAddress2": person.email2}
    return {
        "ItemId": person.id,
        "ItemType": "People",
        "PersonName": person.name,
        **{name: value for name, value in fields.items() if value},
        "IsExactEmailMatch": address in (person.email.casefold(), person.email2.casefold()),
        "MatchingFields": [
            {"FieldName": name, "Value": value}
            for name, value in fields.items()
            if address and address in value
        ],
    }
