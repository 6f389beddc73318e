"""Is what `describe` returned a Vendor the core can work with? Every reason against it is named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from gateway.model import IdentityKind, Kind, Limit, Setting, Vendor, Window

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RECORD_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
TYPES = (str, int, bool, float, list)


def flaws(vendor: object, name: str, hooks: Collection[str]) -> Iterator[str]:
    """What is wrong with a vendor of the plugin called `name`, one reason each; nothing where it fits."""
    if isinstance(vendor, Vendor):
        yield from _flaws(vendor, name, hooks)
    else:
        yield f"describe returned {_kind_of(vendor)}, not a gateway.Vendor"


def _flaws(vendor: Any, name: str, hooks: Collection[str]) -> Iterator[str]:
    # Any, since nothing made an author fill in the right types.
    if not isinstance(vendor.name, str) or not _NAME.fullmatch(vendor.name):
        yield "the vendor's name must start with a to z and go on with a to z, 0 to 9 and -"
    elif vendor.name != name:
        yield f"the vendor is named {vendor.name!r}, but its entry point {name!r}: they must be the same"
    if not isinstance(vendor.title, str) or not vendor.title.strip():
        yield "the vendor has no title"
    yield from _flaws_of_kinds(vendor.kinds)
    yield from _flaws_of_settings(vendor.settings)
    yield from _flaws_of_limits(vendor.limits)
    if not isinstance(vendor.finds_by, frozenset) or not all(
        _is(each, IdentityKind) for each in vendor.finds_by
    ):
        yield "finds_by must be a frozenset of gateway.IdentityKind"
    for batch in ("delete_batch", "audit_batch"):
        size = getattr(vendor, batch)
        if not _is(size, int) or size < 1:
            yield f"{batch} must be a whole number, 1 or more"
    if not _is(vendor.grace, timedelta) or vendor.grace < timedelta(0):
        yield "grace must be a timedelta, 0 or more"
    yield from _flaws_of_cannot(vendor.cannot, hooks)
    yield from _flaws_of_expected_failures(vendor.expected_failures)


def _flaws_of_kinds(kinds: object) -> Iterator[str]:
    if not isinstance(kinds, tuple) or not kinds or not all(isinstance(each, Kind) for each in kinds):
        yield "kinds must be a tuple of at least one gateway.Kind"
        return
    names = [each.name for each in kinds]
    if not all(isinstance(each, str) and _RECORD_KIND.fullmatch(each) for each in names):
        yield "the name of each kind must be one word of letters, digits, -, _ and ."
    elif len(set(names)) < len(names):
        yield "two kinds have one name"


def _flaws_of_settings(settings: object) -> Iterator[str]:
    if not isinstance(settings, tuple) or not all(isinstance(each, Setting) for each in settings):
        yield "settings must be a tuple of gateway.Setting"
        return
    names = [each.name for each in settings]
    if len(set(names)) < len(names):
        yield "two settings have one name"
    for setting in settings:
        yield from (f"setting {setting.name!r}: {flaw}" for flaw in _flaws_of_setting(setting))


def _flaws_of_setting(setting: Any) -> Iterator[str]:
    if not isinstance(setting.name, str) or not _KEY.fullmatch(setting.name):
        yield "its name must start with a to z and go on with a to z, 0 to 9 and _"
    if setting.type not in TYPES:
        yield f"its type must be one of {', '.join(each.__name__ for each in TYPES)}"
        return
    if setting.secret and setting.type is not str:
        yield "a secret is text: type must be str"
    if setting.secret and setting.name == "url":
        yield "the url is shown in messages and cannot be secret"
    if setting.choices and setting.type is not str:
        yield "choices are for text only"
    default = setting.default
    if default is not None and not isinstance(
        default, setting.type | tuple if setting.type is list else setting.type
    ):
        yield f"its default is {_kind_of(default)}, but its type {setting.type.__name__}"
    elif setting.choices and default is not None and default not in setting.choices:
        yield "its default is not one of its choices"


def _flaws_of_limits(limits: object) -> Iterator[str]:
    if not isinstance(limits, tuple) or not all(isinstance(each, Limit) for each in limits):
        yield "limits must be a tuple of gateway.Limit"
        return
    for limit in limits:
        fits = (
            _is(limit.calls, int)
            and limit.calls > 0
            and _is(limit.period, timedelta)
            and _is(limit.window, Window)
        )
        if not fits or limit.period <= timedelta(0):
            yield "a limit must have calls of 1 or more, a period longer than 0 and a gateway.Window"


def _flaws_of_cannot(cannot: object, hooks: Collection[str]) -> Iterator[str]:
    if not isinstance(cannot, Mapping):
        yield "cannot must map names of hooks to reasons"
        return
    for hook, reason in cannot.items():
        if hook == "describe" or hook not in hooks:
            yield f"cannot names {hook!r}, which is no hook that can be left out"
        elif not isinstance(reason, str) or not reason.strip():
            yield f"cannot gives no reason for {hook!r}"


def _flaws_of_expected_failures(expected: object) -> Iterator[str]:
    if not isinstance(expected, Mapping) or not all(isinstance(law, str) for law in expected):
        yield "expected_failures must map names of laws to reasons"
        return
    for law, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            yield f"expected_failures gives no reason for {law!r}"


def _is(value: object, type_: type) -> bool:
    return isinstance(value, type_) and not isinstance(value, bool)


def _kind_of(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
