"""The journal of a simulated vendor as text to keep and to review: what was sent, in which order, without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from gateway.testing.wire import Call

MASK = "***"
_SECRET_NAMES = re.compile(
    r"(?:x[_-]?)?(?:api[_-]?)?key|(?:access|refresh|id|auth|bearer|session)?[_-]?token|(?:client)?[_-]?secret"
    r"|password|passwd|pwd|code|code[_-]?verifier|(?:client)?[_-]?assertion|authorization|signature",
    re.IGNORECASE,
)
"""How a member or field is called whose value is never written; a page token is none of them."""
_INDENT = "    "


def written(journal: Sequence[Call], secrets: Iterable[str] = ()) -> str:
    """The calls as text, one block each: method, path, how it was signed, query, body, and what was answered.

        POST /people/list [Bearer]
            ?page=2
            {
              "select": ["id"]
            }
            -> 200

    Queries and forms stand decoded, one field a line, a query's with `?` before it. Masked are the given
    `secrets` wherever they stand, and whatever is called a key, token, secret, password or code. The same
    calls give the same text, so that a file of it, kept beside a test, shows every change in what is sent.
    """
    mask = _Mask(secrets)
    return "\n".join("\n".join(_block(call, mask)) + "\n" for call in journal)


class _Mask:
    """Takes secrets out of text, and out of fields by their names."""

    def __init__(self, secrets: Iterable[str]) -> None:
        longest_first = sorted({each for each in secrets if each}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        return self._known.sub(MASK, text) if self._known else text

    def field(self, name: str, value: str) -> str:
        """`name=value` on one line."""
        shown = MASK if value and _SECRET_NAMES.fullmatch(name) else self.text(value)
        return "=".join(part.replace("\\", r"\\").replace("\n", r"\n") for part in (self.text(name), shown))

    def value(self, value: Any) -> Any:
        """A JSON value without secrets."""
        if isinstance(value, dict):
            return {
                self.text(name): MASK
                if isinstance(each, str) and each and _SECRET_NAMES.fullmatch(name)
                else self.value(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value


def _block(call: Call, mask: _Mask) -> Iterator[str]:
    scheme, _, credentials = call.authorization.partition(" ")
    signed = f" [{scheme if credentials else MASK}]" if call.authorization else ""
    yield f"{call.method} {mask.text(call.path)}{signed}"
    for name, value in parse_qsl(call.query, keep_blank_values=True):
        yield f"{_INDENT}?{mask.field(name, value)}"
    yield from (f"{_INDENT}{line}" for line in _body(call, mask))
    yield f"{_INDENT}-> {call.status or 'no answer'}"


def _body(call: Call, mask: _Mask) -> Iterator[str]:
    if not call.body:
        if call.size:
            yield f"({call.size} bytes)"
        return
    try:
        content = json.loads(call.body)
    except ValueError:
        yield from _form_or_text(call.body, mask)
    else:
        yield from json.dumps(mask.value(content), indent=2, ensure_ascii=False).splitlines()


def _form_or_text(body: str, mask: _Mask) -> Iterator[str]:
    try:
        fields = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        yield from mask.text(body).splitlines()
        return
    for name, value in fields:
        yield mask.field(name, value)
