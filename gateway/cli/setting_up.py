"""`gateway init`: the settings, the keys and the ledger in a folder. What is there already stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from gateway import plugins
from gateway.cli import printing
from gateway.cli.opening import NAME, read_settings, settings_path
from gateway.cli.options import FILE, Options, with_options
from gateway.errors import SettingsError
from gateway.ledger import make, new_master_key, read_url
from gateway.model import Secret, Vendor
from gateway.plugins.values import declared
from gateway.settings.keys import read_ledger
from gateway.trail import new_signing_key

LEDGER = "gateway.db"
HEAD = f"""\
# The settings of the gateway. Paths are meant from the folder of this file. `gateway check` names every mistake.

[gateway]
ledger = "sqlite:///{LEDGER}"           # or postgresql://USER@HOST/DATABASE; with a password: {{ env = "…" }}
master_key = {{ file = "keys/master.key" }}   # opens what the ledger keeps of people: keep a copy apart from the ledger
signing_key = {{ file = "keys/trail.key" }}   # signs the trail
timezone = "Europe/Oslo"                    # in which a plain date begins and ends
region = "NO"                               # whose phone numbers those without a country code are

[brake]                                     # a plan that deletes more people than the larger of these waits for approval
people = 20
percent = 2.0                               # of all people known

[purposes.recruitment]                      # why the firm holds people; processors may name the purposes they serve
title = "Recruitment"
# retention = "24 months"                   # how long, where no consent says until when; without it no time runs
# start = "updated"                         # from which date of a record: created, updated or active

# Who holds people for the firm, one table each. Take away the # in front of those you use, and fill them in.
# Secrets never stand here: they are {{ env = "NAME" }} or {{ file = "path" }}.
"""
BY_HAND = """
# [processors.paper-folders]                # without a plugin, each step is a task for a person
# role = "joint"                            # processor, joint, controller or recipient
# location = "the archive on the second floor"
"""


@click.command()
@click.argument("folder", type=FILE, required=False)
@with_options(hidden=True)
@click.pass_obj
def init(options: Options, folder: Path | None) -> None:
    """Make gateway.toml, the keys and the ledger in a FOLDER (without it, in this one).

    Nothing is ever overwritten. Where gateway.toml is there already, only its ledger is made, or brought up to date.
    """
    path = folder / NAME if folder is not None else settings_path(options)
    out = printing.console()
    if path.exists():
        printing.say(out, f"{path} is there already and stays as it is.")
        settings = read_settings(Options(path, options.verbose))
        make(read_url(settings.gateway.ledger.reveal()))
        printing.say(out, "The ledger is there and up to date.")
        return
    try:
        made = list(_lay_out(path))
    except OSError as err:
        where = err.filename or path.parent
        raise SettingsError(f"{where}: cannot be written: {err.strerror or type(err).__name__}") from err
    for each in made:
        printing.point(out, each)
    printing.say(
        out,
        f"Next: put those who hold people for you into {path}, then run `gateway check`.",
        "Keep a copy of the keys where the ledger is not. Without master.key nobody can read who is in the ledger.",
    )


def _lay_out(path: Path) -> Iterator[str]:
    """Make all of it; what was made, and what was there, one sentence each."""
    folder = path.parent
    keys, ledger = folder / "keys", folder / LEDGER
    if ledger.exists() and not (keys / "master.key").exists():
        raise SettingsError(
            f"{ledger}: is there, but {keys / 'master.key'} is not: a new key would not open it. Put the right key "
            "there, or choose another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    keys.mkdir(mode=0o700, exist_ok=True)
    yield _write_key(keys / "master.key", new_master_key())
    yield _write_key(keys / "trail.key", new_signing_key())
    _write(
        path,
        HEAD + "".join(_example(each.vendor) for each in plugins.load().values() if each.vendor) + BY_HAND,
    )
    yield f"{path} is made"
    was_there = ledger.exists()
    make(read_url(read_ledger(f"sqlite:///{LEDGER}", folder)))
    yield f"{ledger} was there and is up to date" if was_there else f"{ledger} is made"


def _write_key(path: Path, key: Secret) -> str:
    try:
        _write(path, key.reveal().rstrip() + "\n", mode=0o600)
    except FileExistsError:
        return f"{path} was there and stays as it is"
    return f"{path} is made, for your eyes only"


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a new file, readable by others only if `mode` says so from its first moment on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)


def _example(vendor: Vendor) -> str:
    """The table of a processor that uses an installed plugin, as a comment."""
    lines = [
        f"[processors.{vendor.name}]",
        f'plugin = "{vendor.name}"',
        'role = "processor"',
        'agreement = "the data processing agreement, and its date"',
        'location = "where the data lies"',
        "",
        f"[processors.{vendor.name}.settings]",
    ]
    for each in declared(vendor).values():
        if each.required or each.name == "url":
            variable = f"{vendor.name}_{each.name}".upper().replace("-", "_")
            value = f'{{ env = "{variable}" }}' if each.secret else f'"{each.default or "…"}"'
            lines.append(f"{each.name} = {value}")
    return "\n" + "".join(f"# {line}".rstrip() + "\n" for line in lines)
