"""Bisnode's rows and the firm's log of orders as the gateway's values: pure mapping, no calls."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import gateway
from gateway import GarbledError, Identity, IdentityKind, Kind, Limit, Record, Ref, Setting, Vendor, Window

T = TypeVar("T")
Row = dict[str, Any]

VENDOR = Vendor(
    name="bisnode",
    title="Bisnode / Dun & Bradstreet Norway",
    site="https://www.dnb.com/no/",
    kinds=(
        Kind("consumer", "Consumer Intelligence: people the firm follows"),
        Kind("company", "Credit monitoring: sole proprietorships and tagged companies"),
        Kind("decision", "Credit checks the firm ordered"),
    ),
    settings=(
        Setting("token_url", "Sign-in, such as https://login.bisnode.com/as/token.oauth2", required=True),
        Setting("client_id", "Client id from Dun & Bradstreet", required=True),
        Setting("client_secret", "Client secret from Dun & Bradstreet", required=True, secret=True),
        Setting("scope", "Scopes of the firm's products", default="bci credit_data_monitoring rgs-decision"),
        Setting("consumer_ids_of", "Processor whose record ids the firm chose as consumerId", default=""),
        Setting("references_of", "Processor whose record ids the firm tagged companies with", default=""),
        Setting("reference_prefix", "What such a tag begins with, before the id", default=""),
        Setting("orders", "The firm's log of credit checks, as CSV text", secret=True),
    ),
    limits=(Limit(10, timedelta(seconds=1)), Limit(1000, timedelta(days=1), Window.UTC_DAY)),
    audit_batch=500,
)
SOLE_PROPRIETORSHIPS = {"ENK", "ENKELTPERSONFORETAK", "SOLE_PROPRIETORSHIP", "SOLE PROPRIETORSHIP"}


def ref_of(kind: str, row: Mapping[str, Any]) -> Ref:
    """The name of a row; a monitored company is `NO:912345678`: a number is unique in one country."""
    key: Any = row.get("consumerId" if kind == "consumer" else "correlation_id")
    if kind == "company" and (number := row.get("registrationNumber") or row.get("duns")):
        key = f"{row.get('country')}:{number}"
    if not key or not isinstance(key, (str, int)) or key in {".", ".."}:  # dots would name another path
        raise GarbledError(f"a {kind} has no id, or none that can be asked for")
    return Ref(kind, str(key))


def read(how: Callable[[str], T], row: Mapping[str, Any], field: str, flaws: list[str]) -> T | None:
    """One field of a row; None, and a flaw, where it cannot be read."""
    try:
        return how(row[field]) if row.get(field) else None
    except (TypeError, ValueError):
        flaws.append(f"{field} cannot be read")
        return None


def since(row: Row) -> datetime | None:
    return read(gateway.read_datetime, row, "addedDate" if "addedDate" in row else "created", [])


def consumer(row: Row, settings: Mapping[str, Any]) -> Record:
    """A row of Consumer Intelligence; what the firm uploaded may hold ways to know the person."""
    ref, flaws, identities = ref_of("consumer", row), list[str](), list[Identity]()
    data = row["data"] if isinstance(row.get("data"), dict) else {}
    if settings["consumer_ids_of"]:
        identities.append(Identity(IdentityKind.LINK, f"{settings['consumer_ids_of']}:{ref.id}"))
    for field, kind in (("email", IdentityKind.EMAIL), ("phone", IdentityKind.PHONE)):
        if value := read(str.strip, data, field, flaws):
            identities.append(Identity(kind, value))
    return Record(
        ref,
        tuple(identities),
        name=read(str.strip, data, "fullName", flaws) or "",
        born=read(gateway.read_date, data, "dateOfBirth", flaws),
        created=read(gateway.read_datetime, row, "created", flaws),
        updated=read(gateway.read_datetime, row, "updated", flaws),
        flaws=tuple(flaws),
    )


def tags(row: Row) -> list[str]:
    """The firm's own tags on a monitored company."""
    return [str(each) for each in (row.get("objectReference") or {}).get("references") or ()]


def people(row: Row, settings: Mapping[str, Any]) -> set[str]:
    """The people whose tags a company carries, by their id at the processor `references_of`."""
    prefix: str = settings["reference_prefix"]
    marked = tags(row) if settings["references_of"] else ()
    return {each.removeprefix(prefix) for each in marked if each.startswith(prefix)}


def company(row: Row, settings: Mapping[str, Any]) -> Record | None:
    """A monitored company that is about a person; None for one that is not."""
    tagged, flaws = people(row, settings), list[str]()
    form = str(row.get("legalForm") or "").upper()
    if form and form not in SOLE_PROPRIETORSHIPS and not tagged:
        return None
    if len(tagged) > 1:  # two people with tags on one company must not be joined by it
        flaws.append("carries the tags of several people, so it is linked to none")
        tagged = set()
    links = tuple(Identity(IdentityKind.LINK, f"{settings['references_of']}:{each}") for each in tagged)
    created = read(gateway.read_datetime, row, "addedDate", flaws)
    return Record(ref_of("company", row), links, created=created, flaws=tuple(flaws))


def order(line: Row, _settings: Mapping[str, Any]) -> Record:
    """A line of the firm's log of credit checks; what it says is all the gateway knows of a decision."""
    flaws, identities, record = list[str](), list[Identity](), line.get("record", "")
    if line.get("email"):
        identities.append(Identity(IdentityKind.EMAIL, line["email"]))
    if all(record.partition(":")):
        identities.append(Identity(IdentityKind.LINK, record))
    elif record or not identities:
        flaws.append("needs an email, or a record as PROCESSOR:ID")
    made = read(gateway.read_datetime, line, "ordered_at", flaws)
    told = tuple(f"orders, line {line['']}: {each}" for each in flaws)
    return Record(ref_of("decision", line), tuple(identities), line.get("name", ""), created=made, flaws=told)


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
