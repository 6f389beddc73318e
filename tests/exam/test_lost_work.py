"""Exam: a worker killed, and the engine's tables emptied, with twenty deletions on their way."""

from __future__ import annotations

import pytest

from gateway.ledger import tables as t
from tests.daemon.site import Node, until
from tests.exam.conftest import MakeExam
from tests.exam.firm import Exam, people

pytestmark = pytest.mark.slow


on_both = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
"""What is lost with a process or a table is a matter of the database: both, always."""
PEOPLE = 20
FATES = ("early", "late", "lost")


def fate(number: int) -> str:
    return FATES[number % 3]


def begin(here: Exam, name: str = "lists") -> Node:
    """A daemon, twenty people it has read of, and a case for each."""
    here.more[name] = f"parallel = {PEOPLE}\n"
    here.write()
    for email in people(PEOPLE):
        here.vendors[name].add(email)
    node = here.serve(patience=60).until_ready()
    if name == "lists":
        until(lambda: len(here.rows(t.records)) == PEOPLE, why=node.log.read_text())
    return node


def all_in_flight(here: Exam, name: str = "lists") -> bool:
    return bool(here.vendors[name].held == PEOPLE)


@on_both
@pytest.mark.parametrize("who", ["the same begun again", "a second node"])
def test_worker_is_killed_with_twenty_in_flight(sit: MakeExam, who: str) -> None:
    """Some took effect, some did so later, some never arrived: each is looked at, and only what is left is done again."""
    here = sit("lists")
    node = begin(here)
    here.vendors["lists"].hold(fate)
    here.erase(*people(PEOPLE))
    until(lambda: all_in_flight(here), why=node.log.read_text())
    if who == "a second node":
        here.serve().until_ready()
    node.kill()
    if who == "the same begun again":
        here.serve()
    here.vendors["lists"].let_go()
    here.until_closed(PEOPLE)
    assert here.nodes[1].stop() == 0
    here.check_all_erased("lists", PEOPLE)
    assert [row.end for row in here.rows(t.nodes)] == ["gone", "stopped"]


def test_worker_is_killed_where_people_are_known_by_an_address_only(sit: MakeExam) -> None:
    """Nobody can say whether one who is not found was there at all: a person is asked, and nobody is left there."""
    here = sit("plain")
    node = begin(here, "plain")
    vendor = here.vendors["plain"]
    vendor.hold(lambda number: "early" if number % 2 else "lost")
    here.erase(*people(PEOPLE))
    until(lambda: all_in_flight(here, "plain"), why=node.log.read_text())
    node.kill()
    here.serve()
    vendor.let_go()
    until(
        lambda: here.outcomes("plain") <= {"verified", "unlinkable"} and here.outcomes("plain"),
        why=node.log.read_text(),
    )
    assert vendor.people == {}
    assert sorted(vendor.erased) == list(range(1, PEOPLE + 1))
    asked = here.asked("unlinkable")
    assert len(asked) == len([row for row in here.steps("plain") if row.outcome == "unlinkable"])
    with here.desk() as desk:
        for row in asked:
            assert "on your word" in desk.answer(row.id, "done")
    here.until_closed(PEOPLE)
    assert here.nodes[1].stop() == 0
    assert here.trail("failed") == []
    here.check_trail()


@on_both
def test_engine_is_emptied_with_twenty_in_flight(sit: MakeExam) -> None:
    """The ledger is the only truth: the next tick makes the tables again, and nothing is lost or done twice."""
    here = sit("lists")
    node = begin(here)
    here.vendors["lists"].hold(lambda _: "late")
    here.erase(*people(PEOPLE))
    until(lambda: all_in_flight(here), why=node.log.read_text())
    here.drop_the_engine()
    lost = "the engine's tables are gone; they are made again, and all that is open is put again"
    until(lambda: [each for each in node.lines() if each["event"] == lost], why=node.log.read_text())
    here.vendors["lists"].let_go()
    here.until_closed(PEOPLE)
    assert node.stop() == 0
    here.check_all_erased("lists", PEOPLE)


def test_engine_is_emptied_while_nobody_is_at_work(sit: MakeExam) -> None:
    here = sit("lists")
    node = begin(here)
    here.vendors["lists"].hold(fate)
    here.erase(*people(PEOPLE))
    until(lambda: all_in_flight(here), why=node.log.read_text())
    node.kill()
    here.drop_the_engine()
    here.vendors["lists"].let_go()
    again = here.serve()
    here.until_closed(PEOPLE)
    assert again.stop() == 0
    here.check_all_erased("lists", PEOPLE)
