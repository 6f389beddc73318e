"""Events, absences and obligations in the ledger: written down once, taken along by a merge, gone with the person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.ledger import events, graves, matching
from gateway.ledger import tables as t
from gateway.obligations import EventFact

DAY = timedelta(days=1)


@pytest.fixture
def two(ledger, keep, make_record):
    """S1 at recman and S2 at invenias, whom the rules have looked at."""
    keep(ledger, "recman", "candidate", [make_record("1", emails=["kari@example.org"])])
    keep(ledger, "invenias", "candidate", [make_record("2", emails=["ola@example.org"], name="Ola")])
    with ledger.write() as tx:
        tx.execute(t.subjects.update().values(look_at=99))


def add(ledger, now, subject=1, name="process-closed", purpose=None, at=None):
    with ledger.write() as tx:
        return events.add(tx, subject, name, purpose, at or now, "operator", now)


def merge(ledger):
    with ledger.write() as tx:
        matching.merge(tx, ledger.vault, 1, 2)


def absent(ledger, *rows):
    with ledger.write() as tx:
        names = ("subject_id", "data_set", "processor", "since")
        tx.execute(t.absences.insert(), [dict(zip(names, row, strict=True)) for row in rows])


def absences(rows, ledger):
    return [(row.subject_id, row.data_set, row.processor, row.since) for row in rows(ledger, t.absences)]


def test_the_same_event_twice_is_one(ledger, two, now, rows):
    assert add(ledger, now) is True
    assert add(ledger, now + DAY, at=now) is False
    assert [row.noted_at for row in rows(ledger, t.events)] == [now]


def test_an_event_that_differs_is_another(ledger, two, now):
    add(ledger, now)
    assert add(ledger, now, purpose="recruitment") is True
    assert add(ledger, now, purpose="recruitment") is False
    assert add(ledger, now, at=now + DAY) is True
    assert add(ledger, now, name="informed") is True
    assert add(ledger, now, subject=2) is True


def test_the_rules_look_again_at_whom_something_new_happened_to(ledger, two, now, rows):
    add(ledger, now)
    assert [row.look_at for row in rows(ledger, t.subjects)] == [0, 99]
    with ledger.write() as tx:
        tx.execute(t.subjects.update().values(look_at=99))
    add(ledger, now)
    assert [row.look_at for row in rows(ledger, t.subjects)] == [99, 99]


def test_events_are_shown_oldest_first_and_read_by_the_rules(ledger, two, now):
    add(ledger, now, name="informed", purpose="recruitment")
    add(ledger, now, at=now - DAY)
    with ledger.read() as tx:
        assert [(each.name, each.at, each.source) for each in events.of(tx, 1)] == [
            ("process-closed", now - DAY, "operator"), ("informed", now, "operator"),
        ]  # fmt: skip
        (found,) = events.facts_of(tx, [1, 2]).items()
    assert (found[0], set(found[1])) == (
        1,
        {
            EventFact("informed", "recruitment", t.to_micros(now)),
            EventFact("process-closed", None, t.to_micros(now - DAY)),
        },
    )


def test_a_merge_takes_events_along_and_has_the_rules_look_again(ledger, two, now, rows):
    add(ledger, now)
    add(ledger, now, subject=2, name="informed")
    with ledger.write() as tx:
        tx.execute(t.subjects.update().values(look_at=99))
    merge(ledger)
    assert [(row.subject_id, row.name) for row in rows(ledger, t.events)] == [
        (1, "process-closed"),
        (1, "informed"),
    ]
    assert rows(ledger, t.subjects)[0].look_at == 0


def test_a_merge_leaves_one_obligation_of_each(ledger, two, now, rows):
    owed = {"rule": "P1", "event": "created", "due_at": now, "noted_at": now}
    with ledger.write() as tx:
        tx.execute(
            t.obligations.insert(),
            [
                {"subject_id": subject, "action": action, "purpose": "recruitment", **owed}
                for subject, action in ((1, "ask"), (2, "ask"), (2, "inform"))
            ],
        )
    merge(ledger)
    assert [(row.id, row.subject_id, row.action) for row in rows(ledger, t.obligations)] == [
        (1, 1, "ask"),
        (3, 1, "inform"),
    ]


def test_an_absence_stays_in_a_merge_where_the_other_one_is_not_held(ledger, two, now, rows):
    absent(ledger, (1, "reports", "recman", now), (2, "reports", "invenias", now + DAY))
    merge(ledger)
    assert absences(rows, ledger) == [
        (1, "reports", "invenias", now + DAY),
        (1, "reports", "recman", now),
    ]


def test_an_absence_ends_in_a_merge_with_somebody_who_is_held_there(ledger, two, now, rows):
    absent(ledger, (1, "reports", "invenias", now), (2, "cv", "recman", now))
    merge(ledger)
    assert absences(rows, ledger) == []


def test_what_was_erased_of_both_is_absent_since_the_earlier_day(ledger, two, now, rows):
    absent(ledger, (1, "cv", "recman", now + DAY), (2, "cv", "recman", now))
    merge(ledger)
    assert absences(rows, ledger) == [(1, "cv", "recman", now)]


def test_all_of_it_goes_with_the_person_and_of_nobody_else(ledger, two, now, rows):
    owed = {"action": "ask", "purpose": "", "rule": "P1", "event": "created", "due_at": now, "noted_at": now}
    absent(ledger, (1, "cv", "recman", now), (2, "cv", "invenias", now))
    for subject in (1, 2):
        add(ledger, now, subject)
        with ledger.write() as tx:
            tx.execute(t.obligations.insert(), {"subject_id": subject, **owed})
    with ledger.write() as tx:
        graves.drop_records(tx, [1])
        assert graves.erase_subjects(tx, {1: None, 2: None}, now) == {1}
    found = [rows(ledger, table) for table in (t.events, t.absences, t.obligations)]
    assert [[row.subject_id for row in some] for some in found] == [[2], [2], [2]]
