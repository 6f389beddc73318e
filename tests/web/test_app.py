"""What the app answers, to whom, and what it never says."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from gateway import logs
from tests.web.conftest import Ask

PATHS = ["/healthz", "/readyz", "/metrics"]


@pytest.mark.parametrize("path", PATHS)
def test_a_healthy_daemon_says_so(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.body) > 0


def test_what_is_said_in_health_is_small(ask: Ask) -> None:
    assert ask("/healthz").json == {"alive": True}
    assert ask("/readyz").json == {"ready": True}
    assert ask("/metrics").headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert ask("/readyz").headers["Content-Type"] == "application/json"


def test_a_loop_that_stands_still_is_said_with_why(ask: Ask, healthy) -> None:
    answer = ask("/healthz", ticked_at=healthy.now - timedelta(minutes=1))
    assert (answer.status, answer.json) == (
        503, {"alive": False, "why": "it last looked for work 60 s ago; it should every 2 s"},
    )  # fmt: skip
    assert ask("/healthz").status == 200


def test_what_keeps_it_from_work_is_listed_and_it_lives_all_the_same(ask: Ask) -> None:
    answer = ask("/readyz", faults=("the ledger cannot be reached",), stopping=True)
    assert answer.status == 503
    assert answer.json == {"ready": False, "reasons": ["it is stopping", "the ledger cannot be reached"]}
    assert ask("/healthz", faults=("the ledger cannot be reached",)).status == 200


def test_a_reason_names_nobody(ask: Ask) -> None:
    answer = ask("/readyz", faults=("no route to kari@example.org, +47 410 00 000",))
    assert answer.json["reasons"] == ["no route to ***, ***"]


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_head_and_no_body(ask: Ask, path: str) -> None:
    whole, head = ask(path), ask(path, "HEAD")
    assert (head.status, head.headers, head.body) == (200, whole.headers, b"")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "X"])
def test_nothing_can_be_done_here(ask: Ask, path: str, method: str) -> None:
    answer = ask(path, method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["", "/", "/healthz/", "/Healthz", "/metrics/x", "/../metrics", "/<script>"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_else(ask: Ask, path: str, method: str) -> None:
    answer = ask(path, method)
    assert answer.status == 404
    assert b"script" not in answer.body


@pytest.mark.parametrize("path", PATHS)
def test_a_daemon_that_cannot_say_how_it_is_is_not_well_and_tells_the_log_why(ask: Ask, path: str) -> None:
    def fall() -> None:
        raise LookupError("kari@example.org")

    stream = io.StringIO()
    undo = logs.configure("json", "INFO", stream)
    try:
        answer = ask(path, look=fall)
    finally:
        undo()
    assert answer.status == 500
    assert answer.json == {"error": "the daemon could not say how it is: LookupError; see its log"}
    assert "LookupError: ***" in stream.getvalue()
    assert ask(path).status == 200
