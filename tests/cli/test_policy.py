"""`gateway policy`: findings with their exit code, the rows of the law, and the policy as it acts."""

from __future__ import annotations

import json
import re

import pytest

PURPOSES = re.compile(r"\[purposes\.[^\[]*?(?=^\[|\Z|^# Who)", re.MULTILINE | re.DOTALL)
HEAD = """\
[policy]
title = "Personvernpolicy"
published = 2026-01-01
"""
SOUND = (
    HEAD
    + """
[data_sets.application]
title = "Søknad og CV"
held_at = ["example"]

[purposes.recruitment]
title = "Finne den best egnede kandidaten"
bases = ["consent"]
proof = "the consent rows of Example"
about = "recruitment"
data_sets = ["application"]

[rules.P1]
purposes = ["recruitment"]
start = ["updated"]
period = "1 year"
"""
)
BROKEN = (
    SOUND.replace("1 year", "3 years")
    + """
[keeps.K1]
data_sets = ["application"]
ground = "claims"
text = "Kept for claims."
readers = ["Daglig leder"]
until_event = "erasure-requested"

[notice.inform_within]
value = "3 months"
phrase = { text = "innen 3 måneder", ref = ["P6"] }
"""
)
MEMBERS = {
    "check", "severity", "place", "quote", "wrong", "row", "article", "mark", "source", "says", "instead"
}  # fmt: skip


@pytest.fixture
def police(firm):
    """A firm with this policy beside its gateway.toml, whose agreement was signed."""

    def write(policy=SOUND):
        head = firm.folder / "head.toml"
        head.write_text(PURPOSES.sub("", head.read_text(encoding="utf-8")), encoding="utf-8")
        (firm.folder / "policy.toml").write_text(policy, encoding="utf-8")
        firm.write(more='signed = 2026-01-01\ncountry = "NO"')
        return firm

    return write


def words(result):
    return " ".join(result.stdout.split())


def test_lint_of_a_sound_policy_finds_nothing(police):
    assert words(police()("policy", "lint")) == "Personvernpolicy: nothing was found."


def test_lint_says_where_what_the_law_says_and_what_instead(police):
    told = words(police(BROKEN)("policy", "lint", code=1))
    assert told.startswith("Broken: it contradicts the law, or itself: L1 notice.inform_within")
    for part in ("policy: «innen 3 måneder»", "wrong: people found elsewhere", "law: Where data come from others",
                 "GDPR Art. 14", "C: stated in the law", "instead: promise 1 month"):  # fmt: skip
        assert part in told
    assert told.endswith("Personvernpolicy: 1 thing broken, 0 warnings, 1 note.")


def test_lint_groups_by_how_grave_it_is(police):
    firm = police(BROKEN + '\n[notice.supplier_names]\nvalue = "on-request"\n')
    lines = firm("policy", "lint", code=1).stdout.splitlines()
    heads = [line for line in lines if line.endswith(":") and line[0] != " "]
    assert heads == [
        "Broken: it contradicts the law, or itself:",
        "To be looked at by a person:",
        "Good to know:",
    ]
    assert [line.split()[0] for line in lines if re.match(r"(L\d|longer)", line)] == [
        "L1",
        "L5",
        "longer-than-law",
    ]


def test_warnings_alone_end_with_nought(police):
    firm = police(SOUND.replace('proof = "the consent rows of Example"', ""))
    assert "1 warning, 0 notes." in firm("policy", "lint").stdout


def test_lint_without_a_policy_reads_gateway_toml(firm):
    told = words(firm("policy", "lint"))
    assert "basis-proof purposes.recruitment.proof" in told
    assert "agreement-unsigned processors.example.signed" in told
    assert told.endswith("gateway.toml: 0 things broken, 3 warnings, 0 notes.")


def test_lint_takes_another_policy(police, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(BROKEN, encoding="utf-8")
    firm = police()
    assert "1 thing broken" in firm("policy", "lint", str(other), code=1).stdout
    assert "does not exist" in firm("policy", "lint", str(tmp_path / "none.toml"), code=2).stderr


def test_a_policy_with_a_mistake_is_named_and_not_linted(police):
    result = police(SOUND.replace('bases = ["consent"]', 'bases = ["consnet"]'))("policy", "lint", code=2)
    assert "policy.toml" in result.stderr
    assert "did you mean" in result.stderr
    assert result.stdout == ""


def test_json_of_lint(police):
    found = police(BROKEN).json("policy", "lint", code=1)
    assert (found["policy"], found["broken"]) == ("Personvernpolicy", True)
    assert [set(each) for each in found["findings"]] == [MEMBERS] * 2
    first = found["findings"][0]
    assert (first["check"], first["severity"], first["row"], first["mark"]) == ("L1", "broken", "G16", "C")
    assert set(first["says"]) == {"en", "nb"}


def test_sarif_is_written_beside_what_is_printed(police, tmp_path):
    firm, target = police(BROKEN), tmp_path / "lint.sarif"
    assert "1 thing broken" in firm("policy", "lint", "--sarif", str(target), code=1).stdout
    (result, _) = json.loads(target.read_text(encoding="utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    line = BROKEN.splitlines().index("[notice.inform_within]") + 1
    assert place == {"artifactLocation": {"uri": "policy.toml"}, "region": {"startLine": line}}


def test_sarif_that_cannot_be_written_is_told(police, tmp_path):
    result = police()("policy", "lint", "--sarif", str(tmp_path / "no" / "lint.sarif"), code=2)
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Consent can be withdrawn at"), ("nb", "Et samtykke kan trekkes")]
)
def test_law_lists_the_rows_in_each_language(police, language, says):
    told = words(police()("policy", "law", "--lang", language))
    assert told.startswith("id article mark switch says")
    assert says in told


def test_law_shows_the_switches_of_the_policy(police):
    firm = police(SOUND + '\n[law]\nG2 = "warn"\nOMNIBUS = "on"\n')
    rows = {each["id"]: each for each in firm.json("policy", "law")["rows"]}
    assert (rows["G2"]["switch"], rows["OMNIBUS"]["switch"], rows["G35"]["switch"]) == ("warn", "on", "on")
    assert set(rows["G11"]) == {"id", "article", "mark", "source", "acts", "switch", "says", "values"}
    assert rows["UK1"]["values"]["until"] == "2031-12-27"


def test_show_gives_purposes_places_rules_keeps_and_what_acts(police):
    told = words(police(BROKEN)("policy", "show"))
    for part in (
        "Personvernpolicy, published 2026-01-01, version", "recruitment consent application", "application example",
        "P1 recruitment 3 years updated", "N1 recruitment 1 year, unless consent", "K1 application claims",
        "rules.P1.period: the policy says 3 years; N1", "N1 acts, unless a consent stands.", "G16 acts.",
    ):  # fmt: skip
        assert part in told


def test_show_says_where_nothing_differs(police):
    assert "Law and policy nowhere differ." in police()("policy", "show").stdout


def test_json_of_show(police):
    found = police(BROKEN).json("policy", "show")
    assert set(found) == {
        "policy",
        "version",
        "published",
        "purposes",
        "data_sets",
        "rules",
        "keeps",
        "differences",
    }
    assert [(each["id"], each["law"]) for each in found["rules"]] == [("P1", False), ("N1", True)]
    assert [(each["row"], each["acts"], each["unless"]) for each in found["differences"]] == [
        ("N1", "N1", "consent"), ("G16", "G16", None),
    ]  # fmt: skip
    assert found["data_sets"] == [{"name": "application", "title": "Søknad og CV", "held_at": ["example"]}]


def test_show_of_a_firm_without_a_policy(firm):
    told = words(firm("policy", "show"))
    assert told.startswith("gateway.toml, version")
    assert "records example" in told
