"""Small matters of statements: long lists cut to what one can carry, fast bulk statements, the key of a new row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CursorResult, Select, Table
from sqlalchemy.engine import Connection

T = TypeVar("T")
SIZE = 5_000
ROUNDED = 250
MOST_VALUES = 30_000
"""SQLite binds 32,766 values at most, PostgreSQL twice as many."""


def batches(items: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """The items in lists of at most `size`; nothing for no items."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def rows_in(
    tx: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Any]:
    """The rows of `query` (which has a WHERE) whose `column` is one of many values.

    SQLAlchemy's own IN costs as much for a page as all the rest of matching, so the driver gets the marks
    itself; in order, they are looked up faster. The number of values is rounded up by repeating the last, so
    that few statements are prepared.
    """
    compiled = query.compile(dialect=tx.dialect)
    head, where, condition = str(compiled).partition("WHERE ")
    fixed = [compiled.params[name] for name in compiled.positiontup or ()]
    for some in batches(sorted(values)):
        some += some[-1:] * (-len(some) % ROUNDED)
        marks = ", ".join([_mark(tx)] * len(some))
        # In brackets: a condition of the query that says "or" is about these values only.
        statement = f"{head}{where}({condition}) AND {column} IN ({marks})"
        result = tx.exec_driver_sql(statement, (*fixed, *some))
        assert result.cursor is not None, "a query has rows"
        yield from result.cursor.fetchall()  # as the driver gives them: nothing in them has to be looked at
        result.close()


def insert_rows(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows, given as the database takes them (a Moment as microseconds), many with one statement.

    The driver works on one statement without coming back to Python; row by row it would come back for each.
    """
    for some in batches(rows, max(1, MOST_VALUES // len(columns))):
        statement = _insertion(table.name, tuple(columns), len(some), _mark(tx))
        tx.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def update_rows(tx: Connection, table: Table, column: str, rows: Sequence[tuple[Any, int]]) -> None:
    """Set one column of many rows, given as (value, id): SQLAlchemy would look at each value for as long as it takes."""
    if rows:
        mark = _mark(tx)
        tx.exec_driver_sql(f"UPDATE {table.name} SET {column} = {mark} WHERE id = {mark}", list(rows))  # noqa: S608 - our own names, values by mark


@lru_cache(64)
def _insertion(table: str, columns: tuple[str, ...], rows: int, mark: str) -> str:
    row = f"({', '.join([mark] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"  # noqa: S608 - our own names, values by mark


def _mark(tx: Connection) -> str:
    return "?" if tx.dialect.paramstyle == "qmark" else "%s"


def new_key(result: CursorResult[Any]) -> int:
    """The number the database gave to the row that was just inserted."""
    key = result.inserted_primary_key
    assert key is not None, "a single insert has a key"
    return int(key[0])
