"""Every law of the contract is red for the plugins that break it, and only it; for the honest one all are green."""

from __future__ import annotations

import re
from typing import Any

import gateway_example
import pytest

from gateway.testing import laws_of_faults
from gateway.testing.check import State, check, laws_of
from tests.hostile import (
    wrong_deleting,
    wrong_fetching,
    wrong_fetching_in_trouble,
    wrong_holding,
    wrong_in_trouble,
    wrong_names,
    wrong_shape,
    wrong_telling,
)
from tests.hostile.twin import Twin, contract_of, twins_of

TWINS = twins_of(
    wrong_shape,
    wrong_fetching,
    wrong_fetching_in_trouble,
    wrong_holding,
    wrong_deleting,
    wrong_names,
    wrong_in_trouble,
    wrong_telling,
)
LAWS = laws_of(contract_of(gateway_example))
WEATHER = "test_any_weather_ends_well"
OF_FAULTS = {name for name in vars(laws_of_faults.FaultLaws) if name.startswith("test_")}
CAUGHT_IN_THE_RAIN = {*OF_FAULTS, "test_fetch_resumes_from_every_page"}
"""Laws about what faults bring to light. The weather is made of faults, so it may find the same: chance decides."""


def name(twin: Twin) -> str:
    return twin.name


def test_every_law_has_a_twin() -> None:
    assert {each.law for each in TWINS} == LAWS.keys()


def test_every_twin_says_what_its_author_thought() -> None:
    assert not [each.name for each in TWINS if not each.thought.endswith(".") or not each.says]
    assert len({each.name for each in TWINS}) == len(TWINS)


def test_few_twins_break_a_second_law_and_say_why() -> None:
    torn = [each for each in TWINS if each.also]
    assert len(torn) <= len(TWINS) // 10
    assert not [each.name for each in torn if not all(why.endswith(".") for why in each.also.values())]
    assert {law for each in torn for law in each.also} <= LAWS.keys()


def test_honest_plugin_keeps_every_law() -> None:
    results = check(contract_of(gateway_example))
    assert {each.law: each.text for each in results if each.state is not State.KEPT} == {}


@pytest.mark.parametrize("twin", TWINS, ids=name)
def test_twin_breaks_its_law_which_says_how(twin: Twin) -> None:
    (result,) = check(twin.contract, twin.law)
    assert result.state is State.BROKEN
    told = re.sub(r"^\[\w+\]\n", "", result.text)
    assert re.match(rf"came: .*{twin.says}.*\nexpected: .+\nasked: ", told), told
    assert LAWS[twin.law] in told


def first_of_each_law_soon() -> list[Any]:
    """One twin a law in `make test`, the others in `make torture`: each takes seconds."""
    seen: set[str] = set()
    found = []
    for twin in TWINS:
        found.append(pytest.param(twin, marks=pytest.mark.torture if twin.law in seen else ()))
        seen.add(twin.law)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("short_kit")
@pytest.mark.parametrize("twin", first_of_each_law_soon(), ids=name)
def test_twin_breaks_no_other_law(twin: Twin) -> None:
    broken = {each.law: each.text for each in check(twin.contract) if each.state is State.BROKEN}
    due = {twin.law, *twin.also}
    perhaps = {WEATHER} if due & CAUGHT_IN_THE_RAIN else set()
    assert broken.keys() - perhaps == due - perhaps, broken
