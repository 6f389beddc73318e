"""The list contract of the simulated vendor: select, filter, sort, page; quick for hundreds of thousands of people."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from gateway_invenias.simulator_data import ENTITIES, KINDS, Document, Entry, Person, Tenant

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], Any]]

PEOPLE: Columns[Person] = {
    "ItemId": lambda each: each.id,
    "ItemType": lambda _: "People",
    "OffLimitsStatus": lambda each: each.off_limits,
    "FileAs": lambda each: f"{each.family_name}, {each.first_name}",
    "DisplayFileAs": lambda each: each.name,
    "FirstName": lambda each: each.first_name,
    "FamilyName": lambda each: each.family_name,
    "Email1Address": lambda each: each.email or None,
    "Email2Address": lambda each: each.email2 or None,
    "Email3Address": lambda each: each.email3 or None,
    "MobilePhone": lambda each: each.phone or None,
    "DateOfBirth": lambda each: each.born or None,
    "PositionJobTitle": lambda each: (each.fields.get("DefaultPosition") or {}).get("JobTitle"),
    "TotalCandidateAssignments": lambda each: len(each.relations),
    "UserId": lambda each: each.user_id or None,
    "IsLicenseAssigned": lambda each: True if each.user_id else None,
    "Disabled": lambda each: False if each.user_id else None,
    "DateCreated": attrgetter("created"),
    "DateModified": attrgetter("modified"),
}
DOCUMENTS: Columns[Document] = {
    "ItemId": lambda each: each.id,
    "ItemType": lambda _: "Documents",
    "OffLimitsStatus": lambda _: "Off",
    "AttachmentName": lambda each: each.name,
    "DocumentExtension": lambda each: each.name.rpartition(".")[2],
    "DocumentTypeDisplayText": lambda each: each.fields.get("DocumentType"),
    "ExpirationDate": lambda each: each.fields.get("ExpirationDate"),
    "IsDefaultCv": lambda each: each.fields.get("IsDefaultCv"),
    "CreatedBy": lambda _: "Owner",
    "People": lambda each: _references(each, "People"),
    "Companies": lambda each: _references(each, "Companies"),
    "Assignments": lambda each: _references(each, "Assignments"),
    "Programmes": lambda each: _references(each, "Programmes"),
}
JOURNAL: Columns[Entry] = {
    "ItemId": lambda each: each.id,
    "ItemType": lambda each: KINDS[each.kind],
    "OffLimitsStatus": lambda _: "Off",
    "ActionSubject": lambda each: each.fields.get("Subject"),
    "ActionType": lambda each: _action_type(each),
    "Notes": lambda each: each.fields.get("Content") or each.fields.get("Body"),
    "Date": attrgetter("created"),
    "People": lambda each: "; ".join(each.names()),
}
_NAMES = {"companies": "CompanyName", "assignments": "Name", "programmes": "Name"}
_NUMBERS = {
    "companies": "CompanyReferenceNumber",
    "assignments": "AssignmentReferenceNumber",
    "programmes": "ProgrammeReferenceNumber",
}
ENTRIES: Columns[Entry] = {
    "ItemId": lambda each: each.id,
    "ItemType": lambda each: ENTITIES[each.kind],
    "OffLimitsStatus": lambda _: "Off",
    "FileAs": lambda each: each.fields.get(_NAMES[each.kind]),
    "Name": lambda each: each.fields.get("Name"),
    "CompanyReferenceNumber": lambda each: each.fields.get(_NUMBERS["companies"]),
    "AssignmentReferenceNumber": lambda each: each.fields.get(_NUMBERS["assignments"]),
    "ProgrammeReferenceNumber": lambda each: each.fields.get(_NUMBERS["programmes"]),
    "Status_lookup": lambda each: (each.fields.get("Status") or {}).get("ItemDisplayText"),
    "Status": lambda each: each.fields.get("Status"),
}
RELATIONS: Columns[tuple[str, Entry]] = {
    "ItemId": lambda each: each[0],
    "ItemType": lambda each: ENTITIES[each[1].kind],
    "OffLimitsStatus": lambda _: "Off",
    "FileAs": lambda each: each[1].fields.get(_NAMES[each[1].kind]),
}
ALWAYS = ("ItemId", "ItemType", "OffLimitsStatus")


class UnknownColumnError(ValueError):
    """A filter or a sort (or, in some tenants, a selection) names a column that the list does not have."""


def _action_type(item: Entry) -> dict[str, Any] | None:
    """The kind of action, which each kind of journal item keeps under a name of its own."""
    return next((value for name, value in item.fields.items() if name.endswith("ActionType")), None)


def _references(document: Document, column: str) -> list[dict[str, str]] | None:
    return [{"Id": each} for each in document.links.get(column, ())] or None


def write_moment(moment: datetime) -> str:
    """As the vendor writes times: seven digits behind the point."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:26]}0+00:00"


def _written(read: Callable[[T], Any]) -> Callable[[T], Any]:
    """How a column is read for an answer: a time as text."""
    return (lambda row: write_moment(read(row))) if isinstance(read, attrgetter) else read


class Listing(Generic[T]):
    """What is listed, and by which columns.

    `further` gives a row's further columns, `named` are those every tenant row may have; `refused` cannot be
    filtered by.
    """

    def __init__(
        self,
        columns: Columns[T],
        *,
        further: Callable[[T], Mapping[str, Any]] = lambda _: {},
        named: Collection[str] = (),
        refused: Collection[str] = (),
        hidden: Collection[str] = (),
    ) -> None:
        shown = {name: read for name, read in columns.items() if name not in hidden} if hidden else columns
        self.columns: Columns[T] = shown
        self.further = further
        self.named = named
        self.refused = refused

    def available(self) -> list[str]:
        """The names `IncludeAvailableColumns` asks for."""
        return [*self.columns, *self.named]

    def value(self, row: T, column: str) -> Any:
        read = self.columns.get(column)
        return read(row) if read else self.further(row).get(column)

    def encoder(self, select: Iterable[str]) -> Callable[[T], bytes]:
        """How a row becomes JSON; columns without a value, or without a meaning here, are left out."""
        asked = dict.fromkeys((*ALWAYS, *select))
        known = [(column, _written(self.columns[column])) for column in asked if column in self.columns]
        further = [column for column in asked if column not in self.columns]
        write = msgspec.json.Encoder().encode

        def encode(row: T) -> bytes:
            shown = {column: value for column, read in known if (value := read(row)) is not None}
            given = self.further(row) if further else {}
            return write(
                shown | {column: given[column] for column in further if given.get(column) is not None}
            )

        return encode

    def check(self, column: Any, rows: Iterable[T], refused: Collection[str] = ()) -> str:
        known = column in self.columns or column in self.named
        if column in refused or not (known or any(column in self.further(row) for row in rows)):
            raise UnknownColumnError(f"The column {column} is not known, or cannot be filtered or sorted by")
        return str(column)

    def matcher(self, asked: Sequence[Any], rows: Collection[T]) -> Callable[[T], bool]:
        """One condition, or conditions joined by "and" or "or"."""
        if len(asked) == 1:
            return self.matcher(asked[0], rows)
        if isinstance(asked[0], str):
            column = self.check(asked[0], rows, self.refused)
            test = _test(asked[1], asked[2] if len(asked) > 2 else None)
            return lambda row: test(self.value(row, column))
        parts = [self.matcher(each, rows) for each in asked[::2]]
        join = any if "or" in asked[1::2] else all
        return lambda row: join(part(row) for part in parts)

    def sorted(self, rows: Iterable[T], sort: Sequence[Mapping[str, Any]]) -> list[T]:
        ordered = list(rows)
        for each in reversed(sort):
            column = self.check(each["Selector"], ordered, set(self.refused) - {"ItemId"})

            def key(row: T, column: str = column) -> tuple[bool, Any]:
                value = self.value(row, column)
                return value is not None, value

            always = column in (*ALWAYS, "DateCreated", "DateModified")
            ordered.sort(key=self.columns[column] if always else key, reverse=bool(each.get("Desc")))
        return ordered


def _test(operator: str, wanted: Any) -> Callable[[Any], bool]:
    if operator == "isnull":
        return lambda value: value is None
    if operator == "isnullorempty":
        return lambda value: value in (None, "")
    if operator == "in":
        among = {_plain(each) for each in wanted}
        return lambda value: _plain(value) in among
    want = _plain(wanted)
    if operator in _TEXT:
        compare = _TEXT[operator]
        return lambda value: compare(str(_plain(value) or ""), str(want))
    if operator not in _ORDER:
        raise UnknownColumnError(f"The operator {operator} is not supported")
    order = _ORDER[operator]
    if operator not in ("=", "<>") and (limit := _moment(wanted)) is not None:
        return lambda value: value is not None and order(_moment(value) or value, limit)
    return lambda value: value is not None and order(_plain(value), want)


_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda value, want: want in value,
    "notcontains": lambda value, want: want not in value,
    "startswith": lambda value, want: value.startswith(want),
    "endswith": lambda value, want: value.endswith(want),
}
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, want: bool(value == want),
    "<>": lambda value, want: bool(value != want),
    ">": lambda value, want: bool(value > want),
    ">=": lambda value, want: bool(value >= want),
    "<": lambda value, want: bool(value < want),
    "<=": lambda value, want: bool(value <= want),
}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return write_moment(value)
    return str(value).casefold() if isinstance(value, str | bool) else value


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class PeopleLists:
    """The people in the orders asked for, and each row's JSON, kept until somebody changes."""

    def __init__(self, tenant: Tenant, listing: Callable[[], Listing[Person]]) -> None:
        self._tenant = tenant
        self.listing = listing
        self._version = -1
        self._orders: dict[bytes, list[Person]] = {}
        self._encoded: dict[tuple[str, ...], dict[str, tuple[int, bytes]]] = {}

    def rows(self, asked: Any, sort: Sequence[Mapping[str, Any]]) -> Sequence[Person]:
        """Those that match, in order."""
        listing, everyone = self.listing(), self._tenant.people
        ordered = self._ordered(listing, sort)
        if not asked:
            return ordered
        accept = listing.matcher(asked, everyone.values())
        if asked[0] == "ItemId" and asked[1] == "in":
            return [everyone[each] for each in dict.fromkeys(map(str.lower, asked[2])) if each in everyone]
        if asked[0] == "DateCreated" and asked[1] in ("<=", ">=") and (limit := _moment(asked[2])):
            oldest_first = self._ordered(listing, _CREATION)
            if asked[1] == "<=":
                return oldest_first[: bisect_right(oldest_first, limit, key=lambda each: each.created)]
            return oldest_first[bisect_left(oldest_first, limit, key=lambda each: each.created) :]
        return [each for each in ordered if accept(each)]

    def encode(self, rows: Iterable[Person], select: tuple[str, ...]) -> list[bytes]:
        """The rows' JSON, made once for each Select."""
        encode, known = self.listing().encoder(select), self._encoded.setdefault(select, {})
        encoded = []
        for each in rows:
            made = known.get(each.id)
            if made is None or made[0] != each.revision:
                made = known[each.id] = (each.revision, encode(each))
            encoded.append(made[1])
        return encoded

    def _ordered(self, listing: Listing[Person], sort: Sequence[Mapping[str, Any]]) -> list[Person]:
        if self._version != self._tenant.version:
            self._version = self._tenant.version
            self._orders.clear()
        key = msgspec.json.encode(sort)
        if key not in self._orders:
            self._orders[key] = listing.sorted(self._tenant.people.values(), sort)
        return self._orders[key]


_CREATION = ({"Selector": "DateCreated"}, {"Selector": "ItemId"})
