"""The daemon's log: one line a record, as JSON or for a console, whoever logs; personal data and secrets masked.

What is masked is what looks like an e-mail address, a phone number or a national identity number, the values of
queries in URLs, and known secrets: in messages, fields, their names, and the texts of exceptions. It rather masks
too much: eight digits in a row are a phone number, unless they are a date.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.stdlib import BoundLogger, ExtraAdder, ProcessorFormatter

from gateway.http.redaction import MASK, Mask
from gateway.model import Secret

Kind = Literal["json", "console"]

_OURS = "gateway"
_LONGEST = 16_000
_DEEPEST = 6

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)[\w.-]{1,255}")
_GAP = r"(?:[^\S\n]|[().\-/\u2010-\u2015]|%20){0,3}"
_DAY = r"(?:19|20)\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])"
_HOUR = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,6})?)?"
_DIGITS = re.compile(
    rf"(?P<date>(?<!\d)(?:{_DAY}(?:[T ]{_HOUR})?|{_HOUR})(?!{_GAP}\d))"
    rf"|\+{_GAP}\d(?:{_GAP}\d){{6,}}|\d(?:{_GAP}\d){{7,}}"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def get(name: str) -> BoundLogger:
    """The log of one part: `log = logs.get("daemon")`, then `log.info("a chunk ended", processor=…, steps=50)`."""
    logger = structlog.wrap_logger(
        logging.getLogger(f"{_OURS}.{name}"),
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
        context_class=dict,
    )
    return cast("BoundLogger", logger)


def configure(
    kind: Kind, level: int | str, stream: TextIO, *, secrets: Iterable[Secret] = ()
) -> Callable[[], None]:
    """From now on everything is logged to `stream`: ours from `level` on, that of libraries from WARNING on.

    Done again, it replaces what was done before (settings are read anew). What it returns puts all back.
    """
    handler = _Handler(stream)
    handler.setFormatter(_Formatter(Masking(secrets), _as_json if kind == "json" else _for_console))
    root, ours = logging.getLogger(), logging.getLogger(_OURS)
    for each in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(each)
    before = root.level, ours.level, sys.excepthook, threading.excepthook
    root.addHandler(handler)
    ours.setLevel(level)
    root.setLevel(max(logging.WARNING, ours.level))
    _quieten()
    logging.captureWarnings(capture=True)
    sys.excepthook, threading.excepthook = (
        _fell,
        lambda args: _fell(args.exc_type, args.exc_value, args.exc_traceback),
    )

    def undo() -> None:
        root.removeHandler(handler)
        root.setLevel(before[0])
        ours.setLevel(before[1])
        sys.excepthook, threading.excepthook = before[2:]
        logging.captureWarnings(capture=False)

    return undo


def _quieten() -> None:
    """DBOS prints by itself where its logger has no handler; now it has one, which does nothing."""
    dbos = logging.getLogger("dbos")
    dbos.handlers = [logging.NullHandler()]
    dbos.propagate = True


def _fell(kind: type[BaseException], err: BaseException | None, trace: Any) -> None:
    """Log what nobody caught: as it is printed otherwise, nothing is masked."""
    if not issubclass(kind, SystemExit):
        get("daemon").critical("nobody caught this", exc_info=(kind, err, trace))


class Masking:
    """Takes personal data and secrets out of texts, and out of whatever else is logged."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._mask = Mask(secrets)

    def text(self, text: str) -> str:
        """`text` without what it should not tell, cut where it is very long."""
        text = self._mask.line(text)
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(MASK, text)
        text = _DIGITS.sub(_date_or_mask, text)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

    def value(self, value: object, depth: int = 0) -> object:
        """The same of any value, as JSON knows it; never raises."""
        try:
            return self._value(value, depth)
        except Exception as err:  # noqa: BLE001  # a value that cannot be shown is no reason to lose the line
            return f"<{type(value).__name__}: {type(err).__name__}>"

    def _value(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            shown = repr(value)
            unseen = self.text(shown)
            is_number = unseen == shown and math.isfinite(value)
            return value if is_number and type(value) in (int, float) else unseen
        if depth < _DEEPEST and isinstance(value, Mapping):
            return {self.text(str(key)): self.value(each, depth + 1) for key, each in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self.value(each, depth + 1) for each in value]
        return self.text(value if type(value) is str else str(value))


def _date_or_mask(match: re.Match[str]) -> str:
    return match[0] if match["date"] else MASK


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to the stream; says what could not be written without repeating it."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_ours = record.name == _OURS or record.name.startswith(f"{_OURS}.")
        return (is_ours or record.levelno >= logging.WARNING) and bool(super().filter(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Python's own would print the record and what it was about."""


class _Formatter(ProcessorFormatter):
    """The one way to the stream, for our records and for those of libraries."""

    def __init__(self, masking: Masking, render: Callable[[Mapping[str, Any]], str]) -> None:
        super().__init__(
            foreign_pre_chain=[ExtraAdder()],
            processors=[
                _stamp,
                structlog.processors.format_exc_info,
                _masked_by(masking),
                _rendered_by(render),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, dict):
            record = logging.makeLogRecord(record.__dict__)
            record.msg, record.args = _message(record), ()
        return super().format(record)


def _message(record: logging.LogRecord) -> str:
    """What a record says, also where its arguments do not fit."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # whatever their __str__ does
        return f"{record.msg!s} {type(record.args).__name__} that did not fit"


def _stamp(_logger: Any, _method: str, event: Any) -> Any:
    """When, how grave and from where, before all else; a field cannot take their names."""
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog")
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    first = {"timestamp": at.replace("+00:00", "Z"), "level": record.levelname.lower(), "logger": record.name}
    return {
        **first,
        "event": event.pop("event", ""),
        **{key: each for key, each in event.items() if key not in first},
    }


def _masked_by(masking: Masking) -> Callable[[Any, str, Any], Any]:
    return lambda _logger, _method, event: masking.value(event)


def _rendered_by(render: Callable[[Mapping[str, Any]], str]) -> Callable[[Any, str, Any], Any]:
    return lambda _logger, _method, event: render(event)


def _as_json(event: Mapping[str, Any]) -> str:
    return json.dumps(event)


def _for_console(event: Mapping[str, Any]) -> str:
    """`20:39:11 info gateway.daemon: a chunk ended processor=recman steps=50`, an exception below it."""
    fields = dict(event)
    head = f"{fields.pop('timestamp')[11:19]} {fields.pop('level'):<8} {fields.pop('logger')}: {fields.pop('event')}"
    below = fields.pop("exception", None)
    line = " ".join([head, *(f"{key}={each}" for key, each in fields.items())])
    lines = [line, *(str(below).splitlines() if below else [])]
    return "\n    ".join(_CONTROL.sub(lambda each: repr(each[0])[1:-1], each) for each in lines)
