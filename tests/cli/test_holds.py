"""`gateway hold`, `freeze`, `release`, `holds` and `extend`: what is said, refused and listed."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from .test_documents import hold as described

WHY = ("--reason", "a claim is raised")
PAPER = '[processors.paper]\nrole = "joint"\nlocation = "archive"\n'


def day(**delta):
    """A day from now in the firm's calendar."""
    return f"{datetime.now(ZoneInfo('Europe/Oslo')) + timedelta(**delta):%Y-%m-%d}"


@pytest.fixture
def known(firm, ola):
    """A firm that knows S1."""
    firm("sync")
    return firm


def test_hold_says_who_what_and_until_when(known):
    shown = known("hold", "ola@example.org", *WHY, "--until", "2099-12-31", "--data-set", "records").stdout
    assert shown == "S1: data set records is held back through 2099-12-31, hold 1.\n"
    shown = known("hold", "S1", *WHY, "--order").stdout
    assert shown == "S1: all that is held is held back until `gateway release 2`, hold 2.\n"


def test_freeze_says_that_the_person_is_to_be_told(known):
    shown = " ".join(known("freeze", "S1", *WHY, "--until", "2099-12-31").stdout.split())
    assert "S1: all that is held is frozen, hold 1. Review it by 2099-12-31." in shown
    assert "It lasts until `gateway release 1`; tell the person before." in shown


def test_hold_names_the_case_under_way(known):
    known.write(tail=PAPER)
    known("erase", "S1", code=3)
    assert "Case 1 was under way for them" in known("hold", "S1", *WHY, "--order").stdout


def test_what_cannot_be_held_is_a_mistake_of_the_command(known):
    assert "has to have a last day" in known("hold", "S1", *WHY, code=2).stderr
    assert "Missing option '--reason'" in known("hold", "S1", "--order", code=2).stderr
    assert "has to be a day" in known("hold", "S1", *WHY, "--until", "soon", code=2).stderr
    assert (
        'did you mean "records"?'
        in known("hold", "S1", *WHY, "--order", "--data-set", "record", code=2).stderr
    )
    assert "nobody in the ledger" in known("freeze", "x@example.org", *WHY, code=2).stderr
    assert known("holds").stdout == "Nothing is held back.\n"


def test_holds_are_listed_nearest_end_first_and_all_with_those_that_ended(known):
    known("hold", "S1", *WHY, "--order")
    known("hold", "S1", *WHY, "--until", "2099-12-31")
    known("freeze", "S1", *WHY, "--until", "2098-12-31")
    known("release", "1", *WHY)
    shown = known("holds").stdout
    numbers = [line.split()[0] for line in shown.splitlines()[2:] if line[:1] != " "]
    assert numbers == ["3", "2"]
    assert "legal claims  all       2099-12-31" in shown
    assert "release; review" in shown
    assert f"released {day()}" in known("holds", "--all").stdout


def test_release_of_a_freeze_waits_for_the_person_to_be_told(known):
    known("freeze", "S1", *WHY)
    assert "(GDPR Art. 18(3)). Tell S1" in known("release", "S1", *WHY, code=2).stderr
    assert "is not here yet" in known("release", "1", *WHY, "--told", day(days=2), code=2).stderr
    shown = known("release", "1", *WHY, "--told", day()).stdout
    assert shown == "Hold 1 on S1 is released. `gateway sync` acts on what is due.\n"


def test_release_names_what_is_still_in_force(known):
    known("hold", "S1", *WHY, "--order")
    known("hold", "S1", *WHY, "--order")
    assert "more than one hold is in force (1, 2)" in known("release", "S1", *WHY, code=2).stderr
    assert "Still in force on them: 1." in known("release", "2", *WHY).stdout


def test_what_is_said_of_holds_is_in_the_trail_without_the_reason(known):
    known("freeze", "S1", *WHY)
    known("release", "1", *WHY, "--told", day())
    shown = known("trail", "show").stdout
    assert "frozen" in shown
    assert "claim" not in shown
    known("trail", "verify")


def test_each_has_the_document_it_is_described_with(known):
    described("hold", known.json("hold", "S1", *WHY, "--until", "2099-12-31"))
    described("freeze", known.json("freeze", "S1", *WHY))
    listed = known.json("holds")
    described("holds", listed)
    assert [each["until"] for each in listed["holds"]] == ["2099-12-31", None]
    described("release", known.json("release", "1", *WHY))


def test_extend_moves_the_day_of_a_request_once(known):
    known.write(tail=PAPER)
    known("erase", "S1", code=3)
    told = ("--reason", "many systems", "--told")
    assert "is not here yet" in known("extend", "1", *told, day(days=2), code=2).stderr
    document = known.json("extend", "1", *told, day())
    described("extend", document)
    assert known.json("case", "1", "--json")["due"].startswith(document["due"])
    assert "it can be extended once" in known("extend", "1", *told, day(), code=2).stderr


def test_extend_says_the_new_day_and_the_old_one(known):
    known.write(tail=PAPER)
    due = known.json("erase", "S1", code=3)["due"][:10]
    shown = known("extend", "1", "--reason", "many systems", "--told", day()).stdout
    assert shown.startswith("Case 1 is due on 20")
    assert due in shown
