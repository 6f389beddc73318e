"""Keeping the ledger: backups, and a move to another database; each checked before it is called done.

Every one of these works on the settings, not on a register: no vendor is called, and no plugin is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.errors import SettingsError
from gateway.ledger import (
    BusyError,
    Ledger,
    Transaction,
    Vault,
    copying,
    facts,
    lines,
    make,
    making,
    nodes,
    read_url,
)
from gateway.ledger.rotating import Rotated, check_key, rotate
from gateway.model import Secret
from gateway.nodes import SILENCE, is_gone
from gateway.settings import Settings
from gateway.settings.keys import check_master, read_ledger
from gateway.settings.references import MOST_BYTES, read_regular
from gateway.trail import Entry, key_id, public_key


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds: where it is, and how many rows each table has."""

    where: str
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def tables(self) -> int:
        return len(self.counts)

    @property
    def lines(self) -> int:
        """How many lines of trail are among them."""
        return self.counts["trail"]


def open_ledger(settings: Settings) -> Ledger:
    """The ledger the settings name."""
    return Ledger(read_url(settings.gateway.ledger.reveal()), Vault(settings.gateway.master_key))


@contextmanager
def at_rest(ledger: Ledger, what: str, now: datetime) -> Iterator[None]:
    """A ledger nobody works on, and nobody begins to as long as this lasts; BusyError names who does."""
    with ledger.exclusive(what, now):
        with ledger.read() as tx:
            busy = [row for row in nodes.alive(tx) if not nodes.end_of(row, now, SILENCE, is_gone)]
        if busy:
            who = ", ".join(f"{row.name} ({row.kind}, process {row.pid})" for row in busy)
            raise BusyError(f"somebody works on this ledger: {who}; stop that first, then run this again")
        yield


def check_trail(settings: Settings, tx: Transaction, what: str) -> None:
    """LedgerError unless the trail verifies, with what was signed by the key of the settings."""
    public = public_key(settings.gateway.signing_key)
    copying.check_trail(tx, public, key_id(public), what)


def back_up(settings: Settings, path: Path, now: datetime) -> Copied:
    """Write the ledger into a new file, while others go on working; read again before it is called done."""
    ledger = open_ledger(settings)  # SettingsError for another version, and for another key
    with closing(ledger), ledger.read() as tx:
        check_key(tx, ledger.vault)
    return _back_up(settings, path, now)


def _back_up(settings: Settings, path: Path, now: datetime) -> Copied:
    with copying.snapshot(read_url(settings.gateway.ledger.reveal())) as tx:
        check_trail(settings, tx, "the ledger")
        counts = copying.write_file(tx, path, now)
    try:
        with copying.snapshot(copying.file_url(path)) as tx:
            check_trail(settings, tx, str(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Copied(str(path), counts)


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which schema to which; alike where there was nothing to do. `backup` was made before."""

    before: str
    after: str
    backup: Copied | None = None


def pending(settings: Settings) -> tuple[str | None, str]:
    """The schema of the ledger (None: there is none), and the one it should have."""
    return making.found_version(read_url(settings.gateway.ledger.reveal())), making.HEAD


def upgrade(settings: Settings, now: datetime, backup: Path | None = None) -> Upgraded:
    """Bring the ledger up to date in one transaction; with `backup`, that file is written first."""
    url = read_url(settings.gateway.ledger.reveal())
    found, head = pending(settings)
    copied = None
    if found is not None and found < head and backup is not None:
        copied = _back_up(settings, backup, now)
    before, after = making.upgrade(url)
    return Upgraded(before, after, copied)


def move(settings: Settings, target: str, now: datetime, actor: str) -> Copied:
    """Copy the ledger into an empty database, and leave it marked as moved, so that nobody writes to the old one."""
    try:
        url = read_url(read_ledger(target, settings.folder))
    except ValueError as err:
        raise SettingsError(f"--to: {err}") from None
    source = open_ledger(settings)
    with closing(source), at_rest(source, "move", now):
        if source.url == url:
            raise SettingsError("--to: the ledger is there already; name another database")
        with source.read() as tx:
            check_key(tx, source.vault)
            check_trail(settings, tx, "the ledger")
        make(url)
        there = Ledger(url, Vault(settings.gateway.master_key))
        # Whoever writes waits as long as this lasts: nothing is written behind the copy.
        with closing(there), source.write() as old:
            with there.write() as new:
                counts = _copy(settings, old, new, Entry(now, actor, "moved", data=_ways(source, there)))
                there.acknowledge(new)
            facts.put(old, facts.MOVED, copying.masked(url), now)
            source.acknowledge(old)
    return Copied(copying.masked(url), counts)


def _copy(settings: Settings, old: Transaction, new: Transaction, entry: Entry) -> Mapping[str, int]:
    if held := copying.content(new):
        name, count = next(iter(held.items()))
        raise SettingsError(
            f"--to: the database is not empty: {count} rows in {name}; name a new one (what a move left that was "
            "interrupted may be dropped, as long as gateway.toml names this ledger)"
        )
    counts = copying.copy_rows(old, new)
    check_trail(settings, new, "the copy")
    lines.append(new, [entry])
    return counts


def _ways(source: Ledger, target: Ledger) -> Mapping[str, str]:
    names = {True: "sqlite", False: "postgresql"}
    return {"from": names[source.on_sqlite], "to": names[target.on_sqlite]}


def rotate_key(settings: Settings, new: Path, now: datetime, actor: str) -> Rotated:
    """Put the ledger under the master key in file `new`, which is there or has been made; all of it, or nothing."""
    key = read_key(new)
    if key.reveal() == settings.gateway.master_key.reveal().strip():
        raise SettingsError(f"{new}: is the master key the ledger has already; name a new file")
    vault = Vault(key)
    ledger = open_ledger(settings)
    with closing(ledger), at_rest(ledger, "key rotation", now), ledger.write() as tx:
        done = rotate(tx, ledger.vault, vault, now)
        check_key(tx, vault)
        data = {"people": done.people, "secrets": done.secrets}
        lines.append(tx, [Entry(now, actor, "rotated-key", data=data)])
        ledger.acknowledge(tx)
    return done


def read_key(path: Path) -> Secret:
    """A master key in a file; SettingsError where there is none."""
    try:
        key = Secret(read_regular(path, MOST_BYTES).decode("ascii", "replace").strip())
        check_master(key)
    except ValueError as err:
        raise SettingsError(f"{path}: {err}") from None
    return key


def write_key(path: Path, key: Secret) -> None:
    """Write a key into a new file that only its owner reads, durable before anything is put under it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.reveal().rstrip() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        raise SettingsError(f"{path}: cannot be written: {err.strerror or type(err).__name__}") from err
