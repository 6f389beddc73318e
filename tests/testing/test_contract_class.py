"""How a vendor's test class uses the contract: what it may set, and what pytest shows."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gateway_example
import pytest

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
    "By record ids alone; and of several people, not the first."
    known = [each for each in subjects if each.records or each.kept]
    yield from gateway_example.audit(account, known[1:] if len(known) > 1 else known)

@hookimpl
def describe():
    late = {"test_audit_finds_by_identity": "It goes by ids alone."}
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
            "came:     audit does not show person 1, which is there, as fetch says",
            "expected: each that is there",
            "asked:    audit of S1 (person 1); S7 (person 7); S13 (person 13); S19 (person 19); S25 (person 25)",
            "An audit that overlooks a record proves an absence that is none.",
            "Red: look for every record in scope*",
            "The last calls that reached the vendor:",
            "  GET /people/25 -> 200",
            "XFAIL *test_audit_finds_by_identity*It goes by ids alone.",
        ]
    )
    assert "export" not in result.stdout.str().replace("test_what_cannot", "")


def plugin(**said: Any) -> Any:
    """The example plugin, which says something else of itself."""
    hooks = {name: getattr(gateway_example, name) for name in ("fetch", "delete", "export", "audit")}
    return SimpleNamespace(describe=lambda: replace(gateway_example.describe(), **said), **hooks)


def contract(**members: Any) -> Any:
    return type("TestMine", (PluginContract,), members)


@pytest.mark.parametrize("name", ["test_fetch_is_stable", "must", "staged", "held", "describe", "found"])
@pytest.mark.parametrize("other", [None, lambda self: None])
def test_law_or_its_tool_is_not_overridden(name: str, other: Any) -> None:
    with pytest.raises(
        TypeError, match=rf"TestMine overrides {name}; it may set emptied, .*expected_failures"
    ):
        contract(**{name: other})
    below = contract(plugin=gateway_example)
    with pytest.raises(TypeError, match=f"Below overrides {name}"):
        type("Below", (below,), {name: other})


def test_what_a_vendor_has_of_its_own_is_its_own() -> None:
    own = contract(plugin=gateway_example, switches={"page": (1,)}, test_of_mine=len, seeded=3)
    assert (own.switches, own.test_of_mine, own.seeded) == ({"page": (1,)}, len, 3)


@pytest.mark.parametrize(
    "law", ["test_fetch", "test_fetch_is_stable[fetch]", "test_read_is_whole_after_a_fault[fetch]"]
)
def test_expected_failure_of_no_law_is_refused(law: str) -> None:
    with pytest.raises(TypeError, match="which is no law"):
        contract(plugin=plugin(expected_failures={law: "It fails."}))


def test_expected_failure_may_be_of_one_hook() -> None:
    late = {"test_read_is_whole_after_a_fault[audit]": "Not yet."}
    cannot = {"audit": "The vendor has no such call."}
    assert contract(plugin=plugin(expected_failures=late))
    with pytest.raises(TypeError, match="which is no law"):
        contract(plugin=plugin(cannot=cannot, expected_failures=late))


def test_law_about_what_cannot_be_done_is_not_tried() -> None:
    mine = contract(plugin=plugin(cannot={"export": "The vendor has no such call."}))
    assert mine.test_export_changes_nothing is None
    assert callable(mine.test_audit_changes_nothing)
    assert mine().hooks_of(mine.test_read_is_whole_after_a_fault) == ("audit",)


def test_law_of_single_hooks_is_not_tried_where_none_is_left() -> None:
    said = dict.fromkeys(("export", "audit"), "The vendor has no such call.")
    assert contract(plugin=plugin(cannot=said)).test_read_is_whole_after_a_fault is None


def test_missing_hook_is_told_once_and_its_laws_are_not_tried() -> None:
    lame = plugin()
    del lame.export
    mine = contract(plugin=lame)
    assert mine.test_export_changes_nothing is None
    assert callable(mine.test_hooks_are_all_there)


def test_missing_simulator_is_named() -> None:
    with pytest.raises(NotImplementedError, match="TestMine has to say which simulator"):
        contract(plugin=gateway_example)().simulator(None)


def test_one_contract_does_not_recall_what_another_found() -> None:
    first, second = contract(plugin=gateway_example)(), contract(plugin=gateway_example)()
    assert [first.once("what", lambda: 1), second.once("what", lambda: 2)] == [1, 2]
    assert first.once("what", lambda: 3) == 1


def test_every_law_says_what_it_protects_and_what_to_do() -> None:
    laws = [getattr(PluginContract, name) for name in dir(PluginContract) if name.startswith("test_")]
    untold = [law.__name__ for law in laws if "\n\nRed: " not in (inspect.getdoc(law) or "")]
    assert laws
    assert untold == []
