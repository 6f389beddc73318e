"""`gateway trail`: verify it, show it, and write it to a file that others can verify."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click

from gateway.cli import exits, printing
from gateway.cli.opening import open_ledger, zone_of
from gateway.cli.options import FILE, NUMBER, Options, json_option, with_options
from gateway.cli.printing import many
from gateway.errors import SettingsError
from gateway.ledger import Transaction, facts, lines, views
from gateway.settings import Settings
from gateway.sync import anchors_path
from gateway.trail import Checkpoint, Report, export_lines, public_key, read_checkpoint, verify

LAST = 20


@click.group()
def trail() -> None:
    """Verify, show and export the trail: who did what, why, when, and what came of it."""


@trail.command("verify")
@click.option(
    "--key", "keys", multiple=True, metavar="HEX",
    help="A public key the trail was signed with before; may be given again.",
)  # fmt: skip
@json_option
@with_options(hidden=True)
@click.pass_obj
def verify_(options: Options, keys: Sequence[str], as_json: bool) -> None:
    """Check every line and every signature; a line that was changed, removed, inserted or moved is named.

    The checkpoints in trail.checkpoints, beside gateway.toml, show whether the end was cut off. Keep a copy of that
    file where the ledger is not.
    """
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        anchors, unread = _anchors(settings)
        own = public_key(settings.gateway.signing_key)
        found = verify(lines.stream(tx), lines.all_checkpoints(tx), [own, *keys], anchors)
        found = replace(found, notes=(*found.notes, *_restored(tx)))
    faults = [each.text for each in found.faults] + unread
    if as_json:
        printing.document(_report_document(found, unread, own))
    else:
        _show_report(found, faults, own)
    click.get_current_context().exit(exits.NEEDS_YOU if faults else exits.DONE)


def _restored(tx: Transaction) -> Iterator[str]:
    """What there is to say where this trail goes on from a backup: later checkpoints of before are not of it."""
    fact = facts.get(tx, facts.RESTORED)
    if fact is not None:
        line = json.loads(fact.value)["line"]
        yield (
            f"on {fact.at:%Y-%m-%d} the ledger was restored from a backup that ended at line {line} (see line {line + 1}): "
            "checkpoints of later lines made before that belong to what was replaced, and are in "
            "trail.checkpoints.before-restore-…"
        )


def _anchors(settings: Settings) -> tuple[list[Checkpoint], list[str]]:
    """The checkpoints kept outside the ledger, and a sentence for each that cannot be read."""
    path = anchors_path(settings)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], []
    except OSError as err:
        raise SettingsError(f"{path}: cannot be read: {err.strerror or type(err).__name__}") from err
    found: list[Checkpoint] = []
    unread: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            if line.strip():
                found.append(read_checkpoint(line))
        except ValueError:
            unread.append(
                f"line {number} of {path.name} is no checkpoint: it was changed, or not written whole"
            )
    return found, unread


def _show_report(found: Report, faults: Sequence[str], key: str) -> None:
    out = printing.console()
    if faults:
        printing.say(out, f"The trail is not as it was written: {many(len(faults) + found.more, 'fault')}.")
        for text in faults:
            printing.point(out, text)
        if found.more:
            printing.say(out, f"{found.more:,} more are not listed.")
    else:
        printing.say(
            out, f"Nothing is wrong: {many(found.lines, 'line')}, signed to line {found.signed_to:,}."
        )
    for note in found.notes:
        printing.point(out, note)
    printing.say(out, f"Head: line {found.head.seq:,}, {found.head.hash.hex()}", f"Public key: {key}")


def _report_document(found: Report, unread: Sequence[str], key: str) -> dict[str, Any]:
    faults = [
        {"kind": each.kind, "line": each.line, "last": each.last, "primary": each.primary, "text": each.text}
        for each in found.faults
    ]
    faults += [
        {"kind": "anchor", "line": None, "last": None, "primary": True, "text": text} for text in unread
    ]
    return {
        "sound": not faults, "lines": found.lines, "signed_to": found.signed_to, "head": found.head.hash.hex(),
        "public_key": key, "faults": faults, "more_faults": found.more, "notes": list(found.notes),
    }  # fmt: skip


@trail.command()
@click.option("--case", type=NUMBER, metavar="N", help="Only the lines of this case, all of them.")
@click.option("--last", type=NUMBER, metavar="N", help=f"How many lines; without it, {LAST}.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def show(options: Options, case: int | None, last: int | None, as_json: bool) -> None:
    """Show the last lines of the trail, oldest first."""
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        most = last if last is not None else (None if case is not None else LAST)
        rows = views.last_lines(tx, most, case)
        zone = zone_of(settings)
    found = [json.loads(body) | {"hash": digest.hex()} for _, body, digest in rows]
    if as_json:
        printing.document({"lines": found})
        return
    out = printing.console()
    if not found:
        printing.say(out, "The trail has no such line.")
        return
    printing.table(
        out, ("line", "when", "who", "what", "of whom and why"), [_cells(each, zone) for each in found]
    )


def _cells(line: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    case = f"case {line['case']}" if "case" in line else ""
    about = " ".join(each for each in (line.get("subject", ""), case, line.get("processor", "")) if each)
    data = ", ".join(f"{key} {json.dumps(value)}" for key, value in line.get("data", {}).items())
    why = "; ".join(each for each in (about, line.get("outcome", ""), line.get("why", ""), data) if each)
    moment = datetime.fromisoformat(line["at"])
    return str(line["seq"]), printing.when(moment, zone), line["actor"], line["action"], why


@trail.command()
@click.argument("file", type=FILE)
@json_option
@with_options(hidden=True)
@click.pass_obj
def export(options: Options, file: Path, as_json: bool) -> None:
    """Write the whole trail to a new FILE that docs/verify_trail.py can verify with Python alone."""
    with open_ledger(options) as (settings, ledger), ledger.read() as tx:
        key = public_key(settings.gateway.signing_key)
        marks = lines.all_checkpoints(tx)
        with _new_file(file) as target:
            target.writelines(f"{line}\n" for line in export_lines(lines.stream(tx), marks, key))
        head = lines.head(tx)
    if as_json:
        printing.document(
            {
                "file": str(file), "lines": head.seq, "checkpoints": len(marks), "head": head.hash.hex(),
                "public_key": key,
            }
        )  # fmt: skip
        return
    out = printing.console()
    printing.say(out, f"{many(head.seq, 'line')} written to {file}.", f"Public key: {key}")


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file that must not exist yet; what was begun and not finished is taken away again."""
    try:
        target = path.open("x", encoding="utf-8")
    except FileExistsError as err:
        raise SettingsError(f"{path}: is there already; name a new file") from err
    except OSError as err:
        raise SettingsError(f"{path}: cannot be written: {err.strerror or type(err).__name__}") from err
    try:
        with target:
            yield target
    except OSError as err:
        path.unlink(missing_ok=True)
        raise SettingsError(f"{path}: cannot be written: {err.strerror or type(err).__name__}") from err
    except BaseException:
        path.unlink(missing_ok=True)
        raise
