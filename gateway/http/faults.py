"""What went wrong with a call: exceptions and statuses become gateway errors, and whether to try again at once.

The errors are made here and raised elsewhere, outside of any `except`, without a cause: the exceptions of requests
and urllib3 quote whole URLs in their texts and carry the request.
"""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from urllib3 import exceptions as urllib3

from gateway.errors import GarbledError, PluginError, RefusedError, UnavailableError, VendorError
from gateway.http.answer import TooLargeError, UnknownEncodingError

FAULTS = (
    requests.RequestException,
    urllib3.HTTPError,
    http.client.HTTPException,
    OSError,
    UnicodeError,
    ValueError,
    TooLargeError,
    UnknownEncodingError,
)
"""All that sending a call and reading its answer may raise."""

LONGEST_WAIT = 30.0
"""Seconds; a vendor that asks for a longer pause gets it between two runs, not inside a call."""

_NOTHING_SENT = (urllib3.NewConnectionError, urllib3.ConnectTimeoutError, urllib3.ProxyError)
_PASSING = frozenset({408, 502, 503, 504})
_FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed. `again` says whether the same call may be tried now, after `wait` seconds if given."""

    error: VendorError | PluginError
    again: bool = False
    wait: float | None = None
    retry_at: datetime | None = None


def fault_of(err: Exception, call: str, *, repeatable: bool, most: int, late: str = "") -> Failure:
    """The failure behind an exception. `call` is method and masked URL; `late` says that the whole call took too long."""
    if late:
        return Failure(UnavailableError(f"{call}: {late}"))
    if isinstance(err, TooLargeError):
        return Failure(GarbledError(f"{call}: the answer is larger than {most} bytes"))
    if isinstance(err, UnknownEncodingError | urllib3.DecodeError):
        return Failure(GarbledError(f"{call}: the answer cannot be unpacked"))
    if isinstance(err, requests.exceptions.InvalidHeader) and isinstance(_reason(err), urllib3.InvalidHeader):
        return Failure(GarbledError(f"{call}: the headers of the answer contradict each other"))
    if isinstance(err, requests.exceptions.InvalidHeader | UnicodeError):
        return Failure(PluginError(f"{call}: a header of the call holds characters that cannot be sent"))
    if isinstance(
        err, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema | http.client.InvalidURL
    ):
        return Failure(GarbledError(f"{call}: is not a URL that can be called"))
    if isinstance(err, ValueError) and not isinstance(err, urllib3.HTTPError):
        return Failure(PluginError(f"{call}: cannot be written as an HTTP request"))
    reason = _reason(err)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Failure(UnavailableError(f"{call}: the certificate is not valid ({reason.verify_message})"))
    unsent = isinstance(reason, _NOTHING_SENT) or isinstance(err, requests.ConnectTimeout)
    return Failure(UnavailableError(f"{call}: {_sentence(err, reason)}"), again=unsent or repeatable)


def _reason(err: BaseException) -> BaseException:
    """The innermost exception that says more than the one round it."""
    while not isinstance(err, _NOTHING_SENT):
        if isinstance(err, urllib3.MaxRetryError):
            inner: BaseException | None = err.reason
        else:
            inner = next((each for each in err.args if isinstance(each, BaseException)), None)
        if inner is None:
            break
        err = inner
    return err


def _sentence(err: Exception, reason: BaseException) -> str:
    sentences: tuple[tuple[type[BaseException], str], ...] = (
        (urllib3.ProxyError, "the proxy cannot be reached or refused"),
        (urllib3.NameResolutionError, "the host name is not known"),
        (urllib3.NewConnectionError, "no connection"),
        (urllib3.ConnectTimeoutError, "no connection in time"),
        (urllib3.ReadTimeoutError, "no answer in time"),
        (TimeoutError, "no answer in time"),
        (http.client.IncompleteRead, "the answer was cut off"),
        (http.client.RemoteDisconnected, "the connection was closed before an answer came"),
        (ssl.SSLError, "the encrypted connection failed"),
    )
    if isinstance(err, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(err, requests.ReadTimeout):
        return "no answer in time"
    for kind, sentence in sentences:
        if isinstance(reason, kind):
            refused = isinstance(reason.__cause__, ConnectionRefusedError)
            return f"{sentence}: connection refused" if refused else sentence
    if isinstance(reason, OSError) and reason.errno:
        return f"the connection broke: {os.strerror(reason.errno).lower()}"
    return f"the connection broke ({type(reason).__name__})"


def refusal_of(
    status: int, call: str, *, repeatable: bool, wait: float | None, retry_at: datetime | None
) -> Failure:
    """The failure behind a status that is neither accepted nor 429."""
    if status in {401, 403}:
        return Failure(
            RefusedError(f"{call}: status {status}, the vendor refuses these credentials or rights")
        )
    if status in _PASSING or status >= 500:
        again = repeatable and status in _PASSING and (wait is None or wait <= LONGEST_WAIT)
        error = UnavailableError(f"{call}: status {status}", retry_at=retry_at)
        return Failure(error, again=again, wait=wait, retry_at=retry_at)
    return Failure(GarbledError(f"{call}: status {status} is not expected here"))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the vendor asks to wait, written as seconds or as a date, or None.

    A date is held against the vendor's own `Date`, so that a clock that differs from ours does no harm.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _FURTHEST.total_seconds())
    until = _http_date(text)
    if until is None:
        return None
    seconds = (until - (_http_date(headers.get("Date", "")) or now)).total_seconds()
    return min(max(0.0, seconds), _FURTHEST.total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
