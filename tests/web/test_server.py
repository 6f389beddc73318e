"""The server: its port, what it refuses, and that it ends."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from gateway.errors import SettingsError
from gateway.web import Pulse, WebServer, make_app


@pytest.fixture
def serve(healthy: Pulse) -> Iterator[Callable[..., WebServer]]:
    made: list[WebServer] = []

    def start(metrics: Callable[[Pulse], bytes] = lambda _: b"x 1\n") -> WebServer:
        made.append(WebServer(make_app(lambda: healthy, metrics), "127.0.0.1", 0))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.close()


def get(server: WebServer, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def raw(server: WebServer, sent: bytes) -> bytes:
    with socket.create_connection((server.host, server.port), timeout=5) as sock:
        sock.sendall(sent)
        received = b""
        while piece := sock.recv(65536):
            received += piece
    return received


def test_it_answers_on_a_port_it_chose(serve: Callable[..., WebServer]) -> None:
    server = serve()
    assert server.port > 0
    assert get(server, "/healthz") == (200, b'{"alive": true}\n')
    assert get(server, "/metrics?x=1") == (200, b"x 1\n")
    assert get(server, "/metrics", "HEAD") == (200, b"")
    assert get(server, "/nothing")[0] == 404
    assert get(server, "/metrics", "POST", b"x")[0] == 405


def test_it_says_nothing_of_what_it_is_made_of(serve: Callable[..., WebServer]) -> None:
    head = raw(serve(), b"GET /healthz HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.0 200 ok")
    assert b"server:" not in head
    assert b"waitress" not in head


def test_it_binds_loopback_unless_told_otherwise(healthy: Pulse) -> None:
    server = WebServer(make_app(lambda: healthy, lambda _: b""), port=0)
    try:
        assert server.host == "127.0.0.1"
    finally:
        server.close()


def test_a_large_request_is_refused(serve: Callable[..., WebServer]) -> None:
    server = serve()
    many = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 100) for number in range(80))
    assert raw(server, (b"GET /healthz HTTP/1.1\r\n" + many)[:8192]).startswith(b"HTTP/1.0 431")
    assert get(server, "/healthz", "GET", b"x" * 2000)[0] == 413
    assert get(server, "/healthz")[0] == 200


def test_slow_scrapes_do_not_hold_up_the_question_whether_it_lives(serve: Callable[..., WebServer]) -> None:
    free, begun = threading.Event(), threading.Semaphore(0)

    def slow(_: Pulse) -> bytes:
        begun.release()
        assert free.wait(10)
        return b"slow 1\n"

    server = serve(slow)
    found: list[tuple[int, bytes]] = []
    threads = [threading.Thread(target=lambda: found.append(get(server, "/metrics"))) for _ in range(2)]
    for each in threads:
        each.start()
    assert all(begun.acquire(timeout=5) for _ in threads)
    assert get(server, "/healthz")[0] == 200
    free.set()
    for each in threads:
        each.join()
    assert found == [(200, b"slow 1\n")] * 2


def test_a_port_that_is_taken_is_said_before_anything_starts(
    serve: Callable[..., WebServer], healthy: Pulse
) -> None:
    server = serve()
    with pytest.raises(SettingsError, match=rf"daemon.listen: 127.0.0.1:{server.port} cannot be listened at"):
        WebServer(make_app(lambda: healthy, lambda _: b""), "127.0.0.1", server.port)
    unstarted = WebServer(make_app(lambda: healthy, lambda _: b""), "127.0.0.1", 0)
    with pytest.raises(SettingsError):
        WebServer(make_app(lambda: healthy, lambda _: b""), "127.0.0.1", unstarted.port)
    unstarted.close()


@pytest.mark.parametrize(
    ("host", "port"), [("192.0.2.1", 0), ("no.such.host.invalid", 0), ("127.0.0.1", 70000)]
)
def test_an_address_that_is_not_ours_is_a_mistake_of_the_settings(
    healthy: Pulse, host: str, port: int
) -> None:
    with pytest.raises(SettingsError, match=r"daemon\.listen"):
        WebServer(make_app(lambda: healthy, lambda _: b""), host, port)


def test_it_ends_at_once_frees_its_port_and_leaves_no_thread(
    serve: Callable[..., WebServer], healthy: Pulse
) -> None:
    before = threading.active_count()
    server = serve()
    with socket.create_connection((server.host, server.port), timeout=5) as idle:
        assert get(server, "/healthz")[0] == 200
        server.close()
        server.close()
        assert idle.recv(1) == b""
    assert threading.active_count() == before
    again = WebServer(make_app(lambda: healthy, lambda _: b""), "127.0.0.1", server.port)
    again.start()
    assert get(again, "/healthz")[0] == 200
    again.close()
