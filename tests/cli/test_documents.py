"""The JSON documents: each has the members docs/commands.md names, all of them and no others."""

from __future__ import annotations

import pytest

from gateway.cli.documents import DOCUMENTS

FREE = (
    "plan.triggers", "plan.steps", "by_hand", "rows[].values", "plugins[].vendor.cannot",
    "plugins[].vendor.expected_failures", "plugins[].vendor.settings[].default", "lines[].data", "trail[]",
)  # fmt: skip
"""What has members of its own that are not described one by one."""
KEPT = {
    f"steps[].kept[].{name}" for name in ("kind", "id", "reason", "text", "until", "readers", "readers[]")
}
STOPS = {f"stops[].{name}" for name in ("processor", "cause", "since", "by", "why")}
"""Seen in test_braking.py."""
NEVER_SEEN = {
    "case": KEPT | STOPS,
    "cases": STOPS,
    "erase": KEPT | STOPS | {"errors[].processor", "errors[].error"},
    "sync": STOPS | {"processors[].flaws[]"},
}
"""What a vendor as simple as the example does not bring about."""


def members(value, path=""):
    """The paths of all that is in a document."""
    if isinstance(value, dict):
        for key, each in value.items():
            here = f"{path}.{key}" if path else key
            yield here
            yield from members(each, here)
    elif isinstance(value, list):
        for each in value:
            if not isinstance(each, dict):
                yield f"{path}[]"
            yield from members(each, f"{path}[]")


def described(command):
    """The paths that are named, with those on the way to them."""
    names = set(DOCUMENTS[command])
    for name in DOCUMENTS[command]:
        parts = name.split(".")
        names.update(".".join(parts[:size]).removesuffix("[]") for size in range(1, len(parts) + 1))
    return names


def hold(command, *documents):
    """Every member is described, and every member that is described is there."""
    paths = {path for each in documents for path in members(each)}
    seen = {next((each for each in FREE if path.startswith(each)), path) for path in paths}
    assert seen == described(command) - NEVER_SEEN.get(command, set())


@pytest.fixture
def busy_firm(firm, kari, ola, vendor):
    """A firm where something of everything has happened."""
    vendor.add_person("Anne Berg", "ola@example.org")
    firm.write(tail='[processors.paper]\nrole = "joint"\nlocation = "archive"\n')
    return firm


def test_sync_and_what_it_leads_to(busy_firm, crowd):
    done = busy_firm.json("sync", code=3)
    hold("case", busy_firm.json("case", "1"))
    hold("questions", busy_firm.json("questions"))
    hold("answer", busy_firm.json("answer", "1", "different"))
    crowd(21)
    hold("sync", done, busy_firm.json("sync", code=3))
    hold("cases", busy_firm.json("cases", "--all"))
    hold("approve", busy_firm.json("approve", "2"))


def test_check_and_plugins(firm):
    hold("check", firm.json("check"))
    hold("plugins", firm.json("plugins"))
    hold("check-plugin", firm.json("check-plugin", "example", "--law", "describe"))


def test_one_person(firm, ola, tmp_path):
    firm("sync")
    hold("audit", firm.json("audit", "S1"))
    path = tmp_path / "consents.csv"
    path.write_text("person,purpose,given\nS1,recruitment,2020-01-01\n")
    hold("consent import", firm.json("consent", "import", str(path)))
    hold("consent show", firm.json("consent", "show", "S1"))
    hold("consent withdraw", firm.json("consent", "withdraw", "S1"))
    firm.write(tail='[processors.paper]\nrole = "joint"\nlocation = "archive"\n')
    hold("erase", firm.json("erase", "S1", code=3))


def test_trail(firm, kari, tmp_path):
    firm("sync")
    hold("trail show", firm.json("trail", "show"))
    hold("trail export", firm.json("trail", "export", str(tmp_path / "t")))
    ledger = firm.ledger()
    with ledger.write() as tx:
        tx.exec_driver_sql("DELETE FROM trail WHERE seq = 2")
        tx.exec_driver_sql("DELETE FROM checkpoints")
        tx.exec_driver_sql("INSERT INTO trail SELECT seq + 5, body, hash FROM trail WHERE seq = 7")
    ledger.close()
    hold("trail verify", firm.json("trail", "verify", code=4))
