"""What the simulated Recman holds: candidates and what hangs on them, as its API would show them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

PLAIN_FIELDS = frozenset(
    {
        "firstName", "lastName", "title", "email", "officeEmail", "phone", "mobilePhone", "homePhone", "officePhone",
        "address", "postalCode", "postalPlace", "city", "country", "nationality", "gender", "maritalStatus", "dob",
        "workStatus", "description", "notes", "created", "updated", "rating", "image", "linkedIn",
    }
)  # fmt: skip
"""Shown as an empty text where there is no content."""
NESTED_FIELDS = frozenset(
    {
        "departmentIds", "userIds", "companyIds", "companyContactIds", "blockCompanyIds", "employee", "skills",
        "education", "experience", "certification", "projectExperience", "relative", "attributes", "language",
        "driversLicense", "reference", "files", "pipeline",
    }
)  # fmt: skip
"""Left out of the row where there is no content."""
CASCADE = frozenset({"files", "application", "log"})
"""What goes with a candidate, beside the row and what is nested in it."""


class Database:
    """The state, in memory. Its methods are what people do in the product; the API is in `Simulator`."""

    def __init__(self, now: Callable[[], datetime], timezone: str, stays: Collection[str]) -> None:
        if unknown := set(stays) - CASCADE:
            raise ValueError(f"stays: {sorted(unknown)} is not among {sorted(CASCADE)}")
        self.now = now
        self.stays = frozenset(stays)
        self.candidates: dict[str, Row] = {}
        self.files: dict[str, Row] = {}
        self.applications: dict[str, Row] = {}
        self.logs: dict[str, Row] = {}
        self.attributes: dict[str, Row] = {}
        self.lock = threading.RLock()
        self._zone = ZoneInfo(timezone)
        self._ids = {name: count(first) for name, first in (("candidate", 100001), ("attribute", 31))}
        self._other_ids = count(5001)
        self._log_ids = count(1)

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
            number = str(next(self._ids["candidate"]))
            created = self.now() if created is None else created
            self.candidates[number] = {
                "candidateId": number,
                "corporationId": "7",
                "firstName": first_name,
                "lastName": last_name,
                "email": email,
                "mobilePhone": phone,
                "dob": str(dob),
                "created": self._time(created),
                "updated": self._time(created if updated is None else updated),
                **({"employee": dict(employee)} if employee is not None else {}),
                **more,
            }
            for name, value in (attributes or {}).items():
                self._put_attribute(number, name, value)
            for name, content in files:
                self._put_file(number, name, content)
        return number

    def set_attribute(self, candidate: str, name: str, value: str) -> None:
        """Write a text attribute of a candidate, as when a consent is renewed in the product."""
        with self.lock:
            self._put_attribute(candidate, name, value)
            self.candidates[candidate]["updated"] = self._time(self.now())

    def add_file(self, candidate: str, name: str, content: bytes) -> str:
        with self.lock:
            return self._put_file(candidate, name, content)

    def add_application(self, candidate: str, *, post: str = "9001", status: str = "untreated") -> str:
        with self.lock:
            number = str(next(self._other_ids))
            self.applications[number] = {
                "jobApplicationId": number,
                "candidateId": candidate,
                "jobPostId": post,
                "status": status,
                "updated": self._time(self.now()),
            }
        return number

    def add_log(self, candidate: str, *, text: str = "", type: str = "comment", company: str = "") -> str:  # noqa: A002  # as the API names it
        """A line in the diary. One that names a company too does not go with the candidate."""
        with self.lock:
            number = str(next(self._log_ids))
            self.logs[number] = {
                "logId": number,
                "candidateId": candidate,
                "companyId": company,
                "userId": "3",
                "created": self._time(self.now()),
                "type": type,
                "text": text,
            }
        return number

    def remove_candidate(self, candidate: str) -> None:
        """Delete a candidate by hand, in the product."""
        with self.lock:
            self.erase(candidate)

    def candidate_ids(self) -> list[str]:
        with self.lock:
            return list(self.candidates)

    def erase(self, candidate: str) -> None:
        """Take a candidate out with all that goes with it, but for what `stays` names."""
        del self.candidates[candidate]
        for kind, rows in (("files", self.files), ("application", self.applications), ("log", self.logs)):
            if kind not in self.stays:
                own = [key for key, row in rows.items() if row["candidateId"] == candidate]
                for key in own:
                    if not rows[key].get("companyId"):
                        del rows[key]

    def employed(self, candidate: str) -> bool:
        """Whether an employment runs today."""
        employee = self.candidates[candidate].get("employee")
        if not employee or not employee.get("startDate"):
            return False
        end = employee.get("endDate") or ""
        return not end or str(end) >= self.now().astimezone(self._zone).date().isoformat()

    def _put_attribute(self, candidate: str, name: str, value: str) -> None:
        found = (each["attributeId"] for each in self.attributes.values() if each["name"] == name)
        number = next(found, None) or str(next(self._ids["attribute"]))
        self.attributes.setdefault(
            number, {"attributeId": number, "name": name, "bool": "0", "rating": "0", "text": "1"}
        )
        rows: list[Row] = self.candidates[candidate].setdefault("attributes", [])
        rows[:] = [each for each in rows if each["attributeId"] != number]
        rows.append(
            {"candidateAttributeId": str(next(self._other_ids)), "attributeId": number, "text": value}
        )

    def _put_file(self, candidate: str, name: str, content: bytes) -> str:
        number = str(next(self._other_ids))
        created = self._time(self.now())
        self.files[number] = {"fileId": number, "candidateId": candidate, "name": name, "content": content}
        row = {"fileId": number, "name": name, "created": created, "type": "file"}
        self.candidates[candidate].setdefault("files", []).append(row)
        return number

    def _time(self, moment: datetime | str) -> str:
        if isinstance(moment, str):
            return moment
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")
