"""Recman as a local server: what the vendor's texts and its clients say of API v2, each doubt a named switch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire
from gateway_recman import simulator_v1
from gateway_recman.simulator_data import Row
from gateway_recman.simulator_reads import Reads, to_json
from gateway_recman.simulator_scopes import SCOPES, NoError
from gateway_recman.simulator_writes import Writes

KEY = "202601010900k0f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f6a7b80123"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Simulator(Reads, Writes):
    """Recman over HTTP. Each switch is a thing the notes do not know; the default is what they assume.

    key                  the API key
    page_size            candidates on a page: 1000; the vendor's texts also say 100 and 500
    num_rows             what `numRows` counts: "page" or "total"
    next_page            whether `nextPage` is given where there is more
    empty_data           `data` without rows: "list" ([]), "map" ({}), "null" or "absent"
    applications_as      `data` of job applications: "list" or "map"
    page_required        whether a list of candidates without `page` is an error
    order                rows by id: "rising" or "falling"
    unknown_parameter    a parameter that is not known, `updated` among them: "error" or "ignore"
    unknown_field        a field that is not known: "error" or "ignore"
    error_status         HTTP status of errors: 200, or a 4xx
    error_member         which errors are `error` (objects) and which `errors` (texts): "mixed", "error" or "errors"
    key_words            what is said of a missing key, and of a wrong one
    rights               what the key may do, as "scope:operation" ("candidate:delete", "log:read"); None: all
    denied               a read the key has no right to: "refuse", or "empty" (success, no rows)
    departments          the departments whose candidates the key is shown; None: all
    quota_status         HTTP status when the calls of the day are used up: 200, or 429
    daily_quota          calls a key may make in a UTC day, failed ones too; None for no end
    delete_answer        the answer to a deletion: "affected" (with affectedRows 1) or "bare" (success alone)
    delete_unknown       deleting an id that is not there: "error", or "zero" (success, affectedRows 0)
    delete_delay         how long a deleted candidate is still shown
    stays                what does not go with a candidate: any of "files", "application", "log", "inquiry", "job", "invoice"
    delete_employee      deleting somebody employed, or on a job, today: "refuse" or "allow"
    lying_ids            candidates whose deletion is answered as done and not made; may be added to at any time
    file_form            a file's answer: "json" (base64) or "raw"
    file_parameters      what the id of a file may be called: both "fileId" and "id"
    nested_id            where the id of a new nested row stands: "id", or in "data"
    corporation_required whether a new candidate needs a `corporationId`
    attribute_value      the member that holds the value of a text attribute: "text" or "value"
    auto_delete          whether the product deletes candidates at the date on their profile
    timezone             the zone of times: "UTC", or "Europe/Oslo"
    nested_updates       whether a change of a nested row or a file changes `updated`
    corporation_id       the corporation of a candidate: "one" id, or a "list"
    show_candidate_ids   whether an inquiry that is read shows whom it names
    dropped_fields       documented candidate fields that this account does not know
    """

    urls = Map(
        [
            Rule("/v2/get/", methods=["GET"], endpoint="read"),
            Rule("/v2/get/index.php", methods=["GET"], endpoint="read"),
            Rule("/v2/post/", methods=["POST"], endpoint="write"),
            Rule("/v1.php", methods=["GET"], endpoint="v1"),
        ]
    )

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: START,
        key: str = KEY,
        page_size: int = 1000,
        num_rows: Literal["page", "total"] = "page",
        next_page: bool = True,
        empty_data: Literal["list", "map", "null", "absent"] = "list",
        applications_as: Literal["list", "map"] = "list",
        page_required: bool = True,
        order: Literal["rising", "falling"] = "rising",
        unknown_parameter: Literal["error", "ignore"] = "error",
        unknown_field: Literal["error", "ignore"] = "error",
        error_status: int = 200,
        error_member: Literal["mixed", "error", "errors"] = "mixed",
        key_words: tuple[str, str] = ("Key required", "Invalid key"),
        rights: Collection[str] | None = None,
        denied: Literal["refuse", "empty"] = "refuse",
        departments: Collection[int] | None = None,
        quota_status: int = 200,
        daily_quota: int | None = 200,
        delete_answer: Literal["affected", "bare"] = "affected",
        delete_unknown: Literal["error", "zero"] = "error",
        delete_delay: timedelta = timedelta(0),
        stays: Collection[str] = ("job", "invoice"),
        delete_employee: Literal["refuse", "allow"] = "refuse",
        lying_ids: Iterable[str] = (),
        file_form: Literal["json", "raw"] = "json",
        file_parameters: Collection[str] = ("fileId", "id"),
        nested_id: Literal["id", "data"] = "id",
        corporation_required: bool = True,
        attribute_value: Literal["text", "value"] = "text",
        auto_delete: bool = True,
        timezone: str = "UTC",
        nested_updates: bool = True,
        corporation_id: Literal["one", "list"] = "one",
        show_candidate_ids: bool = False,
        dropped_fields: Collection[str] = (),
    ) -> None:
        super().__init__(now, timezone, stays, auto_delete=auto_delete, attribute_value=attribute_value)
        self.key, self.key_words = key, key_words
        self.page_size, self.num_rows, self.next_page = page_size, num_rows, next_page
        self.empty_data, self.applications_as, self.order = empty_data, applications_as, order
        self.page_required = page_required
        self.unknown_parameter, self.unknown_field = unknown_parameter, unknown_field
        self.error_status, self.error_member = error_status, error_member
        self.rights, self.denied, self.departments = rights, denied, departments
        self.quota_status, self.daily_quota = quota_status, daily_quota
        self.delete_answer, self.delete_unknown = delete_answer, delete_unknown
        self.delete_delay, self.delete_employee = delete_delay, delete_employee
        self.lying_ids = set(lying_ids)
        self.file_form, self.file_parameters = file_form, frozenset(file_parameters)
        self.nested_id, self.nested_updates = nested_id, nested_updates
        self.corporation_required, self.corporation_id = corporation_required, corporation_id
        self.show_candidate_ids = show_candidate_ids
        self.dropped_fields = frozenset(dropped_fields)
        self.wire = Wire(Request.application(self._answer))
        self._calls: Counter[tuple[str, date]] = Counter()
        self._writers = self.writers()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, str]:
        """The settings a plugin signs in with."""
        return {"url": base_url, "key": self.key}

    def may_see(self, candidate: str) -> bool:
        """Whether the key is shown this candidate."""
        return self._is_shown("candidate", self.candidates[candidate])

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, _ = self.urls.bind_to_environ(request.environ).match()
            with self.lock:
                self.erase_due()
                if endpoint == "v1":
                    return to_json(simulator_v1.read(self, self.key, request.args))
                body = self._read(request) if endpoint == "read" else self._write(request)
                return body if isinstance(body, Response) else to_json(body)
        except NoError as no:
            return to_json(self._spelt(no), no.status or self.error_status)
        except HTTPException as err:
            page = f"<html><body><h1>{err.name}</h1></body></html>"
            return Response(page, err.code, content_type="text/html")

    def _read(self, request: Request) -> Row | Response:
        args = request.args.to_dict()
        self._admit(args.pop("key", ""))
        scope = args.pop("scope", "")
        if scope not in SCOPES and scope != "candidateFile":
            raise NoError("Invalid scope", plain=True)
        if not self._may(scope, "read"):
            if self.denied == "empty":
                return self.empty()
            raise NoError(f"The API key does not have access to read {scope}")
        return self.read(scope, args)

    def _write(self, request: Request) -> Row:
        try:
            body = msgspec.json.decode(request.get_data(), type=Row)
        except msgspec.MsgspecError:
            body = {}
        self._admit(str(body.get("key") or ""))
        scope, operation = str(body.get("scope")), str(body.get("operation"))
        if not any(scope == known for known, _ in self._writers):
            raise NoError("Invalid scope", plain=True)
        if (scope, operation) not in self._writers:
            raise NoError("Invalid operation")
        if not self._may(scope, operation):
            raise NoError(f"The API key does not have access to {operation} {scope}")
        if not isinstance(data := body.get("data"), dict):
            raise NoError("data required")
        return self._writers[scope, operation](data)

    def _admit(self, key: str) -> None:
        """Count the call, and let it through if the key is known and calls are left."""
        today = (key, self.now().astimezone(UTC).date())
        self._calls[today] += 1
        if key != self.key:
            raise NoError(self.key_words[1] if key else self.key_words[0])
        if self.daily_quota is not None and self._calls[today] > self.daily_quota:
            raise NoError(f"Daily limit of {self.daily_quota} requests reached", status=self.quota_status)

    def _may(self, scope: str, operation: str) -> bool:
        return self.rights is None or f"{scope}:{operation}" in self.rights

    def _spelt(self, no: NoError) -> Row:
        plain = no.plain if self.error_member == "mixed" else self.error_member == "errors"
        spoken: list[Any] = list(no.messages) if plain else [{"message": each} for each in no.messages]
        return {"success": False, "errors" if plain else "error": spoken}
