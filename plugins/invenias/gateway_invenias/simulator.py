"""Invenias as a local server: what the vendor's reference and its clients say, each doubt a named switch.

On its own: `python -m gateway_invenias.simulator --people 100000 --latency 0.05`; the first line is its URL.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire, serve
from gateway_invenias.simulator_calls import Calls, NoError, answer
from gateway_invenias.simulator_lists import UnknownColumnError

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLIENT_ID, CLIENT_SECRET = "5f0c2a34-9d1b-4c7e-8a55-1b2c3d4e5f60", "fictional-client-secret"
USERNAME, PASSWORD = "gateway-api@example.org", "fictional-password"
WINDOW = timedelta(minutes=5)
DISABLED_AFTER = 9000
MAINTENANCE = "Tenant is in Maintenance Mode - Upgrade in progress"


class Simulator(Calls):
    """Invenias over HTTP. Each switch is something the notes do not know; the default is what they assume.

    page_limit           rows a list page: a larger PageSize is cut to it
    refuse_oversize      a larger PageSize is refused with 400 instead
    quota                calls in five minutes, failed ones too; None for no end
    retry_after          429 comes with Retry-After
    bulk_delete          whether there is `people/bulkdelete` (else 404)
    modified_filter      whether lists can be filtered and sorted by DateModified (else 400)
    id_filter            whether lists can be filtered by ItemId (else 400)
    document_owners      whether documents can show what they hang on
    person_journal       whether there is `people/{id}/journal/list` (else 404)
    lying_ids            people whose deletion is answered with 200 and not made; may be added to at any time
    delete_delay         how long a deleted person can still be read and listed
    search_delay         how long a deleted person is still found by `duplicates/people`
    expired_application  403 or 404: what every API call answers, since the application has expired; 0: it has not
    token_life           how long a token works
    maintenance          the tenant is being upgraded: 503
    unknown_application  so many sign-ins fail, since the application is new
    compulsory           fields a policy asks for, as "notes.Subject": saved without, 500 and nothing is saved
    """

    urls = Map(
        [
            Rule("/identity/connect/token", endpoint="sign_in", methods=["POST"]),
            *(
                Rule(f"/api/v1{path}", endpoint=endpoint, methods=[method])
                for method, path, endpoint in (
                    ("GET", "/countries", "countries"),
                    ("GET", "/settings/<key>", "lookup"),
                    ("POST", "/people/list", "list_people"),
                    ("POST", "/people", "create_person"),
                    ("PUT", "/people/bulkdelete", "bulk_delete_people"),
                    ("GET", "/people/<person>", "read_person"),
                    ("PUT", "/people/<person>", "replace_person"),
                    ("DELETE", "/people/<person>", "delete_person"),
                    ("GET", "/duplicates/people", "find_people"),
                    ("POST", "/people/<person>/documents/list", "list_documents_of"),
                    ("POST", "/people/<person>/document", "upload_document"),
                    ("GET", "/people/<person>/documents/<document>", "read_document"),
                    ("POST", "/people/<person>/journal/list", "list_journal_of"),
                    ("GET", "/people/<person>/categories", "read_categories"),
                    ("DELETE", "/people/<person>/categories/<entry>", "unlink_category"),
                    ("GET", "/people/<person>/recordpicture", "read_picture"),
                    ("DELETE", "/people/<person>/recordpicture", "delete_picture"),
                    ("POST", "/documents/list", "list_documents"),
                    ("POST", "/documents/bulkdelete", "bulk_delete_documents"),
                    ("DELETE", "/documents/<document>", "delete_document"),
                    ("POST", "/journal/list", "list_journal"),
                    ("POST", "/<kind>", "create_item"),
                    ("GET", "/<kind>/<item>", "read_item"),
                    ("PUT", "/<kind>/<item>", "replace_item"),
                    ("DELETE", "/<kind>/<item>", "delete_item"),
                )
            ),
        ]
    )

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: START,
        page_limit: int = 1000,
        refuse_oversize: bool = False,
        quota: int | None = 3000,
        retry_after: bool = False,
        bulk_delete: bool = True,
        modified_filter: bool = True,
        id_filter: bool = True,
        document_owners: bool = True,
        person_journal: bool = False,
        lying_ids: Iterable[str] = (),
        delete_delay: timedelta = timedelta(0),
        search_delay: timedelta = timedelta(0),
        expired_application: int = 0,
        token_life: timedelta = timedelta(hours=24),
        maintenance: bool = False,
        unknown_application: int = 0,
        compulsory: Collection[str] = (),
    ) -> None:
        super().__init__(now)
        self.page_limit = page_limit
        self.refuse_oversize = refuse_oversize
        self.quota = quota
        self.retry_after = retry_after
        self.bulk_delete = bulk_delete
        self.modified_filter = modified_filter
        self.id_filter = id_filter
        self.document_owners = document_owners
        self.person_journal = person_journal
        self.lying_ids = set(lying_ids)
        self.delete_delay = delete_delay
        self.search_delay = search_delay
        self.expired_application = expired_application
        self.token_life = token_life
        self.maintenance = maintenance
        self.unknown_application = unknown_application
        self.compulsory = frozenset(compulsory)
        self.disabled = False
        self.wire = Wire(Request.application(self._answer))
        self._tokens: dict[str, datetime] = {}
        self._window = (now(), 0, 0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, Any]:
        """The settings a plugin signs in with."""
        credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "username": USERNAME}
        size = {"page_size": self.page_limit} if self.page_limit < 1000 else {}
        return {"url": base_url, **credentials, "password": PASSWORD, **size}

    def revoke_tokens(self) -> None:
        """All tokens stop working: the password was reset, say."""
        self._tokens.clear()

    def _answer(self, request: Request) -> Response:
        request.environ["PATH_INFO"] = request.environ["PATH_INFO"].lower()
        with self.lock:
            try:
                endpoint, given = self.urls.bind_to_environ(request.environ).match()
                if endpoint == "sign_in":
                    return self._sign_in(request)
                self._admit(request)
                self._pass_time()
                call: Callable[..., Response] = getattr(self, endpoint)
                reads = request.method in ("POST", "PUT") or endpoint == "find_people"
                response = call(request, **given) if reads else call(**given)
            except NoError as no:
                response = answer({"Message": str(no)}, no.status)
            except UnknownColumnError as err:
                response = answer({"Message": str(err)}, 400)
            except HTTPException as err:
                response = answer({"Message": err.name}, err.code or 500)
            return self._with_quota(response)

    def _sign_in(self, request: Request) -> Response:
        """The token call; only the password grant is known."""
        form = request.form
        if self.unknown_application > 0:
            self.unknown_application -= 1
            return answer(
                {"error": "invalid_client", "error_description": "The client application is not known"}, 400
            )
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return answer({"error": "invalid_client"}, 400)
        if form.get("grant_type") != "password":
            return answer({"error": "unsupported_grant_type"}, 400)
        if (form.get("username"), form.get("password")) != (USERNAME, PASSWORD) or self.disabled:
            return answer({"error": "invalid_grant"}, 400)
        token = f"token-{self.new_id()}"
        self._tokens[token] = self.now() + self.token_life
        seconds = int(self.token_life.total_seconds())
        return answer({"access_token": token, "expires_in": seconds, "token_type": "Bearer"})

    def _admit(self, request: Request) -> None:
        if self.maintenance:
            raise NoError(503, MAINTENANCE)
        self._count()
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or self.disabled or self._tokens.get(token, self.now()) <= self.now():
            raise NoError(401, "Authorization has been denied for this request.")
        if self.expired_application:
            raise NoError(self.expired_application, "The application is not available")

    def _count(self) -> None:
        """The quota: a window begins at the first call; refused calls do not count, but too many disable the user."""
        began, calls, refused = self._window
        if self.now() >= began + WINDOW:
            began, calls, refused = self.now(), 0, 0
        if self.quota is not None and calls >= self.quota:
            self._window = (began, calls, refused + 1)
            self.disabled = self.disabled or refused + 1 >= DISABLED_AFTER
            raise NoError(429, "Request quota exceeded")
        self._window = (began, calls + 1, refused)

    def _with_quota(self, response: Response) -> Response:
        began, calls, _ = self._window
        if self.quota is not None:
            response.headers["X-Request-Quota-Remaining"] = str(max(0, self.quota - calls))
        if response.status_code == 429 and self.retry_after:
            left = began + WINDOW - self.now()
            response.headers["Retry-After"] = str(int(left.total_seconds()))
        return response


def main() -> None:
    """Serve fictional people until the process is ended."""
    parser = argparse.ArgumentParser(description="A simulated Invenias tenant on loopback.")
    parser.add_argument("--people", type=int, default=300, help="how many fictional people it holds")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--quota", type=int, default=None, help="calls in five minutes; no end if not given")
    asked = parser.parse_args()
    simulator = Simulator(now=lambda: datetime.now(UTC), quota=asked.quota)
    simulator.populate(asked.people)
    simulator.wire.latency = asked.latency
    with serve(simulator, asked.port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
