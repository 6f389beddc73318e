"""Copying a ledger, whatever database it is in: into a file that is a backup, back from one, or to another database.

Only the ledger's own tables are copied, row by row and in the order their references ask for: what an engine keeps
beside them is not the ledger. A reader sees one state, so that others may write meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from gateway.errors import SettingsError
from gateway.ledger import facts, lines, tables
from gateway.ledger.batches import insert_rows
from gateway.ledger.engines import LedgerError, faults, open_engine
from gateway.ledger.making import found_version, make, version_of
from gateway.trail import Head, Report, verify

__all__ = [
    "OF_THE_MOMENT", "URL", "check_trail", "clear", "content", "copied_tables", "copy_rows", "file_url", "holds", "masked",
    "number_on", "snapshot", "unpack", "write_file",
]  # fmt: skip
OF_THE_MOMENT = frozenset({"nodes", "leases", "holders"})
"""Who is at work now: true of one database at one moment, and of no copy."""
_SIZE = 2_000


def file_url(path: Path) -> URL:
    """The URL of a ledger in this file."""
    return URL.create("sqlite", database=str(path))


def masked(url: URL) -> str:
    """A URL to be shown or written down: without a password, and without options, which may hold one."""
    return url.set(query={}).render_as_string()


@contextmanager
def snapshot(url: URL) -> Iterator[Connection]:
    """A connection that sees one state of a ledger of any version, without keeping others from writing."""
    engine = open_engine(url)
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with faults(url), engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def copied_tables(tx: Connection) -> list[sa.Table]:
    """The ledger's tables in this database that are copied, as they are there; what is referred to comes first."""
    names = set(sa.inspect(tx).get_table_names()) & set(tables.metadata.tables) - OF_THE_MOMENT
    found = sa.MetaData()
    found.reflect(tx, only=sorted(names))
    return found.sorted_tables


def content(tx: Connection) -> dict[str, int]:
    """How many rows stand in each table that has any."""
    counts = {each.name: _count(tx, each) for each in copied_tables(tx)}
    return {name: count for name, count in counts.items() if count}


def copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Copy all rows of a ledger into an empty one of the same version; how many, table by table.

    LedgerError where a table came out with another number of rows.
    """
    counts: dict[str, int] = {}
    for table in copied_tables(target):
        _copy_table(source, target, table)
        wanted, found = _count(source, table), _count(target, table)
        if found != wanted:
            raise LedgerError(f"{table.name}: of {wanted} rows {found} were copied; nothing was changed")
        counts[table.name] = found
    number_on(target)
    return counts


def clear(tx: Connection) -> None:
    """Take all rows out of a ledger, and who was at work."""
    for table in reversed(copied_tables(tx)):
        tx.execute(table.delete())
    tx.execute(tables.leases.delete())


def _copy_table(source: Connection, target: Connection, table: sa.Table) -> None:
    quote = target.dialect.identifier_preparer.quote
    names = [quote(each.name) for each in table.columns]
    key = list(table.primary_key)
    query = sa.select(*map(_as_it_stands, table.columns)).order_by(*(key or table.columns))
    result = source.execute(query.execution_options(yield_per=_SIZE))
    for some in result.partitions():
        insert_rows(target, table, names, [tuple(row) for row in some])


def _as_it_stands(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column as it is written down: JSON as the text it is, and nothing of the node that was at work."""
    if column.name == "node_id" and column.table.name not in OF_THE_MOMENT:
        return sa.literal(None).label(column.name)
    if isinstance(column.type, sa.JSON):
        return sa.cast(column, sa.Text).label(column.name)
    return column


def _count(tx: Connection, table: sa.Table) -> int:
    return tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def number_on(tx: Connection) -> None:
    """PostgreSQL numbers new rows behind those that were copied; SQLite does by itself."""
    if tx.dialect.name == "sqlite":
        return
    for table in copied_tables(tx):
        if "id" not in table.columns:
            continue
        sequence = tx.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, "id"))).scalar()
        if sequence is not None:
            last = tx.execute(sa.select(sa.func.max(table.c.id))).scalar()
            tx.execute(sa.select(sa.func.setval(sequence, last or 1, last is not None)))


def check_trail(tx: Connection, public: str, key_id: str, what: str) -> Report:
    """Verify the trail with the checkpoints made by this key; LedgerError with the first fault where it is not whole."""
    marks = [each for each in lines.all_checkpoints(tx) if each.key_id == key_id]
    report = verify(lines.stream(tx), marks, [public])
    if not report.sound:
        raise LedgerError(
            f"{what}: its trail does not verify: {report.faults[0].text}. `gateway trail verify` and docs/trail.md say "
            "what that can mean"
        )
    return report


def write_file(source: Connection, path: Path, now: datetime) -> dict[str, int]:
    """Write a whole ledger into a new file that only its owner reads; how many rows, table by table.

    Until all of it is durable it has another name: a file of this name is whole.
    """
    if path.exists():
        raise SettingsError(f"{path}: is there already; name a new file")
    if not path.absolute().parent.is_dir():
        raise SettingsError(f"{path}: cannot be written: there is no folder {path.absolute().parent}")
    part = path.absolute().with_name(f".{path.name}.{os.getpid()}.part")
    try:
        counts = _fill(source, part, now)
        _make_durable(part)
        part.rename(path)
        _make_durable(path.absolute().parent)
    except OSError as err:
        raise LedgerError(f"{path}: cannot be written: {err.strerror or type(err).__name__}") from err
    finally:
        for each in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm", "-journal"))):
            with suppress(OSError):
                each.unlink(missing_ok=True)
    return counts


def _fill(source: Connection, path: Path, now: datetime) -> dict[str, int]:
    url = file_url(path)
    make(url, version_of(source) or "head")
    engine = open_engine(url)
    try:
        with faults(url):
            with engine.connect().execution_options(writes=True) as target, target.begin():
                counts = copy_rows(source, target)
                if "facts" in counts:
                    facts.drop(target, facts.MOVED)
                    facts.put(target, facts.BACKED_UP, "", now)
            raw = engine.raw_connection()
            raw.cursor().execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
            raw.close()
        return counts
    finally:
        engine.dispose()


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unpack(path: Path, target: Path) -> tuple[str, URL]:
    """Copy the file of a ledger to work on, and bring it up to date there: the schema it had, and where it is.

    SettingsError where it is none.
    """
    if not path.is_file():
        raise SettingsError(f"{path}: there is no such file")
    try:
        target.touch(mode=0o600)
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
    except (sqlite3.Error, OSError) as err:
        reason = str(err) or type(err).__name__
        raise SettingsError(f"{path}: is no backup of a ledger, or cannot be read: {reason}") from err
    url = file_url(target)
    try:
        found = found_version(url)
    except SettingsError:
        found = None
    if found is None:
        raise SettingsError(f"{path}: holds no ledger; name a file that `gateway backup` wrote")
    try:
        make(url)
    except SettingsError as err:
        raise SettingsError(f"{path}: {str(err).removeprefix('gateway.ledger: ')}") from None
    _unmark(url)
    return found, url


def _unmark(url: URL) -> None:
    """What is restored is this ledger, wherever the one it was went on."""
    engine = open_engine(url)
    with engine.connect().execution_options(writes=True) as tx, tx.begin():
        facts.drop(tx, facts.MOVED)
    engine.dispose()


def holds(tx: Connection, head: Head) -> bool:
    """Whether this trail has that line: whether it goes on from there."""
    trail = tables.trail
    found = tx.execute(sa.select(trail.c.hash).where(trail.c.seq == head.seq)).scalar()
    return head.seq == 0 or (found is not None and bytes(found) == head.hash)
