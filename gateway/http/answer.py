"""A vendor's whole answer, and the reading of its body within the limits of size."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar, overload

import msgspec
import requests
from urllib3.response import BaseHTTPResponse

from gateway.errors import GarbledError
from gateway.http.redaction import Mask

T = TypeVar("T")

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}
_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 17
_DRAINED = 1 << 16
_SHAPE = re.compile(
    r"(Expected `[^`]*`(?:, got `[^`]*`)?|Object missing required field `[^`]*`)(?: - at `([^`]*)`)?"
)
"""The messages of the decoder that quote nothing of the body."""


_BUILDING = Lock()


@lru_cache(256)
def _build(as_type: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(as_type)


def decoder_of(as_type: Any) -> msgspec.json.Decoder[Any]:
    """What decodes JSON to this type; made once.

    msgspec looks a type through when it first meets it, and two threads that do so at once can crash the process.
    """
    with _BUILDING:
        return _build(as_type)


class Answer:
    """A whole answer. Its repr and its errors tell of the body no more than size and checksum."""

    __slots__ = ("_mask", "_method", "_url", "content", "headers", "status")

    def __init__(
        self, status: int, headers: Mapping[str, str], content: bytes, *, method: str, url: str, mask: Mask
    ) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self._method, self._url, self._mask = method, url, mask

    def __repr__(self) -> str:
        return (
            f"<Answer {self._method} {self._mask.url(self._url)}: {self.status}, {len(self.content)} bytes>"
        )

    @property
    def text(self) -> str:
        """The body in the encoding its header declares, else UTF-8; what cannot be read is replaced."""
        try:
            return self.content.decode(self._charset or "utf-8-sig", "replace")
        except (LookupError, UnicodeError):
            return self.content.decode("utf-8-sig", "replace")

    @property
    def _charset(self) -> str:
        found = _CHARSET.search(self.headers.get("Content-Type") or "")
        name = found[1].lower() if found else ""
        return "" if name in {"utf-8", "utf8", "us-ascii", "ascii"} else name

    @overload
    def json(self) -> Any: ...
    @overload
    def json(self, as_type: type[T]) -> T: ...
    def json(self, as_type: Any = Any) -> Any:
        content = self.text.encode() if self._charset else self.content.removeprefix(_BOM)
        try:
            return decoder_of(as_type).decode(content)
        except RecursionError:
            reason = "the JSON is nested too deeply"
        except msgspec.ValidationError as err:
            reason = _shape(str(err))
        except (msgspec.MsgspecError, ValueError):
            reason = "the body is HTML" if content.lstrip()[:1] == b"<" else "the body is not JSON, or is cut"
        raise self._garbled(reason)

    def _garbled(self, reason: str) -> GarbledError:
        kind = (self.headers.get("Content-Type") or "none")[:80]
        kind = self._mask.text("".join(each if each.isprintable() else "?" for each in kind))
        checksum = hashlib.sha256(self.content).hexdigest()[:12]
        return GarbledError(
            f"{self._method} {self._mask.url(self._url)}: {reason} "
            f"(status {self.status}, content type {kind}, {len(self.content)} bytes, sha256 {checksum})"
        )


def _shape(message: str) -> str:
    known = _SHAPE.fullmatch(message)
    if known is None:
        return "the JSON has another shape than expected"
    what = known[1][0].lower() + known[1][1:]
    return f"the JSON has another shape: {what}" + (f" at {known[2]}" if known[2] else "")


class TooLargeError(Exception):
    """The body is larger than allowed."""


class UnknownEncodingError(Exception):
    """The body is packed in a way we did not ask for."""


def read_body(response: requests.Response, most: int) -> bytes:
    """The unpacked body, read piece by piece so that one larger than `most` is cut early, packed or not."""
    coding = response.headers.get("Content-Encoding", "").lower()
    if not _ENCODINGS.issuperset(each.strip() for each in coding.split(",")):
        raise UnknownEncodingError
    raw: BaseHTTPResponse = response.raw
    if not coding and _declared(response) > most:
        raise TooLargeError
    pieces: list[bytes] = []
    size = 0
    while piece := raw.read1(_PIECE, decode_content=True):
        size += len(piece)
        if size > most:
            raise TooLargeError
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def drain(response: requests.Response) -> None:
    """Read away the body of a refusal so that the connection can serve again; a large one is cut off instead."""
    if _declared(response) <= _DRAINED:
        raw: BaseHTTPResponse = response.raw
        size = 0
        while size <= _DRAINED and (piece := raw.read1(_PIECE, decode_content=False)):
            size += len(piece)
        if size <= _DRAINED:
            return
    response.close()


def _declared(response: requests.Response) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0
