"""What commands print: calm tables that fit 80 columns, sentences, and JSON documents, all on stdout."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

WIDEST = 120
_DASH = "  - "
_GLUE = "\ue000"
_QUOTED = re.compile(r"`[^`]{1,70}`")


def console(stream: TextIO | None = None) -> Console:
    """A console that prints text as it is: what comes from a vendor is never taken for markup."""
    made = Console(file=stream or sys.stdout, markup=False, highlight=False, emoji=False)
    if made.width > WIDEST:
        made.width = WIDEST
    return made


def table(
    out: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False
) -> None:
    """Print rows below heads; with `numbers`, all but the first column are numbers."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, head in enumerate(heads):
        right = numbers and place > 0
        made.add_column(
            head, justify="right" if right else "left", overflow="fold", no_wrap=right, vertical="top"
        )
    for row in rows:
        made.add_row(*row)
    _print(out, made)


def say(out: Console, *sentences: str) -> None:
    """Print sentences, each on lines of its own that wrap between words."""
    for each in sentences:
        _print(out, "\n".join(_wrap(each, out.width)))


def point(out: Console, text: str) -> None:
    """Print one point of a list, its further lines below its text."""
    first, *others = _wrap(text, out.width - len(_DASH)) or [""]
    _print(out, "\n".join([_DASH + first, *(" " * len(_DASH) + line for line in others)]))


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width`; a command between back-quotes stays whole, so that it can be copied."""
    whole = _QUOTED.sub(lambda match: match[0].replace(" ", _GLUE), text)
    lines = textwrap.wrap(whole, max(width, 20), break_on_hyphens=False)
    return [line.replace(_GLUE, " ") for line in lines]


def _print(out: Console, thing: RenderableType) -> None:
    """Print without the blanks that fill lines up."""
    with out.capture() as captured:
        out.print(thing, soft_wrap=isinstance(thing, str))
    out.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()) or "\n")


def document(content: Mapping[str, Any]) -> None:
    """Print the one JSON document of a command."""
    wide = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(content, indent=2, ensure_ascii=not wide, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def when(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment on the firm's clock, to the minute."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""


def day(moment: datetime | None, zone: ZoneInfo) -> str:
    """The day of a moment, in the firm's calendar."""
    return f"{moment.astimezone(zone):%Y-%m-%d}" if moment else ""


def many(count: int, one: str, more: str = "") -> str:
    """`1 case`, `2 cases`, `1,200 people`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
