"""Reading and writing: all or nothing, one writer at a time, and a reader sees one state."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa

from gateway.errors import GatewayError
from gateway.ledger import quota, store
from gateway.ledger import tables as t


def put(tx, account, count=0):
    tx.execute(t.quota.insert(), {"account": account, "state": {"count": count}})


def put_all(ledger, names):
    """Writes in one transaction; what is not text is an error of the program."""
    with ledger.write() as tx:
        for each in names:
            put(tx, "" + each)


def accounts(ledger):
    with ledger.read() as tx:
        return set(tx.execute(sa.select(t.quota.c.account)).scalars())


def test_what_is_written_is_kept(ledger, open_ledger):
    with ledger.write() as tx:
        put(tx, "recman")
    assert accounts(open_ledger(ledger.url)) == {"recman"}


def test_an_error_undoes_all_of_a_write(ledger):
    with pytest.raises(TypeError):
        put_all(ledger, ["recman", "invenias", None])
    assert accounts(ledger) == set()
    with ledger.write() as tx:
        put(tx, "recman")
    assert accounts(ledger) == {"recman"}


def test_a_statement_the_database_refuses_undoes_the_write_and_shows_no_values(ledger):
    with pytest.raises(sa.exc.IntegrityError) as caught:
        put_all(ledger, ["kari@example.org", "kari@example.org"])
    assert "hide_parameters" in str(caught.value)
    assert accounts(ledger) == set()


def test_a_record_of_nobody_is_refused(ledger):
    row = {"hash": b"h", "record_id": 7, "subject_id": 7}
    with pytest.raises(sa.exc.IntegrityError), ledger.write() as tx:
        tx.execute(t.identities.insert(), row)


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(ledger):
    with ledger.write() as tx:
        put(tx, "outer")
        with pytest.raises(RuntimeError, match="a write inside a write"), ledger.write():
            pass
    with ledger.write() as tx:
        put(tx, "next")
    assert accounts(ledger) == {"outer", "next"}


def test_a_reader_sees_one_state_while_others_write(ledger):
    with ledger.read() as tx:
        before = tx.execute(sa.select(sa.func.count()).select_from(t.quota)).scalar()
        with ledger.write() as writer:
            put(writer, "recman")
        after = tx.execute(sa.select(sa.func.count()).select_from(t.quota)).scalar()
    assert (before, after) == (0, 0)
    assert accounts(ledger) == {"recman"}


def test_a_reader_does_not_see_what_is_not_kept_yet(ledger):
    with ledger.write() as tx:
        put(tx, "recman")
        assert accounts(ledger) == set()


def test_one_writer_at_a_time_over_threads_and_ledgers(ledger, open_ledger):
    """Read, then write what was read plus one: a second writer in between would lose a count."""
    ledgers = [ledger, open_ledger(ledger.url)]
    stores = [quota.LedgerQuota(each) for each in ledgers]

    def count(number):
        def add(state):
            state["count"] = state.get("count", 0) + 1
            return state["count"]

        return stores[number % 2].change("recman", add)

    with ThreadPoolExecutor(8) as pool:
        seen = sorted(pool.map(count, range(60)))
    assert seen == list(range(1, 61))


def test_a_writer_waits_for_the_one_before(ledger, open_ledger):
    other = open_ledger(ledger.url)
    inside, begun, order = threading.Event(), threading.Event(), []

    def second():
        inside.wait(10)
        begun.set()
        with other.write() as tx:
            order.append("second")
            put(tx, "second")

    thread = threading.Thread(target=second)
    thread.start()
    with ledger.write() as tx:
        inside.set()
        begun.wait(10)
        put(tx, "first")
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert accounts(ledger) == {"first", "second"}


def test_a_dry_ledger_sees_what_it_wrote_and_forgets_it(ledger, open_ledger):
    with ledger.write() as tx:
        put(tx, "real")
    dry = open_ledger(ledger.url, dry=True)
    with dry.write() as tx:
        put(tx, "dry")
    assert accounts(dry) == {"real", "dry"}
    assert accounts(ledger) == {"real"}
    dry.close()
    assert accounts(ledger) == {"real"}
    with ledger.write() as tx:
        put(tx, "next")
    assert accounts(ledger) == {"real", "next"}


def test_an_error_in_a_dry_write_undoes_that_write_only(open_ledger):
    dry = open_ledger(dry=True)
    with dry.write() as tx:
        put(tx, "first")
    with suppress(ZeroDivisionError), dry.write() as tx:
        put(tx, "second")
        raise ZeroDivisionError
    with suppress(sa.exc.IntegrityError), dry.write() as tx:
        put(tx, "first")
    with dry.write() as tx:
        put(tx, "third")
    assert accounts(dry) == {"first", "third"}


def test_a_dry_ledger_reads_inside_its_write(open_ledger):
    dry = open_ledger(dry=True)
    with dry.write() as tx:
        put(tx, "recman")
        assert accounts(dry) == {"recman"}


def test_others_wait_with_writing_while_a_dry_run_lasts(ledger, open_ledger):
    dry = open_ledger(ledger.url, dry=True)
    with (
        pytest.raises(GatewayError, match=r"cannot be used: .*(locked|lock timeout)"),
        impatient(ledger).write(),
    ):
        pass
    dry.close()
    with ledger.write() as tx:
        put(tx, "recman")
    assert accounts(ledger) == {"recman"}


def impatient(ledger):
    """A ledger that waits for a lock for a moment only."""
    statement = "PRAGMA busy_timeout=50" if ledger.on_sqlite else "SET lock_timeout = '50ms'"

    @sa.event.listens_for(ledger._engine, "checkout")
    def hurry(dbapi, _record, _proxy):
        dbapi.execute(statement)
        if not ledger.on_sqlite:
            dbapi.commit()

    return ledger


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_writer_that_is_frozen_holds_up_nobody_for_long_and_writes_nothing_when_it_wakes(
    ledger, open_ledger, monkeypatch
):
    monkeypatch.setattr(store, "FROZEN", "200ms")

    def frozen():
        with ledger.write() as tx:
            put(tx, "recman")
            with open_ledger(ledger.url).write() as other:  # waits until the first is ended
                put(other, "crm")
            put(tx, "bisnode")

    with pytest.raises(GatewayError, match="Nothing of this step was written"):
        frozen()
    assert accounts(ledger) == {"crm"}
    with ledger.write() as tx:
        put(tx, "recman")
    assert accounts(ledger) == {"crm", "recman"}
