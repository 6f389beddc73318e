"""Obligations and requests to cases and steps: what will be done, where, by when, and whether it may begin."""

from __future__ import annotations

from gateway.cases.deadlines import Deadlines
from gateway.cases.opening import sets_of
from gateway.cases.planned import Brake, Planned
from gateway.cases.planner import Planner
from gateway.cases.restricting import RESTRICT

__all__ = ["RESTRICT", "Brake", "Deadlines", "Planned", "Planner", "sets_of"]
