"""`gateway consent`: files with every kind of mistake, and what is shown and withdrawn."""

from __future__ import annotations

import pytest

HEAD = "person,purpose,processor,given,expires,withdrawn\n"


@pytest.fixture
def load(firm, ola, tmp_path):
    """Import a file of this content."""
    firm("sync")

    def write(content, code=0, *words):
        path = tmp_path / "consents.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return firm("consent", "import", str(path), *words, code=code)

    return write


def test_import_writes_down_what_the_next_sync_acts_on(firm, load):
    assert "1 consent imported" in load(HEAD + "ola@example.org,recruitment,,2019-01-01,2020-01-01,\n").stdout
    firm("sync")
    assert not firm.vendor.people


@pytest.mark.parametrize(
    "content",
    [
        "person;purpose;expires\nola@example.org;recruitment;2030-01-01\n",
        "\ufeffperson,purpose,expires\r\nola@example.org,recruitment,2030-01-01\r\n\r\n",
        'Purpose,"Person",given\nrecruitment,"ola@example.org",2020-01-01',
    ],
)
def test_import_reads_the_spellings_of_spreadsheets(firm, load, content):
    load(content)
    assert len(firm.json("consent", "show", "S1")["consents"]) == 1


def test_import_names_every_bad_line_and_takes_none(firm, load):
    person = "ola@example.org,recruitment"
    rows = [
        f"{person},,2030-01-01,,", ",recruitment,,2020-01-01,,", f"{person},,1.2.2020,,", f"{person},,,,",
        f"{person},,2020-01-02,2020-01-01,", "a,b,c,d,e,f,g",
    ]  # fmt: skip
    told = load(HEAD + "\n".join(rows), 2).stderr
    assert [line.split(":")[0].strip() for line in told.splitlines()[1:-1]] == [
        f"line {n}" for n in (3, 4, 5, 6, 7)
    ]
    assert "given is not a day such as 2026-03-31" in told
    assert "nothing was imported" in told
    assert firm.json("consent", "show", "S1")["consents"] == []


def test_import_names_lines_of_unknown_people_purposes_and_processors(firm, load):
    rows = ["nobody@example.org,recruitment,,2020-01-01,,", "ola@example.org,recruting,,2020-01-01,,",
            "ola@example.org,recruitment,exampel,2020-01-01,,", "ola@example.org,recruitment,,2020-01-01,,"]  # fmt: skip
    told = load(HEAD + "\n".join(rows), 2).stderr
    assert [number for number in range(2, 6) if f"line {number}:" in told] == [2, 3, 4]
    assert firm.json("consent", "show", "S1")["consents"] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1 has to name the columns"),
        (HEAD, "has no lines below its head"),
        ("person,purpose,colour\n", "unknown: 'colour'"),
        ("person,person,purpose\n", "twice: person"),
        ("person\n", "missing: purpose"),
        (b"person,purpose\nK\xe5re,recruitment\n", "line 2 has a byte that cannot be read"),
        (HEAD + '"ola@example.org,recruitment\n', "line 2 is not CSV"),
    ],
)
def test_import_of_what_is_no_such_file_says_what_is_wrong(load, content, message):
    assert message in load(content, 2).stderr


def test_import_of_a_file_that_is_not_there_says_so(firm, tmp_path):
    assert "cannot be read: No such file" in firm("consent", "import", str(tmp_path / "x"), code=2).stderr
    assert "cannot be read: Is a directory" in firm("consent", "import", str(tmp_path), code=2).stderr


def test_numbers_of_lines_count_those_inside_a_cell(load):
    told = load(
        'person,purpose,given\n"two\nlines",recruitment,2020-01-01\nola@example.org,,2020-01-01\n', 2
    ).stderr
    assert "line 4: purpose is missing" in told


def test_withdrawal_is_shown_and_acted_on(firm, load):
    load(HEAD + "ola@example.org,recruitment,example,2020-01-01,2099-01-01,\n")
    assert "S1: consent to recruitment is withdrawn." in firm("consent", "withdraw", "ola@example.org").stdout
    shown = firm("consent", "show", "S1").stdout
    assert "2099-01-02" in shown
    assert "operator" in shown
    firm("sync")
    assert not firm.vendor.people


def test_withdrawal_on_a_day_is_written_down_for_that_day(firm, load):
    words = (
        "consent",
        "withdraw",
        "S1",
        "--purpose",
        "recruitment",
        "--processor",
        "example",
        "--on",
        "2024-02-29",
    )
    assert firm.json(*words) == {
        "person": "S1", "purposes": ["recruitment"], "processor": "example", "on": "2024-02-29",
    }  # fmt: skip
    assert firm.json("consent", "show", "S1")["consents"][0]["withdrawn"] == "2024-02-28T23:00:00Z"


def test_withdrawal_of_what_is_not_known_is_refused(firm, load):
    assert "no purpose is called 'x'" in firm("consent", "withdraw", "S1", "--purpose", "x", code=2).stderr
    assert (
        "no processor is called 'x'" in firm("consent", "withdraw", "S1", "--processor", "x", code=2).stderr
    )
    assert "has to be a day" in firm("consent", "withdraw", "S1", "--on", "2024-02-30", code=2).stderr
    assert "nobody in the ledger" in firm("consent", "withdraw", "x@example.org", code=2).stderr
    assert "Nothing is written down" in firm("consent", "show", "S1").stdout
