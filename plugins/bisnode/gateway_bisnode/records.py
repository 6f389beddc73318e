"""Bisnode's rows as the gateway's values: pure mapping, no calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import gateway
from gateway import GarbledError, Identity, IdentityKind, Kind, Limit, Record, Ref, Setting, Vendor, Window

T = TypeVar("T")
Row = dict[str, Any]

CONSUMER, COMPANY, REFERENCE, DECISION = "consumer", "company", "reference", "decision"
EVENTS = "audit-event"
"""What hangs on a consumer and outlives it: the events that name its id."""

HOSTS = {
    "production": ("https://api.bisnode.com", "https://login.bisnode.com/as/token.oauth2"),
    "sandbox": ("https://sandbox-api.bisnode.com", "https://login.bisnode.com/sandbox/v1/token.oauth2"),
}

VENDOR = Vendor(
    name="bisnode",
    title="Bisnode / Dun & Bradstreet Norway",
    site="https://www.dnb.com/no/",
    kinds=(
        Kind(CONSUMER, "Consumer Intelligence: people the firm follows"),
        Kind(COMPANY, "Credit monitoring: sole proprietorships"),
        Kind(REFERENCE, "Credit monitoring: the firm's tags that name a person"),
        Kind(DECISION, "Credit checks the firm ordered"),
    ),
    settings=(
        Setting(
            "environment", "Which hosts: production or sandbox", default="production", choices=tuple(HOSTS)
        ),
        Setting(
            "url", "Address of the API, where it is not the environment's", default=HOSTS["production"][0]
        ),
        Setting("token_url", "Address of the sign-in, where it is not the environment's", default=""),
        Setting("client_id", "Client id from Dun & Bradstreet", required=True),
        Setting("client_secret", "Client secret from Dun & Bradstreet", required=True, secret=True),
        Setting("scope", "Scopes of the firm's products", default="bci credit_data_monitoring rgs-decision"),
        Setting("consumer_ids_of", "Processor whose record ids the firm chose as consumerId", default=""),
        Setting("references_of", "Processor whose record ids the firm tagged companies with", default=""),
        Setting("reference_prefix", "What such a tag begins with, before the id", default=""),
        Setting("orders", "The firm's log of credit checks, as CSV text", secret=True),
        Setting(
            "consumer_removal",
            "How consumers are removed: one call each, or up to 100 in a call",
            default="single",
            choices=("single", "batch"),
        ),
        Setting("removal_hours", "Hours until a removal takes effect", type=int, default=0),
        Setting(
            "short_lists",
            "An empty list, or one shorter than the vendor's own count: doubt it, or trust it",
            default="doubt",
            choices=("doubt", "trust"),
        ),
    ),
    limits=(Limit(10, timedelta(seconds=1)), Limit(1000, timedelta(days=1), Window.UTC_DAY)),
    delete_batch=100,
    audit_batch=500,
)
SOLE_PROPRIETORSHIPS = {"ENK", "ENKELTPERSONFORETAK", "SOLE_PROPRIETORSHIP", "SOLE PROPRIETORSHIP"}


def ref_of(kind: str, row: Mapping[str, Any]) -> Ref:
    """The name of a row; a company is `NO:912345678`, for a number is unique in one country; a tag is `NO:912345678#tag`."""
    key: Any = row.get("correlation_id" if kind == DECISION else "consumerId")
    if kind in {COMPANY, REFERENCE} and (number := row.get("registrationNumber") or row.get("duns")):
        key = f"{row.get('country')}:{number}" + (f"#{row['tag']}" if kind == REFERENCE else "")
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


def since(row: Mapping[str, Any]) -> datetime | None:
    """Since when a row is held, as far as it says."""
    fields = ("addedDate", "created", "timestamp", "ordered_at")
    field = next((each for each in fields if each in row), "created")
    return read(gateway.read_datetime, row, field, [])


def consumer(row: Row, settings: Mapping[str, Any]) -> Record:
    """A row of Consumer Intelligence; what the firm uploaded may hold ways to know the person."""
    ref, flaws, identities = ref_of(CONSUMER, row), list[str](), list[Identity]()
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


def number_of(row: Row) -> tuple[str, str]:
    """The country and the national number a consumer was uploaded with, each empty where there is none."""
    data = row["data"] if isinstance(row.get("data"), dict) else {}
    return str(row.get("market") or ""), str(data.get("legalId") or "")


def tags(row: Row) -> list[str]:
    """The firm's own tags on a monitored company; a sub-list shows them without the object round them."""
    held = (row.get("objectReference") or {}).get("references") or row.get("references") or ()
    return [*dict.fromkeys(map(str, held))]


def people(row: Row, settings: Mapping[str, Any]) -> dict[str, str]:
    """The tags that name a person, each with the link it stands for."""
    whose, prefix = settings["references_of"], settings["reference_prefix"]
    marked = tags(row) if whose else ()
    return {tag: f"{whose}:{tag.removeprefix(prefix)}" for tag in marked if tag.startswith(prefix)}


def others(row: Row, settings: Mapping[str, Any], links: Collection[str]) -> list[str]:
    """The tags that name somebody else than the person of these links.

    The one tag of a company is the person's, unless the links say that it is not: by it the company was linked.
    """
    named = people(row, settings)
    if not links and len(named) == 1:
        return []
    return [tag for tag, link in named.items() if link not in links]


def company(row: Row, settings: Mapping[str, Any]) -> Record | None:
    """A monitored sole proprietorship, or a company that may be one; None for a company that is no person's data."""
    form = str(row.get("legalForm") or "").upper()
    if form and form not in SOLE_PROPRIETORSHIPS:
        return None
    links, flaws = [*dict.fromkeys(people(row, settings).values())], list[str]()
    if len(links) > 1:  # two people with tags on one company must not be joined by it
        flaws.append("carries the tags of several people, so it is linked to none")
        links = []
    known = tuple(Identity(IdentityKind.LINK, each) for each in links)
    created = read(gateway.read_datetime, row, "addedDate", flaws)
    return Record(ref_of(COMPANY, row), known, created=created, flaws=tuple(flaws))


def reference(row: Row, settings: Mapping[str, Any]) -> Record | None:
    """A tag on a monitored company; None for one that names nobody."""
    link = people(row, settings).get(row["tag"])
    return Record(ref_of(REFERENCE, row), (Identity(IdentityKind.LINK, link),)) if link else None
