"""Policy and law to obligations: what is owed to whom by when, and why. Pure: facts in, obligations out."""

from __future__ import annotations

from gateway.rules.erasing import Look, Revised, erasure, look, requested, revised
from gateway.rules.judging import Judge, Rules, Standing
from gateway.rules.policy import Policy

__all__ = [
    "Judge",
    "Look",
    "Policy",
    "Revised",
    "Rules",
    "Standing",
    "erasure",
    "look",
    "requested",
    "revised",
]
