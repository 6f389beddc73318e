"""How outcomes and states are called in front of people."""

from __future__ import annotations

from gateway.ledger.work import Count
from gateway.model import Outcome

STEP = {
    None: "to be done",
    Outcome.DONE: "done, not proven yet",
    Outcome.ACCEPTED: "will be done there later",
    Outcome.NOTHING: "nothing there",
    Outcome.KEPT: "kept",
    Outcome.MANUAL: "to be done by hand",
    Outcome.REFUSED: "refused",
    Outcome.UNLINKABLE: "not known by anything we know",
    Outcome.RETRY: "to be tried again",
    Outcome.BROKEN: "needs you",
    Outcome.VERIFIED: "gone, proven",
    Outcome.RETURNED: "there again",
}
STATE = {
    "open": "under way",
    "held": "held by a question",
    "waiting": "waits for approval",
    "closed": "closed",
    "dropped": "dropped",
}
TRIGGER = {
    "consent-expired": "consent over",
    "consent-withdrawn": "consent withdrawn",
    "retention-over": "retention period over",
    "vanished": "deleted at its source",
    "request": "asked to be erased",
    "returned": "there again after erasure",
}


def step(outcome: Outcome | str | None, *, closed: bool) -> str:
    """How a step stands, in a few words."""
    known = Outcome(outcome) if outcome else None
    if closed and known == Outcome.DONE:
        return "done, on your word"
    if not closed and known in (Outcome.KEPT, Outcome.REFUSED, Outcome.NOTHING):
        return f"{STEP[known]}, not proven yet"
    return STEP[known]


def count(each: Count) -> str:
    """Steps that stand alike, as one point of a list."""
    how = step(each.outcome, closed=each.closed)
    if not each.closed and each.state in ("held", "waiting"):
        how = STATE[each.state]
    reason = f": {each.reason}" if each.reason else ""
    return f"{each.processor}: {each.steps:,} {how}{reason}"
