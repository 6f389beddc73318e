"""Bases that are two, too weak, or not proven; fields nobody needs; rows that were switched off."""

from __future__ import annotations

import pytest

CREDIT = {"data_sets": {"report": {"special": ("credit",)}}}


def check_on(*bases: str) -> dict[str, object]:
    return {"purposes": {"check": {"bases": bases, "data_sets": ("report",)}}} | CREDIT


def test_credit_data_on_consent_are_held_against_the_guidance(find):
    (found,) = find("L7", **check_on("consent"))
    assert (found.severity, found.row.id) == ("warning", "N3")
    assert "consent alone carries report (credit data)" in found.wrong


@pytest.mark.parametrize(
    "bases", [("consent", "legitimate-interests"), ("legitimate-interests",), ("contract",)]
)
def test_credit_data_on_other_bases_are_no_matter_of_consent(find, bases):
    assert not find("L7", **check_on(*bases))


def marketing(**subjects: tuple[str, ...]) -> dict[str, object]:
    bases = {"customers": ("legitimate-interests",), "others": ("consent",)}
    return {
        "purposes": {
            name: {"about": "marketing", "bases": each, "data_sets": ("contacts",), "subjects": subjects.get(name, ())}
            for name, each in bases.items()
        }
    }  # fmt: skip


def test_two_purposes_of_marketing_on_the_same_people_are_one_on_two_bases(find):
    (found,) = find("L17", **marketing())
    assert (found.place, found.row.id) == ("purposes.others.bases", "N7")
    assert "the same data serve customers on legitimate-interests and others on consent" in found.wrong
    assert find("L17", **marketing(customers=("customer",), others=("customer", "candidate")))


def test_marketing_to_people_who_are_apart_may_rest_on_two_bases(find):
    assert not find("L17", **marketing(customers=("customer",), others=("candidate",)))


def test_two_bases_of_marketing_are_said_once(linted):
    purposes = {"news": {"about": "marketing", "bases": ("consent", "contract"), "proof": "x"}}
    found = [each.check for each in linted(purposes=purposes)]
    assert (found.count("L17"), found.count("two-bases")) == (1, 0)


def test_two_bases_without_consent_are_two_all_the_same(find):
    (found,) = find("two-bases", purposes={"pay": {"bases": ("contract", "legal-obligation")}})
    assert found.wrong == "pay rests on contract and legal-obligation at once"


@pytest.mark.parametrize(("bases", "rows", "severity"), [
    (("consent",), ["G7"], "warning"), (("legitimate-interests",), ["G6"], "warning"), (("contract",), ["G5"], "note"),
    (("consent", "legitimate-interests"), ["G6", "G7"], "warning"), (("consent", "contract"), ["G7"], "warning"),
])  # fmt: skip
def test_each_basis_has_a_proof_of_its_own(find, bases, rows, severity):
    found = find("basis-proof", purposes={"work": {"bases": bases}})
    assert ([each.row.id for each in found], {str(each.severity) for each in found}) == (rows, {severity})


def test_fields_are_held_against_the_recipients_of_the_same_data_only(find):
    clients = {"clients": {"fields": ("name",)}}
    policy = {"data_sets": {"cv": {"fields": ("name", "gender")}}, "recipients": clients}
    assert not find("L19", purposes={"work": {"data_sets": ("cv",)}}, **policy)
    assert find("L19", purposes={"work": {"data_sets": ("cv",), "recipients": ("clients",)}}, **policy)


def test_a_field_that_a_purpose_needs_need_not_be_given_to_anybody(find):
    policy = {
        "data_sets": {"cv": {"fields": ("name", "gender")}},
        "recipients": {"clients": {"fields": ("name",)}},
    }
    work = {"data_sets": ("cv",), "recipients": ("clients",), "fields": ("gender",)}
    assert not find("L19", purposes={"work": work}, **policy)


def test_a_field_is_told_of_once_and_where_the_reading_is_off_by_the_law_itself(linted):
    policy = {
        "data_sets": {"cv": {"fields": ("name", "gender")}},
        "recipients": {"clients": {"fields": ("name",)}},
    }
    work = {"data_sets": ("cv",), "recipients": ("clients",), "fields": ("name",)}
    both = [linted(purposes={"work": work}, law={"G1-R": switch}, **policy) for switch in ("warn", "off")]
    checks = [[each.check for each in found if each.place == "data_sets.cv.fields"] for found in both]
    assert checks == [["L19"], ["field-unneeded"]]


def test_fields_are_unneeded_only_where_every_purpose_says_what_it_needs(find):
    sets = {"cv": {"fields": ("name", "gender")}}
    one = {"data_sets": ("cv",), "fields": ("name",)}
    assert find("field-unneeded", purposes={"one": one}, data_sets=sets)
    assert not find("field-unneeded", purposes={"one": one, "two": {"data_sets": ("cv",)}}, data_sets=sets)
    assert not find("field-unneeded", data_sets=sets)


def test_what_a_lawyer_may_switch_is_switched_without_a_word(find):
    assert not find("law-off", law={"P4-R": "off", "OMNIBUS": "on", "DK1": "on", "N12": "on"})


def test_guidance_that_is_switched_off_is_warned_of(find):
    (found,) = find("law-off", law={"N1": "warn"})
    assert (found.severity, found.place) == ("warning", "law.N1")
    assert found.wrong == 'N1 is switched to "warn", and is guidance'
