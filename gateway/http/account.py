"""The account a plugin is handed: settings, the client, the clock, ordered parallel work and kept tokens."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from gateway.errors import PluginError, SettingsError, ThrottledError
from gateway.http.budget import Budget
from gateway.http.client import Client, Observe, Timeouts
from gateway.http.quota import QuotaStore
from gateway.http.turns import Ask, Use
from gateway.model import Secret, Vendor

T = TypeVar("T")
U = TypeVar("U")

_EARLY = timedelta(seconds=30)
"""A kept value is renewed this long before its time, so that it does not run out on the way."""


class SecretStore(Protocol):
    """Where the secrets of accounts outlive a process."""

    def get(self, account: str, name: str) -> Secret | None: ...

    def put(self, account: str, name: str, value: Secret) -> None:
        """Returns when it is durable."""
        ...


class MemorySecrets:
    """A secret store that lasts as long as the process; for tests."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], Secret] = {}

    def get(self, account: str, name: str) -> Secret | None:
        return self._values.get((account, name))

    def put(self, account: str, name: str, value: Secret) -> None:
        self._values[account, name] = value


class _Kept:
    """A value in memory, or the making of one that others wait for."""

    __slots__ = ("expires", "future", "maker")

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.expires: datetime | None = None
        self.maker = threading.get_ident()


class VendorAccount:
    """One processor, reached with one set of credentials. Thread-safe; closing it closes its client and threads."""

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any],
        http: Client,
        now: Callable[[], datetime],
        parallel: int = 1,
        secrets: SecretStore | None = None,
    ) -> None:
        self._secrets = secrets or MemorySecrets()
        self._name, self._settings, self._http, self._now = name, MappingProxyType(dict(settings)), http, now
        self._parallel = max(1, parallel)
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._here = threading.local()

    def __repr__(self) -> str:
        return f"VendorAccount({self._name!r})"

    def __enter__(self) -> VendorAccount:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        return self._name

    @property
    def settings(self) -> Mapping[str, Any]:
        return self._settings

    @property
    def http(self) -> Client:
        return self._http

    def now(self) -> datetime:
        return self._now().astimezone(UTC)

    def spent(self, use: Use) -> ThrottledError | None:
        """Why no call may be made for this now, and until when; None where one may be made."""
        return self._http.spent(use)

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
        """`function` of each item, in order, at most `parallel` begun and not yet yielded.

        Nothing begins before the first result is asked for. When the iterator fails or is closed, what has
        not begun is cancelled and what is under way is waited for. Inside a `map` of the same account it runs in place.
        """
        if self._parallel == 1 or getattr(self._here, "working", False):
            yield from map(function, items)
            return
        pool = self._workers()
        under_way: deque[Future[U]] = deque()
        try:
            for item in items:
                if len(under_way) == self._parallel:
                    yield under_way.popleft().result()
                under_way.append(pool.submit(copy_context().run, function, item))
            while under_way:
                yield under_way.popleft().result()
        finally:
            for each in under_way:
                each.cancel()
            wait(under_way)

    def _workers(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    self._parallel,
                    thread_name_prefix=f"account-{self._name}",
                    initializer=self._begin_working,
                )
            return self._pool

    def _begin_working(self) -> None:
        self._here.working = True

    def recall(self, name: str, make: Callable[[], tuple[T, datetime]]) -> T:
        """A kept value, or the one `make` gives; threads that ask meanwhile get the same value, or the same error."""
        with self._lock:
            kept = self._kept.get(name)
            mine = kept is None or (kept.expires is not None and kept.expires - _EARLY <= self.now())
            if kept is None or mine:
                kept = self._kept[name] = _Kept()
            elif kept.expires is None and kept.maker == threading.get_ident():
                raise PluginError(f"{self._name}: the making of {name!r} asks for {name!r} itself")
        if mine:
            return self._make(name, kept, make)
        value: T = kept.future.result()
        return value

    def _make(self, name: str, kept: _Kept, make: Callable[[], tuple[T, datetime]]) -> T:
        try:
            value, expires = make()
        except BaseException as err:
            with self._lock:
                del self._kept[name]
            kept.future.set_exception(err)
            raise
        kept.future.set_result(value)
        with self._lock:
            kept.expires = expires
        return value

    def forget(self, name: str, value: object) -> None:
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and kept.expires is not None and kept.future.result() == value:
                del self._kept[name]

    def stored(self, name: str) -> Secret | None:
        found = self._secrets.get(self._name, name)
        if found is not None:
            self._http.hide(found)
        return found

    def store(self, name: str, value: Secret) -> None:
        self._http.hide(value)
        self._secrets.put(self._name, name, value)

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        self._http.close()


def open_account(
    name: str,
    settings: Mapping[str, Any],
    *,
    vendor: Vendor,
    store: QuotaStore,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    parallel: int = 1,
    timeouts: Timeouts | None = None,
    proxies: Mapping[str, str] | None = None,
    secrets: SecretStore | None = None,
    demand: Ask | None = None,
    observe: Observe | None = None,
) -> VendorAccount:
    """The account of one processor. Raises SettingsError for a `url` that may not be called and a key that cannot be sent.

    `demand` tells what its calls are wanted for, so that what is due comes first. `observe` is told of each call.
    """
    where = f"processors.{name}.settings"
    own = {key: value for key, value in settings.items() if isinstance(value, Secret) and not _is_data(value)}
    mistakes = [
        f"{where}.{key}: has a space or a line end at an end, or a control character; give the bare value"
        for key, value in own.items()
        if value.reveal() != value.reveal().strip() or not value.reveal().replace("\t", " ").isprintable()
    ]
    if not isinstance(settings.get("url"), str) or not settings["url"]:
        mistakes.append(f"{where}.url: is missing; give one such as https://api.example.org/v1")
    if mistakes:
        raise SettingsError(*mistakes)
    http = Client(
        settings["url"],
        now=now,
        sleep=sleep,
        budget=Budget(name, vendor.limits, store, now=now, sleep=sleep, demand=demand),
        parallel=parallel,
        secrets=own.values(),
        timeouts=timeouts,
        proxies=proxies,
        where=f"{where}.url",
        observe=observe,
    )
    return VendorAccount(name, settings, http, now, parallel, secrets)


def _is_data(secret: Secret) -> bool:
    """Several lines are confidential data (a log, a certificate), not a key that is sent."""
    return "\n" in secret.reveal().strip()
