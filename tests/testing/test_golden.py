"""A journal as text: everything that was sent can be read in it, and no secret."""

from __future__ import annotations

import pytest

from gateway.testing import Call, written

JOURNAL = [
    Call(
        "POST", "/as/token", "", 200, 90,
        "grant_type=refresh_token&refresh_token=rt-1&client_secret=cs+1&scope=a+b&password=",
    ),
    Call("GET", "/v2/get/", "key=fictional-key&page=2&name=K%C3%A5re&pageToken=p2", 200),
    Call("POST", "/people/list", "", 0, 70, '{"select": ["id"], "key": "k", "at": {"token": "t"}, "n": 1}'),
    Call("PUT", "/files/fictional-key", "", 413, 2048, authorization="Bearer at-1"),
    Call("PUT", "/files/1", "", 200, 7, authorization="at-1"),
    Call("POST", "/text", "", 204, 9, "no form\nbut two lines, fictional-key"),
]  # fmt: skip
TEXT = """\
POST /as/token
    grant_type=refresh_token
    refresh_token=***
    client_secret=***
    scope=a b
    password=
    -> 200

GET /v2/get/
    ?key=***
    ?page=2
    ?name=Kåre
    ?pageToken=p2
    -> 200

POST /people/list
    {
      "select": [
        "id"
      ],
      "key": "***",
      "at": {
        "token": "***"
      },
      "n": 1
    }
    -> no answer

PUT /files/*** [Bearer]
    (2048 bytes)
    -> 413

PUT /files/1 [***]
    (7 bytes)
    -> 200

POST /text
    no form
    but two lines, ***
    -> 204
"""


def test_journal_is_written_call_by_call_without_secrets() -> None:
    assert written(JOURNAL, ["fictional-key", ""]) == TEXT
    assert written([]) == ""


def test_line_break_in_a_field_makes_no_line_of_its_own() -> None:
    call = Call("GET", "/people", "name=a%0A-%3E+204&note=c%5Cn", 200)
    assert written([call]) == "GET /people\n    ?name=a\\n-> 204\n    ?note=c\\\\n\n    -> 200\n"


@pytest.mark.parametrize(
    "name", ["api_key", "apiKey", "X-Api-Key", "access_token", "client_assertion", "code", "PWD"]
)
def test_field_named_like_a_secret_is_masked(name: str) -> None:
    for call in (
        Call("GET", "/", f"{name}=fictional", 200),
        Call("POST", "/", "", 200, 9, f"{name}=fictional"),
        Call("POST", "/", "", 200, 9, f'[{{"{name}": "fictional"}}]'),
    ):
        assert "fictional" not in written([call])
        assert "***" in written([call])


def test_secret_within_another_does_not_save_its_rest() -> None:
    assert "tail" not in written([Call("GET", "/head-tail", "", 200)], ["head", "head-tail"])


def test_secret_that_is_a_member_of_json_is_masked_whatever_its_spelling() -> None:
    call = Call("POST", "/", "", 200, 9, '{"free": "say \\"x\\u00e5\\" twice", "x": 1}')
    assert '"free": "say *** twice"' in written([call], ['"xå"'])
