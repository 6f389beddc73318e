"""Bisnode / Dun & Bradstreet Norway as a local server, as far as the plugin's main paths go.

Person search, credit reports, letters, scoring, sub-lists of a portfolio and monitoring events are not here.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire
from gateway_bisnode.simulator_state import Key, Row, State

CLIENT_ID, CLIENT_SECRET = "fictional-client", "fictional-bisnode-secret"
MOST_CONSUMERS = 100
PRODUCTS = {
    "consumer-intelligence": {"bci"},
    "credit-monitoring-companies": {"credit_data_monitoring"},
    "decision": {"rgs-decision", "rgs-decision-test"},
}
URLS = Map(
    [
        Rule("/as/token.oauth2", methods=["POST"], endpoint="token"),
        Rule("/sandbox/v1/token.oauth2", methods=["POST"], endpoint="token"),
        Rule("/consumer-intelligence/v3/consumers", methods=["GET"], endpoint="consumers"),
        Rule("/consumer-intelligence/v3/consumers", methods=["POST"], endpoint="upload"),
        Rule(
            "/consumer-intelligence/v3/consumers/<path:consumer_id>", methods=["DELETE"], endpoint="consumer"
        ),
        Rule("/consumer-intelligence/v3/audit-events", methods=["GET"], endpoint="events"),
        Rule("/credit-monitoring-companies/v1/portfolio", methods=["GET"], endpoint="portfolio"),
        Rule("/credit-monitoring-companies/v1/portfolio/company", methods=["POST"], endpoint="company"),
        Rule("/credit-monitoring-companies/v1/portfolio/companies", endpoint="companies"),
        Rule("/credit-monitoring-companies/v1/references", methods=["POST", "DELETE"], endpoint="references"),
        Rule("/credit-monitoring-companies/v1/references/all", methods=["DELETE"], endpoint="references_all"),
        Rule("/decision/v3/person/<correlation_id>", methods=["GET"], endpoint="decision"),
        Rule("/decision/v3/person/<correlation_id>/background", methods=["GET"], endpoint="background"),
        Rule("/decision/v3/person/<correlation_id>/appendix/pdf", methods=["GET"], endpoint="appendix"),
    ]
)


class RefusalError(Exception):
    """An answer that is a no, with the vendor's error body."""

    def __init__(self, status: int, message: str, fields: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.fields = [
            {"object": "request", "field": f, "rejectedValue": v, "message": message} for f, v in fields
        ]


class Simulator(State):
    """The vendor. Every assumption of the notes that a main path meets is a switch.

    now                   the clock of tokens, limits and dates
    token_life            seconds a token is taken; then 401
    rate_per_second       calls a second before 429 with Retry-After; None: no limit
    daily                 calls a UTC day before 429; None: no limit
    scopes                what the client may ask for; a call outside its token's scope is 403
    lying_ids             consumer ids and `NO:number`s whose removal is answered well and not done
    blocked               correlation ids that exist and may not be given out: 451
    consumer_removal_again, company_removal_again
                          the status of a removal of what is gone: 404, and 200 with an empty list
    consumers_a_page, companies_a_page
                          the most rows on a page, whatever was asked for
    secret_in_form        whether the secret is taken in the form too, and not by HTTP Basic alone
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        token_life: int = 3600,
        rate_per_second: int | None = 10,
        daily: int | None = 1000,
        scopes: str = "bci credit_data_monitoring rgs-decision",
        lying_ids: Collection[str] = (),
        blocked: Collection[str] = (),
        consumer_removal_again: int = 404,
        company_removal_again: int = 200,
        consumers_a_page: int = 100,
        companies_a_page: int = 100,
        secret_in_form: bool = False,
    ) -> None:
        super().__init__(now, lying_ids)
        self.token_life, self.scopes, self.blocked = token_life, scopes, set(blocked)
        self.rate_per_second, self.daily = rate_per_second, daily
        self.consumer_removal_again, self.company_removal_again = (
            consumer_removal_again,
            company_removal_again,
        )
        self.consumers_a_page, self.companies_a_page = consumers_a_page, companies_a_page
        self.secret_in_form = secret_in_form
        self.tokens: dict[str, tuple[datetime, set[str]]] = {}
        self.called: deque[datetime] = deque()
        self.wire = Wire(Request.application(self._answer))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, str]:
        """The settings a plugin signs in with, and the firm's log of what it ordered so far."""
        return {
            "url": base_url,
            "token_url": f"{base_url}/as/token.oauth2",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "consumer_ids_of": "recman",
            "references_of": "recman",
            "orders": self.orders_csv().strip(),
        }

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, values = URLS.bind_to_environ(request.environ).match()
            with self.lock:
                if endpoint == "token":
                    return self._token(request)
                self._admit(request)
                answer: Response = getattr(self, f"_{endpoint}")(request, **values)
                return answer
        except RefusalError as err:
            return self._no(err.status, err.message, err.fields)
        except HTTPException as err:
            return self._no(err.code or 500, err.name)

    def _no(self, status: int, message: str, fields: Iterable[Row] = ()) -> Response:
        body = {
            "status": status,
            "message": message,
            "timestamp": self.now().isoformat(),
            "subErrors": [*fields],
        }
        answer = _json({"statusText": Response(status=status).status[4:], **body}, status)
        if status == 429:
            answer.headers["Retry-After"] = str(self._pause())
        return answer

    # Signing in and limits

    def _token(self, request: Request) -> Response:
        given = _basic(request)
        if self.secret_in_form and given is None:
            given = (request.form.get("client_id", ""), request.form.get("client_secret", ""))
        if given != (CLIENT_ID, CLIENT_SECRET):
            return _json(
                {"error": "invalid_client", "error_description": "Client authentication failed"}, 401
            )
        if request.form.get("grant_type") != "client_credentials":
            return _json({"error": "unsupported_grant_type"}, 400)
        scopes = set(request.form.get("scope", "").split())
        if not scopes or not scopes <= set(self.scopes.split()) | set().union(*PRODUCTS.values()):
            return _json({"error": "invalid_scope"}, 400)
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = (
            self.now() + timedelta(seconds=self.token_life),
            scopes & set(self.scopes.split()),
        )
        told = {"expires_in": self.token_life, "scope": " ".join(sorted(scopes)), "token_type": "bearer"}
        return _json({"access_token": token, **told})

    def _admit(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        expires, scopes = self.tokens.get(token, (self.now(), set[str]()))
        if expires <= self.now():
            raise RefusalError(401, "The access token is missing or expired")
        if scopes.isdisjoint(PRODUCTS[request.path.split("/")[1]]):
            raise RefusalError(403, "The access token does not cover this product")
        while self.called and self.called[0].date() < self.now().date():
            self.called.popleft()
        if self._pause():
            raise RefusalError(429, "Too many requests")
        self.called.append(self.now())

    def _pause(self) -> int:
        """Seconds until the next call is taken."""
        now = self.now()
        if self.daily is not None and len(self.called) >= self.daily:
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            return int((midnight - now).total_seconds()) + 1
        recent = sum(each > now - timedelta(seconds=1) for each in self.called)
        return 1 if self.rate_per_second is not None and recent >= self.rate_per_second else 0

    # Consumer Intelligence

    def _consumers(self, request: Request) -> Response:
        return self._page(request, "consumers", [*self.consumers.values()])

    def _events(self, request: Request) -> Response:
        return self._page(request, "auditEvents", self.events)

    def _page(self, request: Request, name: str, rows: list[Row]) -> Response:
        token = request.args.get("nextPageToken", "0")
        if not token.isdigit():
            raise RefusalError(400, "Unknown page token", [("nextPageToken", token)])
        # A token names the last row shown, so that a removal moves nothing.
        left = [row for row in rows if row["_number"] > int(token)]
        shown = left[: self.consumers_a_page]
        after = str(shown[-1]["_number"]) if len(left) > len(shown) else None
        body = [{key: value for key, value in row.items() if key != "_number"} for row in shown]
        return _json({name: body, "nextPageToken": after})

    def _upload(self, request: Request) -> Response:
        rows = request.get_json()
        if len(rows) > MOST_CONSUMERS:
            raise RefusalError(400, "At most 100 consumers in a call", [("consumers", str(len(rows)))])
        for row in rows:
            self.upload(row)
        return Response(status=202)

    def _consumer(self, _request: Request, consumer_id: str) -> Response:
        if self.remove_consumer(consumer_id):
            return Response(status=204)
        if self.consumer_removal_again == 404:
            raise RefusalError(404, "Consumer not found")
        return Response(status=self.consumer_removal_again)

    # Monitoring of companies

    def _portfolio(self, _request: Request) -> Response:
        changed = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.changes)
        total = len(self.companies)
        times = {"created": "2020-01-01T00:00:00Z", "lastModified": changed.isoformat()}
        return _json({"status": "ACTIVE", **times, "totalCompanies": total})

    def _company(self, request: Request) -> Response:
        if self._key(request.get_json()) not in self.companies:
            raise RefusalError(404, "Company not in portfolio")
        return Response(status=200)

    def _companies(self, request: Request) -> Response:
        if request.method == "GET":
            return self._listed(request)
        keys = [self._key(each) for each in request.get_json()["companyIds"]]
        if request.method == "PUT":
            for key in keys:
                self.monitor(key, {})
            return _json({"companies": [self._row(key) for key in keys], "companiesUnableToAdd": []})
        if request.method != "DELETE":
            raise RefusalError(405, "Method not allowed")
        removed = [row for key in keys if (row := self.remove_company(key))]
        if not removed and self.company_removal_again != 200:
            raise RefusalError(self.company_removal_again, "Company not in portfolio")
        return _json(removed)

    def _listed(self, request: Request) -> Response:
        size = min(request.args.get("size", 20, type=int), self.companies_a_page)
        start = request.args.get("page", 0, type=int) * size
        keys = sorted(self.companies, key=lambda key: self.companies[key]["addedDate"])
        if request.args.get("sortDirection", "DESC") == "DESC":
            keys.reverse()
        return _json({"companies": [self._row(key) for key in keys[start : start + size]]})

    def _row(self, key: Key) -> Row:
        references = {"id": "-".join(key), "references": self.tags.get(key, [])}
        return {**self.companies[key], "objectReference": references}

    def _references(self, request: Request) -> Response:
        for each in request.get_json()["references"]:
            key = self._key(each["company"])
            others = [tag for tag in self.tags.get(key, []) if tag not in each["references"]]
            self.tags[key] = [*others, *(each["references"] if request.method == "POST" else ())]
            self.changes += 1
        return Response(status=200 if request.method == "POST" else 204)

    def _references_all(self, request: Request) -> Response:
        for each in request.get_json():
            self.tags.pop(self._key(each), None)
            self.changes += 1
        return Response(status=204)

    def _key(self, body: Any) -> Key:
        key = (str(body.get("country", "")), str(body.get("registrationNumber", "")))
        if not all(key):
            raise RefusalError(400, "Validation error", [("registrationNumber", key[1])])
        return key

    # Decisions

    def _decision(self, _request: Request, correlation_id: str) -> Response:
        return _json(self._case(correlation_id))

    def _background(self, _request: Request, correlation_id: str) -> Response:
        return _json({"correlationId": self._case(correlation_id)["correlationId"], "paymentRemarks": []})

    def _appendix(self, _request: Request, correlation_id: str) -> Response:
        self._case(correlation_id)
        return Response(b"%PDF-1.4\n% fictional\n", content_type="application/pdf")

    def _case(self, correlation_id: str) -> Row:
        if correlation_id not in self.decisions:
            raise RefusalError(404, "Decision not found")
        if correlation_id in self.blocked:
            raise RefusalError(451, "May not be given out for legal reasons")
        return self.decisions[correlation_id]


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, secret) if scheme.lower() == "basic" and name else None


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
