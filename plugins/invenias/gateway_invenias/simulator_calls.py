"""What all of the simulated API's calls are made of: answers, ways of saying no, and pages of lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from gateway_invenias.simulator_data import OWNER, Tenant
from gateway_invenias.simulator_lists import Listing, UnknownColumnError, write_moment

Body = dict[str, Any]
JSON = "application/json; charset=utf-8"
COUNTRIES = {"NORWAY": "NO", "SWEDEN": "SE", "DENMARK": "DK"}
NO_RESOURCE = "No HTTP resource was found"


class NoError(Exception):
    """Invenias says no, with a status and a message."""

    def __init__(self, status: int, message: str = "Item not found") -> None:
        super().__init__(message)
        self.status = status


class Lists(Tenant):
    """The list contract: one page of what matches, and what was asked for beside it."""

    page_limit: int
    default_page_size: int
    refuse_oversize: bool
    page_past_end: int
    refuse_unknown_select: bool
    blind: bool
    id_filter: bool
    optional_id_twice: int
    compulsory: frozenset[str]

    def list_rows(
        self, asked: Body, listing: Listing[Any], rows: Sequence[Any], default: str = "FileAs"
    ) -> Response:
        """Those of `rows` that match, one page of them; `default` is what is shown where nothing is selected."""
        matching = listing.sorted(rows, asked.get("Sort") or ())
        if asked.get("Filter"):
            matching = list(filter(listing.matcher(asked["Filter"], matching), matching))
        if asked.get("Group"):
            return self._grouped(asked, listing, matching)
        select = self.selected(asked, listing, default)
        part = self.page_of(asked, matching)
        return self.listed(asked, part, list(map(listing.encoder(select), part[0])), len(rows), listing)

    def refused_columns(self) -> set[str]:
        """What no list can be filtered by."""
        return set() if self.id_filter else {"ItemId"}

    def selected(self, asked: Body, listing: Listing[Any], default: str) -> tuple[str, ...]:
        """The columns a row shows: those asked for, and those the filter uses."""
        select = tuple(asked.get("Select") or (default,))
        unknown = set(select) - set(listing.available())
        if unknown and self.refuse_unknown_select:
            raise UnknownColumnError(f"The column {min(unknown)} is not known")
        return (*select, *columns_in(asked.get("Filter") or ()))

    def page_of(self, asked: Body, rows: Sequence[Any]) -> tuple[Sequence[Any], int, int | None]:
        """The rows of the page, how many there are in all, and the next page if there is one."""
        if self.blind:
            rows = ()
        size, index = int(asked.get("PageSize") or self.default_page_size), int(asked.get("PageIndex") or 0)
        if size > self.page_limit and self.refuse_oversize:
            raise NoError(400, f"PageSize is at most {self.page_limit}")
        size = min(size, self.page_limit)
        start = index * size
        if asked.get("UsePaging") is False or "Skip" in asked or "Take" in asked:
            start, size = int(asked.get("Skip") or 0), min(int(asked.get("Take") or size), self.page_limit)
        if index and start >= len(rows) and self.page_past_end >= 400:
            raise NoError(self.page_past_end, "Page not found")
        end = start + size
        return rows[start:end], len(rows), index + 1 if end < len(rows) else None

    def listed(
        self,
        asked: Body,
        part: tuple[Sequence[Any], int, int | None],
        rows: Sequence[bytes],
        everything: int,
        listing: Listing[Any] | None = None,
    ) -> Response:
        _, total, following = part
        paging: Body = {"NextPageNumber": following} if following is not None else {}
        if asked.get("ReturnTotalCount"):
            paging["TotalItemCount"] = total
        if asked.get("ReturnTotalDatabaseItemCount"):
            paging["TotalDatabaseItemCount"] = everything
        known = listing.available() if listing else []
        view = {"Columns": [_column(each, known) for each in asked.get("Select") or ()]}
        rest: Body = {"ViewDefinition": view, "Paging": paging}
        if asked.get("IncludeAvailableColumns"):
            rest["AvailableColumns"] = [_column(each, known) for each in known]
        body = b'{"Items":[' + b",".join(rows) + b"]," + msgspec.json.encode(rest)[1:]
        return Response(body, content_type=JSON)

    def _grouped(self, asked: Body, listing: Listing[Any], rows: Sequence[Any]) -> Response:
        group = asked["Group"]
        column = listing.check((group[0] if isinstance(group, list) else group)["Selector"], rows)
        counted = Counter(listing.value(row, column) for row in rows)
        return answer({"Groups": [{"Key": key, "Count": count} for key, count in counted.items()]})

    def check_policies(self, kind: str, body: Body) -> None:
        """Refuse, as the vendor does, what a policy of the tenant asks for and the body leaves empty."""
        fields = sorted(each.partition(".")[2] for each in self.compulsory if each.startswith(f"{kind}."))
        for field in fields:
            if not body.get(field) or body[field] == {"ItemReferences": []}:
                service = "Invenias.Model.Services.Services.Services.DataManagementService"
                raise NoError(500, f"{service}.Validate{kind.title()}{field}Policy")

    def chosen_id(self, body: Body, taken: bool) -> str:
        """The id the client chose, lower case; one that is taken is refused."""
        chosen = str(body.get("OptionalId") or "").lower()
        if chosen and taken:
            raise NoError(self.optional_id_twice, "An item with this id exists")
        return chosen


def columns_in(asked: Sequence[Any]) -> list[str]:
    """The columns a filter names."""
    if asked and isinstance(asked[0], str):
        return [asked[0]]
    return [column for each in asked if isinstance(each, list) for column in columns_in(each)]


def _column(name: str, known: Sequence[str]) -> Body:
    """What a list says of a column; of one it does not know, nothing but the name."""
    title = {"DisplayTitle": name} if name in known else {}
    return {"FieldName": name, **title, "IsStaticEnum": False}


def answer(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type=JSON)


def body_of(request: Request) -> Body:
    try:
        return msgspec.json.decode(request.get_data() or b"{}", type=dict[str, Any])
    except msgspec.MsgspecError as err:
        raise NoError(400, "The body is not JSON") from err


def ids_in(body: Body) -> list[str]:
    """The ids of `ItemReferences`; either case is taken."""
    return [str(each["Id"]).lower() for each in body.get("ItemReferences") or ()]


def entity_details(created: datetime, modified: datetime, owner: Any = None) -> Body:
    user = {"Id": OWNER, "DisplayTitle": "Owner", "ItemDisplayText": "Owner", "ItemType": "Users"}
    dates = {"DateCreated": write_moment(created), "DateModified": write_moment(modified)}
    return {**dates, "CreatedBy": user, "ModifiedBy": user, "Owner": owner or user}


def read_back(value: Any, known: Any = None) -> Any:
    """A written value as it is read: references to many as a bare array, a country that is not on the list as null."""
    if isinstance(value, dict) and "ItemReferences" in value:
        look_up = known or {}
        ids = [str(each["Id"]).lower() for each in value["ItemReferences"]]
        return [look_up[each].reference if each in look_up else {"Id": each} for each in ids]
    if isinstance(value, dict):
        return {
            name: _country(each) if name == "Country" else read_back(each) for name, each in value.items()
        }
    return [read_back(each) for each in value] if isinstance(value, list) else value


def _country(value: Any) -> Any:
    return value if value in COUNTRIES else None
