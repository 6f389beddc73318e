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


def files(items: list[Item]) -> list[Item]:
    return [each for each in items if not each.name.endswith(".json")]


def test_all_that_is_held_comes_out(open_at: Open) -> None:
    vendor = Simulator()
    candidate, other = (
        vendor.add_candidate(first_name=name, skills=[{"skillId": "1", "name": "Welding"}])
        for name in ("Åse", "Other")
    )
    application, log = vendor.add_application(candidate), vendor.add_log(candidate, text="called")
    vendor.add_application(other)
    vendor.add_log(other, text="called too")
    vendor.add_file(candidate, "cv.pdf", b"%PDF-1.7")
    items = export(open_at(vendor), candidate)
    assert {each.ref for each in items} == {Ref("candidate", candidate)}  # as audit shows it
    assert [each.name for each in items] == [
        f"candidate-{candidate}.json", f"application-{application}.json", f"log-{log}.json", "cv.pdf",
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
@pytest.mark.parametrize("content", [b"%PDF-1.7 \x00\xff", b"{\\rtf1 text}", b'{"a": 1}'])
def test_file_comes_out_as_it_went_in(open_at: Open, form: Literal["json", "raw"], content: bytes) -> None:
    vendor = Simulator(file_form=form)
    candidate = vendor.add_candidate(files=[("cv", content)])
    [file] = files(export(open_at(vendor), candidate))
    assert (file.content, file.media_type) == (content, "application/octet-stream")


@pytest.mark.parametrize("spelling", ["fileId", "id"])
@pytest.mark.parametrize("status", [200, 400])
def test_file_is_asked_for_under_either_name(open_at: Open, spelling: str, status: int) -> None:
    vendor = Simulator(file_parameters=[spelling], error_status=status)
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF")])
    assert [each.content for each in files(export(open_at(vendor), candidate))] == [b"%PDF"]


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
    assert files(export(open_at(vendor), candidate))


def test_cut_answer_is_not_a_file(open_at: Open) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(files=[("cv.pdf", b"%PDF" * 100)])
    vendor.wire.faults.append(Fault("truncated", path=r".*scope=candidateFile"))
    with pytest.raises(GarbledError, match="not JSON, or is cut"):
        export(open_at(vendor), candidate)
    assert files(export(open_at(vendor), candidate))


def test_nobody_is_asked_about_without_an_id(open_at: Open) -> None:
    vendor = Simulator()
    assert export(open_at(vendor)) == []
    assert vendor.wire.journal == []


def test_what_is_left_of_somebody_gone_comes_out_under_the_names_audit_shows(open_at: Open) -> None:
    vendor = Simulator(show_candidate_ids=True, stays=["inquiry", "job", "invoice"])
    vendor.add_candidate()
    candidate = vendor.add_candidate(employee={"startDate": "2015-01-01", "endDate": "2016-01-01"})
    left = {
        Ref("inquiry", vendor.add_inquiry(candidate, "100001")),
        Ref("job", vendor.add_job(candidate)),
        Ref("invoice", vendor.add_invoice(candidate)),
    }
    vendor.add_inquiry("100001")
    vendor.remove_candidate(candidate)
    subject = Subject("S1", records=(Ref("candidate", candidate),))
    account = open_at(vendor, read_inquiries=True)
    assert {each.ref for each in export(account, candidate)} == left
    assert {each.ref for each in gateway_recman.audit(account, [subject])} == left
    assert export(open_at(vendor, read_jobs=False, read_invoices=False), candidate) == []


def test_file_without_bytes_is_one_in_json_alone(open_at: Open) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate(files=[("cv.pdf", b"")])
    assert [each.content for each in files(export(open_at(vendor), candidate))] == [b""]
    vendor.file_form = "raw"
    with pytest.raises(GarbledError, match="candidateFile is empty"):
        export(open_at(vendor), candidate)


def test_file_that_is_not_handed_out_fails_the_export(open_at: Open) -> None:
    vendor = Simulator()
    candidate = vendor.add_candidate()
    number = vendor.add_file(candidate, "cv.pdf", b"%PDF")
    file = vendor.tables["files"].pop(number)
    with pytest.raises(GarbledError, match=f"does not hand out file {number}"):
        export(open_at(vendor), candidate)
    vendor.tables["files"][number] = file
    assert files(export(open_at(vendor), candidate))
