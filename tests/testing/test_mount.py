"""A mounted app answers `requests` in process."""

from __future__ import annotations

import json
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
from werkzeug.wrappers import Request, Response

from gateway.testing import Fault, Wire, mount, serve

BASE = "https://vendor.example"


@Request.application
def echo(request: Request) -> Response:
    """Answers with what it was asked."""
    told = {
        "method": request.method,
        "path": request.path,
        "root": request.root_path,
        "query": request.query_string.decode(),
        "body": request.get_data(as_text=True),
        "key": request.headers.get("X-Key"),
    }
    answer = Response(json.dumps(told), 200, content_type="application/json")
    answer.headers["X-Request-Quota-Remaining"] = "7"
    return answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_any_method_and_path_reaches_the_app(method: str) -> None:
    with mount(echo, BASE):
        answer = requests.request(
            method, f"{BASE}/a%20b/ø?x=1&x=2", data="body", headers={"X-Key": "k"}, timeout=5
        )
    assert answer.json() == {
        "method": method,
        "path": "/a b/ø",
        "root": "",
        "query": "x=1&x=2",
        "body": "body",
        "key": "k",
    }
    assert answer.headers["x-request-quota-remaining"] == "7"


def test_head_has_no_body() -> None:
    with mount(echo, BASE):
        answer = requests.head(f"{BASE}/", timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")


def test_path_of_the_base_url_is_where_the_app_is_mounted() -> None:
    with mount(echo, f"{BASE}/v2/"):
        told = requests.get(f"{BASE}/v2/people", timeout=5).json()
        assert (told["root"], told["path"]) == ("/v2", "/people")
        with pytest.raises(requests.ConnectionError, match="below the mounted"):
            requests.get(f"{BASE}/v22/people", timeout=5)


def test_files_and_forms_arrive_as_sent() -> None:
    wire = Wire(echo)
    with mount(wire, BASE):
        requests.post(BASE, data={"a": "1", "b": "ø"}, timeout=5)
        told = requests.post(BASE, files={"cv": ("cv.pdf", b"%PDF", "application/pdf")}, timeout=5).json()
    assert wire.journal[0].body == "a=1&b=%C3%B8"
    assert "%PDF" in told["body"]


def test_mounts_nest_and_other_addresses_are_refused() -> None:
    first, second = Wire(echo), Wire(echo)
    with mount(first, BASE), mount(second, "https://other.example"):
        requests.get(f"{BASE}/1", timeout=5)
        requests.get("https://other.example/2", timeout=5)
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            requests.get("https://elsewhere.example/", timeout=5)
    assert [[call.path for call in wire.journal] for wire in (first, second)] == [["/1"], ["/2"]]


def test_loopback_stays_reachable() -> None:
    with serve(echo) as url, mount(echo, BASE):
        assert requests.get(f"{url}/served", timeout=5).json()["path"] == "/served"


def test_mount_of_a_loopback_address_is_answered_in_process() -> None:
    with mount(echo, "http://127.0.0.1:9"):
        assert requests.get("http://127.0.0.1:9/x", timeout=5).json()["path"] == "/x"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("cut", requests.ConnectionError),
        ("drop", requests.ConnectionError),
        ("timeout", requests.ReadTimeout),
    ],
)
def test_lost_answer_is_an_error_and_passes(kind: str, error: type[Exception]) -> None:
    wire = Wire(echo)
    wire.faults.append(Fault(kind))
    with mount(wire, BASE):
        with pytest.raises(error):
            requests.get(BASE, timeout=5)
        assert requests.get(BASE, timeout=5).status_code == 200
    assert [call.status for call in wire.journal] == [0, 200]


def test_streamed_answer_can_be_read_in_part_or_whole() -> None:
    wire = Wire(echo)
    wire.faults.append(Fault("huge"))
    with mount(wire, BASE), requests.get(BASE, stream=True, timeout=5) as answer:
        assert len(next(answer.iter_content(100_000))) == 100_000
    with mount(wire, BASE), requests.get(BASE, stream=True, timeout=5) as answer:
        assert json.loads(answer.raw.read())["path"] == "/"


def test_nothing_is_patched_after_the_mount() -> None:
    before = requests.adapters.HTTPAdapter.send
    with mount(echo, BASE), mount(echo, "https://other.example"):
        assert requests.adapters.HTTPAdapter.send is not before
    assert requests.adapters.HTTPAdapter.send is before


def test_a_path_arrives_as_it_was_sent_when_it_holds_marks_and_signs() -> None:
    seen: list[str] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b"{}"]

    with mount(app, "https://vendor.example.org/api"):
        for sent in ("a%3Fb", "a%23b", "100%25", "a%2520b", "plain"):
            requests.get(f"https://vendor.example.org/api/{sent}", timeout=5)
    assert seen == ["/a?b", "/a#b", "/100%", "/a%20b", "/plain"]
