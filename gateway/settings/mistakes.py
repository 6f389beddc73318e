"""A mistake of a settings file as one line: where it is, what is wrong, what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")


def key_path(path: Sequence[str | int]) -> str:
    """`processors.recman.role`, with what is no bare key in quotes."""
    return ".".join(part if _BARE.fullmatch(part) else quoted(part) for part in map(str, path))


def quoted(text: str) -> str:
    """Text from the file in quotes, short and on one line."""
    short = text if len(text) <= 60 else text[:60] + "…"
    return '"' + "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short) + '"'


def listed(words: Iterable[str]) -> str:
    """Names in quotes, with commas."""
    return ", ".join(quoted(word) for word in words)


def near(word: str, known: Iterable[str]) -> list[str]:
    """The known name most like a word, or nothing where none is like it."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[name] for name in get_close_matches(word.lower()[:80], by_lower, n=1, cutoff=0.6)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "role"?`, or nothing where nothing known is near."""
    return "".join(f"did you mean {quoted(name)}?" for name in near(word, known))


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """`unknown key; did you mean "role"?`, or with all that is known where nothing is near."""
    names = sorted(known)
    hint = did_you_mean(word, names) or (f"known here: {', '.join(names)}" if names else "none is known here")
    return f"unknown {what}; {hint}"
