"""`gateway duties`, `policy versions` and `policy approve`: what only people do, and who let a change of the rules act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.cli import versioning
from gateway.ledger import tables as t

from .test_documents import hold

POLICY = """
[policy]
title = "A firm"
[events.process-closed]
title = "The process is closed"
[data_sets.records]
title = "Records"
held_at = ["example"]
[purposes.recruitment]
title = "Recruitment"
bases = ["consent", "legitimate-interests"]
data_sets = ["records"]
collected = "elsewhere"
[rules.P1]
purposes = ["recruitment"]
start = "process-closed"
period = "{period}"
warn = ["30 days"]
ask_again = "14 days"
"""


@pytest.fixture
def governed(firm):
    """A firm with a policy.toml in the place of purposes."""
    head = (firm.folder / "head.toml").read_text()
    begins, ends = head.index("[purposes.recruitment]"), head.index("# Who holds people")
    (firm.folder / "head.toml").write_text(head[:begins] + head[ends:])

    def write(period="3 years"):
        firm.write()
        (firm.folder / "policy.toml").write_text(POLICY.format(period=period))
        return firm

    write()
    firm.policy = write
    return firm


def soon(vendor, days):
    day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    vendor.add_person("Kari Nordmann", "kari@example.org", consent_until=day)


def test_whom_to_ask_is_listed_until_they_were_asked(governed, vendor):
    soon(vendor, 20)
    told = governed("sync", code=3)
    assert "people to ask for new consent: 1" in " ".join(told.stdout.split())
    hold("duties", listed := governed.json("duties", code=3))
    (duty,) = listed["duties"]
    assert (duty["person"], duty["action"], duty["rule"], duty["late"]) == ("S1", "ask", "P1", False)
    assert "ask for new consent" in " ".join(governed("duties", "--action", "ask", code=3).stdout.split())
    assert governed.json("duties", "--late") == {"duties": []}
    governed("event", "add", "S1", "renewal-asked", "--purpose", "recruitment")
    governed("sync")
    assert "Nothing is owed that only people can do." in governed("duties").stdout


def test_whom_to_inform_is_late_after_a_month(governed, ola):
    governed("sync", code=3)
    ledger = governed.ledger()
    with ledger.write() as tx:
        tx.execute(t.obligations.update().values(due_at=datetime.now(UTC) - timedelta(days=1)))
    ledger.close()
    assert "past the day" in " ".join(governed("sync", code=4).stdout.split())
    (duty,) = governed.json("duties", "--late", code=4)["duties"]
    assert (duty["action"], duty["rule"], duty["event"]) == ("inform", "G16", "created")
    governed("event", "add", "S1", "informed")
    governed("sync")


def everybody_closed(governed, vendor):
    """The processes of 25 people ended a year and a half ago."""
    for number in range(25):
        vendor.add_person(f"Person {number}", f"person{number}@example.org")
    governed("sync", code=3)
    day = (datetime.now(UTC) - timedelta(days=500)).date().isoformat()
    rows = [f"S{number},{name},{day}" for number in range(1, 26) for name in ("process-closed", "informed")]
    (governed.folder / "events.csv").write_text("\n".join(["person,event,date", *rows]))
    governed("event", "import", str(governed.folder / "events.csv"))
    governed("sync")


def test_a_change_that_erases_many_is_approved_by_somebody_else(governed, vendor, monkeypatch):
    assert "No version has acted yet" in governed("policy", "versions").stdout
    everybody_closed(governed, vendor)
    governed.policy("1 year")
    told = " ".join(governed("sync", code=3).stdout.split())
    assert "would newly erase 25 people: policy 2 waits for a second person" in told
    listed = governed.json("policy", "versions")
    hold("policy versions", listed)
    assert [each["state"] for each in listed["versions"]] == ["waiting", "active"]
    assert "`gateway policy approve 2` lets it act" in " ".join(governed("policy", "versions").stdout.split())
    assert "somebody else has to approve" in " ".join(
        governed("policy", "approve", "2", code=2).stderr.split()
    )
    monkeypatch.setattr(versioning, "actor", lambda: "the managing director")
    hold("policy approve", governed.json("policy", "approve", "2"))
    assert governed.json("sync", code=3)["plan"]["people"] == 25


def test_a_change_can_be_dropped_by_whoever_made_it(governed, vendor):
    everybody_closed(governed, vendor)
    governed.policy("1 year")
    governed("sync", code=3)
    assert "Put policy.toml back" in " ".join(governed("policy", "approve", "2", "--drop").stdout.split())
    assert "those before them go on" in " ".join(governed("sync").stdout.split())


def test_the_documents_of_the_policy_are_as_described(governed):
    hold("policy lint", governed.json("policy", "lint", code=0))
    hold("policy law", governed.json("policy", "law"))
