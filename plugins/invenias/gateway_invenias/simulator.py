"""Invenias as a local server: what the vendor's reference and its clients say, each doubt a named switch.

On its own: `python -m gateway_invenias.simulator --people 100000 --latency 0.05`; the first line is its URL.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire, serve
from gateway_invenias.simulator_attachments import Attachments
from gateway_invenias.simulator_calls import Lists, NoError, answer
from gateway_invenias.simulator_firm import Firm
from gateway_invenias.simulator_lists import UnknownColumnError
from gateway_invenias.simulator_paths import BARE, READS, URLS
from gateway_invenias.simulator_people import People
from gateway_invenias.simulator_signin import CLIENT_ID, CLIENT_SECRET, PASSWORD, START, USERNAME, SignIn

WINDOW = timedelta(minutes=5)
DISABLED_AFTER = 9000
MAINTENANCE = "Tenant is in Maintenance Mode - Upgrade in progress"
HEADERS = {"Server": "Microsoft-IIS/10.0", "X-Powered-By": "ASP.NET", "Referrer-Policy": "no-referrer"}

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "DISABLED_AFTER", "PASSWORD", "USERNAME", "Simulator"]


class Simulator(People, Attachments, Firm, Lists, SignIn):
    """Invenias over HTTP. Each switch is something the notes do not know; the default is what they assume.

    Lists:
    page_limit             rows a list page: a larger PageSize is cut to it
    default_page_size      rows a list page where no PageSize is asked for
    refuse_oversize        a larger PageSize is refused with 400 instead
    page_past_end          200 or 404: what a page past the end is answered with
    hidden_columns         columns the list of people does not have
    refuse_unknown_select  an unknown column in Select is refused with 400, not passed over
    modified_filter        whether lists can be filtered and sorted by DateModified (else 400)
    id_filter              whether lists can be filtered by ItemId (else 400)
    journal_filter         whether the journal can be filtered by People (else 400)
    document_owners        whether documents can show what they hang on
    person_journal, person_assignments, person_programmes   whether there are such lists below a person (else 404)
    consent_columns        columns the list of people has for consent
    consent_statuses       what the setting ConsentEventTypes lists
    off_limits             the OffLimitsStatus new people get
    blind                  rights are too narrow: lists and searches answer 200 with no rows

    Changes:
    bulk_delete            whether there is `people/bulkdelete` (else 404)
    bulk_unknown           "ignored" or "refused": an unknown id in a bulk deletion; refused, nothing is deleted
    bulk_partial           a bulk deletion deletes whom it may; else one who may not be deleted holds up all
    delete_status          200 or 204: the answer to a person's deletion
    repeated_delete        404, 410 or 200: the answer to the deletion of somebody who is not there
    users_protected        the deletion of a person with a user account is refused with 403
    leftovers              of "documents" and "journal": what stays of somebody who is deleted
    versions_stay          deleting a document takes away its latest version only
    lying_ids              people, documents, journal items whose deletion is answered with 200 and not made; may be added to
    delete_delay           how long a deleted person can still be read and listed
    search_delay           how long a deleted person is still found by the searches
    children_touch_person  a changed document, journal item or category moves the person's DateModified
    if_match               a journal item is not replaced without If-Match (412)
    optional_id_twice      409 or 400: an OptionalId that is taken
    compulsory             fields a policy asks for, as "notes.Subject": saved without, 500 and nothing is saved
    open_pictures          pictures' URLs work without a token

    Signing in, limits:
    token_life             how long an access token works
    unknown_application    so many sign-ins fail, since the application is new
    refused_sign_in        400 or 401: a sign-in with wrong credentials
    client_credentials     whether there is that grant
    rotate_refresh         a refresh token works once and a new one comes with the answer
    expired_application    403 or 404: what every API call answers, since the application has expired; 0: it has not
    maintenance            the tenant is being upgraded: 503
    quota                  calls in five minutes; None for no end
    quota_per              "subdomain" or "user": whether the firm's own people use it up, too (`use_elsewhere`)
    failed_calls_count     whether failed calls use the quota up
    retry_after            429 comes with Retry-After
    error_format           "message", "problem" or "text": how the body of an error is written
    """

    open_pictures: bool
    maintenance: bool
    quota: int | None
    quota_per: str
    failed_calls_count: bool
    retry_after: bool
    error_format: str

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: START,
        page_limit: int = 1000,
        default_page_size: int = 1000,
        refuse_oversize: bool = False,
        page_past_end: int = 200,
        hidden_columns: Collection[str] = (),
        refuse_unknown_select: bool = False,
        modified_filter: bool = True,
        id_filter: bool = True,
        journal_filter: bool = True,
        document_owners: bool = True,
        person_journal: bool = False,
        person_assignments: bool = False,
        person_programmes: bool = False,
        consent_columns: Sequence[str] = (),
        consent_statuses: Sequence[str] = ("Requested", "Given", "Declined", "Withdrawn", "Expired"),
        off_limits: str = "Off",
        blind: bool = False,
        bulk_delete: bool = True,
        bulk_unknown: str = "ignored",
        bulk_partial: bool = False,
        delete_status: int = 200,
        repeated_delete: int = 404,
        users_protected: bool = True,
        leftovers: Collection[str] = ("documents", "journal"),
        versions_stay: bool = False,
        lying_ids: Iterable[str] = (),
        delete_delay: timedelta = timedelta(0),
        search_delay: timedelta = timedelta(0),
        children_touch_person: bool = False,
        if_match: bool = False,
        optional_id_twice: int = 409,
        compulsory: Collection[str] = (),
        open_pictures: bool = False,
        token_life: timedelta = timedelta(hours=24),
        unknown_application: int = 0,
        refused_sign_in: int = 400,
        client_credentials: bool = False,
        rotate_refresh: bool = True,
        expired_application: int = 0,
        maintenance: bool = False,
        quota: int | None = 3000,
        quota_per: str = "subdomain",
        failed_calls_count: bool = True,
        retry_after: bool = False,
        error_format: str = "message",
    ) -> None:
        switches = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(now)
        vars(self).update(switches)  # each switch is an attribute of its name
        self.hidden_columns, self.leftovers = frozenset(hidden_columns), frozenset(leftovers)
        self.compulsory, self.lying_ids = frozenset(compulsory), set(lying_ids)
        self.consent_columns, self.consent_statuses = tuple(consent_columns), tuple(consent_statuses)
        self.parsed = {}
        self.wire = Wire(Request.application(self._answer))
        self._urls = URLS.bind("invenias.example")
        self._window = (now(), 0, 0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, Any]:
        """The settings a plugin signs in with."""
        credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "username": USERNAME}
        size = {"page_size": self.page_limit} if self.page_limit < 1000 else {}
        return {"url": base_url, **credentials, "password": PASSWORD, **size}

    def use_elsewhere(self, calls: int) -> None:
        """The firm's own people make calls, which count where the quota is the subdomain's."""
        began, made, refused = self._window
        if self.quota_per == "subdomain":
            self._window = (began, made + calls, refused)

    def _answer(self, request: Request) -> Response:
        with self.lock:
            try:
                endpoint, given = self._urls.match(request.path.lower(), request.method)
                if endpoint in ("token", "authorize"):
                    signed: Response = getattr(self, endpoint)(request)
                    return signed
                self._admit(request, endpoint)
                self.pass_time()
                call: Callable[..., Response] = getattr(self, endpoint)
                reads = endpoint in READS or (request.method in ("POST", "PUT") and endpoint not in BARE)
                response = call(request, **given) if reads else call(**given)
            except NoError as no:
                response = self._say_no(no.status, str(no))
            except UnknownColumnError as err:
                response = self._say_no(400, str(err))
            except HTTPException as err:
                response = self._say_no(err.code or 500, err.name)
            return self._with_headers(response)

    def picture_url(self, name: str, file: str) -> Response:
        return self.read_picture(name if file.startswith(name) else "")

    def _say_no(self, status: int, message: str) -> Response:
        if self.error_format == "text":
            return Response(message, status, content_type="text/plain")
        body = {"Message": message}
        if self.error_format == "problem":
            body = {"type": "about:blank", "title": "Error", "detail": message}
        return answer(body, status)

    def _admit(self, request: Request, endpoint: str) -> None:
        if self.maintenance:
            raise NoError(503, MAINTENANCE)
        self._count()
        if not (endpoint == "picture_url" and self.open_pictures):
            self.let_in(request)

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

    def _with_headers(self, response: Response) -> Response:
        began, calls, refused = self._window
        if response.status_code >= 400 and response.status_code != 429 and not self.failed_calls_count:
            self._window = (began, calls := max(0, calls - 1), refused)
        response.headers.update(HEADERS)
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
