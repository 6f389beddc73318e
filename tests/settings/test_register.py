"""What gateway.toml registers of a processor for the law, and what changes when a policy.toml stands beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.errors import SettingsError

RECMAN, PURPOSES = "[processors.recman]", '[purposes.recruitment]\nretention = "24 months"\n'
REGISTERED = """\
country = "NL"
signed = 2024-03-01
agreement_until = 2027-02-28
transfer_basis = "adequacy"
transfer_until = 2031-12-27
sub_processors = ["A host", "A mail service"]
own_purposes = true
"""


def mistakes(read, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(text)
    return list(caught.value.mistakes)


def beside(folder: Path) -> Path:
    path = folder / "policy.toml"
    path.write_text("not read here")
    return path


def test_register_holds_what_is_given(read, good: str) -> None:
    recman = read(good.replace(RECMAN, f"{RECMAN}\n{REGISTERED}")).processors["recman"]
    assert (recman.country, recman.transfer_basis, recman.own_purposes) == ("NL", "adequacy", True)
    assert (recman.signed, recman.agreement_until) == (date(2024, 3, 1), date(2027, 2, 28))
    assert recman.transfer_until == date(2031, 12, 27)
    assert recman.sub_processors == ("A host", "A mail service")


def test_register_is_empty_when_nothing_is_said(read, good: str) -> None:
    silent = read(good).processors["recman"]
    empty = read(good.replace(RECMAN, f'{RECMAN}\ncountry = ""\ntransfer_basis = ""')).processors["recman"]
    for recman in (silent, empty):
        assert (recman.country, recman.transfer_basis, recman.own_purposes) == ("", "", False)
        assert (recman.signed, recman.agreement_until, recman.transfer_until) == (None, None, None)
        assert recman.sub_processors == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('country = "no"', 'country: "no" is not two capital letters such as "NO"'),
        ('country = "NOR"', 'country: "NOR" is not two capital letters such as "NO"'),
        ("country = 47", 'country: must be two capital letters such as "NO"'),
        ('signed = "2024-03-01"', "signed: must be a date such as 2026-01-31, without quotes"),
        ("signed = 2024-03-01T10:00:00Z", "signed: must be a date such as 2026-01-31, without quotes"),
        ("agreement_until = 2027", "agreement_until: must be a date such as 2026-01-31, without quotes"),
        ("transfer_until = 10:00:00", "transfer_until: must be a date such as 2026-01-31, without quotes"),
        (
            'transfer_basis = "adequate"',
            'transfer_basis: "adequate" is not one of adequacy, scc, bcr, derogation, nda; did you mean "adequacy"?',
        ),
        ("transfer_basis = true", "transfer_basis: must be adequacy, scc, bcr, derogation or nda"),
        ('sub_processors = "A host"', "sub_processors: must be a list of texts"),
        ("sub_processors = [1, 2]", "sub_processors: must be a list of texts"),
        ('sub_processors = [" "]', "sub_processors: must not be empty"),
        ('sub_processors = ["A host", "A host"]', 'sub_processors: "A host" stands twice'),
        ('own_purposes = "yes"', "own_purposes: must be true or false"),
        ('signd = "x"', 'signd: unknown key; did you mean "signed"?'),
    ],
)
def test_mistake_in_the_register_is_named_with_what_would_be_right(
    read, good: str, line: str, message: str
) -> None:
    assert mistakes(read, good.replace(RECMAN, f"{RECMAN}\n{line}")) == [
        f"processors.recman.{message} (gateway.toml)"
    ]


def test_policy_is_found_when_it_stands_beside_the_file(read, good: str, folder: Path) -> None:
    assert read(good).policy_path is None
    path = beside(folder)
    settings = read(good.replace(PURPOSES, ""))
    assert settings.policy_path == path
    assert (settings.purposes, settings.processors["recman"].purposes) == ({}, ())


def test_policy_is_found_when_it_is_a_link_that_leads_nowhere(read, good: str, folder: Path) -> None:
    (folder / "policy.toml").symlink_to(folder / "gone.toml")
    assert read(good.replace(PURPOSES, "")).policy_path == folder / "policy.toml"


def test_purposes_are_refused_when_a_policy_stands_beside_the_file(read, good: str, folder: Path) -> None:
    beside(folder)
    assert mistakes(read, good) == [
        "purposes: purposes stand in policy.toml, which lies beside this file; take them away here (gateway.toml)"
    ]


def test_purposes_of_a_processor_may_be_any_when_a_policy_says_which_there_are(
    read, good: str, folder: Path
) -> None:
    beside(folder)
    text = good.replace(PURPOSES, "").replace(RECMAN, f'{RECMAN}\npurposes = ["tests", "audits"]')
    assert read(text).processors["recman"].purposes == ("tests", "audits")


def test_key_is_found_when_the_table_is_called_like_a_key(read, good: str) -> None:
    text = good.replace(RECMAN, '[processors.role]\nrole = "joint"\nlocation = 3\nparalel = 2\n' + RECMAN)
    text = text.replace("[purposes.recruitment]", "[purposes.retention]\nstart = 1\n[purposes.recruitment]")
    assert mistakes(read, text) == [
        "processors.role.location: must be text (gateway.toml)",
        'processors.role.paralel: unknown key; did you mean "parallel"? (gateway.toml)',
        "purposes.retention.start: must be created, updated or active (gateway.toml)",
    ]
