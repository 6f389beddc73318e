"""`gateway cases`, `case`, `questions` and `answer`."""

from __future__ import annotations

import pytest

PAPER = '[processors.paper]\nrole = "joint"\nlocation = "archive"\n'


@pytest.fixture
def by_hand(firm, kari):
    """A firm with a case that waits for a person."""
    firm.write(tail=PAPER)
    firm("sync", code=3)
    return firm


def test_cases_lists_those_under_way_and_with_all_the_closed(firm, kari):
    assert "No case is under way." in firm("cases").stdout
    assert "There are no cases." in firm("cases", "--all").stdout
    firm("sync")
    assert "No case is under way." in firm("cases").stdout
    assert "consent over" in firm("cases", "--all").stdout


def test_cases_names_the_processors_that_are_left(by_hand):
    assert "1 of 2; open: paper" in by_hand("cases").stdout


def test_case_shows_steps_questions_and_what_happened(by_hand):
    shown = by_hand("case", "1").stdout
    assert "Case 1, person S1: under way." in shown
    assert "to be done by hand" in shown
    assert "question 1: Delete what paper holds on S1 by hand" in shown
    assert "answered example done" in shown


def test_case_that_is_not_there_is_a_mistake_of_the_command(firm):
    assert "case 7: there is none of that number" in firm("case", "7", code=2).stderr
    assert "not a valid integer" in firm("case", "seven", code=2).stderr


def test_questions_show_what_may_be_answered(by_hand):
    shown = by_hand("questions").stdout
    assert "Answer one so: gateway answer 1 done" in shown
    assert by_hand.json("questions")["questions"][0]["case"] == 1


def test_questions_say_so_when_none_waits(firm):
    assert "No question waits." in firm("questions").stdout


def test_answer_closes_the_step_and_the_case(by_hand):
    assert "The step is closed on your word." in by_hand("answer", "1", "done", "--note", "shredded").stdout
    assert by_hand.json("case", "1")["state"] == "closed"


def test_answer_that_is_none_of_the_options_names_them(by_hand):
    assert "question 1: the answer is one of done" in by_hand("answer", "1", "maybe", code=2).stderr
    assert "question 9: there is none" in by_hand("answer", "9", "done", code=2).stderr
    by_hand("answer", "1", "done")
    assert "was answered already (done)" in by_hand("answer", "1", "done", code=2).stderr


def test_what_a_vendor_writes_is_shown_as_text_and_never_as_markup(by_hand):
    ledger = by_hand.ledger()
    with ledger.write() as tx:
        tx.exec_driver_sql("UPDATE steps SET reason = '[bold]see[/] [link=x]' WHERE processor = 'paper'")
    ledger.close()
    assert "[bold]see[/] [link=x]" in " ".join(by_hand("case", "1").stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        ("case", "9" * 30),
        ("approve", "0"),
        ("answer", "9" * 30, "x"),
        ("audit", f"S{'9' * 30}"),
        ("trail", "show", "--last", "-1"),
    ],
)
def test_numbers_no_ledger_can_hold_are_mistakes_of_the_command(firm, words):
    firm(*words, code=2)


def test_case_under_way_says_whom_it_is_about_and_a_closed_one_does_not(firm, kari):
    firm.write(tail='[processors.paper]\nrole = "recipient"\nlocation = "a shelf"\n')
    firm("sync", code=3)
    assert "Known as: kari@example.org, +4791234567." in firm("case", "1").stdout
    firm("answer", "1", "done")
    firm("sync")
    assert "Known as" not in firm("case", "1").stdout
