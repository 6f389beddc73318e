"""The reads of the simulated API: lists, searches, pages and files."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

import msgspec
from werkzeug.wrappers import Response

from gateway_recman.simulator_data import Database, Row
from gateway_recman.simulator_scopes import PLAIN_FIELDS, SCOPES, NoError, Scope


class Reads(Database):
    """What `GET /v2/get/` answers. The switches stand in `Simulator`."""

    page_size: int
    num_rows: Literal["page", "total"]
    next_page: bool
    empty_data: Literal["list", "map", "null", "absent"]
    applications_as: Literal["list", "map"]
    page_required: bool
    order: Literal["rising", "falling"]
    unknown_parameter: Literal["error", "ignore"]
    unknown_field: Literal["error", "ignore"]
    dropped_fields: frozenset[str]
    departments: Collection[int] | None
    corporation_id: Literal["one", "list"]
    show_candidate_ids: bool
    file_form: Literal["json", "raw"]
    file_parameters: frozenset[str]

    def read(self, scope: str, args: Mapping[str, str]) -> Row | Response:
        """The answer to a read that has been let in."""
        if scope == "candidateFile":
            self._check_parameters(args, {"candidateId"} | self.file_parameters)
            return self._file(args)
        spec = SCOPES[scope]
        known = {"page"} | spec.filters | spec.lists.keys() | spec.other_filters
        self._check_parameters(args, known if spec.fields is None else known | {"fields"})
        fields = None if spec.fields is None else self._fields(spec.fields, args.get("fields", ""))
        asked = args.keys() & (spec.filters | spec.lists.keys())
        if scope == "candidate" and self.page_required and not asked and "page" not in args:
            raise NoError("page required")
        rows = [row for row in self.tables[scope].values() if self._is_shown(scope, row)]
        return self._listing(scope, _filtered(rows, spec, args), fields, args.get("page", "1"))

    def empty(self) -> Row:
        """What is answered where nothing is found."""
        body: Row = {"success": True, "numRows": 0}
        if self.empty_data != "absent":
            body["data"] = {"list": [], "map": {}, "null": None}[self.empty_data]
        return body

    def _check_parameters(self, args: Mapping[str, str], known: Collection[str]) -> None:
        alien = sorted(args.keys() - set(known))
        if alien and self.unknown_parameter == "error":
            raise NoError(*(f"invalid parameter: {each}" for each in alien), plain=True)

    def _fields(self, known: Collection[str], text: str) -> list[str]:
        fields = [each for each in text.split(",") if each]
        if not fields:
            raise NoError("fields required")
        unknown = [each for each in fields if each not in known or each in self.dropped_fields]
        if unknown and self.unknown_field == "error":
            raise NoError(*(f"Invalid field: {each}" for each in unknown))
        return [each for each in fields if each not in unknown]

    def _is_shown(self, scope: str, row: Row) -> bool:
        if scope == "jobPost":
            today = self.time(self.now())[:10]
            return str(row.get("endDate") or row.get("deadline") or today) >= today
        if scope == "candidate" and self.departments is not None:
            return not set(self.departments).isdisjoint(row.get("departmentIds", ()))
        return True

    def _listing(self, scope: str, rows: list[Row], fields: list[str] | None, page: str) -> Row:
        """One page of rows: an object keyed by id, or a list."""
        spec = SCOPES[scope]
        size = self.page_size if scope == "candidate" else spec.page_size
        if not page.isdecimal() or int(page) < 1:
            raise NoError("page has to be a number from 1")
        if self.order == "falling" and scope != "log":
            rows = rows[::-1]
        start = (int(page) - 1) * size
        shown = [self._row(spec, scope, row, fields) for row in rows[start : start + size]]
        body: Row = {"success": True} if shown else self.empty()
        body["numRows"] = len(shown) if self.num_rows == "page" else len(rows)
        if shown:
            as_list = scope == "jobApplication" and self.applications_as == "list"
            body["data"] = shown if as_list else {str(row[spec.id]): row for row in shown}
        if self.next_page and start + size < len(rows):
            body["nextPage"] = int(page) + 1
        return body

    def _row(self, spec: Scope, scope: str, row: Row, fields: list[str] | None) -> Row:
        """The fields asked for, and those that come with every row."""
        if scope == "inquiry" and not self.show_candidate_ids:
            return {name: value for name, value in row.items() if name != "candidateIds"}
        if fields is None:
            return row
        shown: dict[str, Any] = {name: row.get(name, "") for name in spec.always}
        if scope == "candidate" and self.corporation_id == "list":
            shown["corporationId"] = [row["corporationId"]]
        for field in fields:
            if value := row.get(field):
                shown[field] = value
            elif scope != "candidate" or field in PLAIN_FIELDS:
                shown[field] = ""
        return shown

    def _file(self, args: Mapping[str, str]) -> Row | Response:
        number = next((args[each] for each in sorted(self.file_parameters) if each in args), "")
        file = self.tables["files"].get(number)
        if file is None or file["candidateId"] != args.get("candidateId"):
            raise NoError("File not found")
        if self.file_form == "raw":
            return Response(file["content"], content_type="application/octet-stream")
        name, _, extension = file["name"].rpartition(".")
        content = base64.b64encode(file["content"]).decode()
        data = {"fileId": number, "name": name, "extension": extension, "base64": content}
        return {"success": True, "data": data}


def _filtered(rows: Iterable[Row], spec: Scope, args: Mapping[str, str]) -> list[Row]:
    first = args.get("minLogId", "0")
    for name in args.keys() & spec.filters:
        rows = [row for row in rows if str(row.get(name)) == args[name]]
    for name in args.keys() & spec.lists.keys():
        asked = set(args[name].split(","))
        rows = [row for row in rows if str(row.get(spec.lists[name])) in asked]
    if "minLogId" in spec.other_filters and first.isdecimal():
        rows = [row for row in rows if int(row["logId"]) >= int(first)]
    return list(rows)


def to_json(body: Row, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type="application/json")
