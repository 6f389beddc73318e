"""Recman as a local server: what the vendor's texts and its clients say of API v2, each doubt a named switch."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire
from gateway_recman.simulator_data import NESTED_FIELDS, PLAIN_FIELDS, Database, Row

KEY = "202601010900k0f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f6a7b80123"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OTHER_PAGE = 1000


class NoError(Exception):
    """Recman's no, in one of its two spellings: `error` (objects with a message) or `errors` (texts)."""

    def __init__(self, *messages: str, plain: bool = False, status: int = 0) -> None:
        super().__init__("; ".join(messages))
        spoken: list[Any] = list(messages) if plain else [{"message": each} for each in messages]
        self.body = {"success": False, "errors" if plain else "error": spoken}
        self.status = status


class Simulator(Database):
    """Recman over HTTP. Each switch is a thing the notes do not know; the default is what they assume.

    key             the API key
    page_size       candidates on a page: 1000; the vendor's texts also say 100 and 500
    num_rows        what `numRows` counts: "page" or "total"
    next_page       whether `nextPage` is given where there is more
    empty_data      `data` without rows: "list" ([]), "map" ({}), "null" or "absent"
    error_status    HTTP status of errors: 200, or a 4xx
    quota_status    HTTP status when the calls of the day are used up: 200, or 429
    daily_quota     calls a key may make in a UTC day, failed ones too; None for no end
    rights          what the key may do, as "scope:operation" ("candidate:delete", "log:read"); None: all
    delete_unknown  deleting an id that is not there: "error", or "zero" (success, affectedRows 0)
    delete_employee deleting a current employee: "refuse" or "allow"
    stays           what does not go with a candidate: any of "files", "application", "log"
    lying_ids       candidates whose deletion is answered as done and not made; may be added to at any time
    file_form       a file's answer: "json" (base64) or "raw"
    file_parameters what the id of a file may be called: both "fileId" and "id"
    dropped_fields  documented candidate fields that this account does not know
    timezone        the zone of times: "UTC", or "Europe/Oslo"
    """

    urls = Map(
        [
            Rule("/v2/get/", methods=["GET"], endpoint="read"),
            Rule("/v2/get/index.php", methods=["GET"], endpoint="read"),
            Rule("/v2/post/", methods=["POST"], endpoint="write"),
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
        error_status: int = 200,
        quota_status: int = 200,
        daily_quota: int | None = 200,
        rights: Collection[str] | None = None,
        delete_unknown: Literal["error", "zero"] = "error",
        delete_employee: Literal["refuse", "allow"] = "refuse",
        stays: Collection[str] = (),
        lying_ids: Iterable[str] = (),
        file_form: Literal["json", "raw"] = "json",
        file_parameters: Collection[str] = ("fileId", "id"),
        dropped_fields: Collection[str] = (),
        timezone: str = "UTC",
    ) -> None:
        super().__init__(now, timezone, stays)
        self.key = key
        self.page_size = page_size
        self.num_rows = num_rows
        self.next_page = next_page
        self.empty_data = empty_data
        self.error_status = error_status
        self.quota_status = quota_status
        self.daily_quota = daily_quota
        self.rights = rights
        self.delete_unknown = delete_unknown
        self.delete_employee = delete_employee
        self.lying_ids = set(lying_ids)
        self.file_form = file_form
        self.file_parameters = frozenset(file_parameters)
        self.dropped_fields = frozenset(dropped_fields)
        self.wire = Wire(Request.application(self._answer))
        self._calls: Counter[tuple[str, date]] = Counter()
        self._readers: dict[str, tuple[frozenset[str], Callable[[Mapping[str, str]], Row | Response]]] = {
            "candidate": (
                frozenset({"fields", "page", "candidateId", "candidateIds", "firstName", "lastName"}),
                self._read_candidates,
            ),
            "candidateAttribute": (frozenset({"page"}), self._read_attributes),
            "candidateFile": (frozenset({"candidateId"}) | self.file_parameters, self._read_file),
            "jobApplication": (frozenset({"page", "status"}), self._read_applications),
            "log": (frozenset({"page", "minLogId", "candidateId", "companyId", "userId"}), self._read_logs),
        }
        self._writers: dict[tuple[str, str], Callable[[Row], Row]] = {
            ("candidate", "delete"): self._delete_candidate,
            ("log", "delete"): self._delete_log,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, str]:
        """The settings a plugin signs in with."""
        return {"url": base_url, "key": self.key}

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, _ = self.urls.bind_to_environ(request.environ).match()
            with self.lock:
                body = self._read(request) if endpoint == "read" else self._write(request)
                return body if isinstance(body, Response) else _json(body)
        except NoError as no:
            return _json(no.body, no.status or self.error_status)
        except HTTPException as err:
            return Response(
                f"<html><body><h1>{err.name}</h1></body></html>", err.code, content_type="text/html"
            )

    def _read(self, request: Request) -> Row | Response:
        args = request.args.to_dict()
        self._admit(args.pop("key", ""))
        scope = args.pop("scope", "")
        if scope not in self._readers:
            raise NoError("Invalid scope", plain=True)
        self._check_right(scope, "read")
        taken, reader = self._readers[scope]
        if alien := args.keys() - taken:
            raise NoError(*(f"invalid parameter: {each}" for each in sorted(alien)), plain=True)
        return reader(args)

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
        self._check_right(scope, operation)
        if not isinstance(data := body.get("data"), dict):
            raise NoError("data required")
        return self._writers[scope, operation](data)

    def _admit(self, key: str) -> None:
        """Count the call, and let it through if the key is known and calls are left."""
        today = (key, self.now().astimezone(UTC).date())
        self._calls[today] += 1
        if not key:
            raise NoError("Key required")
        if key != self.key:
            raise NoError("Invalid key")
        if self.daily_quota is not None and self._calls[today] > self.daily_quota:
            raise NoError(f"Daily limit of {self.daily_quota} requests reached", status=self.quota_status)

    def _check_right(self, scope: str, operation: str) -> None:
        if self.rights is not None and f"{scope}:{operation}" not in self.rights:
            raise NoError(f"The API key does not have access to {operation} {scope}")

    def _read_candidates(self, args: Mapping[str, str]) -> Row:
        fields = [each for each in args.get("fields", "").split(",") if each]
        if not fields:
            raise NoError("fields required")
        if unknown := [each for each in fields if not self._knows(each)]:
            raise NoError(*(f"Invalid field: {each}" for each in unknown))
        asked = args.get("candidateIds", args.get("candidateId"))
        names = {name: args[name] for name in ("firstName", "lastName") if name in args}
        if asked is None and not names and "page" not in args:
            raise NoError("page required")
        rows: Iterable[Row] = self.candidates.values()
        if asked is not None:
            rows = [
                self.candidates[each] for each in dict.fromkeys(asked.split(",")) if each in self.candidates
            ]
        if names:
            rows = [row for row in rows if all(row.get(name) == value for name, value in names.items())]
        listing = self._listing(list(rows), "candidateId", args, self.page_size)
        if listing.get("data"):
            listing["data"] = {key: _project(row, fields) for key, row in listing["data"].items()}
        return listing

    def _knows(self, field: str) -> bool:
        return field in PLAIN_FIELDS | NESTED_FIELDS and field not in self.dropped_fields

    def _read_attributes(self, args: Mapping[str, str]) -> Row:
        return self._listing(list(self.attributes.values()), "attributeId", args, OTHER_PAGE)

    def _read_applications(self, args: Mapping[str, str]) -> Row:
        status = args.get("status")
        rows = [row for row in self.applications.values() if status in (None, row["status"])]
        listing = self._listing(rows, "jobApplicationId", args, OTHER_PAGE)
        if listing.get("data"):
            listing["data"] = list(listing["data"].values())
        return listing

    def _read_logs(self, args: Mapping[str, str]) -> Row:
        first = int(args.get("minLogId", "0")) if args.get("minLogId", "0").isdecimal() else 0
        by = {name: args[name] for name in ("candidateId", "companyId", "userId") if name in args}
        rows = [
            row
            for number, row in self.logs.items()
            if int(number) >= first and all(row[name] == value for name, value in by.items())
        ]
        return self._listing(rows, "logId", args, OTHER_PAGE)

    def _read_file(self, args: Mapping[str, str]) -> Row | Response:
        file = self.files.get(args.get("fileId") or args.get("id") or "")
        if file is None or file["candidateId"] != args.get("candidateId"):
            raise NoError("File not found")
        if self.file_form == "raw":
            return Response(file["content"], content_type="application/octet-stream")
        name, _, extension = file["name"].rpartition(".")
        content = base64.b64encode(file["content"]).decode()
        data = {"fileId": file["fileId"], "name": name, "extension": extension, "base64": content}
        return {"success": True, "data": data}

    def _delete_candidate(self, data: Row) -> Row:
        candidate = str(data.get("candidateId"))
        if candidate not in self.candidates:
            if self.delete_unknown == "zero":
                return {"success": True, "affectedRows": 0}
            raise NoError(f"Unknown candidateId: {candidate}")
        if self.delete_employee == "refuse" and self.employed(candidate):
            raise NoError("The candidate is an employee and cannot be deleted")
        if candidate not in self.lying_ids:
            self.erase(candidate)
        return {"success": True, "affectedRows": 1}

    def _delete_log(self, data: Row) -> Row:
        if self.logs.pop(str(data.get("logId")), None) is None:
            raise NoError("Unknown logId")
        return {"success": True, "affectedRows": 1}

    def _listing(self, rows: list[Row], name: str, args: Mapping[str, str], size: int) -> Row:
        """One page of rows as an object keyed by id."""
        page = args.get("page", "1")
        if not page.isdecimal() or int(page) < 1:
            raise NoError("page has to be a number from 1")
        start = (int(page) - 1) * size
        shown = rows[start : start + size]
        body: Row = {"success": True, "numRows": len(shown) if self.num_rows == "page" else len(rows)}
        if shown:
            body["data"] = {row[name]: row for row in shown}
        elif self.empty_data != "absent":
            body["data"] = {"list": [], "map": {}, "null": None}[self.empty_data]
        if self.next_page and start + size < len(rows):
            body["nextPage"] = int(page) + 1
        return body


def _project(row: Row, fields: list[str]) -> Row:
    """The fields asked for; the two ids come with every row."""
    shown = {"candidateId": row["candidateId"], "corporationId": row["corporationId"]}
    for field in fields:
        if value := row.get(field):
            shown[field] = value
        elif field in PLAIN_FIELDS:
            shown[field] = ""
    return shown


def _json(body: Row, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type="application/json")
