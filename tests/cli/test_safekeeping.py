"""`gateway backup`, `restore`, `move`, `upgrade` and `key rotate`, as an operator runs them."""

from __future__ import annotations

import sqlite3
import stat

import pytest
from sqlalchemy.engine import make_url

from gateway.ledger import Ledger, Vault, facts, making
from gateway.nodes import Node
from gateway.register import clock
from gateway.settings import load
from tests.cli.test_documents import hold


def said(result):
    """What was printed, on one line."""
    return " ".join(result.stdout.split())


@pytest.fixture
def synced(firm, kari, ola):
    firm("sync")
    return firm


@pytest.fixture
def postgresql_url(request):
    """An empty database on a real server."""
    import psycopg

    uri = request.getfixturevalue("postgresql")
    with psycopg.connect(uri.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE moved TEMPLATE template0")
    yield uri.format("moved")
    with psycopg.connect(uri.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE moved WITH (FORCE)")


def name_ledger(firm, url):
    """What the operator does after a move."""
    head = firm.folder / "head.toml"
    secret = firm.folder / "keys" / "ledger"
    secret.write_text(url)
    secret.chmod(0o600)
    lines = [
        'ledger = { file = "keys/ledger" }' if each.startswith("ledger") else each
        for each in head.read_text().splitlines()
    ]
    head.write_text("\n".join(lines) + "\n")
    firm.write()


def test_backup_says_what_is_in_it_and_that_it_should_expire(synced, tmp_path):
    path = tmp_path / "backup.db"
    shown = said(synced("backup", str(path)))
    assert "8 lines of trail; counted, and its trail verifies." in shown
    assert "encrypted keys of people" in shown
    assert "let it expire" in shown
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "is there already; name a new file" in synced("backup", str(path), code=2).stderr
    hold("backup", synced.json("backup", str(tmp_path / "second.db")))


def test_a_backup_of_a_trail_that_was_changed_is_not_made(synced, tmp_path):
    ledger = synced.ledger()
    with ledger.write() as tx:
        tx.exec_driver_sql("CREATE TABLE saved AS SELECT * FROM trail WHERE seq = 2")
        tx.exec_driver_sql("DELETE FROM trail WHERE seq = 2")
    assert "line 2 is missing" in synced("backup", str(tmp_path / "b.db"), code=4).stderr
    assert not (tmp_path / "b.db").exists()
    with ledger.write() as tx:
        tx.exec_driver_sql("INSERT INTO trail SELECT * FROM saved")
        tx.exec_driver_sql("DROP TABLE saved")
    ledger.close()
    synced("backup", str(tmp_path / "b.db"))


def test_restore_replaces_when_told_and_what_is_there_verifies(synced, tmp_path):
    path = tmp_path / "backup.db"
    synced("backup", str(path))
    synced("erase", "ola@example.org")
    assert "--replace restores in its place" in synced("restore", str(path), code=2).stderr
    shown = said(synced("restore", str(path), "--replace"))
    assert "8 lines of trail; counted, and its trail verifies." in shown
    assert "1 person erased since the backup stay erased" in shown
    assert "gateway.db.before-restore-" in shown
    verified = said(synced("trail", "verify"))
    assert "Nothing is wrong" in verified
    assert "restored from a backup" in verified
    synced("sync")
    assert synced.json("trail", "verify")["sound"] is True
    hold("restore", synced.json("restore", str(path), "--replace"))


def test_restore_into_nothing_and_of_nothing(synced, tmp_path):
    path = tmp_path / "backup.db"
    synced("backup", str(path))
    for each in synced.folder.glob("gateway.db*"):
        each.unlink()
    assert "there is no such file" in synced("restore", str(tmp_path / "none.db"), code=2).stderr
    (tmp_path / "letter.db").write_text("a letter")
    assert "is no backup of a ledger" in synced("restore", str(tmp_path / "letter.db"), code=2).stderr
    assert not (synced.folder / "gateway.db").exists()
    assert "enter again what people asked for since" in said(synced("restore", str(path)))
    synced("sync")
    assert synced.json("trail", "verify")["sound"] is True


def test_restore_of_an_older_key_and_an_older_schema(synced, tmp_path):
    path = tmp_path / "backup.db"
    synced("backup", str(path))
    old = synced.folder / "keys" / "master.key"
    synced("key", "rotate", "--new", str(synced.folder / "keys" / "second.key"))
    head = synced.folder / "head.toml"
    head.write_text(head.read_text().replace("keys/master.key", "keys/second.key"))
    synced.write()
    assert "--old-key FILE" in synced("restore", str(path), "--replace", code=2).stderr.replace("\n", " ")
    synced("restore", str(path), "--replace", "--old-key", str(old))
    synced("sync")
    assert synced.json("audit", "ola@example.org")["person"] == "S2"


@pytest.mark.slow
def test_move_to_postgresql_and_back(synced, tmp_path, monkeypatch, postgresql_url):
    monkeypatch.setenv("NEW_LEDGER", postgresql_url)
    moved = synced.json("move", "--to", "env:NEW_LEDGER")
    hold("move", moved)
    assert moved["lines"] == 8
    refused = synced("sync", code=2).stderr
    assert "this ledger was moved to postgresql://" in refused
    assert "name that one in gateway.toml" in refused
    name_ledger(synced, postgresql_url)
    assert synced.json("trail", "verify")["sound"] is True
    assert [each["action"] for each in synced.json("trail", "show", "--last", "1")["lines"]] == ["moved"]
    synced("sync")
    synced(
        "hold", "ola@example.org", "--reason", "a claim", "--until", "2099-01-01"
    )  # its number comes of a sequence
    back = synced.folder / "back.db"
    assert "counted, and its trail verifies." in said(synced("move", "--to", f"sqlite:///{back}"))
    name_ledger(synced, f"sqlite:///{back}")
    assert stat.S_IMODE(back.stat().st_mode) == 0o600
    synced("sync")
    assert synced.json("trail", "verify")["sound"] is True
    assert len(synced.json("holds")["holds"]) == 1


def test_move_only_into_what_is_empty_and_never_shows_a_password(synced, tmp_path):
    full = tmp_path / "full.db"
    synced("backup", str(full))
    assert "the database is not empty" in synced("move", "--to", f"sqlite:///{full}", code=2).stderr
    gone = synced("move", "--to", "postgresql://gateway:pencil@127.0.0.1:1/gateway?connect_timeout=1", code=4)
    assert "pencil" not in gone.stderr + gone.stdout
    for text, told in (
        ("env:NOWHERE", "'NOWHERE' is not set"),
        ("mysql://host/name", 'must be "sqlite:///FILE" or "postgresql://'),
        (f"sqlite:///{synced.folder}/gateway.db", "is there already; name another"),
    ):
        assert told in synced("move", "--to", text, code=2).stderr
    synced("sync")


def test_nothing_of_it_while_somebody_works(synced, tmp_path):
    path = tmp_path / "backup.db"
    ledger = synced.ledger()
    with Node(ledger, "serve", clock, name="node-a"):
        synced("backup", str(path))  # a backup needs nobody to stop
        for words in (
            ("restore", str(path), "--replace"),
            ("move", "--to", f"sqlite:///{tmp_path}/new.db"),
            ("key", "rotate", "--new", str(tmp_path / "new.key")),
        ):
            assert "somebody works on this ledger: node-a (serve" in synced(*words, code=3).stderr
    ledger.close()
    synced("restore", str(path), "--replace")


def test_key_rotate_makes_a_key_and_says_which_line_to_change(synced):
    new = synced.folder / "keys" / "second.key"
    done = synced.json("key", "rotate", "--new", str(new))
    hold("key rotate", done)
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert (done["made"], done["people"], done["line"]) == (
        True,
        1,
        'master_key = { file = "keys/second.key" }',
    )
    assert "not the key the ledger was written with" in synced("sync", code=2).stderr
    head = synced.folder / "head.toml"
    head.write_text(head.read_text().replace('{ file = "keys/master.key" }', '{ file = "keys/second.key" }'))
    synced.write()
    assert synced.json("audit", "ola@example.org")["person"] == "S2"
    synced("sync")
    assert synced.json("trail", "verify")["sound"] is True
    third = synced("key", "rotate", "--new", str(synced.folder / "keys" / "third.key")).stdout
    assert '\n    master_key = { file = "keys/third.key" }\n' in third


def test_key_rotate_refuses_what_is_no_new_key(synced, tmp_path):
    (tmp_path / "short").write_text("c2hvcnQ=")
    assert (
        "must be 32 random bytes" in synced("key", "rotate", "--new", str(tmp_path / "short"), code=2).stderr
    )
    own = str(synced.folder / "keys" / "master.key")
    assert "is the master key the ledger has already" in synced("key", "rotate", "--new", own, code=2).stderr
    assert "cannot be written" in synced("key", "rotate", "--new", str(tmp_path / "no" / "k"), code=2).stderr
    synced("sync")


def test_upgrade_says_from_where_to_where(synced, tmp_path):
    assert "is up to date" in said(synced("upgrade"))
    for each in synced.folder.glob("gateway.db*"):
        each.unlink()
    assert "`gateway init` makes one" in synced("upgrade", code=2).stderr
    making.make(make_url(f"sqlite:///{synced.folder}/gateway.db"), "0003")
    assert "`gateway upgrade` brings it up to date" in synced("sync", code=2).stderr
    path = tmp_path / "before.db"
    hold("upgrade", synced.json("upgrade", "--backup", str(path)))
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [("0003",)]
    file.close()
    synced("sync")


def test_upgrade_without_a_backup_says_so(synced):
    for each in synced.folder.glob("gateway.db*"):
        each.unlink()
    making.make(make_url(f"sqlite:///{synced.folder}/gateway.db"), "0001")
    shown = said(synced("upgrade"))
    assert "No backup is made; --backup FILE makes one first" in shown
    assert f"from schema 0001 to {making.HEAD}" in shown
    synced("sync")


def test_a_ledger_that_was_moved_can_be_restored_as_this_one(synced, tmp_path):
    """The new database was lost before its first backup: the old file is the backup."""
    synced("move", "--to", f"sqlite:///{tmp_path}/new.db")
    (synced.folder / "gateway.db").rename(tmp_path / "old.db")
    synced("restore", str(tmp_path / "old.db"))
    settings = load(synced.toml, {"EXAMPLE_KEY": "k"})
    ledger = Ledger(make_url(f"sqlite:///{synced.folder}/gateway.db"), Vault(settings.gateway.master_key))
    with ledger.read() as tx:
        assert facts.get(tx, facts.MOVED) is None
    ledger.close()
    synced("sync")
