"""Exam: a processor that is disabled, a person the vendor knows by something else, and a vendor that only reads."""

from __future__ import annotations

import json
import signal

import pytest

from gateway.ledger import tables as t
from tests.daemon.site import until
from tests.exam.conftest import MakeExam
from tests.exam.firm import people

pytestmark = pytest.mark.slow


def test_processor_is_disabled(sit: MakeExam) -> None:
    """The case stays open and says why, and is carried out once the processor is enabled."""
    here = sit("plain", "plain2")
    (kari,) = people(1)
    for vendor in here.vendors.values():
        vendor.add(kari)
    here.more["plain"] = "enabled = false\n"
    here.write()
    node = here.serve().until_ready()
    here.erase(kari)
    here.until_outcome("plain2", "verified")
    step = here.step("plain")
    assert (step.outcome, step.closed_at, step.reason) == (None, None, "it is disabled in gateway.toml")
    assert here.vendors["plain"].wire.journal == []
    shown = here.command("case", "1")
    assert shown.returncode == 0
    assert "it is disabled in gateway.toml" in shown.stdout
    (case,) = json.loads(here.command("cases", "--json").stdout)["cases"]
    assert case["state"] == "open"
    here.more["plain"] = ""
    here.write()
    node.signal(signal.SIGHUP)
    here.until_closed()
    assert node.stop() == 0
    for name in here.vendors:
        here.check_all_erased(name, 1)


def test_known_by_another_address_that_somebody_else_knows(sit: MakeExam) -> None:
    """Whatever the other processors know a person by is tried: they asked under one address, and are held under another."""
    here = sit("lists", "plain")
    here.vendors["lists"].add("kari@example.org", also="k.nordmann@example.org")
    here.vendors["plain"].add("k.nordmann@example.org")
    node = here.serve().until_ready()
    until(lambda: here.rows(t.records), why=node.log.read_text())
    here.erase("kari@example.org")
    here.until_closed()
    assert node.stop() == 0
    for name in here.vendors:
        here.check_all_erased(name, 1)


def test_known_by_nothing_anybody_knows(sit: MakeExam) -> None:
    """Nobody found by an address is not nobody held: a person is told by what was looked, and looks there."""
    here = sit("plain")
    here.vendors["plain"].add("k.nordmann@example.org")
    node = here.serve().until_ready()
    here.erase("kari@example.org")
    until(lambda: here.asked("unlinkable"), why=node.log.read_text())
    step = here.step("plain")
    assert (step.outcome, step.closed_at) == ("unlinkable", None)
    assert step.reason == "looked for by 1 e-mail address, and found nobody"
    done = here.command("sync", "--json")
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["questions"] == 1
    assert not here.all_closed(1)
    # The operator looks there, finds out by which address, and has that erased.
    here.erase("k.nordmann@example.org")
    until(lambda: here.vendors["plain"].people == {})
    here.answer("unlinkable", "done")
    here.until_closed(2)
    assert node.stop() == 0
    assert {"nothing"}.isdisjoint(here.outcomes("plain"))
    here.check_trail()


def test_vendor_that_only_reads(sit: MakeExam) -> None:
    """A person has a task with a date; their word is looked at, and closes the step only where it is true."""
    here = sit("reads")
    (kari,) = people(1)
    here.vendors["reads"].add(kari)
    node = here.serve().until_ready()
    here.erase(kari)
    (task,) = until(lambda: here.asked("task"), why=node.log.read_text())
    (case,) = here.rows(t.cases)
    assert (task.due_at, task.options) == (case.due_at, ["done"])
    assert case.due_at > case.opened_at
    assert "Their API only reads." in task.text
    assert (here.step("reads").outcome, case.state) == ("manual", "open")
    here.answer("task", "done")
    until(lambda: here.asked("untrue"), why="it is not gone, and nobody noticed")
    assert here.step("reads").closed_at is None
    here.vendors["reads"].people.clear()
    here.until_closed()
    assert here.step("reads").outcome == "verified"
    assert node.stop() == 0
    assert {each.method for each in here.vendors["reads"].wire.journal} == {"GET"}
    here.check_trail()
