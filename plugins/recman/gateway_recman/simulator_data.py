"""What the simulated Recman holds, and what people do there in the product. The API is in `Simulator`."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from gateway_recman.simulator_scopes import NESTED_FIELDS, NESTED_IDS, PLAIN_FIELDS, SCOPES

Row = dict[str, Any]
Table = dict[str, Row]

KINDS = {
    "files": "files", "application": "jobApplication", "log": "log", "inquiry": "inquiry", "job": "job",
    "invoice": "invoice",
}  # fmt: skip
"""What may stay when a candidate goes, and the table it is in."""
FIRST_IDS = {"candidate": 100001, "candidateAttribute": 31, "log": 1}
OTHER_FIRST_ID = 5001


class Database:
    """The state, in memory: one table for each entity, rows by id."""

    def __init__(
        self,
        now: Callable[[], datetime],
        timezone: str,
        stays: Collection[str],
        *,
        auto_delete: bool = True,
        attribute_value: str = "text",
    ) -> None:
        if unknown := set(stays) - KINDS.keys():
            raise ValueError(f"stays: {sorted(unknown)} is not among {sorted(KINDS)}")
        self.now = now
        self.stays = frozenset(stays)
        self.auto_delete, self.attribute_value = auto_delete, attribute_value
        self.lock = threading.RLock()
        self.tables: dict[str, Table] = {name: {} for name in (*SCOPES, "files", "user")}
        self.leaving: dict[str, datetime] = {}
        """Candidates that will be gone by then: deleted through the API, or with a date of automatic deletion."""
        self._zone = ZoneInfo(timezone)
        self._shared_ids = count(OTHER_FIRST_ID)
        self._ids: dict[str, count[int]] = defaultdict(lambda: self._shared_ids)
        self._ids |= {name: count(first) for name, first in FIRST_IDS.items()}

    @property
    def candidates(self) -> Table:
        return self.tables["candidate"]

    def add_candidate(
        self,
        *,
        first_name: str = "",
        last_name: str = "",
        email: str = "",
        phone: str = "",
        dob: date | str = "",
        created: datetime | str | None = None,
        updated: datetime | str | None = None,
        attributes: Mapping[str, str] | None = None,
        employee: Mapping[str, Any] | None = None,
        files: Iterable[tuple[str, bytes]] = (),
        **more: Any,
    ) -> str:
        """Put a candidate in and return the id.

        `phone` is the mobile number. `attributes` are texts by name of the attribute. `employee` has the
        members the API shows (`startDate`, `endDate`, …). `more` are other fields, named as in the API.
        Text given for `created` or `updated` is shown as it is.
        """
        if unknown := more.keys() - PLAIN_FIELDS - NESTED_FIELDS:
            raise ValueError(f"{', '.join(sorted(unknown))}: no field of a candidate")
        with self.lock:
            created = self.now() if created is None else created
            number = self.put(
                "candidate",
                {
                    "corporationId": "7", "firstName": first_name, "lastName": last_name, "email": email,
                    "mobilePhone": phone, "dob": str(dob), "created": self.time(created),
                    "updated": self.time(created if updated is None else updated),
                    **({"employee": dict(employee)} if employee is not None else {}), **more,
                },
            )  # fmt: skip
            for name, value in (attributes or {}).items():
                self._put_attribute(number, name, value)
            for name, content in files:
                self.put_file(number, name, content)
        return number

    def set_attribute(self, candidate: str, name: str, value: str) -> None:
        """Write a text attribute of a candidate, as when a consent is renewed in the product."""
        with self.lock:
            self._put_attribute(candidate, name, value)
            self.candidates[candidate]["updated"] = self.time(self.now())

    def add_file(self, candidate: str, name: str, content: bytes) -> str:
        with self.lock:
            return self.put_file(candidate, name, content)

    def add(self, scope: str, **row: Any) -> str:
        """Put a row of any other entity in, members named as in the API, and return the id."""
        with self.lock:
            return self.put(scope, {"created": self.time(self.now()), **row})

    def add_application(self, candidate: str, *, post: str = "9001", status: str = "untreated") -> str:
        with self.lock:
            row = {"candidateId": candidate, "jobPostId": post, "status": status}
            return self.put("jobApplication", {**row, "updated": self.time(self.now())})

    def add_log(self, candidate: str, *, text: str = "", type: str = "comment", company: str = "") -> str:  # noqa: A002  # as the API names it
        """A line in the diary. One that names a company too does not go with the candidate."""
        return self.add("log", candidateId=candidate, companyId=company, userId="3", type=type, text=text)

    def add_job(self, candidate: str, *, start: str = "2019-01-01", end: str = "2019-12-31") -> str:
        """A person placed on a project: that takes an approval for staffing, shown as `employee`."""
        if not self.candidates[candidate].get("employee"):
            raise ValueError(f"{candidate}: not approved for staffing; put the candidate in with `employee`")
        return self.add("job", candidateId=candidate, projectId="4001", startDate=start, endDate=end)

    def add_invoice(self, candidate: str, *, created: str = "2024-01-31 12:00:00") -> str:
        return self.add("invoice", candidateId=candidate, created=created)

    def add_inquiry(self, *candidates: str, name: str = "") -> str:
        numbers = [int(each) for each in candidates]
        return self.add("inquiry", name=name, archived=0, userIds=[3], candidateIds=numbers)

    def remove_candidate(self, candidate: str) -> None:
        """Delete a candidate by hand, in the product."""
        with self.lock:
            self.erase(candidate)

    def restore_candidate(self, row: Row) -> None:
        """Put a row back under its old id, as the vendor's support would from a backup."""
        with self.lock:
            self.candidates[row["candidateId"]] = row
            self.tables["candidate"] = dict(sorted(self.candidates.items(), key=lambda item: int(item[0])))

    def set_automatic_deletion(self, candidate: str, day: date) -> None:
        """The date on the profile at which the product itself deletes the candidate."""
        if self.auto_delete:
            self.leaving[candidate] = datetime(day.year, day.month, day.day, tzinfo=UTC)

    def candidate_ids(self) -> list[str]:
        with self.lock:
            return list(self.candidates)

    def employed(self, candidate: str) -> bool:
        """Whether an employment or a job runs today."""
        employee = self.candidates[candidate].get("employee") or {}
        jobs = [row for row in self.tables["job"].values() if row["candidateId"] == candidate]
        today = self.now().astimezone(self._zone).date().isoformat()
        return any(
            each.get("startDate") and str(each.get("endDate") or today) >= today for each in (employee, *jobs)
        )

    # From here on: for the API. The lock is held.

    def put(self, scope: str, row: Row) -> str:
        number = str(next(self._ids[scope]))
        name = SCOPES[scope].id if scope in SCOPES else f"{scope}Id"
        self.tables[scope][number] = {name: int(number) if scope == "inquiry" else number, **row}
        return number

    def next_id(self) -> str:
        return str(next(self._shared_ids))

    def erase(self, candidate: str) -> None:
        """Take a candidate out with all that goes along, but for what `stays` names."""
        del self.candidates[candidate]
        self.leaving.pop(candidate, None)
        for kind, scope in KINDS.items():
            if kind in self.stays:
                continue
            table = self.tables[scope]
            for number, row in list(table.items()):
                if scope == "inquiry":
                    row["candidateIds"] = [each for each in row["candidateIds"] if str(each) != candidate]
                elif row.get("candidateId") == candidate and not _is_shared(row):
                    del table[number]

    def erase_due(self) -> None:
        """Do what was put off until now."""
        for candidate in [each for each, moment in self.leaving.items() if moment <= self.now()]:
            self.erase(candidate)

    def put_file(self, candidate: str, name: str, content: bytes) -> str:
        number, created = self.next_id(), self.time(self.now())
        self.tables["files"][number] = {
            "fileId": number,
            "candidateId": candidate,
            "name": name,
            "content": content,
        }
        row = {"fileId": number, "name": name, "created": created, "type": "file"}
        self.candidates[candidate].setdefault("files", []).append(row)
        return number

    def put_nested(self, candidate: str, field: str, row: Row) -> str:
        number = self.next_id()
        self.candidates[candidate].setdefault(field, []).append({NESTED_IDS[field]: number, **row})
        return number

    def time(self, moment: datetime | str) -> str:
        if isinstance(moment, str):
            return moment
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def _put_attribute(self, candidate: str, name: str, value: str) -> None:
        definitions = self.tables["candidateAttribute"]
        number = next((key for key, row in definitions.items() if row["name"] == name), None)
        if number is None:
            number = self.put("candidateAttribute", {"name": name, "bool": "0", "rating": "0", "text": "1"})
        rows: list[Row] = self.candidates[candidate].setdefault("attributes", [])
        rows[:] = [each for each in rows if each["attributeId"] != number]
        self.put_nested(candidate, "attributes", {"attributeId": number, self.attribute_value: value})


def _is_shared(row: Row) -> bool:
    """Whether a line of the diary names more than the candidate."""
    return "logId" in row and any(row.get(each) for each in ("companyId", "companyContactId", "projectId"))
