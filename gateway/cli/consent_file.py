"""Reading a file of consents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway.cli import csv_file
from gateway.ledger.consents import ConsentLine

REQUIRED = ("person", "purpose")
OPTIONAL = ("processor", "given", "expires", "withdrawn")
DATES = ("given", "expires", "withdrawn")


def read(path: Path) -> list[ConsentLine]:
    """The consents in a CSV file; raises SettingsError naming every mistake."""
    return csv_file.read(path, REQUIRED, OPTIONAL, _line)


def _line(number: int, row: Mapping[str, str]) -> ConsentLine:
    days = {name: csv_file.day(row, name) for name in DATES}
    if not any(days.values()):
        raise ValueError("says neither given, expires nor withdrawn")
    given, expires = days["given"], days["expires"]
    if given and expires and expires < given:
        raise ValueError("expires before it is given")
    return ConsentLine(number, row["person"], row["purpose"], row.get("processor") or None, **days)
