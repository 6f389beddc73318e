"""Restoring a backup: the old ledger kept aside, what must not be forgotten carried over, and the cut put on record."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import (
    Ledger,
    Transaction,
    Vault,
    copying,
    facts,
    lines,
    make,
    making,
    people,
    read_url,
)
from gateway.ledger.restoring import Carried, carry_over, distrust, keep_caution
from gateway.ledger.rotating import check_key, rotate
from gateway.model import Secret
from gateway.safekeeping import Copied, at_rest, check_trail, open_ledger
from gateway.settings import Settings
from gateway.sync import anchors_path
from gateway.trail import Checkpoint, Entry, Head, read_checkpoint, sign, write_checkpoint


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. `aside` is where the old ledger and its anchors went; `carried` None: nothing could be."""

    copied: Copied
    line: int
    backed_up: datetime | None
    upgraded_from: str | None
    open_steps: int
    aside: tuple[str, ...] = ()
    carried: Carried | None = None
    why_not: str = ""
    strange: int = 0


@dataclass(frozen=True, slots=True)
class _Backup:
    """A backup unpacked, up to date, and openable with the master key of the settings."""

    ledger: Ledger
    head: Head
    backed_up: datetime | None
    version: str


@dataclass(slots=True)
class _Anchors:
    """The checkpoints kept outside: those that are of the restored trail, and the last of the others.

    `strange` counts those of lines the backup has, but with another hash.
    """

    path: Path
    text: bytes
    fit: list[str] = field(default_factory=list)
    beyond: Checkpoint | None = None
    strange: int = 0


def restore(
    settings: Settings,
    path: Path,
    now: datetime,
    actor: str,
    *,
    replace: bool = False,
    old_key: Secret | None = None,
) -> Restored:
    """Put a backup in the place of the ledger the settings name, in one transaction.

    With `replace`, also where that one has content: it is written into a file first, and what must not be forgotten
    is carried over. `old_key` opens a backup made before the master key was changed.
    """
    url = read_url(settings.gateway.ledger.reveal())
    with _unpacked(settings, path, now, old_key) as backup:
        if making.found_version(url) is None:
            make(url)
        ledger = open_ledger(settings)
        with closing(ledger), at_rest(ledger, "restore", now):
            return _Restoring(settings, ledger, backup, now, actor).run(path, replace=replace)


@contextmanager
def _unpacked(settings: Settings, path: Path, now: datetime, old_key: Secret | None) -> Iterator[_Backup]:
    try:
        folder = tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.folder)
    except OSError as err:
        raise SettingsError(f"{settings.folder}: cannot be written: {err.strerror}") from err
    with folder as name:
        found, url = copying.unpack(path, Path(name) / "ledger.db")
        key = settings.gateway.master_key
        if old_key is not None:
            with closing(_open(path, url, old_key)) as before, before.write() as tx:
                rotate(tx, before.vault, Vault(key), now)
                before.acknowledge(tx)
        ledger = _open(path, url, key)
        with closing(ledger):
            with ledger.read() as tx:
                check_trail(settings, tx, str(path))
                made = facts.get(tx, facts.BACKED_UP)
                head = lines.head(tx)
            yield _Backup(ledger, head, made.at if made else None, found)


def _open(path: Path, url: copying.URL, key: Secret) -> Ledger:
    """The unpacked ledger; SettingsError where this key does not open what is in it."""
    try:
        with ExitStack() as stack:
            ledger = stack.enter_context(closing(Ledger(url, Vault(key))))
            with ledger.read() as tx:
                check_key(tx, ledger.vault)
            stack.pop_all()
    except SettingsError as err:
        raise SettingsError(
            f"{path}: was written with another master key; if that was changed since, name the one before: --old-key FILE"
        ) from err
    return ledger


class _Restoring:
    """One restore, in one transaction of the ledger."""

    def __init__(
        self, settings: Settings, ledger: Ledger, backup: _Backup, now: datetime, actor: str
    ) -> None:
        self.settings, self.ledger, self.backup, self.now, self.actor = settings, ledger, backup, now, actor
        self.mark = f"before-restore-{now:%Y%m%d-%H%M%S-%f}"  # two in one second have a name each
        self.aside: list[str] = []
        self.why_not = ""

    def run(self, path: Path, *, replace: bool) -> Restored:
        with ExitStack() as undo:
            with self.ledger.write() as tx:
                held = copying.content(tx)
                if held and not replace:
                    raise SettingsError(
                        f"the ledger has content ({held.get('subjects', 0)} people, {held.get('trail', 0)} lines of "
                        "trail); --replace restores in its place, and keeps it in a file"
                    )
                old = self._keep_aside(tx) if held else None
                counts = self._copy(tx)
                carried = self._carry(tx, old) if old is not None else None
                steps = distrust(tx, self.now)
                copying.number_on(tx)
                anchors = self._read_anchors(tx)
                self._write_down(tx, anchors, carried, steps)
                check_trail(self.settings, tx, "the restored ledger")
                self._replace_anchors(anchors, self._sign(tx), undo)
                self.ledger.acknowledge(tx)
            undo.pop_all()
        before = None if self.backup.version == making.HEAD else self.backup.version
        return Restored(
            Copied(str(path), counts), self.backup.head.seq, self.backup.backed_up, before, steps, tuple(self.aside),
            carried, self.why_not, anchors.strange,
        )  # fmt: skip

    def _keep_aside(self, tx: Transaction) -> Path:
        """Write the ledger that is there into a file beside it (or beside gateway.toml)."""
        url = self.ledger.url
        beside = Path(url.database or "") if self.ledger.on_sqlite else self.settings.folder / "gateway.db"
        path = beside.with_name(f"{beside.name}.{self.mark}")
        copying.write_file(tx, path, self.now)
        self.aside.append(str(path))
        return path

    def _copy(self, tx: Transaction) -> Mapping[str, int]:
        copying.clear(tx)
        with self.backup.ledger.read() as source:
            counts = copying.copy_rows(source, tx)
        facts.drop(tx, facts.BACKED_UP)
        return counts

    def _carry(self, tx: Transaction, path: Path) -> Carried | None:
        """What the old ledger has, where it went on from this very backup: else its numbers mean other things."""
        vault = self.backup.ledger.vault
        with copying.snapshot(copying.file_url(path)) as old:
            keep_caution(old, tx)
            if not copying.holds(old, self.backup.head):
                self.why_not = "the ledger that was there did not go on from this backup"
            elif not vault.hashes_like(self.ledger.vault):
                self.why_not = "the ledger that was there is not of the same keys"
            else:
                return carry_over(old, tx, vault, self.backup.head.seq, self.now)
        return None

    def _write_down(self, tx: Transaction, anchors: _Anchors, carried: Carried | None, steps: int) -> None:
        """The cut goes on record: from which line on, and up to which signed line the old trail went."""
        head, made = self.backup.head, self.backup.backed_up
        data = {"line": head.seq, "hash": head.hash.hex(), "open_steps": steps}
        data |= {"backed_up": made.isoformat()} if made else {}
        if anchors.beyond is not None:
            data |= {"signed_line": anchors.beyond.seq, "signed_hash": anchors.beyond.hash.hex()}
        data |= {"strange_checkpoints": anchors.strange} if anchors.strange else {}
        if carried is not None:
            data |= {"tombstones": carried.tombstones, "cases": carried.cases, "words": carried.words}
            data |= {"lines_lost": sum(carried.lost.values())}
        facts.put(tx, facts.RESTORED, json.dumps(data), self.now)
        entries = [Entry(self.now, self.actor, "restored", data=data)]
        erased = carried.erased if carried is not None else ()
        entries += [Entry(self.now, self.actor, "erased-key", subject=people.ref_of(each)) for each in erased]
        lines.append(tx, entries)

    def _sign(self, tx: Transaction) -> Checkpoint:
        signed = sign(lines.head(tx), self.now, self.settings.gateway.signing_key)
        lines.add_checkpoint(tx, signed)
        return signed

    def _read_anchors(self, tx: Transaction) -> _Anchors:
        path = anchors_path(self.settings)
        try:
            found = _Anchors(path, path.read_bytes() if path.exists() else b"")
        except OSError as err:
            raise GatewayError(f"{path}: cannot be read: {err.strerror}; nothing was restored") from err
        for line in found.text.decode("utf-8", "replace").splitlines():
            try:
                mark = read_checkpoint(line)
            except ValueError:
                continue
            if copying.holds(tx, Head(mark.seq, mark.hash)):
                found.fit.append(line)
                continue
            found.strange += mark.seq <= self.backup.head.seq
            if found.beyond is None or mark.seq > found.beyond.seq:
                found.beyond = mark
        return found

    def _replace_anchors(self, anchors: _Anchors, signed: Checkpoint, undo: ExitStack) -> None:
        """Keep the old file aside; the new one has what belongs to this trail, and the signature under the cut."""
        path = anchors.path
        try:
            if anchors.text:
                aside = path.with_name(f"{path.name}.{self.mark}")
                _write(aside, anchors.text)
                self.aside.append(str(aside))
            undo.callback(_put_back, path, anchors.text)
            _write(path, "".join(f"{line}\n" for line in [*anchors.fit, write_checkpoint(signed)]).encode())
        except OSError as err:
            raise GatewayError(f"{path}: cannot be written: {err.strerror}; nothing was restored") from err


def _put_back(path: Path, text: bytes) -> None:
    with suppress(OSError):
        if text:
            _write(path, text)
        else:
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
