"""What a published policy promises, leaves out, and is older than."""

from __future__ import annotations

import pytest

from gateway.settings.period import read_period


@pytest.mark.parametrize(("said", "late"), [
    ("1 month", False), ("30 days", False), ("4 weeks", False), ("31 days", True), ("5 weeks", True), ("1 year", True),
])  # fmt: skip
def test_telling_late_is_seen_in_any_unit(find, said, late):
    assert bool(find("L1", notice={"inform_within": read_period(said)})) == late


def test_a_keep_contradicts_that_all_is_erased_and_one_of_the_law_is_not_the_policys(find, law):
    keep = {"data_sets": ("reports",), "ground": "claims", "text": "For claims.", "period": "3 years"}
    (found,) = find("L3", notice={"withdrawal_erases": "all"}, keeps={"K1": keep})
    assert found.wrong.endswith("some stay: keeps.K1")
    sets = {"reports": {"duty": "claims"}}
    assert find("L3", notice={"withdrawal_erases": "all"}, keeps={"K1": keep}, data_sets=sets) == [found]
    assert not find("L3", notice={"withdrawal_erases": "all"}, keeps={"K1": keep | {"row": law["N6"]}})


@pytest.mark.parametrize(("fields", "missing"), [
    (("name", "number of applicants"), "gender"), (("name", "sex of each"), "number"), (("Kjønn", "Antall"), ""),
])  # fmt: skip
def test_the_public_list_is_known_by_the_words_of_both_languages(find, fields, missing):
    found = find("L8", notice={"public_list_fields": fields})
    assert [each.wrong.rpartition(" ")[2] for each in found] == [missing] * bool(missing)


@pytest.mark.parametrize(("bases", "missing"), [
    (("contract",), "portability"), (("legitimate-interests",), "objection"), (("consent",), "portability and withdrawal"),
    (("legal-obligation",), ""),
])  # fmt: skip
def test_a_right_is_missed_where_its_basis_is_used(find, bases, missing):
    rights = ("access", "rectification", "erasure", "restriction", "complaint")
    found = find("L9", notice={"rights": rights}, purposes={"work": {"bases": bases}})
    assert [each.wrong for each in found] == [f"the policy does not tell people of {missing}"] * bool(missing)


def test_a_complaint_may_be_told_of_by_itself(find):
    rights = ("access", "rectification", "erasure", "restriction")
    assert find("L9", notice={"rights": rights, "complaint": False})
    assert not find("L9", notice={"rights": rights, "complaint": True})


@pytest.mark.parametrize(("published", "rows"), [
    ("2019-09-15", ["SCHREMS-II", "CREDIT-ACT", "N9"]), ("2020-07-16", ["CREDIT-ACT", "N9"]), ("2024-12-31", ["N9"]),
    ("2025-01-01", []), ("", []),
])  # fmt: skip
def test_each_change_of_the_law_since_is_named(find, published, rows):
    credit = {"data_sets": {"report": {"special": ("credit",)}}}
    found = find("L15", {"crm": {"country": "US", "transfer_basis": "scc"}}, published=published, **credit)
    assert [each.row.id for each in found] == rows


def test_a_change_is_named_only_where_it_is_about_the_firm(find):
    found = find("L15", {"crm": {"country": "NL"}, "old": {}}, published="2019-09-15", data_sets={"cv": {}})
    assert [each.row.id for each in found] == ["N9"]
    credit = find("L15", published="2019-09-15", purposes={"check": {"about": "credit"}})
    assert [each.row.id for each in credit] == ["CREDIT-ACT", "N9"]


def test_the_words_of_the_policy_are_quoted(find):
    keep = {
        "data_sets": ("reports",),
        "ground": "claims",
        "text": "x",
        "words": "søkerlister og prosessrapporter",
    }
    assert find("L2", keeps={"K1": keep})[0].quote == "søkerlister og prosessrapporter"
