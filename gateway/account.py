"""What a plugin is handed to reach one processor, as protocols: an author reads this file, the core fulfils it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar, overload

from gateway.model import Secret

T = TypeVar("T")
U = TypeVar("U")


class Response(Protocol):
    """A whole answer of a vendor, read within the time and size limits."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]:
        """Names in any case."""
        ...

    @property
    def content(self) -> bytes: ...
    @property
    def text(self) -> str: ...

    @overload
    def json(self) -> Any: ...
    @overload
    def json(self, as_type: type[T]) -> T: ...
    def json(self, as_type: Any = Any) -> Any:
        """The body as JSON, checked against `as_type` (a msgspec Struct, a dict, …).

        Raises GarbledError for anything else: HTML, a cut body, another shape, nesting without end.
        """
        ...


class Http(Protocol):
    """The one client. It waits, retries, counts calls, bounds size and time, and turns faults into errors."""

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
    ) -> Response:
        """Make one call and return its answer.

        `url` is a path below the `url` setting, or a whole URL. `auth` is HTTP Basic. Statuses 200 to 299 and
        those in `accept` are returned; all others raise: 401 and 403 RefusedError, 408, 502, 503, 504 and
        other 5xx UnavailableError, 429 ThrottledError, the rest GarbledError. A call is repeated after a
        passing fault if `repeatable` (default: GET, HEAD, PUT, DELETE and OPTIONS are).
        """
        ...


class Account(Protocol):
    """One processor, reached with one set of credentials."""

    @property
    def name(self) -> str:
        """The processor's name in the register."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What `describe().settings` declares, checked, defaults filled in, secrets as `Secret`."""
        ...

    @property
    def http(self) -> Http: ...

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
        """`function` of each item, in order, up to the account's `parallel` at a time; `items` is read lazily."""
        ...

    def recall(self, name: str, make: Callable[[], tuple[T, datetime]]) -> T:
        """A value kept in memory until its time is over, made anew by `make` (value, expiry) when it is missing.

        For access tokens: `make` runs once even if many threads ask.
        """
        ...

    def forget(self, name: str, value: object) -> None:
        """Drop a kept value, if it is still this one."""
        ...

    def stored(self, name: str) -> Secret | None:
        """A secret that was stored, by this process or an earlier one; None where there is none."""
        ...

    def store(self, name: str, value: Secret) -> None:
        """Store a secret the vendor gave that has to outlive this process, such as a rotated refresh token.

        It is stored encrypted, and durable when this returns.
        """
        ...
