"""What is left of version 1 of the simulated API: `GET /v1.php`, for its reads of users and departments."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_recman.simulator_data import Database, Row

TABLES = {"user": "user", "corporation": "corporation", "department": "department"}
FILTERS = {"c_department_id": "departmentId", "c_corporation_id": "corporationId", "c_tag_id": "tagId"}
SPELLING = {"userId": "user_id", "corporationId": "corporation_id", "departmentId": "department_id"}


def read(vendor: Database, key: str, args: Mapping[str, str]) -> Row:
    """A bare object keyed by id, with no `success` and no `data`; errors are an object or a list with one."""
    if not args.get("key"):
        return {"error": {"message": "Key required", "code": 1}}
    if args["key"] != key:
        return {"error": {"message": "Invalid key", "code": 2}}
    if args.get("scope") not in TABLES:
        return {"error": [{"message": "Invalid scope", "code": 3}]}
    scope = TABLES[args["scope"]]
    rows = vendor.tables[scope]
    for name, member in FILTERS.items():
        if name in args:
            asked = set(args[name].split(","))
            rows = {number: row for number, row in rows.items() if str(row.get(member)) in asked}
    return {number: _shown(row, args.get("fields", "")) for number, row in rows.items()}


def _shown(row: Row, fields: str) -> Row:
    spelt = {SPELLING.get(name, name): value for name, value in row.items()}
    if not fields:
        return spelt
    return {name: value for name, value in spelt.items() if name in fields.split(",")}
