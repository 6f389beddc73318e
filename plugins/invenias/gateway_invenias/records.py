"""Invenias's rows as the gateway's records: pure mapping, no calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from gateway import (
    Consent,
    Identity,
    IdentityKind,
    Record,
    Ref,
    read_date,
    read_datetime,
)

PERSON, EMAIL, PHONE = "person", IdentityKind.EMAIL, IdentityKind.PHONE
NAMES = ("FirstName", "FamilyName", "DisplayFileAs", "FileAs")
SELECT = (
    *NAMES,
    "Email1Address",
    "Email2Address",
    "Email3Address",
    "MobilePhone",
    "DateOfBirth",
    "DateCreated",
    "DateModified",
)


class Row(msgspec.Struct, rename="pascal", gc=False):
    """A person as a list shows them; a column without a value is left out of the row."""

    item_id: str
    first_name: str | None = None
    family_name: str | None = None
    display_file_as: str | None = None
    file_as: str | None = None
    email1_address: str | None = None
    email2_address: str | None = None
    email3_address: str | None = None
    mobile_phone: str | None = None
    date_of_birth: str | None = None
    date_created: datetime | None = None
    date_modified: datetime | None = None
    user_id: Any = None
    flaws: tuple[str, ...] = ()

    @property
    def is_user(self) -> bool:
        """Whether this person signs in to Invenias; an id of zeros alone is none."""
        return bool(str(self.user_id or "").strip("0-"))

    @property
    def names(self) -> tuple[str, ...]:
        """The spellings by which other rows may name this person."""
        whole = f"{self.first_name or ''} {self.family_name or ''}".strip()
        return tuple(name for name in (self.display_file_as, self.file_as, whole) if name)


def columns(settings: Mapping[str, Any]) -> dict[str, str]:
    """The list columns that carry consent in this tenant, by what they mean."""
    named = {"status": settings["consent_status_column"], "expires": settings["consent_expires_column"]}
    return {field: column for field, column in named.items() if column}


def row_type(settings: Mapping[str, Any]) -> type[Row]:
    """A row with the consent columns this tenant has."""
    named = columns(settings)
    fields = [(name, Any, None) for name in named]
    row: type[Any] = msgspec.defstruct("TenantRow", fields, bases=(Row,), rename=named)
    return row


def mapping(settings: Mapping[str, Any]) -> Callable[[Row], Record]:
    """How rows become records; it runs for every row of a sweep and is kept lean."""
    has_consent, purpose = bool(columns(settings)), settings["consent_purpose"]
    over = frozenset(str(status).casefold() for status in settings["consent_over"])

    def record(row: Row) -> Record:
        ref, address, phone, flaws = (
            Ref(PERSON, row.item_id),
            row.email1_address,
            row.mobile_phone,
            list(row.flaws),
        )
        identities: tuple[Identity, ...] = (Identity(EMAIL, address),) if address else ()
        if phone:
            identities += (Identity(PHONE, phone),)
        for further in (row.email2_address, row.email3_address):
            if further:
                identities += (Identity(EMAIL, further),)
        created, updated = row.date_created, row.date_modified
        if created:
            created = moment(created, "DateCreated", flaws)
        if updated:
            updated = moment(updated, "DateModified", flaws)
        born = _born(row.date_of_birth, flaws) if row.date_of_birth else None
        consents = _consents(row, purpose, over, updated or created, flaws) if has_consent else ()
        if row.first_name and row.family_name:
            name = f"{row.first_name} {row.family_name}"
        else:
            name = row.display_file_as or row.file_as or row.first_name or row.family_name or ""
        return Record(ref, identities, name, born, created, updated, None, consents, tuple(flaws))

    return record


def mend(row: Mapping[str, Any], as_type: type[Row]) -> Row:
    """A row without the columns that cannot be read; they are named in its flaws. ValueError: it has no id."""
    ref = row.get("ItemId")
    if isinstance(ref, bool) or not isinstance(ref, str | int) or ref == "":
        raise ValueError("a row without an ItemId")
    good: dict[str, Any] = {"ItemId": str(ref), "Flaws": []}
    for column in row.keys() - good.keys():
        try:
            msgspec.convert({"ItemId": "", column: row[column]}, as_type)
            good[column] = row[column]
        except msgspec.ValidationError:
            good["Flaws"].append(f"{column} cannot be read")
    return msgspec.convert(good, as_type)


def moment(value: datetime, column: str, flaws: list[str]) -> datetime | None:
    """In UTC; one without a zone is taken as UTC, one outside 1900 to 2200 is a flaw."""
    if not 1900 < value.year < 2199:
        flaws.append(f"{column} is outside 1900 to 2200")
        return None
    if value.tzinfo is UTC:
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _born(text: str, flaws: list[str]) -> date | None:
    """The day; a time of day that comes with it says nothing."""
    try:
        return read_date(text[:10])
    except (ValueError, OverflowError):
        flaws.append("DateOfBirth is not a date")
        return None


def _consents(row: Row, purpose: str, over: frozenset[str], known: datetime | None, flaws: list[str]) -> Any:
    """A status that ends a consent without a date of its own has held since the row's last change, or longer."""
    status, end = (_text(getattr(row, name, None)) for name in ("status", "expires"))
    expires = None
    try:
        expires = (read_date(end) if len(end) == 10 else read_datetime(end)) if end else None
    except (ValueError, OverflowError):
        flaws.append("the end of the consent is not a date")
    if status.casefold() not in over:
        return (Consent(purpose, expires=expires),) if expires else ()
    if not (expires or known):
        flaws.append("the consent is over, but nothing says since when")
        return ()
    if status.casefold() == "expired":
        return (Consent(purpose, expires=expires or known),)
    return (Consent(purpose, expires=expires, withdrawn=known),)


def _text(value: Any) -> str:
    """The text of a column: bare, or the display text of an entry of a lookup list."""
    return str((value.get("ItemDisplayText") if isinstance(value, dict) else value) or "").strip()
