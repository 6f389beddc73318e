"""What a plugin author imports, and nothing else. Each name is loaded when it is first used."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost `gateway --help` a fifth of its time
if TYPE_CHECKING:
    from typing import Any

    from gateway.account import Account, Http, Response
    from gateway.dates import read_date, read_datetime
    from gateway.errors import (
        GarbledError,
        GatewayError,
        PluginError,
        RefusedError,
        SettingsError,
        ThrottledError,
        UnavailableError,
        VendorError,
    )
    from gateway.hookspecs import hookimpl
    from gateway.model import (
        Consent,
        Holding,
        Identity,
        IdentityKind,
        Item,
        Kept,
        Kind,
        Limit,
        Outcome,
        Page,
        Reason,
        Receipt,
        Record,
        Ref,
        Secret,
        Setting,
        Subject,
        Vendor,
        Window,
    )

_HOME = {
    "gateway.account": ("Account", "Http", "Response"),
    "gateway.dates": ("read_date", "read_datetime"),
    "gateway.errors": (
        "GarbledError", "GatewayError", "PluginError", "RefusedError", "SettingsError", "ThrottledError",
        "UnavailableError", "VendorError",
    ),
    "gateway.hookspecs": ("hookimpl",),
    "gateway.model": (
        "Consent", "Holding", "Identity", "IdentityKind", "Item", "Kept", "Kind", "Limit", "Outcome", "Page",
        "Reason", "Receipt", "Record", "Ref", "Secret", "Setting", "Subject", "Vendor", "Window",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Account", "Consent", "GarbledError", "GatewayError", "Holding", "Http", "Identity", "IdentityKind", "Item",
    "Kept", "Kind", "Limit", "Outcome", "Page", "PluginError", "Reason", "Receipt", "Record", "Ref", "RefusedError",
    "Response", "Secret", "Setting", "SettingsError", "Subject", "ThrottledError", "UnavailableError", "Vendor",
    "VendorError", "Window", "hookimpl", "read_date", "read_datetime",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'gateway' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value
