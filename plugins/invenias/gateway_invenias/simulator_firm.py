"""The simulated API's calls on the firm's own things: companies, assignments, programmes, settings, backups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from gateway_invenias.simulator_attachments import CATALOGUE
from gateway_invenias.simulator_calls import (
    COUNTRIES,
    Body,
    Lists,
    NoError,
    answer,
    body_of,
    entity_details,
    ids_in,
    read_back,
)
from gateway_invenias.simulator_data import LOCATION, Entry
from gateway_invenias.simulator_lists import ENTRIES, Listing

NUMBERS = {
    "companies": ("CompanyReferenceNumber", "C{:06d}"),
    "assignments": ("AssignmentReferenceNumber", "A{:06d}"),
    "programmes": ("ProgrammeReferenceNumber", "CA{:06d}"),
}
NAME_OF = {"companies": "CompanyName", "assignments": "Name", "programmes": "Name"}


class Firm(Lists):
    """What each call on the firm's own things does."""

    consent_statuses: tuple[str, ...]

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.backups: list[str] = []
        self._pads: dict[tuple[str, str], Body] = {}

    # Companies, assignments, programmes

    def list_entities(self, request: Request, kind: str) -> Response:
        return self.list_rows(body_of(request), Listing(ENTRIES), self._entities(kind))

    def search_entities(self, request: Request, kind: str) -> Response:
        term = request.args.get("request.searchTerm", "").casefold()
        if len(term) < 3:
            raise NoError(400, "The search term needs three characters")
        name = NAME_OF[kind]
        found = [each for each in self._entities(kind) if term in str(each.fields.get(name)).casefold()]
        return self.list_rows(body_of(request), Listing(ENTRIES), found)

    def _entities(self, kind: str) -> list[Entry]:
        return [each for each in self.entities.values() if each.kind == kind]

    def create_entity(self, request: Request, kind: str) -> Response:
        body = body_of(request)
        if not body.get(NAME_OF[kind]):
            raise NoError(400, f"{NAME_OF[kind]} is required")
        self.check_policies(kind, body)
        chosen = self.chosen_id(body, str(body.get("OptionalId")).lower() in self.entities)
        column, pattern = NUMBERS[kind]
        number = pattern.format(len(self._entities(kind)) + 1)
        fields = {**read_back(body), column: number}
        fields.pop("OptionalId", None)
        return answer({"Id": self.add_entity(kind, fields, chosen)}, 201)

    def read_entity(self, kind: str, entity: str) -> Response:
        found = self.entity(kind, entity)
        details = entity_details(found.created, found.modified, found.fields.get("Owner"))
        return answer({"Id": found.id, **found.fields, "EntityDetails": details})

    def replace_entity(self, request: Request, kind: str, entity: str) -> Response:
        found, body = self.entity(kind, entity), body_of(request)
        self.check_policies(kind, body)
        found.fields, found.modified = read_back(body), self.now()
        return answer({"Id": entity})

    def delete_entity(self, kind: str, entity: str) -> Response:
        self._forget(self.entity(kind, entity).id)
        return Response(status=200)

    def bulk_delete_companies(self, request: Request) -> Response:
        for each in ids_in(body_of(request)):
            self._forget(each)
        return Response(status=200)

    def _forget(self, entity: str) -> None:
        self.entities.pop(entity, None)
        for person in self.people.values():
            stay = {each: to for each, to in person.relations.items() if to != entity}
            person.relations = stay

    def entity(self, kind: str, entity: str) -> Entry:
        found = self.entities.get(entity)
        if found is None or found.kind != kind:
            raise NoError(404)
        return found

    def people_of_company(self, request: Request, company: str) -> Response:
        """Position rows: who holds or held a job there."""
        self.entity("companies", company)
        held = [
            (each, each.fields.get("DefaultPosition") or {})
            for each in self.people.values()
            if ((each.fields.get("DefaultPosition") or {}).get("Company") or {}).get("Id") == company
        ]
        rows: list[Any] = [
            {
                "ItemId": f"{each.id}-position",
                "ItemType": "Positions",
                "OffLimitsStatus": each.off_limits,
                "PersonId": {"Id": each.id},
                "PersonDisplayName": each.name,
                "JobTitle": position.get("JobTitle"),
                "CompanyID": {"Id": company},
            }
            for each, position in held
        ]
        part = self.page_of(body_of(request), rows)
        return self.listed(body_of(request), part, [msgspec.json.encode(each) for each in part[0]], len(rows))

    def read_pad(self, company: str, pad: str) -> Response:
        self.entity("companies", company)
        if (company, pad) not in self._pads:
            raise NoError(404)
        return answer(self._pads[company, pad])

    def write_pad(self, request: Request, company: str, pad: str) -> Response:
        self.entity("companies", company)
        self._pads[company, pad] = {"Id": company, **body_of(request)}
        return Response(status=200)

    def set_external_id(self, request: Request, company: str) -> Response:
        found = self.entity("companies", company)
        found.fields["ExternalId1"] = next(iter(request.args.values()), "")
        return Response(status=204)

    def clear_external_id(self, company: str) -> Response:
        self.entity("companies", company).fields["ExternalId1"] = None
        return Response(status=204)

    # Settings, categories, backups

    def countries(self) -> Response:
        return answer([{"CountryCode": code, "CountryName": name} for name, code in COUNTRIES.items()])

    def lookup(self, key: str) -> Response:
        lists = {
            "personcandidatestatus": ("New", "Active", "Placed"),
            "consenteventtypes": self.consent_statuses,
            "assignmentcandidatestatus": ("InitialValue", "Contact", "ConsultantInterview", "Rejected"),
            "documenttype": ("CV", "Contract"),
            **{f"personcustom{number}": ("Yes", "No") for number in (1, 2, 3)},
        }
        if key not in lists:
            raise NoError(404, "Setting not found")
        entries = [{"Id": f"{key}-{text}", "ItemDisplayText": text} for text in lists[key]]
        return answer({"SettingName": key, "Settings": {"ItemReferences": entries}})

    def rules_of_people(self) -> Response:
        asked = {each.partition(".")[2] for each in self.compulsory if each.startswith("people.")}
        return answer([{"FieldName": each, "Policy": "Compulsory"} for each in sorted(asked)])

    def catalogue(self) -> Response:
        entries = [{"Id": each, "CategoryName": name, "Children": []} for each, name in CATALOGUE.items()]
        return answer([{"Id": LOCATION, "CategoryName": "Location", "Children": entries}])

    def delete_category_entry(self, category_list: str, entry: str) -> Response:
        """Refused while a record is linked to it."""
        if category_list != LOCATION:
            raise NoError(404)
        if any(entry in each.categories for each in self.people.values()):
            raise NoError(409, "The entry is linked to a record")
        return Response(status=204)

    def order_backup(self, request: Request) -> Response:
        if not body_of(request).get("Reason"):
            raise NoError(400, "Reason is required")
        self.backups.append(str(body_of(request)["Reason"]))
        return Response(status=204)

    def read_backup_token(self) -> Response:
        return answer({"StorageToken": f"fictional-storage-token-{len(self.backups)}"})
