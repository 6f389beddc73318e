"""A WSGI app in front of `requests`, in process and without a socket."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import RemoteDisconnected
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError
from werkzeug.test import run_wsgi_app

from gateway.testing.faults import CutError, HeldError

_UNPATCHED = HTTPAdapter.send
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@contextmanager
def mount(app: WSGIApplication, base_url: str) -> Iterator[None]:
    """Let the app answer every request at or below `base_url`, whatever the method.

    A path in `base_url` is where the app is mounted: the app sees what comes after it. Mounts may be nested,
    one for each vendor. A request to any other address raises `requests.ConnectionError`, except to loopback.
    """
    outer: Callable[..., Any] = HTTPAdapter.send
    relay = responses.RequestsMock(assert_all_requests_are_fired=False, real_adapter_send=outer)
    for prefix in _LOOPBACK if outer is _UNPATCHED else ("http://", "https://"):
        relay.add_passthru(prefix)
    relay.add(_Mounted(app, base_url, relay))
    with relay:
        yield


class _Mounted(responses.CallbackResponse):
    """The answers of one app to all methods and all paths below one URL."""

    def __init__(self, app: WSGIApplication, base_url: str, relay: responses.RequestsMock) -> None:
        self._app = app
        self._base = urlsplit(base_url.rstrip("/"))
        self._relay = relay
        below = re.compile(re.escape(base_url.rstrip("/")) + r"(?=[/?#]|$)")
        super().__init__(method="ANY", url=below, callback=self._answer, content_type=None)

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Only the URL counts."""
        return self._url_matches(self.url, str(request.url)), "URL is not below the mounted one"

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, Any, Any]:
        # `responses` keeps every answer it gave; the wire's journal is the record here.
        self._relay.calls.reset()
        self.calls.reset()
        try:
            chunks, status, headers = run_wsgi_app(self._app, self._environ(request))
        except CutError as err:
            # As requests and urllib3 word it when a real socket is closed.
            lost = ProtocolError("Connection aborted.", RemoteDisconnected("closed without response"))
            raise requests.ConnectionError(lost, request=request) from err
        except HeldError as err:
            raise requests.ReadTimeout("no answer in time", request=request) from err
        body = io.BufferedReader(_Stream(chunks)) if request.method != "HEAD" else b""
        return int(status[:3]), headers.to_wsgi_list(), body

    def _environ(self, request: requests.PreparedRequest) -> WSGIEnvironment:
        # By hand: a builder of environments takes as long as the app.
        asked, body = urlsplit(str(request.url)), _bytes_of(request.body)
        root = self._base.path
        sent = {name.upper().replace("-", "_"): str(value) for name, value in request.headers.items()}
        return {
            "REQUEST_METHOD": str(request.method),
            "SCRIPT_NAME": _as_wsgi(root),
            "PATH_INFO": _as_wsgi(asked.path[len(root) :] or "/"),
            "QUERY_STRING": asked.query,
            "SERVER_NAME": asked.hostname or "",
            "SERVER_PORT": str(asked.port or _PORTS.get(asked.scheme, 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": asked.netloc,
            **{f"HTTP_{name}": value for name, value in sent.items()},
            "CONTENT_TYPE": sent.get("CONTENT_TYPE", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": asked.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


def _as_wsgi(path: str) -> str:
    """A path as WSGI has it: decoded to bytes, each written as one character."""
    return unquote_to_bytes(path).decode("latin-1")


def _bytes_of(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b"".join(body)


class _Stream(io.RawIOBase):
    """The chunks of an answer as a file, read as they are asked for."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        taken = self._left[: len(buffer)]
        self._left = self._left[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)
