"""A contract tried law by law without a test file: what is kept, broken, not kept yet and not tried."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gateway_example
import pytest
from gateway_example.client import People
from gateway_example.contract import TestExample as Example
from gateway_example.records import read
from gateway_example.simulator import KEY

from gateway import Page, PluginError, Vendor
from gateway.testing import PluginContract
from gateway.testing.check import Result, State, check, chosen, laws_of

AUDIT = "test_audit_shows_what_is_held"
PURE = "test_describe_is_pure"
HOOKS = {name: getattr(gateway_example, name) for name in ("describe", "fetch", "delete", "export", "audit")}


def contract(said: dict[str, Any] | None = None, **members: Any) -> type[PluginContract]:
    """The example's contract for a plugin that says or does something else."""
    hooks = HOOKS | {name: members.pop(name) for name in HOOKS.keys() & members.keys()}
    if said is not None:
        vendor: Vendor = replace(gateway_example.describe(), **said)
        hooks["describe"] = lambda: vendor
    body = {"simulator": Example.simulator, "plugin": SimpleNamespace(**hooks), **members}
    return type("Made", (PluginContract,), body)


def audit_nobody(account: Any, subjects: Any) -> Any:
    yield from ()


def fetch_without_end(account: Any, cursor: str | None) -> Any:
    while True:
        answer = account.http.request(
            "GET",
            "/people",
            params={"after": cursor} if cursor else {},
            headers={"Authorization": f"Bearer {KEY}"},
        )
        page = answer.json(People)
        cursor = page.next
        yield Page(tuple(map(read, page.people)), cursor, None if cursor else True)
        if cursor is None:
            return


def only(results: list[Result]) -> Result:
    (result,) = results
    return result


@pytest.mark.slow
def test_every_law_has_a_result_in_the_order_of_the_kit() -> None:
    results = check(Example)
    assert [each.law for each in results] == list(laws_of(Example))
    assert {each.state for each in results} == {State.KEPT}
    assert all(each.seconds > 0 and each.text == "" for each in results)
    assert PURE in {each.law for each in results}


def test_broken_law_says_how_and_mended_it_is_kept() -> None:
    broken = only(check(contract(audit=audit_nobody), AUDIT))
    assert (broken.state, broken.title) == (State.BROKEN, "audit shows what is held")
    assert "audit does not show person 1" in broken.text
    assert "GET /people" in broken.text
    assert only(check(contract(), AUDIT)).state == State.KEPT


def test_expected_failure_is_not_yet_until_it_is_kept() -> None:
    late = {"expected_failures": {AUDIT: "Their list is not read yet."}}
    result = only(check(contract(late, audit=audit_nobody), AUDIT))
    assert (result.state, result.text) == (State.NOT_YET, "Their list is not read yet.")
    kept = only(check(contract(late), AUDIT))
    assert kept.state == State.BROKEN
    assert "take it out of describe().expected_failures" in kept.text


def test_law_about_what_cannot_be_done_is_not_tried() -> None:
    cannot = contract({"cannot": {"export": "They have no such call."}})
    result = only(check(cannot, "export_changes_nothing"))
    assert (result.state, result.text) == (State.NOT_TRIED, "cannot export: They have no such call.")


def test_law_that_is_skipped_is_broken() -> None:
    def skipping(self: Any, now: Callable[[], datetime], **switches: Any) -> Any:
        pytest.skip("not today")

    def xfailing(self: Any, now: Callable[[], datetime], **switches: Any) -> Any:
        pytest.xfail("known")

    for simulator in (skipping, xfailing):
        result = only(check(contract(simulator=simulator), AUDIT))
        assert result.state == State.BROKEN
        assert "no way to keep it" in result.text


def test_first_variant_that_is_broken_speaks_for_the_law() -> None:
    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_own(self: Any, number: int) -> None:
        assert number == 1, f"number {number} came"

    result = only(check(contract(test_own=test_own), "own"))
    assert result.state == State.BROKEN
    assert result.text.startswith("[2]\n")
    assert "number 3" not in result.text


def test_law_that_is_not_kept_for_one_hook_yet_is_kept_for_the_others() -> None:
    endless = "test_endless_answer_comes_to_an_end"
    late = {"expected_failures": {f"{endless}[fetch]": "They are read without an end."}}
    result = only(check(contract(late, fetch=fetch_without_end), endless))
    assert (result.state, result.text) == (State.NOT_YET, "[fetch]\nThey are read without an end.")
    assert only(check(contract(fetch=fetch_without_end), endless)).state == State.BROKEN


def test_laws_that_cannot_be_collected_are_told() -> None:
    @pytest.mark.parametrize("number", [1])
    def test_own(self: Any) -> None: ...

    with pytest.raises(PluginError, match=r"the laws cannot be tried:[\s\S]*uses no argument 'number'"):
        check(contract(test_own=test_own), AUDIT)


@pytest.mark.parametrize(
    ("way", "met"), [(KeyboardInterrupt, KeyboardInterrupt), (pytest.exit.Exception, PluginError)]
)
def test_trial_that_is_stopped_is_no_result(way: Any, met: type[BaseException]) -> None:
    def stopping(self: Any, now: Callable[[], datetime], **switches: Any) -> Any:
        raise way("enough")

    with pytest.raises(met, match="enough"):
        check(contract(simulator=stopping), AUDIT)
    assert only(check(contract(), AUDIT)).state == State.KEPT


def test_follow_is_told_each_law_once() -> None:
    @pytest.mark.parametrize("number", [1, 2])
    def test_what_is_pure(self: Any, number: int) -> None: ...

    told: list[str] = []
    results = check(contract(test_what_is_pure=test_what_is_pure), "*is pure", told.append)
    assert sorted(told) == sorted(each.law for each in results) == [PURE, "test_what_is_pure"]


@pytest.mark.parametrize(
    ("pattern", "law"),
    [
        ("describe", PURE),
        (PURE, PURE),
        ("Describe Is", PURE),
        ("*pure", PURE),
        ("audit_shows_what_is", AUDIT),
    ],
)
def test_laws_are_chosen_by_a_part_of_their_name(pattern: str, law: str) -> None:
    assert chosen({PURE: "", AUDIT: ""}, pattern) == [law]
    assert chosen({PURE: "", AUDIT: ""}, "pure*") == []


def test_nothing_round_it_has_a_say_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('never read')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--also-none")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    before = dict(os.environ)
    assert only(check(contract(), AUDIT)).state == State.KEPT
    assert sorted(each.name for each in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")
