"""`gateway serve`, `nodes` and `schedule`: the daemon, who else is at work, and when what is done."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from gateway import logs
from gateway.agenda import Job, jobs_of
from gateway.cli import printing
from gateway.cli.opening import (
    load_plugins,
    open_database,
    open_ledger,
    open_register,
    read_settings,
    zone_of,
)
from gateway.cli.options import Options, json_option, with_options
from gateway.daemon import Daemon
from gateway.ledger import AnyRow, jobs, nodes
from gateway.model import Secret
from gateway.nodes import is_gone
from gateway.register import clock
from gateway.schedule import next_turn
from gateway.settings import Settings
from gateway.settings.serving import Turn
from gateway.telling import Telling
from gateway.web import Meters

MOST_ENDED = 10


@click.command()
@click.option(
    "--log", "kind", type=click.Choice(["console", "json"]), help="How the log is written; else as [daemon]."
)
@with_options(hidden=True)
@click.pass_obj
def serve(options: Options, kind: str | None) -> None:
    """Run until it is told to stop: read, plan, delete and prove, each in its time.

    SIGTERM or Ctrl-C stops it after the current call; a second one at once. SIGHUP reads gateway.toml anew. Several may
    run on one ledger, beside `gateway sync`. [daemon] and [schedule] say how and when; docs/operate.md tells the rest.
    """
    settings = read_settings(options)
    if kind is not None:
        settings = _with_log(settings, kind)
    level = "DEBUG" if options.verbose else "INFO"
    undo = logs.configure(settings.daemon.log, level, sys.stderr, secrets=_secrets_of(settings))
    ledger = open_database(settings)
    try:
        meters = Meters()
        watcher = Telling(ledger, meters)
        daemon = Daemon(
            settings, ledger, load_plugins=load_plugins, reread=lambda: read_settings(options), watcher=watcher,
            observe=meters.observe,
        )  # fmt: skip
        _listen_to_signals(daemon)
        daemon.run()
    finally:
        ledger.close()
        undo()
    sys.stderr.flush()
    # A call that never came back keeps its thread; all it could still do is settled by the next start.
    os._exit(0)


def _secrets_of(settings: Settings) -> list[Secret]:
    """All that must never stand in the log."""
    own = settings.gateway
    found = [own.ledger, own.master_key, own.signing_key]
    for processor in settings.processors.values():
        found += [value for value in processor.settings.values() if isinstance(value, Secret)]
    return found


def _with_log(settings: Settings, kind: str) -> Settings:
    return replace(settings, daemon=settings.daemon.model_copy(update={"log": kind}))


def _listen_to_signals(daemon: Daemon) -> None:
    def on_stop(number: int, _frame: object) -> None:
        if daemon.is_stopping:
            os._exit(128 + number)
        daemon.stop()

    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGINT, on_stop)
    signal.signal(signal.SIGHUP, lambda *_: daemon.reload())


@click.command(name="nodes")
@json_option
@with_options(hidden=True)
@click.pass_obj
def list_nodes(options: Options, as_json: bool) -> None:
    """List who works on this ledger, what each is doing, and who ended last."""
    with open_ledger(options) as (settings, ledger):
        with ledger.read() as tx:
            rows = [*nodes.alive(tx), *nodes.last_ended(tx, MOST_ENDED)]
            held = nodes.held(tx)
        now, zone = clock(), zone_of(settings)
    found = [
        (row, _state(row, now, settings), [each.name for each in held if each.node_id == row.id])
        for row in rows
    ]
    if as_json:
        printing.document({"nodes": [_node_document(*each) for each in found]})
        return
    out = printing.console()
    if not found:
        printing.say(out, "Nobody is at work, and nobody was in the last days.")
        return
    printing.table(
        out,
        ("node", "kind", "state", "last word", "at work at", "doing"),
        [
            (row.name, row.kind, state, printing.when(row.beat_at, zone), ", ".join(at) or "-", ", ".join(row.doing) or "-")
            for row, state, at in found
        ],
    )  # fmt: skip


def _state(row: AnyRow, now: datetime, settings: Settings) -> str:
    if row.ended_at is not None:
        return str(row.end)
    return nodes.end_of(row, now, settings.daemon.silence, is_gone) or "alive"


def _node_document(row: AnyRow, state: str, at: list[str]) -> dict[str, Any]:
    return {
        "number": row.id, "name": row.name, "kind": row.kind, "state": state, "host": row.host.partition("/")[0],
        "pid": row.pid, "version": row.version, "started": row.started_at, "beat": row.beat_at, "ended": row.ended_at,
        "at": at, "doing": list(row.doing),
    }  # fmt: skip


@click.command()
@json_option
@with_options(hidden=True)
@click.pass_obj
def schedule(options: Options, as_json: bool) -> None:
    """Show when what is done: the last and the next turn of each job, how it went, and what was missed."""
    with open_register(options) as register:
        found = jobs_of(register)
        with register.ledger.read() as tx:
            rows = {row.name: row for row in jobs.all_jobs(tx)}
        now, zone = register.now(), register.zone
    turns = [
        (job, rows.get(name), next_turn(job.turn, zone, rows[name].slot if name in rows else None, now))
        for name, job in found.items()
    ]
    if as_json:
        printing.document({"jobs": [_job_document(*each) for each in turns]})
        return
    printing.table(
        printing.console(),
        ("job", "every", "last", "how it went", "next", "missed"),
        [
            (
                job.name, _every(job.turn), printing.when(row.began_at, zone) if row else "never", _went(row),
                printing.when(coming, zone), str(row.missed) if row else "0",
            )
            for job, row, coming in turns
        ],
    )  # fmt: skip


def _every(turn: Turn) -> str:
    """A turn as it is written in gateway.toml."""
    if isinstance(turn, str):
        return turn
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, rest = divmod(int(turn.total_seconds()), length)
        if count and not rest:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return str(turn)


def _went(row: AnyRow | None) -> str:
    if row is None:
        return "-"
    return row.result if row.ended_at is not None else "goes on"


def _job_document(job: Job, row: AnyRow | None, coming: datetime) -> dict[str, Any]:
    known = {} if row is None else row._asdict()
    return {
        "name": job.name, "every": _every(job.turn), "next": coming, "last": known.get("began_at"),
        "ended": known.get("ended_at"), "result": known.get("result") or None, "missed": known.get("missed", 0),
        "missed_at": known.get("missed_at"), "overlapped": known.get("overlapped", 0),
    }  # fmt: skip
