"""Sweeps: a page and its cursor go in together, what is unchanged is only marked, and what is missing is known."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from gateway.errors import PluginError
from gateway.ledger import placing, questions, sweeps
from gateway.ledger import tables as t
from gateway.model import Consent, Page


@pytest.fixture
def begin(ledger, now):
    def begin_one(processor="recman", cursor=None):
        with ledger.write() as tx:
            return sweeps.begin(tx, processor, "candidate", cursor, now)

    return begin_one


@pytest.mark.parametrize("failing", ["place", "_write", "_flush", "_settle_doubts"])
def test_a_page_that_fails_leaves_neither_records_nor_cursor(ledger, begin, keep_page, make_record, rows, monkeypatch,
                                                             failing):  # fmt: skip
    sweep = begin()
    keep_page(ledger, sweep, Page((make_record("1"),), "one"))

    def fail(*_args):
        raise ZeroDivisionError

    page = Page((make_record("2"), make_record("1", emails=["new@example.org"])), "two")
    with monkeypatch.context() as patch:
        patch.setattr(placing.Placing, failing, fail)
        with pytest.raises(ZeroDivisionError):
            keep_page(ledger, sweep, page)
    assert [row.vendor_id for row in rows(ledger, t.records)] == ["1"]
    assert [(row.cursor, row.pages, row.records) for row in rows(ledger, t.sweeps)] == [("one", 1, 1)]
    assert (len(rows(ledger, t.subjects)), len(rows(ledger, t.identities))) == (1, 0)
    keep_page(ledger, sweep, page)
    assert [(row.cursor, row.pages, row.records) for row in rows(ledger, t.sweeps)] == [("two", 2, 3)]
    assert {row.vendor_id for row in rows(ledger, t.records)} == {"1", "2"}


def test_a_sweep_goes_on_where_it_stopped(ledger, begin, keep_page, make_record, now):
    sweep = begin()
    keep_page(ledger, sweep, Page((make_record("1"),), "one"))
    with ledger.read() as tx:
        found = sweeps.current(tx, "recman", "candidate")
        assert (found.id, found.cursor, found.whole, found.complete, found.ended_at) == (
            sweep.id,
            "one",
            True,
            None,
            None,
        )
        assert sweeps.last_whole(tx, "recman", "candidate") is None
        assert sweeps.last_ended(tx, "recman", "candidate") is None
    keep_page(ledger, sweep, Page((make_record("2"),), "two", complete=True))
    with ledger.read() as tx:
        assert sweeps.last_whole(tx, "recman", "candidate").id == sweep.id
        assert sweeps.last_ended(tx, "recman", "candidate").cursor == "two"
        assert sweeps.last_ended(tx, "recman", "candidate").ended_at == now
        assert sweeps.current(tx, "invenias", "candidate") is None


def test_only_a_sweep_from_the_beginning_that_was_complete_is_whole(ledger, keep, make_record):
    keep(ledger, "recman", "candidate", [make_record("1")])
    keep(ledger, "recman", "candidate", [make_record("2")], cursor="1")
    keep(ledger, "recman", "candidate", [make_record("3")], complete=False)
    with ledger.read() as tx:
        assert sweeps.last_whole(tx, "recman", "candidate").id == 1
        assert sweeps.last_ended(tx, "recman", "candidate").id == 3
        assert sweeps.current(tx, "recman", "candidate").id == 3


def test_what_is_unchanged_is_marked_as_seen_and_nothing_else(ledger, keep, make_record, rows):
    records = [make_record(str(each), emails=[f"p{each}@example.org"], consents=[Consent("recruitment")])
               for each in range(5)]  # fmt: skip
    keep(ledger, "recman", "candidate", records)
    before = {
        table: [tuple(row) for row in rows(ledger, table)] for table in (t.subjects, t.identities, t.bases)
    }
    sealed = {row.id: row.sealed for row in rows(ledger, t.records)}
    tally = keep(ledger, "recman", "candidate", records)
    assert (tally.seen, tally.new, tally.changed) == (5, 0, 0)
    assert {table: [tuple(row) for row in rows(ledger, table)] for table in before} == before
    assert {row.id: row.sealed for row in rows(ledger, t.records)} == sealed
    assert {row.sweep_id for row in rows(ledger, t.records)} == {2}


def test_a_record_twice_on_a_page_counts_once_and_the_last_stands(ledger, keep, make_record, rows):
    tally = keep(
        ledger, "recman", "candidate", [make_record("1", emails=["a@example.org"]), make_record("1")]
    )
    assert (tally.seen, tally.new) == (1, 1)
    assert (len(rows(ledger, t.records)), len(rows(ledger, t.identities))) == (1, 0)


def test_a_record_twice_on_two_pages_is_one_record(ledger, keep, make_record, rows):
    tally = keep(ledger, "recman", "candidate", [make_record("1"), make_record("1")], page_size=1)
    assert (tally.new, tally.changed) == (1, 0)
    assert len(rows(ledger, t.records)) == 1


def test_flaws_are_told_of_what_is_new_or_changed(ledger, keep, make_record):
    record = make_record("1", flaws=("its date of birth cannot be read",))
    assert keep(ledger, "recman", "candidate", [record]).flaws == [
        "candidate 1: its date of birth cannot be read"
    ]
    assert keep(ledger, "recman", "candidate", [record]).flaws == []


def test_what_a_later_sweep_does_not_show_is_unseen(ledger, keep, begin, keep_page, make_record, rows):
    keep(ledger, "recman", "candidate", [make_record(each) for each in "123"])
    keep(ledger, "recman", "employee", [make_record("4", kind="employee")])
    sweep = begin()
    keep_page(ledger, sweep, Page((make_record("2"),), None, complete=True))
    with ledger.read() as tx:
        assert [row.vendor_id for row in sweeps.unseen(tx, sweep)] == ["1", "3"]
        assert sweeps.count(tx, "recman", "candidate") == 3


def test_what_we_are_deleting_there_is_not_missing(ledger, keep, begin, make_record, open_case, now):
    keep(ledger, "recman", "candidate", [make_record("1"), make_record("2")])
    open_case(ledger, 1)
    (step,) = open_case(ledger, 2)
    with ledger.write() as tx:
        tx.execute(t.steps.update().where(t.steps.c.id == step).values(attempts=1))
    sweep = begin()
    with ledger.read() as tx:
        assert [row.vendor_id for row in sweeps.unseen(tx, sweep)] == ["1"]


@pytest.mark.parametrize(("state", "shown"), [("held", True), ("kept", True), ("refused", True), ("vanished", False),
                                              ("gone", False)])  # fmt: skip
def test_what_is_known_to_be_absent_is_not_missing_again(ledger, keep, begin, make_record, state, shown):
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.write() as tx:
        tx.execute(t.records.update().values(state=state))
    sweep = begin()
    with ledger.read() as tx:
        assert bool(sweeps.unseen(tx, sweep)) is shown


@pytest.mark.parametrize("state", ["vanished", "gone"])
def test_what_was_absent_and_is_shown_again_is_held(ledger, keep, make_record, rows, state):
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.write() as tx:
        tx.execute(t.records.update().values(state=state))
    keep(ledger, "recman", "candidate", [make_record("1")])
    assert [row.state for row in rows(ledger, t.records)] == ["held"]


@pytest.mark.parametrize("state", ["kept", "refused"])
def test_what_is_kept_stays_kept_when_it_changes(ledger, keep, make_record, rows, state, now):
    keep(ledger, "recman", "candidate", [make_record("1")])
    with ledger.write() as tx:
        tx.execute(t.records.update().values(state=state, look_at=now))
    keep(ledger, "recman", "candidate", [make_record("1", emails=["new@example.org"])])
    assert [(row.state, row.look_at) for row in rows(ledger, t.records)] == [(state, now)]


def test_a_sweep_is_believed_up_to_the_one_somebody_vouched_for(ledger, keep, make_record, now):
    for _ in range(3):
        keep(ledger, "recman", "candidate", [make_record("1")])
    keep(ledger, "invenias", "candidate", [make_record("2")])
    with ledger.write() as tx:
        assert sweeps.believed_before(tx, "recman", "candidate") == 0
        for sweep, said in ((2, "deleted"), (3, "not-deleted"), (4, "deleted")):
            number = questions.ask(tx, "sweep", "?", ("deleted", "not-deleted"), now, sweep_id=sweep)
            questions.answer(tx, number, said, "operator", "", now)
        assert sweeps.believed_before(tx, "recman", "candidate") == 2
        assert sweeps.believed_before(tx, "invenias", "candidate") == 4


def test_dates_of_a_record_are_kept_to_the_microsecond(ledger, keep, make_record, rows):
    oslo = timezone(timedelta(hours=1))
    record = make_record(
        "1", created=datetime(1901, 2, 3, tzinfo=UTC), updated=datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=oslo),
        active=datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    )  # fmt: skip
    keep(ledger, "recman", "candidate", [record])
    (row,) = rows(ledger, t.records)
    assert (row.created_at, row.updated_at, row.active_at) == (record.created, record.updated, record.active)


@pytest.mark.parametrize(("consent", "given", "over"), [
    (Consent("x", date(2026, 3, 29), date(2026, 3, 29)), "2026-03-28T23:00", "2026-03-29T22:00"),
    (Consent("x", date(2026, 10, 25), date(2026, 10, 25)), "2026-10-24T22:00", "2026-10-25T23:00"),
    (Consent("x", date(1, 1, 1), date(9999, 12, 31)), "0001-01-01T00:00", "9999-12-31T23:59:59.999999"),
    (Consent("x", datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 2, 8, tzinfo=UTC)),
     "2026-01-01T08:00", "2026-01-02T08:00"),
])  # fmt: skip
def test_a_plain_date_lasts_through_its_day_in_oslo(ledger, keep, make_record, rows, consent, given, over):
    keep(ledger, "recman", "candidate", [make_record("1", consents=[consent])])
    (row,) = rows(ledger, t.bases)
    expected = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (given, over)]
    assert [row.given_at, row.over_at] == expected


@pytest.mark.parametrize("broken", [
    {"created": datetime(2026, 1, 1)}, {"active": datetime(2026, 1, 1)},
    {"consents": [Consent("x", expires=datetime(2026, 1, 1))]},
])  # fmt: skip
def test_a_time_without_a_zone_is_the_plugin_s_mistake(ledger, keep, make_record, broken, rows):
    with pytest.raises(PluginError, match="recman: a record of kind 'candidate' has a time without a zone"):
        keep(ledger, "recman", "candidate", [make_record("1", **broken)])
    keep(ledger, "recman", "candidate", [make_record("1")])
    assert len(rows(ledger, t.records)) == 1


@pytest.mark.parametrize("vendor_id", ["a\0b", "\ud800", 4711, None])
def test_an_id_that_no_ledger_can_hold_is_the_plugin_s_mistake(ledger, keep, make_record, vendor_id, rows):
    with pytest.raises(PluginError, match="has an id or a purpose that is not text"):
        keep(ledger, "recman", "candidate", [make_record(vendor_id)])
    keep(ledger, "recman", "candidate", [make_record("4711 æ 李")])
    assert rows(ledger, t.records)[0].vendor_id == "4711 æ 李"


def test_a_page_writes_its_columns_in_the_order_of_the_tables():
    for table, columns in placing.COLUMNS.items():
        assert [each.name for each in table.columns if each.name in columns] == list(columns)


def test_a_large_page_is_placed_whole(ledger, keep, make_record, rows):
    count = 6_001  # more than one statement carries
    keep(ledger, "recman", "candidate", [make_record(str(each), emails=[f"p{each}@example.org"]) for each in range(count)],
         page_size=count)  # fmt: skip
    with ledger.read() as tx:
        counts = [
            tx.execute(sa.select(sa.func.count()).select_from(each)).scalar()
            for each in (t.records, t.identities)
        ]
    assert counts == [count, count]
    changed = [make_record(str(each), emails=[f"q{each}@example.org"]) for each in itertools.chain(range(50))]
    assert keep(ledger, "recman", "candidate", changed).changed == 50
