"""Calling one hook of one plugin: whatever it raises, and whenever, becomes an error of ours."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from gateway.account import Account
from gateway.errors import (
    GarbledError,
    GatewayError,
    PluginError,
    RefusedError,
    ThrottledError,
    UnavailableError,
    VendorError,
)
from gateway.http import Use, calls_for
from gateway.ledger import Ledger, LedgerError, Transaction
from gateway.ledger.circuits import wait_after
from gateway.ledger.nodes import Lease
from gateway.model import Outcome, Subject, Vendor
from gateway.plugins import Plugins

T = TypeVar("T")

OUTCOME_OF: dict[type[GatewayError], Outcome] = {
    UnavailableError: Outcome.RETRY,
    ThrottledError: Outcome.RETRY,
    RefusedError: Outcome.RETRY,
    GarbledError: Outcome.BROKEN,
    PluginError: Outcome.BROKEN,
}
"""How a step stands after an error; `RefusedError` also stops the account."""
USE_OF = {"fetch": Use.FETCH, "audit": Use.VERIFY}
"""What the calls of a hook are made for, where it is not what is owed to somebody."""


@dataclass(frozen=True, slots=True)
class Target:
    """A processor ready to be called."""

    name: str
    plugin: str
    vendor: Vendor
    account: Account
    grace: timedelta
    parallel: int
    source: bool
    verify_again: tuple[timedelta, ...] = ()
    failures: int = 5
    spent: Callable[[Use], ThrottledError | None] = lambda _: None
    """Why no call may be made for something now, as far as the account's budget knows."""


@dataclass(frozen=True, slots=True)
class Work:
    """What every run is handed: the ledger, the plugins, the clock, who acts, and whether to stop.

    With a `lease`, nothing is written once another node has taken over.
    """

    ledger: Ledger
    plugins: Plugins
    now: Callable[[], datetime]
    actor: str
    stop: Callable[[], bool]
    lease: Lease | None = None

    @property
    def node(self) -> int | None:
        """The node that works; None where nobody else can."""
        return None if self.lease is None else self.lease.node

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction in which the lease still stands; LostError where it does not."""
        with self.ledger.write() as tx:
            if self.lease is not None:
                self.lease.check(tx)
            yield tx


def outcome_of(error: GatewayError) -> Outcome:
    """The outcome an error gives a step; one of a plugin's own making counts as the kind it is made of."""
    return next((OUTCOME_OF[kind] for kind in type(error).__mro__ if kind in OUTCOME_OF), Outcome.BROKEN)


def classify(error: GatewayError, attempts: int, now: datetime) -> tuple[Outcome, datetime]:
    """The outcome an error gives a step, and when to go on: what is broken is looked at by every sync."""
    outcome = outcome_of(error)
    if outcome == Outcome.BROKEN or isinstance(error, RefusedError):
        return outcome, now
    told = error.retry_at if isinstance(error, ThrottledError | UnavailableError) else None
    if told is None or told.tzinfo is None:
        told = now + wait_after(attempts)
    return outcome, told


@contextmanager
def plugin_faults(plugin: str, hook: str) -> Iterator[None]:
    """Turn anything a plugin raises that is not an error of ours into a PluginError that names the place."""
    try:
        yield
    except (VendorError, PluginError, LedgerError):
        raise
    except (Exception, SystemExit) as err:  # noqa: BLE001 - a plugin is foreign code: whatever it raises is its broken promise
        raise PluginError(
            f"plugin {plugin} failed in {hook}: {type(err).__name__} at {_place(err)}"
        ) from None


def _place(err: BaseException) -> str:
    frame = traceback.extract_tb(err.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def call(work: Work, target: Target, hook: str, **arguments: Any) -> Iterator[Any]:
    """Call a hook that yields, and yield what it yields; it is closed however the reading ends."""
    use = USE_OF.get(hook, Use.DELETE)
    with plugin_faults(target.plugin, hook), calls_for(use):
        answer = work.plugins.call(target.plugin, hook, account=target.account, **arguments)
        if not isinstance(answer, Iterator):
            raise PluginError(
                f"plugin {target.plugin}: {hook} returned {type(answer).__name__}, not an iterator"
            )
    try:
        while True:
            with plugin_faults(target.plugin, hook), calls_for(use):
                try:
                    item = next(answer)
                except StopIteration:
                    return
            yield item
    finally:
        # Nothing it could still say is used: a failure of its own tidying up changes nothing.
        with suppress(Exception), calls_for(use):
            getattr(answer, "close", int)()


def expect(item: Any, kind: type[T], target: Target, hook: str) -> T:
    """The item, if it is what the hook promises to yield."""
    if not isinstance(item, kind):
        raise PluginError(
            f"plugin {target.plugin}: {hook} yielded {type(item).__name__}, not {kind.__name__}"
        )
    return item


def is_traceable(subject: Subject) -> bool:
    """Whether a vendor can be asked about somebody: by a record, or by something they could be found by."""
    return bool(subject.records or subject.identities or subject.kept)
