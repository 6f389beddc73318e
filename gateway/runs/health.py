"""How an account does: what keeps it from being called, and what the end of a run makes of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.errors import GatewayError, RefusedError, UnavailableError
from gateway.ledger import Transaction, circuits, lines, stops
from gateway.model import Outcome
from gateway.runs.calling import Target, Work, outcome_of
from gateway.trail import Entry

MANY_BROKEN = 5
"""So many of one chunk, and more than half of it, are too many answers that are not understood."""


class NotCalledError(UnavailableError):
    """Nobody calls this account now: it is stopped, or its circuit is open. It is not the vendor's answer."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why something is not done now. `until`: when it can be, as far as a time and no person decides that."""

    why: str
    until: datetime | None = None


def hinders_calls(tx: Transaction, name: str, now: datetime) -> Hindrance | None:
    """What keeps a processor from being called at all."""
    stop = stops.of_account(tx, name)
    if stop is not None:
        return Hindrance(str(stop))
    circuit = circuits.opened(tx, name, now)
    return None if circuit is None else Hindrance(str(circuit), circuit.until)


def hinders_deletions(tx: Transaction, name: str, now: datetime) -> Hindrance | None:
    """What keeps anything from being deleted at a processor, an operator's stop first."""
    stop = stops.of_deletions(tx, name)
    return hinders_calls(tx, name, now) if stop is None else Hindrance(str(stop))


def enter(tx: Transaction, target: Target, hook: str, now: datetime) -> None:
    """Let a run begin; NotCalledError where it may not."""
    hinder = hinders_deletions if hook == "delete" else hinders_calls
    hindrance = hinder(tx, target.name, now)
    if hindrance is not None:
        raise NotCalledError(f"{stops.NOT_CALLED}{hindrance.why}", retry_at=hindrance.until)
    circuits.enter(tx, target.name, now)


def leave(tx: Transaction, job: Work, target: Target, error: GatewayError | None) -> None:
    """Count how a run ended: the account may have to stop for that, or to wait."""
    now = job.now()
    if error is None:
        circuits.worked(tx, target.name, now)
    elif isinstance(error, UnavailableError):
        circuits.failed(tx, target.name, str(error), now, error.retry_at)
    elif isinstance(error, RefusedError):
        circuits.undecided(tx, target.name, now)
        stops.stop(tx, target.name, str(error), now, cause=stops.REFUSED)
    elif outcome_of(error) == Outcome.BROKEN:
        count = circuits.not_understood(tx, target.name, str(error), now)
        if count >= target.failures:
            why = f"{count} runs in a row ended in an answer that is not understood, or a broken promise"
            stop_for_errors(tx, job, target, why, f"; the last: {error}")
    else:
        circuits.undecided(tx, target.name, now)


def stop_for_errors(tx: Transaction, job: Work, target: Target, why: str, more: str = "") -> None:
    """Stop an account whose errors rise, until somebody has looked; `more` is for the ledger alone."""
    found = stops.of_account(tx, target.name)
    if found is not None and found.cause == stops.ERRORS:
        return
    now = job.now()
    stops.stop(tx, target.name, f"{why}{more}", now, cause=stops.ERRORS)
    lines.append(tx, [Entry(now, stops.ITSELF, "stopped", processor=target.name, why=why)])


def stop_if_many_are_broken(tx: Transaction, job: Work, target: Target, broken: int, answers: int) -> None:
    """Stop an account where most of a chunk came back with an answer that is not understood."""
    if broken >= MANY_BROKEN and 2 * broken > answers:
        why = f"{broken} of {answers} deletions in one go were answered in a way that is not understood"
        stop_for_errors(tx, job, target, why)
