"""`gateway bulk`: the list on stdout, in a file that only its owner reads, and as a document; and how it ends."""

from __future__ import annotations

import csv
import io
import stat

import pytest

from tests.cli.test_documents import hold


@pytest.fixture
def approved(firm, crowd):
    """A firm where 25 people are to be deleted, and nothing was called for it yet."""
    crowd(25)
    firm("sync", code=3)
    firm("approve", "1")
    return firm


def listed(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_list_names_records_and_nobody(approved):
    done = approved("bulk", "example", "--all")
    rows = listed(done.stdout)
    assert len(rows) == 25
    assert set(rows[0]) == {"person", "kind", "id"}
    assert {each["kind"] for each in rows} == {"person"}
    assert len({each["id"] for each in rows}) == 25
    assert "@" not in done.stdout
    assert "Person" not in done.stdout
    assert "Bulk task 1 is new: 25 people at example." in " ".join(done.stderr.split())
    assert listed(approved("bulk", "example").stdout) == rows, "as long as it waits, the same list"
    shown = " ".join(approved("questions").stdout.split())
    assert "of 25 people, then answer." in shown
    assert "done or not-done" in shown


def test_list_in_a_file_is_for_its_owner_alone(approved, tmp_path):
    path = tmp_path / "list.csv"
    shown = " ".join(approved("bulk", "example", "--all", "--to", str(path)).stdout.split())
    assert "Bulk task 1 is new: 25 people at example in" in shown
    assert "`gateway answer 1 done`" in shown
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(listed(path.read_text())) == 25
    refused = approved("bulk", "example", "--to", str(path), code=2).stderr
    assert "is there already; name a new file" in " ".join(refused.split())
    nowhere = approved("bulk", "example", "--to", str(tmp_path / "no" / "list.csv"), code=2).stderr
    assert "Bulk task 1 waits" in " ".join(nowhere.split())


def test_word_is_looked_after_and_who_is_still_there_is_deleted_by_a_call(approved, vendor):
    approved("bulk", "example", "--all")
    approved("sync", code=3)
    assert "25" in approved("sync", code=3).stdout
    follows = approved.json("answer", "1", "done")["follows"]
    assert follows == "the next sync looks which of them are gone"
    approved("sync", code=3)
    done = approved.json("sync")
    (row,) = done["processors"]
    assert (row["deleted"], row["verified"]) == (25, 25)


def test_where_no_call_is_short_there_is_no_list(approved):
    assert (
        "Nothing will be late for want of calls at example: there is no list."
        in approved("bulk", "example").stdout
    )
    assert "no such processor; gateway.toml has example" in approved("bulk", "other", code=2).stderr


def test_document_has_the_members_that_are_described(approved):
    hold("bulk", approved.json("bulk", "example", "--all"))
