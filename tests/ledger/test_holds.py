"""Holds in the ledger: who is held back until when, what is asked before an end, and what a merge and an erasure do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.ledger import graves, holds, matching, questions
from gateway.ledger import tables as t
from gateway.obligations import HoldFact

OSLO = ZoneInfo("Europe/Oslo")
DAY = timedelta(days=1)
END = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The first moment after 30 November 2026 in Oslo."""


@pytest.fixture
def two(ledger, keep, make_record):
    """S1 at recman and S2 at invenias, whom the rules have looked at."""
    keep(ledger, "recman", "candidate", [make_record("1", emails=["kari@example.org"])])
    keep(ledger, "invenias", "candidate", [make_record("2", emails=["ola@example.org"], name="Ola")])
    with ledger.write() as tx:
        tx.execute(t.subjects.update().values(look_at=99))


@pytest.fixture
def hold(ledger, two, now):
    """Writes a hold down; its number."""

    def add(kind, subject=1, **more):
        with ledger.write() as tx:
            return holds.add(tx, subject, kind, "a claim is raised", "tester", more.pop("now", now), **more)

    return add


def remind(ledger, at):
    with ledger.write() as tx:
        return holds.reminders(tx, OSLO, at)


def look_at(rows, ledger):
    return [row.look_at for row in rows(ledger, t.subjects)]


def test_a_hold_is_what_the_rules_read_until_it_is_released(ledger, hold, now):
    number = hold("claims", until=END, data_set="application")
    with ledger.write() as tx:
        since, until = (t.to_micros(each) for each in (now, END))
        fact = HoldFact(number, "claims", "application", since, until)
        assert holds.facts_of(tx, [1, 2]) == {1: [fact]}
        assert holds.release(tx, number, "tester", "settled", now + DAY)
        assert holds.facts_of(tx, [1, 2]) == {}


def test_a_freeze_has_no_end_for_the_rules(ledger, hold, now):
    hold("freeze", until=END)
    hold("order")
    with ledger.read() as tx:
        found = holds.facts_of(tx, [1])[1]
    assert {each.kind: each.until for each in found} == {"freeze": None, "order": None}


def test_the_rules_look_again_at_whom_a_hold_is_made_and_ended_for(ledger, hold, rows, now):
    number = hold("order")
    assert look_at(rows, ledger) == [0, 99]
    with ledger.write() as tx:
        tx.execute(t.subjects.update().values(look_at=99))
        holds.release(tx, number, "tester", "lifted", now)
    assert look_at(rows, ledger) == [0, 99]


def test_a_hold_is_released_once(ledger, hold, rows, now):
    number = hold("order")
    with ledger.write() as tx:
        assert holds.release(tx, number, "tester", "lifted", now + DAY, now)
        assert not holds.release(tx, number, "somebody", "again", now)
        assert not holds.release(tx, 99, "tester", "lifted", now)
    (row,) = rows(ledger, t.holds)
    assert (row.released_at, row.released_by, row.released_why, row.told_at) == (
        now + DAY, "tester", "lifted", now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("claims", {"erasure"}, set()),
        ("order", {"erasure"}, set()),
        ("freeze", {"erasure", "export", "mail"}, {"erasure", "export", "mail"}),
    ],
)
def test_what_a_hold_forbids_until_its_end(ledger, hold, kind, before, after):
    hold(kind, until=END)
    with ledger.read() as tx:
        assert holds.forbids(tx, 1, END - timedelta(microseconds=1)) == before
        assert holds.forbids(tx, 1, END) == after
        assert holds.forbids(tx, 2, END - DAY) == set()


def test_a_released_freeze_forbids_nothing(ledger, hold, now):
    number = hold("freeze")
    with ledger.write() as tx:
        holds.release(tx, number, "tester", "the data are right", now, now)
        assert holds.forbids(tx, 1, now) == set()


def test_holds_are_listed_with_the_nearest_end_first(ledger, hold, now):
    open_end, late, over = hold("order"), hold("claims", until=END + DAY), hold("claims", until=now)
    soon, ended = hold("freeze", 2, until=END), hold("order", 2)
    with ledger.write() as tx:
        holds.release(tx, ended, "tester", "lifted", now)
        assert [row.id for row in holds.listed(tx, now)] == [soon, late, open_end]
        assert [row.id for row in holds.listed(tx, now, ended=True)] == [over, soon, late, open_end, ended]
        assert [row.id for row in holds.listed(tx, now, subject=2)] == [soon]


@pytest.mark.parametrize(("kind", "after"), [("claims", "over"), ("order", "over"), ("freeze", "in-force")])
def test_how_a_hold_stands(ledger, hold, now, kind, after):
    number = hold(kind, until=END)
    with ledger.write() as tx:
        assert holds.state(holds.get(tx, number), END - timedelta(microseconds=1)) == "in-force"
        assert holds.state(holds.get(tx, number), END) == after
        holds.release(tx, number, "tester", "settled", now)
        assert holds.state(holds.get(tx, number), END) == "released"


def test_the_last_day_is_that_of_the_firms_calendar(ledger, hold):
    number, endless = hold("claims", until=END), hold("order")
    with ledger.read() as tx:
        assert holds.last_day(holds.get(tx, number), OSLO) == "2026-11-30"
        assert holds.last_day(holds.get(tx, endless), OSLO) == ""


def test_an_end_is_told_of_once_and_not_before_its_time(ledger, hold, rows):
    number = hold("claims", until=END, data_set="application")
    assert remind(ledger, END - 14 * DAY - timedelta(microseconds=1)) == []
    assert len(remind(ledger, END - 14 * DAY)) == 1
    assert remind(ledger, END - DAY) == []
    (asked,) = rows(ledger, t.questions)
    assert (asked.kind, asked.options, asked.subject_id, asked.due_at) == ("hold", ["seen"], 1, END)
    assert asked.text == (
        f"Hold {number} on S1 (data set application) ends with 2026-11-30. From then on, whatever is due of it is "
        "erased. Where it is needed for longer, `gateway hold` makes another one before that day."
    )


def test_a_review_of_a_freeze_is_asked_for_also_when_its_day_is_past(ledger, hold, rows):
    number = hold("freeze", until=END)
    assert len(remind(ledger, END + 90 * DAY)) == 1
    assert rows(ledger, t.questions)[0].text == (
        f"Freeze {number} on S1 has to be reviewed by 2026-11-30. It stays in force until `gateway release {number}` "
        "ends it, once the person has been told."
    )


def test_what_is_over_released_or_endless_is_not_told_of(ledger, hold, now):
    hold("order")
    released = hold("order", until=END)
    hold("claims", until=END)
    with ledger.write() as tx:
        holds.release(tx, released, "tester", "lifted", now)
    assert remind(ledger, END) == []


def test_two_ends_of_one_person_are_told_of_each(ledger, hold, now):
    numbers = [hold("claims", until=END) for _ in range(11)]
    assert len(remind(ledger, now)) == len(numbers)
    assert remind(ledger, now) == []


def test_a_release_settles_what_was_asked_about_that_end_only(ledger, hold, rows, now):
    first, *_ = [hold("claims", until=END) for _ in range(11)]
    remind(ledger, now)
    with ledger.write() as tx:
        holds.release(tx, first, "tester", "settled", now)
        assert len(questions.waiting(tx)) == 10
    (settled,) = [row for row in rows(ledger, t.questions) if row.answer]
    assert (settled.text.split(" on ")[0], settled.answer) == (f"Hold {first}", "settled")


def test_a_merge_takes_holds_along_and_asks_nothing_twice(ledger, hold, now, rows):
    hold("claims", 2, until=END)
    remind(ledger, now)
    with ledger.write() as tx:
        tx.execute(t.subjects.update().values(look_at=99))
        matching.merge(tx, ledger.vault, 1, 2)
        assert list(holds.facts_of(tx, [1, 2])) == [1]
    assert remind(ledger, now) == []
    assert look_at(rows, ledger)[0] == 0


@pytest.mark.parametrize(("kind", "after"), [("claims", {1}), ("order", {1}), ("freeze", set())])
def test_nobody_is_erased_before_the_end_of_a_hold(ledger, hold, kind, after):
    hold(kind, until=END)
    with ledger.write() as tx:
        graves.drop_records(tx, [1])
        assert graves.erase_subjects(tx, {1: None}, END - timedelta(microseconds=1)) == set()
        assert graves.erase_subjects(tx, {1: None}, END) == after


def test_whoever_is_held_back_no_longer_is_erased_and_asked_about_no_more(ledger, hold, now, rows):
    number = hold("freeze", until=END)
    remind(ledger, now)
    with ledger.write() as tx:
        tx.execute(t.holds.update().values(released_at=now))
        graves.drop_records(tx, [1])
        assert graves.erase_subjects(tx, {1: None}, now) == {1}
    assert [row.answer for row in rows(ledger, t.questions)] == ["erased"]
    assert [row.id for row in rows(ledger, t.holds)] == [number]
