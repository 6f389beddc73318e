"""Deleting people: what hangs on them first, what others share rewritten or left and named, the person last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gateway import Account, GarbledError, Kept, Outcome, Reason, Receipt, Ref, Response, Subject
from gateway_invenias.client import PEOPLE, alive, call, change
from gateway_invenias.holdings import (
    DOCUMENT,
    NAMING,
    documents,
    hanging_on,
    journal,
    links_of,
    named,
    path_of,
    still_there,
)
from gateway_invenias.people import held, present, require
from gateway_invenias.records import EMAIL, PERSON, Row

GONE = frozenset({404, 410})
REFERENCES = (*NAMING, "Companies", "Assignments", "Programmes", "Documents")
SHARED = "others are linked to it, or it does not show that nobody is; a person has to see what it says of this one"
REWRITTEN = "it names others too; this person was taken out, and its text has to be read"
UNCHANGED = "it names others too and is not saved without this person; it has to be changed by hand"
SPARED = "the gateway was told to leave it"
SURVIVED = "Invenias answers that it is deleted, and still shows it; it has to be deleted by hand"
USER = "the person is a user of Invenias, and no user is deleted from here"
REFUSED = "Invenias refuses to delete this person while other calls work: look for a user account in Invenias"
DELETED_IN_BULK = frozenset({400, 403, 404, 405, 409, 410})
"""How a bulk deletion may be refused that can still be made one by one."""


@dataclass(slots=True)
class Fate:
    """What becomes of one person and of what hangs on them."""

    deleted: list[Ref] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    refused: bool = False


def erase(account: Account, subjects: Sequence[Subject]) -> Iterator[Receipt]:
    """Users are seen before anything is touched; then all go together, for one call and one journal item name many.

    Receipts are given after a read that shows who is there, so that a 404 on the way is no expired application.
    """
    asked, there = present(account, subjects)
    require(account, "UserId", "who is a user of Invenias cannot be told, and no user is deleted from here")
    spared = {ref for subject in subjects for ref in subject.kept}
    waiting = []
    for subject in subjects:
        ids = asked[subject.ref] & there.keys()
        if len(ids) > 1 and not subject.records and not subject.kept:
            text = f"{len(ids)} people have this address: which one is it?"
            yield Receipt(subject.ref, Outcome.MANUAL, note=text)
        elif not ids:
            yield _nothing(subject)
        else:
            waiting.append((subject, ids))
    people = {each: there[each] for _, ids in waiting for each in sorted(ids)}
    going = {each: row for each, row in people.items() if not _stays(row, spared)}
    fates = _kept_fates(account, {each: row for each, row in people.items() if each not in going}, spared)
    fates |= _carry_out(account, going, spared)
    for subject, ids in waiting:
        yield _receipt(subject, [fates[each] for each in sorted(ids)])


def _nothing(subject: Subject) -> Receipt:
    if subject.records or subject.kept or subject.known_by(EMAIL):
        return Receipt(subject.ref, Outcome.NOTHING)
    return Receipt(subject.ref, Outcome.UNLINKABLE, note="neither a record nor an e-mail address is known")


def _receipt(subject: Subject, fates: Sequence[Fate]) -> Receipt:
    deleted = tuple(dict.fromkeys(ref for each in fates for ref in each.deleted))
    kept = tuple(dict.fromkeys(stays for each in fates for stays in each.kept))
    if any(each.refused for each in fates):
        return Receipt(subject.ref, Outcome.MANUAL, deleted, kept, note=REFUSED)
    return Receipt(subject.ref, Outcome.DONE if deleted else Outcome.KEPT, deleted, kept)


def _stays(row: Row, spared: Collection[Ref]) -> bool:
    return row.is_user or Ref(PERSON, row.item_id) in spared


def _kept_fates(account: Account, people: Mapping[str, Row], spared: Collection[Ref]) -> dict[str, Fate]:
    """Those who stay, with all that hangs on them."""
    hanging, fates = hanging_on(account, people), dict[str, Fate]()
    for each in people:
        is_spared = Ref(PERSON, each) in spared
        reason, text = (Reason.LEGAL_DUTY, SPARED) if is_spared else (Reason.USER_ACCOUNT, USER)
        fates[each] = Fate(kept=[Kept(ref, reason, text) for ref in (Ref(PERSON, each), *hanging[each])])
    return fates


def _carry_out(account: Account, people: Mapping[str, Row], spared: set[Ref]) -> dict[str, Fate]:
    """Children first. Shared items are rewritten last: only that step leaves nothing a repetition could see."""
    fates = {each: Fate() for each in people}
    if not people:
        return fates
    items = journal(account, people)
    own = {ref for ref, item in items.items() if named(item) <= people.keys()} - spared
    _settle_documents(account, fates, spared)
    list(account.map(partial(_delete_item, account), sorted(own)))
    survived = still_there(account, own).keys()
    list(account.map(partial(_strip, account), people))
    staying = {ref: item for ref, item in items.items() if ref not in own or ref in survived}
    left = {**dict.fromkeys(survived, SURVIVED), **dict.fromkeys(spared, SPARED)}
    settle = partial(_settle, account, people.keys(), left)
    kept = dict(zip(staying, account.map(settle, staying.items()), strict=True))
    for ref, item in items.items():
        for person in named(item) & people.keys():
            if ref in kept:
                fates[person].kept.append(kept[ref])
            else:
                fates[person].deleted.append(ref)
    _delete_people(account, fates)
    return fates


def _delete_item(account: Account, ref: Ref) -> None:
    change(account, "DELETE", path_of(ref), accept=GONE)


def _settle(
    account: Account, people: Collection[str], left: Mapping[Ref, str], pair: tuple[Ref, Mapping[str, Any]]
) -> Kept:
    """A journal item that stays: as it is, for the reason in `left`, or saved without these people."""
    ref, item = pair
    if ref in left:
        return Kept(ref, Reason.LEGAL_DUTY if left[ref] == SPARED else Reason.REVIEW, left[ref])
    try:
        change(account, "PUT", path_of(ref), json=_without(item, people))
    except GarbledError:  # a policy of the tenant, say; the link goes with the person, the text stays
        return Kept(ref, Reason.REVIEW, UNCHANGED)
    return Kept(ref, Reason.REVIEW, REWRITTEN)


def _without(item: Mapping[str, Any], people: Collection[str]) -> dict[str, Any]:
    """A journal item as it is written, whole: references to many are read bare and written as ItemReferences."""
    written = {**item, "Owner": (item.get("EntityDetails") or item).get("Owner")}
    written.pop("EntityDetails", None)
    for name, value in item.items():
        if name == "Recipients":
            written[name] = [each for each in value or () if str(each.get("PersonId")).lower() not in people]
        elif name in REFERENCES or (value and isinstance(value, list) and "ItemType" in value[0]):
            stay = [{"Id": each["Id"]} for each in value or () if str(each["Id"]).lower() not in people]
            written[name] = {"ItemReferences": stay}
    return written


def _settle_documents(account: Account, fates: Mapping[str, Fate], spared: set[Ref]) -> None:
    """Documents linked to nobody but those who go are deleted; the others stay and are named."""
    listed = dict(zip(fates, account.map(partial(documents, account), fates), strict=True))
    rows = {Ref(DOCUMENT, row["ItemId"]): row for found in listed.values() for row in found}
    own = {ref for ref, row in rows.items() if ref not in spared and _is_alone(account, row, fates.keys())}
    stays = {ref: Kept(ref, Reason.SHARED, SHARED) for ref in rows.keys() - own}
    stays |= {ref: Kept(ref, Reason.LEGAL_DUTY, SPARED) for ref in rows.keys() & spared}
    stays |= {ref: Kept(ref, Reason.REVIEW, SURVIVED) for ref in _delete_documents(account, own)}
    for person, found in listed.items():
        refs = [Ref(DOCUMENT, row["ItemId"]) for row in found]
        fates[person].deleted += [ref for ref in refs if ref not in stays]
        fates[person].kept += [stays[ref] for ref in refs if ref in stays]


def _delete_documents(account: Account, own: Collection[Ref]) -> Collection[Ref]:
    """In one call; whatever a read still shows then, one by one. Gives what survived both."""
    if not own:
        return ()
    body = _references(ref.id for ref in sorted(own))
    change(account, "POST", "/documents/bulkDelete", json=body, accept=DELETED_IN_BULK)
    left = sorted(still_there(account, own))
    for each in left:
        change(account, "DELETE", f"/documents/{each.id}", accept=GONE)
    return still_there(account, left)


def _is_alone(account: Account, row: Mapping[str, Any], going: Collection[str]) -> bool:
    """Whether a document is linked to nobody and nothing but people who go."""
    if not account.settings["document_links"]:
        return True
    ids = {each.lower() for _, each in links_of(account, row)}
    return bool(ids) and ids <= set(going)


def _strip(account: Account, person: str) -> None:
    """Picture and categories; candidacies and memberships have no call of their own and go with the person."""
    path = f"{PEOPLE}/{person}"
    change(account, "DELETE", f"{path}/recordpicture", accept=GONE)
    for entry in _categories(call(account, "GET", f"{path}/categories", accept=GONE)):
        change(account, "DELETE", f"{path}/categories/{entry}", accept=GONE)


def _categories(response: Response) -> list[str]:
    if response.status in GONE:
        return []
    lists = response.json(dict[str, Any]).get("Lists") or ()
    return [str(entry["Id"]) for each in lists for entry in each.get("Categories") or ()]


def _delete_people(account: Account, fates: Mapping[str, Fate]) -> None:
    """In one call where the tenant has it; whoever a read still shows then, one by one."""
    left = sorted(fates)
    if len(left) > 1 and account.settings["bulk_delete"]:
        body = _references(left)
        change(account, "PUT", f"{PEOPLE}/bulkdelete", json=body, accept=DELETED_IN_BULK)
        left = sorted(held(account, left))
    answers = zip(left, account.map(partial(_delete_person, account), left), strict=True)
    refused = {person for person, went in answers if not went}
    for person, fate in fates.items():
        fate.refused = person in refused
        if not fate.refused:
            fate.deleted.append(Ref(PERSON, person))


def _delete_person(account: Account, person: str) -> bool:
    """Whether Invenias says that the person is gone."""
    response = change(account, "DELETE", f"{PEOPLE}/{person}", accept={403, *GONE})
    if response.status >= 400:
        alive(account)
    return response.status != 403


def _references(ids: Iterable[str]) -> dict[str, Any]:
    return {"ItemReferences": [{"Id": each} for each in ids]}
