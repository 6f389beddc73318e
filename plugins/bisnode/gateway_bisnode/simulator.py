"""Bisnode / Dun & Bradstreet Norway as a local server, from its published documents."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule, Submount
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire
from gateway_bisnode.simulator_answers import RefusalError, as_json
from gateway_bisnode.simulator_consumers import ConsumerCalls
from gateway_bisnode.simulator_credit import REPORT_PARTS, CreditCalls
from gateway_bisnode.simulator_monitoring import MonitoringCalls
from gateway_bisnode.simulator_state import Row

CLIENT_ID, CLIENT_SECRET = "fictional-client", "fictional-bisnode-secret"
PRODUCTS = {
    "consumer-intelligence": {"bci"},
    "credit-monitoring-companies": {"credit_data_monitoring"},
    "decision": {"rgs-decision", "rgs-decision-test"},
    "credit-data-persons": {"credit_data_persons"},
    "scoring": {"credit-scoring"},
    "affordability": {"affordability"},
    "credit-register": {"credit-register"},
}


def _at(endpoint: str, path: str, *methods: str) -> Rule:
    return Rule(path, methods=methods, endpoint=endpoint)


URLS = Map(
    [
        _at("token", "/as/token.oauth2", "POST"),
        _at("token", "/sandbox/v1/token.oauth2", "POST"),
        Submount(
            "/consumer-intelligence/v3",
            [
                _at("consumers", "/consumers", "GET"),
                _at("upload", "/consumers", "POST"),
                _at("remove_consumers", "/consumers", "DELETE"),
                _at("consumer", "/consumers/<path:consumer_id>", "DELETE"),
                _at("events", "/audit-events", "GET"),
                _at("subscriptions", "/subscriptions", "GET"),
                _at("find", "/markets/<market>/persons/_find", "POST"),
            ],
        ),
        Submount(
            "/credit-monitoring-companies/v1",
            [
                _at("portfolio", "/portfolio", "GET"),
                _at("company", "/portfolio/company", "POST"),
                Rule("/portfolio/companies", endpoint="companies"),
                _at("company_events", "/portfolio/events", "POST"),
                _at("event_codes", "/portfolio/events/category/<country>", "GET"),
                _at("categories", "/portfolio/categories", "GET", "PUT"),
                _at("category", "/portfolio/categories/<category>", "PUT", "DELETE"),
                Rule("/portfolio/categories/<category>/companies", endpoint="category_companies"),
                _at("company_events", "/portfolio/categories/<category>/events", "POST"),
                _at("references", "/references", "POST", "DELETE"),
                _at("references_all", "/references/all", "DELETE"),
            ],
        ),
        _at("search", "/credit-data-persons/v1/persons/no", "POST"),
        _at("report", "/credit-data-persons/v1/persons/no/credit-data", "POST"),
        _at("verify", "/decision/v3/person/se/verify", "POST"),
        _at("decide", "/decision/v3/person/<country>", "POST"),
        _at("decision", "/decision/v3/person/<correlation_id>", "GET", "DELETE"),
        _at("background", "/decision/v3/person/<correlation_id>/background", "GET"),
        _at("appendix", "/decision/v3/person/<correlation_id>/appendix/pdf", "GET"),
        _at("score", "/scoring/v1/score/person/no", "POST"),
        _at("scorecards", "/scoring/v1/scorecards/person/no", "GET"),
        _at("affordability", "/affordability/v1/person/no", "POST"),
        _at("debts", "/credit-register/v1/no/person", "POST"),
    ]
)


class Simulator(ConsumerCalls, MonitoringCalls, CreditCalls):
    """The vendor. Every assumption is a switch, and every switch an attribute that may be changed on the way.

    now                   the clock of tokens, limits and dates
    search_paging         whether a search answers `_paging` beside `persons`
    search_miss           the status of a search that finds nobody: 200 with an empty list, or 404
    report_parts          which parts of a report come beside `personInformation`
    report_order_id       whether a report carries an `orderId`
    letter_days           days until the person's copy letter is dated
    block_status          what a check on somebody who blocked them is answered
    unknown_person        what a check on an unknown national number is answered
    scope_status          what a call outside the token's scope is answered
    rate_per_second       calls a second before 429 with Retry-After; None: no limit
    daily                 calls a UTC day before 429; None: no limit
    token_life            seconds a token is taken; then 401
    consumer_removal      `single`: DELETE /consumers/{id}; `batch`: DELETE /consumers with up to 100 ids
    consumer_removal_again, company_removal_again
                          the status of a removal of what is gone: 404, and 200 with an empty list
    removal_event         whether the removal of a consumer adds an audit event
    check_removal         what the deletion of a decision is answered
    removal_seconds       seconds until a removal takes effect
    synthetic_only        whether only national numbers nobody can have are taken

    And what was seen, or may be feared, of vendors of this kind:

    scopes                what the client may ask for
    secret_in_form        whether the secret is taken in the form too, and not by HTTP Basic alone
    sandbox               at most 10 sub-lists, and the demo person in the register
    identification_seconds  seconds until an uploaded consumer is identified
    consumers_a_page, events_a_page, companies_a_page
                          the most rows on a page, whatever was asked for; subscriptions come like events
    token_on_last_page    whether the last page too has a token, which leads to an empty page and itself
    absent_fails_batch    whether one absent id makes a removal of several fail whole
    tags_outlive_removal, sub_lists_outlive_removal
                          whether tags and places in sub-lists stay when a company leaves the portfolio
    lying_ids             consumer ids and `NO:number`s whose removal is answered well and not done
    blocked               correlation ids that exist and may not be given out: 451
    narrow_rights         products whose lists are answered empty, with 200, as if the rights were too narrow
    """

    def __init__(
        self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), search_paging: bool = True,
        search_miss: int = 200, report_parts: Collection[str] = REPORT_PARTS, report_order_id: bool = True,
        letter_days: int = 0, block_status: int = 451, unknown_person: int = 404, scope_status: int = 403,
        rate_per_second: int | None = 10, daily: int | None = 1000, token_life: int = 3600,
        consumer_removal: str = "single", consumer_removal_again: int = 404, company_removal_again: int = 200,
        removal_event: bool = True, check_removal: int = 405, removal_seconds: int = 0, synthetic_only: bool = True,
        scopes: str = "bci credit_data_monitoring rgs-decision credit_data_persons", secret_in_form: bool = False,
        sandbox: bool = False, identification_seconds: int = 0, consumers_a_page: int = 100,
        events_a_page: int = 100, companies_a_page: int = 100,
        token_on_last_page: bool = False, absent_fails_batch: bool = False,
        tags_outlive_removal: bool = True, sub_lists_outlive_removal: bool = False,
        lying_ids: Collection[str] = (), blocked: Collection[str] = (), narrow_rights: Collection[str] = (),
    ) -> None:  # fmt: skip
        switches = {
            name: value for name, value in locals().items() if name not in {"self", "now", "__class__"}
        }
        super().__init__(now)
        vars(self).update(switches)
        self.lying_ids, self.blocked, self.narrow_rights = set(lying_ids), set(blocked), set(narrow_rights)
        self.report_parts = tuple(report_parts)
        self.tokens: dict[str, tuple[datetime, set[str]]] = {}
        self.called: deque[datetime] = deque()
        self.wire = Wire(Request.application(self._answer))

    token_life: int
    rate_per_second: int | None
    daily: int | None
    scopes: str
    scope_status: int
    secret_in_form: bool

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, str]:
        """The settings of a firm that uses what is in here so far: its products, and its log of orders."""
        used = {"bci": self.consumers, "credit_data_monitoring": self.companies, "rgs-decision": self.orders}
        return {
            "url": base_url,
            "token_url": f"{base_url}/as/token.oauth2",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": " ".join(scope for scope, held in used.items() if held) or "bci",
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
                self.catch_up()
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
        answer = as_json({"statusText": Response(status=status).status[4:], **body}, status)
        if status == 429:
            answer.headers["Retry-After"] = str(self._pause())
        return answer

    # Signing in and limits

    def _token(self, request: Request) -> Response:
        given = _basic(request)
        if self.secret_in_form and given is None:
            given = (request.form.get("client_id", ""), request.form.get("client_secret", ""))
        if given != (CLIENT_ID, CLIENT_SECRET):
            return as_json(
                {"error": "invalid_client", "error_description": "Client authentication failed"}, 401
            )
        if request.form.get("grant_type") != "client_credentials":
            return as_json({"error": "unsupported_grant_type"}, 400)
        asked, own = set(request.form.get("scope", "").split()), set(self.scopes.split())
        if not asked or not asked <= own | set().union(*PRODUCTS.values()):
            return as_json({"error": "invalid_scope"}, 400)
        token = f"fictional-token-{len(self.tokens) + 1}"
        self.tokens[token] = (self.now() + timedelta(seconds=self.token_life), asked & own)
        told = {"expires_in": self.token_life, "scope": " ".join(sorted(asked & own)), "token_type": "bearer"}
        return as_json({"access_token": token, **told})

    def _admit(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        expires, scopes = self.tokens.get(token, (self.now(), set[str]()))
        if expires <= self.now():
            raise RefusalError(401, "The access token is missing or expired")
        if scopes.isdisjoint(PRODUCTS[request.path.split("/")[1]]):
            raise RefusalError(self.scope_status, "The access token does not cover this product")
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


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, secret) if scheme.lower() == "basic" and name else None


__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Simulator"]
