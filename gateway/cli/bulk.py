"""`gateway bulk`: the list for a vendor's own screen, where call limits do not suffice, and the one task it makes."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import TextIO

import click

from gateway.bulk import OPTIONS, Task, hand_over
from gateway.cli import printing
from gateway.cli.opening import actor, open_register
from gateway.cli.options import FILE, Options, json_option, with_options
from gateway.errors import SettingsError

COLUMNS = ("person", "kind", "id")


@click.command()
@click.argument("processor")
@click.option(
    "--all", "every", is_flag=True, help="All that is open there, not only what would be late by calls."
)
@click.option("--to", "path", type=FILE, metavar="FILE", help="Write the list to this new file.")
@json_option
@with_options(hidden=True)
@click.pass_obj
def bulk(options: Options, processor: str, every: bool, path: Path | None, as_json: bool) -> None:
    """List what one person deletes in the own screen of PROCESSOR, since its call limits do not suffice.

    The list is CSV: a pseudonym, the kind of a record and its id there; no names, no addresses. It makes one task, and
    no call is spent on whoever is on it. `gateway answer` ends it: done, and the next sync proves it by a few reads;
    not-done, and calls delete again. As long as the task waits, the list is shown again, without whoever is not to
    be erased any more: take it right before it is used.
    """
    if path is not None and path.exists():
        raise SettingsError(f"{path}: is there already; name a new file")
    with open_register(options) as register:
        task = hand_over(register, processor, actor(), every=every)
    if path is not None and task.number is not None:
        _write(path, task)
    if as_json:
        printing.document(_document(task, path))
        return
    if path is None and task.number is not None:
        _rows(sys.stdout, task)
    out = printing.console(sys.stderr if path is None and task.number is not None else None)
    printing.say(out, *_sentences(task, path, every=every))


def _sentences(task: Task, path: Path | None, *, every: bool) -> list[str]:
    if task.number is None:
        what = (
            "Nothing that a call would delete is open" if every else "Nothing will be late for want of calls"
        )
        return [f"{what} at {task.title}: there is no list."]
    people = printing.many(task.people, "person", "people")
    what = "is new" if task.new else "waits already"
    where = f" in {path}" if path is not None else ""
    return [
        f"Bulk task {task.number} {what}: {people} at {task.title}{where}.",
        "Delete them there, in its own screen, then answer.",
        f"`gateway answer {task.number} {OPTIONS[0]}`: the next sync looks which of them are gone.",
        f"`gateway answer {task.number} {OPTIONS[1]}`: they are left to calls.",
    ]


def _rows(target: TextIO, task: Task) -> None:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((each.person, each.ref.kind, each.ref.id) for each in task.records)


def _write(path: Path, task: Task) -> None:
    """A new file that only its owner may read."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as target:
            _rows(target, task)
    except OSError as err:
        raise SettingsError(
            f"{path}: cannot be written: {err.strerror or type(err).__name__}. Bulk task {task.number} waits: name "
            "another file, and the list is written there"
        ) from err


def _document(task: Task, path: Path | None) -> dict[str, object]:
    return {
        "processor": task.processor,
        "task": task.number,
        "new": task.new,
        "people": task.people,
        "due": task.due_by,
        "file": None if path is None or task.number is None else str(path),
        "records": [
            {"person": each.person, "kind": each.ref.kind, "id": each.ref.id} for each in task.records
        ],
    }
