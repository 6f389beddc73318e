"""The one HTTP client: bounds time and size, counts calls, tries again what may be tried again, tells no secret."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_exponential_jitter

from gateway.errors import GarbledError, ThrottledError
from gateway.http import address
from gateway.http.answer import Answer, drain, read_body
from gateway.http.budget import Budget, Standing, when
from gateway.http.faults import FAULTS, LONGEST_WAIT, Failure, fault_of, refusal_of, retry_after
from gateway.http.redaction import Mask
from gateway.http.redirect import MOST_REDIRECTS, REDIRECTS, follow
from gateway.http.turns import Use
from gateway.http.wire import IN_PROGRESS, InProgress, WireAdapter, mask_library_logs
from gateway.model import Secret

log = logging.getLogger("gateway.http")

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
MAX_BYTES = 64 << 20
Observe = Callable[[str, int | None, float], None]
"""Is told of each request that was sent: its method, the status (None: no answer came), and the seconds it took."""
_HEADERS = {
    "User-Agent": "ats-gateway",
    "Accept": "application/json, */*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for a whole call with all its repetitions."""

    connect: float = 5.0
    read: float = 30.0
    whole: float = 120.0


@dataclass(frozen=True, slots=True)
class _Lazy:
    """Text made only when it is shown."""

    make: Callable[[], str]

    def __str__(self) -> str:
        return self.make()


@dataclass(slots=True)
class _Call:
    """One call in progress, over all its attempts."""

    prepared: requests.PreparedRequest
    accept: Collection[int]
    repeatable: bool
    most: int
    not_before: datetime | None = None


class Client:
    """Makes an account's calls. Thread-safe; close it when the account is done with.

    A call is tried up to `tries` times, with growing, jittered pauses: if no connection came about, and on
    429 with a `Retry-After` of at most 30 seconds (nothing was done there), whatever the method; on 408, 502, 503, 504,
    a broken connection and a read that took too long, only if it is repeatable. Each try counts against the budget.
    Redirects are followed on the same host only. Certificates are always checked.
    """

    def __init__(
        self,
        base_url: str,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        budget: Budget | None = None,
        parallel: int = 1,
        secrets: Iterable[Secret] = (),
        timeouts: Timeouts | None = None,
        tries: int = 4,
        max_bytes: int = MAX_BYTES,
        proxies: Mapping[str, str] | None = None,
        where: str = "url",
        observe: Observe | None = None,
    ) -> None:
        self._observe = observe
        self._base = address.check_base(base_url, where)
        self._now, self._sleep, self._budget = now, sleep, budget
        self._mask = Mask(secrets)
        self._timeouts = timeouts = timeouts or Timeouts()
        self._max_bytes = max_bytes
        self._proxies = dict(proxies or {})
        self._adapter = WireAdapter(parallel)
        self._calls = 0
        self._counting = threading.Lock()
        self._backoff = wait_exponential_jitter(multiplier=0.25, max=8, jitter=0.5)
        self._retrying = Retrying(
            sleep=sleep,
            stop=stop_after_attempt(tries) | stop_before_delay(timeouts.whole),
            wait=self._wait,
            retry=retry_if_result(_may_go_again),
            before_sleep=_log_retry,
            retry_error_callback=_last_result,
        )
        mask_library_logs()

    def __repr__(self) -> str:
        return f"Client({self._mask.url(self._base)!r})"

    @property
    def calls(self) -> int:
        """How many calls were sent so far, every attempt and every redirect counted."""
        return self._calls

    def spent(self, use: Use) -> ThrottledError | None:
        """Why the budget has no call for this now; None where it has one, and where there is no budget."""
        return None if self._budget is None else self._budget.spent(use)

    def left(self) -> list[Standing]:
        """How the call limits stand; nothing where there are none."""
        return [] if self._budget is None else self._budget.left()

    def hide(self, secret: Secret) -> None:
        """Mask this secret too wherever a call is spoken of."""
        self._mask.add(secret)

    def close(self) -> None:
        """Close all connections, and hand back calls that were set aside and not made."""
        self._adapter.close()
        if self._budget is not None:
            self._budget.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        accept: Collection[int] = (),
        repeatable: bool | None = None,
        max_bytes: int | None = None,
    ) -> Answer:
        """Make one call and return its answer; what it raises stands in `gateway.account.Http`."""
        method = method.upper()
        whole = address.join(self._base, url)
        most = self._max_bytes if max_bytes is None else max_bytes
        repeatable = method in REPEATABLE if repeatable is None else repeatable
        prepared = self._prepare(method, whole, params, json, form, files, headers, auth)
        if isinstance(prepared, Failure):
            raise prepared.error
        call = _Call(prepared, accept, repeatable, most)
        deadline = monotonic() + self._timeouts.whole
        token = IN_PROGRESS.set(InProgress(deadline, self._timeouts.read, self._mask))
        try:
            result: Answer | Failure = self._retrying(self._attempt, call)
        finally:
            IN_PROGRESS.reset(token)
        if isinstance(result, Failure):
            raise result.error
        return result

    def _prepare(
        self, method: str, url: str, params: Any, json: Any, form: Any, files: Any, headers: Any, auth: Any
    ) -> requests.PreparedRequest | Failure:
        prepared = requests.PreparedRequest()
        merged = requests.structures.CaseInsensitiveDict(_HEADERS)
        if json is not None:
            merged["Content-Type"] = "application/json"
        merged.update(headers or {})
        try:
            prepared.prepare(
                method=method,
                url=url,
                headers=merged,
                params=params,
                data=form if json is None else msgspec.json.encode(json),
                files=files,
                auth=None if auth is None else (auth[0].encode(), auth[1].encode()),
            )
        except (requests.RequestException, UnicodeError) as err:
            return fault_of(err, f"{method} {self._mask.url(url)}", repeatable=False, most=0)
        return prepared

    def _attempt(self, call: _Call) -> Answer | Failure:
        """One try, redirects included."""
        prepared = call.prepared
        for _ in range(MOST_REDIRECTS + 1):
            result = self._send(call, prepared)
            if not isinstance(result, requests.PreparedRequest):
                return result
            prepared = result
        name = f"{call.prepared.method} {self._mask.url(call.prepared.url or '')}"
        return Failure(GarbledError(f"{name}: more than {MOST_REDIRECTS} redirects"))

    def _send(
        self, call: _Call, prepared: requests.PreparedRequest
    ) -> Answer | Failure | requests.PreparedRequest:
        """Send one request; a redirect that may be followed comes back as the next one."""
        taken = None if self._budget is None else self._budget.take(call.not_before)
        with self._counting:
            self._calls += 1
        name = _Lazy(lambda: f"{prepared.method} {self._mask.url(prepared.url or '')}")
        began = monotonic()
        response, content = self._exchange(call, prepared, name)
        if self._observe is not None:
            with suppress(Exception):  # an answer is worth more than the word about it
                status_or_none = None if response is None else response.status_code
                self._observe(prepared.method or "", status_or_none, monotonic() - began)
        if response is None:
            assert isinstance(content, Failure)
            return content
        status, headers = response.status_code, response.headers
        wait = retry_after(headers, self._now()) if status in {429, 503} else None
        retry_at = None if wait is None else self._now() + timedelta(seconds=wait)
        paused = None
        if self._budget is not None:
            paused = self._budget.observe(status, headers, taken=taken, retry_at=retry_at)
        if isinstance(content, Failure):
            return content
        if content is not None:
            method, url = prepared.method or "", prepared.url or ""
            return Answer(status, headers, content, method=method, url=url, mask=self._mask)
        if status in REDIRECTS:
            return follow(prepared, status, headers, str(name))
        if status == 429:
            until = paused or retry_at or self._now() + timedelta(seconds=60)
            error = ThrottledError(
                f"{name}: status 429, too many calls; next call {when(until)}", retry_at=until
            )
            return Failure(error, again=wait is not None and wait <= LONGEST_WAIT, wait=wait, retry_at=until)
        return refusal_of(status, str(name), repeatable=call.repeatable, wait=wait, retry_at=retry_at)

    def _exchange(
        self, call: _Call, prepared: requests.PreparedRequest, name: _Lazy
    ) -> tuple[requests.Response | None, bytes | Failure | None]:
        """Send and receive. Gives the answer, if one came, and its body; none for a status that is not accepted."""
        began, progress = monotonic(), IN_PROGRESS.get()
        response = None
        try:
            response = self._adapter.send(
                prepared,
                stream=True,
                timeout=(progress.patience(self._timeouts.connect), self._timeouts.read),
                proxies=self._proxies if (prepared.url or "").startswith("https:") else None,
            )
            log.debug("%s: status %d after %.3f s", name, response.status_code, monotonic() - began)
            if 200 <= response.status_code < 300 or response.status_code in call.accept:
                return response, read_body(response, call.most)
            with suppress(*FAULTS):  # the status says enough
                drain(response)
        except FAULTS as err:
            over = monotonic() >= progress.deadline
            late = f"no whole answer within {self._timeouts.whole:g} seconds" if over else ""
            failure = fault_of(err, str(name), repeatable=call.repeatable, most=call.most, late=late)
            if response is not None:
                response.close()
            return response, failure
        return response, None

    def _wait(self, state: RetryCallState) -> float:
        """Seconds to the next try; what the vendor asked for counts as waited for when the budget is asked."""
        failure = _result(state)
        pause = self._backoff(state)
        if isinstance(failure, Failure) and failure.wait is not None:
            call: _Call = state.args[0]
            call.not_before = failure.retry_at
            pause = max(failure.wait, pause)
        return pause


def _result(state: RetryCallState) -> Any:
    return None if state.outcome is None or state.outcome.failed else state.outcome.result()


def _last_result(state: RetryCallState) -> Any:
    return state.outcome.result() if state.outcome is not None else None


def _may_go_again(result: Answer | Failure) -> bool:
    return isinstance(result, Failure) and result.again


def _log_retry(state: RetryCallState) -> None:
    failure = _result(state)
    log.info("%s; trying again in %.1f s", failure.error, state.upcoming_sleep)
