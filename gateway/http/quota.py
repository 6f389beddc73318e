"""Where the counts of an account's calls live, shared by all processes that use it; and a place for those of one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import msgspec

T = TypeVar("T")


class QuotaStore(Protocol):
    """Where the counts live, shared by all processes that use the account."""

    def change(self, account: str, alter: Callable[[dict[str, Any]], T]) -> T:
        """Load the account's state, let `alter` change it, save it, return what `alter` returned; one transaction.

        The state is JSON-able, `{}` for an account not seen before. `alter` touches nothing but the state, so it
        may run again when the transaction has to be tried again.
        """
        ...


class MemoryStore:
    """A quota store for one process; nothing outlives it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, bytes] = {}

    def change(self, account: str, alter: Callable[[dict[str, Any]], T]) -> T:
        with self._lock:
            state: dict[str, Any] = msgspec.json.decode(self._states.get(account, b"{}"))
            result = alter(state)
            self._states[account] = msgspec.json.encode(state)
            return result
