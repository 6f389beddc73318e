"""What the simulated Bisnode holds, and what its tests and the demo put in and look at."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
Key = tuple[str, str]
ORDER_COLUMNS = ("correlation_id", "ordered_at", "email", "record", "name", "product")
EVENTS_LAST = timedelta(days=365)


class State:
    """Rows in memory, oldest first; the switches a call looks at stand here by name."""

    lying_ids: set[str]
    removal_seconds: int
    removal_event: bool
    identification_seconds: int
    tags_outlive_removal: bool
    sub_lists_outlive_removal: bool

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.consumers: dict[str, Row] = {}
        self.events: list[Row] = []
        self.companies: dict[Key, Row] = {}
        self.tags: dict[Key, list[str]] = {}
        self.categories: dict[str, Row] = {}
        self.company_events: list[Row] = []
        self.persons: dict[str, Row] = {}
        self.letters: list[Row] = []
        self.decisions: dict[str, Row] = {}
        self.orders: list[dict[str, str]] = []
        self.pending: list[tuple[datetime, Callable[[], None]]] = []
        self.uploads = self.changes = self.numbers = 0

    # Seeding

    def add_consumer(
        self,
        consumer_id: str,
        *,
        full_name: str = "",
        legal_id: str = "",
        email: str = "",
        phone: str = "",
        born: str = "",
        market: str = "NO",
    ) -> str:
        """Upload one of the firm's own records; with a national number the person is identified."""
        given = {
            "fullName": full_name, "legalId": legal_id, "email": email, "phone": phone, "dateOfBirth": born,
        }  # fmt: skip
        data = {name: value for name, value in given.items() if value}
        self.upload({"consumerId": consumer_id, "market": market, "data": data})
        return consumer_id

    def add_company(
        self,
        registration_number: str,
        *,
        name: str = "",
        tags: Iterable[str] = (),
        country: str = "NO",
        legal_form: str = "ENK",
        duns: str = "",
    ) -> str:
        """Monitor a company, with the firm's own tags on it; the id is the one the plugin gives it."""
        key = (country, registration_number)
        with self.lock:
            self.monitor(key, {"name": name, "legalForm": legal_form, "duns": duns})
            self.tags[key] = [*tags]
        return ":".join(key)

    def add_category(self, name: str, *companies: Key) -> str:
        """A sub-list of the portfolio; its id."""
        with self.lock:
            category = f"cat-{self.next_number()}"
            self.categories[category] = {"categoryName": name, "companies": [*companies]}
        return category

    def add_company_event(
        self, key: Key, *, code: str = "RATING_CHANGED", category: str = "RISK", at: str = ""
    ) -> None:
        """Something that was told of a company, at a time."""
        moment = at or self.now().isoformat()
        details = {"type": {"code": code, "category": category, "description": code.lower()}}
        with self.lock:
            event = {"id": f"event-{self.next_number()}", "eventDate": moment, "registrationDate": moment}
            self.company_events.append({**event, "company": key, "details": details})

    def add_person(
        self, legal_id: str, *, full_name: str = "", born: str = "", blocked: bool = False, **report: Any
    ) -> str:
        """Somebody in the bureau's register, blocked by their own wish or not; the `personId`."""
        with self.lock:
            person_id = f"NO{self.next_number():013}"
            told = {"personId": person_id, "fullName": full_name, "dateOfBirth": born}
            self.persons[legal_id] = {**told, "legalId": legal_id, "blocked": blocked, "report": report}
        return person_id

    def add_decision(
        self,
        correlation_id: str,
        *,
        email: str = "",
        record: str = "",
        name: str = "",
        legal_id: str = "",
        ordered_at: str = "",
        product: str = "",
    ) -> str:
        """A credit check the firm ordered: the firm has a line in its log, and of a decision the bureau the case."""
        at = ordered_at or self.now().isoformat()
        with self.lock:
            if product in {"", "decision"}:
                self.decisions[correlation_id] = {
                    "correlationId": correlation_id, "decision": "APPROVED", "created": at,
                    "nationalIdentificationNumber": legal_id, "reference": record,
                }  # fmt: skip
            line = (correlation_id, at, email, record, name, product)
            self.orders.append(dict(zip(ORDER_COLUMNS, line, strict=True)))
        return correlation_id

    def orders_csv(self) -> str:
        """The firm's log of its credit checks, as the setting `orders` takes it."""
        text = io.StringIO()
        writer = csv.DictWriter(text, ORDER_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.orders)
        return text.getvalue()

    # Looking

    def consumer_ids(self) -> list[str]:
        with self.lock:
            return [*self.consumers]

    def company_ids(self) -> list[str]:
        with self.lock:
            return [":".join(key) for key in self.companies]

    def subscriptions(self) -> list[Row]:
        """Whom the firm subscribes to: the persons behind its identified consumers, by their latest change."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.consumers.values():
            if row["state"] == "IDENTIFIED":
                found.setdefault((row["market"], row["data"]["legalId"]), []).append(row)
        rows = [
            {
                "gedi": f"gedi-{'-'.join(person)}",
                "market": person[0],
                "changed": max(each["updated"] for each in same),
                "consumerIds": [each["consumerId"] for each in same],
                "person": {"legalId": person[1], "fullName": same[-1]["data"].get("fullName", "")},
            }
            for person, same in found.items()
        ]
        return sorted(rows, key=lambda row: str(row["changed"]))

    def log(self) -> list[Row]:
        """The audit events that are not yet too old."""
        oldest = self.now() - EVENTS_LAST
        return [each for each in self.events if datetime.fromisoformat(each["timestamp"]) > oldest]

    # What the calls do

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers

    def later(self, seconds: int, act: Callable[[], None]) -> None:
        """Do it when the time has come, which may be at once."""
        if seconds:
            self.pending.append((self.now() + timedelta(seconds=seconds), act))
        else:
            act()

    def catch_up(self) -> None:
        """Do what was to be done later and is due."""
        with self.lock:
            due = [each for each in self.pending if each[0] <= self.now()]
            self.pending = [each for each in self.pending if each not in due]
            for _, act in due:
                act()

    def upload(self, given: Mapping[str, Any]) -> None:
        with self.lock:
            consumer_id, at = str(given["consumerId"]), self.now().isoformat()
            known = self.consumers.get(consumer_id, {})
            self.uploads += 1
            row = {
                **given, "consumerId": consumer_id, "state": "NOT_IDENTIFIED",
                "_number": known.get("_number", self.uploads), "created": known.get("created", at), "updated": at,
            }  # fmt: skip
            self.consumers[consumer_id] = row
            self._event("CONSUMER_UPLOADED", consumer_id)
            self.later(self.identification_seconds, lambda: self._identify(row))

    def _identify(self, row: Row) -> None:
        if self.consumers.get(row["consumerId"]) is row:
            row["state"] = "IDENTIFIED" if row["data"].get("legalId") else "NOT_IDENTIFIED"
            self._event(f"CONSUMER_{row['state']}", row["consumerId"])

    def remove_consumer(self, consumer_id: str) -> bool:
        """Remove a consumer; whether it was there and not removed before."""
        with self.lock:
            row = self.consumers.get(consumer_id)
            if row is None or row.get("_removed"):
                return False
            if consumer_id not in self.lying_ids:
                row["_removed"] = True
                self.later(self.removal_seconds, lambda: self._drop_consumer(row))
            return True

    def _drop_consumer(self, row: Row) -> None:
        if self.consumers.get(row["consumerId"]) is row:
            del self.consumers[row["consumerId"]]
            if self.removal_event:
                self._event("CONSUMER_DELETED", row["consumerId"])

    def monitor(self, key: Key, about: Mapping[str, str]) -> None:
        with self.lock:
            country, number = key
            row = {"country": country, "registrationNumber": number, **{k: v for k, v in about.items() if v}}
            self.companies.setdefault(key, {**row, "addedDate": self.now().isoformat()})
            self.changes += 1

    def remove_company(self, key: Key) -> Row | None:
        """End the monitoring of a company; what is said of it, or None where it was not monitored."""
        with self.lock:
            row = self.companies.get(key)
            if row is None or row.get("_removed"):
                return None
            if ":".join(key) not in self.lying_ids:
                row["_removed"] = True
                self.later(self.removal_seconds, lambda: self._drop_company(key))
            return self.said_of_removal(row)

    def said_of_removal(self, row: Row) -> Row:
        said = {name: row[name] for name in ("country", "registrationNumber", "addedDate")}
        return {"referrerId": "simulated", **said, "removedDate": self.now().isoformat()}

    def _drop_company(self, key: Key) -> None:
        self.companies.pop(key, None)
        self.changes += 1
        if not self.tags_outlive_removal:
            self.tags.pop(key, None)
        if not self.sub_lists_outlive_removal:
            for category in self.categories.values():
                category["companies"] = [each for each in category["companies"] if each != key]

    def _event(self, kind: str, consumer_id: str) -> None:
        number = len(self.events) + 1
        at = self.now().isoformat()
        self.events.append({"_number": number, "type": kind, "consumerId": consumer_id, "timestamp": at})
