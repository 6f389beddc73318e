"""The export, and the script in docs/ that verifies it with Python alone."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.model import Secret
from gateway.trail import export_lines, new_signing_key, public_key

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_trail.py"
ORDER = 2**252 + 27742317777372353535851937790883648493
Rows = list[dict[str, Any]]
"""Row 0 is the header, rows 1 and 2 are the checkpoints at lines 4 and 8, row 2 + N is line N."""


@pytest.fixture
def rows(make_trail: Callable, make_mark: Callable, key: Secret) -> Rows:
    lines = make_trail(9)
    marks = [make_mark(lines, 4), make_mark(lines, 8)]
    return [json.loads(line) for line in export_lines(lines, marks, public_key(key))]


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Write an export and run the script on it: its exit code and what it said."""

    def run(rows: Rows, *arguments: str) -> tuple[int, str]:
        file = tmp_path / "trail.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = [sys.executable, "-I", "-S", str(SCRIPT), str(file), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


def test_export_holds_header_checkpoints_and_lines(rows: Rows, make_trail: Callable, key: Secret) -> None:
    line = make_trail(1)[0]

    assert rows[0] == {"format": "ats-gateway-trail", "version": 1, "public_keys": [public_key(key)]}
    assert [row["checkpoint"]["seq"] for row in rows[1:3]] == [4, 8]
    assert rows[1]["checkpoint"].keys() == {"seq", "hash", "at", "key_id", "signature"}
    assert rows[3] == {"seq": 1, "body": line.body, "hash": line.hash.hex()}
    assert len(rows) == 12


def test_script_passes_a_sound_export(check: Callable, rows: Rows, key: Secret) -> None:
    assert check(rows) == (0, f"nothing is wrong\nlast line 9, signed 8, {rows[-1]['hash']}\n")
    assert check(rows, "--key", public_key(key))[0] == 0


def remove(rows: Rows) -> None:
    del rows[7]


def insert(rows: Rows) -> None:
    rows.insert(7, {**rows[7], "body": "{}"})


def reorder(rows: Rows) -> None:
    rows[7], rows[8] = rows[8], rows[7]


def truncate(rows: Rows) -> None:
    del rows[8:]


def change(rows: Rows) -> None:
    rows[7]["body"] = rows[7]["body"].replace("expired", "valid")


def change_hash(rows: Rows) -> None:
    rows[10]["hash"] = rows[9]["hash"]


def forge(rows: Rows) -> None:
    rows[1]["checkpoint"]["hash"] = rows[3]["hash"]


def flip_point(rows: Rows) -> None:
    signature = bytes.fromhex(rows[1]["checkpoint"]["signature"])
    rows[1]["checkpoint"]["signature"] = (bytes([signature[0] ^ 1]) + signature[1:]).hex()


def add_order(rows: Rows) -> None:
    signature = bytes.fromhex(rows[1]["checkpoint"]["signature"])
    larger = int.from_bytes(signature[32:], "little") + ORDER
    rows[1]["checkpoint"]["signature"] = (signature[:32] + larger.to_bytes(32, "little")).hex()


def shorten(rows: Rows) -> None:
    rows[1]["checkpoint"]["signature"] = "ab"


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (change, "line 5 was changed, or line 4 and its hash were"),
        (remove, "line 6 comes after line 4: lines were removed, inserted or moved"),
        (insert, "line 5 comes after line 5: lines were removed, inserted or moved"),
        (reorder, "line 6 comes after line 4: lines were removed, inserted or moved"),
        (truncate, "line 8 was signed but the trail ends at line 5"),
        (change_hash, "the checkpoint at line 8 was signed over another hash"),
        (forge, "the signature of the checkpoint at line 4 is wrong"),
        (flip_point, "the signature of the checkpoint at line 4 is wrong"),
        (add_order, "the signature of the checkpoint at line 4 is wrong"),
        (shorten, "the signature of the checkpoint at line 4 is wrong"),
    ],
)
def test_script_names_what_was_done(
    check: Callable, rows: Rows, tamper: Callable[[Rows], None], message: str
) -> None:
    tamper(rows)

    code, said = check(rows)

    assert code == 1
    assert message in said.splitlines()


def test_script_refuses_the_keys_in_the_file_when_told_another(check: Callable, rows: Rows) -> None:
    code, said = check(rows, "--key", public_key(new_signing_key()))

    assert code == 1
    assert said.startswith("the signature of the checkpoint at line 4 is wrong\n")


def test_script_takes_all_keys_of_a_trail_whose_key_was_changed(
    check: Callable, make_trail: Callable, make_mark: Callable, key: Secret
) -> None:
    lines = make_trail(3)
    public = [public_key(new_signing_key()), public_key(key)]
    export = [json.loads(line) for line in export_lines(lines, [make_mark(lines, 3)], *public)]

    assert check(export)[0] == 0


def test_script_is_short_and_needs_python_3_8_alone() -> None:
    source = SCRIPT.read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}

    assert len(source.splitlines()) <= 60
    assert imported == {"hashlib", "json", "sys"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
