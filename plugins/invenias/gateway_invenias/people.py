"""Who a subject is in the tenant, and who of these is there: absence is believed only where it was shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from gateway import Account, GarbledError, RefusedError, Subject
from gateway_invenias.client import (
    MOST,
    PEOPLE,
    alive,
    among,
    call,
    checked,
    glance,
    page,
    read_listed,
    rows,
)
from gateway_invenias.records import EMAIL, PERSON, SELECT, Row, mend

NOBODY = (
    "Invenias shows no people at all, though the API user is one: "
    "the API user's rights are too narrow (it has to be a System Administrator)"
)


def require(account: Account, column: str, why: str) -> None:
    """Stop where the tenant's list of people does not have a column."""
    if not glance(account, PEOPLE).having([column]):
        raise RefusedError(f"the list of people in this tenant has no column {column}: {why}")


def somebody(account: Account) -> str:
    """Somebody who is there, if only the API user."""
    found = glance(account, PEOPLE).known
    if found is None:
        raise RefusedError(NOBODY)
    return found


def present(account: Account, subjects: Sequence[Subject]) -> tuple[dict[str, set[str]], dict[str, Row]]:
    """The people each subject stands for, and those of all who are there."""
    found = account.map(partial(_ids_of, account), subjects)
    asked = {subject.ref: ids for subject, ids in zip(subjects, found, strict=True)}
    if any(not asked[each.ref] and each.known_by(EMAIL) for each in subjects):
        _check_search(account)
    return asked, held(account, {each for ids in asked.values() for each in ids})


def _ids_of(account: Account, subject: Subject) -> set[str]:
    """The records known, or else all with exactly their e-mail address."""
    known = {ref.id for ref in (*subject.records, *subject.kept) if ref.kind == PERSON}
    return known or {each for address in subject.known_by(EMAIL) for each in _find(account, address)}


def _find(account: Account, address: str) -> set[str]:
    found: set[str] = set()
    index: int | None = 0
    while index is not None:
        params = {"request.emailAddress": address, "request.pageIndex": index, "request.pageSize": MOST}
        listed = checked(read_listed(call(account, "GET", "/duplicates/people", params=params)), index)
        found |= {str(row["ItemId"]) for row in listed.items if _is_exact(row, address)}
        index = listed.paging.next_page_number
    return found


def _is_exact(row: Mapping[str, Any], address: str) -> bool:
    values = [row.get("EmailAddress1"), row.get("EmailAddress2")]
    values += [field.get("Value") for field in row.get("MatchingFields") or ()]
    same = address.casefold() in (str(value).casefold() for value in values)
    return row.get("IsExactEmailMatch") is True and same


def _check_search(account: Account) -> None:
    """That nobody was found is believed only of a search that finds somebody who is there."""
    asked = {"PageSize": 1, "Select": ["Email1Address"], "Filter": ["Email1Address", "contains", "@"]}
    for row in page(account, PEOPLE, 0, asked).items:
        if str(row["ItemId"]) not in _find(account, str(row.get("Email1Address"))):
            raise RefusedError(
                "the search for people does not find somebody who is there by their e-mail address: "
                "are the API user's rights too narrow?"
            )
        return
    somebody(account)


def held(account: Account, ids: Collection[str]) -> dict[str, Row]:
    """Those of these people that are there, in few calls."""
    if not ids:
        return {}
    found = among(account, PEOPLE, ids, (*SELECT, "UserId"), Row)
    if not found and found is not None:
        somebody(account)
    return _one_by_one(account, sorted(ids)) if found is None else found


def _one_by_one(account: Account, ids: list[str]) -> dict[str, Row]:
    """As `held`, with a call each; who is a user is then asked for in a list of its own."""

    def read(each: str) -> Row | None:
        response = call(account, "GET", f"{PEOPLE}/{each}", accept={404})
        if response.status == 404:
            return None
        detail = response.json(dict[str, Any])
        name, dates = detail.get("NameComponents") or {}, detail.get("EntityDetails") or {}
        own = {"DisplayFileAs": name.get("FullName"), "ItemId": each, "UserId": each in users}
        return mend({**name, **dates, **own}, Row)

    filled = {"Select": ["UserId"], "Filter": ["UserId", "<>", "00000000-0000-0000-0000-000000000000"]}
    users = {str(row["ItemId"]) for row in rows(account, PEOPLE, filled) if row.get("UserId")}
    if not users:
        raise GarbledError("no person is shown as a user of Invenias, though the API user is one")
    found = {each: row for each, row in zip(ids, account.map(read, ids), strict=True) if row}
    if len(found) < len(ids):
        alive(account)
    return found
