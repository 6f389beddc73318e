"""Invenias keeps the contract."""

from gateway_invenias.contract import TestInvenias

__all__ = ["TestInvenias"]
