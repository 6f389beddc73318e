"""gateway.toml and what it names, read into one value; every mistake in it is said at once."""

from __future__ import annotations

from gateway.settings.load import Settings, load
from gateway.settings.period import Period
from gateway.settings.schema import Brake, Gateway, Processor, Purpose, document
from gateway.settings.tables import Key
from gateway.settings.values import Value

__all__ = [
    "Brake", "Gateway", "Key", "Period", "Processor", "Purpose", "Settings", "Value", "document", "load",
]  # fmt: skip
