"""A served app answers on loopback, and stops without a trace."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.wrappers import Request, Response

from gateway.testing import Fault, Wire, serve


@Request.application
def hello(request: Request) -> Response:
    return Response(f"hello {request.path}")


@pytest.fixture
def wire() -> Wire:
    return Wire(hello)


def test_many_calls_at_once_are_answered(wire: Wire) -> None:
    with serve(wire) as url, requests.Session() as session, ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda number: session.get(f"{url}/{number}", timeout=5).text, range(50)))
    assert texts == [f"hello /{number}" for number in range(50)]
    assert len(wire.journal) == 50


def test_server_listens_on_loopback_and_is_gone_afterwards(wire: Wire) -> None:
    with serve(wire) as url:
        where = urlsplit(url)
        assert where.hostname == "127.0.0.1"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    with serve(wire, port=where.port or 0) as again:
        assert again == url
        assert requests.get(url, timeout=5).status_code == 200


@pytest.mark.parametrize("kind", ["cut", "drop"])
def test_cut_closes_the_connection_without_an_answer(wire: Wire, kind: str) -> None:
    wire.faults.append(Fault(kind))
    with serve(wire) as url, requests.Session() as session:
        with pytest.raises(requests.ConnectionError, match="without response"):
            session.get(url, timeout=5)
        assert session.get(url, timeout=5).status_code == 200
    assert [call.status for call in wire.journal] == [0, 200]


def test_timeout_holds_until_the_client_leaves(wire: Wire) -> None:
    wire.faults.append(Fault("timeout"))
    with serve(wire, threads=1) as url:
        with pytest.raises(requests.ReadTimeout):
            requests.get(url, timeout=0.1)
        started = monotonic()
        assert requests.get(url, timeout=5).status_code == 200
        assert monotonic() - started < 3, "the only thread still held the first answer"


def test_timeout_is_bounded(wire: Wire) -> None:
    wire.faults.append(Fault("timeout", seconds=0.1))
    with serve(wire) as url, pytest.raises(requests.ConnectionError, match="without response"):
        requests.get(url, timeout=5)


def test_stop_does_not_wait_for_a_held_or_slow_answer(wire: Wire) -> None:
    wire.faults.append(Fault("timeout"))
    wire.latency = 30
    arrived = threading.Semaphore(0)

    def watched(environ: Any, start_response: Any) -> Any:
        arrived.release()
        return wire(environ, start_response)

    started = monotonic()
    with ExitStack() as stack, serve(watched) as url:
        address = (urlsplit(url).hostname, urlsplit(url).port)
        asking = [stack.enter_context(socket.create_connection(address, timeout=5)) for _ in range(2)]
        for each in asking:
            each.sendall(b"GET / HTTP/1.1\r\nHost: vendor\r\n\r\n")
        for _ in asking:
            assert arrived.acquire(timeout=5)
    assert monotonic() - started < 5


def test_stop_in_the_middle_of_a_large_answer(wire: Wire) -> None:
    wire.faults.append(Fault("huge"))
    started = monotonic()
    with serve(wire) as url, requests.get(url, stream=True, timeout=5) as answer:
        assert len(next(answer.iter_content(1000))) > 0
    assert monotonic() - started < 5


def test_latency_is_added_to_each_answer(wire: Wire) -> None:
    wire.latency = 0.05
    started = monotonic()
    with serve(wire) as url:
        requests.get(url, timeout=5)
    assert monotonic() - started >= 0.05
