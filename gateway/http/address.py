"""Where a call may go: https only (loopback excepted), below the account's URL, never on to another host."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.errors import PluginError, SettingsError

_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PORTS = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(url: str, where: str) -> SplitResult:
    """The parts of `url`; raises SettingsError where it may not be called. The message never shows the URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError(f"{where}: is not a URL; give one such as https://api.example.org/v1") from None
    if not host or parts.scheme not in _PORTS:
        raise SettingsError(f"{where}: is not an https URL; give one such as https://api.example.org/v1")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingsError(f"{where}: http is allowed to this machine only; use https for {host}")
    if parts.username is not None or parts.password is not None:
        raise SettingsError(f"{where}: holds a user name or password; give them as settings of their own")
    return parts


def check_base(url: str, where: str) -> str:
    """The URL all paths are joined to, without a slash at its end."""
    parts = check(url, where)
    if parts.query or parts.fragment:
        raise SettingsError(f"{where}: may not have a query or a fragment (what follows ? or #)")
    return url.rstrip("/")


def join(base: str, url: str) -> str:
    """The whole URL of a call: `url` itself if it is whole, else the path below `base`."""
    if _WHOLE.match(url):
        check(url, "the URL of a call")
        return url
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    if any(unquote(segment) in {".", ".."} for segment in re.split(r"[/\\]", unquote(path))):
        raise PluginError("the path of a call holds '.' or '..'; a path has to stay below the url setting")
    return f"{base}/{url.lstrip('/')}" if url else base


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; ValueError for what is not a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
