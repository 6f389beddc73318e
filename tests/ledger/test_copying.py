"""Copies of a ledger: whole, of one state while others write, in a file that is there only when it is durable."""

from __future__ import annotations

import itertools
import sqlite3
import stat

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Ledger, copying, lines, make
from gateway.ledger import tables as t
from gateway.trail import Entry, new_signing_key, public_key
from gateway.trail import key_id as id_of

PUBLIC = public_key(new_signing_key())
ENGINES_OWN = "CREATE TABLE workflow_status (id TEXT)"


@pytest.fixture
def filled(ledger, keep, make_record, open_case, prove_gone, now):
    """A ledger with rows in tables of every sort: sealed bytes, JSON, truth values, tombstones, a trail."""
    keep(
        ledger,
        "recman",
        "candidate",
        [make_record(str(each), emails=[f"p{each}@example.org"]) for each in range(9)],
    )
    step = open_case(ledger, 1)[0]
    prove_gone(ledger, step)
    open_case(ledger, 2, ("recman", "crm"))
    with ledger.write() as tx:
        lines.append(tx, [Entry(now, "tester", "planned", case=each) for each in range(1, 4)])
        tx.execute(t.quota.insert(), {"account": "recman", "state": {"day": [1, None, "æ"]}})
        tx.execute(
            t.nodes.insert(),
            {"name": "n", "kind": "serve", "host": "h", "pid": 1, "born": "", "version": "1", "started_at": now,
             "beat_at": now, "doing": [], "end": ""},
        )  # fmt: skip
        tx.execute(t.runs.update().values(node_id=1))
    return ledger


def rows_of(ledger):
    """All rows of all tables that are copied, told apart by nothing but what stands in them."""
    with ledger.read() as tx:
        names = [each for each in t.metadata.sorted_tables if each.name not in copying.OF_THE_MOMENT]
        return {each.name: sorted(map(repr, tx.execute(sa.select(each)))) for each in names}


@pytest.fixture
def back_up(now):
    def write(ledger, path):
        with copying.snapshot(ledger.url) as tx:
            return copying.write_file(tx, path, now)

    return write


@pytest.fixture
def opened(vault):
    made = []

    def open_one(url):
        made.append(Ledger(url, vault))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


def test_a_backup_is_one_whole_file_for_its_owner_only(filled, back_up, tmp_path, opened):
    path = tmp_path / "copies" / "backup.db"
    path.parent.mkdir()
    counts = back_up(filled, path)
    assert [each.name for each in path.parent.iterdir()] == ["backup.db"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = rows_of(filled)
    assert counts == {name: len(rows) for name, rows in before.items()}
    assert (counts["records"], counts["steps"], counts["trail"]) == (8, 3, 3)
    after = rows_of(opened(copying.file_url(path)))
    assert [each.partition(",")[0] for each in after.pop("facts")] == ["('backed-up'"]
    before.pop("facts")
    assert after == before
    assert [each.name for each in path.parent.iterdir() if each.suffix == ".db"] == ["backup.db"]


def test_a_backup_is_of_one_state_while_others_write(
    filled, back_up, tmp_path, opened, monkeypatch, now, open_ledger
):
    """Between two tables somebody writes to both; the copy has neither, or both."""
    other, turns, copy_table = open_ledger(filled.url), itertools.count(), copying._copy_table

    def copy_and_write(source, target, table):
        copy_table(source, target, table)
        with other.write() as tx:
            tx.execute(t.quota.insert(), {"account": f"late{next(turns)}", "state": {}})
            lines.append(tx, [Entry(now, "tester", "late")])

    monkeypatch.setattr(copying, "_copy_table", copy_and_write)
    path = tmp_path / "backup.db"
    counts = back_up(filled, path)
    assert (counts["quota"], counts["trail"]) == (1, 3)
    assert "late" not in "".join(itertools.chain(*rows_of(opened(copying.file_url(path))).values()))
    assert len(rows_of(filled)["quota"]) > 10


def test_what_an_engine_keeps_beside_the_ledger_is_no_part_of_a_copy(filled, back_up, tmp_path):
    with filled.write() as tx:
        tx.exec_driver_sql(ENGINES_OWN)
        tx.exec_driver_sql("INSERT INTO workflow_status VALUES ('of the engine')")
    try:
        counts = back_up(filled, tmp_path / "backup.db")
    finally:
        with filled.write() as tx:
            tx.exec_driver_sql("DROP TABLE workflow_status")
    with sqlite3.connect(tmp_path / "backup.db") as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    file.close()
    assert names == {*t.metadata.tables, "alembic_version"}
    assert counts.keys() == t.metadata.tables.keys() - copying.OF_THE_MOMENT
    assert b"of the engine" not in (tmp_path / "backup.db").read_bytes()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_that_is_there_is_never_overwritten(filled, back_up, tmp_path):
    path = tmp_path / "backup.db"
    path.write_text("a letter")
    with pytest.raises(SettingsError, match=r"backup\.db: is there already; name a new file"):
        back_up(filled, path)
    assert path.read_text() == "a letter"
    with pytest.raises(SettingsError, match="there is no folder"):
        back_up(filled, tmp_path / "none" / "backup.db")
    back_up(filled, tmp_path / "backup2.db")


def test_a_copy_that_fails_leaves_no_file(filled, back_up, tmp_path, monkeypatch):
    folder = tmp_path / "copies"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(
            copying, "_make_durable", lambda path: (_ for _ in ()).throw(OSError(28, "No space left"))
        )
        with pytest.raises(GatewayError, match="cannot be written: No space left"):
            back_up(filled, folder / "backup.db")
    assert list(folder.iterdir()) == []
    copy_table = copying._copy_table
    with monkeypatch.context() as patch:
        patch.setattr(
            copying, "_copy_table",
            lambda source, target, table: None if table.name == "trail" else copy_table(source, target, table),
        )  # fmt: skip
        with pytest.raises(GatewayError, match="trail: of 3 rows 0 were copied"):
            back_up(filled, folder / "backup.db")
    assert list(folder.iterdir()) == []
    back_up(filled, folder / "backup.db")


def test_rows_come_back_as_they_were_and_new_ones_are_numbered_behind_them(
    filled, back_up, tmp_path, open_ledger, now
):
    back_up(filled, tmp_path / "backup.db")
    found, unpacked = copying.unpack(tmp_path / "backup.db", tmp_path / "unpacked.db")
    assert found == "0004"
    target = open_ledger()
    with copying.snapshot(unpacked) as source, target.write() as tx:
        copying.copy_rows(source, tx)
        tx.execute(t.facts.delete())
    assert rows_of(target) == rows_of(filled)
    with target.write() as tx:
        made = tx.execute(t.plans.insert().values(made_at=now, people=1, allowed=1, state="running"))
    assert (
        made.inserted_primary_key[0]
        == max(int(each[1:].partition(",")[0]) for each in rows_of(filled)["plans"]) + 1
    )
    with target.write() as tx:
        copying.clear(tx)
        assert copying.content(tx) == {}


@pytest.mark.parametrize("content", ["a letter, not a database\n" * 100, ""])
def test_what_is_no_ledger_is_refused(content, tmp_path):
    path = tmp_path / "backup.db"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"backup\.db: (is no backup of a ledger|holds no ledger)"):
        copying.unpack(path, tmp_path / "unpacked.db")
    with pytest.raises(SettingsError, match="there is no such file"):
        copying.unpack(tmp_path / "none.db", tmp_path / "unpacked2.db")
    make(make_url(f"sqlite:///{tmp_path}/right.db"))
    copying.unpack(tmp_path / "right.db", tmp_path / "unpacked3.db")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_newer_backup_is_refused(filled, back_up, tmp_path):
    path = tmp_path / "backup.db"
    back_up(filled, path)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    with pytest.raises(SettingsError, match=r"backup\.db: was written by a newer version \(schema 9999"):
        copying.unpack(path, tmp_path / "unpacked.db")


def test_a_trail_that_is_not_whole_is_named(filled):
    with filled.read() as tx:
        copying.check_trail(tx, PUBLIC, id_of(PUBLIC), "the ledger")
    with filled.write() as tx:
        tx.execute(t.trail.delete().where(t.trail.c.seq == 2))
    with (
        filled.read() as tx,
        pytest.raises(GatewayError, match="its trail does not verify: line 2 is missing"),
    ):
        copying.check_trail(tx, PUBLIC, id_of(PUBLIC), "the ledger")
    with filled.write() as tx:
        tx.execute(t.trail.delete())
        copying.check_trail(tx, PUBLIC, id_of(PUBLIC), "the ledger")


def test_a_url_is_shown_without_what_it_may_hide():
    url = make_url("postgresql://gateway:pencil@db.example.org/gateway?password=pencil&sslmode=require")
    assert copying.masked(url) == "postgresql://gateway:***@db.example.org/gateway"
