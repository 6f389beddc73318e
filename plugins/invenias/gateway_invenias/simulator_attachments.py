"""The simulated API's calls on what hangs on people: documents, categories and the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from gateway_invenias.simulator_data import KINDS, LOCATION, Document, Entry, Person
from gateway_invenias.simulator_lists import DOCUMENTS, JOURNAL, Listing

LINKS = ("People", "Companies", "Assignments", "Programmes")
CATALOGUE = {"norway": "Norway", "sweden": "Sweden"}


class Attachments(Lists):
    """What each call on documents, categories and journal items does."""

    document_owners: bool
    bulk_unknown: str
    versions_stay: bool
    lying_ids: set[str]
    person_journal: bool
    journal_filter: bool
    if_match: bool
    parsed: dict[str, bytes]

    # Documents

    def list_documents(self, request: Request) -> Response:
        return self._listed_documents(request, list(self.documents.values()))

    def list_documents_of(self, request: Request, owner: str, owner_id: str) -> Response:
        return self._listed_documents(request, self._documents_of(owner, owner_id))

    def _documents_of(self, owner: str, owner_id: str) -> list[Document]:
        self._check_owner(owner, owner_id)
        column = owner.title()
        return [each for each in self.documents.values() if owner_id in each.links.get(column, ())]

    def _check_owner(self, owner: str, owner_id: str) -> None:
        if owner_id not in (self.people if owner == "people" else self.entities):
            raise NoError(404)

    def _listed_documents(self, request: Request, documents: Sequence[Document]) -> Response:
        hidden = () if self.document_owners else LINKS
        listing = Listing(DOCUMENTS, refused=self.refused_columns(), hidden=hidden)
        return self.list_rows(body_of(request), listing, documents, "AttachmentName")

    def upload_document(self, request: Request, owner: str, owner_id: str) -> Response:
        self._check_owner(owner, owner_id)
        file = request.files["file"]
        content = file.read()
        made = self.add_document(
            [owner_id] if owner == "people" else [], file.filename or "document", content
        )
        self.documents[made].links[owner.title()] = [owner_id]
        shown = {"AttachmentName": file.filename, "DocumentExtension": file.mimetype}
        return answer({**shown, "DocumentSize": len(content), "ItemId": made, "OffLimitsStatus": "Off"})

    def read_document(self, owner: str, owner_id: str, document: str) -> Response:
        """The latest version."""
        found = next((each for each in self._documents_of(owner, owner_id) if each.id == document), None)
        if found is None:
            raise NoError(404)
        return Response(found.content, content_type="application/octet-stream")

    def make_default_cv(self, person: str, document: str) -> Response:
        """The document becomes the CV, and its text stands in the CV tab from now on."""
        for each in self._documents_of("people", person):
            each.fields["IsDefaultCv"] = each.id == document
            if each.id == document:
                self.people[person].cv_text = each.content.decode("utf-8", "replace")
        return Response(status=200)

    def replace_document(self, request: Request, document: str) -> Response:
        body = body_of(request)
        self._document(document).fields = {name: body.get(name) for name in ("IsDefaultCv", "ExpirationDate")}
        return answer({"ItemId": document})

    def rename_document(self, request: Request, document: str) -> Response:
        self._document(document).name = request.args["documentName"]
        return answer({"ItemId": document})

    def delete_document(self, document: str) -> Response:
        self._remove_document(self._document(document))
        return Response(status=200)

    def bulk_delete_documents(self, request: Request) -> Response:
        asked = ids_in(body_of(request))
        if self.bulk_unknown == "refused" and any(each not in self.documents for each in asked):
            raise NoError(404)
        for each in asked:
            if each in self.documents:
                self._remove_document(self.documents[each])
        return Response(status=200)

    def _document(self, document: str) -> Document:
        if document not in self.documents:
            raise NoError(404)
        return self.documents[document]

    def _remove_document(self, document: Document) -> None:
        if document.id in self.lying_ids:
            return
        document.versions.pop()
        if not (self.versions_stay and document.versions):
            del self.documents[document.id]
            self.touch(document.links["People"])

    # CVs that are parsed: a further processor reads them

    def parse_document(self, request: Request) -> Response:
        """The CV is sent to the parser, and what it read is kept until a person is made of it."""
        parsed = self.new_id()
        self.parsed[parsed] = request.files["file"].read()
        return answer({"Id": parsed})

    def read_parsed(self, parsed: str) -> Response:
        if parsed not in self.parsed:
            raise NoError(404)
        return answer({"Id": parsed, "ParsedText": self.parsed[parsed].decode("utf-8", "replace")})

    def save_parsed(self, request: Request) -> Response:
        """A person is made, or with `personId` changed; the CV's text goes to their CV tab where that is asked for."""
        body = body_of(request)
        person = request.args.get("personId", "").lower()
        content = self.parsed.get(str(body.get("Id")).lower())
        if content is None or (person and person not in self.people):
            raise NoError(404)
        name = body.get("NameComponents") or {}
        person = person or self.add_person(name.get("FirstName") or "", name.get("FamilyName") or "")
        if body.get("SaveParsedDocumentAsDefaultCv"):
            document = self.add_document([person], "cv", content)
            self.make_default_cv(person, document)
        return answer({"Id": person})

    # Categories

    def read_categories(self, person: str) -> Response:
        linked = [_category(each) for each in self._categorised(person).categories]
        return answer({"Lists": [{**_location(), "Categories": linked}] if linked else []})

    def read_categories_of_list(self, person: str, category_list: str) -> Response:
        linked = self._categorised(person).categories if category_list == LOCATION else ()
        return answer([_category(each) for each in linked])

    def link_categories(self, request: Request, person: str) -> Response:
        found = self._categorised(person)
        self._categorise(found, (*found.categories, *ids_in(body_of(request))))
        return Response(status=200)

    def unlink_category(self, person: str, entry: str) -> Response:
        found = self._categorised(person)
        if entry not in found.categories:
            raise NoError(404)
        self._categorise(found, (each for each in found.categories if each != entry))
        return Response(status=200)

    def _categorised(self, person: str) -> Person:
        if person not in self.people:
            raise NoError(404)
        return self.people[person]

    def _categorise(self, person: Person, categories: Any) -> None:
        person.categories = tuple(dict.fromkeys(categories))
        self.touch([person.id])

    # Journal

    def list_journal(self, request: Request) -> Response:
        return self._listed_items(request, list(self.journal.values()))

    def list_items(self, request: Request, kind: str) -> Response:
        return self._listed_items(request, [each for each in self.journal.values() if each.kind == kind])

    def list_journal_of(self, request: Request, person: str) -> Response:
        if not self.person_journal:
            raise NoError(404, NO_RESOURCE)
        self._categorised(person)
        return self._listed_items(
            request, [each for each in self.journal.values() if person in each.people()]
        )

    def _listed_items(self, request: Request, items: Sequence[Entry]) -> Response:
        refused = self.refused_columns() | (set() if self.journal_filter else {"People"})
        return self.list_rows(body_of(request), Listing(JOURNAL, refused=refused), items, "ActionSubject")

    def create_item(self, request: Request, kind: str) -> Response:
        """What is created is the request echoed, for e-mails without an id."""
        body = body_of(request)
        made = self.add_journal_item(kind, self._saved(kind, body))
        return answer(body if kind == "emails" else {"Id": made, **body})

    def read_item(self, kind: str, item: str) -> Response:
        found = self.item(kind, item)
        shown = {"Id": found.id, "ItemType": KINDS[kind], **found.fields}
        if kind != "emails":
            shown["EntityDetails"] = entity_details(found.created, found.modified, shown.pop("Owner", None))
        return answer(shown)

    def replace_item(self, request: Request, kind: str, item: str) -> Response:
        """The whole record anew: what is left out is lost."""
        found = self.item(kind, item)
        if self.if_match and "If-Match" not in request.headers:
            raise NoError(412, "If-Match is required")
        saved = self._saved(kind, body_of(request))
        self.touch(found.people() | {each["Id"] for each in saved.get("People") or ()})
        found.fields, found.modified = saved, self.now()
        return answer({"Id": item})

    def delete_item(self, kind: str, item: str) -> Response:
        found = self.item(kind, item)
        if found.id not in self.lying_ids:
            del self.journal[found.id]
            self.touch(found.people())
        return Response(status=204 if kind == "feedback" else 200)

    def delete_comment(self, item: str, comment: str) -> Response:
        found = self.item("feedback", item)
        comments = found.fields.get("FeedbackComments") or []
        found.fields["FeedbackComments"] = [each for each in comments if each["Id"] != comment]
        return Response(status=204)

    def item(self, kind: str, item: str) -> Entry:
        found = self.journal.get(item)
        if found is None or found.kind != kind:
            raise NoError(404)
        return found

    def _saved(self, kind: str, body: Body) -> Body:
        self.check_policies(kind, body)
        given = {
            each: value for each, value in body.items() if each not in ("Id", "ItemType", "EntityDetails")
        }
        return {name: read_back(value, self.people) for name, value in given.items()}


def _location() -> Body:
    return {"Id": LOCATION, "CategoryName": "Location", "AssociatedColour": "", "OrderIndex": 0}


def _category(entry: str) -> Body:
    name = CATALOGUE.get(entry, entry)
    return {"Id": entry, "CategoryName": name, "CategoryListId": LOCATION, "CategoryDisplayName": name}
