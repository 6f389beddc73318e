"""What a verification says of a trail: the faults in plain words, each once, and the notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.errors import SettingsError
from gateway.model import Secret
from gateway.trail import (
    GENESIS,
    Entry,
    FaultKind,
    Head,
    Line,
    Report,
    chain,
    hash_only,
    new_signing_key,
    public_key,
    sign,
    verify,
)


@pytest.fixture
def keys(key: Secret) -> list[str]:
    return [public_key(key)]


def texts(report: Report) -> list[str]:
    return [fault.text for fault in report.faults]


def changed(line: Line) -> Line:
    return line._replace(body=line.body.replace("expired", "valid"))


def test_changed_line_is_the_only_one_blamed(make_trail: Callable, keys: list[str]) -> None:
    lines = make_trail(40)
    rows = [*lines[:16], changed(lines[16]), *lines[17:]]

    assert texts(verify(rows, [], keys)) == [
        "line 17 was changed: its hash is not that of its content (or line 16 was written anew with its hash)"
    ]
    assert verify(lines, [], keys).sound


def test_changed_line_is_certain_when_the_line_before_is_signed(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    lines = make_trail(40)
    rows = [*lines[:16], changed(lines[16]), *lines[17:]]

    assert texts(verify(rows, [make_mark(lines, 16)], keys)) == [
        "line 17 was changed: its hash is not that of its content"
    ]


def test_changed_content_and_hash_leave_the_next_line_unproven(make_trail: Callable, keys: list[str]) -> None:
    lines = make_trail(40)
    rows = [*lines[:16], changed(lines[16])._replace(hash=bytes(32)), *lines[17:]]

    report = verify(rows, [], keys)

    assert [(fault.line, fault.kind, fault.primary) for fault in report.faults] == [
        (17, FaultKind.CHANGED, True),
        (18, FaultKind.UNPROVEN, False),
    ]
    assert texts(report)[1] == "line 18 cannot be judged: line 17 before it is not the original"


def test_missing_line_is_named_and_the_next_is_unproven(make_trail: Callable, keys: list[str]) -> None:
    lines = make_trail(40)

    assert texts(verify(lines[:17] + lines[18:], [], keys)) == [
        "line 18 is missing",
        "line 19 cannot be judged: line 18 before it is missing",
    ]


def test_next_line_is_proven_when_the_missing_one_was_signed(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    lines = make_trail(40)

    report = verify(lines[:14] + lines[18:], [make_mark(lines, 18)], keys)

    assert texts(report) == ["lines 15 to 18 are missing"]


def test_cut_off_lines_are_counted_and_the_checkpoint_is_named(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    lines = make_trail(52)

    report = verify(lines[:40], [make_mark(lines, 30), make_mark(lines, 50), make_mark(lines, 52)], keys)

    (text,) = texts(report)
    assert text == (
        "the trail ends at line 40 but the checkpoint of 2026-03-02 08:00:52 UTC at line 52 was signed: "
        "12 lines were cut off"
    )
    assert verify(lines, [make_mark(lines, 52)], keys).sound


def test_emptied_trail_is_seen_when_a_checkpoint_was_kept_outside(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    anchor = make_mark(make_trail(3), 3)

    assert verify([], [], keys).sound
    report = verify([], [], keys, anchors=[anchor])

    assert texts(report)[0].startswith("the trail is empty but the checkpoint of 2026-03-02")
    assert report.notes == (
        "the checkpoint of 2026-03-02 08:00:03 UTC at line 3 is kept outside but not in the ledger",
    )


def test_rewritten_end_is_narrowed_down_by_the_checkpoints(
    make_trail: Callable, make_mark: Callable, key: Secret, keys: list[str]
) -> None:
    lines = make_trail(40)
    other = Entry(make_mark(lines, 1).at, "operator", "nothing to see")
    rows = lines[:25] + chain(Head(25, lines[24].hash), [other] * 15)

    report = verify(rows, [make_mark(lines, seq) for seq in (10, 20, 30, 40)], keys)

    assert [(fault.line, fault.last, fault.primary) for fault in report.faults] == [
        (21, 30, True),
        (21, 40, False),
    ]
    assert texts(report)[0] == (
        "the checkpoint of 2026-03-02 08:00:30 UTC at line 30 has another hash: "
        "some of lines 21 to 30 were written anew"
    )
    assert report.signed_to == 20


def test_checkpoint_is_a_fault_when_its_signature_is_wrong(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    lines = make_trail(5)
    mark = make_mark(lines, 4)
    forged = [
        replace(mark, seq=5, hash=lines[4].hash),
        replace(mark, at=mark.at + timedelta(microseconds=1)),
        replace(mark, signature=mark.signature[:-1]),
        replace(mark, signature=b""),
        replace(mark, hash=b"short"),
    ]

    for checkpoint in forged:
        report = verify(lines, [checkpoint], keys)
        assert [fault.kind for fault in report.faults] == [FaultKind.FORGED]
        assert texts(report)[0].startswith(
            "the signature of the checkpoint of 2026-03-02 08:00:04 UTC at line"
        )
        assert report.signed_to == 0
    assert verify(lines, [mark], keys).signed_to == 4


def test_checkpoint_is_a_fault_when_its_key_is_not_known(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    lines = make_trail(5)
    stranger = new_signing_key()
    mark = sign(Head(5, lines[4].hash), make_mark(lines, 5).at, stranger)

    report = verify(lines, [mark], keys)

    assert [fault.kind for fault in report.faults] == [FaultKind.UNKNOWN_KEY]
    assert f"signed with a key that is not known here ({mark.key_id})" in texts(report)[0]
    assert verify(lines, [mark, make_mark(lines, 5)], [*keys, public_key(stranger)]).sound


def test_line_is_renumbered_when_only_the_number_it_is_stored_under_differs(
    make_trail: Callable, keys: list[str]
) -> None:
    lines = make_trail(5)
    rows = [*lines[:4], lines[4]._replace(seq=9)]

    assert texts(verify(rows, [], keys)) == ["line 5 is stored under number 9"]


@pytest.mark.parametrize(
    "row",
    [
        (3, None, bytes(32)),
        (3, b"blob", bytes(32)),
        (3, 7, 7),
        ("3", "{}", None),
        (None, None, None),
        (-3, "x", "text"),
    ],
)
def test_rows_of_any_kind_are_faults_and_no_crash(make_trail: Callable, keys: list[str], row: Any) -> None:
    lines = make_trail(5)

    report = verify([*lines[:2], row, *lines[3:]], [], keys)

    assert not report.sound
    assert report.faults[0].line == 3
    assert verify(lines, [], keys).sound


def test_faults_are_listed_up_to_the_limit(make_trail: Callable, keys: list[str]) -> None:
    rows = [line if line.seq % 3 else changed(line) for line in make_trail(60)]

    report = verify(rows, [], keys, limit=5)

    assert [fault.line for fault in report.faults] == [3, 6, 9, 12, 15]
    assert report.more == 15
    assert report.lines == 60


def test_all_faults_are_found_when_there_are_several(make_trail: Callable, keys: list[str]) -> None:
    lines = make_trail(40)
    rows = [*lines[:4], changed(lines[4]), *lines[5:10], *lines[12:20], lines[21], lines[20], *lines[22:]]

    assert [
        (fault.line, fault.last, fault.kind) for fault in verify(rows, [], keys).faults if fault.primary
    ] == [
        (5, 5, FaultKind.CHANGED),
        (11, 12, FaultKind.MISSING),
        (22, 22, FaultKind.MOVED),
    ]


def test_time_running_backwards_is_a_note(key: Secret, make_mark: Callable, make_trail: Callable) -> None:
    at = make_mark(make_trail(1), 1).at
    times = [at, at - timedelta(seconds=59), at + timedelta(hours=2), at, at + timedelta(seconds=1)]
    lines = chain(GENESIS, [Entry(time, "gateway", "fetched") for time in times])

    report = verify(lines, [], [public_key(key)])

    assert report.sound
    assert (
        "time runs backwards at 1 lines, first at line 4 (by 2:00:00): the clock was set back" in report.notes
    )


def test_lines_after_the_last_checkpoint_are_a_note(
    make_trail: Callable, make_mark: Callable, keys: list[str]
) -> None:
    lines = make_trail(8)

    assert verify(lines, [make_mark(lines, 5)], keys).notes == (
        "lines 6 to 8: not covered by a checkpoint yet",
    )
    assert verify(lines, [make_mark(lines, 8), make_mark(lines, 0)], keys).notes == ()


def test_lines_are_read_one_by_one(make_trail: Callable, make_mark: Callable, keys: list[str]) -> None:
    def produce() -> Iterator[Line]:
        yield from make_trail(50)

    report = verify(produce(), [], keys)

    assert report.sound
    assert report.head.hash == hash_only(make_trail(50))


def test_key_that_is_none_is_refused(make_trail: Callable) -> None:
    with pytest.raises(SettingsError, match="a public key of the trail is 64 hexadecimal digits"):
        verify(make_trail(1), [], ["abc"])
