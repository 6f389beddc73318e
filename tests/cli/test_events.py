"""`gateway event`: added, imported with every kind of mistake, and shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .test_documents import hold as described

HEAD = "person,event,date,purpose\n"


@pytest.fixture
def known(firm, ola):
    """A firm that knows S1."""
    firm("sync")
    return firm


@pytest.fixture
def load(known, tmp_path):
    """Import a file of this content."""

    def write(content, code=0, *words):
        path = tmp_path / "events.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return known("event", "import", str(path), *words, code=code)

    return write


def test_event_is_added_once_and_shown(known):
    words = ("event", "add", "ola@example.org", "informed", "--on", "2026-03-01", "--purpose", "recruitment")
    assert "S1: informed is written down." in known(*words).stdout
    assert "nothing is changed" in known(*words).stdout
    shown = known("event", "show", "S1").stdout
    assert shown.splitlines()[0] == "Person S1"
    assert shown.splitlines()[3].split()[:4] == ["informed", "2026-03-01", "recruitment", "operator"]


def test_nothing_is_shown_as_nothing(known):
    assert known("event", "show", "S1").stdout == "Nothing is written down that happened to S1.\n"


def test_event_that_cannot_be_is_a_mistake_of_the_command(known):
    assert 'did you mean "informed"?' in known("event", "add", "S1", "infomed", code=2).stderr
    assert "is read from the records" in known("event", "add", "S1", "created", code=2).stderr
    assert "has to be a day" in known("event", "add", "S1", "informed", "--on", "yesterday", code=2).stderr
    late = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    assert "has not come yet" in known("event", "add", "S1", "informed", "--on", late, code=2).stderr
    assert "nobody in the ledger" in known("event", "show", "x@example.org", code=2).stderr


def test_import_says_what_is_new_and_what_was_known(load):
    line = "ola@example.org,informed,2026-03-01,\n"
    assert "1 event imported. `gateway sync` acts" in load(HEAD + line).stdout
    assert "1 event imported, 1 known before." in load(f"{HEAD}{line}S1,first-contact,2026-03-02,\n").stdout


@pytest.mark.parametrize("content", [
    "person;event;date\nola@example.org;informed;2026-03-01\n",
    "\ufeffEvent,Date,Person\r\ninformed,2026-03-01,ola@example.org\r\n\r\n",
])  # fmt: skip
def test_import_reads_the_spellings_of_spreadsheets(known, load, content):
    load(content)
    assert len(known.json("event", "show", "S1")["events"]) == 1


def test_import_names_every_bad_line_and_takes_none(known, load):
    rows = [
        "S1,informed,2026-03-01,",
        "S1,informed,,",
        ",informed,2026-03-01,",
        "S1,informed,1.3.2026,",
        "S1,informed,2026-03-01,,e",
    ]
    told = load(HEAD + "\n".join(rows), 2).stderr
    assert [number for number in range(2, 7) if f"line {number}:" in told] == [3, 4, 5, 6]
    assert "date is not a day such as 2026-03-31" in told
    assert "line 6: has 5 cells, but the head has 4 columns" in told
    assert "nothing was imported" in told
    assert known.json("event", "show", "S1")["events"] == []


def test_import_names_lines_the_policy_and_the_ledger_do_not_know(known, load):
    rows = [
        "S7,informed,2026-03-01,",
        "S1,infomed,2026-03-01,",
        "S1,informed,2026-03-01,recruting",
        "S1,informed,2026-03-01,",
    ]
    told = load(HEAD + "\n".join(rows), 2).stderr
    assert [number for number in range(2, 6) if f"line {number}:" in told] == [2, 3, 4]
    assert known.json("event", "show", "S1")["events"] == []


def test_import_of_what_is_no_such_file_says_what_is_wrong(load):
    assert (
        "has to name the columns person, event, date and, where they are there, purpose"
        in load("x\n", 2).stderr
    )
    assert "has no lines below its head" in load(HEAD, 2).stderr


def test_each_has_the_document_it_is_described_with(known, tmp_path):
    described("event add", known.json("event", "add", "S1", "informed"))
    path = tmp_path / "events.csv"
    path.write_text(HEAD + "S1,first-contact,2026-03-01,\n")
    described("event import", known.json("event", "import", str(path)))
    described("event show", known.json("event", "show", "S1"))
