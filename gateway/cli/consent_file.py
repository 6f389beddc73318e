"""Reading a file of consents: every line that cannot be read is named, and then none is taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from gateway.dates import read_date
from gateway.errors import SettingsError
from gateway.ledger.consents import ConsentLine

COLUMNS = ("person", "purpose", "processor", "given", "expires", "withdrawn")
REQUIRED = ("person", "purpose")
DATES = ("given", "expires", "withdrawn")
MOST_BYTES = 256 * 1024 * 1024


def read(path: Path) -> list[ConsentLine]:
    """The consents in a CSV file; raises SettingsError naming every mistake."""
    found: list[ConsentLine] = []
    mistakes: list[str] = []
    for number, names, cells in _rows(path, _text(path)):
        try:
            if len(cells) > len(names):
                raise ValueError(f"has {len(cells)} cells, but the head has {len(names)} columns")  # noqa: TRY301
            found.append(_line(number, dict(zip(names, cells, strict=False))))
        except ValueError as err:
            mistakes.append(f"line {number}: {err}")
    if mistakes:
        raise SettingsError(*mistakes, "nothing was imported; mend these lines and import the file again")
    if not found:
        raise SettingsError(f"{path}: has no lines below its head")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(f"{path}: is larger than {MOST_BYTES >> 20} MB; import it in parts")
        content = path.read_bytes()
    except OSError as err:
        raise SettingsError(f"{path}: cannot be read: {err.strerror or type(err).__name__}") from err
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = content.count(b"\n", 0, err.start) + 1
        raise SettingsError(
            f"{path}: is not UTF-8 text: line {line} has a byte that cannot be read; save it as CSV UTF-8"
        ) from None


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """Each line with the number it begins at and the names of the columns; empty lines are passed over."""
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [name.strip().lower() for name in _next(path, reader, 1) or ()]
    _check_head(path, names)
    number = reader.line_num + 1
    while (cells := _next(path, reader, number)) is not None:
        if any(cell.strip() for cell in cells):
            yield number, names, [cell.strip() for cell in cells]
        number = reader.line_num + 1


def _next(path: Path, reader: Iterator[list[str]], number: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as err:
        raise SettingsError(f"{path}: line {number} is not CSV: {err}; nothing was imported") from err


def _check_head(path: Path, names: list[str]) -> None:
    strange = [name for name in names if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if strange or missing or twice:
        raise SettingsError(
            f"{path}: line 1 has to name the columns person, purpose and, where they are there, processor, given, "
            "expires, withdrawn"
            + (f"; unknown: {', '.join(repr(name[:40]) for name in strange)}" if strange else "")
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; twice: {', '.join(twice)}" if twice else "")
        )


def _line(number: int, row: dict[str, str]) -> ConsentLine:
    if "\0" in row.values():
        raise ValueError("has more cells than the head has columns")
    for name in REQUIRED:
        if not row.get(name):
            raise ValueError(f"{name} is missing")
    days: dict[str, date | None] = {}
    for name in DATES:
        try:
            days[name] = read_date(row[name]) if row.get(name) else None
        except ValueError:
            raise ValueError(f"{name} is not a day such as 2026-03-31 between 1900 and 2199") from None
    if not any(days.values()):
        raise ValueError("says neither given, expires nor withdrawn")
    given, expires = days["given"], days["expires"]
    if given and expires and expires < given:
        raise ValueError("expires before it is given")
    return ConsentLine(number, row["person"], row["purpose"], row.get("processor") or None, **days)
