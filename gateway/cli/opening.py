"""Opening what a command works on, from the settings to the register, and closing all of it again."""

from __future__ import annotations

import getpass
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gateway import plugins
from gateway.cli.options import Options
from gateway.errors import SettingsError
from gateway.ledger import AnyRow, Ledger, Vault, quota, read_url, secrets
from gateway.register import Register, clock
from gateway.settings import Settings, load

NAME = "gateway.toml"
_QUERY_VALUE = re.compile(r"([?&][^=&\s]+=)[^&\s:]+")


def settings_path(options: Options) -> Path:
    """Where the settings are; a folder stands for the gateway.toml in it."""
    path = options.settings or Path(NAME)
    is_folder = path.is_dir() or not (path.exists() or path.suffix)
    return path / NAME if is_folder else path


def read_settings(options: Options) -> Settings:
    """The settings, with what the operator should know of them said on stderr."""
    path = settings_path(options)
    if not path.exists():
        raise SettingsError(
            f"{path}: does not exist; `gateway init` makes one, and --settings or GATEWAY_SETTINGS names another"
        )
    settings = load(path, os.environ)
    for each in settings.warnings:
        click.echo(f"warning: {each}", err=True)
    return settings


def zone_of(settings: Settings) -> ZoneInfo:
    """The firm's clock."""
    return ZoneInfo(settings.gateway.timezone)


def open_database(settings: Settings, *, dry: bool = False) -> Ledger:
    """The ledger the settings name."""
    url = read_url(settings.gateway.ledger.reveal())
    return Ledger(url, Vault(settings.gateway.master_key), dry=dry)


@contextmanager
def open_ledger(options: Options) -> Iterator[tuple[Settings, Ledger]]:
    """The settings and the ledger, for commands that call nobody."""
    settings = read_settings(options)
    ledger = open_database(settings)
    try:
        yield settings, ledger
    finally:
        ledger.close()


@contextmanager
def open_register(options: Options, *, dry: bool = False) -> Iterator[Register]:
    """The register over the ledger, with the plugins the settings name and no others."""
    settings = read_settings(options)
    found = load_plugins(settings)
    began = clock()
    ledger = open_database(settings, dry=dry)
    met: _Met | None = None
    try:
        register = Register(settings, ledger, found)
        try:
            with logged(options):
                yield register
        finally:
            register.close()
            if dry:
                met = _what_was_met(register, began)
    finally:
        ledger.close()
        if met is not None:
            _keep(settings, met)


@dataclass(frozen=True, slots=True)
class _Met:
    """What a dry run did to the vendors all the same: the calls it made, and the secrets they gave for new ones."""

    calls: Mapping[str, Mapping[str, Any]]
    secrets: Sequence[AnyRow]


def _what_was_met(register: Register, began: datetime) -> _Met:
    with register.ledger.read() as tx:
        calls = {name: quota.state_of(tx, name) for name in register.callable_names()}
        return _Met(calls, secrets.stored_since(tx, began))


def _keep(settings: Settings, met: _Met) -> None:
    """Write it down: the plan of a dry run is undone, this is not."""
    ledger = open_database(settings)
    try:
        with ledger.write() as tx:
            quota.copy_states(tx, met.calls)
            secrets.take_over(tx, met.secrets)
    finally:
        ledger.close()


def load_plugins(settings: Settings) -> plugins.Plugins:
    """The plugins that the settings name."""
    return plugins.load({each.plugin for each in settings.processors.values() if each.plugin})


def actor() -> str:
    """Who the trail says did it: the account name of whoever runs the command."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    return name.encode("utf-8", "replace").decode().strip() or "operator"


class _Quiet(logging.Formatter):
    """A log line without what was searched for: an address in a query is a person's."""

    def format(self, record: logging.LogRecord) -> str:
        return _QUERY_VALUE.sub(r"\1…", super().format(record))


@contextmanager
def logged(options: Options) -> Iterator[None]:
    """With `-v`, the calls to the vendors on stderr."""
    if not options.verbose:
        yield
        return
    log, handler = logging.getLogger("gateway"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Quiet("%(asctime)s %(threadName)s %(message)s", datefmt="%H:%M:%S"))
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
