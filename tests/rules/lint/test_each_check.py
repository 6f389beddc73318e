"""Every check finds what it is for, is silent where it was put right, and says where, what and what instead."""

from __future__ import annotations

import pytest

from gateway.rules.lint import CHECKS
from gateway.rules.policy import Switch
from tests.rules.lint.cases import CASES

EACH = [each.id for each in CHECKS]
LAWYER = "for the firm's lawyer to confirm"


def test_every_check_has_a_case_and_l1_to_l20_are_there_in_order():
    assert sorted(CASES) == sorted(EACH)
    assert EACH[:20] == [f"L{number}" for number in range(1, 21)]
    assert all(each.title for each in CHECKS)


@pytest.mark.parametrize("check", EACH)
def test_a_check_finds_what_it_is_for(find, check):
    case = CASES[check]
    (found,) = find(check, **case.have)
    assert (found.severity, found.place) == (case.severity, case.place)
    assert case.wrong in found.wrong
    assert case.instead in found.instead


@pytest.mark.parametrize("check", EACH)
def test_a_check_is_silent_where_it_was_put_right(find, check):
    assert find(check, **CASES[check].right) == []


@pytest.mark.parametrize("check", EACH)
def test_no_text_is_empty_and_a_source_is_always_cited(linted, check):
    for each in linted(**CASES[check].have):
        assert all(text.strip() for text in (each.place, each.wrong, each.instead, each.row.source))
        assert each.row.article in each.law("nb")
        assert each.law().startswith(each.row.says["en"])


@pytest.mark.parametrize("check", EACH)
def test_what_awaits_a_lawyer_breaks_nothing_and_says_so(linted, check, awaiting):
    for each in linted(**CASES[check].have):
        assert (LAWYER in each.law()) == (each.row.mark in awaiting)
        assert each.severity != "broken" or each.row.mark not in awaiting


@pytest.mark.parametrize("check", [each for each in EACH if each != "law-off"])
def test_a_row_that_is_off_is_not_held_against_the_policy(find, check):
    (found,) = find(check, **CASES[check].have)
    without = find(check, **CASES[check].have, law={found.row.id: "off"})
    assert found.row.id not in {each.row.id for each in without}


@pytest.mark.parametrize(
    "check", [each for each in EACH if CASES[each].severity == "broken" and each != "law-off"]
)
def test_a_row_that_only_warns_breaks_nothing(find, check):
    (found,) = find(check, **CASES[check].have)
    (again,) = find(check, **CASES[check].have, law={found.row.id: "warn"})
    assert (again.severity, again.row.switch) == ("warning", Switch.WARN)


def test_the_worst_stands_first(linted):
    found = linted(
        {"shl": {"agreement": "", "own_purposes": True}}, purposes={"pay": {"bases": ("contract",)}}
    )
    order = [str(each.severity) for each in found]
    assert set(order) == {"broken", "warning", "note"}
    assert order == sorted(order, key=["broken", "warning", "note"].index)


def test_nothing_is_found_where_nothing_is_said(linted):
    assert linted() == []
    assert linted({"shl": {}, "paper": {"role": "controller", "agreement": ""}}) == []


def test_without_any_law_nothing_is_wrong(linted):
    for case in CASES.values():
        assert linted(**{**case.have, "rows": {}}) == []
