"""The wire keeps an exact journal and breaks as it is told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from gateway.testing import Call, Fault, Wire
from gateway.testing.faults import KINDS, STATUSES, CutError, HeldError, without_rows
from gateway.testing.wire import EndlessError


@pytest.fixture
def seen() -> list[bytes]:
    """The bodies the app was handed."""
    return []


@pytest.fixture
def wire(seen: list[bytes]) -> Wire:
    @Request.application
    def app(request: Request) -> Response:
        seen.append(request.get_data())
        return Response(json.dumps({"path": request.path}), content_type="application/json")

    return Wire(app)


@pytest.fixture
def client(wire: Wire) -> Client:
    return Client(wire)


def test_journal_names_the_call_as_it_was_sent(wire: Wire, client: Client, seen: list[bytes]) -> None:
    client.post("/people/ø?q=a%20b&q=", json={"name": "Ærlig"})
    sent = '{"name": "\\u00c6rlig"}'
    assert wire.journal == [Call("POST", "/people/ø", "q=a%20b&q=", 200, len(sent), sent)]
    assert wire.journal[0].params == {"q": ["a b", ""]}
    assert seen == [sent.encode()]


def test_body_of_a_file_is_counted_but_not_kept(wire: Wire, client: Client) -> None:
    client.put("/photo", data=b"\x89PNG", content_type="image/png")
    assert (wire.journal[0].size, wire.journal[0].body) == (4, "")


def test_journal_is_exact_when_many_threads_call(wire: Wire) -> None:
    wire.faults.append(Fault("500", times=30))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: Client(wire).get(f"/{number}").status_code, range(200)))
    assert sorted(call.path for call in wire.journal) == sorted(f"/{number}" for number in range(200))
    assert statuses.count(500) == [call.status for call in wire.journal].count(500) == 30


def test_journal_keeps_the_call_when_the_app_breaks() -> None:
    def app(*_: Any) -> Any:
        raise RuntimeError("bug in the simulator")

    wire = Wire(app)
    with pytest.raises(RuntimeError, match="bug in the simulator"):
        Client(wire).get("/")
    assert wire.journal == [Call("GET", "/", "", 500)]


@pytest.mark.parametrize("kind", STATUSES)
def test_status_is_answered_without_asking_the_app(
    wire: Wire, client: Client, seen: list[bytes], kind: str
) -> None:
    wire.faults.append(Fault(kind))
    answer = client.get("/people")
    assert (answer.status_code, answer.mimetype, seen) == (int(kind), "application/json", [])
    assert client.get("/people").status_code == 200
    assert wire.faults == []


def test_throttling_says_when_to_come_back(wire: Wire, client: Client) -> None:
    wire.faults += [Fault("429"), Fault("429", headers={"Retry-After": "5"})]
    assert [client.get("/").headers["Retry-After"] for _ in range(2)] == ["60", "5"]


def test_truncated_answer_is_half_the_real_one(wire: Wire, client: Client) -> None:
    whole = client.get("/people").data
    wire.faults.append(Fault("truncated"))
    cut = client.get("/people")
    assert cut.data == whole[: len(whole) // 2]
    assert cut.content_length == len(cut.data)
    assert client.get("/people").data == whole


def test_html_and_deep_answers_are_200(wire: Wire, client: Client) -> None:
    wire.faults += [Fault("html"), Fault("deep")]
    html, deep = client.get("/"), client.get("/")
    assert (html.status_code, html.mimetype) == (200, "text/html")
    assert (deep.status_code, deep.mimetype) == (200, "application/json")
    with pytest.raises(RecursionError):
        json.loads(deep.data)


def test_huge_answer_is_made_as_it_is_read(wire: Wire, client: Client) -> None:
    wire.faults.append(Fault("huge"))
    answer = client.get("/", buffered=False)
    chunks = iter(answer.response)
    assert next(chunks) == b"["
    assert sum(len(next(chunks)) for _ in range(100)) > 6_000_000


@pytest.mark.parametrize(("kind", "asked"), [("cut", 0), ("drop", 1)])
def test_connection_is_cut_before_or_after_the_work(
    wire: Wire, client: Client, seen: list[bytes], kind: str, asked: int
) -> None:
    wire.faults.append(Fault(kind))
    with pytest.raises(CutError):
        client.delete("/people/1")
    assert wire.journal == [Call("DELETE", "/people/1", "", 0)]
    assert len(seen) == asked
    assert client.delete("/people/1").status_code == 200


def test_timeout_holds_the_answer(wire: Wire, client: Client) -> None:
    wire.faults.append(Fault("timeout", seconds=7))
    with pytest.raises(HeldError, match="7 seconds"):
        client.get("/")
    assert [call.status for call in wire.journal] == [0]


def test_fault_waits_for_its_turn_and_its_call(wire: Wire, client: Client) -> None:
    wire.faults.append(Fault("500", path="/people/", method="get", after=2, times=2))
    client.delete("/people/1")
    client.get("/jobs/1")
    assert [client.get(f"/people/{number}").status_code for number in range(5)] == [200, 200, 500, 500, 200]


def test_fault_finds_its_call_by_expression_over_path_and_query(wire: Wire, client: Client) -> None:
    wire.faults.append(Fault("500", path=r"/v2/.*scope=candidate"))
    assert client.get("/v2/get/?scope=project").status_code == 200
    assert client.get("/v2/get/?scope=candidate").status_code == 500


@pytest.mark.parametrize(
    "wrong", [{"kind": "418"}, {"kind": "cut", "times": 0}, {"kind": "cut", "after": -1}]
)
def test_fault_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"kind of fault|at least once"):
        Fault(**wrong)


def test_status_says_the_words_of_the_fault(wire: Wire, client: Client) -> None:
    wire.faults += [Fault("400", text='no "such" field'), Fault("404")]
    assert [client.get("/").get_json() for _ in range(2)] == [
        {"error": 'no "such" field'},
        {"error": "Not Found"},
    ]


def test_empty_answer_is_200_without_a_body_and_the_work_is_done(
    wire: Wire, client: Client, seen: list[bytes]
) -> None:
    wire.faults.append(Fault("empty"))
    answer = client.get("/people")
    assert (answer.status_code, answer.data, answer.content_length, len(seen)) == (200, b"", 0, 1)


def test_emptied_answer_has_no_rows_and_counts_none() -> None:
    real = {
        "data": {"1": {"id": 1}, "2": {"id": 2}},
        "people": [{"name": "Kari"}],
        "paging": {"TotalItemCount": 12, "PageIndex": 3, "hasRows": True},
        "next": "2",
    }
    assert json.loads(without_rows(json.dumps(real).encode())) == {
        "data": {},
        "people": [],
        "paging": {"TotalItemCount": 0, "PageIndex": 3, "hasRows": True},
        "next": "2",
    }
    assert without_rows(b"%PDF") == b"%PDF"


def test_emptied_answer_is_made_as_the_vendor_makes_it(wire: Wire, client: Client) -> None:
    wire.emptied = lambda answer: answer.replace(b"/people", b"")
    wire.faults += [Fault("emptied"), Fault("emptied")]
    assert client.get("/people").get_json() == {"path": ""}
    client.get("/jobs")
    assert [call.fault for call in wire.journal] == ["emptied", ""]


def test_answer_that_comes_again_is_the_first_to_each_call(wire: Wire, client: Client) -> None:
    wire.faults.append(Fault("again", after=1, times=9))
    wire.app = Request.application(lambda request: Response(request.query_string.decode()))
    asked = ["/a?page=1", "/a?page=2", "/a?page=3", "/b?page=4", "/b?page=5"]
    assert [client.get(each).text[-1] for each in asked] == ["1", "2", "2", "4", "4"]
    assert [call.fault for call in wire.journal] == ["", "", "again", "", "again"]
    wire.faults.clear()
    assert client.get("/a?page=6").text == "page=6"


def test_wire_takes_no_more_calls_than_it_is_told(wire: Wire, client: Client) -> None:
    wire.most = 2
    client.get("/")
    client.get("/")
    with pytest.raises(EndlessError, match="2 calls, and no end"):
        client.get("/")
    wire.most = None
    assert client.get("/").status_code == 200


def test_journal_says_who_asked_what_came_and_what_changed_it(wire: Wire, client: Client) -> None:
    wire.faults += [Fault("truncated"), Fault("html")]
    client.get("/", headers={"Authorization": "Bearer abc"})
    client.get("/")
    client.get("/")
    assert [(call.authorization, call.media_type, call.fault) for call in wire.journal] == [
        ("Bearer abc", "application/json", "truncated"),
        ("", "text/html", "html"),
        ("", "application/json", ""),
    ]
    assert str(wire.journal[1]) == "GET / -> 200 (html)"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("cut"), "'cut' at call 1"),
        (Fault("500", after=2, times=4), "'500' at calls 3 to 6"),
        (Fault("html", after=2, times=10_000), "'html' from call 3 on"),
        (Fault("html", path="/people", method="GET"), "'html' at call 1 to GET /people"),
    ],
)
def test_fault_says_when_it_strikes(fault: Fault, said: str) -> None:
    assert str(fault) == said


def test_every_kind_is_explained() -> None:
    assert [kind for kind in KINDS if kind not in (Fault.__doc__ or "")] == []
