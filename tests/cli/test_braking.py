"""`gateway stop` and `gateway resume`: what is said, refused and shown elsewhere."""

from __future__ import annotations

import pytest

from gateway.cli.opening import actor

from .test_documents import STOPS, members
from .test_documents import hold as described

WHY = ("--why", "a rule is wrong")
PAPER = '[processors.paper]\nrole = "joint"\nlocation = "archive"\n'


def flat(shown):
    return " ".join(shown.split())


def test_all_is_stopped_and_resumed_and_each_command_shows_it(firm, kari):
    shown = flat(firm("stop", "--all", *WHY).stdout)
    assert shown.startswith(f"All deletions are stopped by {actor()} since 20")
    assert shown.endswith("UTC: a rule is wrong. `gateway resume --all` lets all deletions go on.")
    shown = flat(firm("sync", code=4).stdout)
    assert f"all deletions are stopped by {actor()} since" in shown
    assert "`gateway resume --all` lets all deletions go on." in shown
    assert list(firm.vendor.people) == [int(kari)]
    shown = flat(firm("case", "1", code=4).stdout)
    assert "What is stopped - All deletions are stopped by" in shown
    assert "not called: all deletions are stopped" in flat(
        firm.json("case", "1", code=4)["steps"][0]["reason"]
    )
    assert "All deletions are stopped" in flat(firm("cases").stdout)
    assert "deletions wrong all deletions are stopped" in flat(firm("check", code=4).stdout)
    assert (
        firm("resume", "--all", *WHY).stdout
        == "All deletions may go on; the daemon takes it up, or `gateway sync`.\n"
    )
    firm("sync")
    assert "stopped" not in firm("case", "1").stdout.partition("What happened")[0]
    shown = firm("trail", "show").stdout
    assert ("stopped" in shown, "resumed" in shown) == (True, True)


def test_a_processor_is_stopped_once(firm, kari):
    firm("stop", "example", *WHY)
    shown = flat(firm("stop", "example", "--why", "once more").stdout)
    assert shown.startswith("It was stopped before, and that stands: example is stopped by")
    assert shown.endswith("a rule is wrong. `gateway resume example` lets go on what is stopped at example.")
    assert flat(firm("sync", code=4).stdout).count("`gateway resume example`") == 1
    firm("stop", "--all", *WHY)
    shown = flat(firm("resume", "example", *WHY).stdout)
    assert shown.startswith(
        "What was stopped at example may go on; the daemon takes it up, or `gateway sync`. All deletions are stopped"
    )
    firm("sync", code=4)


@pytest.mark.parametrize("command", ["stop", "resume"])
def test_what_cannot_be_stopped_is_a_mistake_of_the_command(firm, command):
    assert "name one PROCESSOR, or all with --all" in firm(command, *WHY, code=2).stderr
    assert "name one PROCESSOR, or all with --all" in firm(command, "example", "--all", *WHY, code=2).stderr
    assert "Missing option '--why'" in firm(command, "--all", code=2).stderr
    assert "--why: has to be one line" in firm(command, "--all", "--why", " ", code=2).stderr
    assert "exampel: " in firm(command, "exampel", *WHY, code=2).stderr
    assert "stopped" not in firm("trail", "show").stdout


def test_erase_says_that_it_is_stopped(firm, ola):
    firm("sync")
    firm("stop", "--all", *WHY)
    assert "All deletions are stopped" in flat(firm("erase", "ola@example.org", code=4).stdout)
    firm("resume", "--all", *WHY)
    firm("sync")


def test_with_two_people_who_stopped_does_not_resume(firm, monkeypatch):
    head = firm.folder / "head.toml"
    head.write_text(head.read_text().replace("[brake]", "[brake]\nsecond_person = true\n#"))
    firm.write()
    firm("stop", "--all", *WHY)
    said = flat(firm("resume", "--all", *WHY, code=2).stderr)
    assert f"--all: was stopped by {actor()}; somebody else has to do this" in said
    monkeypatch.setenv("LOGNAME", "kari")
    firm("resume", "--all", *WHY)


def test_each_has_the_document_it_is_described_with(firm, kari):
    described("stop", firm.json("stop", "--all", *WHY))
    done = firm.json("sync", code=4)
    assert [each["processor"] for each in done["stops"]] == [None]
    for shown in (done, firm.json("case", "1", code=4), firm.json("cases")):
        assert {path for path in members(shown) if path.startswith("stops[].")} == STOPS
    firm.json("stop", "example", *WHY)
    described("resume", firm.json("resume", "example", *WHY))
