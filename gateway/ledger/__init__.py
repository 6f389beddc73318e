"""The only room that touches the database. `Ledger` hands out transactions; each module here speaks of one thing."""

from __future__ import annotations

from gateway.ledger.engines import LedgerError, ReplacedError, read_url
from gateway.ledger.making import make
from gateway.ledger.store import BusyError, Ledger
from gateway.ledger.tables import AnyRow, Transaction
from gateway.ledger.vault import Vault, new_master_key

__all__ = [
    "AnyRow",
    "BusyError",
    "Ledger",
    "LedgerError",
    "ReplacedError",
    "Transaction",
    "Vault",
    "make",
    "new_master_key",
    "read_url",
]
