"""Bisnode keeps the contract."""

from gateway_bisnode.contract import TestBisnode

__all__ = ["TestBisnode"]
