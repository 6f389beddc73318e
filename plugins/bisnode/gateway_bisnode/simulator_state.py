"""What the simulated Bisnode holds, and what its tests and the demo put in and look at."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

Row = dict[str, Any]
Key = tuple[str, str]


class State:
    """Rows in memory, oldest first. `lying_ids` stay whatever the vendor answers to their deletion."""

    def __init__(self, now: Callable[[], datetime], lying_ids: Collection[str]) -> None:
        self.now = now
        self.lying_ids = set(lying_ids)
        self.lock = threading.RLock()
        self.consumers: dict[str, Row] = {}
        self.events: list[Row] = []
        self.companies: dict[Key, Row] = {}
        self.tags: dict[Key, list[str]] = {}
        self.decisions: dict[str, Row] = {}
        self.orders: list[dict[str, str]] = []
        self.uploads = self.changes = 0

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
        """Upload one of the firm's own records; with a national number the person is identified at once."""
        given = {
            "fullName": full_name,
            "legalId": legal_id,
            "email": email,
            "phone": phone,
            "dateOfBirth": born,
        }
        self.upload(
            {"consumerId": consumer_id, "market": market, "data": {k: v for k, v in given.items() if v}}
        )
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

    def add_decision(
        self,
        correlation_id: str,
        *,
        email: str = "",
        record: str = "",
        name: str = "",
        legal_id: str = "",
        ordered_at: str = "",
    ) -> str:
        """A credit check the firm ordered: the bureau keeps the case, the firm a line in its log."""
        at = ordered_at or self.now().isoformat()
        with self.lock:
            self.decisions[correlation_id] = {
                "correlationId": correlation_id,
                "decision": "APPROVED",
                "created": at,
                "nationalIdentificationNumber": legal_id,
                "reference": record,
            }
            self.orders.append(
                {
                    "correlation_id": correlation_id,
                    "ordered_at": at,
                    "email": email,
                    "record": record,
                    "name": name,
                }
            )
        return correlation_id

    def orders_csv(self) -> str:
        """The firm's log of its credit checks, as the setting `orders` takes it."""
        text = io.StringIO()
        columns = ["correlation_id", "ordered_at", "email", "record", "name"]
        writer = csv.DictWriter(text, columns, lineterminator="\n")
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

    # What the calls do

    def upload(self, row: Mapping[str, Any]) -> None:
        with self.lock:
            consumer_id, at = str(row["consumerId"]), self.now().isoformat()
            known = self.consumers.get(consumer_id, {})
            state = "IDENTIFIED" if row["data"].get("legalId") else "NOT_IDENTIFIED"
            self.uploads += 1
            self.consumers[consumer_id] = {
                **row,
                "_number": known.get("_number", self.uploads),
                "consumerId": consumer_id,
                "state": state,
                "created": known.get("created", at),
                "updated": at,
            }
            self._event("CONSUMER_UPLOADED", consumer_id)
            self._event(f"CONSUMER_{state}", consumer_id)

    def remove_consumer(self, consumer_id: str) -> bool:
        """Remove a consumer; whether it was there."""
        with self.lock:
            if consumer_id not in self.consumers:
                return False
            if consumer_id not in self.lying_ids:
                del self.consumers[consumer_id]
                self._event("CONSUMER_DELETED", consumer_id)
            return True

    def monitor(self, key: Key, about: Mapping[str, str]) -> None:
        with self.lock:
            country, number = key
            row = {"country": country, "registrationNumber": number, **{k: v for k, v in about.items() if v}}
            self.companies.setdefault(key, {**row, "addedDate": self.now().isoformat()})
            self.changes += 1

    def remove_company(self, key: Key) -> Row | None:
        """End the monitoring of a company; what is said of it, or None where it was not monitored."""
        with self.lock:
            if (row := self.companies.get(key)) is None:
                return None
            if ":".join(key) not in self.lying_ids:
                del self.companies[key]
                self.changes += 1
            said = {name: row[name] for name in ("country", "registrationNumber", "addedDate")}
            return {"referrerId": "simulated", **said, "removedDate": self.now().isoformat()}

    def _event(self, kind: str, consumer_id: str) -> None:
        number = len(self.events) + 1
        at = self.now().isoformat()
        self.events.append({"_number": number, "type": kind, "consumerId": consumer_id, "timestamp": at})
