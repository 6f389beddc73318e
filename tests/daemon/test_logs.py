"""The daemon's log: one shape for everybody, one line a record, and nothing printed beside it."""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from gateway import logs
from tests.daemon.logged import lines, logged


def test_a_line_says_when_how_grave_who_and_what() -> None:
    with logged() as stream:
        logs.get("daemon").info(
            "a chunk ended", processor="recman", steps=50, share=0.5, late=None, first=True
        )
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info", "logger": "gateway.daemon", "event": "a chunk ended", "processor": "recman", "steps": 50,
        "share": 0.5, "late": None, "first": True,
    }  # fmt: skip
    assert list(json.loads(stream.getvalue()))[:4] == ["timestamp", "level", "logger", "event"]


def test_the_time_is_that_of_the_record_in_utc() -> None:
    with logged() as stream:
        record = logging.makeLogRecord(
            {"name": "gateway.x", "levelno": 20, "levelname": "INFO", "msg": "then"}
        )
        record.created = 1795953551.25
        logging.getLogger("gateway.x").handle(record)
    assert lines(stream)[0]["timestamp"] == "2026-11-29T11:59:11.250Z"


@pytest.mark.parametrize(
    "name", ["apscheduler.scheduler", "dbos", "waitress", "alembic", "urllib3.pool", "gateway_recman"]
)
def test_libraries_come_out_in_the_same_shape_from_warning_on(name: str) -> None:
    library = logging.getLogger(name)
    before = library.level
    library.setLevel(logging.DEBUG)
    try:
        with logged() as stream:
            library.debug("chatter")
            library.info("chatter")
            library.warning(
                "run time of %s was missed by %s", "job", "0:00:07", extra={"job": "fetch recman"}
            )
    finally:
        library.setLevel(before)
    (line,) = lines(stream)
    assert line.pop("timestamp")
    event = "run time of job was missed by 0:00:07"
    assert line == {"level": "warning", "logger": name, "event": event, "job": "fetch recman"}


def test_ours_come_from_the_level_that_was_asked_for() -> None:
    with logged(level="WARNING") as stream:
        logs.get("daemon").info("not this")
        logging.getLogger("gateway.http").debug("nor this")
        logs.get("daemon").warning("this")
    assert [each["event"] for each in lines(stream)] == ["this"]


def test_settings_read_anew_replace_the_handler() -> None:
    with logged(level="WARNING") as old, logged(level="INFO") as new:
        logs.get("daemon").info("once")
    assert old.getvalue() == ""
    assert [each["event"] for each in lines(new)] == ["once"]


def test_all_is_as_before_when_it_is_undone() -> None:
    def stands() -> list[object]:
        root = logging.getLogger()
        return [
            root.level,
            list(root.handlers),
            logging.getLogger("gateway").level,
            sys.excepthook,
            threading.excepthook,
        ]

    before = stands()
    with logged():
        assert stands() != before
    assert stands() == before


def test_an_exception_is_one_field_of_one_line() -> None:
    with logged() as stream:
        try:
            raise LookupError("nobody is called kari@example.org")
        except LookupError:
            logs.get("daemon").exception("a job fell")
            logging.getLogger("apscheduler").exception("a job fell")
    found = lines(stream)
    assert [each["level"] for each in found] == ["error", "error"]
    for each in found:
        assert each["exception"].startswith("Traceback (most recent call last):\n")
        assert each["exception"].endswith("LookupError: nobody is called ***")


def test_what_nobody_caught_is_a_masked_line_too() -> None:
    def fall() -> None:
        raise RuntimeError("about kari@example.org")

    with logged() as stream:
        thread = threading.Thread(target=fall)
        thread.start()
        thread.join()
        try:
            fall()
        except RuntimeError:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]  # there is one
    found = lines(stream)
    assert [each["level"] for each in found] == ["critical", "critical"]
    assert all(each["exception"].endswith("RuntimeError: about ***") for each in found)


def test_a_warning_of_python_is_a_line() -> None:
    with logged() as stream, warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old, says kari@example.org", stacklevel=1)
    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert "old, says ***" in line["event"]


def test_arguments_that_do_not_fit_lose_neither_the_line_nor_its_silence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Evil:
        def __str__(self) -> str:
            raise ValueError("kari@example.org")

        __repr__ = __str__

    with logged() as stream:
        logging.getLogger("gateway.x").info("%d steps", "kari@example.org")
        logging.getLogger("gateway.x").info("%s", Evil())
        logs.get("x").info(
            "evil", value=Evil(), more=[Evil(), 1], huge=10**5000, no=[float("nan"), -float("inf")]
        )
    first, second, third = lines(stream)
    assert first["event"] == "%d steps tuple that did not fit"
    assert second["event"] == "%s tuple that did not fit"
    assert third["value"] == "<Evil: ValueError>"
    assert third["more"] == ["<Evil: ValueError>", 1]
    assert third["huge"] == "<int: ValueError>"
    assert third["no"] == ["nan", "-inf"]
    assert capsys.readouterr() == ("", "")


def test_a_stream_that_is_gone_is_no_reason_to_stop_or_to_speak(capsys: pytest.CaptureFixture[str]) -> None:
    with logged() as stream:
        stream.close()
        logs.get("daemon").info("kari@example.org")
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_the_engine_does_not_print_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    from dbos._logger import dbos_logger, init_logger

    before = dbos_logger.level, list(dbos_logger.handlers), dbos_logger.propagate
    dbos_logger.handlers.clear()
    try:
        init_logger()
        assert not dbos_logger.propagate, "as it does by itself"
        with logged() as stream:
            init_logger()
            dbos_logger.setLevel("INFO")
            dbos_logger.info("Initializing DBOS")
            dbos_logger.error("workflow of kari@example.org fell")
    finally:
        dbos_logger.level, dbos_logger.handlers, dbos_logger.propagate = before
    assert [each["event"] for each in lines(stream)] == ["workflow of *** fell"]
    assert capfd.readouterr() == ("", "")


def test_for_a_console_it_is_short_and_no_letter_moves_the_cursor() -> None:
    with logged("console") as stream:
        logs.get("daemon").info("a chunk ended", processor="recman", steps=50)
        logs.get("daemon").info("up\x1b[2J\nand down", mail="kari@example.org")
        try:
            raise LookupError("one\ntwo \x1b[31m")
        except LookupError:
            logs.get("daemon").exception("fell")
    text = stream.getvalue()
    first, second, third, *below = text.splitlines()
    assert first[8:] == " info     gateway.daemon: a chunk ended processor=recman steps=50"
    assert second[8:] == r" info     gateway.daemon: up\x1b[2J\nand down mail=***"
    assert third[8:] == " error    gateway.daemon: fell"
    assert below[0] == "    Traceback (most recent call last):"
    assert below[-2:] == ["    LookupError: one", r"    two \x1b[31m"]


def test_a_field_cannot_pretend_to_be_the_head() -> None:
    with logged() as stream:
        logging.getLogger("library").warning(
            "true", extra={"level": "debug", "logger": "x", "timestamp": "y"}
        )
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["event"]) == ("warning", "library", "true")


LOGGERS: list[Callable[[], Any]] = [lambda: logs.get("a"), lambda: logging.getLogger("gateway.a")]


@pytest.mark.parametrize("make", LOGGERS)
def test_nothing_is_printed_before_it_is_configured(
    make: Callable[[], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    make().info("kari@example.org")
    assert capfd.readouterr() == ("", "")
