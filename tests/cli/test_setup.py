"""`gateway init`, `check`, `plugins` and `demo`."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from gateway.cli.app import cli
from gateway.plugins import Offer
from gateway.settings import load
from gateway.testing import Fault


def run(*words, code=0):
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == code, result.output
    return result


def test_init_makes_keys_only_their_owner_can_read(laid_out):
    modes = [
        stat.S_IMODE((laid_out / name).stat().st_mode)
        for name in ("keys", "keys/master.key", "keys/trail.key")
    ]
    assert modes == [0o700, 0o600, 0o600]


def test_init_writes_settings_that_are_right_once_a_processor_is_uncommented(tmp_path, monkeypatch):
    run("init", str(tmp_path))
    path = tmp_path / "gateway.toml"
    head, example, rest = path.read_text(encoding="utf-8").partition("# [processors.example]")
    example += rest.partition("\n\n")[0]
    path.write_text(head + "\n".join(line.removeprefix("# ").rstrip("#") for line in example.splitlines()))
    monkeypatch.chdir(tmp_path)
    assert "All is well." in run("check").stdout
    assert load(path, {"EXAMPLE_KEY": "k"}).processors["example"].plugin == "example"


def test_init_again_changes_nothing_but_makes_a_missing_ledger(firm):
    before = {path: path.read_bytes() for path in firm.folder.rglob("*") if path.suffix in (".toml", ".key")}
    (firm.folder / "gateway.db").unlink()
    assert "there is no ledger" in firm("sync", code=2).stderr
    assert "stays as it is" in run("init", str(firm.folder)).stdout
    assert {path: path.read_bytes() for path in before} == before
    firm("sync")


def test_init_refuses_a_new_key_for_an_old_ledger(firm):
    firm.toml.unlink()
    shutil.move(firm.folder / "keys", firm.folder / "elsewhere")
    assert "a new key would not open it" in run("init", str(firm.folder), code=2).stderr
    shutil.move(firm.folder / "elsewhere", firm.folder / "keys")
    assert "was there and stays as it is" in " ".join(run("init", str(firm.folder)).stdout.split())


def test_init_below_a_file_says_it_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in run("init", str(tmp_path / "file" / "firm"), code=2).stderr


def test_a_command_without_settings_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "gateway.toml: does not exist; `gateway init` makes one" in run("cases", code=2).stderr


def test_settings_are_taken_from_the_environment_and_from_behind_the_command(firm, monkeypatch):
    assert run("cases", "--settings", str(firm.folder)).exit_code == 0
    monkeypatch.setenv("GATEWAY_SETTINGS", str(firm.toml))
    assert run("cases").exit_code == 0


def test_check_names_every_mistake_of_the_file(firm):
    firm.toml.write_text(
        firm.toml.read_text().replace("[brake]", "[brake]\nhurry = true").replace('"DPA', "1 #")
    )
    shown = firm("check", code=2).stdout
    assert "brake.hurry: unknown key" in shown
    assert "processors.example.agreement: must be text" in shown


def test_check_names_the_mistakes_of_a_plugin_and_goes_on(firm):
    firm.write(
        more="[processors.paper]\nrole='joint'\nlocation='x'\nplugin='exampel'\n[processors.paper.settings]\nurl='x'"
    )
    shown = " ".join(firm("check", code=2).stdout.split())
    assert 'did you mean "example"?' in shown
    assert "the master key opens it" in shown


def test_check_says_when_the_master_key_is_another_one(firm, ola, tmp_path):
    firm("sync")
    right = firm.folder / "keys/master.key"
    kept = right.read_bytes()
    run("init", str(tmp_path / "other"))
    right.write_bytes((tmp_path / "other/keys/master.key").read_bytes())
    assert "this is not the key the ledger was written with" in " ".join(firm("check", code=2).stdout.split())
    right.write_bytes(kept)
    firm("check")


def test_check_warns_of_a_key_everybody_can_read(firm):
    (firm.folder / "keys/master.key").chmod(0o644)
    assert "can be read by every user" in firm("check").stdout
    assert "warning:" in firm("cases").stderr


def test_check_online_makes_one_call_and_writes_no_record(firm, ola):
    assert "answers; 1 records on its first page" in firm("check", "--online").stdout
    assert len(firm.vendor.wire.journal) == 1
    assert "0 people" in firm("check").stdout


@pytest.mark.parametrize(
    ("kind", "code", "state"), [("401", 4, "wrong"), ("503", 3, "waits"), ("html", 4, "wrong")]
)
def test_check_online_says_what_a_vendor_answers(firm, kind, code, state):
    firm.vendor.wire.faults.append(Fault(kind, times=9))
    checks = firm.json("check", "--online", code=code)["checks"]
    assert [each["state"] for each in checks if each["what"] == "example"] == [state]
    firm.vendor.wire.faults.clear()
    firm("check", "--online")


def test_check_of_a_processor_that_is_not_enabled_says_so(firm):
    firm.write(more="enabled = false\n")
    assert "is not enabled" in firm("check").stdout


def test_plugins_say_what_they_need_and_what_was_refused(firm, monkeypatch):
    found = __import__("gateway.plugins.offers", fromlist=["find"]).find()
    broken = Offer("broken", "ats-gateway-broken", "1.0", None, "its list of entry points cannot be read")
    monkeypatch.setattr("gateway.plugins.loading.find", lambda: [*found, broken])
    shown = firm("plugins").stdout
    assert "example (ats-gateway-example 0.1.0): Example, https://example.org" in shown
    assert "setting key: the API key" in shown
    assert "broken (ats-gateway-broken 1.0): REFUSED" in shown


def test_demo_that_is_not_installed_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gateway.demo", None)
    assert "`gateway demo` needs more" in run("demo", code=2).stderr


def test_a_ledger_of_a_newer_version_is_left_alone(firm):
    ledger = firm.ledger()
    with ledger.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    ledger.close()
    assert "was written by a newer version" in firm("sync", code=2).stderr


def test_a_damaged_ledger_needs_a_person(firm):
    (firm.folder / "gateway.db").write_bytes(b"not a database" * 1000)
    for name in ("gateway.db-wal", "gateway.db-shm"):
        (firm.folder / name).unlink(missing_ok=True)
    assert "cannot be used" in firm("cases", code=4).stderr


def test_a_bug_is_told_in_one_line_and_located_with_v(firm, monkeypatch):
    def fail(tx):
        raise ZeroDivisionError("kari@example.org")

    monkeypatch.setattr("gateway.cli.casework.work.waiting_plans", fail)
    told = firm("cases", code=1).stderr
    assert told.count("\n") == 1
    assert "ZeroDivisionError" in told
    assert "kari@" not in told
    assert "Traceback" in firm("-v", "cases", code=1).stderr


def test_times_are_on_the_clock_of_the_firm(firm, kari):
    firm("sync")
    line = firm.json("trail", "show")["lines"][-1]
    assert datetime.fromisoformat(line["at"]).tzinfo == UTC
