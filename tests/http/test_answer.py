"""Reading an answer's body: encodings, shapes, and errors that quote nothing of it."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from gateway.errors import GarbledError
from gateway.http import Answer, Mask


class Person(msgspec.Struct):
    id: int
    colour: Literal["red"] = "red"


def answer_of(content: bytes, kind: str = "application/json") -> Answer:
    url = "https://api.example.org/v1/people?key=hemmelig"
    return Answer(200, {"Content-Type": kind}, content, method="GET", url=url, mask=Mask())


def test_json_when_a_type_is_given_is_checked_against_it():
    assert answer_of(b'{"id": 7}').json(Person) == Person(7)
    assert answer_of(b'[{"id": 7, "more": 1}]').json(list[Person]) == [Person(7)]
    assert answer_of(b'{"id": "7"}').json() == {"id": "7"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"id": "7"}', r"the JSON has another shape: expected `int`, got `str` at \$.id"),
        (b'{"name": "Kari Nordmann"}', "another shape: object missing required field `id`"),
        (b'{"id": 7, "colour": "Kari Nordmann"}', r"another shape than expected \("),
        (b'{"id": 7, "name": "Kari Nordm', "the body is not JSON, or is cut"),
        (b"  <!doctype html><p>Kari Nordmann", "the body is HTML"),
        (b"", "the body is not JSON, or is cut"),
        (b"[" * 100_000, "the JSON is nested too deeply|has another shape"),
    ],
)
def test_json_when_not_understood_is_garbled_and_quotes_nothing(content, reason):
    with pytest.raises(GarbledError, match=reason) as caught:
        answer_of(content).json(Person)
    text = str(caught.value)
    assert text.startswith("GET https://api.example.org/v1/people?key=***: ")
    assert f"(status 200, content type application/json, {len(content)} bytes, sha256 " in text
    assert not {"Kari", "hemmelig"} & set(text.replace("=", " ").split())
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_json_when_not_utf8_is_garbled():
    with pytest.raises(GarbledError, match="the body is not JSON"):
        answer_of(b'{"name": "\xff"}').json()


def test_json_when_nested_without_end_is_garbled():
    with pytest.raises(GarbledError, match="the JSON is nested too deeply"):
        answer_of(b"[" * 100_000 + b"]" * 100_000).json()


def test_content_type_when_hostile_is_shown_short_and_printable():
    with pytest.raises(GarbledError) as caught:
        answer_of(b"", "text/\x1b[31mred?key=hemmelig" + "x" * 5000).json()
    assert len(str(caught.value)) < 300
    assert not {"\x1b", "hemmelig"} & set(str(caught.value).replace("=", " ").split())
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ("blåbær".encode(), "text/plain", "blåbær"),
        ("blåbær".encode("latin-1"), "text/plain; charset=ISO-8859-1", "blåbær"),
        ("blåbær".encode("utf-16"), 'text/plain; charset="utf-16"', "blåbær"),
        (b"\xef\xbb\xbf" + "blåbær".encode(), "text/plain; charset=utf-8", "blåbær"),
        ("blåbær".encode(), "text/plain; charset=no-such", "blåbær"),
        ("blåbær".encode(), "text/plain; charset=base64", "blåbær"),
        (b"\xff", "text/plain", "�"),
    ],
)
def test_text_is_read_in_the_declared_encoding_or_utf8(content, kind, text):
    assert answer_of(content, kind).text == text


def test_json_when_in_another_encoding_or_with_a_mark_is_read():
    assert answer_of('{"a":"æ"}'.encode("latin-1"), "application/json; charset=latin-1").json() == {"a": "æ"}
    assert answer_of(b'\xef\xbb\xbf{"a":1}').json() == {"a": 1}


def test_repr_shows_size_and_masked_url_only():
    text = repr(answer_of(b'{"name": "Kari Nordmann"}'))
    assert text == "<Answer GET https://api.example.org/v1/people?key=***: 200, 25 bytes>"
