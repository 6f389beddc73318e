"""Making a ledger, and bringing an older one up to date: one transaction, so that no half of one is left."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from gateway.errors import SettingsError
from gateway.ledger.engines import faults, open_engine

HEAD = "0004"
"""The newest migration; a test holds it to what Alembic finds."""
WRITER_LOCK = 0x61747367
"""The PostgreSQL advisory lock that makes one writer at a time."""
_STAMP = "alembic_version"
_OURS = {_STAMP, "subjects", "records", "trail"}
"""Tables every ledger has had from the first version on."""


def version_of(connection: Connection) -> str | None:
    """The schema of the ledger in this database; None where it is empty. SettingsError where it is not a ledger."""
    names = set(sa.inspect(connection).get_table_names())
    if not names - {_STAMP}:
        return None
    found: list[str] = []
    if names >= _OURS:
        found += connection.execute(
            sa.select(sa.column("version_num")).select_from(sa.table(_STAMP))
        ).scalars()
    if len(found) != 1:
        raise SettingsError(
            "gateway.ledger: the database holds something else than a ledger; a ledger has a database of its own"
        )
    return found[0]


def check_version(connection: Connection) -> None:
    """SettingsError unless this database holds a ledger as this version writes it."""
    found = version_of(connection)
    if found is None:
        raise SettingsError("gateway.ledger: the database holds no ledger; `gateway init` makes one")
    if found < HEAD:
        raise SettingsError(
            f"gateway.ledger: was written by an older version (schema {found}, this is {HEAD}); "
            "`gateway upgrade` brings it up to date"
        )
    _refuse_newer(found)


def _refuse_newer(found: str) -> None:
    if found > HEAD:
        raise SettingsError(
            f"gateway.ledger: was written by a newer version (schema {found}, this is {HEAD}); install that version"
        )


def make(url: URL, version: str = "head") -> None:
    """Make the ledger, or bring an older one up to date. Does nothing to one that is as it should be.

    A backup of an older ledger is made at the `version` of that one.
    """
    engine = open_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            _make_file(Path(url.database or ""))
        with faults(url):
            if not _is_up_to_date(engine):
                _upgrade(engine, version)
    finally:
        engine.dispose()


def found_version(url: URL) -> str | None:
    """The schema of the ledger there, whichever it is; None where there is none yet."""
    engine = open_engine(url)
    try:
        if engine.dialect.name == "sqlite" and not Path(url.database or "").exists():
            return None
        with faults(url), engine.connect() as connection:
            return version_of(connection)
    finally:
        engine.dispose()


def upgrade(url: URL) -> tuple[str, str]:
    """Bring the ledger that is there up to date; its schema before and after. All of it, or nothing."""
    found = found_version(url)
    if found is None:
        raise SettingsError("gateway.ledger: there is no ledger yet; `gateway init` makes one")
    _refuse_newer(found)
    make(url)
    return found, HEAD


def _make_file(path: Path) -> None:
    """An empty file that only its owner reads; SQLite gives what it keeps beside it the same rights."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as err:
        raise SettingsError(
            f"gateway.ledger: {path} cannot be made: {err.strerror}; name a file in a folder that can be written"
        ) from err


def _is_up_to_date(engine: Engine) -> bool:
    with engine.connect() as connection:
        found = version_of(connection)
    _refuse_newer(found or "")
    return found == HEAD


def _upgrade(engine: Engine, version: str) -> None:
    from alembic import command
    from alembic.config import Config

    if engine.dialect.name == "sqlite":
        # Not inside a transaction: SQLite changes the journal of a file only on its own.
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode=WAL")
        raw.close()
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            if engine.dialect.name != "sqlite":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITER_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, version)
