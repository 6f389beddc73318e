"""Periods that are missing or cut short, and kept sets that say too little."""

from __future__ import annotations

import pytest

from gateway.rules.lint.differing import differences
from tests.rules.lint.conftest import TODAY, make_policy

KEEP = {"data_sets": ("reports",), "ground": "claims", "text": "x", "period": "3 years", "readers": ("MD",)}
RULE = {"purposes": ("work",), "data_sets": ("cv",), "start": ("updated",), "period": "1 year"}


@pytest.mark.parametrize(("more", "gap"), [
    ({"ground": "convenience"}, '"convenience" is no ground'), ({"readers": ()}, "nobody is named"),
    ({"period": None, "until_event": ""}, "it has no end"), ({"words": "unntatt prosessrapporter"}, "words give it no end"),
])  # fmt: skip
def test_each_gap_of_a_kept_set_is_named(find, more, gap):
    keep = {key: value for key, value in (KEEP | more).items() if value is not None}
    (found,) = find("L2", keeps={"K1": keep})
    assert gap in found.wrong


@pytest.mark.parametrize(
    "words", ["i tre år", "inntil 6 måneder", "for two weeks", "beholdes i 90 dager", "et døgn"]
)
def test_words_that_name_a_time_give_a_kept_set_its_end(find, words):
    assert not find("L2", keeps={"K1": KEEP | {"words": words}})


def test_what_a_law_keeps_has_its_end_from_the_law(find, law):
    assert not find("L2", keeps={"K1": KEEP | {"ground": "legal-duty", "words": "etter bokføringsloven"}})
    assert not find("L2", keeps={"N6": KEEP | {"readers": (), "row": law["N6"]}})


def test_recruitment_without_a_rule_is_held_against_the_guidance(find, linted):
    work = {"work": {"about": "recruitment", "data_sets": ("cv", "tests"), "proof": "x"}}
    (found,) = find("L10", purposes=work, rules={"P1": RULE})
    assert (found.row.id, found.severity, found.place) == ("N1", "warning", "purposes.work")
    assert "no rule of the firm says how long work keeps tests" in found.wrong
    assert not find("retention-missing", purposes=work, rules={"P1": RULE})


def test_where_no_row_of_the_law_acts_the_missing_rule_itself_is_named(find):
    work = {"work": {"about": "recruitment", "data_sets": ("cv",)}}
    assert not find("L10", purposes=work, law={"N1": "off"})
    (found,) = find("retention-missing", purposes=work, law={"N1": "off"})
    assert (found.severity, found.row.id) == ("warning", "G3")


def test_a_rule_of_the_law_is_no_rule_of_the_firm(find, law):
    work = {"work": {"about": "recruitment", "data_sets": ("cv",)}}
    assert find("L10", purposes=work, rules={"N1": RULE | {"row": law["N1"]}})
    assert not find(
        "longer-than-law", purposes=work, rules={"N1": RULE | {"period": "9 years", "row": law["N1"]}}
    )


@pytest.mark.parametrize(("bases", "severity"), [
    (("legitimate-interests",), "broken"), (("consent",), "warning"), (("contract",), "warning"),
    (("consent", "legitimate-interests"), "warning"),
])  # fmt: skip
def test_interests_without_a_period_never_end(find, bases, severity):
    (found,) = find("retention-missing", purposes={"work": {"bases": bases}})
    assert (found.severity, "never" in found.wrong or "objection" in found.wrong) == (
        severity,
        severity == "broken",
    )
    assert "what is held" in found.wrong


def test_a_contract_may_end_with_what_is_kept(find):
    pay = {"pay": {"bases": ("contract",), "data_sets": ("reports",)}}
    assert find("retention-missing", purposes=pay)
    assert not find("retention-missing", purposes=pay, keeps={"K1": KEEP})


def differ(period: str, **more: object) -> list[str]:
    work = {"work": {"about": "recruitment", "data_sets": ("cv",)}}
    policy = make_policy(purposes=work, rules={"P1": RULE | {"period": period}}, **more)
    return [str(each) for each in differences(policy, TODAY)]


def test_of_two_periods_the_shorter_one_acts():
    law = "N1 (GDPR Art. 5(1)(e) in recruitment, G) says 1 year"
    assert differ("3 years") == [
        f"rules.P1.period: the policy says 3 years; {law}. N1 acts, unless a consent stands."
    ]
    assert differ("6 months") == [f"rules.P1.period: the policy says 6 months; {law}. rules.P1.period acts."]
    assert differ("12 months") == differ("1 year") == differ("3 years", law={"N1": "off"}) == []


def test_only_a_retention_rule_can_be_longer_than_the_law(find):
    work = {"work": {"about": "recruitment", "data_sets": ("cv",)}}
    assert not find("longer-than-law", purposes=work, rules={"P1": RULE | {"period": "6 months"}})
    assert not find("longer-than-law", notice={"inform_within": "3 months"})


def test_a_row_that_only_warns_does_not_act():
    (found,) = differ("3 years", law={"N1": "warn"})
    assert found.endswith("says 1 year, and is only warned about. rules.P1.period acts.")
    (found,) = differ("1 year", notice={"inform_within": "3 months"})
    assert found == (
        "notice.inform_within: the policy says 3 months; G16 (GDPR Art. 14, C) says 1 month. G16 acts."
    )


def test_a_preset_of_another_country_acts_once_it_is_switched_on():
    found = differ("3 years", law={"FR1": "on", "DK1": "on"})
    assert [each.split("; ")[1].split(" ")[0] for each in found] == ["N1", "FR1"]
