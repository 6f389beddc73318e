"""What is held about a person: shown, handed over, and deleted, children first and the person last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from gateway import (
    Account,
    GarbledError,
    Holding,
    Item,
    Kept,
    Outcome,
    Reason,
    Receipt,
    Ref,
    Response,
    Subject,
)
from gateway_invenias import records
from gateway_invenias.client import (
    NAMING,
    PEOPLE,
    alive,
    call,
    documents,
    held,
    ids_of,
    journal,
    named,
    path_of,
)
from gateway_invenias.records import EMAIL, PERSON, Row

JSON, LARGEST_FILE = "application/json", 256 * 1024 * 1024
REFERENCES = (*NAMING, "Companies", "Assignments", "Programmes", "Documents")
SHARED = "others are linked to it, or it does not show that nobody is; a person has to see what it says of this one"
REWRITTEN = "it names others too; this person was taken out, and its text has to be read"
UNCHANGED = "it names others too and is not saved without this person; it has to be changed by hand"
SPARED = "it names others too, and one of them is to be kept"
USER = "the person is a user of Invenias, and no user is deleted from here"
REFUSED = "Invenias refuses to delete this person while other calls work: look for a user account in Invenias"
Fates = Mapping[str, tuple[list[Ref], list[Kept]]]


def holdings(account: Account, subjects: Sequence[Subject]) -> Iterator[Holding]:
    """One list call for hundreds of people; what hangs on them is read only for those who are there."""
    asked, there = _there(account, subjects)
    hanging = _hanging(account, there)
    for subject, ids in asked.items():
        for each in sorted(ids & there.keys()):
            created = there[each].date_created
            yield Holding(subject, Ref(PERSON, each), created and records.moment(created, "", []))
            yield from (Holding(subject, ref) for ref in hanging[each])


def everything(account: Account, subject: Subject) -> Iterator[Item]:
    """Picture and categories are handed over under the name of the person they belong to."""
    _, there = _there(account, [subject])
    for person in there:
        own, path = Ref(PERSON, person), f"{PEOPLE}/{person}"
        yield _item(own, call(account, "GET", path), "person.json")
        for part in ("categories", "recordpicture"):
            response = call(account, "GET", f"{path}/{part}", accept={404}, max_bytes=LARGEST_FILE)
            if response.status != 404:
                yield _item(own, response, part)
        for row in documents(account, person):
            response = call(account, "GET", f"{path}/documents/{row['ItemId']}", max_bytes=LARGEST_FILE)
            yield _item(Ref("document", row["ItemId"]), response, row.get("AttachmentName") or "")
    for ref, item in journal(account, there).items():
        yield Item(ref, JSON, msgspec.json.encode(item), f"{ref.kind}.json")


def erase(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:
    """Users are seen before anything is touched; the journal is settled for all at once, for one item names many."""
    asked, there = _there(account, subjects)
    spared = {ref for subject in subjects for ref in subject.kept}
    users, doomed = {}, {}
    for subject in subjects:
        ids = {each for each in asked[subject.ref] & there.keys() if Ref(PERSON, each) not in spared}
        if not ids:
            yield _nothing(
                subject, spared & {Ref(PERSON, each) for each in asked[subject.ref] & there.keys()}
            )
        elif any(there[each].user_id for each in ids):
            users[subject.ref] = ids
        elif len(ids) > 1 and not subject.records:
            yield Receipt(
                subject.ref, Outcome.MANUAL, note=f"{len(ids)} people have this address: which one is it?"
            )
        else:
            doomed[subject.ref] = ids
    hanging = _hanging(account, {each: there[each] for ids in users.values() for each in ids})
    for ref, ids in users.items():
        refs = [held for each in sorted(ids) for held in (Ref(PERSON, each), *hanging[each])]
        yield Receipt(ref, Outcome.KEPT, kept=tuple(Kept(each, Reason.USER_ACCOUNT, USER) for each in refs))
    people = {each: there[each] for ids in doomed.values() for each in ids}
    fates = _settle_journal(account, people, spared)
    yield from account.map(partial(_erase, account, fates, spared), doomed.items())


def _there(account: Account, subjects: Sequence[Subject]) -> tuple[dict[str, set[str]], dict[str, Row]]:
    """The people each subject stands for, and those of all who are there."""
    found = account.map(partial(ids_of, account), subjects)
    asked = {subject.ref: set(ids) for subject, ids in zip(subjects, found, strict=True)}
    return asked, held(account, [each for ids in asked.values() for each in sorted(ids)])


def _hanging(account: Account, people: Mapping[str, Row]) -> Mapping[str, list[Ref]]:
    """The documents and journal items of each of these people."""
    hanging: dict[str, list[Ref]] = defaultdict(list)
    for person, rows in zip(people, account.map(partial(documents, account), people), strict=True):
        hanging[person] += [Ref("document", row["ItemId"]) for row in rows]
    for ref, item in journal(account, people).items():
        for person in named(item) & people.keys():
            hanging[person].append(ref)
    return hanging


def _nothing(subject: Subject, kept: Collection[Ref]) -> Receipt:
    if kept:
        return Receipt(subject.ref, Outcome.KEPT, note="all that is known of this person is to be kept")
    if subject.records or subject.known_by(EMAIL):
        return Receipt(subject.ref, Outcome.NOTHING)
    return Receipt(subject.ref, Outcome.UNLINKABLE, note="neither a record nor an e-mail address is known")


def _settle_journal(account: Account, people: Mapping[str, Row], spared: Collection[Ref]) -> Fates:
    """Items that name nobody else are deleted; others are saved without these people. PUT replaces the whole."""

    def settle(pair: tuple[Ref, dict[str, Any]]) -> Kept | None:
        ref, item = pair
        if ref in spared:
            return Kept(ref, Reason.SHARED, SPARED)
        if named(item) <= people.keys():
            call(account, "DELETE", path_of(ref), accept={404})
            return None
        try:
            call(account, "PUT", path_of(ref), json=_without(item, people))
        except GarbledError:  # a policy of the tenant, say; the link goes with the person, the text stays
            return Kept(ref, Reason.REVIEW, UNCHANGED)
        return Kept(ref, Reason.REVIEW, REWRITTEN)

    fates: Fates = {person: ([], []) for person in people}
    items = journal(account, people)
    for (ref, item), kept in zip(items.items(), account.map(settle, items.items()), strict=True):
        for deleted, stays in (fates[person] for person in named(item) & people.keys()):
            deleted.extend([] if kept else [ref])
            stays.extend([kept] if kept else [])
    return fates


def _without(item: Mapping[str, Any], people: Collection[str]) -> dict[str, Any]:
    """A journal item as it is written: references to many are read bare and written as ItemReferences."""
    written = {**item, "Owner": (item.get("EntityDetails") or item).get("Owner")}
    written.pop("EntityDetails", None)
    for field, value in item.items():
        if field == "Recipients":
            written[field] = [each for each in value or () if str(each.get("PersonId")).lower() not in people]
        elif field in REFERENCES or (value and isinstance(value, list) and "ItemType" in value[0]):
            stay = [{"Id": each["Id"]} for each in value or () if str(each["Id"]).lower() not in people]
            written[field] = {"ItemReferences": stay}
    return written


def _erase(
    account: Account, fates: Fates, spared: Collection[Ref], doomed: tuple[str, Collection[str]]
) -> Receipt:
    subject, ids = doomed
    deleted: list[Ref] = []
    kept: list[Kept] = []
    for person in sorted(ids):
        path = f"{PEOPLE}/{person}"
        own, shared = _own_documents(account, person, set(fates))
        if own := [ref for ref in own if ref not in spared]:
            references = [{"Id": ref.id} for ref in own]
            call(account, "POST", "/documents/bulkDelete", json={"ItemReferences": references})
        deleted += [*fates[person][0], *own]
        kept += [*fates[person][1], *(Kept(ref, Reason.SHARED, SHARED) for ref in shared)]
        call(account, "DELETE", f"{path}/recordpicture", accept={404})
        for entry in _categories(call(account, "GET", f"{path}/categories", accept={404})):
            call(account, "DELETE", f"{path}/categories/{entry}", accept={404})
        response = call(account, "DELETE", path, accept={403, 404})
        if response.status >= 400:
            alive(account)
        if response.status == 403:
            return Receipt(subject, Outcome.MANUAL, tuple(deleted), tuple(kept), note=REFUSED)
        deleted.append(Ref(PERSON, person))
    return Receipt(subject, Outcome.DONE, tuple(dict.fromkeys(deleted)), tuple(dict.fromkeys(kept)))


def _own_documents(account: Account, person: str, doomed: set[str]) -> tuple[list[Ref], list[Ref]]:
    """The documents linked to nobody but those who go, and the others."""
    own: list[Ref] = []
    shared: list[Ref] = []
    columns = account.settings["document_links"]
    for row in documents(account, person):
        values = [value for column in columns if (value := row.get(column))]
        links = [link for value in values for link in (value if isinstance(value, list) else [value])]
        ids = {str(link.get("Id") if isinstance(link, dict) else link).lower() for link in links}
        alone = not columns or (ids and ids <= doomed)
        (own if alone else shared).append(Ref("document", row["ItemId"]))
    return own, shared


def _categories(response: Response) -> list[str]:
    if response.status == 404:
        return []
    lists = response.json(dict[str, Any]).get("Lists") or ()
    return [entry["Id"] for each in lists for entry in each.get("Categories") or ()]


def _item(ref: Ref, response: Response, name: str) -> Item:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip() or "application/octet-stream"
    return Item(ref, kind, response.content, name)
