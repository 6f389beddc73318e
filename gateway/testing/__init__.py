"""What tests, simulators and the demo import: vendors served in process or on loopback, journals, and the contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.testing.account import MemorySecrets, open_test_account
    from gateway.testing.contract import PluginContract
    from gateway.testing.faults import Fault
    from gateway.testing.golden import written
    from gateway.testing.mounting import mount
    from gateway.testing.server import serve
    from gateway.testing.wire import Call, Wire

# Loaded when first used: the demo serves simulators and has no need of pytest.
_HOME = {
    "Call": "wire",
    "Fault": "faults",
    "MemorySecrets": "account",
    "PluginContract": "contract",
    "Wire": "wire",
    "mount": "mounting",
    "open_test_account": "account",
    "serve": "server",
    "written": "golden",
}

__all__ = [
    "Call",
    "Fault",
    "MemorySecrets",
    "PluginContract",
    "Wire",
    "mount",
    "open_test_account",
    "serve",
    "written",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gateway.testing' has no attribute {name!r}")
    return getattr(import_module(f"gateway.testing.{_HOME[name]}"), name)
