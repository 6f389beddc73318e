"""Policy and law to obligations: what is owed to whom, and why. Pure: facts in, obligations out."""

from __future__ import annotations

from gateway.rules.triggers import Rules, obligations, scans

__all__ = ["Rules", "obligations", "scans"]
