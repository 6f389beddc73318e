"""No line of the log tells of a person or a secret, whatever is logged and wherever it stands."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from time import thread_time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway import logs
from gateway.model import Secret
from tests.daemon.logged import lines, logged

SECRET = "s3cret-value-abcdefgh"


def strings(value: object) -> Iterator[str]:
    """Every text in a decoded line, the names of fields included."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    else:
        yield str(value)


GAPS = ["", "", " ", "  ", "-", ".", "/", " - ", "\u00a0", "\u2009", "\u2011", "%20", ") "]


@st.composite
def phones(draw: st.DrawFn) -> str:
    count = draw(st.integers(8, 12))
    digits = [draw(st.sampled_from("0123456789")) for _ in range(count)]
    body = "".join(each + draw(st.sampled_from(GAPS)) for each in digits[:-1]) + digits[-1]
    return draw(st.sampled_from(["", "+", "+ ", "00", "(+47) ", "tel:"])) + body


@st.composite
def national_numbers(draw: st.DrawFn) -> str:
    day, month, year = draw(st.integers(1, 71)), draw(st.integers(1, 52)), draw(st.integers(0, 99))
    gap, between = draw(st.sampled_from(["", ".", " ", "/"])), draw(st.sampled_from(["", " ", "-"]))
    return (
        gap.join([f"{day:02}", f"{month:02}", f"{year:02}"]) + between + f"{draw(st.integers(0, 99999)):05}"
    )


PERSONAL = st.one_of(st.emails(), phones(), national_numbers(), st.just(SECRET))


def _raise(text: str, how: int) -> None:
    if how == 0:
        raise ValueError(text)
    try:
        raise KeyError(text)
    except KeyError as err:
        err.add_note(text)
        raise ExceptionGroup(text, [ValueError(text)]) from err


def _log_everywhere(text: str) -> None:
    """In each place in which a text can come to the log."""
    ours, theirs, library = (
        logs.get("daemon"),
        logging.getLogger("gateway.http"),
        logging.getLogger("library"),
    )
    ours.info(text)
    ours.info("positional", text)
    ours.info(
        "field",
        value=text,
        nested={text: [text, (text, {text})]},
        secret=Secret(text),
        raw=text.encode("utf-8", "replace"),
    )
    ours.bind(bound=text).warning(text, **{text: 1})
    theirs.info("%s", text)
    theirs.info(text, "one", 2)
    library.warning(text, extra={"field": text, text or "x": 1} if text not in {"message", "asctime"} else {})
    library.error("object %r", {"of": [text]})
    for how in (0, 1):
        for each in (ours, library):
            try:
                _raise(text, how)
            except (ValueError, ExceptionGroup):
                each.exception("fell")


@settings(deadline=None)  # how long a busy machine takes says nothing
@given(before=st.text(max_size=30), personal=PERSONAL, after=st.text(max_size=30))
@example(before="2026-11-", personal="22 33 44 55", after="")
@example(before="at 20:39 ", personal="41000000", after="")
@example(before="", personal="22 33 44 55", after="-11-29")
@example(before="a", personal="41000000", after="b")
@example(before="https://api.example.org/find?email=", personal="kari@example.org", after="&x=1")
@example(before="", personal="kari%40example.org", after="")
@example(before="+47 2026-", personal="11-29 20 39", after=":00")
def test_no_line_contains_what_is_a_persons(before: str, personal: str, after: str) -> None:
    with logged(secrets=[Secret(SECRET)]) as stream:
        _log_everywhere(before + personal + after)
    assert stream.getvalue().isascii()
    found = lines(stream)
    assert len(found) == 12
    for line in found:
        assert all(personal not in each for each in strings(line)), line


@settings(deadline=None)  # how long a busy machine takes says nothing
@given(before=st.text(max_size=30), personal=PERSONAL, after=st.text(max_size=30))
def test_nor_does_a_console_show_it(before: str, personal: str, after: str) -> None:
    with logged("console", secrets=[Secret(SECRET)]) as stream:
        _log_everywhere(before + personal + after)
    assert stream.getvalue().count("gateway.daemon: ") == 6
    assert personal not in stream.getvalue()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (41000000, "***"),
        (4741000000, "***"),
        (-1019012345, "-***"),
        (41000000.5, "***"),
        (1234567, 1234567),
        (0.25, 0.25),
    ],
)
def test_numbers_are_masked_as_texts_are(value: float, shown: object) -> None:
    with logged() as stream:
        logs.get("x").info("x", value=value, of=[value], **{"as": {value: 1}})
    (line,) = lines(stream)
    assert (line["value"], line["of"], line["as"]) == (shown, [shown], {str(shown): 1})


@pytest.mark.parametrize(
    "text",
    [
        "a chunk of 50 steps at recman ended after 1.234 s",
        "S41 case 7, step 1234567",
        "the last sweep ended 2026-11-29 20:39:11.123456 UTC",
        "due on 2026-11-29, for 12 people (rolled 2026-12-01)",
        "2026-11-29T20:39:11Z to 2026-11-30T20:39:11+00:00",
        "listening on 127.0.0.1:8713, python 3.11.7",
        "job missed by 0:00:07.250000",
        "GET https://api.example.org/v1/people?page=12 gave 200",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    with logged() as stream:
        logs.get("x").info(text)
    assert lines(stream)[0]["event"] == text


def test_very_long_texts_are_masked_quickly_and_cut() -> None:
    masking, began = logs.Masking(), thread_time()
    for text in (
        "a" * 400_000 + "@" + "b" * 100_000,
        "1 " * 200_000,
        "12:34" * 50_000,
        "+ " * 100_000,
        "1234567 x" * 50_000,
    ):
        assert len(masking.text(text)) <= 16_001
    assert thread_time() - began < 10  # of the processor: a pattern that goes back and forth takes hours
    assert "kari" not in masking.text("x" * 15_990 + " kari@example.org " + "y" * 100)


def test_what_is_deep_or_endless_is_written_as_text() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with logged() as stream:
        logs.get("x").info(
            "x", value=endless, deep={"a": {"b": {"c": {"d": {"e": {"f": {"g": "kari@example.org"}}}}}}}
        )
    (line,) = lines(stream)
    assert "kari" not in stream.getvalue()
    assert line["deep"]["a"]["b"]["c"]["d"]["e"] == "{'f': {'g': ***'}}"
