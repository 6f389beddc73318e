"""Files of the law: what is shipped is found and right, and every mistake in a file is named with its place."""

from __future__ import annotations

import pytest

from gateway.errors import SettingsError
from gateway.rules.laws import law_texts, read_laws
from gateway.rules.policy import LawRow, Mark, Switch

GOOD = """\
version = "2026-11-29"
[rows.N1]
article = "Act § 1"
mark = "C"
source = "The act"
acts = "clock"
switch = "on"
says.en = "So it is."
says.nb = "Slik er det."
values = { clock = "answer", period = "1 month", working_days = 2 }
"""
VALUES = '{ clock = "answer", period = "1 month", working_days = 2 }'
HIRING = '{ about = "recruitment", start = ["hired", "updated"], period = "1 year", unless = "consent" }'
PAPERS = '{ duty = "bookkeeping", start = "invoiced", period = "5 years", readers = ["accounting"] }'


def mistakes(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_laws({"law.toml": text})
    return list(caught.value.mistakes)


def acting(acts: str, values: str) -> str:
    return GOOD.replace('"clock"', f'"{acts}"').replace(VALUES, values)


def test_row_holds_what_the_file_says() -> None:
    assert read_laws({"law.toml": GOOD}) == {
        "N1": LawRow(
            "N1", "Act § 1", Mark.STATED, "The act", {"en": "So it is.", "nb": "Slik er det."}, "clock", Switch.ON,
            {"clock": "answer", "period": "1 month", "working_days": 2},
        )
    }  # fmt: skip


def test_what_is_shipped_is_found_and_right() -> None:
    texts = law_texts()
    assert texts.keys() >= {"gdpr.toml", "norway.toml"}
    assert {"G11", "G16", "N1", "N6"} <= read_laws(texts).keys()


@pytest.mark.parametrize(
    ("acts", "values"), [("retention", HIRING), ("keep", PAPERS), ("duty", "{ anything = [1, 2] }")]
)
def test_row_may_act_as_a_period_a_kept_set_or_a_duty(acts: str, values: str) -> None:
    assert read_laws({"law.toml": acting(acts, values)})["N1"].acts == acts


@pytest.mark.parametrize(("acts", "values", "old", "new", "message"), [
    ("clock", VALUES, 'mark = "C"', 'mark = "X"', 'rows.N1.mark: "X" is not one of C, G, R, M'),
    ("clock", VALUES, 'mark = "C"', 'mark = "R"', "rows.N1.switch: a row marked R awaits a lawyer: it has to begin as"),
    ("clock", VALUES, 'mark = "C"', 'mark = "M"', "rows.N1.switch: a row marked M awaits a lawyer: it has to begin as"),
    ("clock", VALUES, 'switch = "on"', 'switch = "onn"', 'rows.N1.switch: "onn" is not one of on, warn, off; did you'),
    ("clock", VALUES, 'says.nb = "Slik er det."\n', "", "rows.N1.says.nb: is missing; must be a sentence"),
    ("clock", VALUES, "article", "artcle", 'rows.N1.artcle: unknown key; did you mean "article"?'),
    ("clock", VALUES, 'version = "2026-11-29"\n', "", "version: is missing; must be text"),
    ("clocks", VALUES, "", "", 'rows.N1.acts: "clocks" is not one of clock, retention, keep, duty; did you mean "clock"'),
    ("clock", '{ period = "1 month" }', "", "", "rows.N1.values.clock: is missing; must be what the clock is for"),
    ("clock", '{ clock = "x", period = "1 mnth" }', "", "", 'rows.N1.values.period: "1 mnth" is not a period such as'),
    ("clock", '{ clock = "x", hours = 0 }', "", "", "rows.N1.values.hours: must be a whole number, 1 or more"),
    ("clock", '{ clock = "x", peroid = "1 month" }', "", "", 'rows.N1.values.peroid: unknown key; did you mean "period"'),
    ("clock", '{ clock = "inform" }', "", "", "rows.N1.values.period: is missing; must be a period such as"),
    ("retention", HIRING, "about = ", "abut = ", 'rows.N1.values.abut: unknown key; did you mean "about"?'),
    ("retention", HIRING, '"1 year"', '"0 days"', "rows.N1.values.period: must be at least 1 day and at most 200 years"),
    ("retention", HIRING, '"consent"', '"contract"', 'rows.N1.values.unless: "contract" is not one of consent'),
    ("retention", HIRING, '"hired"', '"erasure"', 'rows.N1.values.start: "erasure" is what the rule itself brings about'),
    ("keep", PAPERS, "duty = ", "dty = ", 'rows.N1.values.dty: unknown key; did you mean "duty"?'),
    ("keep", PAPERS, '"invoiced"', '"updated"', 'rows.N1.values.start: "updated" is read off records and consents, and'),
    ("keep", PAPERS, "readers", 'until_event = "invoiced", readers', 'rows.N1.values.until_event: "invoiced" is its st'),
    ("keep", PAPERS, "readers", 'ground = "erasure", readers', 'rows.N1.values.ground: "erasure" is not one of order, f'),
])  # fmt: skip
def test_mistake_in_a_row_is_named_with_its_place(
    acts: str, values: str, old: str, new: str, message: str
) -> None:
    text = acting(acts, values)
    assert old in text
    (found,) = mistakes(text.replace(old, new, 1))
    assert found.startswith(message)
    assert found.endswith(" (law.toml)")


def test_row_marked_as_a_reading_may_warn_or_be_off() -> None:
    for switch in ("warn", "off"):
        text = GOOD.replace('mark = "C"', 'mark = "R"').replace('"on"', f'"{switch}"')
        assert read_laws({"law.toml": text})["N1"].switch == switch


def test_mistakes_of_all_files_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_laws({"a.toml": GOOD, "b.toml": GOOD, "c.toml": 'version = "1"\nrows = {}\n'})
    assert list(caught.value.mistakes) == [
        "rows.N1: stands in another file of the law too (b.toml)",
        "rows: must be tables [rows.ID] (c.toml)",
    ]
