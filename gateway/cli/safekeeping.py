"""`gateway backup`, `restore`, `move`, `upgrade` and `key rotate`: the ledger kept safe, and carried elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from gateway.cli import printing
from gateway.cli.opening import actor, read_settings
from gateway.cli.options import FILE, Options, json_option, with_options
from gateway.cli.printing import many
from gateway.errors import SettingsError
from gateway.ledger import new_master_key
from gateway.register import clock
from gateway.restoring import Restored
from gateway.restoring import restore as restore_backup
from gateway.safekeeping import Copied, back_up, pending, read_key, rotate_key, write_key
from gateway.safekeeping import move as move_ledger
from gateway.safekeeping import upgrade as upgrade_ledger

EXPIRES = (
    "It holds the encrypted keys of people, also of those who are erased after today: keep it apart from the master key, "
    "and let it expire."
)


def _size(copied: Copied) -> str:
    tables, rows = many(copied.tables, "table"), many(copied.rows, "row")
    return f"{tables}, {rows}, {many(copied.lines, 'line')} of trail"


def _counts(copied: Copied) -> dict[str, int]:
    return {"tables": copied.tables, "rows": copied.rows, "lines": copied.lines}


@click.command()
@click.argument("file", type=FILE)
@json_option
@with_options(hidden=True)
@click.pass_obj
def backup(options: Options, file: Path, as_json: bool) -> None:
    """Write the whole ledger into a new FILE, while others go on working.

    It is one SQLite file, wherever the ledger is, and what it holds is verified. `gateway restore` takes it.
    """
    done = back_up(read_settings(options), file, clock())
    if as_json:
        printing.document({"file": str(file), **_counts(done)})
        return
    printing.say(printing.console(), f"{file}: {_size(done)}; counted, and its trail verifies.", EXPIRES)


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--replace", is_flag=True, help="Restore in the place of a ledger that has content; it is kept aside."
)
@click.option(
    "--old-key", type=FILE, metavar="FILE", help="The master key of the backup, where it was changed since."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def restore(options: Options, file: Path, replace: bool, old_key: Path | None, as_json: bool) -> None:
    """Put the backup in FILE in the place of the ledger that gateway.toml names.

    The next sync reads everything anew, and looks at each open step before it begins it. What the replaced ledger knows
    of those erased since the backup is carried over.
    """
    settings = read_settings(options)
    key = read_key(old_key) if old_key is not None else None
    done = restore_backup(settings, file, clock(), actor(), replace=replace, old_key=key)
    if as_json:
        printing.document(_restored_document(file, done))
    else:
        _show_restored(file, done)


def _restored_document(file: Path, done: Restored) -> dict[str, object]:
    carried = done.carried
    return {
        "file": str(file), **_counts(done.copied), "line": done.line, "backed_up": done.backed_up,
        "upgraded_from": done.upgraded_from, "open_steps": done.open_steps,
        "strange_checkpoints": done.strange, "aside": list(done.aside),
        "carried": None if carried is None else {
            "tombstones": carried.tombstones, "cases": carried.cases, "words": carried.words,
            "erased": len(carried.erased),
            "lost": [{"action": name, "lines": count} for name, count in carried.lost.items()],
        },
    }  # fmt: skip


def _show_restored(file: Path, done: Restored) -> None:
    out = printing.console()
    made = f", made {done.backed_up:%Y-%m-%d %H:%M} UTC" if done.backed_up else ""
    printing.say(out, f"Restored from {file}{made}: {_size(done.copied)}; counted, and its trail verifies.")
    if done.upgraded_from:
        printing.point(out, f"It was of schema {done.upgraded_from}, and is up to date now.")
    for each in done.aside:
        printing.point(out, f"What was there is kept in {each}; let it expire as a backup does.")
    printing.point(out, f"{many(done.open_steps, 'open step')} will be looked at before anything is deleted.")
    if done.strange:
        printing.point(
            out,
            f"{many(done.strange, 'checkpoint')} kept outside had another hash for a line of this backup: it is not of the "
            "trail that was signed there. Where it is not from before another restore, find out who made it.",
        )
    _show_carried(out, done)
    printing.say(
        out, "Calls made since the backup count only as far as they were carried over: a vendor's limit may be met early.",
        "Next: `gateway trail verify`, then `gateway sync`. It reads all records anew.",
    )  # fmt: skip


def _show_carried(out: Console, done: Restored) -> None:
    carried = done.carried
    if carried is None:
        why = done.why_not or "there was no ledger to ask"
        text = (
            f"Nothing is known of what was done since ({why}): enter again what people asked for since then."
        )
        printing.point(out, text)
        return
    printing.point(
        out,
        f"Carried over: {many(carried.tombstones, 'tombstone')}, {many(carried.cases, 'case')}, "
        f"{many(carried.words, 'consent, event or hold', 'consents, events and holds')}; "
        f"{many(len(carried.erased), 'person', 'people')} erased since the backup stay erased.",
    )
    if carried.lost:
        lost = ", ".join(f"{name} {count}" for name, count in carried.lost.items())
        printing.point(out, f"These lines of the old trail are in the file kept aside only: {lost}.")


@click.command()
@click.option(
    "--to", "target", required=True, metavar="URL", help="An empty database, or env:NAME for a variable."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def move(options: Options, target: str, as_json: bool) -> None:
    """Move the ledger into another database: from SQLite to PostgreSQL, or back.

    The new one is counted and verified. The old one is left as it is, and refused from then on. Then gateway.toml has
    to name the new one; that is yours to do.
    """
    settings = read_settings(options)
    done = move_ledger(settings, _url(target), clock(), actor())
    if as_json:
        printing.document({"to": done.where, **_counts(done)})
        return
    printing.say(
        printing.console(), f"Moved to {done.where}: {_size(done)}; counted, and its trail verifies.",
        f"Next: in {settings.path}, let `ledger` name the new database. Until then every command is refused.",
        "The old ledger still holds the encrypted keys of people: delete it when the new one has been backed up.",
    )  # fmt: skip


def _url(text: str) -> str:
    """A URL as it is given, or out of the environment: there no list of processes shows it."""
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    if not os.environ.get(name):
        raise SettingsError(f"--to: the environment variable {name!r} is not set")
    return os.environ[name]


@click.command()
@click.option("--backup", "file", type=FILE, metavar="FILE", help="Write a backup into this new file first.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def upgrade(options: Options, file: Path | None, as_json: bool) -> None:
    """Bring a ledger that an older version wrote up to date.

    All of it is one transaction: if it is interrupted, the old version can still use the ledger.
    """
    settings = read_settings(options)
    out = printing.console()
    found, head = pending(settings)
    if not as_json and file is None and found is not None and found < head:
        printing.say(out, "No backup is made; --backup FILE makes one first, and the old version can use it.")
    done = upgrade_ledger(settings, clock(), file)
    if as_json:
        backed_up = str(file) if done.backup is not None else None
        printing.document({"before": done.before, "after": done.after, "backup": backed_up})
        return
    if done.backup is not None:
        printing.say(out, f"{file}: {_size(done.backup)}.", EXPIRES)
    if done.before == done.after:
        printing.say(out, f"The ledger is up to date (schema {done.after}); nothing was done.")
    else:
        printing.say(out, f"The ledger was brought from schema {done.before} to {done.after}.")


@click.group()
def key() -> None:
    """Change the master key."""


@key.command("rotate")
@click.option(
    "--new", "file", required=True, type=FILE, metavar="FILE", help="The new key; made where it is not there."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def rotate_(options: Options, file: Path, as_json: bool) -> None:
    """Put the ledger under a new master key: all keys of people, and all secrets of accounts.

    It is one transaction: if it is interrupted, the old key opens the ledger as before.
    """
    settings = read_settings(options)
    made = not file.exists()
    if made:
        write_key(file, new_master_key())
    done = rotate_key(settings, file, clock(), actor())
    name = os.path.relpath(file.absolute(), settings.folder)
    line = f'master_key = {{ file = "{name}" }}'
    if as_json:
        printing.document(
            {"file": str(file), "made": made, "people": done.people, "secrets": done.secrets, "line": line}
        )
        return
    out = printing.console()
    printing.say(
        out,
        f"The ledger is under the key in {file}{' (made now, for your eyes only)' if made else ''}: "
        f"{many(done.people, 'key')} of people, {many(done.secrets, 'secret')} of accounts.",
        f"Next: in [gateway] of {settings.path}, the line master_key has to be:",
    )
    click.echo(f"\n    {line}\n")
    printing.say(
        out,
        "Until then every command is refused. Keep a copy of the new key apart from the ledger, and the old key as long "
        "as there are backups from before: `gateway restore FILE --old-key OLD` needs it.",
    )
