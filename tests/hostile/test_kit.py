"""What the kit tries, and what it says of it, whatever a plugin cannot do or does not do yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import gateway_example
import pytest

from gateway import Account, Page, hookimpl
from gateway.testing import PluginContract
from gateway.testing.check import State, check
from tests.hostile.test_twins import LAWS, TWINS
from tests.hostile.twin import HOOKS, contract_of, plugin_with, signed

CALLING = HOOKS[1:]
LATE = "It is being mended."


def saying(plugin: Any, **said: Any) -> Any:
    """The same plugin, of which `describe` says something else."""
    return SimpleNamespace(
        **{**vars(plugin), "describe": hookimpl(lambda: replace(plugin.describe(), **said))}
    )


def lacking(*hooks: str) -> type[PluginContract]:
    """The contract of the honest plugin, whose vendor has no way to do this."""
    cannot = {hook: f"They have no call to {hook}." for hook in hooks}
    return contract_of(saying(plugin_with(**dict.fromkeys(hooks)), cannot=cannot))


@pytest.mark.parametrize("size", range(len(CALLING) + 1))
def test_laws_left_are_those_about_what_can_be_done(size: int) -> None:
    for hooks in combinations(CALLING, size):
        contract = lacking(*hooks)
        for law in LAWS:
            kit = getattr(PluginContract, law)
            about, one_of = set(getattr(kit, "needs", ())), set(getattr(kit, "each_of", ()))
            left = not about & set(hooks) and not (one_of and one_of <= set(hooks))
            assert (getattr(contract, law) is not None) is left, f"{law} without {', '.join(hooks)}"


@pytest.mark.slow
@pytest.mark.usefixtures("short_kit")
@pytest.mark.parametrize("hook", CALLING)
def test_laws_that_are_left_are_kept_and_the_others_say_why(hook: str) -> None:
    for result in check(lacking(hook)):
        assert result.state in {State.KEPT, State.NOT_TRIED}, result.text
        assert result.state is State.KEPT or f"They have no call to {hook}." in result.text


@pytest.mark.parametrize(
    ("name", "hook"),
    [("token_in_clear", ""), ("something_went_wrong", "[export]"), ("what_failed_twice_fails_for_ever", "")],
)
def test_broken_law_that_is_expected_shows_its_reason(name: str, hook: str) -> None:
    (twin,) = [each for each in TWINS if each.name == name]
    plugin = saying(twin.plugin, expected_failures={f"{twin.law}{hook}": LATE})
    (result,) = check(contract_of(plugin, **twin.switches), twin.law)
    assert (result.state, result.text) == (State.NOT_YET, f"{hook}\n{LATE}".strip())


@pytest.mark.slow
@pytest.mark.usefixtures("short_kit")
def test_kept_law_that_is_expected_to_fail_is_broken() -> None:
    for result in check(contract_of(saying(plugin_with(), expected_failures=dict.fromkeys(LAWS, LATE)))):
        assert result.state is State.BROKEN
        assert "the law is kept; take it out of describe().expected_failures" in result.text


def test_key_in_the_query_is_the_vendors_way_and_no_leak() -> None:
    def fetch(account: Account, cursor: str | None) -> Iterator[Page]:
        key = account.settings["key"].reveal()
        account.http.request("GET", "/people", params={"key": key}, headers=signed(account)).json(dict)
        yield from gateway_example.fetch(account, cursor)

    results = check(contract_of(plugin_with(fetch=fetch)), "told to nobody")
    assert {each.law: each.state for each in results} == {
        "test_secrets_are_told_to_nobody": State.KEPT,
        "test_people_are_told_to_nobody": State.KEPT,
    }
