"""The tamper-evident log: chain, sign, verify, export. Pure: it holds no database and no file."""

from __future__ import annotations

from gateway.trail.checkpoints import (
    Checkpoint,
    key_id,
    new_signing_key,
    public_key,
    read_checkpoint,
    sign,
    write_checkpoint,
)
from gateway.trail.export import export_lines
from gateway.trail.lines import GENESIS, Entry, Head, Line, chain
from gateway.trail.report import Fault, FaultKind, Report
from gateway.trail.walk import hash_only, verify

__all__ = [
    "GENESIS",
    "Checkpoint",
    "Entry",
    "Fault",
    "FaultKind",
    "Head",
    "Line",
    "Report",
    "chain",
    "export_lines",
    "hash_only",
    "key_id",
    "new_signing_key",
    "public_key",
    "read_checkpoint",
    "sign",
    "verify",
    "write_checkpoint",
]
