"""Keeps an account's calls within the vendor's limits, across threads, processes and restarts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil

from gateway.errors import ThrottledError
from gateway.http.quota import QuotaStore
from gateway.http.turns import NOTHING, Ask, Demand, Turn, Use, Wanted, key_of, next_look, use_of_calls
from gateway.http.windows import DAY, GRAINS, Counter, State, count_of, name_of, period_of
from gateway.model import Limit

_MINUTE = 60.0
_LARGEST_BLOCK = 50
_SET_BACK = 1.0
"""Seconds by which a clock may lag behind another process's before it counts as set back."""
_SHORTEST_PAUSE = 0.001


@dataclass(frozen=True, slots=True)
class Standing:
    """How one limit stands. `resets_at` is when all its calls are there again; None if they are."""

    limit: Limit
    used: int
    left: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Wait:
    """`shared` says that calls are left, and kept for something else."""

    until: float
    why: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """What an answer says: calls left by place of the limit, or stop, perhaps until a moment."""

    taken: float
    left: Sequence[tuple[int, int]]
    stop: bool
    until: float | None


@dataclass(slots=True)
class _Block:
    """Calls counted in the store and not yet made.

    They may be made from `since` to `until` by the clock, and before `expires` by the seconds that really passed, so
    that a clock set back does not bring an old block to life again. `stored` is what the store had left of each limit.
    They are for one use; `turns` says in which long windows they count for it, by when these began.
    """

    left: int = 0
    since: float = 0.0
    until: float = 0.0
    expires: float = 0.0
    marks: tuple[float, ...] = ()
    stored: list[int] = field(default_factory=list)
    use: Use = Use.DELETE
    turns: Mapping[str, float] = field(default_factory=dict)


class Budget:
    """Counts every call before it is made, and says when the next may be made.

    Accuracy. No window ever holds more calls than its limit, by this machine's clock, whoever shares the store.
    Calls are taken from the store in blocks: at most a fortieth of the limit, at most 50, used within a sixtieth of
    the period, and only if every window is a minute or longer. A crash loses the rest of a block; nothing is
    spent twice. In a sliding window a call comes free up to two sixtieths of the period late. The vendor's clock may
    say otherwise: a call made just before midnight may arrive after it. The vendor's own word, a header or a 429,
    can only lower what is left. A clock set back frees nothing; one set forward looks like time that passed.

    Order. `demand` tells what deletions, proofs and reading want. In every window of an hour or more, calls are kept
    for deletions, then for proofs; a share of its own is kept for proof and for reading, as far as they want it. What
    is wanted is asked again with every block, or as many calls as one would have.
    """

    def __init__(
        self,
        account: str,
        limits: Sequence[Limit],
        store: QuotaStore,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        max_wait: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
        demand: Ask | None = None,
    ) -> None:
        self._account, self._store = account, store
        self._now, self._sleep, self._max_wait, self._monotonic = now, sleep, max_wait, monotonic
        strictest: dict[str, Limit] = {}
        for each in limits:
            kept = strictest.setdefault(key_of(each), each)
            if each.calls < kept.calls:
                strictest[key_of(each)] = each
        self._limits = strictest
        self._headers = tuple(
            (place, each.header) for place, each in enumerate(strictest.values()) if each.header
        )
        periods = [period_of(each) for each in limits]
        self._longest = max([*periods, DAY])
        self._life = min([*periods, GRAINS * _MINUTE]) / GRAINS
        wholesale = all(period >= _MINUTE for period in periods)
        largest = min([_LARGEST_BLOCK, *(max(1, each.calls // 40) for each in limits)])
        self._size = largest if wholesale else 1
        self._wanted = Wanted(demand, strictest, largest)
        self._lock = threading.Lock()
        self._block = _Block()
        self._blocked_until = 0.0

    def __repr__(self) -> str:
        return f"Budget({self._account!r}, {[name_of(each) for each in self._limits.values()]})"

    def take(self, not_before: datetime | None = None) -> datetime:
        """Count one call that is made now, after a short sleep if that is enough, and say when it was counted.

        `not_before` says that the caller has waited until then already. Raises ThrottledError when the wait would
        be longer than `max_wait` seconds.
        """
        use = use_of_calls()
        moment = self._now().timestamp()
        if not_before is not None:
            moment = max(moment, not_before.timestamp())
        waited = 0.0
        while True:
            with self._lock:
                wait = self._count(moment, use)
            if wait is None:
                return _datetime(moment)
            pause = max(wait.until - moment, _SHORTEST_PAUSE)
            if waited + pause > self._max_wait:
                raise self._throttled(wait)
            self._sleep(pause)
            waited += pause
            moment = max(self._now().timestamp(), moment + pause)

    def _throttled(self, wait: _Wait) -> ThrottledError:
        until = _datetime(wait.until)
        return ThrottledError(f"{self._account}: {wait.why}; next call {when(until)}", retry_at=until)

    def spent(self, use: Use) -> ThrottledError | None:
        """What a call for this would meet now; None where one may be made, at once or after a short sleep.

        Nothing is counted: whoever asks first leaves work alone that could not be ended.
        """
        now = self._now().timestamp()
        with self._lock:
            if self._in_hand(now, use):
                return None
            self._wanted.forget()
            demands = self._wanted.at(now, calls=0)

            def look(state: State) -> _Wait | None:
                counters = self._refresh(state, now)
                return _wait(state, counters, self._turns(state, counters, demands), use, now)

            wait = self._store.change(self._account, look)
        return None if wait is None or wait.until - now <= self._max_wait else self._throttled(wait)

    def observe(
        self,
        status: int,
        headers: Mapping[str, str],
        *,
        taken: datetime | None = None,
        retry_at: datetime | None = None,
    ) -> datetime | None:
        """Take the vendor's word for it, from the answer to a call counted at `taken`.

        A header never raises what is left. A 429 stops all calls until `retry_at`, or without one until the shortest
        window is over; the end of that pause is returned.
        """
        with self._lock:
            told = [
                (place, remaining)
                for place, name in self._headers
                if (remaining := _count_in(headers.get(name))) is not None
                and (not self._block.stored or remaining < self._block.stored[place] + self._block.left)
            ]
            if not told and status != 429:
                return None
            now = self._now().timestamp()
            word = _Word(
                taken=now if taken is None else taken.timestamp(),
                left=told,
                stop=status == 429,
                until=None if retry_at is None else retry_at.timestamp(),
            )
            believed = self._store.change(self._account, lambda state: self._believe(state, now, word))
            self._block.left, self._block.stored, until = believed
            if not word.stop:
                return None
            self._blocked_until = max(until, self._blocked_until)
            return _datetime(self._blocked_until)

    def left(self) -> list[Standing]:
        """How each limit stands now."""
        now = self._now().timestamp()
        with self._lock:
            spare = self._block.left

            def alter(state: State) -> list[Standing]:
                return [_standing(counter, spare) for counter in self._refresh(state, now)]

            return self._store.change(self._account, alter)

    def close(self) -> None:
        """Hand back what was taken from the store and not used."""
        now = self._now().timestamp()
        with self._lock:
            if self._block.left:
                self._store.change(
                    self._account, lambda state: self._give_back(state, self._refresh(state, now))
                )
            self._block = _Block()

    def _in_hand(self, moment: float, use: Use) -> bool:
        """Whether a call that was counted already may be made for this."""
        block = self._block
        in_time = block.since <= moment < block.until and self._monotonic() < block.expires
        meant = block.use is use or not self._wanted.limits
        return bool(block.left) and in_time and meant and moment >= self._blocked_until

    def _count(self, moment: float, use: Use) -> _Wait | None:
        if self._in_hand(moment, use):
            self._block.left -= 1
            return None
        expires = self._monotonic() + self._life
        demands = self._wanted.at(moment, calls=self._size)
        taken = self._store.change(self._account, lambda state: self._take_block(state, moment, use, demands))
        if isinstance(taken, _Wait):
            self._block = _Block(stored=self._block.stored)
            return self._count(moment, use) if taken.shared and self._wanted.forget() else taken
        taken.left -= 1
        taken.expires = expires
        self._block, self._blocked_until = taken, 0.0
        return None

    def _take_block(
        self, state: State, now: float, use: Use, demands: Mapping[str, Demand]
    ) -> _Block | _Wait:
        counters = self._refresh(state, now)
        self._give_back(state, counters)
        turns = self._turns(state, counters, demands)
        wait = _wait(state, counters, turns, use, now)
        if wait is not None:
            return wait
        rooms = [each.room(use) for each in turns.values()]
        size = min([self._size, *(each.left for each in counters), *rooms])
        until = now if size == 1 else min([now + self._life, *(each.horizon for each in counters)])
        for turn in turns.values():
            turn.count(use, size)
        begun = {key: turn.counter.turn[0] for key, turn in turns.items()}
        marks = tuple(each.count(size, until) for each in counters)
        return _Block(
            size, now, until, marks=marks, stored=[each.left for each in counters], use=use, turns=begun
        )

    def _turns(
        self, state: State, counters: Sequence[Counter], demands: Mapping[str, Demand]
    ) -> dict[str, Turn]:
        """The long windows, in which calls are shared out."""
        if not self._wanted.limits:
            return {}
        had = state.setdefault("turns", {})
        return {
            key: Turn.of(counter, had.setdefault(key, {}), demands.get(key, NOTHING))
            for key, counter in zip(self._limits, counters, strict=True)
            if key in self._wanted.limits
        }

    def _give_back(self, state: State, counters: Sequence[Counter]) -> None:
        block = self._block
        if not block.left:
            return
        for counter, mark in zip(counters, block.marks, strict=True):
            counter.give_back(mark, block.left)
        for key, turn in self._turns(state, counters, {}).items():
            if turn.counter.turn[0] == block.turns.get(key):
                turn.count(block.use, -block.left)

    def _refresh(self, state: State, now: float) -> list[Counter]:
        """The counters of now."""
        set_back = now < state.get("seen", now) - _SET_BACK
        state["seen"] = now if set_back else max(now, state.get("seen", now))
        if "blocked" in state:
            since, until = state["blocked"]
            if set_back and since > now:
                since, until = now, until - (since - now)
            state["blocked"] = [since, min(until, now + self._longest)]
            if until <= now:
                del state["blocked"]
        limits = state.setdefault("limits", {})
        return [
            count_of(limit, limits.setdefault(key, {}), now, set_back=set_back)
            for key, limit in self._limits.items()
        ]

    def _believe(self, state: State, now: float, word: _Word) -> tuple[int, list[int], float]:
        """What is left in hand and in the store, and until when nothing is called, if all of `word` is true."""
        counters = self._refresh(state, now)
        in_hand = self._block.left
        for place, remaining in word.left:
            counter = counters[place]
            surplus = counter.left + in_hand - remaining
            if surplus > 0 and word.taken >= counter.begins:
                cut = min(surplus, counter.left)
                counter.count(cut, now)
                in_hand -= min(in_hand, surplus - cut)
        until = now
        if word.stop:
            ends = [each.ends() for each in counters]
            until = min(ends, default=now + _MINUTE) if word.until is None else word.until
            until = min(until, now + self._longest)
            state["blocked"] = [now, max(until, state.get("blocked", (0.0, 0.0))[1])]
        return in_hand, [each.left for each in counters], until


def _wait(
    state: State, counters: Sequence[Counter], turns: Mapping[str, Turn], use: Use, now: float
) -> _Wait | None:
    """Why no call may be made for a use now, and until when; None where one may."""
    if "blocked" in state:
        return _Wait(state["blocked"][1], "the vendor asked for a pause")
    full = [each for each in counters if not each.left]
    if full:
        last = max(full, key=lambda each: each.opens())
        return _Wait(last.opens(), f"{name_of(last.limit)} are used up")
    if all(each.room(use) for each in turns.values()):
        return None
    return _Wait(*next_look(turns.values(), use, now), shared=True)


def _standing(counter: Counter, spare: int) -> Standing:
    limit = counter.limit
    left = min(limit.calls, counter.left + spare)
    return Standing(
        limit, limit.calls - left, left, _datetime(counter.renewed()) if left < limit.calls else None
    )


def when(moment: datetime) -> str:
    """A time as messages show it, rounded up to the second: `2026-11-24 00:00 UTC`."""
    moment = datetime.fromtimestamp(ceil(moment.timestamp()), UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment.second else f"{moment:%Y-%m-%d %H:%M} UTC"


def _count_in(text: str | None) -> int | None:
    """The number of calls a header says are left; None for what is not a whole number."""
    text = (text or "").strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        return None
    return max(0, int(text))


def _datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
