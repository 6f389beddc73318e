"""The firm's own log of the credit checks it ordered: the only list of them there is."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import gateway
from gateway import GarbledError, Identity, IdentityKind, Record
from gateway_bisnode.records import DECISION, Row, read, ref_of

SCOPES = frozenset({"rgs-decision", "rgs-decision-test"})
"""With one of these a decision can be asked for by its correlation id."""
CHECKS = SCOPES | {"credit_data_persons", "credit-scoring", "affordability", "credit-register"}
"""With one of these a firm can order checks on people, so it has to have a log."""


def order(line: Row, _settings: Mapping[str, Any]) -> Record:
    """A line of the log; what it says is all the gateway knows of a check."""
    flaws, identities, record = list[str](), list[Identity](), line.get("record", "")
    if line.get("email"):
        identities.append(Identity(IdentityKind.EMAIL, line["email"]))
    if all(record.partition(":")):
        identities.append(Identity(IdentityKind.LINK, record))
    elif record or not identities:
        flaws.append("needs an email, or a record as PROCESSOR:ID")
    made = read(gateway.read_datetime, line, "ordered_at", flaws)
    told = tuple(f"orders, line {line['']}: {each}" for each in flaws)
    return Record(ref_of(DECISION, line), tuple(identities), line.get("name", ""), created=made, flaws=told)


def is_decision(line: Mapping[str, Any]) -> bool:
    """Whether the check can be asked for again: reports and scores have no call for that."""
    return line.get("product", "") in {"", "decision"}


def read_orders(text: str) -> list[Row]:
    """The lines of the log in a fixed order, each with its number under ""; each needs an id of its own."""
    text = text.removeprefix("\ufeff")
    comma = ";" if ";" in text.split("\n", 1)[0] else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=comma, restkey="", restval="", strict=True)
    found: dict[str, Row] = {}
    try:
        columns = set(rows.fieldnames or ())
        if not {"correlation_id", "ordered_at"} <= columns or not {"email", "record"} & columns:
            raise GarbledError(
                "orders, line 1: the columns must be correlation_id, ordered_at, email or record"
            )
        for row in rows:
            key = row["correlation_id"].strip()
            if "" in row or not key or key in found:
                raise GarbledError(
                    f"orders, line {rows.line_num}: not one cell a column, or not its own correlation_id"
                )
            found[key] = {"": rows.line_num} | {column: cell.strip() for column, cell in row.items()}
    except csv.Error as err:
        raise GarbledError(f"orders, line {rows.line_num}: cannot be read as CSV") from err
    return sorted(found.values(), key=position)


def position(line: Row) -> str:
    """Where an order stands in the log; text, so that it can be a cursor."""
    return f"{line['ordered_at']} {line['correlation_id']}"
