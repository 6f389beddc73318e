"""Exam: a vendor that says deleted and keeps the row, a second DELETE that finds nobody, and a single 500."""

from __future__ import annotations

import json

import pytest

from gateway.model import Outcome
from gateway.testing import Fault
from tests.daemon.site import until
from tests.exam.conftest import MakeExam
from tests.exam.firm import people

pytestmark = pytest.mark.slow


def test_says_204_and_keeps_the_row(sit: MakeExam) -> None:
    """It is never called done: the look finds the row, a person is asked, and their answer has it deleted."""
    here = sit("plain")
    (kari,) = people(1)
    here.vendors["plain"].add(kari)
    here.vendors["plain"].keeps = True
    node = here.serve().until_ready()
    here.erase(kari)
    (question,) = until(lambda: here.asked("untrue"), why=node.log.read_text())
    step = here.step("plain")
    assert (step.outcome, step.closed_at, question.step_id) == ("broken", None, step.id)
    assert step.reason == "answered done, but still holds person 1"
    done = here.command("sync", "--json")
    assert done.returncode == 4, done.stderr
    (case,) = json.loads(here.command("cases", "--json").stdout)["cases"]
    assert (case["state"], case["steps"]) == (
        "open", [{"processor": "plain", "outcome": "broken", "closed": False}],
    )  # fmt: skip
    assert here.trail("audited", outcome="verified") == []
    here.vendors["plain"].keeps = False
    here.answer("untrue", "retry")
    here.until_closed()
    assert here.step("plain").outcome == "verified"
    assert here.vendors["plain"].people == {}
    assert node.stop() == 0
    here.check_trail()


def test_second_delete_answers_404(sit: MakeExam) -> None:
    """The first answer was lost, and the repetition finds nobody: that is what was wanted, and no error."""
    here = sit("plain")
    (kari,) = people(1)
    here.vendors["plain"].add(kari)
    here.vendors["plain"].wire.faults.append(Fault("drop", method="DELETE"))
    node = here.serve().until_ready()
    here.erase(kari)
    here.until_closed()
    assert node.stop() == 0
    answers = [each.status for each in here.vendors["plain"].wire.journal if each.method == "DELETE"]
    assert answers == [0, 404]
    assert here.trail("failed") == []
    here.check_all_erased("plain", 1)


def test_answers_500_once(sit: MakeExam) -> None:
    """It is tried again by itself, after a look whether the first one took effect."""
    here = sit("plain")
    (kari,) = people(1)
    here.vendors["plain"].add(kari)
    here.vendors["plain"].wire.faults.append(Fault("500", method="DELETE"))
    node = here.serve().until_ready()
    here.erase(kari)
    here.until_closed()
    assert node.stop() == 0
    answers = [each.status for each in here.vendors["plain"].wire.journal if each.method == "DELETE"]
    assert answers == [500, 204]
    assert [each["outcome"] for each in here.trail("failed")] == [Outcome.RETRY]
    here.check_all_erased("plain", 1)
