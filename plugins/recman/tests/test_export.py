"""Export: everything held, in full, whatever form the files come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

import gateway_recman
import pytest
from gateway_recman.simulator import Simulator

from gateway import Account, GarbledError, Item, Ref, Subject
from gateway.testing import Fault

Open = Callable[..., Account]


def export(account: Account, *candidates: str) -> list[Item]:
    subject = Subject("S1", records=tuple(Ref("candidate", each) for each in candidates))
    return list(gateway_recman.export(account, subject))


def of(items: list[Item], kind: str) -> list[Item]:
    return [each for each in items if each.ref.kind == kind]


def test_all_that_is_held_comes_out(open_at: Open) -> None:
    vendor = Simulator()
    candidate, other = (
        vendor.add_candidate(first_name=name, skills=[{"skillId": "1", "name": "Welding"}])
        for name in ("Åse", "Other")
    )
    application, log = vendor.add_application(candidate), vendor.add_log(candidate, text="called")
    vendor.add_application(other)
    vendor.add_log(other, text="called too")
    file = vendor.add_file(candidate, "cv.pdf", b"%PDF-1.7")
    items = export(open_at(vendor), candidate)
    assert [each.ref for each in items] == [
        Ref("candidate", candidate), Ref("application", application), Ref("log", log), Ref("file", file),
    ]  # fmt: skip
    row = json.loads(items[0].content)
    assert (row["firstName"], row["skills"]) == ("Åse", [{"skillId": "1", "name": "Welding"}])
    assert json.loads(items[2].content)["text"] == "called"
    assert (items[3].media_type, items[3].name, items[3].content) == (
        "application/pdf",
        "cv.pdf",
        b"%PDF-1.7",
    )


@pytest.mark.parametrize("form", ["json", "raw"])
@pytest.mark.parametrize("content", [b"%PDF-1.7 \x00\xff", b"", b"{\\rtf1 text}", b'{"a": 1}'])
def test_file_comes_out_as_it_went_in(open_at: Open, form: Literal["json", "raw"], content: bytes) -> None:
    vendor = Simulator(file_form=form)
    candidate = vendor.add_candidate(files=[("cv", content)])
    [file] = of(export(open_at(vendor), candidate), "file")
    assert (file.content, file.media_type) == (content, "application/octet-stream")


@pytest.mark.parametrize("spelling", ["fileId", "id"])
@pytest.mark.parametrize("status", [200, 400])
def test_file_is_asked_for_under_either_name(open_at: Open, spelling: str, status: int) -> None:
    vendor = Simulator(file_parameters=[spelling], error_status=status)
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF")])
    assert [each.content for each in of(export(open_at(vendor), candidate), "file")] == [b"%PDF"]


def test_field_that_the_vendor_dropped_is_left_out(open_at: Open) -> None:
    vendor = Simulator(dropped_fields=["officeEmail", "maritalStatus"])
    candidate = vendor.add_candidate(first_name="Kari")
    [item] = export(open_at(vendor), candidate)
    assert json.loads(item.content)["firstName"] == "Kari"
    assert "officeEmail" not in json.loads(item.content)


def test_web_page_is_not_a_file(open_at: Open) -> None:
    vendor = Simulator(file_form="raw")
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF")])
    vendor.wire.faults.append(Fault("html", path=r".*scope=candidateFile"))
    with pytest.raises(GarbledError, match="web page instead of a file"):
        export(open_at(vendor), candidate)
    assert of(export(open_at(vendor), candidate), "file")


def test_cut_answer_is_not_a_file(open_at: Open) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF" * 100)])
    vendor.wire.faults.append(Fault("truncated", path=r".*scope=candidateFile"))
    with pytest.raises(GarbledError, match="not JSON, or is cut"):
        export(open_at(vendor), candidate)
    assert of(export(open_at(vendor), candidate), "file")


def test_nobody_is_asked_about_without_an_id(open_at: Open) -> None:
    vendor = Simulator()
    assert export(open_at(vendor)) == []
    assert vendor.wire.journal == []
