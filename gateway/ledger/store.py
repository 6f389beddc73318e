"""The ledger itself: one database, many readers, one writer at a time, and nothing written that is not durable."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import URL, Connection

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import facts, tables
from gateway.ledger.engines import FROZEN, ReplacedError, faults, open_engine
from gateway.ledger.making import WRITER_LOCK, check_version
from gateway.ledger.vault import Vault

_SYNC_LOCK = 0x61747368


class BusyError(GatewayError):
    """Another process is working on this ledger."""


class Ledger:
    """One ledger. `read` and `write` hand out a connection inside a transaction.

    With `dry`, everything written is seen by later reads and undone by `close`; as long as it is open, others
    can read, and wait with what they write.
    """

    def __init__(self, url: URL, vault: Vault, *, dry: bool = False) -> None:
        self.url = url
        self.vault = vault
        self.dry = dry
        self._engine = open_engine(url)
        # What is read in one transaction is of one moment; SQLite does that by itself.
        self._readers = (
            self._engine
            if self.on_sqlite
            else self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )
        self._writing = threading.RLock()
        self._is_written = False
        self._dry_connection: Connection | None = None
        try:
            with faults(url):
                self._check()
                if dry:
                    self._dry_connection = self._engine.connect().execution_options(writes=True)
                    self._dry_connection.begin()
                    self._lock_writers(self._dry_connection)
        except BaseException:
            self.close()
            raise

    @property
    def on_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    def _check(self) -> None:
        if self.on_sqlite and not Path(self.url.database or "").exists():
            raise SettingsError(
                f"gateway.ledger: there is no ledger at {self.url.database}; `gateway init` makes one"
            )
        with self._engine.connect() as connection:
            check_version(connection)
            self._watched = facts.watched(connection)
        facts.refuse_moved(self._watched)
        if facts.LOOKUP in self._watched:
            self.vault = self.vault.with_lookup(self._watched[facts.LOOKUP].value)

    def acknowledge(self, tx: Connection) -> None:
        """It was this process that has just moved the ledger, restored it or changed its key, and may go on writing."""
        self._watched = facts.watched(tx)

    def _check_unchanged(self, tx: Connection) -> None:
        """What was opened before a restore, a move or a new key must not write after it."""
        if facts.watched(tx) != self._watched:
            raise ReplacedError(
                "the ledger was restored, moved or given a new master key after this command had opened it: run it "
                "again. Nothing of this step was written"
            )

    def _lock_writers(self, connection: Connection) -> None:
        """One writer at a time; SQLite took care of that when the transaction began.

        PostgreSQL ends a writer that says nothing for so long that it must be frozen, or cut off. Not a dry run: it
        waits for vendors.
        """
        if self.on_sqlite:
            return
        wanted = [sa.func.pg_advisory_xact_lock(WRITER_LOCK)]
        if not self.dry:
            wanted.append(sa.func.set_config("idle_in_transaction_session_timeout", FROZEN, True))  # noqa: FBT003 - for this transaction
        connection.execute(sa.select(*wanted))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger."""
        if self._dry_connection is not None:
            with self._writing, faults(self.url):
                yield self._dry_connection
            return
        with faults(self.url), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection whose changes are kept together or not at all. One writer at a time, on either database."""
        with self._writing, faults(self.url):
            if self._is_written:
                raise RuntimeError("a write inside a write would wait for itself: hand on the connection")
            self._is_written = True
            try:
                with self._transaction() as connection:
                    yield connection
            finally:
                self._is_written = False

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._dry_connection is not None:
            with self._dry_connection.begin_nested():
                yield self._dry_connection
            return
        with self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                self._lock_writers(connection)
                self._check_unchanged(connection)
                yield connection

    @contextmanager
    def exclusive(self, what: str, now: datetime) -> Iterator[None]:
        """The right to sync, for one process; BusyError names who has it. A holder that dies lets go by dying."""
        with self._lock() as held:
            if not held:
                holder = self._holder()
                theirs = holder.partition(", ")[0] if ", " in holder else what
                raise BusyError(f"a {theirs} is already running: {holder}; wait for it, or stop it first")
            if not self.dry:
                me = f"{what}, process {os.getpid()} on {socket.gethostname()}"
                with self.write() as tx:
                    tx.execute(tables.holders.delete())
                    tx.execute(tables.holders.insert(), {"name": "sync", "holder": me, "since": now})
            yield
            if not self.dry:
                with self.write() as tx:
                    tx.execute(tables.holders.delete())

    def _holder(self) -> str:
        """Who has the right to sync; a dry run cannot say that it has."""
        with self.read() as tx:
            row = tx.execute(sa.select(tables.holders).where(tables.holders.c.name == "sync")).one_or_none()
        return f"{row.holder}, since {row.since:%Y-%m-%d %H:%M:%S} UTC" if row else "another process"

    @contextmanager
    def _lock(self) -> Iterator[bool]:
        if self.on_sqlite:
            lock = FileLock(f"{self.url.database}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                yield False
                return
            except OSError as err:
                raise GatewayError(
                    f"the ledger's lock {self.url.database}.lock cannot be used: {err.strerror}. Nothing was started"
                ) from err
            try:
                yield True
            finally:
                lock.release()
            return
        with faults(self.url), self._engine.connect() as connection:
            taken = bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(_SYNC_LOCK))).scalar())
            connection.commit()
            try:
                yield taken
            finally:
                if taken:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(_SYNC_LOCK)))
                    connection.commit()

    def close(self) -> None:
        """Let go of the database; a dry ledger forgets what was written."""
        if self._dry_connection is not None:
            self._dry_connection.rollback()
            self._dry_connection.close()
            self._dry_connection = None
        self._engine.dispose()
