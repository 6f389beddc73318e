"""What a database can do to a run: full, read-only, cut off, damaged. Nothing is lost, and the next run goes on."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from gateway.errors import GatewayError
from gateway.ledger import Ledger, engines
from gateway.ledger import tables as t


@pytest.fixture
def people(make_record):
    return [make_record(str(number), emails=[f"p{number}@example.org"]) for number in range(400)]


def limit(ledger, pages):
    """A disk that is full after so many pages."""

    @sa.event.listens_for(ledger._engine, "checkout")
    def fill(dbapi, _record, _proxy):
        dbapi.execute(f"PRAGMA max_page_count={pages}").fetchall()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_full_disk_loses_nothing_and_the_next_run_goes_on(ledger, open_ledger, keep, people, rows):
    keep(ledger, "recman", "candidate", people[:5])
    with ledger.read() as tx:
        used = tx.exec_driver_sql("PRAGMA page_count").scalar()
    limit(ledger, used + 10)
    with pytest.raises(
        GatewayError, match=r"cannot be used: database or disk is full\. Nothing of this step was"
    ):
        keep(ledger, "recman", "candidate", people)
    assert len(rows(ledger, t.records)) == 5
    again = open_ledger(ledger.url)
    keep(again, "recman", "candidate", people)
    assert len(rows(again, t.records)) == 400


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_that_may_not_be_written_is_named_and_read_all_the_same(
    ledger, open_ledger, keep, people, rows
):
    keep(ledger, "recman", "candidate", people[:5])

    @sa.event.listens_for(ledger._engine, "checkout")
    def only_read(dbapi, _record, _proxy):
        dbapi.execute("PRAGMA query_only=ON")

    with pytest.raises(GatewayError, match="cannot be used: attempt to write a readonly database"):
        keep(ledger, "recman", "candidate", people)
    assert len(rows(ledger, t.records)) == 5
    keep(open_ledger(ledger.url), "recman", "candidate", people)


@pytest.mark.skipif(
    not hasattr(os, "seteuid") or os.geteuid() != 0, reason="becomes another user, as root only can"
)
def test_a_ledger_of_another_user_is_named(vault, keep, people, sqlite_template):
    folder = Path(tempfile.mkdtemp())  # below pytest's own folder another user sees nothing
    folder.chmod(0o755)
    path = shutil.copyfile(sqlite_template, folder / "gateway.db")
    path.chmod(0o644)
    url = sa.make_url(f"sqlite:///{path}")
    os.seteuid(65534)
    try:
        with pytest.raises(GatewayError, match=r"gateway\.db cannot be used: attempt to write a readonly"):
            keep(Ledger(url, vault), "recman", "candidate", people)
    finally:
        os.seteuid(0)
    ledger = Ledger(url, vault)
    keep(ledger, "recman", "candidate", people)
    ledger.close()
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_read_only_server_is_named(ledger, open_ledger, keep, people, rows):
    keep(ledger, "recman", "candidate", people[:5])
    with ledger.write() as tx:
        tx.exec_driver_sql(f"ALTER DATABASE {ledger.url.database} SET default_transaction_read_only = on")
    ledger.close()
    with pytest.raises(
        GatewayError, match="cannot be used: cannot execute INSERT in a read-only transaction"
    ):
        keep(ledger, "recman", "candidate", people)
    assert len(rows(ledger, t.records)) == 5
    engine = engines.open_engine(ledger.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ WRITE")
        connection.exec_driver_sql(
            f"ALTER DATABASE {ledger.url.database} RESET default_transaction_read_only"
        )
        connection.commit()
    engine.dispose()
    keep(open_ledger(ledger.url), "recman", "candidate", people)
    assert len(rows(ledger, t.records)) == 400


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_connection_cut_in_a_write_undoes_it_and_the_next_write_works(ledger, rows, postgresql):
    def write_and_be_cut():
        with ledger.write() as tx:
            tx.execute(t.quota.insert(), {"account": "recman", "state": {}})
            mine = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with psycopg.connect(postgresql.format("postgres"), autocommit=True) as killer:
                killer.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
            tx.execute(t.quota.insert(), {"account": "invenias", "state": {}})

    with pytest.raises(GatewayError, match=r"cannot be used: .*terminating connection"):
        write_and_be_cut()
    assert rows(ledger, t.quota) == []
    with ledger.write() as tx:
        tx.execute(t.quota.insert(), {"account": "recman", "state": {}})
    assert len(rows(ledger, t.quota)) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_damaged_file_is_named(ledger, vault, keep, people, rows, open_ledger):
    keep(ledger, "recman", "candidate", people)
    ledger.close()
    path = Path(ledger.url.database)
    sound = path.read_bytes()
    path.write_bytes(sound[:4096] + b"\xa5" * (len(sound) - 4096))
    with pytest.raises(GatewayError, match=r"cannot be used: database disk image is malformed"):
        rows(open_ledger(ledger.url), t.records)
    path.write_bytes(sound)
    assert len(rows(open_ledger(ledger.url), t.records)) == 400
