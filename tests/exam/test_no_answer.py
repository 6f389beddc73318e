"""Exam: a vendor that answers 503, one nobody listens at, and one that hangs; the others never wait for it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.ledger import tables as t
from gateway.model import Outcome
from gateway.testing import Fault
from gateway.testing.faults import ALWAYS
from tests.daemon.site import until
from tests.exam.conftest import MakeExam
from tests.exam.firm import Exam, people

pytestmark = pytest.mark.slow
TRIES = 4
"""How often the client itself repeats a call."""


def open_circuit(here: Exam, name: str) -> list[Any]:
    return here.rows(t.circuits, t.circuits.c.account == name, t.circuits.c.until.is_not(None))


def check_it_waits(here: Exam, name: str) -> None:
    """The case is open, says why it waits and until when, and nothing is taken for done or for broken."""
    step = here.step(name)
    assert (step.outcome, step.closed_at) == (Outcome.RETRY, None)
    assert step.next_at is not None
    assert [row.state for row in here.rows(t.cases)] == ["open"]
    assert here.trail("failed")
    assert here.asked("untrue") == []
    done = here.command("sync", "--json")
    assert done.returncode == 3, done.stdout + done.stderr


def test_answers_503_always(sit: MakeExam) -> None:
    """It is tried again later and later, nobody waits for it, and the circuit opens; mended, it is done by itself."""
    here = sit("plain", "plain2")
    (kari,) = people(1)
    for vendor in here.vendors.values():
        vendor.add(kari)
    here.vendors["plain"].wire.faults.append(Fault("503", times=ALWAYS))
    node = here.serve(patience=2).until_ready()
    here.erase(kari)
    here.until_outcome("plain2", Outcome.VERIFIED)
    (circuit,) = until(lambda: open_circuit(here, "plain"), why=node.log.read_text())
    assert circuit.failures >= 3
    check_it_waits(here, "plain")
    assert "503" in here.step("plain").reason
    runs = here.rows(t.runs, t.runs.c.processor == "plain")
    assert len(here.vendors["plain"].wire.journal) <= TRIES * len(runs)
    here.vendors["plain"].wire.faults.clear()
    here.until_closed()
    assert node.stop() == 0
    assert open_circuit(here, "plain") == []
    for name in here.vendors:
        here.check_all_erased(name, 1)


def test_refuses_connections(sit: MakeExam) -> None:
    """As with 503: it is tried until somebody listens there again."""
    here = sit("plain", "plain2")
    (kari,) = people(1)
    for vendor in here.vendors.values():
        vendor.add(kari)
    here.switch_off("plain")
    node = here.serve(patience=2).until_ready()
    here.erase(kari)
    here.until_outcome("plain2", Outcome.VERIFIED)
    until(lambda: open_circuit(here, "plain"), why=node.log.read_text())
    check_it_waits(here, "plain")
    here.switch_on("plain")
    here.until_closed()
    assert node.stop() == 0
    for name in here.vendors:
        here.check_all_erased(name, 1)


def test_hangs_and_holds_up_nobody(sit: MakeExam) -> None:
    """Others are served meanwhile; a stop waits for the one call that is on its way, and takes its answer in."""
    here = sit("plain", "plain2")
    kari, ola = people(2)
    for vendor in here.vendors.values():
        vendor.add(kari)
    here.vendors["plain2"].add(ola)
    here.vendors["plain"].hold()
    node = here.serve(patience=120).until_ready()
    here.erase(kari)
    until(lambda: here.vendors["plain"].held)
    here.erase(ola)
    until(lambda: [row.outcome for row in here.steps("plain2")] == ["verified"] * 2)
    # The call that hangs has not come back, and was made once.
    assert here.vendors["plain"].held == 1
    assert [each.method for each in here.vendors["plain"].wire.journal if each.method == "DELETE"] == []
    node.process.terminate()
    until(lambda: node.get("/readyz")[0] == 503, why=node.log.read_text())
    assert node.process.poll() is None
    here.vendors["plain"].let_go()
    assert node.process.wait(60) == 0
    assert [each["outcome"] for each in here.trail("answered", processor="plain")] == ["done"] * 1
    again = here.serve()
    until(lambda: here.outcomes("plain") <= {"verified", "unlinkable"} and len(here.outcomes("plain")) == 2)
    here.answer("unlinkable", "not-there")
    here.until_closed(2)
    assert again.stop() == 0
    assert here.vendors["plain"].erased == [1]
    here.check_trail()


def test_never_answers(sit: MakeExam) -> None:
    """A call is given up after its time, and the step waits; what it did or did not do is looked at before it goes on."""
    here = sit("plain")
    (kari,) = people(1)
    here.vendors["plain"].add(kari)
    here.vendors["plain"].wire.faults.append(Fault("timeout", method="DELETE", times=ALWAYS, seconds=600))
    node = here.serve(patience=1).until_ready()
    here.erase(kari)
    until(lambda: here.trail("failed"), why=node.log.read_text())
    check_it_waits(here, "plain")
    here.vendors["plain"].wire.faults.clear()
    here.until_closed()
    assert node.stop() == 0
    here.check_all_erased("plain", 1)
