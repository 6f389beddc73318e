"""The answer to a request is put off once, by the law's own period, and only when the person was told in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway import SettingsError
from gateway.extending import extend
from gateway.ledger import questions
from gateway.ledger import tables as t
from gateway.ledger.extending import extend as move
from gateway.rules import clocks
from tests.core.firm import Firm

OSLO = ZoneInfo("Europe/Oslo")
TOLD = date(2026, 11, 25)
WHY = "many systems have to be searched"


@pytest.fixture
def asked(firm: Firm) -> Firm:
    """Case 1, which Kari's request of 23 November opened; its only processor is worked by hand."""
    firm.vendor("recman").add(1, "kari@example.org", "Kari Nordmann")
    firm.place("paper")
    firm.sync()
    firm.desk.erase("kari@example.org")
    firm.now += timedelta(days=3)
    return firm


def put_off(firm: Firm, number: int = 1, reason: str = WHY, told: date = TOLD) -> Any:
    return extend(firm.register(), "tester", number, reason, told)


def refused(firm: Firm, *words: Any, **more: Any) -> str:
    with pytest.raises(SettingsError) as err:
        put_off(firm, *words, **more)
    return str(err.value)


def received(firm: Firm, day: date) -> None:
    """Let the request have come on another day."""
    start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    due = start + timedelta(days=30)
    with firm.ledger.write() as tx:
        tx.execute(t.cases.update().values(start_at=start, due_at=due))


def test_extension_is_counted_from_the_request_and_both_days_are_kept(asked: Firm) -> None:
    done = put_off(asked)
    assert (done.case, done.subject, done.hard, done.rolled) == (1, 1, date(2027, 2, 23), date(2027, 2, 23))
    case = asked.case()
    assert case.due_at == case.rolled_at == datetime(2027, 2, 23, 22, 59, 59, 999_999, tzinfo=UTC)
    assert (case.extended_at, case.extended_by, case.extended_why) == (asked.now, "tester", WHY)
    assert case.told_at == datetime(2026, 11, 24, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hard", "rolled"),
    [
        (date(2026, 11, 30), date(2027, 2, 28), date(2027, 3, 1)),
        (date(2027, 2, 17), date(2027, 5, 17), date(2027, 5, 18)),
        (date(2027, 1, 31), date(2027, 4, 30), date(2027, 4, 30)),
    ],
    ids=["end-of-february", "constitution-day", "not-by-way-of-28-february"],
)
def test_extended_day_that_is_no_working_day_is_rolled(
    asked: Firm, day: date, hard: date, rolled: date
) -> None:
    received(asked, day)
    asked.now = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    done = put_off(asked, told=day)
    assert (done.hard, done.rolled) == (hard, rolled)
    case = asked.case()
    assert [
        (each + timedelta(microseconds=1)).astimezone(OSLO).date() for each in (case.due_at, case.rolled_at)
    ] == [each + timedelta(days=1) for each in (hard, rolled)]


def test_extension_is_told_in_the_trail_without_the_reason(asked: Firm) -> None:
    put_off(asked)
    (line,) = asked.actions("extended-date")
    assert (line["actor"], line["subject"], line["case"], "why" in line) == ("tester", "S1", 1, False)
    assert (line["data"]["due"], line["data"]["told"]) == ("2027-02-23", "2026-11-25")


def test_tasks_of_the_case_are_due_with_it(asked: Firm) -> None:
    asked.sync()
    put_off(asked)
    with asked.ledger.read() as tx:
        assert [(row.kind, row.due_at) for row in questions.waiting(tx)] == [("task", asked.case().due_at)]


def test_extension_is_refused_for_a_case_that_no_request_opened(asked: Firm) -> None:
    with asked.ledger.write() as tx:
        tx.execute(t.cases.update().values(trigger="retention-over"))
    assert "was not opened by a request (retention-over)" in refused(asked)
    with asked.ledger.write() as tx:
        tx.execute(t.cases.update().values(trigger="request"))
    assert put_off(asked).case == 1


def test_extension_is_refused_a_second_time(asked: Firm) -> None:
    put_off(asked)
    assert "was extended before, by tester; it can be extended once" in refused(asked)
    assert len(asked.actions("extended-date")) == 1


@pytest.mark.parametrize("state", ["closed", "dropped"])
def test_extension_is_refused_when_nothing_is_under_way(asked: Firm, state: str) -> None:
    with asked.ledger.write() as tx:
        tx.execute(t.cases.update().values(state=state))
    assert f"case 1: is {state}; only a case under way" in refused(asked)
    assert "case 9: there is none of that number" in refused(asked, 9)


def test_person_has_to_be_told_within_the_first_month(asked: Firm) -> None:
    due = asked.case().due_at.date()
    asked.now = datetime(2027, 1, 15, 12, tzinfo=UTC)
    assert f"is too late; the person has to be told of it and why by {due}" in refused(
        asked, told=due + timedelta(days=1)
    )
    assert "is before the request, which came on 2026-11-23" in refused(asked, told=date(2026, 11, 22))
    assert "is not here yet" in refused(asked, told=date(2027, 1, 16))
    assert "--reason: is empty" in refused(asked, reason=" ")
    assert asked.case().extended_at is None
    assert put_off(asked, told=due).before == due


def test_extension_needs_a_row_of_the_law_that_says_by_how_much(
    asked: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(clocks, "clock", lambda *_: None)
        assert "no row that is on sets a clock 'answer' with a period and an extension" in refused(asked)
    assert put_off(asked).case == 1


def test_ledger_moves_a_day_once_and_only_while_the_case_is_under_way(asked: Firm) -> None:
    now = asked.now
    how = {"due_at": now, "rolled_at": now, "by": "tester", "why": WHY, "told_at": now, "now": now}
    with asked.ledger.write() as tx:
        assert not move(tx, 9, **how)
        assert move(tx, 1, **how)
        assert not move(tx, 1, **how)
