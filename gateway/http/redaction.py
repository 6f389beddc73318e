"""Masks keys in URLs and messages, so that no log line, error or repr shows one."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote_plus

from gateway.model import Secret

MASK = "***"
_WORDS = r"key|token|secret|passw|pwd|code|signature|credential|auth"
_SENSITIVE = re.compile(_WORDS, re.IGNORECASE)
_NESTED = re.compile(rf"[?&;#][^=]*(?:{_WORDS})[^=]*=", re.IGNORECASE)
_PARAMETER = re.compile(r"([?&;#])([^=&;#?\s\"<>]+)=([^&#\s\"<>]*)")
_USERINFO = re.compile(r"(?<=://)[^/?#@\s]+@")
_SCHEME = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE)
_SMALL_NUMBER = re.compile(r"[0-9]{1,4}")
_SHORTEST = 4
"""A shorter value is masked by the name of its parameter only: masked everywhere, it would tell itself."""


class Mask:
    """Masks URL parameters that are named like a secret, and the secrets it is given wherever they stand."""

    __slots__ = ("_adding", "_known", "_spellings")

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._adding = threading.Lock()
        self._spellings: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return "Mask()"

    def add(self, secret: Secret) -> None:
        """Mask this one too, from now on; what was masked before stays masked."""
        value = secret.reveal()
        spellings = {value, quote(value), quote(value, safe=""), quote_plus(value)}
        with self._adding:
            if len(value) < _SHORTEST or spellings <= self._spellings:
                return
            self._spellings |= spellings
            longest_first = sorted(self._spellings, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def text(self, text: str) -> str:
        """`text` without keys: in URLs, after `Bearer` or `Basic`, and every known secret."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = _USERINFO.sub(f"{MASK}@", text)
        return _SCHEME.sub(rf"\1 {MASK}", _PARAMETER.sub(_parameter, text))

    def url(self, url: str) -> str:
        """`url` on one line, without keys, and without the values it asks by: an address may be among them."""
        return self.line(re.sub(r"\s", "%20", url))

    def line(self, text: str) -> str:
        """`text` with its URLs as `url` shows them."""
        return _PARAMETER.sub(_value, self.text(text))


def _parameter(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    if _SENSITIVE.search(unquote_plus(name)) or _NESTED.search(unquote_plus(f"{before}{name}={value}")):
        return f"{before}{name}={MASK}"
    return match[0]


def _value(match: re.Match[str]) -> str:
    """A parameter without its value; the number of a page may be shown."""
    before, name, value = match.groups()
    return match[0] if _SMALL_NUMBER.fullmatch(value) else f"{before}{name}={MASK}"
