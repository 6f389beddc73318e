"""Runs of torture: a firm put back to the same moment, daemons killed on the way, and the end judged against the calm one."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.torture.theatre import LONGEST, Theatre

AT_ONCE = 8
"""Calls one kill can leave unanswered for: two of each vendor under way, or one for many people."""
LIFE = 20.0
"""Seconds after which a daemon that was not struck is killed where it is."""


@dataclass
class Tally:
    """What was done to whom."""

    runs: int = 0
    kills: int = 0
    again: int = 0
    most_again: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.kills += other.kills
        self.again += other.again
        self.most_again = max(self.most_again, other.most_again)
        self.struck += other.struck
        self.seconds += other.seconds


class Player:
    """Plays runs in one theatre. `expected` is how a run ends that nobody disturbs, `commits` what it commits."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        theatre.restore()
        pid = theatre.begin()
        theatre.until_over()
        assert theatre.stop(pid) == 0, theatre.log()
        self.expected, again = theatre.end_state(), theatre.judge()
        assert again == 0
        assert self.expected["questions"] == []
        self.commits = theatre.commits(pid)

    def play(self, *strikes: dict[str, Any]) -> Tally:
        """One run: a daemon a strike, one after the other, then one that nobody disturbs.

        A strike says at which commit it comes, or after how many seconds (`life`).
        """
        theatre, began, kills = self.theatre, time.monotonic(), 0
        theatre.restore()
        for strike in strikes:
            how = dict(strike)
            life = how.pop("life", LIFE)
            pid = theatre.begin(**how)
            code = theatre.wait(pid, life)
            assert code in (None, -9), f"{strike}: a daemon ended by itself with {code}\n{theatre.log()}"
            if code is None:
                theatre.kill(pid)
            kills += 1
        struck = Counter(theatre.struck())
        last = theatre.begin()
        theatre.until_over()
        assert theatre.stop(last) == 0, theatre.log()
        state = theatre.end_state()
        assert state == self.expected, f"{strikes}: {_differences(state, self.expected)}"
        again = theatre.judge()
        assert again <= kills * AT_ONCE, f"{strikes}: {again} calls made again after {kills} kills"
        struck["(at a moment)"] += kills - struck.total()
        return Tally(1, kills, again, again, +struck, time.monotonic() - began)

    def at_a_commit(self, at: int, *, after: bool, of: str = "ledger") -> Tally:
        return self.play({"at": at, "after": after, "of": of})

    def at_random(self, dice: random.Random, kills: int) -> Tally:
        """Killed at moments and at commits, as the dice fall."""
        return self.play(*(self._strike(dice) for _ in range(kills)))

    def _strike(self, dice: random.Random) -> dict[str, Any]:
        kind = dice.random()
        if kind < 0.4:
            return {"life": dice.uniform(0.2, 4.0)}
        if kind < 0.8:
            return {"at": dice.randint(1, len(self.commits)), "after": dice.random() < 0.5, "life": LIFE / 4}
        return {"at": dice.randint(1, 60), "after": dice.random() < 0.5, "of": "engine", "life": LIFE / 4}


def _differences(state: dict[str, Any], expected: dict[str, Any]) -> str:
    """What is there and should not be, and what should be and is not."""
    found = []
    for name in expected:
        if state[name] != expected[name] and isinstance(expected[name], list):
            more = [each for each in state[name] if each not in expected[name]]
            less = [each for each in expected[name] if each not in state[name]]
            found.append(f"{name}: {more} instead of {less}")
        elif state[name] != expected[name]:
            found.append(f"{name}: {state[name]} instead of {expected[name]}")
    return "; ".join(found)


__all__ = ["LONGEST", "Player", "Tally"]
