"""The register: agreements, transfers with an end, and suppliers against what the policy says of them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rules.lint.cases import FAR, PAST, SOON

CLOSED = {"closed_list": True, "suppliers": ("shl", "outlook")}
END = "2031-12-27"


def others(find, processors, **policy):
    """Whom the check of the closed list names, beside those that are listed."""
    listed = {"shl": {"title": "SHL Norge AS"}, "outlook": {"sub_processors": ("SHL Norge AS",)}}
    found = find("L11", listed | processors, notice=CLOSED, **policy)
    return [each.wrong.partition("the register has ")[2].removesuffix(" too") for each in found]


def test_all_that_are_listed_are_no_others(find):
    assert others(find, {}) == []
    assert not find("L11", {"frantz": {}}, notice={"closed_list": False, "suppliers": ("shl",)})
    assert not find("L11", {"frantz": {}}, notice={"suppliers": ("shl",)})


@pytest.mark.parametrize(("table", "named"), [
    ({"role": "processor"}, ["frantz"]), ({"role": "controller"}, ["frantz"]), ({"role": "joint"}, []),
    ({"role": "recipient"}, []), ({"role": "joint", "own_purposes": True}, ["frantz"]),
    ({"role": "joint", "sub_processors": ("Facebook",)}, ["Facebook (of frantz)"]),
])  # fmt: skip
def test_suppliers_are_told_from_clients_by_their_role(find, table, named):
    assert others(find, {"frantz": table}) == named


def test_clients_in_the_register_are_no_suppliers(find):
    assert (
        others(find, {"clients": {"role": "controller"}}, recipients={"clients": {"role": "controller"}})
        == []
    )


def test_recipients_that_are_processors_are_suppliers(find):
    assert others(find, {}, recipients={"cut-e": {"role": "processor"}}) == ["cut-e"]
    assert others(find, {}, recipients={"tests": {"role": "processor", "title": "shl norge as"}}) == []


def test_a_closed_list_without_names_names_nobody(find):
    assert find("L11", {"shl": {}}, notice={"closed_list": True})


def adequacy(find, **more):
    found = find("L12", {"invenias": {"country": "GB", "transfer_basis": "adequacy"} | more})
    return [(str(each.severity), each.row.id, each.wrong) for each in found]


def test_the_end_of_a_decision_is_known_from_the_law(find):
    missing, note = adequacy(find)
    assert missing == ("warning", "UK1", f"the register has no end for the decision on GB, which ends {END}")
    assert note == ("note", "UK1", f"the decision that GB is adequate ends {END}")


def test_a_register_that_lets_a_decision_run_too_long_is_put_right(find):
    later, note = adequacy(find, transfer_until=FAR)
    assert later[2] == f"the register has 2032-01-31 for the decision on GB, which ends {END}"
    assert END in note[2]


def test_a_decision_in_the_register_may_end_earlier(find):
    assert adequacy(find, transfer_until=date(2031, 12, 27))[0][0] == "note"
    ((severity, row, wrong),) = adequacy(find, transfer_until=PAST)
    assert (severity, row, wrong) == ("broken", "UK1", "the decision that GB is adequate ended 2026-01-31")


def test_a_decision_the_law_has_no_row_of_ends_as_the_register_says(find):
    assert adequacy(find, country="CH") == []
    assert adequacy(find, country="CH", transfer_until=SOON)[0][:2] == ("note", "G40")


def test_a_decision_is_over_the_day_after_its_last(find, linted):
    table = {
        "invenias": {"country": "GB", "transfer_basis": "adequacy", "transfer_until": date(2031, 12, 27)}
    }
    last = [each.severity for each in linted(table, today=date(2031, 12, 27)) if each.check == "L12"]
    after = [each.severity for each in linted(table, today=date(2031, 12, 28)) if each.check == "L12"]
    assert (last, after) == (["note"], ["broken"])


def test_a_basis_that_ends_is_noted_before(find):
    (found,) = find("transfer-ends", {"crm": {"transfer_basis": "scc", "transfer_until": SOON}})
    assert (found.severity, found.wrong) == ("note", 'the basis of the transfer ("scc") ends 2027-01-31')
    assert not find("transfer-ends", {"crm": {"transfer_basis": "adequacy", "transfer_until": PAST}})


@pytest.mark.parametrize("country", ["NO", "NL", "IS", "LI", ""])
def test_within_the_eea_nothing_has_to_carry_a_transfer(find, country):
    assert not find("transfer-missing", {"crm": {"country": country}})


def test_a_promise_of_secrecy_is_named_even_where_no_country_is(find):
    assert find("L4", {"crm": {"transfer_basis": "nda"}})
    assert not find("transfer-missing", {"crm": {"transfer_basis": "nda", "country": "US"}})


@pytest.mark.parametrize(("table", "key", "severity", "wrong"), [
    ({"agreement": " "}, "agreement", "broken", "Crm is a processor without an agreement"),
    ({"signed": None}, "signed", "warning", "the agreement with Crm has no day on which it was signed"),
    ({"signed": SOON}, "signed", "broken", "the agreement with Crm is to be signed later"),
])  # fmt: skip
def test_an_agreement_is_there_and_was_signed(find, table, key, severity, wrong):
    (found,) = find("agreement-unsigned", {"crm": table})
    assert (found.place, found.severity, found.wrong) == (f"processors.crm.{key}", severity, wrong)


def test_only_processors_need_a_processing_agreement(find):
    assert not find("agreement-unsigned", {"crm": {"role": "controller", "agreement": "", "signed": None}})


@pytest.mark.parametrize(("role", "rows"), [("processor", ["G29"]), ("joint", ["G41"]), ("controller", [])])
def test_an_agreement_that_ran_out_is_one_of_its_role(find, role, rows):
    found = find("agreement-expired", {"crm": {"role": role, "agreement_until": PAST}})
    assert [each.row.id for each in found] == rows


def test_an_agreement_holds_on_its_last_day(find):
    assert not find("agreement-expired", {"crm": {"agreement_until": date(2026, 11, 23)}})
    assert find("agreement-expired", {"crm": {"agreement_until": date(2026, 11, 22)}})
    assert not find("agreement-unsigned", {"crm": {"signed": date(2026, 11, 23)}})


def test_a_joint_processor_needs_an_arrangement(find):
    (found,) = find("arrangement-missing", {"shl": {"role": "joint", "agreement": ""}})
    assert found.place == "processors.shl.agreement"
    assert not find("arrangement-missing", {"shl": {"role": "joint", "agreement": "Art. 26 no. 1"}})


def test_a_recipient_that_must_erase_is_told_of_once(find):
    clients = {"clients": {"role": "joint", "erases": "on-instruction"}}
    assert find("L14", recipients=clients)
    assert not find("arrangement-missing", recipients=clients)


def test_a_chain_is_unclear_only_where_its_head_works_for_itself(find):
    assert find(
        "L20", {"frantz": {"role": "controller", "own_purposes": True, "sub_processors": ("Facebook",)}}
    )
    assert not find("L20", {"frantz": {"own_purposes": True}})
