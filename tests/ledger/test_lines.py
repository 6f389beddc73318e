"""The trail in the ledger: chained in the order of writing, streamed whole, and sound by the trail's own check."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from gateway.ledger import lines, views
from gateway.ledger import tables as t
from gateway.trail import GENESIS, Entry, new_signing_key, public_key, sign, verify


@pytest.fixture
def entry(now):
    def make(number=0, **more):
        return Entry(now + timedelta(seconds=number), "gateway", "deleted", subject=f"S{number}", **more)

    return make


@pytest.fixture
def report(ledger):
    def check(keys=(), anchors=()):
        with ledger.read() as tx:
            return verify(lines.stream(tx), lines.all_checkpoints(tx), keys, anchors)

    return check


def append(ledger, *entries):
    with ledger.write() as tx:
        lines.append(tx, entries)


def test_an_empty_trail_is_sound(ledger, report):
    with ledger.read() as tx:
        assert (lines.head(tx), lines.last_time(tx)) == (GENESIS, None)
    append(ledger)
    assert (report().lines, report().faults) == (0, ())


def test_lines_are_chained_over_many_writes(ledger, entry, report, now):
    for number in range(5):
        append(
            ledger, entry(2 * number), entry(2 * number + 1, data={"name": "Ødegård", "records": [1, None]})
        )
    found = report()
    assert (found.lines, found.faults) == (10, ())
    with ledger.read() as tx:
        assert (lines.head(tx), lines.head(tx).seq) == (found.head, 10)
        assert lines.last_time(tx) == now + timedelta(seconds=9)
        assert [seq for seq, _, _ in lines.stream(tx, after=7)] == [8, 9, 10]


def test_an_error_leaves_no_line_and_no_gap(ledger, entry, report):
    append(ledger, entry(1))
    with suppress(ZeroDivisionError), ledger.write() as tx:
        lines.append(tx, [entry(2)])
        raise ZeroDivisionError
    append(ledger, entry(3))
    assert (report().lines, report().faults) == (2, ())


def test_writers_at_once_make_one_chain(ledger, open_ledger, entry, report):
    ledgers = [ledger, open_ledger(ledger.url)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: append(ledgers[number % 2], entry(number)), range(40)))
    assert (report().lines, report().faults) == (40, ())


def test_a_long_trail_is_streamed_in_order(ledger, entry, report):
    append(ledger, *(entry(number) for number in range(12_000)))
    assert (report().lines, report().faults) == (12_000, ())


@pytest.mark.parametrize(("change", "text"), [
    (lambda tx: tx.execute(t.trail.delete().where(t.trail.c.seq == 3)), "line 3 is missing"),
    (lambda tx: tx.execute(t.trail.update().where(t.trail.c.seq == 3).values(body="{}")), "line 3"),
    (lambda tx: tx.execute(t.trail.delete().where(t.trail.c.seq > 3)), "2 lines were cut off"),
])  # fmt: skip
def test_a_change_in_the_database_is_found(ledger, entry, report, change, text, now):
    append(ledger, *(entry(number) for number in range(1, 6)))
    key = new_signing_key()
    with ledger.write() as tx:
        lines.add_checkpoint(tx, sign(lines.head(tx), now, key))
    assert (report([public_key(key)]).signed_to, report([public_key(key)]).faults) == (5, ())
    with ledger.write() as tx:
        change(tx)
    assert text in str(report([public_key(key)]).faults)


def test_a_checkpoint_is_read_as_it_was_written(ledger, entry, now):
    append(ledger, entry(1))
    with ledger.write() as tx:
        signed = sign(lines.head(tx), now, new_signing_key())
        lines.add_checkpoint(tx, signed)
        assert lines.all_checkpoints(tx) == [signed]


def test_the_lines_of_one_case_are_found_and_no_others(ledger, entry):
    append(ledger, entry(1, case=4), entry(2, case=41), entry(3, data={"case": 4, "x": 1}), entry(4, case=4, step=4),
           entry(5))  # fmt: skip
    with ledger.read() as tx:
        assert [seq for seq, _, _ in views.last_lines(tx, None, case=4)] == [1, 4]
        assert [seq for seq, _, _ in views.last_lines(tx, 1, case=4)] == [4]
        assert [seq for seq, _, _ in views.last_lines(tx, 2)] == [4, 5]
        assert [seq for seq, _, _ in views.last_lines(tx, None)] == [1, 2, 3, 4, 5]
