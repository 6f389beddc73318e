"""Any one thing done to any trail is found, and the right line is named."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Secret
from gateway.trail import Checkpoint, Fault, FaultKind, Line, Report, public_key, verify

GARBAGE = bytes(range(32))


class Case:
    """A drawn trail with drawn checkpoints."""

    def __init__(self, lines: list[Line], marks: list[Checkpoint], keys: list[str]) -> None:
        self.lines, self.marks, self.keys = lines, marks, keys
        self.signed = {mark.seq for mark in marks}

    def verify(self, rows: list[Line]) -> Report:
        return verify(rows, self.marks, self.keys)

    def prev(self, seq: int) -> bytes:
        return self.lines[seq - 2].hash if seq > 1 else bytes(32)


@pytest.fixture(scope="session")
def draw_case(make_trail: Callable, make_mark: Callable, key: Secret) -> Callable[..., Case]:
    keys = [public_key(key)]

    longest = make_trail(9)

    def draw(data: st.DataObject, least: int = 1) -> Case:
        lines = longest[: data.draw(st.integers(least, 9), "length")]
        signed = data.draw(st.sets(st.integers(1, len(lines)), max_size=2), "checkpoints")
        return Case(lines, [make_mark(lines, seq) for seq in sorted(signed)], keys)

    return draw


@given(st.data())
def test_untouched_trail_is_sound(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data)

    report = case.verify(case.lines)

    assert report.sound
    assert report.signed_to == max(case.signed, default=0)
    assert (report.lines, report.head.hash) == (len(case.lines), case.lines[-1].hash)


def renumbered(rows: list[Line]) -> list[Line]:
    return [row._replace(seq=number) for number, row in enumerate(rows, 1)]


def primary(report: Report) -> list[Fault]:
    return [fault for fault in report.faults if fault.primary]


def the_one(report: Report) -> Fault:
    (fault,) = primary(report)
    assert str(fault.line) in fault.text
    return fault


@given(st.data())
def test_changed_content_is_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data)
    seq = data.draw(st.integers(1, len(case.lines)))
    body = case.lines[seq - 1].body
    other = data.draw(st.integers(1, 12).filter(lambda number: number != seq))
    changed = data.draw(st.sampled_from([
        body.replace("expired", "valid"), body + " ", "", "{}", "[" * 5000, "\ud800", body.replace("Z", "0Z"),
        body.replace(f'"seq":{seq},', f'"seq":{other},'), body.replace(f'"seq":{seq},', f'"seq":"{seq}",'),
    ]))  # fmt: skip
    rows = case.lines.copy()
    rows[seq - 1] = rows[seq - 1]._replace(body=changed)

    fault = the_one(case.verify(rows))

    assert (fault.line, fault.kind) == (seq, FaultKind.CHANGED)


@given(st.data())
def test_changed_hash_is_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data)
    seq = data.draw(st.integers(1, len(case.lines)))
    rows = case.lines.copy()
    rows[seq - 1] = rows[seq - 1]._replace(hash=data.draw(st.sampled_from([GARBAGE, b"", bytes(32)])))

    fault = the_one(case.verify(rows))

    is_known = seq < len(rows) or seq in case.signed
    assert (fault.line, fault.kind) == (seq, FaultKind.REHASHED if is_known else FaultKind.CHANGED)


@given(st.data())
def test_changed_content_and_hash_are_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data)
    seq = data.draw(st.integers(1, len(case.lines)))
    rows = case.lines.copy()
    rows[seq - 1] = Line(seq, rows[seq - 1].body.replace("expired", "valid"), GARBAGE)

    fault = the_one(case.verify(rows))

    assert (fault.line, fault.kind) == (seq, FaultKind.CHANGED)


@given(st.data())
def test_line_written_anew_is_found_by_the_next_or_by_a_checkpoint(
    draw_case: Callable[..., Case], data: st.DataObject
) -> None:
    case = draw_case(data, least=2)
    seq = data.draw(st.integers(1, len(case.lines) - 1))
    body = case.lines[seq - 1].body.replace("expired", "valid")
    rows = case.lines.copy()
    rows[seq - 1] = Line(seq, body, sha256(case.prev(seq) + body.encode()).digest())

    fault = the_one(case.verify(rows))

    if seq in case.signed:
        assert fault.kind is FaultKind.REWRITTEN
        assert fault.line <= seq == fault.last
    else:
        assert (fault.line, fault.kind) == (seq + 1, FaultKind.CHANGED)
        assert f"or line {seq} was written anew with its hash" in fault.text


@given(st.data())
def test_trail_written_anew_to_its_end_is_found_by_a_checkpoint(
    draw_case: Callable[..., Case], make_mark: Callable, data: st.DataObject
) -> None:
    case = draw_case(data)
    seq = data.draw(st.integers(1, len(case.lines)))
    mark = make_mark(case.lines, data.draw(st.integers(seq, len(case.lines))))
    rows = case.lines[: seq - 1]
    prev = case.prev(seq)
    for line in case.lines[seq - 1 :]:
        body = line.body.replace("expired", "valid")
        prev = sha256(prev + body.encode()).digest()
        rows.append(Line(line.seq, body, prev))

    fault = the_one(verify(rows, [*case.marks, mark], case.keys))

    assert fault.kind is FaultKind.REWRITTEN
    assert fault.line <= seq <= fault.last


@given(st.data())
def test_removed_lines_are_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data, least=2)
    first = data.draw(st.integers(1, len(case.lines) - 1))
    last = data.draw(st.integers(first, len(case.lines) - 1))

    fault = the_one(case.verify(case.lines[: first - 1] + case.lines[last:]))

    assert (fault.line, fault.last, fault.kind) == (first, last, FaultKind.MISSING)


@given(st.data())
def test_removed_line_is_named_when_the_rest_was_renumbered(
    draw_case: Callable[..., Case], data: st.DataObject
) -> None:
    case = draw_case(data, least=3)
    seq = data.draw(st.integers(1, len(case.lines) - 2))
    rows = case.lines.copy()
    del rows[seq - 1]

    fault = the_one(case.verify(renumbered(rows)))

    assert (fault.line, fault.kind) == (seq, FaultKind.MISSING)


@given(st.data())
def test_inserted_line_is_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data)
    seq = data.draw(st.integers(1, len(case.lines)))
    own = data.draw(st.integers(1, seq) | st.just(len(case.lines) + 5))
    body = case.lines[seq - 1].body.replace(f'"seq":{seq},', f'"seq":{own},').replace("expired", "valid")
    digest = data.draw(st.sampled_from([GARBAGE, sha256(case.prev(seq) + body.encode()).digest()]))
    rows = case.lines.copy()
    rows.insert(seq - 1, Line(seq, body, digest))
    rows = data.draw(st.sampled_from([rows, renumbered(rows)]))

    fault = the_one(case.verify(rows))

    assert (fault.line, fault.kind) == (min(own, seq), FaultKind.INSERTED)


@given(st.data())
def test_repeated_line_is_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data)
    seq = data.draw(st.integers(1, len(case.lines)))
    place = data.draw(st.integers(seq, len(case.lines)))
    rows = case.lines.copy()
    rows.insert(place, rows[seq - 1])

    fault = the_one(case.verify(rows))

    assert (fault.line, fault.kind) == (seq, FaultKind.INSERTED)


@given(st.data())
def test_swapped_lines_are_named(draw_case: Callable[..., Case], data: st.DataObject) -> None:
    case = draw_case(data, least=2)
    first, second = sorted(data.draw(st.sets(st.integers(1, len(case.lines)), min_size=2, max_size=2)))
    rows = case.lines.copy()
    rows[first - 1], rows[second - 1] = rows[second - 1], rows[first - 1]
    rows = data.draw(st.sampled_from([rows, renumbered(rows)]))

    faults = primary(case.verify(rows))

    assert {fault.kind for fault in faults} == {FaultKind.MOVED}
    assert {fault.line for fault in faults} in ({first, second}, {first + 1, second})


@given(st.data())
def test_cut_off_lines_are_counted_when_a_checkpoint_is_behind(
    draw_case: Callable[..., Case], make_mark: Callable, data: st.DataObject
) -> None:
    case = draw_case(data)
    end = data.draw(st.integers(1, len(case.lines)))
    last = data.draw(st.integers(0, end - 1))
    marks = [mark for mark in case.marks if mark.seq <= end]

    report = verify(case.lines[:last], marks, case.keys, anchors=[make_mark(case.lines, end)])

    (fault,) = primary(report)
    assert (fault.line, fault.last, fault.kind) == (last, end, FaultKind.TRUNCATED)
    assert f"{end - last} line" in fault.text
