"""The only caller of hooks: fetch, delete and audit runs, each opened and closed in the ledger.

A run is finished when the ledger says so, not when a hook returned.
"""

from __future__ import annotations

from gateway.runs.auditing import look, settle, verify
from gateway.runs.calling import OUTCOME_OF, Target, Work, classify, is_traceable, outcome_of
from gateway.runs.deleting import carry_out
from gateway.runs.fetching import Absent, Fetched, Reading, fetch, settle_absent
from gateway.runs.health import NotCalledError
from gateway.runs.watching import look_again

__all__ = [
    "OUTCOME_OF", "Absent", "Fetched", "NotCalledError", "Reading", "Target", "Work", "carry_out", "classify", "fetch",
    "is_traceable", "look", "look_again", "outcome_of", "settle", "settle_absent", "verify",
]  # fmt: skip
