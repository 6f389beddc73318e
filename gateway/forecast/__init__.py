"""The future as the rules see it: what falls due when and where, what call limits make of it, and what if they change."""

from __future__ import annotations

from gateway.forecast.ahead import Ahead, everybody, look_ahead
from gateway.forecast.comparing import Change, Comparison, Difference, changes
from gateway.forecast.counting import Row, Tally, rows
from gateway.forecast.dates import Dates, Horizon, Kind
from gateway.forecast.lanes import Lane, Way, lanes
from gateway.forecast.outlooks import Outlook, outlook_of
from gateway.forecast.quota import Allowance, Late, Work
from gateway.forecast.wanted import Wanted

__all__ = [
    "Ahead",
    "Allowance",
    "Change",
    "Comparison",
    "Dates",
    "Difference",
    "Horizon",
    "Kind",
    "Lane",
    "Late",
    "Outlook",
    "Row",
    "Tally",
    "Wanted",
    "Way",
    "Work",
    "changes",
    "everybody",
    "lanes",
    "look_ahead",
    "outlook_of",
    "rows",
]
