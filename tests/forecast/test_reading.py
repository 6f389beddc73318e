"""What a plan reads of the ledger, on either database; and that it cannot write."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from gateway.errors import GatewayError
from gateway.forecast import everybody
from gateway.ledger import forecast, work
from gateway.ledger import tables as t
from gateway.ledger.forecast import Begun, Done, OpenSteps
from gateway.model import Outcome

OSLO = ZoneInfo("Europe/Oslo")
DAY = timedelta(days=1)


@pytest.fixture
def held(ledger, keep, make_record):
    """Three people held at Recman, read in two pages."""
    keep(
        ledger,
        "recman",
        "candidate",
        [make_record(str(n), emails=[f"p{n}@example.org"]) for n in (1, 2, 3)],
        page_size=2,
    )
    return ledger


@pytest.fixture
def open_steps(held, now):
    """Opens a case for each person, with one step that stands as given."""

    def open_them(*steps, state="open"):
        cases = [
            {"id": n, "subject_id": n, "trigger": "request", "why": "", "state": state, "opened_at": now,
             "due_at": now + 30 * DAY}
            for n in range(1, len(steps) + 1)
        ]  # fmt: skip
        rows = [
            {"case_id": n, "processor": "recman", "outcome": None, "reason": "", "kept": [], "deleted": [], "attempts": 0}
            | step
            for n, step in enumerate(steps, 1)
        ]  # fmt: skip
        with held.write() as tx:
            tx.execute(t.cases.insert(), cases)
            for row in rows:
                tx.execute(t.steps.insert(), row)

    return open_them


@pytest.mark.parametrize(
    "statement",
    [
        t.subjects.delete(),
        t.cases.insert().values(trigger="x", why="", state="open", subject_id=1),
        sa.text("CREATE TABLE more (id INTEGER)"),
        sa.text("DROP TABLE trail"),
    ],
    ids=["delete", "insert", "create", "drop"],
)
def test_what_only_reads_cannot_write(held, statement):
    with pytest.raises((GatewayError, sa.exc.DBAPIError), match=r"read-?only"), forecast.reading(held) as tx:
        tx.execute(statement)
    with held.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(t.subjects)).scalar_one() == 3


def test_the_ledger_can_be_written_again_afterwards(held, now):
    with forecast.reading(held) as tx:
        assert len(list(everybody(tx))) == 3
    with held.write() as tx:
        assert work.add_plan(tx, now, 1, 1, "running", "operator")


def test_everybody_comes_once_with_where_a_case_is_under_way(held, open_steps, now):
    open_steps({}, {"done_at": now, "outcome": "done"}, {"closed_at": now, "outcome": "verified"})
    with forecast.reading(held) as tx:
        found = {person.subject: begun for person, begun in everybody(tx)}
    recman = frozenset({"recman"})
    assert found == {1: Begun(recman), 2: Begun(recman, recman), 3: Begun()}


def test_a_case_that_was_dropped_is_not_under_way(held, open_steps):
    open_steps({}, state="dropped")
    with forecast.reading(held) as tx:
        assert forecast.begun(tx, 1, 3) == {}
        assert forecast.open_steps(tx, OSLO) == []


def test_open_steps_are_counted_by_how_they_stand_and_when_they_have_to_be_done(held, open_steps, now):
    open_steps({}, {}, {"outcome": "manual"})
    hard = (now + 30 * DAY).date().toordinal()
    with forecast.reading(held) as tx:
        assert forecast.open_steps(tx, OSLO) == [
            OpenSteps("recman", None, hard, 2), OpenSteps("recman", Outcome.MANUAL, hard, 1),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "for_person", "proof"),
    [(None, False, False), (Outcome.RETRY, False, False), (Outcome.RETURNED, False, False), (Outcome.DONE, False, True),
     (Outcome.KEPT, False, True), (Outcome.MANUAL, True, False), (Outcome.BROKEN, True, False)],
)  # fmt: skip
def test_what_an_open_step_still_needs(outcome, for_person, proof):
    steps = OpenSteps("recman", outcome, 1, 1)
    assert (steps.for_person, steps.proof) == (for_person, proof)


def test_pages_are_those_of_the_last_whole_sweep_and_of_the_changes_since(held, keep, make_record, now):
    keep(held, "recman", "candidate", [make_record("4")], cursor="9", at=now + DAY)
    with forecast.reading(held) as tx:
        assert forecast.pages_of_whole_sweeps(tx, "recman", ["candidate"]) == 2
        assert forecast.pages_of_changes(tx, "recman", now) == 1
        assert forecast.pages_of_changes(tx, "recman", now + 2 * DAY) == 0
        assert forecast.pages_since(tx, "recman", now) == 3
        assert forecast.pages_since(tx, "invenias", now) == 0


def test_done_is_what_was_answered_since(held, now):
    with held.write() as tx:
        for hook, size, at, error in (
            ("delete", 7, now, ""), ("delete", 5, now, "no answer"), ("delete", 9, now - DAY, ""), ("audit", 3, now, ""),
        ):  # fmt: skip
            work.end_run(tx, work.begin_run(tx, "recman", hook, size, at), at, error)
        work.begin_run(tx, "recman", "delete", 50, now)
    with forecast.reading(held) as tx:
        assert forecast.done_since(tx, "recman", now) == Done(7, 3)
        assert forecast.done_since(tx, "invenias", now) == Done(0, 0)
