"""Reading back what was logged, without pytest's own handlers in between."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gateway import logs


@contextmanager
def logged(kind: logs.Kind = "json", level: str = "DEBUG", **how: Any) -> Iterator[io.StringIO]:
    stream, root = io.StringIO(), logging.getLogger()
    pytests = [each for each in root.handlers if type(each).__module__.startswith("_pytest")]
    for each in pytests:  # they would fail on what the tests make fail
        root.removeHandler(each)
    undo = logs.configure(kind, level, stream, **how)
    try:
        yield stream
    finally:
        undo()
        for each in pytests:
            root.addHandler(each)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    def none(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    return [json.loads(each, parse_constant=none) for each in stream.getvalue().splitlines()]
