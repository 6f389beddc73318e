"""`gateway trail`: a fault is found and named, and what is exported can be verified by others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

VERIFIER = Path(__file__).parents[2] / "docs" / "verify_trail.py"


@pytest.fixture
def synced(firm, kari):
    firm("sync")
    return firm


def change(firm, statement):
    ledger = firm.ledger()
    with ledger.write() as tx:
        tx.exec_driver_sql(statement)
    ledger.close()


def test_verify_says_when_nothing_is_wrong(firm, kari):
    assert "Nothing is wrong: 0 lines" in firm("trail", "verify").stdout
    firm("sync")
    assert firm.json("trail", "verify")["sound"] is True


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE trail SET body = replace(body, 'done', 'kept') WHERE body LIKE '%\"done\"%'", "changed"),
        ("DELETE FROM trail WHERE seq = 2", "missing"),
        ("DELETE FROM trail WHERE seq > 3", "truncated"),
    ],
)
def test_verify_names_the_fault_and_needs_a_person(synced, statement, kind):
    change(synced, statement)
    assert kind in [each["kind"] for each in synced.json("trail", "verify", code=4)["faults"]]
    assert "The trail is not as it was written" in synced("trail", "verify", code=4).stdout


def test_verify_finds_an_end_cut_off_together_with_its_checkpoint(synced):
    change(synced, "DELETE FROM trail WHERE seq > 3")
    change(synced, "DELETE FROM checkpoints")
    assert "cut off" in synced("trail", "verify", code=4).stdout


def test_verify_names_an_anchor_that_cannot_be_read(synced):
    path = synced.folder / "trail.checkpoints"
    whole = path.read_text()
    path.write_text(whole + whole[:40] + "\n")
    assert "line 2 of trail.checkpoints is no checkpoint" in synced("trail", "verify", code=4).stdout
    path.write_text(whole)
    synced("trail", "verify")


def test_verify_takes_an_earlier_key_and_refuses_what_is_none(synced, tmp_path):
    key = synced.json("trail", "verify")["public_key"]
    signing = synced.folder / "keys/trail.key"
    from gateway.trail import new_signing_key

    signing.write_text(new_signing_key().reveal())
    assert "not known here" in synced("trail", "verify", code=4).stdout
    assert "the trail was last signed with another key" in " ".join(synced("check").stdout.split())
    synced("trail", "verify", "--key", key)
    assert "64 hexadecimal digits" in synced("trail", "verify", "--key", "abc", code=2).stderr


def test_show_gives_the_last_lines_or_those_of_a_case(synced):
    assert [each["seq"] for each in synced.json("trail", "show", "--last", "2")["lines"]] == [7, 8]
    lines = synced.json("trail", "show", "--case", "1")["lines"]
    assert {each["case"] for each in lines} == {1}
    assert [each["action"] for each in lines] == ["planned", "answered", "audited", "closed", "erased-key"]
    assert "consent to recruitment over" in " ".join(synced("trail", "show").stdout.split())
    assert "no such line" in synced("trail", "show", "--case", "9").stdout


def test_export_is_verified_by_the_script_that_needs_python_alone(synced, tmp_path):
    target = tmp_path / "trail.jsonl"
    assert "8 lines written" in synced("trail", "export", str(target)).stdout
    done = subprocess.run(
        [sys.executable, str(VERIFIER), str(target)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "is there already" in synced("trail", "export", str(target), code=2).stderr
    assert "cannot be written" in synced("trail", "export", str(tmp_path / "no" / "t"), code=2).stderr


def test_export_holds_no_name_and_no_address(synced, tmp_path):
    target = tmp_path / "trail.jsonl"
    assert synced.json("trail", "export", str(target))["lines"] == 8
    assert not any(word in target.read_text() for word in ("Kari", "kari@", "91234567"))


def test_checkpoint_cut_short_by_a_full_disk_is_mended_by_the_next(firm, kari, vendor):
    firm("sync")
    path = firm.folder / "trail.checkpoints"
    path.write_bytes(path.read_bytes() + b'{"seq":9,"ha')
    vendor.add_person("Ola Nordmann", "ola@example.org")
    firm("sync")
    assert len(path.read_text().splitlines()) == 2
    assert firm.json("trail", "verify")["sound"] is True
