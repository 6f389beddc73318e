"""The writes of the simulated API: insert, update and delete, one object a call."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Literal

from gateway_recman.simulator_data import Database, Row
from gateway_recman.simulator_scopes import (
    COMPANY_FIELDS,
    INQUIRY_FIELDS,
    JOB_FIELDS,
    LIST_FIELDS,
    LOG_FIELDS,
    NESTED_IDS,
    PLAIN_FIELDS,
    SCOPES,
    WRITTEN_AS,
    NoError,
)

PLAIN_SCOPES: Mapping[str, Collection[str]] = {
    "log": LOG_FIELDS,
    "inquiry": INQUIRY_FIELDS,
    "company": COMPANY_FIELDS,
    "job": JOB_FIELDS | {"candidateId", "projectId"},
}
"""Entities that are written as they are, and the members they take."""
ENDS = range(1, 9)
RATINGS = range(1, 6)


class Writes(Database):
    """What `POST /v2/post/` does. The switches stand in `Simulator`."""

    delete_answer: Literal["affected", "bare"]
    delete_unknown: Literal["error", "zero"]
    delete_employee: Literal["refuse", "allow"]
    delete_delay: timedelta
    lying_ids: set[str]
    nested_id: Literal["id", "data"]
    corporation_required: bool
    nested_updates: bool

    def writers(self) -> dict[tuple[str, str], Callable[[Row], Row]]:
        """What each operation of each entity does."""
        return {
            ("candidate", "insert"): self._insert_candidate,
            ("candidate", "update"): self._update_candidate,
            ("candidate", "delete"): self._delete_candidate,
            ("endJob", "insert"): self._end_job,
            **{(scope, "insert"): self._inserts(scope) for scope in PLAIN_SCOPES},
            **{(scope, "update"): self._updates(scope) for scope in PLAIN_SCOPES},
            **{(scope, "delete"): self._deletes(scope) for scope in ("log", "inquiry", "job")},
        }

    def _insert_candidate(self, data: Row) -> Row:
        if "candidateId" in data:
            return self._insert_nested(data)
        _check_known(data, PLAIN_FIELDS | LIST_FIELDS | {"corporationId"})
        needed = ("firstName", "lastName", *(("corporationId",) if self.corporation_required else ()))
        if missing := [name for name in needed if not data.get(name)]:
            raise NoError(*(f"{name} required" for name in missing))
        now = self.time(self.now())
        corporation = str(data.get("corporationId", "7"))
        row = {"created": now, "updated": now, **data, "corporationId": corporation}
        return _affected(candidateId=int(self.put("candidate", row)))

    def _insert_nested(self, data: Row) -> Row:
        candidate = self._candidate(data)
        nested = {name: value for name, value in data.items() if name != "candidateId"}
        if len(nested) != 1:
            raise NoError("One nested object a request")
        [(name, value)] = nested.items()
        field = WRITTEN_AS.get(name, name)
        if field not in NESTED_IDS or not isinstance(value, dict) or name in WRITTEN_AS.values():
            raise NoError(f"Invalid field: {name}")
        is_file = field == "files"
        number = (
            self.put_file(candidate, *_uploaded(value))
            if is_file
            else self.put_nested(candidate, field, value)
        )
        self._touch(candidate, nested=True)
        if self.nested_id == "id":
            return _affected(id=int(number))
        return _affected(data={"fileId" if is_file else "id": int(number)})

    def _update_candidate(self, data: Row) -> Row:
        candidate = self._candidate(data)
        changes = {name: value for name, value in data.items() if name != "candidateId"}
        nested = {name: value for name, value in changes.items() if name in NESTED_IDS}
        _check_known(changes, PLAIN_FIELDS | LIST_FIELDS | NESTED_IDS.keys())
        if len(nested) > 1:
            raise NoError("One nested object a request")
        for name, value in nested.items():
            self._nested_row(candidate, name, value).update(
                {key: each for key, each in value.items() if key != "id"}
            )
        plain = changes.keys() - nested.keys()
        self.candidates[candidate].update({name: changes[name] for name in plain})
        self._touch(candidate, nested=not plain)
        return _affected()

    def _delete_candidate(self, data: Row) -> Row:
        if data.keys() - {"candidateId"}:
            return self._delete_part(data)
        candidate = str(data.get("candidateId"))
        if candidate not in self.candidates or not self.may_see(candidate):
            return self._unknown(f"Unknown candidateId: {candidate}")
        if self.delete_employee == "refuse" and self.employed(candidate):
            raise NoError("The candidate is an employee or has a job and cannot be deleted")
        if candidate in self.lying_ids:
            return self._deleted()
        self.leaving[candidate] = self.now() + self.delete_delay
        self.erase_due()
        return self._deleted()

    def may_see(self, candidate: str) -> bool:
        raise NotImplementedError

    def _delete_part(self, data: Row) -> Row:
        """Take out a nested row, or values of a list field; a plain field is cleared by `update`."""
        candidate = self._candidate(data)
        row = self.candidates[candidate]
        for name, value in data.items():
            if name in NESTED_IDS and isinstance(value, dict):
                found = self._nested_row(candidate, name, value)
                row[name] = [each for each in row[name] if each is not found]
                if name == "files":
                    self.tables["files"].pop(found["fileId"], None)
            elif name in LIST_FIELDS and isinstance(value, list):
                row[name] = [each for each in row.get(name, []) if each not in value]
            elif name != "candidateId":
                raise NoError(f"{name} cannot be deleted; update it")
        self._touch(candidate, nested=True)
        return self._deleted()

    def _nested_row(self, candidate: str, name: str, value: Any) -> Row:
        number = str(value.get("id")) if isinstance(value, dict) else ""
        rows: list[Row] = self.candidates[candidate].get(name, [])
        found = next((each for each in rows if each.get(NESTED_IDS[name]) == number), None)
        if found is None:
            raise NoError(f"Unknown id of {name}")
        return found

    def _inserts(self, scope: str) -> Callable[[Row], Row]:
        def insert(data: Row) -> Row:
            _check_known(data, PLAIN_SCOPES[scope])
            if scope == "job":
                self._check_history(data)
            row = {**dict.fromkeys(("candidateId", "companyId"), ""), **data} if scope == "log" else data
            if scope == "inquiry":
                row = {"candidateIds": [], "archived": 0, **data}
            number = self.put(scope, {"created": self.time(self.now()), **row})
            return _affected(**{SCOPES[scope].id: int(number)})

        return insert

    def _updates(self, scope: str) -> Callable[[Row], Row]:
        def update(data: Row) -> Row:
            name = SCOPES[scope].id
            row = self.tables[scope].get(str(data.get(name)))
            if row is None:
                raise NoError(f"Unknown {name}")
            changes = {key: value for key, value in data.items() if key != name}
            _check_known(changes, PLAIN_SCOPES[scope])
            row.update(changes)
            return _affected()

        return update

    def _deletes(self, scope: str) -> Callable[[Row], Row]:
        def delete(data: Row) -> Row:
            name = SCOPES[scope].id
            if self.tables[scope].pop(str(data.get(name)), None) is None:
                return self._unknown(f"Unknown {name}")
            return self._deleted()

        return delete

    def _check_history(self, data: Row) -> None:
        """Only jobs that are over may be put in, of candidates who are approved for staffing."""
        candidate = self._candidate(data)
        if not self.candidates[candidate].get("employee"):
            raise NoError("The candidate has to be approved for staffing first")
        today = self.time(self.now())[:10]
        if not data.get("endDate") or str(data["endDate"]) >= today:
            raise NoError("Only historic jobs can be inserted")
        data["candidateId"] = candidate

    def _end_job(self, data: Row) -> Row:
        _check_known(data, {"jobId", "reasonId", "comment", "rating", "endedUserId"})
        job = self.tables["job"].get(str(data.get("jobId")))
        if job is None:
            raise NoError("Unknown jobId")
        if data.get("reasonId") not in ENDS or data.get("rating", 1) not in RATINGS:
            raise NoError("reasonId has to be 1 to 8, and rating 1 to 5")
        job["endDate"] = self.time(self.now())[:10]
        return _affected()

    def _candidate(self, data: Row) -> str:
        candidate = str(data.get("candidateId"))
        if candidate not in self.candidates:
            raise NoError(f"Unknown candidateId: {candidate}")
        return candidate

    def _touch(self, candidate: str, *, nested: bool) -> None:
        if self.nested_updates or not nested:
            self.candidates[candidate]["updated"] = self.time(self.now())

    def _deleted(self) -> Row:
        return _affected() if self.delete_answer == "affected" else {"success": True}

    def _unknown(self, message: str) -> Row:
        if self.delete_unknown == "zero":
            return {"success": True, "affectedRows": 0}
        raise NoError(message)


def _affected(**more: Any) -> Row:
    return {"success": True, "affectedRows": 1, **more}


def _check_known(data: Mapping[str, Any], known: Collection[str]) -> None:
    if unknown := sorted(data.keys() - set(known)):
        raise NoError(*(f"Invalid field: {each}" for each in unknown))


def _uploaded(value: Row) -> tuple[str, bytes]:
    """Name and content of an uploaded file."""
    _check_known(value, {"name", "extension", "base64", "created", "candidateAccess"})
    try:
        content = base64.b64decode(str(value["base64"]), validate=True)
        return f"{value['name']}.{value['extension']}", content
    except (KeyError, ValueError) as err:
        raise NoError("file takes name, extension and base64") from err
