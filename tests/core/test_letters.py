"""Letters: they say what the ledger knows, leave a gap where it knows nothing, and are told of in the trail."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from string import Template

import pytest

from gateway import Kept, Outcome, Reason, Receipt, Ref
from gateway.errors import SettingsError
from gateway.ledger import tables as t
from gateway.letters import LANGUAGES, Letter, draft, wording
from gateway.letters.facts import Facts, Stand
from gateway.obligations import Trigger
from gateway.settings import load
from tests.core.firm import Firm
from tests.core.vendor import ScriptedVendor

GOLDEN = Path(__file__).parent / "golden"
TEXTS = Path(wording.__file__).parent / "texts"
OVER = date(2026, 1, 1)
PAYROLL = Kept(
    Ref("person", "1"),
    Reason.LEGAL_DUTY,
    "kept for payroll, under the bookkeeping act",
    date(2031, 12, 31),
    ("payroll",),
)
NOTES = tuple(
    Kept(Ref("note", number), Reason.REVIEW, "its free text may name the person") for number in ("n1", "n2")
)
DECISION = Kept(
    Ref("decision", "D-1"),
    Reason.OWN_CONTROLLER,
    "The bureau keeps its decisions on its own account",
    None,
    ("the bureau",),
)
Write = Callable[..., Letter]


@pytest.fixture
def write(firm: Firm) -> Write:
    def letter(case: int = 1, language: str = "en", **how: str | bool) -> Letter:
        firm.register()
        settings = load(firm.folder / "gateway.toml", {})
        return draft(firm.ledger, settings, case, language, now=firm.now, actor="tester", **how)  # type: ignore[arg-type]  # keywords of `draft`

    return letter


@pytest.fixture
def recman(firm: Firm) -> ScriptedVendor:
    """Somebody asked to be erased where one processor keeps, one deletes, one decides itself, and one does not answer."""
    vendor = firm.vendor("recman", 'title = "Recman"')
    vendor.add(1, "kari@example.org", "Kari Nordmann")
    vendor.keeps["1"] = PAYROLL
    crm = firm.vendor("crm", 'title = "The CRM"')
    crm.add(7, "kari@example.org", "Kari Nordmann")
    crm.answers["7"] = lambda subject: (
        crm.records.pop("7"), Receipt(subject.ref, Outcome.DONE, deleted=(Ref("person", "7"),), kept=NOTES)
    )[1]  # fmt: skip
    bureau = firm.vendor("bureau", 'title = "The bureau"')
    bureau.add(4, "kari@example.org", "Kari Nordmann")
    bureau.answers["4"] = lambda subject: (
        bureau.records.pop("4"),
        Receipt(subject.ref, Outcome.REFUSED, deleted=(Ref("person", "4"),), kept=(DECISION,)),
    )[1]
    firm.vendor("tests", 'title = "The test vendor"')
    firm.place("paper", 'title = "Paper folders"', role="joint")
    firm.place("client", 'title = "The client"', role="controller")
    firm.sync()
    firm.desk.erase("kari@example.org")
    firm.sync()
    return vendor


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_to_the_person_says_what_is_gone_what_stays_and_whom_to_ask(
    recman: ScriptedVendor, write: Write, language: str, file_regression: object
) -> None:
    text = write(language=language).text
    file_regression.check(text, fullpath=GOLDEN / f"letter-person-{language}.txt")  # type: ignore[attr-defined]  # a fixture of pytest-regressions


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_to_a_processor_asks_to_delete_or_to_say_why_not(
    recman: ScriptedVendor, write: Write, language: str, file_regression: object
) -> None:
    text = write(language=language, to_processor=True, processor="bureau").text
    file_regression.check(text, fullpath=GOLDEN / f"letter-processor-{language}.txt")  # type: ignore[attr-defined]  # a fixture of pytest-regressions


def test_letter_to_a_controller_without_a_plugin_leaves_gaps_for_what_nobody_knows(
    recman: ScriptedVendor, write: Write
) -> None:
    made = write(to_processor=True, processor="client")
    assert "- [what we disclosed to you, and when]" in made.text
    assert made.processor == "client"


def test_drafting_is_a_line_in_the_trail_without_the_text(
    firm: Firm, recman: ScriptedVendor, write: Write
) -> None:
    write()
    write(language="nb", to_processor=True, processor="bureau")
    person, processor = firm.actions("drafted-letter")
    assert (person["actor"], person["case"], person["subject"]) == ("tester", 1, "S1")
    assert person["data"] == {"to": "person", "language": "en"}
    assert (processor["processor"], processor["step"]) == ("bureau", firm.step("bureau").id)
    assert set(person) == {"action", "actor", "at", "case", "data", "seq", "subject"}


def test_letter_when_several_decide_asks_which(recman: ScriptedVendor, write: Write) -> None:
    with pytest.raises(SettingsError, match=r"more than one processor .* --step: bureau, client"):
        write(to_processor=True)
    with pytest.raises(SettingsError, match="recman does not decide for itself there; bureau, client does"):
        write(to_processor=True, processor="recman")
    assert write(to_processor=True, processor="bureau").step


def test_letter_of_a_case_that_is_not_there_or_was_dropped_is_refused(
    firm: Firm, recman: ScriptedVendor, write: Write
) -> None:
    with pytest.raises(SettingsError, match="case 9: there is none of that number"):
        write(9)
    with firm.ledger.write() as tx:
        tx.execute(t.cases.update().values(state="dropped"))
    with pytest.raises(SettingsError, match="case 1: was dropped"):
        write()
    assert firm.actions("drafted-letter") == []
    with firm.ledger.write() as tx:
        tx.execute(t.cases.update().values(state="open"))
    assert write().case == 1


def test_letter_where_nothing_stays_and_nobody_asked_is_refused(firm: Firm, write: Write) -> None:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    firm.sync()
    assert firm.outcome("recman") == Outcome.VERIFIED
    for how in ({}, {"to_processor": True}):
        with pytest.raises(SettingsError, match="there is nothing to"):
            write(**how)
    assert firm.actions("drafted-letter") == []


def test_letter_to_somebody_who_asked_waits_for_an_answer_and_tells_that_all_is_gone(
    firm: Firm, write: Write
) -> None:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann")
    firm.sync()
    firm.desk.erase("kari@example.org")
    with pytest.raises(SettingsError, match="no processor has answered yet; `gateway sync` asks them"):
        write()
    firm.sync()
    text = write().text
    assert "- recman: Deleted. On 23 November 2026 we looked, and it is gone." in text
    assert "WHAT STAYS" not in text


def test_letter_after_the_day_of_the_case_asks_why_it_takes_longer(
    firm: Firm, recman: ScriptedVendor, write: Write
) -> None:
    assert "Paper folders: The work is not finished. We have to finish it by 23 December 2026." in one_line(
        write()
    )
    firm.later(days=31)
    assert "Paper folders: The work is not finished. [Why it takes longer" in one_line(write())
    assert "We had to finish this case by" in one_line(write(to_processor=True, processor="bureau"))


def test_letter_of_a_case_settled_by_what_was_kept_before_says_why_it_was_kept(
    firm: Firm, write: Write
) -> None:
    vendor = firm.vendor("recman")
    vendor.add(1, "kari@example.org", "Kari Nordmann", over=OVER)
    vendor.keeps["1"] = PAYROLL
    firm.sync()
    case = firm.desk.erase("kari@example.org")
    firm.sync()
    step = firm.step("recman", case)
    assert (step.outcome, step.kept) == (Outcome.KEPT, ())
    assert "Kept for payroll, under the bookkeeping act." in one_line(write(case))


def test_letter_names_nobody_and_every_name_is_a_gap(
    firm: Firm, recman: ScriptedVendor, write: Write
) -> None:
    for language in LANGUAGES:
        made = write(language=language)
        assert not [word for word in recman.planted if word.lower() in made.text.lower()]
        assert len(made.gaps) >= 6
        assert max(len(line) for line in made.text.splitlines()) <= wording.WIDTH


def test_words_of_a_vendor_are_to_be_translated_where_the_letter_is_not_in_english(
    recman: ScriptedVendor, write: Write
) -> None:
    assert "[Oversett: Kept for payroll, under the bookkeeping act.]" in one_line(write(language="nb"))
    assert "section]). Kept for payroll, under the bookkeeping act. It stays" in one_line(write())


def one_line(letter: Letter) -> str:
    return " ".join(letter.text.split())


def words_of(language: str) -> dict[str, dict[str, str]]:
    return {
        group: words
        for group, words in tomllib.loads((TEXTS / f"words.{language}.toml").read_text()).items()
        if isinstance(words, dict)
    }


def test_languages_have_the_same_words_with_the_same_places_in_them() -> None:
    shapes = [
        {
            (group, name): set(Template(text).get_identifiers())
            for group, words in words_of(language).items()
            for name, text in words.items()
        }
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1]
    for letter in ("person", "processor"):
        found = [
            Template((TEXTS / f"{letter}.{each}.txt").read_text()).get_identifiers() for each in LANGUAGES
        ]
        assert found[0] == found[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trigger_reason_and_outcome_has_words(language: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC).date()
    kept = tuple(Kept(Ref("person", str(each)), each, "because") for each in Reason)
    stands = tuple(
        Stand(number, "recman", "Recman", outcome, closed, deleted, some)
        for number, (outcome, closed, deleted, some) in enumerate(
            (outcome, closed, deleted, some)
            for outcome in (None, *Outcome)
            for closed in (None, now)
            for deleted in (False, True)
            for some in ((), kept)
        )
    )
    for trigger in Trigger:
        for late in (False, True):
            facts = Facts(1, 1, str(trigger), now, late, stands)
            for made in (
                wording.to_person(facts, language),
                wording.to_processor(facts, stands[0], language),
            ):
                assert not re.search(r"\$|None|\bfalse\b", made.text)


def test_what_stays_is_never_told_as_gone() -> None:
    kept = (Kept(Ref("note", "n1"), Reason.REVIEW, "free text"),)
    today = date(2026, 11, 23)
    for outcome in (Outcome.KEPT, Outcome.REFUSED, Outcome.DONE, Outcome.BROKEN):
        for closed in (None, today):
            stand = Stand(1, "crm", "CRM", outcome, closed, deleted=True, kept=kept)
            facts = Facts(1, 1, "request", today, late=False, stands=(stand,))
            text = one_line(wording.to_person(facts, "en"))
            assert "CRM, note n1: Stays because it is free text that may be about you" in text
            assert "and it is gone" not in text
