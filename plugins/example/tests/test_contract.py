"""Example keeps the contract."""

from gateway_example.contract import TestExample

__all__ = ["TestExample"]
