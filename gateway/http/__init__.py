"""The one HTTP client, and the account a plugin is handed; requests is imported here and in `gateway.testing`."""

from gateway.http.account import MemorySecrets, SecretStore, VendorAccount, open_account
from gateway.http.answer import Answer
from gateway.http.budget import Budget, MemoryStore, QuotaStore, Standing
from gateway.http.client import Client, Timeouts
from gateway.http.redaction import Mask

__all__ = [
    "Answer",
    "Budget",
    "Client",
    "Mask",
    "MemorySecrets",
    "MemoryStore",
    "QuotaStore",
    "SecretStore",
    "Standing",
    "Timeouts",
    "VendorAccount",
    "open_account",
]
