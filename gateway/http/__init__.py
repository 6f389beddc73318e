"""The one HTTP client, and the account a plugin is handed; requests is imported here and in `gateway.testing`."""

from gateway.http.account import MemorySecrets, SecretStore, VendorAccount, open_account
from gateway.http.answer import Answer
from gateway.http.budget import Budget, Standing
from gateway.http.client import Client, Timeouts
from gateway.http.quota import MemoryStore, QuotaStore
from gateway.http.redaction import Mask
from gateway.http.turns import Ask, Demand, Use, calls_for

__all__ = [
    "Answer",
    "Ask",
    "Budget",
    "Client",
    "Demand",
    "Mask",
    "MemorySecrets",
    "MemoryStore",
    "QuotaStore",
    "SecretStore",
    "Standing",
    "Timeouts",
    "Use",
    "VendorAccount",
    "calls_for",
    "open_account",
]
