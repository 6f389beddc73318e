"""Credit monitoring of companies, simulated: the portfolio, its sub-lists, the firm's tags, and what was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from gateway_bisnode.simulator_answers import RefusalError, as_json
from gateway_bisnode.simulator_state import EVENTS_LAST, Key, Row, State

MOST_SANDBOX_CATEGORIES = 10
EVENT_CODES = {"RISK": ["RATING_CHANGED"], "BASIC_INFORMATION": ["NAME_CHANGED", "ACTIVE_CHANGED"]}


class MonitoringCalls(State):
    """The calls below /credit-monitoring-companies/v1."""

    companies_a_page: int
    company_removal_again: int
    absent_fails_batch: bool
    sandbox: bool
    narrow_rights: set[str]

    def _seen(self) -> list[Key]:
        """The monitored companies this client may see, oldest first."""
        if "credit-monitoring-companies" in self.narrow_rights:
            return []
        return sorted(self.companies, key=lambda key: str(self.companies[key]["addedDate"]))

    def _portfolio(self, _request: Request) -> Response:
        changed = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.changes)
        times = {"created": "2020-01-01T00:00:00Z", "lastModified": changed.isoformat()}
        return as_json({"status": "ACTIVE", **times, "totalCompanies": len(self._seen())})

    def _company(self, request: Request) -> Response:
        if self._key(request.get_json()) not in self._seen():
            raise RefusalError(404, "Company not in portfolio")
        return Response(status=200)

    def _companies(self, request: Request) -> Response:
        if request.method == "GET":
            return as_json({"companies": [self._row(key) for key in self._cut(request, self._seen())]})
        keys = [self._key(each) for each in request.get_json()["companyIds"]]
        if request.method == "PUT":
            for key in keys:
                self.monitor(key, {})
            return as_json({"companies": [self._row(key) for key in keys], "companiesUnableToAdd": []})
        if request.method != "DELETE":
            raise RefusalError(405, "Method not allowed")
        here = [key for key in keys if key in self._seen()]
        if len(here) < len(keys) and self.absent_fails_batch:
            raise RefusalError(404, "Company not in portfolio")
        removed = [row for key in here if (row := self.remove_company(key))]
        if not removed and self.company_removal_again != 200:
            raise RefusalError(self.company_removal_again, "Company not in portfolio")
        return as_json(removed)

    def _cut(self, request: Request, keys: list[Key]) -> list[Key]:
        """The page that was asked for, newest first unless told otherwise."""
        size = min(request.args.get("size", 20, type=int), self.companies_a_page)
        start = request.args.get("page", 0, type=int) * size
        newest_first = request.args.get("sortDirection", "DESC") == "DESC"
        return (keys[::-1] if newest_first else keys)[start : start + size]

    def _row(self, key: Key) -> Row:
        shown = {name: value for name, value in self.companies[key].items() if name[0] != "_"}
        references = {"id": "-".join(key), "references": self.tags.get(key, [])}
        return {**shown, "objectReference": references}

    def _key(self, body: Any) -> Key:
        key = (str(body.get("country", "")), str(body.get("registrationNumber", "")))
        if not all(key):
            raise RefusalError(400, "Validation error", [("registrationNumber", key[1])])
        return key

    # The firm's tags

    def _references(self, request: Request) -> Response:
        for each in request.get_json()["references"]:
            key = self._key(each["company"])
            rest = [tag for tag in self.tags.get(key, []) if tag not in each["references"]]
            self.tags[key] = [*rest, *(each["references"] if request.method == "POST" else ())]
            self.changes += 1
        return Response(status=200 if request.method == "POST" else 204)

    def _references_all(self, request: Request) -> Response:
        for each in request.get_json():
            self.tags.pop(self._key(each), None)
            self.changes += 1
        return Response(status=204)

    # Sub-lists

    def _categories(self, request: Request) -> Response:
        if request.method == "GET":
            size = request.args.get("size", 50, type=int)
            start = request.args.get("number", 0, type=int) * size
            told = [
                {"id": each, "categoryName": row["categoryName"]} for each, row in self.categories.items()
            ]
            return as_json(told[start : start + size])
        name = self._new_name(request)
        if self.sandbox and len(self.categories) >= MOST_SANDBOX_CATEGORIES:
            raise RefusalError(403, "The limit of 10 categories per portfolio has been reached")
        return as_json({"id": self.add_category(name), "categoryName": name})

    def _category(self, request: Request, category: str) -> Response:
        row = self._category_of(category)
        if request.method == "DELETE":
            del self.categories[category]
            return Response(status=204)
        row["categoryName"] = self._new_name(request)
        return as_json({"id": category, "categoryName": row["categoryName"]})

    def _new_name(self, request: Request) -> str:
        name = str(request.get_json().get("categoryName") or "")
        if not name or name in {row["categoryName"] for row in self.categories.values()}:
            raise RefusalError(400, "A category needs a name of its own", [("categoryName", name)])
        return name

    def _category_of(self, category: str) -> Row:
        if category not in self.categories:
            raise RefusalError(404, "Category not found")
        return self.categories[category]

    def _category_companies(self, request: Request, category: str) -> Response:
        keys: list[Key] = self._category_of(category)["companies"]
        if request.method == "GET":
            shown = self._cut(request, keys)
            size = min(request.args.get("size", 20, type=int), self.companies_a_page)
            rows = [self._category_row(key) for key in shown]
            pages = -(-len(keys) // size)
            page = request.args.get("page", 0, type=int)
            return as_json(
                {"companies": rows, "totalCompanies": len(keys), "currentPage": page, "totalPages": pages}
            )
        body = request.get_json()
        if request.method == "POST":  # one company of the list
            if (key := self._key(body)) not in keys:
                raise RefusalError(404, "Company not found")
            return as_json(self._category_row(key))
        asked = [self._key(each) for each in body["companyIds"]]
        if request.method == "PUT":
            return self._add_to_category(keys, asked)
        removed = [self.said_of_removal(self._category_row(key)) for key in asked if key in keys]
        keys[:] = [key for key in keys if key not in asked]
        return as_json(removed)

    def _add_to_category(self, keys: list[Key], asked: list[Key]) -> Response:
        """Only what is in the portfolio can be added; where something is not, that is a partial success."""
        added = [key for key in asked if key in self.companies]
        keys += [key for key in added if key not in keys]
        unable = [{"country": key[0], "registrationNumber": key[1]} for key in asked if key not in added]
        rows = [self._category_row(key) for key in added]
        return as_json({"companies": rows, "companiesUnableToAdd": unable}, 207 if unable else 200)

    def _category_row(self, key: Key) -> Row:
        country, number = key
        known = self.companies.get(key, {"addedDate": self.now().isoformat()})
        shown = {name: value for name, value in known.items() if name[0] != "_"}
        own = {"country": country, "registrationNumber": number, "references": self.tags.get(key, [])}
        return {**shown, **own}

    # What was told of companies

    def _event_codes(self, _request: Request, country: str) -> Response:
        return as_json([{"category": name, "codes": codes} for name, codes in EVENT_CODES.items() if country])

    def _company_events(self, request: Request, category: str = "") -> Response:
        """Of the last year, of monitored companies, between two dates, of the kinds that were asked for."""
        asked, seen = request.get_json(), set(self._seen())
        if category:
            seen &= set(self._category_of(category)["companies"])
        since, until = (_moment(asked.get(name)) for name in ("startDate", "endDate"))
        codes = {
            (each.get("eventCategory"), code)
            for each in asked.get("eventFilters") or ()
            for code in each.get("eventCodes") or (None,)
        }
        oldest = max(since, self.now() - EVENTS_LAST)
        found = [
            each
            for each in self.company_events
            if each["company"] in seen
            and oldest <= datetime.fromisoformat(each["registrationDate"]) <= until + timedelta(seconds=1)
            and (not codes or _is_asked(each["details"]["type"], codes))
        ]
        page = asked.get("page") or {}
        number, size = int(page.get("number", 0)), int(page.get("size", 20))
        shown = [self._told(each) for each in found[number * size : (number + 1) * size]]
        pages = {"totalPages": -(-len(found) // size), "currentPage": number, "totalEvents": len(found)}
        return as_json({"page": {"content": shown, **pages}, "filters": {}})

    def _told(self, event: Row) -> Row:
        key: Key = event["company"]
        told = {name: event[name] for name in ("id", "eventDate", "registrationDate", "details")}
        references = {"references": self.tags.get(key, [])}
        about = {"country": key[0], "registrationNumber": key[1], "name": self.companies[key].get("name", "")}
        return {**told, "companyInformation": {**about, **references}}


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise RefusalError(400, "Validation error", [("startDate", str(text))]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_asked(kind: Row, codes: set[tuple[Any, Any]]) -> bool:
    return (kind["category"], kind["code"]) in codes or (kind["category"], None) in codes
