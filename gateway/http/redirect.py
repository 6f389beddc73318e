"""Which redirects are followed: those that stay on the host and ask for the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

import requests

from gateway.errors import GarbledError
from gateway.http.address import origin
from gateway.http.faults import Failure

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
_BODY_HEADERS = ("Content-Type", "Content-Length", "Transfer-Encoding")


def follow(
    prepared: requests.PreparedRequest, status: int, headers: Mapping[str, str], call: str
) -> requests.PreparedRequest | Failure:
    """The request a redirect asks for. `call` is method and masked URL.

    A call that changes something is sent on only by 307 and 308, which keep its method; 303 after a POST is read
    with a GET. Scheme, host and port have to stay, so that no key goes elsewhere.
    """
    method = prepared.method
    see_other = status == 303 and method == "POST"
    if not (see_other or status in {307, 308} or method in {"GET", "HEAD"}):
        return Failure(GarbledError(f"{call}: status {status} redirects a {method}, which is not followed"))
    following = prepared.copy()
    try:
        location = headers["Location"].encode("latin-1").decode("utf-8", "replace")
        following.prepare_url(urljoin(prepared.url or "", location), None)
        stays = origin(following.url or "") == origin(prepared.url or "")
    except (KeyError, ValueError, requests.RequestException):
        return Failure(GarbledError(f"{call}: status {status} redirects to nowhere"))
    if not stays:
        return Failure(GarbledError(f"{call}: status {status} redirects to another host, which is refused"))
    if see_other:
        following.method, following.body = "GET", None
        for header in _BODY_HEADERS:
            following.headers.pop(header, None)
    return following
