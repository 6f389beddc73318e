"""The settings of one processor against what its vendor declares. No message repeats a value: it may be a secret."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway.model import Secret, Setting, Vendor
from gateway.settings.mistakes import did_you_mean, key_path, listed, unknown
from gateway.settings.references import REFERENCE

_URL = Setting("url", "the address of the vendor's API, such as https://api.example.org", required=True)
_RIGHT = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    float: "a number",
    list: "a list of texts",
}
_TRUTH = {"true": True, "false": False}


def declared(vendor: Vendor) -> dict[str, Setting]:
    """The settings a processor of this vendor takes, by name; `url` is always among them."""
    named = {setting.name: setting for setting in vendor.settings}
    return named if "url" in named else {"url": _URL, **named}


def check(vendor: Vendor, processor: str, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The checked settings with defaults filled in, and one sentence for each mistake."""
    known = declared(vendor)
    values: dict[str, Any] = {}
    mistakes = [
        (name, unknown("key", name, known.keys() - raw.keys() or known)) for name in raw if name not in known
    ]
    # "kei" for "key" is one mistake, not an unknown key and a missing one.
    misspelt = "".join(text for _, text in mistakes)
    for name, setting in known.items():
        if name not in raw:
            values[name] = _default(setting)
            if _is_required(setting) and f'did you mean "{name}"?' not in misspelt:
                mistakes.append((name, f"is missing; {setting.help}"))
            continue
        try:
            values[name] = _read(setting, raw[name])
            _check_value(setting, values[name])
        except ValueError as err:
            mistakes.append((name, str(err)))
    at = ("processors", processor, "settings")
    return values, [f"{key_path((*at, name))}: {text}" for name, text in mistakes]


def _is_required(setting: Setting) -> bool:
    return setting.required or (setting.name == "url" and setting.default is None)


def _default(setting: Setting) -> Any:
    default = setting.default
    if setting.secret and isinstance(default, str):
        return Secret(default)
    return list(default) if setting.type is list and default is not None else default


def _read(setting: Setting, value: Any) -> Any:
    if setting.secret:
        if not isinstance(value, Secret):
            raise ValueError(f"is a secret: it must be given as {REFERENCE}, never in the file itself")
        return value
    if isinstance(value, Secret):
        value = _from_text(setting.type, value.reveal())
    if setting.type is list and isinstance(value, list | tuple):
        if all(isinstance(each, str) for each in value):
            return list(value)
    elif setting.type is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif type(value) is setting.type:
        return value
    raise ValueError(f"must be {_RIGHT[setting.type]}")


def _from_text(kind: type, text: str) -> Any:
    """A value that came from the environment or a file, where all is text; itself where it cannot be read."""
    try:
        if kind is bool:
            return _TRUTH.get(text.strip().lower(), text)
        return kind(text) if kind in (int, float) else text
    except ValueError:
        return text


def _check_value(setting: Setting, value: Any) -> None:
    if setting.type is str and not setting.secret:
        if _is_required(setting) and not value.strip():
            raise ValueError(f"must not be empty; {setting.help}")
        if setting.choices and value not in setting.choices:
            hint = did_you_mean(value, setting.choices)
            raise ValueError(f"must be one of {listed(setting.choices)}" + (f"; {hint}" if hint else ""))
        if value and (setting.name == "url" or setting.name.endswith("_url")):
            for mistake in _flaws_of_url(value):
                raise ValueError(mistake)


def _flaws_of_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        yield "is not a URL; give one such as https://api.example.org"
        return
    if parts.scheme not in {"https", "http"} or not host or port == 0 or not url.isprintable() or " " in url:
        yield "is not an https URL; give one such as https://api.example.org"
    elif parts.scheme == "http" and not _is_loopback(host):
        yield "must start with https:// (http is for this machine only)"
    elif parts.username is not None or parts.password is not None:
        yield "must not hold a user name or password; give them as settings of their own"
    elif parts.query or parts.fragment:
        yield "must end before the ? or #"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
