"""Opening a ledger: what is found in the database decides, and every refusal says what would be right."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Ledger, make, making, read_url


def change(url, *statements):
    engine = making.open_engine(url)
    with engine.begin() as connection:
        for each in statements:
            connection.execute(sa.text(each))
    engine.dispose()


def tables_of(url):
    engine = making.open_engine(url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names


@pytest.mark.parametrize("backend", ["sqlite"])
def test_opening_says_so_when_there_is_no_file(empty_url, vault):
    url = empty_url()
    with pytest.raises(
        SettingsError, match=r"there is no ledger at .*gateway.*\.db; `gateway init` makes one"
    ):
        Ledger(url, vault)
    assert not Path(url.database).exists()
    make(url)
    Ledger(url, vault).close()


def test_opening_says_so_when_the_database_is_empty(empty_url, vault):
    url = empty_url()
    change(url, "SELECT 1")
    with pytest.raises(SettingsError, match="the database holds no ledger; `gateway init` makes one"):
        Ledger(url, vault)
    make(url)
    Ledger(url, vault).close()


@pytest.mark.parametrize("what", [
    "CREATE TABLE invoices (id INTEGER)",
    "CREATE TABLE subjects (id INTEGER)",
    "CREATE TABLE alembic_version (revision INTEGER);CREATE TABLE invoices (id INTEGER)",
])  # fmt: skip
def test_a_database_that_is_not_ours_is_refused_and_left_alone(empty_url, vault, what):
    url = empty_url()
    change(url, *what.split(";"))
    before = tables_of(url)
    for use in (lambda: Ledger(url, vault), lambda: make(url)):
        with pytest.raises(SettingsError, match="holds something else than a ledger"):
            use()
    assert tables_of(url) == before
    change(url, *(f"DROP TABLE {name}" for name in before))
    make(url)
    Ledger(url, vault).close()


def test_an_older_ledger_is_refused_until_it_is_brought_up_to_date(ledger_url, vault, monkeypatch):
    url = ledger_url()
    told = rf"by an older version \(schema {making.HEAD}, this is 9000\); `gateway upgrade`"
    monkeypatch.setattr(making, "HEAD", "9000")
    with pytest.raises(SettingsError, match=told):
        Ledger(url, vault)
    monkeypatch.undo()
    Ledger(url, vault).close()


def test_a_newer_ledger_is_refused_and_left_alone(ledger_url, vault):
    url = ledger_url()
    change(url, "UPDATE alembic_version SET version_num = '9999'")
    for use in (lambda: Ledger(url, vault), lambda: make(url)):
        told = rf"by a newer version \(schema 9999, this is {making.HEAD}\); install that"
        with pytest.raises(SettingsError, match=told):
            use()
    change(url, f"UPDATE alembic_version SET version_num = '{making.HEAD}'")
    Ledger(url, vault).close()


def test_a_ledger_without_a_version_is_not_called_newer(ledger_url, vault):
    url = ledger_url()
    change(url, "DELETE FROM alembic_version")
    with pytest.raises(SettingsError, match="something else than a ledger"):
        Ledger(url, vault)
    change(url, f"INSERT INTO alembic_version VALUES ('{making.HEAD}')")
    Ledger(url, vault).close()


@pytest.mark.parametrize("text", ["", "gateway.db", "sqlite//gateway.db", "postgresql://host:port/name"])
def test_a_bad_url_is_a_mistake_of_the_settings(text):
    with pytest.raises(SettingsError, match=r"gateway\.ledger: is not a database URL"):
        read_url(text)
    assert read_url("sqlite:///gateway.db").database == "gateway.db"


@pytest.mark.parametrize("text", [
    "mysql://u:pencil@host/name", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x.db?mode=memory&uri=true",
])  # fmt: skip
def test_a_database_that_cannot_hold_a_ledger_is_refused_without_its_password(vault, text):
    for use in (lambda: Ledger(make_url(text), vault), lambda: make(make_url(text))):
        with pytest.raises(SettingsError, match=r"is neither sqlite:///FILE nor postgresql://") as caught:
            use()
        assert "pencil" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(vault, tmp_path):
    path = tmp_path / "gateway.db"
    path.write_text("this is a letter, not a database\n" * 100)
    for use in (
        lambda: Ledger(make_url(f"sqlite:///{path}"), vault),
        lambda: make(make_url(f"sqlite:///{path}")),
    ):
        with pytest.raises(
            GatewayError, match=r"gateway\.db cannot be used: file is not a database\. Nothing"
        ):
            use()
    assert path.read_text().startswith("this is a letter")
    path.unlink()
    make(make_url(f"sqlite:///{path}"))
    Ledger(make_url(f"sqlite:///{path}"), vault).close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path, vault):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SettingsError, match=r"taken/gateway\.db cannot be made: .*; name a file in a folder"):
        make(make_url(f"sqlite:///{tmp_path}/taken/gateway.db"))
    make(make_url(f"sqlite:///{tmp_path}/free/folder/gateway.db"))
    Ledger(make_url(f"sqlite:///{tmp_path}/free/folder/gateway.db"), vault).close()


def test_a_server_that_is_not_there_is_named_without_its_password(vault):
    url = make_url("postgresql://gateway:pencil@127.0.0.1:1/gateway?connect_timeout=2")
    for use in (lambda: Ledger(url, vault), lambda: make(url)):
        with pytest.raises(
            GatewayError, match=r"postgresql://gateway:\*\*\*@127\.0\.0\.1.* cannot be used:"
        ) as caught:
            use()
        assert "pencil" not in str(caught.value)


def test_an_option_the_driver_does_not_know_is_named(vault):
    with pytest.raises(GatewayError, match=r"cannot be used: .*invalid connection option"):
        Ledger(make_url("postgresql://gateway@127.0.0.1/gateway?colour=red"), vault)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_ledger_file_is_for_its_owner_only(empty_url):
    url = empty_url()
    Path(url.database).touch(mode=0o644)
    make(url)
    assert stat.S_IMODE(Path(url.database).stat().st_mode) == 0o600


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sqlite_is_durable_keeps_references_and_leaves_no_scraps(ledger):
    with ledger.write() as tx:
        found = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
