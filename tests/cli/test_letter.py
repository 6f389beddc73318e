"""`gateway letter`: the draft on stdout, what to do with it on stderr, and what it is refused for."""

from __future__ import annotations

import pytest

from .test_documents import hold

CLIENT = '[processors.client]\nrole = "controller"\nlocation = "Norway"\ntitle = "The client"\n'


@pytest.fixture
def refused(firm, kari):
    """A firm with a case in which a client decides for itself."""
    firm.write(tail=CLIENT)
    firm("sync")
    return firm


def test_letter_is_the_draft_and_nothing_else(refused):
    result = refused("letter", "1")
    assert result.stdout.startswith("[Sted og dato]")
    assert "- The client: De er selv behandlingsansvarlige" in result.stdout
    assert "A draft: fill in 7 gaps in [brackets]. The case is due 20" in result.stderr


def test_letter_to_a_processor_in_english(refused):
    shown = refused("letter", "1", "--to", "processor", "--lang", "en").stdout
    assert "The client\n[Contact for data protection: name, address or e-mail]" in shown
    assert refused("letter", "1", "--to", "processor", "--step", "client", "--lang", "en").stdout == shown


def test_letter_has_the_document_it_is_described_with(refused):
    hold("letter", refused.json("letter", "1"), refused.json("letter", "1", "--to", "processor"))


def test_letter_is_told_in_the_trail_by_case_and_kind(refused):
    refused("letter", "1")
    line = refused.json("trail", "show")["lines"][-1]
    assert (line["action"], line["case"], line["data"]) == (
        "drafted-letter",
        1,
        {"to": "person", "language": "nb"},
    )
    refused("trail", "verify")


def test_letter_that_makes_no_sense_is_a_mistake_of_the_command(refused):
    assert "case 9: there is none of that number" in refused("letter", "9", code=2).stderr
    assert "--step belongs to --to processor" in refused("letter", "1", "--step", "client", code=2).stderr
    told = refused("letter", "1", "--to", "processor", "--step", "example", code=2).stderr
    assert "case 1: example does not decide for itself there; client does" in told
    assert refused.json("letter", "1")["case"] == 1
