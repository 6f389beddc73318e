"""Migrations: they end at the tables as the code has them, from the oldest ledger, in one transaction."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Ledger, engines, make, making, migrations, people, tables
from gateway.ledger.secrets import LedgerSecrets
from gateway.model import Secret
from gateway.trail import new_signing_key
from tests.ledger.first_release import first_release


@pytest.fixture
def script():
    config = Config()
    config.set_main_option("script_location", str(Path(making.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def looked_at(url, look):
    engine = engines.open_engine(url)
    with engine.connect() as connection:
        found = look(connection)
    engine.dispose()
    return found


def names_in(url):
    return looked_at(url, lambda connection: sa.inspect(connection).get_table_names())


def test_the_newest_migration_is_the_one_the_code_asks_for(script):
    assert script.get_heads() == [making.HEAD]


def test_migrations_are_one_line_from_the_first(script):
    found = [each.revision for each in script.walk_revisions()]
    assert found == [f"{number:04}" for number in range(len(found), 0, -1)]


def test_migrating_from_nothing_gives_the_tables_of_the_code(empty_url):
    url = empty_url()
    make(url)

    def compare(connection):
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, tables.metadata)

    assert looked_at(url, compare) == []
    assert set(names_in(url)) == {*tables.metadata.tables, "alembic_version"}


def test_making_a_ledger_twice_changes_nothing(empty_url, vault, make_record, keep, whose):
    url = empty_url()
    make(url)
    ledger = Ledger(url, vault)
    keep(ledger, "recman", "candidate", [make_record("1")])
    make(url)
    assert whose(ledger) == {"recman:1": 1}
    ledger.close()


@pytest.fixture
def oldest(empty_url, vault, make_record):
    """A ledger as the first release left it, with two people in it; its URL."""
    url = empty_url()
    kari, ola = (make_record(each, emails=[f"{each}@example.org"], kind="person") for each in ("kari", "ola"))
    first_release(url, vault, kari, ola, new_signing_key())
    return url


def test_the_oldest_ledger_is_refused_until_it_is_brought_up_to_date_and_loses_nothing(
    oldest, vault, whose, now
):
    assert "secrets" not in names_in(oldest)
    with pytest.raises(SettingsError, match=r"older version \(schema 0001, .*`gateway upgrade` brings it up"):
        Ledger(oldest, vault)
    make(oldest)
    ledger = Ledger(oldest, vault)
    assert whose(ledger) == {"recman:kari": 1, "recman:ola": 2}
    with ledger.read() as tx:
        assert people.by_identity(tx, vault, "email", "kari@example.org") == [1]
    store = LedgerSecrets(ledger, lambda: now)
    store.put("recman", "refresh_token", Secret("fictional"))
    assert store.get("recman", "refresh_token") == Secret("fictional")
    ledger.close()


def test_an_upgrade_that_fails_leaves_the_oldest_ledger_as_it_was(oldest, vault, whose, monkeypatch):
    def full(*_args, **_more):
        raise sa.exc.OperationalError("CREATE TABLE", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_table", full)
        with pytest.raises(GatewayError, match="cannot be used: database or disk is full"):
            make(oldest)
    assert "secrets" not in names_in(oldest)
    make(oldest)
    ledger = Ledger(oldest, vault)
    assert whose(ledger) == {"recman:kari": 1, "recman:ola": 2}
    ledger.close()


def test_a_migration_that_fails_leaves_nothing_behind(empty_url, vault, monkeypatch):
    url = empty_url()

    def full(*_args, **_more):
        raise sa.exc.OperationalError("CREATE INDEX", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", full)
        with pytest.raises(GatewayError, match="cannot be used: database or disk is full"):
            make(url)
    assert names_in(url) == []
    make(url)
    Ledger(url, vault).close()


def test_a_migration_never_changes_with_the_code():
    """Types in migrations are written out: nothing of the gateway is imported there."""
    for path in Path(migrations.__path__[0], "versions").glob("0*.py"):
        assert "gateway" not in path.read_text()
