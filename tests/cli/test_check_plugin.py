"""`gateway check-plugin`, and what `gateway plugins` says of contracts."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import gateway_example
import pytest
from click.testing import CliRunner
from gateway_example.contract import TestExample as Example

from gateway import hookimpl, plugins
from gateway.cli import trying
from gateway.cli.app import cli
from gateway.testing import PluginContract, contracts
from gateway.testing.check import laws_of

AUDIT = "test_audit_shows_what_is_held"


def run(*words, code=0):
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == code, result.output
    said = [
        line for line in result.stdout.splitlines() if not line.startswith("    ")
    ]  # but for a failure's own
    assert "--json" in words or all(len(line) <= 80 for line in said), result.stdout
    return result


@pytest.fixture
def tried(monkeypatch):
    """`tried(audit=…, cannot=…)`: the contract of the example's plugin, which does or says something else."""

    def set_up(audit=gateway_example.audit, **said):
        vendor = replace(gateway_example.describe(), **said)
        hooks = {name: getattr(gateway_example, name) for name in ("fetch", "delete", "export")}
        plugin = SimpleNamespace(**hooks, audit=audit, describe=lambda: vendor)
        made = type("Made", (PluginContract,), {"plugin": plugin, "simulator": Example.simulator})
        monkeypatch.setattr(contracts, "load", lambda name: made)

    return set_up


def audit_nobody(account, subjects):
    yield from ()


@pytest.mark.slow
def test_every_law_stands_in_the_table():
    shown = run("check-plugin", "example").stdout
    for law in laws_of(Example):
        assert f"\n{contracts.in_words(law)} " in shown
    assert f"ats-gateway-example 0.1.0: {len(laws_of(Example))} kept, in " in shown


def test_broken_law_is_explained_and_its_failure_shown(tried):
    tried(audit=audit_nobody)
    shown = run("check-plugin", "example", "--law", "audit shows what is held", code=4).stdout
    assert "audit shows what is held  " in shown
    protects, told = shown.split("BROKEN: audit shows what is held\n")[1].split("  - To mend it: ")
    assert "proves an absence" in " ".join(protects.split())
    assert "GET /people" in told
    assert "1 broken" in told
    assert "\n    came:     audit does not show person 1" in told
    assert "Red:" not in told
    tried()
    run("check-plugin", "example", "--law", "audit shows what is held")


def test_law_that_is_not_kept_yet_waits_with_its_reason(tried):
    tried(audit=audit_nobody, expected_failures={AUDIT: "Their list is not read yet."})
    shown = run("check-plugin", "example", "--law", AUDIT, code=3).stdout
    assert "not yet: Their list" in shown
    assert "1 not yet, in" in shown


def test_law_about_what_cannot_be_done_is_no_fault(tried):
    tried(cannot={"export": "They have no such call."})
    assert "not tried: cannot export" in run("check-plugin", "example", "--law", "export_changes").stdout


def test_document_names_every_law_with_its_result(tried):
    tried(audit=audit_nobody)
    document = json.loads(run("check-plugin", "example", "--json", "--law", "audit", code=4).stdout)
    laws = {each["law"]: each for each in document["laws"]}
    assert (document["plugin"], document["kept"]) == ("example", False)
    assert laws[AUDIT]["state"] == "broken"
    assert laws[AUDIT]["protects"].startswith("An audit that overlooks")
    assert laws[AUDIT]["remedy"].startswith("look for every record")
    assert "audit does not show person 1" in laws[AUDIT]["text"]
    assert laws["test_audit_changes_nothing"]["state"] == "kept"


def test_verbose_says_what_each_law_protects():
    shown = " ".join(run("check-plugin", "example", "--law", AUDIT, "-v").stdout.split())
    assert "An audit that overlooks a record" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["exmple"], 'unknown plugin; did you mean "example"'),
        (["example", "--law", "no such"], "no law has 'no such' in its name"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_what_cannot_be_tried_is_a_mistake_of_usage(words, said):
    assert said in run("check-plugin", *words, code=2).stderr


def test_name_is_completed():
    assert [each.value for each in trying._complete(None, None, "ex")] == ["example"]


def test_plugins_shows_what_is_not_kept_yet_and_whether_a_contract_ships(monkeypatch):
    assert "  - contract: `gateway check-plugin example` tries it\n" in run("plugins").stdout
    expected = {AUDIT: "Their list is not read yet.", "test_fault_has_its_right_name[fetch]": "Later."}
    late = replace(gateway_example.describe(), expected_failures=expected)
    found = plugins.Plugin("late", "ats-gateway-late", "1.0", late)
    monkeypatch.setattr(plugins, "load", lambda: {"late": found})
    shown = run("plugins").stdout
    assert "  - does not keep yet that audit shows what is held: Their list" in shown
    assert "fault has its right name (fetch): Later." in " ".join(shown.split())
    assert "  - contract: none is shipped\n" in shown
    (document,) = json.loads(run("plugins", "--json").stdout)["plugins"]
    assert document["contract"] is None
    assert document["vendor"]["expected_failures"] == expected


def test_check_notes_what_the_plugin_of_a_processor_does_not_keep_yet(firm, monkeypatch):
    late = replace(gateway_example.describe(), expected_failures={AUDIT: "Their list is not read yet."})
    monkeypatch.setattr(gateway_example, "describe", hookimpl(lambda: late))
    (note,) = [each for each in firm.json("check")["checks"] if each["state"] == "note"]
    assert note["what"] == "example"
    assert note["text"] == "does not keep yet that audit shows what is held: Their list is not read yet."
