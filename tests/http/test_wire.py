"""Vendors that trickle, cut, lie about length or send without end, over real sockets on loopback."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
import zlib
from time import monotonic

import pytest

from gateway.errors import GarbledError, UnavailableError
from gateway.http import Timeouts

from .conftest import RawServer, answer, read_request, send

OK = b"HTTP/1.1 200 OK\r\n"


def good_after(client, path: str = "x") -> bool:
    return client.request("GET", path).json() == {"ok": True}


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"H"),
        (OK, b"X-Header: 1\r\n"),
        (OK + b"X-Long: ", b"x"),
        (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
        (OK + b"\r\n", b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1", b"0"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\n", b"x"),
    ],
    ids=["status", "headers", "header", "body", "endless", "chunks", "chunk-size", "continue", "refusal"],
)
def test_answer_when_it_trickles_is_cut_at_the_deadline(make_client, serve, head, piece):
    server: RawServer = serve(answer())
    server.scripts.insert(0, server.trickle(head, piece))
    client = make_client(server.url, timeouts=Timeouts(1, 1, 0.3))
    began = monotonic()
    with pytest.raises(UnavailableError, match=r"no whole answer within 0.3 seconds|status 500"):
        client.request("GET", "x")
    assert 0.25 < monotonic() - began < 0.8
    assert client.calls == 1
    assert good_after(client)


def test_vendor_when_silent_is_given_up_after_the_read_timeout(make_client, serve):
    server: RawServer = serve(answer())
    server.scripts.insert(0, server.trickle(b"", every=5))
    client = make_client(server.url, timeouts=Timeouts(1, 0.1, 5))
    with pytest.raises(UnavailableError, match=r"^POST .*: no answer in time$"):
        client.request("POST", "x")
    assert good_after(client)


def test_vendor_when_it_reads_slowly_what_we_send_is_cut_at_the_deadline(make_client, serve):
    server: RawServer = serve(answer())

    def sip(connection):
        while not server.stop.wait(0.03) and connection.recv(65536):
            pass

    server.scripts.insert(0, sip)
    client = make_client(server.url, timeouts=Timeouts(1, 5, 0.3))
    began = monotonic()
    with pytest.raises(UnavailableError, match=r"no whole answer within 0.3 seconds"):
        client.request("POST", "x", files={"cv": ("cv", bytes(30 << 20), "text/plain")})
    assert monotonic() - began < 1.5
    assert good_after(client)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        OK + b"Content-Length: 100\r\n\r\n{",
        OK + b'Content-Length: 11\r\n\r\n{"ok":true',
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        OK + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"ok\r\n',
        b"no HTTP at all\r\n\r\n",
        OK + b"X-H: 1\r\n" * 150 + b"\r\n",
        OK + b"X-H: " + b"x" * 70_000,
    ],
)
def test_answer_when_cut_off_is_unavailable_and_repeated_only_if_repeatable(make_client, serve, data):
    server = serve(send(data), send(data), answer())
    client = make_client(server.url)
    with pytest.raises(UnavailableError):
        client.request("POST", "x")
    assert good_after(client)
    assert client.calls == 3


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Length: 2000000000\r\n\r\n",
        OK + b"\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
    ],
    ids=["declared", "endless", "chunked"],
)
def test_answer_when_huge_is_cut_early(make_client, serve, head):
    server: RawServer = serve(answer())
    server.scripts.insert(0, server.trickle(head, bytes(1 << 20), every=0))
    client = make_client(server.url, max_bytes=3 << 20)
    with pytest.raises(GarbledError, match="the answer is larger than 3145728 bytes"):
        client.request("GET", "x")
    assert good_after(client)


def test_answer_when_a_limit_is_given_with_the_call_is_held_to_it(make_client, serve):
    client = make_client(serve(answer(b"12345")).url)
    with pytest.raises(GarbledError, match="larger than 4 bytes"):
        client.request("GET", "x", max_bytes=4)
    assert client.request("GET", "x", max_bytes=5).content == b"12345"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_answer_when_a_bomb_is_cut_before_it_unpacks(make_client, serve, coding):
    body = zlib.compress(bytes(200 << 20), 1) if coding == "deflate" else gzip.compress(bytes(200 << 20), 1)
    body = gzip.compress(body) if "," in coding else body
    client = make_client(
        serve(answer(body, f"Content-Encoding: {coding}", "Connection: close"), answer()).url,
        max_bytes=4 << 20,
    )
    tracemalloc.start()
    try:
        with pytest.raises(GarbledError, match="larger than 4194304 bytes"):
            client.request("GET", "x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    assert good_after(client)


def test_answer_when_packed_is_unpacked(make_client, serve):
    body = gzip.compress(b'{"ok":true}')
    assert good_after(make_client(serve(answer(body, "Content-Encoding: gzip")).url))


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, br", "aes128gcm"])
def test_answer_when_it_cannot_be_unpacked_is_garbled(make_client, serve, coding):
    client = make_client(
        serve(answer(b"not packed at all", f"Content-Encoding: {coding}", "Connection: close"), answer()).url
    )
    with pytest.raises(GarbledError, match="the answer cannot be unpacked"):
        client.request("GET", "x")
    assert good_after(client)


def test_refusal_when_its_body_is_huge_is_not_read(make_client, serve):
    server: RawServer = serve(answer())
    server.scripts.insert(0, server.trickle(b"HTTP/1.1 404 No\r\n\r\n", bytes(1 << 20), every=0))
    client = make_client(server.url)
    with pytest.raises(GarbledError, match="status 404"):
        client.request("GET", "x")
    assert good_after(client)


def test_connection_is_used_again_after_answers_refusals_and_redirects(make_client, serve):
    def script(connection):
        for head in ("200 OK", "404 No", "302 Go\r\nLocation: /y", "200 OK", "500 Oh"):
            read_request(connection)
            connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: 11\r\n\r\n".encode() + b'{"ok":true}')

    server = serve(script)
    client = make_client(server.url)
    assert good_after(client)
    with pytest.raises(GarbledError, match="status 404"):
        client.request("GET", "x")
    assert good_after(client)
    with pytest.raises(UnavailableError, match="status 500"):
        client.request("GET", "x")
    assert server.connections == 1


def test_pool_is_as_wide_as_parallel(make_client, serve):
    server = serve(answer())
    client = make_client(server.url, parallel=4)
    together = threading.Barrier(4)

    def work():
        for _ in range(5):
            together.wait(5)
            client.request("GET", "x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert (client.calls, server.connections <= 4) == (20, True)


def test_port_when_nobody_listens_is_unavailable_after_four_tries(make_client, serve):
    server = serve(answer())
    client = make_client(server.url)
    server.close()
    with pytest.raises(UnavailableError, match="no connection: connection refused"):
        client.request("POST", "x")
    assert client.calls == 4


def test_vendor_when_it_speaks_no_tls_is_unavailable(make_client, serve):
    server = serve(answer(status="400 Bad"))
    client = make_client(server.url.replace("http:", "https:"), timeouts=Timeouts(0.3, 0.3, 5), tries=1)
    with pytest.raises(UnavailableError, match=r"the encrypted connection failed|no answer in time|closed"):
        client.request("GET", "x")


def test_proxy_variables_of_the_environment_are_not_used(make_client, serve, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert good_after(make_client(serve(answer()).url, proxies={"http": "http://127.0.0.1:9"}))


def test_proxy_when_it_refuses_is_named_without_its_password(make_client, serve):
    proxy = serve(answer(status="407 No"))
    credentials = proxy.url.replace("://", "://ada:hemmelig@")
    client = make_client("https://api.example.org", proxies={"https": credentials}, tries=2)
    with pytest.raises(UnavailableError, match="the proxy cannot be reached or refused") as caught:
        client.request("POST", "x")
    assert (client.calls, "hemmelig" in str(caught.value)) == (2, False)


def test_proxy_when_it_trickles_is_cut_at_the_deadline(make_client, serve):
    proxy: RawServer = serve(answer())
    proxy.scripts[:] = [proxy.trickle(b"HTTP/1.1 200 OK\r\nX-Long: ")]
    client = make_client(
        "https://api.example.org", proxies={"https": proxy.url}, timeouts=Timeouts(1, 1, 0.3)
    )
    with pytest.raises(UnavailableError, match=r"no whole answer within 0.3 seconds"):
        client.request("GET", "x")
