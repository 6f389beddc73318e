"""Whose turn it is: deletions that are due come first, their proof next, reading last, and each has a share of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from gateway.http.windows import DAY, Counter, name_of, period_of
from gateway.model import Limit, Window

LONG = 3600.0
"""In windows of this many seconds or more calls are kept for what is due; shorter ones are over soon enough."""
LOOK_AGAIN = 3600.0
"""Whoever is told to wait, since calls are kept for others, may ask again after so many seconds."""
FRESH = 60.0
"""What is wanted is asked again after so many seconds."""
PROOF_SHARE, FETCH_SHARE = 5, 10
"""One call in so many is for proof, and for reading, however many deletions wait."""
PROOF_LEAST, FETCH_LEAST = 10, 5
"""Where that is less than one look takes, so many calls are, but no more than a third or a sixth of all."""


class Use(StrEnum):
    """What a call is made for."""

    DELETE = "delete"
    VERIFY = "verify"
    FETCH = "fetch"


_USE: ContextVar[Use] = ContextVar("use", default=Use.DELETE)


def use_of_calls() -> Use:
    """What calls are made for here; what nobody has named is never kept waiting for something else."""
    return _USE.get()


@contextmanager
def calls_for(use: Use) -> Iterator[None]:
    """Calls made inside are made for this, in the threads of `account.map` too."""
    token = _USE.set(use)
    try:
        yield
    finally:
        _USE.reset(token)


@dataclass(frozen=True, slots=True)
class Demand:
    """How many calls are wanted until a window is over: by deletions that are due then, by proofs that are due then.

    `fetch` is what reading takes in a whole such window, what it has had already counted too.
    """

    delete: int = 0
    verify: int = 0
    fetch: int = 0


NOTHING = Demand()
Ask = Callable[[datetime], Demand]
"""What is wanted until a moment, as the ledger has it now."""


class Wanted:
    """What is wanted in each long window, asked again after so many `calls`, or a while."""

    def __init__(self, ask: Ask | None, limits: Mapping[str, Limit], calls: int) -> None:
        self._ask, self._calls = ask, calls
        self.limits = {key: each for key, each in limits.items() if ask and period_of(each) >= LONG}
        self._told: Mapping[str, Demand] = {}
        self._at, self._left, self._fresh = 0.0, 0, False

    def at(self, now: float, *, calls: int = 1) -> Mapping[str, Demand]:
        """What is wanted now, before so many calls are taken."""
        self._fresh = not (self._left > 0 and 0 <= now - self._at < FRESH)
        if self._ask is not None and self._fresh:
            ask = self._ask
            self._told = {key: ask(_end(each, now)) for key, each in self.limits.items()}
            self._at, self._left = now, self._calls
        self._left -= calls
        return self._told

    def forget(self) -> bool:
        """Ask again next time; whether what was told may be out of date."""
        self._left = 0
        return not self._fresh


def _end(limit: Limit, now: float) -> datetime:
    """The latest moment at which a window of now may be over."""
    whole = limit.window is Window.UTC_DAY
    return datetime.fromtimestamp((now // DAY + 1) * DAY if whole else now + period_of(limit), UTC)


def shares(whole: int) -> tuple[int, int]:
    """How many of so many calls are for proof, and for reading, however many deletions wait."""
    proof = max(1, whole // PROOF_SHARE, min(PROOF_LEAST, whole // 3)) if whole > 1 else 0
    fetch = max(1, whole // FETCH_SHARE, min(FETCH_LEAST, whole // 6)) if whole > 2 else 0
    return proof, fetch


@dataclass(frozen=True, slots=True)
class Turn:
    """The calls of one long window, by what they are made for; `had` is part of the state of the account.

    The shares are of what the vendor leaves us: calls that others make of the same quota make them smaller.
    """

    counter: Counter
    had: dict[str, Any]
    demand: Demand

    @staticmethod
    def of(counter: Counter, state: dict[str, Any], demand: Demand) -> Turn:
        """The turn of now; `state` is begun anew with each window, and keeps the last before it in which calls were made."""
        begins = counter.turn[0]
        if state.get("since") != begins:
            before = state.pop("before", None)
            last = {name: value for name, value in state.items() if value}
            state.clear()
            state["before"] = last if len(last) > 1 else before
            state["since"] = begins
        return Turn(counter, state, demand)

    def count(self, use: Use, calls: int) -> None:
        """Count calls; fewer than none are given back."""
        self.had[use] = max(0, self._had(use) + calls)

    def _had(self, use: Use) -> int:
        return int(self.had.get(use, 0))

    def _spare(self) -> tuple[int, int]:
        """What is left of the shares of proof and of reading."""
        whole = self.counter.left + sum(self._had(each) for each in Use)
        proof, fetch = shares(whole)
        return max(0, proof - self._had(Use.VERIFY)), max(0, fetch - self._had(Use.FETCH))

    def _owed(self) -> tuple[int, int]:
        """What proof and reading still have to get of their shares, as far as they want it."""
        proof, fetch = self._spare()
        return min(proof, self.demand.verify), min(fetch, max(0, self.demand.fetch - self._had(Use.FETCH)))

    def room(self, use: Use) -> int:
        """How many of the calls that are left may be made for this."""
        left, demand = self.counter.left, self.demand
        proof, fetch = self._owed()
        if use is Use.DELETE:
            return max(0, left - proof - fetch)
        own_proof, own_fetch = self._spare()
        if use is Use.VERIFY:
            own = min(own_proof, max(min(proof, left), left - fetch))
            return max(0, own, left - demand.delete - fetch)
        return max(0, min(own_fetch, left - proof), left - demand.delete - demand.verify)

    def why(self, use: Use) -> str:
        """Why there is no room, in words."""
        proof, fetch = self._owed()
        if use is not Use.DELETE and self.demand.delete:
            kept = "deletions that are due"
        elif use is not Use.VERIFY and proof:
            kept = "proofs that are due"
        else:
            kept = "reading" if fetch else "deletions that are due"
        return f"what is left of {name_of(self.counter.limit)} is kept for {kept}"


def spent_on(state: Mapping[str, Any], limits: Iterable[Limit]) -> tuple[datetime, dict[Use, int]] | None:
    """What the calls of an account were made for in the longest window there is and the one before, and since when.

    `state` is the account's as it is stored; None where nothing is known.
    """
    kept: Mapping[str, Any] = state.get("turns") or {}
    longest = max(limits, key=period_of, default=None)
    found = None if longest is None else kept.get(key_of(longest))
    if not found:
        return None
    before = found.get("before") or {}
    since = datetime.fromtimestamp(before.get("since", found["since"]), UTC)
    return since, {each: int(found.get(each, 0)) + int(before.get(each, 0)) for each in Use}


def key_of(limit: Limit) -> str:
    """By which name a limit is kept in the state of an account."""
    return f"{limit.window} {period_of(limit):g} {limit.header}".rstrip()


def next_look(turns: Iterable[Turn], use: Use, now: float) -> tuple[float, str]:
    """When to ask again, and why, where no call may be made for `use` now."""
    last = max((each for each in turns if not each.room(use)), key=lambda each: each.counter.turn[1])
    return min(last.counter.turn[1], now + LOOK_AGAIN), last.why(use)
