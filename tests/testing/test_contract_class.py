"""How a vendor's test class uses the contract: what it may set, and what pytest shows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gateway_example
import pytest

from gateway import Identity, IdentityKind, Record, Ref, Subject
from gateway.testing import PluginContract

pytest_plugins = ["pytester"]

MODULE = """
from types import SimpleNamespace
from dataclasses import replace
import gateway_example
from gateway import hookimpl
from gateway.testing import PluginContract
from gateway_example.simulator import Simulator

@hookimpl
def audit(account, subjects):
    yield from list(gateway_example.audit(account, subjects))[1:]

@hookimpl
def describe():
    late = {"test_audit_finds_by_identity": "The first is overlooked."}
    cannot = {"export": "The vendor has no such call."}
    return replace(gateway_example.describe(), cannot=cannot, expected_failures=late)

class TestTwin(PluginContract):
    plugin = SimpleNamespace(
        describe=describe, fetch=gateway_example.fetch, delete=gateway_example.delete, audit=audit
    )

    def simulator(self, now, **switches):
        vendor = Simulator(now=now, page=10)
        for number in range(1, 31):
            vendor.add_person(f"Fictional Person {number}", f"person{number}@example.org")
        return vendor
"""


def test_report_shows_the_law_and_the_calls(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MODULE)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-k", "audit_ or cannot or export", "-rA")
    assert "skipped" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(
        [
            "audit does not show person 1, though fetch does",
            "Red: look for every record in scope*",
            "  GET /people/1 -> 200",
            "XFAIL *test_audit_finds_by_identity*The first is overlooked.",
        ]
    )
    assert "export" not in result.stdout.str().replace("test_what_cannot", "")


def test_overridden_law_is_refused() -> None:
    with pytest.raises(TypeError, match=r"TestMine overrides test_fetch_is_stable; .*expected_failures"):

        class TestMine(PluginContract):
            def test_fetch_is_stable(self) -> None: ...


def test_expected_failure_of_no_law_is_refused() -> None:
    said = replace(gateway_example.describe(), expected_failures={"test_fetch": "It fails."})
    with pytest.raises(TypeError, match="names test_fetch, which is no law"):
        type("TestMine", (PluginContract,), {"plugin": SimpleNamespace(describe=lambda: said)})


def test_law_about_what_cannot_be_done_is_not_tried() -> None:
    said = replace(gateway_example.describe(), cannot={"export": "The vendor has no such call."})
    contract: Any = type("TestMine", (PluginContract,), {"plugin": SimpleNamespace(describe=lambda: said)})
    assert contract.test_export_changes_nothing is None
    assert callable(contract.test_audit_changes_nothing)


def test_missing_simulator_is_named() -> None:
    contract: Any = type("TestMine", (PluginContract,), {"plugin": gateway_example})
    with pytest.raises(NotImplementedError, match="TestMine has to say which simulator"):
        contract().simulator(None)


def test_subjects_are_people_with_normalised_identities() -> None:
    def record(number: str, *identities: Identity) -> Record:
        return Record(Ref("person", number), identities)

    email, phone = IdentityKind.EMAIL, IdentityKind.PHONE
    subjects = PluginContract().subjects_of(
        [
            record("1", Identity(email, "Kari@Example.org "), Identity(phone, "22 00 00 01")),
            record("2", Identity(phone, "none")),
            record("3", Identity(email, "kari@example.org")),
        ]
    )
    kari = (Identity(email, "kari@example.org"), Identity(phone, "+4722000001"))
    assert subjects == [
        Subject("S1", kari, (Ref("person", "1"), Ref("person", "3"))),
        Subject("S2", (), (Ref("person", "2"),)),
    ]
