"""Opening the database, SQLite or PostgreSQL, and saying in one sentence what it would not do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

from gateway.errors import GatewayError, SettingsError

_PRAGMAS = (
    "busy_timeout=30000",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-32768",
    "secure_delete=ON",  # a key that was destroyed is not left in the file's free space
)
FROZEN = "25s"
"""How long one who writes may say nothing to PostgreSQL: less than others wait for a lock, which is 30 s."""
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""Where nobody answers any more (a cut cable tells nobody), a connection is given up after about 25 s, not after hours.

Each can be said otherwise in the URL. https://www.postgresql.org/docs/current/libpq-connect.html
"""
_MISTAKES_OF_OURS = (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError)


class LedgerError(GatewayError):
    """The ledger cannot be used."""


class ReplacedError(LedgerError):
    """The ledger is not the one that was opened: it was restored, moved, or has a new master key."""


def read_url(text: str) -> URL:
    try:
        return make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError(
            "gateway.ledger: is not a database URL; write sqlite:///gateway.db or postgresql://user@host/name"
        ) from None


def open_engine(url: URL) -> Engine:
    """An engine on a SQLite file or a PostgreSQL database; any other is a mistake of the settings."""
    if url.get_backend_name() == "sqlite" and is_file(url.database):
        engine = sa.create_engine(
            url.set(drivername="sqlite+pysqlite"), pool_size=4, max_overflow=60, hide_parameters=True
        )
        _listen_sqlite(engine)
        return engine
    if url.get_backend_name() == "postgresql":
        return _open_postgresql(url)
    raise SettingsError(
        f"gateway.ledger: {url.render_as_string()!r} is neither sqlite:///FILE nor postgresql://…"
    )


def open_for_work(url: URL) -> Engine:
    """An engine for those whose transactions all write: each has the whole file from its beginning.

    On a file, what is counted and then claimed in one transaction is claimed by one process only that way.
    """
    if url.get_backend_name() == "postgresql":
        engine = _open_postgresql(url, paramstyle="pyformat")
        _listen_postgresql(engine, f"SET idle_in_transaction_session_timeout = '{FROZEN}'")
        return engine
    return open_engine(url).execution_options(writes=True)


def is_file(name: str | None) -> bool:
    """Whether SQLite would take this for a file in which something stays."""
    return bool(name) and name != ":memory:" and not str(name).startswith("file:")


def _open_postgresql(url: URL, paramstyle: Literal["format", "pyformat"] = "format") -> Engine:
    """`format`: bulk inserts hand the driver plain tuples (batches.insert_rows)."""
    patient = url.set(drivername="postgresql+psycopg", query={**_PATIENCE, **url.query})
    try:
        engine = sa.create_engine(
            patient, pool_size=4, max_overflow=60, paramstyle=paramstyle,
            hide_parameters=True,
        )  # fmt: skip
    except ModuleNotFoundError as err:
        raise SettingsError(
            "gateway.ledger: PostgreSQL needs its driver; install ats-gateway[postgresql]"
        ) from err
    _listen_postgresql(engine, "SET lock_timeout = '30s'")
    return engine


def _listen_postgresql(engine: Engine, statement: str) -> None:
    """Say something to the server at the beginning of each connection."""

    @sa.event.listens_for(engine, "connect")
    def on_connect(dbapi: Any, _record: object) -> None:
        dbapi.execute(statement)
        dbapi.commit()


def _listen_sqlite(engine: Engine) -> None:
    """Full durability, and transactions that begin when we say so."""

    @sa.event.listens_for(engine, "connect")
    def on_connect(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def faults(url: URL) -> Iterator[None]:
    """Say in one sentence what the database would not do: disk full, read-only, unreachable, damaged.

    A statement that it refuses for what it says is a mistake of ours, and passes as it is.
    """
    try:
        yield
    except sa.exc.DBAPIError as err:
        if err.statement is not None and isinstance(err, _MISTAKES_OF_OURS):
            raise
        raise _unusable(url, err.orig) from err
    except (sa.exc.TimeoutError, sqlite3.Error) as err:
        raise _unusable(url, err) from err


def _unusable(url: URL, err: BaseException | None) -> LedgerError:
    reason = next(iter(str(err or "").strip().splitlines()), "") or "unknown"
    return LedgerError(
        f"the ledger {url.render_as_string()} cannot be used: {reason.rstrip('.')}. Nothing of this step was written"
    )
