"""Reading a CSV file that an operator wrote: every line that cannot be read is named, and then none is taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from gateway.dates import read_date
from gateway.errors import SettingsError

T = TypeVar("T")
MOST_BYTES = 256 * 1024 * 1024


def read(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str],
    make: Callable[[int, Mapping[str, str]], T],
) -> list[T]:
    """What `make` makes of each line, its number and its cells by column; raises SettingsError naming every mistake.

    A mistake is a ValueError of `make`. The required cells are there and not empty.
    """
    found: list[T] = []
    mistakes: list[str] = []
    for number, names, cells in _rows(path, _text(path), required, optional):
        try:
            found.append(make(number, _by_column(names, cells, required)))
        except ValueError as err:
            mistakes.append(f"line {number}: {err}")
    if mistakes:
        raise SettingsError(*mistakes, "nothing was imported; mend these lines and import the file again")
    if not found:
        raise SettingsError(f"{path}: has no lines below its head")
    return found


def day(row: Mapping[str, str], name: str) -> date | None:
    """The day a cell names, None where it is empty or not there; raises ValueError for anything else."""
    try:
        return read_date(row[name]) if row.get(name) else None
    except ValueError:
        raise ValueError(f"{name} is not a day such as 2026-03-31 between 1900 and 2199") from None


def _by_column(names: list[str], cells: list[str], required: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(names):
        raise ValueError(f"has {len(cells)} cells, but the head has {len(names)} columns")
    row = dict(zip(names, cells, strict=False))
    if "\0" in row.values():
        raise ValueError("has more cells than the head has columns")
    for name in required:
        if not row.get(name):
            raise ValueError(f"{name} is missing")
    return row


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


def _rows(
    path: Path, text: str, required: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[int, list[str], list[str]]]:
    """Each line with the number it begins at and the names of the columns; empty lines are passed over."""
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [name.strip().lower() for name in _next(path, reader, 1) or ()]
    _check_head(path, names, required, optional)
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


def _check_head(path: Path, names: list[str], required: Sequence[str], optional: Sequence[str]) -> None:
    strange = [name for name in names if name not in (*required, *optional)]
    missing = [name for name in required if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if strange or missing or twice:
        raise SettingsError(
            f"{path}: line 1 has to name the columns {', '.join(required)} and, where they are there, "
            f"{', '.join(optional)}"
            + (f"; unknown: {', '.join(repr(name[:40]) for name in strange)}" if strange else "")
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; twice: {', '.join(twice)}" if twice else "")
        )
