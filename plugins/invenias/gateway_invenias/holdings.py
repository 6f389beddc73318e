"""What hangs on people and what is kept: shown by `audit`, handed over by `export`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from gateway import Account, GarbledError, Holding, Item, Ref, Response, Subject, UnavailableError
from gateway_invenias import records
from gateway_invenias.client import PEOPLE, among, call, rows
from gateway_invenias.people import present, somebody
from gateway_invenias.records import PERSON, Row

JSON, LARGEST_FILE, NAMES_AT_ONCE = "application/json", 256 * 1024 * 1024, 50
DOCUMENT = "document"
NAMING = (
    "People",
    "Candidates",
    "Clients",
    "Consultants",
    "Attendees",
    "TargetFeedback",
    "AddressedToPeople",
)
RELATIONS = {"assignments": "candidacy", "programmes": "membership"}


def audit(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    """Two list calls for hundreds of people; what hangs on them is read only for those who are there."""
    asked, there = present(account, subjects)
    hanging = hanging_on(account, there)
    kept = still_there(account, {ref for each in subjects for ref in _apart(each)})
    for subject in subjects:
        people = sorted(asked[subject.ref] & there.keys())
        for each in people:
            created = there[each].date_created
            yield Holding(subject.ref, Ref(PERSON, each), created and records.moment(created, "", []))
        refs = [ref for each in people for ref in hanging[each]]
        refs += [ref for ref in _apart(subject) if ref in kept]
        yield from (Holding(subject.ref, ref) for ref in dict.fromkeys(refs))


def export(account: Account, subject: Subject) -> Iterator[Item]:
    """Picture and categories are handed over under the name of the person they belong to."""
    _, there = present(account, [subject])
    seen = set[Ref]()
    for person in there:
        own, path = Ref(PERSON, person), f"{PEOPLE}/{person}"
        yield _item(own, call(account, "GET", path), "person.json")
        for part in ("categories", "recordpicture"):
            response = call(account, "GET", f"{path}/{part}", accept={404}, max_bytes=LARGEST_FILE)
            if response.status != 404:
                yield _item(own, response, part)
        for row in documents(account, person):
            seen.add(Ref(DOCUMENT, row["ItemId"]))
            yield _file(account, f"{path}/documents/{row['ItemId']}", row)
        for ref, row in relations(account, person).items():
            yield Item(ref, JSON, msgspec.json.encode(row), f"{ref.kind}.json")
    for ref, item in journal(account, there).items():
        seen.add(ref)
        yield Item(ref, JSON, msgspec.json.encode(item), f"{ref.kind}.json")
    for ref, row in still_there(account, set(_apart(subject)) - seen).items():
        yield _kept_item(account, ref, row)


def _apart(subject: Subject) -> list[Ref]:
    """What is known of a subject beside the people: documents and journal items that were kept."""
    return [ref for ref in (*subject.records, *subject.kept) if ref.kind not in (PERSON, *RELATIONS.values())]


def hanging_on(account: Account, people: Mapping[str, Row]) -> Mapping[str, list[Ref]]:
    """The documents, relations and journal items of each of these people."""
    hanging: dict[str, list[Ref]] = defaultdict(list)
    for person, found in zip(people, account.map(partial(documents, account), people), strict=True):
        hanging[person] += [Ref(DOCUMENT, row["ItemId"]) for row in found]
    for person, related in zip(people, account.map(partial(relations, account), people), strict=True):
        hanging[person] += related
    for ref, item in journal(account, people).items():
        for person in named(item) & people.keys():
            hanging[person].append(ref)
    return hanging


def documents(account: Account, person: str) -> list[dict[str, Any]]:
    """The rows of a person's documents."""
    select = ["AttachmentName", *account.settings["document_links"]]
    return rows(account, f"{PEOPLE}/{person}/documents", {"Select": select}, {404})


def links_of(account: Account, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a document hangs on: by the column that names it, its id."""
    values = [(column, row.get(column)) for column in account.settings["document_links"]]
    links = [
        (column, each) for column, value in values for each in (value if isinstance(value, list) else [value])
    ]
    return [(column, str(each["Id"] if isinstance(each, dict) else each)) for column, each in links if each]


def relations(account: Account, person: str) -> dict[Ref, dict[str, Any]]:
    """Candidacies and memberships, where the tenant lists them below a person."""
    offered = [each for each in RELATIONS if each in account.settings["person_lists"]]
    return {
        Ref(RELATIONS[each], str(row["ItemId"])): row
        for each in offered
        for row in rows(account, f"{PEOPLE}/{person}/{each}", {"Select": ["FileAs"]}, {404})
    }


def journal(account: Account, people: Mapping[str, Row]) -> dict[Ref, dict[str, Any]]:
    """The journal items that name any of these people: looked for by name, believed by the ids in the item."""
    select = {"Select": ["ActionSubject", "Date"]}

    def search(names: Sequence[str]) -> list[dict[str, Any]]:
        terms = [part for name in names for part in ("or", ["People", "contains", name])][1:]
        return rows(account, "/journal", {**select, "Filter": terms if len(terms) > 1 else terms[0]})

    def below(person: str) -> list[dict[str, Any]]:
        return rows(account, f"{PEOPLE}/{person}/journal", select, {404})

    if "journal" in account.settings["person_lists"]:
        lists = account.map(below, people)
    else:
        names = list(dict.fromkeys(name for row in people.values() for name in row.names))
        chunks = [names[start : start + NAMES_AT_ONCE] for start in range(0, len(names), NAMES_AT_ONCE)]
        lists = account.map(search, chunks)
    refs = list(dict.fromkeys(_journal_ref(row) for found in lists for row in found))
    items = dict(zip(refs, account.map(partial(_read_listed, account), refs), strict=True))
    return {ref: item for ref, item in items.items() if named(item) & people.keys()}


def _read_listed(account: Account, ref: Ref) -> dict[str, Any]:
    item = _read(account, ref)
    if item is None:
        raise UnavailableError(f"a journal item ({ref.kind}) is listed and cannot be read")
    if not named(item):
        raise GarbledError(f"a journal item ({ref.kind}) is listed by the people in it, and shows none")
    return item


def _read(account: Account, ref: Ref) -> dict[str, Any] | None:
    response = call(account, "GET", path_of(ref), accept={404})
    return None if response.status == 404 else response.json(dict[str, Any])


def _journal_ref(row: Mapping[str, Any]) -> Ref:
    return Ref(str(row.get("ItemType")).lower().removesuffix("s"), str(row["ItemId"]))


def path_of(ref: Ref) -> str:
    """Where a journal item is read: a note at /notes/ID."""
    return f"/{ref.kind}{'' if ref.kind == 'feedback' else 's'}/{ref.id}"


def named(item: Mapping[str, Any]) -> set[str]:
    """The ids of all whom a journal item names; a recipient without a person record counts as one more."""
    people = {str(each["Id"]).lower() for field in NAMING for each in item.get(field) or ()}
    return people | {str(each.get("PersonId") or "").lower() for each in item.get("Recipients") or ()}


def still_there(account: Account, refs: Collection[Ref]) -> dict[Ref, dict[str, Any]]:
    """Those of these documents and journal items that are there, whomever they name now."""
    files = {ref.id: ref for ref in refs if ref.kind == DOCUMENT}
    items = {ref.id: ref for ref in refs if ref.kind != DOCUMENT}
    select = ["AttachmentName", *account.settings["document_links"]]
    shown = _shown(account, "/documents", files, select)
    if shown is None:  # the tenant cannot be asked by id: all documents are read
        everything = rows(account, "/documents", {"Select": select})
        shown = {row["ItemId"]: row for row in everything if row["ItemId"] in files}
    found = {files[each]: row for each, row in shown.items()}
    shown = _shown(account, "/journal", items, ["ActionSubject"])
    if shown is None:
        read = zip(items, account.map(partial(_read, account), items.values()), strict=True)
        shown = {each: item for each, item in read if item is not None}
    return found | {items[each]: row for each, row in shown.items()}


def _shown(
    account: Account, path: str, ids: Collection[str], select: Collection[str]
) -> dict[str, dict[str, Any]] | None:
    if not ids:
        return {}
    found = among(account, path, ids, select)
    if not found and found is not None:
        somebody(account)  # an empty list is believed of a tenant that shows its people
    return found


def _kept_item(account: Account, ref: Ref, row: Mapping[str, Any]) -> Item:
    """Something kept after the person has gone; a file is read through another of its owners."""
    if ref.kind != DOCUMENT:
        item = _read(account, ref)
        return Item(ref, JSON, msgspec.json.encode(item or row), f"{ref.kind}.json")
    for column, owner in links_of(account, row):
        return _file(account, f"/{column.lower()}/{owner}/documents/{ref.id}", row)
    return Item(ref, JSON, msgspec.json.encode(row), "document.json")


def _file(account: Account, path: str, row: Mapping[str, Any]) -> Item:
    response = call(account, "GET", path, max_bytes=LARGEST_FILE)
    return _item(Ref(DOCUMENT, row["ItemId"]), response, row.get("AttachmentName") or "")


def _item(ref: Ref, response: Response, name: str) -> Item:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip() or "application/octet-stream"
    return Item(ref, kind, response.content, name)
