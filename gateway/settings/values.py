"""From what TOML gives to what the settings hold, one value at a time; a message says what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainValidator, Strict, ValidationInfo
from pydantic_core import PydanticCustomError

from gateway.model import Secret
from gateway.settings.keys import check_master, check_signing, read_ledger
from gateway.settings.mistakes import did_you_mean, quoted
from gateway.settings.period import Period, read_duration, read_period
from gateway.settings.references import REFERENCE, Source, is_reference

T = TypeVar("T")

A_PERIOD = 'a period such as "24 months" (days, weeks, months or years)'
A_DURATION = 'a time such as "7 days" (seconds, minutes, hours, days or weeks)'
A_LIST_OF_DAYS = (
    'a list of times in whole days, each longer than the one before, such as ["1 day", "30 days"]'
)
A_ZONE = 'a time zone such as "Europe/Oslo"'
A_REGION = 'a region of two letters such as "NO"'
A_COUNTRY = 'two capital letters such as "NO"'
A_LANGUAGE = 'a language such as "nb" or "en"'
A_DAY = "a date such as 2026-01-31, without quotes"

Value = str | int | float | bool | tuple[str, ...] | Secret
"""What a key of `[processors.NAME.settings]` may hold once it is read."""

_LETTERS = "starts with a to z and goes on with a to z, 0 to 9"


def wrong(message: str) -> PydanticCustomError:
    """A mistake whose message stands as it is."""
    return PydanticCustomError("gateway", message)


def _text(value: object) -> object:
    if isinstance(value, str):
        if not value.strip():
            raise wrong("must not be empty")
        if not value.isprintable() or len(value) > 500:
            raise wrong("must be one line of at most 500 characters")
        return value.strip()
    return value


def _read(kind: str, read: Callable[[str], T]) -> Callable[[object], T]:
    def plain(value: object) -> T:
        if not isinstance(value, str):
            raise wrong(f"must be {kind}")
        try:
            return read(value)
        except ValueError as err:
            raise wrong(str(err) or f"{quoted(value)} is not {kind}") from err

    return plain


def name_like(pattern: str, rule: str) -> Callable[[str], str]:
    def check(name: str) -> str:
        if not re.fullmatch(pattern, name):
            raise wrong(f"a name here {rule}")
        return name

    return check


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError) as err:
        from zoneinfo import available_timezones

        hint = did_you_mean(name, available_timezones()) or 'write one such as "Europe/Oslo"'
        raise ValueError(f"{quoted(name)} is not a time zone; {hint}") from err


def _region(code: str) -> str:
    if code != "NO":
        # Heavy to import, and not needed for the default.
        from phonenumbers import SUPPORTED_REGIONS

        if code not in SUPPORTED_REGIONS:
            hint = did_you_mean(code, SUPPORTED_REGIONS) or 'write two capital letters such as "NO"'
            raise ValueError(f"{quoted(code)} is not a region of phone numbers; {hint}")
    return code


def _day(value: object) -> date:
    # A moment of TOML is a date to Python, and a date in quotes is text.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong(f"must be {A_DAY}")
    return value


def _country(code: str) -> str:
    if code and not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError("")
    return code


def _language(code: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", code):
        raise ValueError("")
    return code


def _said(value: object) -> object:
    return value if value == "" else _text(value)


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    twice = next((each for place, each in enumerate(values) if each in values[:place]), None)
    if twice is not None:
        raise wrong(f"{quoted(str(twice))} stands twice")
    return values


def _rising(values: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if any(each % timedelta(days=1) or not each for each in values):
        raise wrong("must be whole days, one or more each")
    if any(later <= sooner for sooner, later in pairwise(values)):
        raise wrong("each must be longer than the one before")
    return values


def _secret(value: object, info: ValidationInfo) -> Secret:
    if not is_reference(value):
        raise wrong(f"a secret must be given as {REFERENCE}, never in the file itself")
    return _look_up(value, info)


def _source(info: ValidationInfo) -> Source:
    if not isinstance(info.context, Source):
        raise TypeError("settings are validated with a Source as context")
    return info.context


def _look_up(reference: Any, info: ValidationInfo) -> Secret:
    try:
        return _source(info).read(reference)
    except ValueError as err:
        raise wrong(str(err)) from err


def _checked(check: Callable[[Secret], None]) -> Callable[[object, ValidationInfo], Secret]:
    def read(value: object, info: ValidationInfo) -> Secret:
        secret = _secret(value, info)
        try:
            check(secret)
        except ValueError as err:
            raise wrong(str(err)) from None
        return secret

    return read


def _ledger(value: object, info: ValidationInfo) -> Secret:
    secret = _look_up(value, info) if is_reference(value) else None
    if secret is None and not isinstance(value, str):
        raise wrong(f'must be text such as "sqlite:///gateway.db" or "postgresql://…", or {REFERENCE}')
    try:
        return Secret(read_ledger(str(value) if secret is None else secret.reveal(), _source(info).folder))
    except ValueError as err:
        raise wrong(str(err)) from None


def _setting(value: object, info: ValidationInfo) -> Value:
    if is_reference(value):
        return _look_up(value, info)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        raise wrong(f"a table here must be {REFERENCE}")
    raise wrong("must be text, a number, true or false, a list of texts, or " + REFERENCE)


def choice(*known: str, optional: bool = False) -> BeforeValidator:
    """One of these words, or (`optional`) empty text, which says nothing."""

    def check(value: object) -> object:
        if isinstance(value, str) and value not in known and (value or not optional):
            raise wrong(f"{quoted(value)} is not one of {', '.join(known)}" + _hint(value, known))
        return value

    return BeforeValidator(check)


def _hint(value: str, known: tuple[str, ...]) -> str:
    hint = did_you_mean(value, known)
    return f"; {hint}" if hint else ""


Text = Annotated[str, BeforeValidator(_text)]
SaidText = Annotated[str, BeforeValidator(_said)]
"""Text that may be empty: nothing is said."""
Many = Annotated[tuple[T, ...], Strict(strict=False), AfterValidator(_once)]
"""A list, with everything in it once."""
Texts = Many[Text]
Names = Many[str]
Day = Annotated[date, PlainValidator(_day)]
Country = Annotated[str, PlainValidator(_read(A_COUNTRY, _country))]
ProcessorName = Annotated[str, PlainValidator(name_like(r"[a-z][a-z0-9-]{0,62}", f"{_LETTERS} and -"))]
PurposeName = Annotated[str, PlainValidator(name_like(r"[a-z][a-z0-9_-]{0,62}", f"{_LETTERS}, - and _"))]
Retention = Annotated[Period, PlainValidator(_read(A_PERIOD, read_period))]
Duration = Annotated[timedelta, PlainValidator(_read(A_DURATION, read_duration))]
Days = Annotated[tuple[Duration, ...], Strict(strict=False), AfterValidator(_rising)]
"""Times in whole days, each longer than the one before."""
Language = Annotated[str, PlainValidator(_read(A_LANGUAGE, _language))]
Zone = Annotated[str, PlainValidator(_read(A_ZONE, _zone))]
Region = Annotated[str, PlainValidator(_read(A_REGION, _region))]
Ledger = Annotated[Secret, PlainValidator(_ledger)]
MasterKey = Annotated[Secret, PlainValidator(_checked(check_master))]
SigningKey = Annotated[Secret, PlainValidator(_checked(check_signing))]
SettingValue = Annotated[Any, PlainValidator(_setting)]
