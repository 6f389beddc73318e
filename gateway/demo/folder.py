"""The folder of a demo: made new, recognised by its marker, and filled with settings, keys and an empty ledger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway import plugins
from gateway.demo.serving import Vendors
from gateway.demo.world import CONSENT_UNTIL, CONSENT_WITHDRAWN, PURPOSE
from gateway.errors import SettingsError
from gateway.ledger import make, new_master_key, read_url
from gateway.trail import new_signing_key

MARKER = "made-by-gateway-demo.txt"
_MARKER_TEXT = (
    "`gateway demo` made this folder and makes it anew when it is run again. Nobody in it exists.\n"
)
_OURS = (
    "gateway.toml",
    "policy.toml",
    "keys",
    "trail.checkpoints",
    "gateway.db",
    "gateway.db-wal",
    "gateway.db-shm",
    "gateway.db.lock",
)
"""What a demo leaves behind. Nothing else in the folder is ever touched."""

_HEAD = """\
# Made by `gateway demo`: three vendors on this machine, and people who do not exist.
# docs/start.md says how to write such a file for your own vendors.

[gateway]
ledger = "sqlite:///gateway.db"
master_key = { file = "keys/master.key" }     # opens what the ledger keeps of people
signing_key = { file = "keys/trail.key" }      # signs the trail
"""
SCHEDULE = """
[schedule]                                     # a firm's are hours; nobody watches a demo for so long
fetch = "1 minute"
plan = "30 seconds"
verify = "10 seconds"
checkpoint = "1 minute"
"""
_POLICY = f"""\
# Made by `gateway demo`: the policy of a firm that does not exist, as rules. docs/rules.md says how to write your own.

[policy]
title = "Privacy policy of a fictional firm"
language = "en"

[data_sets.candidates]
title = "Applications and profiles"
held_at = ["recman", "invenias"]

[data_sets.credit]
title = "Credit checks"
held_at = ["bisnode"]

[purposes.{PURPOSE}]
title = "Recruitment"
bases = ["consent"]
proof = "the attributes of the candidates in Recman"
data_sets = ["candidates", "credit"]

[rules.R1]                      # where no consent says until when
purposes = ["{PURPOSE}"]
start = "updated"
period = "24 months"
warn = ["30 days", "7 days"]
ask_again = "14 days"
phrase = {{ text = "we keep your data for up to two years" }}
"""
_PROCESSORS = {
    "recman": 'plugin = "recman"\nrole = "processor"\nagreement = "Fictional agreement of 2026-01-15"\n'
    'location = "Norway"\nsource = true              # who is deleted here is deleted everywhere',
    "invenias": 'plugin = "invenias"\nrole = "processor"\nagreement = "Fictional agreement of 2026-02-01"\n'
    'location = "United Kingdom"\nparallel = 4',
    "bisnode": 'plugin = "bisnode"\nrole = "controller"         # of what a bureau holds on its own behalf\n'
    'location = "Norway"',
}
_MORE = {"recman": {"consent_attribute": CONSENT_UNTIL, "withdrawn_attribute": CONSENT_WITHDRAWN}}


def prepare(folder: Path) -> None:
    """Make the folder, or empty the one an earlier demo made; SettingsError for any other that is not empty."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            _empty(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
    except FileExistsError as err:
        raise SettingsError(f"{folder}: is a file; name a new folder") from err
    except OSError as err:
        raise SettingsError(f"{folder}: cannot be made: {err.strerror or type(err).__name__}") from err


def _empty(folder: Path) -> None:
    if not (folder / MARKER).is_file():
        raise SettingsError(
            f"{folder}: is not empty, and no demo made it; name a new folder: gateway demo FOLDER"
        )
    for name in _OURS:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def fill(folder: Path, vendors: Vendors, more: str = "") -> Path:
    """Write the keys, the settings (with `more` tables in them) and an empty ledger; the path of the settings."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    _write_secret(keys / "master.key", new_master_key().reveal())
    _write_secret(keys / "trail.key", new_signing_key().reveal())
    parts = [_HEAD + more]
    for name, simulator in vendors.by_name.items():
        values = {**simulator.settings(vendors.urls[name]), **_MORE.get(name, {})}
        lines = "\n".join(_setting_lines(name, values, keys))
        parts.append(f"[processors.{name}]\n{_PROCESSORS[name]}\n\n[processors.{name}.settings]\n{lines}\n")
    path = folder / "gateway.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    (folder / "policy.toml").write_text(_POLICY, encoding="utf-8")
    make(read_url(f"sqlite:///{(folder / 'gateway.db').absolute()}"))
    return path


def _setting_lines(name: str, values: Mapping[str, Any], keys: Path) -> Iterator[str]:
    """One line a setting. What the plugin calls secret goes to a file of its own."""
    vendor = plugins.load([name])[name].vendor
    if vendor is None:
        raise SettingsError(f"the demo needs the plugin {name}: {plugins.load([name])[name].error}")
    secret = {each.name for each in vendor.settings if each.secret}
    for key, value in values.items():
        if key in secret:
            file = keys / f"{name}-{key}"
            _write_secret(file, str(value))
            yield f'{key} = {{ file = "keys/{file.name}" }}'
        else:
            # JSON's texts and whole numbers are TOML's.
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(f"{text.rstrip()}\n", encoding="utf-8")
