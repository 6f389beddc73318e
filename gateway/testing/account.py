"""An account for tests: the real HTTP client, a quota kept in memory, and a clock that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.errors import SettingsError
from gateway.http import MemorySecrets, MemoryStore, SecretStore, VendorAccount, open_account
from gateway.model import Secret, Setting, Vendor

__all__ = ["FIXED", "MemorySecrets", "open_test_account"]

FIXED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""The time in tests that do not hand in one."""


def fixed() -> datetime:
    """The same moment at every call."""
    return FIXED


def skip(seconds: float) -> None:
    """Let a pause be over at once."""


def open_test_account(
    plugin: Any,
    settings: Mapping[str, Any],
    *,
    now: Callable[[], datetime] = fixed,
    sleep: Callable[[float], None] = skip,
    parallel: int = 1,
    name: str | None = None,
    secrets: SecretStore | None = None,
) -> VendorAccount:
    """An account of this plugin as the core would open it.

    Defaults of `describe().settings` are filled in, and plain text for a secret setting is wrapped. Pauses
    take no time; `sleep` is told their length and may move the clock. Secrets that are stored live as long as
    the account, or as `secrets`, which several accounts may share. Where the account makes real connections or
    threads, use it in a `with`. Raises SettingsError for a setting that is missing or not declared.
    """
    vendor: Vendor = plugin.describe()
    return open_account(
        name or vendor.name,
        _resolve(vendor, settings),
        vendor=vendor,
        store=MemoryStore(),
        now=now,
        sleep=sleep,
        parallel=parallel,
        secrets=secrets,
    )


def _resolve(vendor: Vendor, given: Mapping[str, Any]) -> dict[str, Any]:
    declared = {each.name: each for each in vendor.settings}
    known = {"url", *declared}
    mistakes = [
        f"settings.{name}: {vendor.name} takes no such setting; it takes {', '.join(sorted(known))}"
        for name in sorted(given.keys() - known)
    ]
    mistakes += [
        f"settings.{name}: is missing; {setting.help}"
        for name, setting in declared.items()
        if setting.required and name not in given
    ]
    if mistakes:
        raise SettingsError(*mistakes)
    filled = {name: setting.default for name, setting in declared.items()} | dict(given)
    return {name: _wrap(declared.get(name), value) for name, value in filled.items()}


def _wrap(setting: Setting | None, value: Any) -> Any:
    return Secret(value) if setting and setting.secret and isinstance(value, str) else value
