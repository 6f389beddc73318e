"""A version of the rules is all they were read from: it names them, and makes the same rules again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.ledger import new_master_key
from gateway.rules import versions
from gateway.settings import load
from gateway.trail import new_signing_key

HEAD = """
[gateway]
master_key = { file = "master" }
signing_key = { file = "signing" }
[processors.paper]
role = "joint"
location = "here"
"""
PURPOSES = '[purposes.recruitment]\nretention = "24 months"\n[purposes.marketing]\n'
POLICY = """
[policy]
title = "A firm"
[data_sets.records]
title = "Records"
held_at = ["paper"]
[purposes.recruitment]
title = "Recruitment"
bases = ["consent"]
data_sets = ["records"]
[rules.P1]
purposes = ["recruitment"]
start = "updated"
period = "3 years"
"""


@pytest.fixture
def read(tmp_path: Path):
    for name, key in (("master", new_master_key()), ("signing", new_signing_key())):
        (tmp_path / name).write_text(key.reveal())
        (tmp_path / name).chmod(0o600)

    def make(toml: str, policy: str = ""):
        (tmp_path / "gateway.toml").write_text(toml)
        (tmp_path / "policy.toml").unlink(missing_ok=True)
        if policy:
            (tmp_path / "policy.toml").write_text(policy)
        return load(tmp_path / "gateway.toml", {})

    return make


@pytest.mark.parametrize(
    ("toml", "policy"), [(HEAD + PURPOSES, ""), (HEAD, POLICY)], ids=["purposes", "policy"]
)
def test_an_earlier_version_makes_the_same_rules_whatever_stands_there_now(read, toml, policy):
    body = versions.body_of(settings := read(toml, policy))
    before = versions.from_body(body, settings)
    now = read(HEAD, POLICY.replace("3 years", "1 year"))
    again = versions.from_body(body, now)
    assert (again.rules, again.uses, again.purposes) == (before.rules, before.uses, before.purposes)
    assert (again.version, len(again.version)) == (versions.version_of(body), 16)


@pytest.mark.parametrize(("toml", "policy"), [
    (HEAD, POLICY.replace("3 years", "4 years")),
    (HEAD.replace('location = "here"', 'location = "here"\npurposes = ["recruitment"]'), POLICY),
    (HEAD + PURPOSES, ""),
])  # fmt: skip
def test_whatever_changes_what_is_owed_makes_another_version(read, toml, policy):
    first = versions.version_of(versions.body_of(read(HEAD, POLICY)))
    assert versions.version_of(versions.body_of(read(toml, policy))) != first


def test_what_changes_nothing_that_is_owed_makes_no_other_version(read):
    first = versions.body_of(read(HEAD, POLICY))
    assert versions.body_of(read(HEAD.replace("here", "there"), POLICY)) == first


def test_the_law_is_part_of_a_version(read):
    body = versions.body_of(settings := read(HEAD, POLICY))
    content = json.loads(body)
    content["law"]["norway.toml"] = content["law"]["norway.toml"].replace("1 year", "2 years")
    other = json.dumps(content, sort_keys=True, ensure_ascii=False)
    assert versions.version_of(other) != versions.version_of(body)
    assert versions.from_body(other, settings).law["N1"].values["period"] == "2 years"
