"""Plugins: found by their entry points, loaded and checked one by one, and called one at a time."""

from __future__ import annotations

from gateway.plugins.loading import Plugin, Plugins, load, resolve
from gateway.plugins.offers import GROUP, Offer, find

__all__ = ["GROUP", "Offer", "Plugin", "Plugins", "find", "load", "resolve"]
