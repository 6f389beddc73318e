"""Findings as SARIF: what editors need to show them beside the line they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.rules import sarif
from gateway.rules.lint import CHECKS
from tests.rules.lint.cases import SOON

POLICY = """\
[policy]
title = "Personvernpolicy"

[notice.accepted_by]
value = "use"

[purposes."work"]  # quoted names are the same names
bases = ["consent"]
"""
REGISTER = """\
[processors.shl]
role = "processor"
country = "US"
"""


@pytest.fixture
def log(tmp_path: Path, linted):
    """A log over two files, of a broken policy and register."""
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "gateway.toml").write_text(REGISTER, encoding="utf-8")
    found = linted({"shl": {"country": "US"}}, notice={"accepted_by": "use"}, purposes={"work": {}})
    return sarif.render(found, tmp_path / "policy.toml", tmp_path / "gateway.toml", "0.1.0")


def results(log):
    (run,) = log["runs"]
    return {each["ruleId"]: each for each in run["results"]}


def test_the_log_names_its_version_its_tool_and_every_check(log):
    driver = log["runs"][0]["tool"]["driver"]
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-2.1.0.json")
    assert (driver["name"], driver["version"]) == ("gateway policy lint", "0.1.0")
    assert [each["id"] for each in driver["rules"]] == [each.id for each in CHECKS]


@pytest.mark.parametrize(("check", "file", "line", "level"), [
    ("L6", "policy.toml", 4, "error"), ("transfer-missing", "gateway.toml", 1, "error"),
    ("basis-proof", "policy.toml", 7, "warning"), ("retention-missing", "policy.toml", 7, "warning"),
])  # fmt: skip
def test_a_finding_stands_at_its_table(log, check, file, line, level):
    found = results(log)[check]
    (place,) = found["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": file}, "region": {"startLine": line}}
    assert found["level"] == level


def test_a_finding_stands_at_its_key_where_the_file_has_it(tmp_path, linted):
    path = tmp_path / "gateway.toml"
    path.write_text(REGISTER.replace("country", "transfer_basis"), encoding="utf-8")
    found = [each for each in linted({"shl": {"transfer_basis": "nda"}}) if each.check == "L4"]
    (result,) = sarif.render(found, None, path, "1")["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}


def test_a_message_says_what_is_wrong_what_the_law_says_and_what_to_do(log):
    text = results(log)["L6"]["message"]["text"]
    assert text.startswith("using the site is taken for agreement to the policy. Consent is")
    assert "GDPR Art. 4(11)" in text
    assert "Instead: strike the sentence" in text


def test_a_note_is_a_note(linted, tmp_path):
    found = linted({"gb": {"country": "GB", "transfer_basis": "adequacy", "transfer_until": SOON}})
    (result,) = sarif.render(found, None, tmp_path / "gateway.toml", "1")["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("L12", "note")


def test_a_place_that_no_file_has_stands_without_a_line(linted, tmp_path):
    found = linted(law={"G11": "off"})
    (result,) = sarif.render(found, None, tmp_path / "gateway.toml", "1")["runs"][0]["results"]
    assert result["locations"] == [
        {
            "physicalLocation": {"artifactLocation": {"uri": "gateway.toml"}},
            "logicalLocations": [{"fullyQualifiedName": "law.G11"}],
        }
    ]
