"""Credit checks on persons, simulated: search, reports, decisions, scores, and the letter each check sends."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from gateway_bisnode.simulator_answers import RefusalError, as_json
from gateway_bisnode.simulator_state import Row, State

DEMO_BIRTH, DEMO_NAME = "1901-01-01", "DEMO PERSON"
DEMO_NUMBER = "01010112377"
REPORT_PARTS = ("incomeTaxations", "paymentRemarks", "assignments", "creditScore")
_REPORT: Row = {
    "incomeTaxations": [{"year": 2024, "taxClass": "1", "netIncome": 510000, "netWealth": 120000}],
    "paymentRemarks": {"paymentRemarksGroups": [], "voluntaryRegistrations": []},
    "assignments": [],
    "creditScore": {"score": 71, "description": "Low risk"},
}


class CreditCalls(State):
    """The calls that order a check on a person, and those that read a decision again."""

    blocked: set[str]
    block_status: int
    unknown_person: int
    search_miss: int
    search_paging: bool
    report_parts: tuple[str, ...]
    report_order_id: bool
    letter_days: int
    check_removal: int
    synthetic_only: bool
    sandbox: bool

    def _search(self, request: Request) -> Response:
        """By birth date and whole name; who was found, or nobody."""
        body = request.get_json()
        if not body.get("dateOfBirth") or not body.get("fullName"):
            raise RefusalError(400, "Validation error", [("fullName", "")])
        asked = (body["dateOfBirth"], str(body["fullName"]).upper())
        found = [row for row in self._register() if (row["dateOfBirth"], row["fullName"].upper()) == asked]
        if not found and self.search_miss != 200:
            raise RefusalError(self.search_miss, "Person not found")
        address = {"streetName": "Fiktivveien 1", "postalCode": "0001", "town": "OSLO"}
        names = ("personId", "fullName", "dateOfBirth")
        told: Row = {
            "persons": [{**{name: row[name] for name in names}, "address": address} for row in found]
        }
        if self.search_paging:
            told["_paging"] = {"resultCount": len(found), "limit": 20, "offset": 0}
        return as_json(told)

    def _register(self) -> list[Row]:
        demo = {
            "personId": "NO-DEMO",
            "fullName": DEMO_NAME,
            "dateOfBirth": DEMO_BIRTH,
            "legalId": DEMO_NUMBER,
        }
        return [*self.persons.values(), *([{**demo, "blocked": False, "report": {}}] if self.sandbox else ())]

    def _report(self, request: Request) -> Response:
        body = request.get_json()
        person = self._person(body)
        self._send_letter(person, body, "CREDIT_REPORT")
        told: Row = {"personInformation": {name: person[name] for name in ("fullName", "dateOfBirth")}}
        whole = _REPORT | person["report"]
        told |= {name: whole[name] for name in REPORT_PARTS if name in self.report_parts}
        if self.report_order_id:
            told["orderId"] = f"order-{self.next_number()}"
        return as_json(told)

    def _person(self, body: Row) -> Row:
        """Whom an order is about: by national number, or by `personId`."""
        if "personId" in body:
            found = [row for row in self._register() if row["personId"] == body["personId"]]
        else:
            number = str(body.get("nationalIdentificationNumber", ""))
            if not re.fullmatch(r"\d{11}", number) or not (
                self._is_synthetic(number) or not self.synthetic_only
            ):
                raise RefusalError(400, "Validation error", [("nationalIdentificationNumber", number)])
            found = [row for row in self._register() if row["legalId"] == number]
        if not found:
            raise RefusalError(self.unknown_person, "Person not found")
        if found[0]["blocked"]:
            raise RefusalError(self.block_status, "The person has blocked credit checks")
        return found[0]

    def _is_synthetic(self, number: str) -> bool:
        """Of the series with 80 added to the month, or the one of the sandbox's demo person."""
        return 81 <= int(number[2:4]) <= 92 or (self.sandbox and number == DEMO_NUMBER)

    def _send_letter(self, person: Row, body: Row, why: str) -> None:
        """The person is told of every check: who asked, on whose behalf, and what was given out."""
        sent = date.fromordinal(self.now().date().toordinal()) + timedelta(days=self.letter_days)
        told = {"onBehalfOf": body.get("onBehalfOf", ""), "reference": body.get("reference", "")}
        letter = {"personId": person["personId"], "state": "sent", "date": sent.isoformat(), "about": why}
        self.letters.append({**letter, **told})

    def _decide(self, request: Request, country: str) -> Response:
        if country not in {"no", "se", "fi", "dk"}:
            raise RefusalError(404, "Unknown market")
        body = request.get_json()
        if len(str(body.get("rulesetKey", ""))) != 16:
            raise RefusalError(400, "Validation error", [("rulesetKey", str(body.get("rulesetKey", "")))])
        person = self._person(body)
        self._send_letter(person, body, "DECISION")
        correlation_id = f"case-{self.next_number()}"
        self.decisions[correlation_id] = {
            "correlationId": correlation_id, "decision": "APPROVED", "created": self.now().isoformat(),
            "nationalIdentificationNumber": person["legalId"], "reference": body.get("reference", ""),
        }  # fmt: skip
        return as_json(self.decisions[correlation_id])

    def _verify(self, request: Request) -> Response:
        """Sweden's identity check: it is answered, and no letter goes out."""
        name = str(request.get_json().get("name", "")).upper()
        return as_json({"verified": any(row["fullName"].upper() == name for row in self._register())})

    def _decision(self, request: Request, correlation_id: str) -> Response:
        if request.method == "DELETE":
            raise RefusalError(self.check_removal, "Method not allowed")
        return as_json(self._case(correlation_id))

    def _background(self, _request: Request, correlation_id: str) -> Response:
        return as_json({"correlationId": self._case(correlation_id)["correlationId"], "paymentRemarks": []})

    def _appendix(self, _request: Request, correlation_id: str) -> Response:
        self._case(correlation_id)
        return Response(b"%PDF-1.4\n% fictional\n%%EOF\n", content_type="application/pdf")

    def _case(self, correlation_id: str) -> Row:
        if correlation_id not in self.decisions:
            raise RefusalError(404, "Decision not found")
        if correlation_id in self.blocked:
            raise RefusalError(451, "May not be given out for legal reasons")
        return self.decisions[correlation_id]

    def _score(self, request: Request) -> Response:
        body: Any = request.get_json()
        if not body.get("scoreCardKey"):
            raise RefusalError(400, "Validation error", [("scoreCardKey", "")])
        self._send_letter(self._person(body), body, "SCORE")
        return as_json({"scoreCardKey": body["scoreCardKey"], "score": 71})

    def _scorecards(self, _request: Request) -> Response:
        return as_json([{"scoreCardKey": "NO_Generic_B2C"}])

    def _affordability(self, request: Request) -> Response:
        body: Any = request.get_json()
        if not body.get("calculationModelId"):
            raise RefusalError(400, "Validation error", [("calculationModelId", "")])
        self._send_letter(self._person(body), body, "AFFORDABILITY")
        return as_json({"calculationModelId": body["calculationModelId"], "affordable": True})

    def _debts(self, request: Request) -> Response:
        body: Any = request.get_json()
        self._send_letter(self._person(body), body, "DEBT_REGISTER")
        return as_json({"debts": []})
