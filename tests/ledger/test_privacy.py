"""No identity stands in the database in clear, and a destroyed key leaves nothing behind in its file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.ledger import graves, people
from gateway.ledger import tables as t

PLANTED = ("kari.hemmelig@example.org", "+4791234567", "Hemmelig", "hemmelig", "1985-03-14")


@pytest.fixture
def record(make_record):
    return make_record(
        "1",
        emails=["Kari.Hemmelig@Example.org"],
        phones=["912 34 567"],
        name="Kari Hemmelig",
        born=date(1985, 3, 14),
    )


def files_of(ledger):
    return sorted(Path(ledger.url.database).parent.glob(f"{Path(ledger.url.database).name}*"))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_identity_stands_in_the_file_or_its_log(ledger, keep, record, make_record):
    keep(ledger, "recman", "candidate", [record])
    keep(
        ledger,
        "invenias",
        "person",
        [make_record("2", emails=["kari.hemmelig@example.org"], name="Ola Annen")],
    )
    with ledger.write() as tx:
        people.enter(tx, ledger.vault, ("email", "ola.hemmelig@example.org"), t.EPOCH)
    files = files_of(ledger)
    assert any(path.name.endswith("-wal") for path in files)
    for raw in [path.read_bytes() for path in files]:
        assert not [each for each in (*PLANTED, "ola.hemmelig") if each.encode() in raw]


def test_no_identity_stands_in_any_column(ledger, keep, record, rows):
    keep(ledger, "recman", "candidate", [record])
    shown = "".join(str(tuple(row)) for table in t.metadata.sorted_tables for row in rows(ledger, table))
    assert "recman" in shown
    assert not [each for each in PLANTED if each in shown]


def test_what_a_destroyed_key_sealed_cannot_be_read_from_an_old_copy(ledger, keep, record, rows, now, vault):
    keep(ledger, "recman", "candidate", [record])
    copy = rows(ledger, t.records)[0].sealed
    old_key = rows(ledger, t.subjects)[0].wrapped_key
    with ledger.write() as tx:
        graves.drop_records(tx, [1])
        assert graves.erase_subjects(tx, {1: None}, now) == {1}
    assert rows(ledger, t.subjects)[0].wrapped_key is None
    assert vault.unseal(vault.unwrap(old_key), copy)  # it was this key that made it readable


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_destroyed_key_is_not_left_in_the_free_space_of_the_file(ledger, keep, make_record, rows, now):
    keep(ledger, "recman", "candidate", [make_record(str(each), name=f"P {each}") for each in range(50)])
    wrapped = {row.id: row.wrapped_key for row in rows(ledger, t.subjects)}
    sealed = {row.subject_id: row.sealed for row in rows(ledger, t.records)}
    with ledger.write() as tx:
        ids = {row.subject_id: row.id for row in tx.execute(sa.select(t.records))}
        graves.drop_records(tx, [ids[each] for each in range(1, 41)])
        graves.erase_subjects(tx, dict.fromkeys(range(1, 41)), now + timedelta(1))
    ledger.close()  # the last to leave empties the log into the file
    raw = b"".join(path.read_bytes() for path in files_of(ledger))
    assert not [each for each in range(1, 41) if wrapped[each] in raw or sealed[each] in raw]
    assert all(wrapped[each] in raw for each in range(41, 51))
