"""Reading the dates and times vendors write; anything that cannot be read is a ValueError, never a guess."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def read_datetime(text: str, zone: tzinfo = UTC) -> datetime:
    """The moment `text` names (ISO 8601 or `YYYY-MM-DD HH:MM:SS`), in UTC; one without a zone is in `zone`.

    Raises ValueError for what is not a time, and for years before 1900 or from 2200 on.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if not EARLIEST < moment.date() < LATEST:
        raise ValueError(f"{text!r} is outside 1900 to 2200")
    return moment.astimezone(UTC)


def read_date(text: str) -> date:
    """The day `text` names (`YYYY-MM-DD`); raises ValueError for anything else and outside 1900 to 2200."""
    day = date.fromisoformat(text)
    if not EARLIEST <= day < LATEST:
        raise ValueError(f"{text!r} is outside 1900 to 2200")
    return day
