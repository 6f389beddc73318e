"""A policy.toml that is wrong is refused: each mistake once, with its place, and with what would be right."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from gateway.errors import SettingsError
from gateway.rules.reading import from_text, read_policy
from gateway.settings import Brake, Gateway, Processor, Settings

GOOD = """\
[policy]
title = "Privacy policy"
[subjects.applicant]
title = "Applicants"
[events.process-closed]
title = "the process was closed"
[data_sets.application]
title = "Application"
held_at = ["recman", "outlook"]
[data_sets.report]
title = "Report"
fields = ["name", "verdict"]
held_at = ["recman"]
[purposes.recruitment]
title = "Recruitment"
bases = ["consent"]
data_sets = ["application"]
[purposes.audit]
title = "Audit"
bases = ["contract"]
data_sets = ["report"]
[rules.P1]
purposes = ["recruitment"]
start = "process-closed"
period = "3 years"
[keeps.K1]
data_sets = ["report"]
ground = "claims"
text = "Kept for claims."
period = "3 years"
"""
LAW = {
    "law.toml": """\
version = "1"
[rows.N1]
article = "Act § 1"
mark = "C"
source = "The act"
acts = "duty"
switch = "on"
says.en = "So it is."
says.nb = "Slik er det."
values = { about = "headhunting", duty = "museum" }
"""
}
PURPOSES, DATA_SETS = "[purposes.recruitment]", "[data_sets.application]"
RULE, KEEP, POLICY = "[rules.P1]", "[keeps.K1]", "[policy]"


def settings(**narrow: tuple[str, ...]) -> Settings:
    filled = {
        name: Processor.model_construct(name=name, purposes=narrow.get(name, ()))
        for name in ("recman", "outlook")
    }
    return Settings(Path("gateway.toml"), Gateway.model_construct(), Brake(), {}, MappingProxyType(filled))


def mistakes(text: str, law: dict[str, str] | None = None, **narrow: tuple[str, ...]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        from_text(text, LAW if law is None else law, settings(**narrow))
    return list(caught.value.mistakes)


def test_what_is_changed_here_is_right_before() -> None:
    assert from_text(GOOD, LAW, settings()).title == "Privacy policy"


# What is replaced, by what, and the mistake it makes.
CHANGED = [
    ('title = "Privacy policy"\n', "", "policy.title: is missing; must be text"),
    (
        '[policy]\ntitle = "Privacy policy"\n',
        "",
        "policy: is missing; must be a table with a title",
    ),
    ('bases = ["consent"]\n', "", "purposes.recruitment.bases: is missing; must be a list of one or more of consent"),
    ('bases = ["consent"]', "bases = []", "purposes.recruitment.bases: must be a list of one or more of consent, con"),
    (
        'bases = ["consent"]',
        'bases = ["Consent"]',
        'purposes.recruitment.bases: "Consent" is not one of consent, contract, legal-obligation, vital-interests, pub',
    ),
    ('bases = ["consent"]', 'bases = "consent"', "purposes.recruitment.bases: must be a list of one or more of"),
    (
        'data_sets = ["application"]',
        'data_sets = ["applications"]',
        'purposes.recruitment.data_sets: "applications": unknown data set; did you mean "application"?',
    ),
    (
        'held_at = ["recman", "outlook"]',
        'held_at = ["recmann:person"]',
        'data_sets.application.held_at: "recmann:person": unknown processor; did you mean "recman"?',
    ),
    (
        'held_at = ["recman", "outlook"]',
        'held_at = ["recman:Person"]',
        'data_sets.application.held_at: "recman:Person": must be a list of processors or of processor:kind, such as',
    ),
    (
        'held_at = ["recman", "outlook"]',
        'held_at = ["recman:"]',
        'data_sets.application.held_at: "recman:": must be a list of processors or of processor:kind, such as ["re',
    ),
    ('held_at = ["recman", "outlook"]', "held_at = [1]", "data_sets.application.held_at: must be a list of processors"),
    (
        'held_at = ["recman", "outlook"]',
        'held_at = ["recman:person", "recman"]',
        'data_sets.application.held_at: "recman:person" lies within "recman", which stands here too; take one away',
    ),
    (
        'held_at = ["recman", "outlook"]',
        'held_at = ["recman", "recman"]',
        'data_sets.application.held_at: "recman" stands twice',
    ),
    (
        'purposes = ["recruitment"]',
        'purposes = ["recruiting"]',
        'rules.P1.purposes: "recruiting": unknown purpose; did you mean "recruitment"?',
    ),
    (
        'purposes = ["recruitment"]',
        'purposes = ["recruitment", "audit", "recruitment"]',
        'rules.P1.purposes: "recruitment" stands twice',
    ),
    ('purposes = ["recruitment"]', "purposes = []", "rules.P1.purposes: must be a list of one or more names of"),
    (RULE, RULE + '\naction = "anonymise"', 'rules.P1.action: "anonymise" is not one of erase'),
    (
        'start = "process-closed"',
        'start = "proces-closed"',
        'rules.P1.start: "proces-closed": unknown event; did you mean "process-closed"?',
    ),
    (
        'start = "process-closed"',
        'start = ["updated", "xyz"]',
        'rules.P1.start: "xyz": unknown event; known here: active, consent, created, erasure, erasure-requested, fir',
    ),
    ('start = "process-closed"', "start = 3", "rules.P1.start: must be an event, or a list of events"),
    ('start = "process-closed"', "start = []", "rules.P1.start: must be an event, or a list of events"),
    ('start = "process-closed"\n', "", "rules.P1.start: is missing; must be an event, or a list of events"),
    (
        'start = "process-closed"',
        'start = "erasure"',
        'rules.P1.start: "erasure" is what the rule itself brings about: it would wait for itself; name another event',
    ),
    (
        '"3 years"',
        '"-3 years"',
        'rules.P1.period: "-3 years" is not a period such as "24 months" (days, weeks, months or years)',
    ),
    ('"3 years"', '"0 days"', "rules.P1.period: must be at least 1 day and at most 200 years"),
    ('"3 years"', "3", "rules.P1.period: must be a period such as"),
    (
        'start = "process-closed"\nperiod = "3 years"',
        'start = ["process-closed", "created"]\nperiod = "6 days"',
        'rules.P1.period: "6 days" from the date of a record would delete everybody within a week of being entered; w',
    ),
    (
        'ground = "claims"',
        'ground = "convenience"',
        'keeps.K1.ground: "convenience" is not one of order, freeze, legal-duty, employment, contract, claims',
    ),
    (
        'title = "the process was closed"',
        'titel = "x"',
        'events.process-closed.titel: unknown key; did you mean "title"?',
    ),
]  # fmt: skip

# A line, the table it is put into, and the mistake it makes.
ADDED = [
    ('language = "norsk"', POLICY, 'policy.language: "norsk" is not a language such as "nb" or "en"'),
    ('published = "2019"', POLICY, "policy.published: must be a date such as 2026-01-31, without quotes"),
    ('subjects = ["aplicant"]', DATA_SETS, 'data_sets.application.subjects: "aplicant": unknown subject; did you mean'),
    ('special = ["picures"]', DATA_SETS, 'data_sets.application.special: "picures" is not one of credit, criminal, hea'),
    ('duty = "bookeeping"', DATA_SETS, 'data_sets.application.duty: "bookeeping": unknown duty; did you mean "bookke'),
    ('duty = "x"', DATA_SETS, 'data_sets.application.duty: "x": unknown duty; known here: archive, bookkeeping, claims, co'),
    ('about = "recruitmnt"', PURPOSES, 'purposes.recruitment.about: "recruitmnt": unknown word; did you mean "recruit'),
    ('collected = "person"', PURPOSES, 'purposes.recruitment.collected: "person" is not one of from-person, elsewhere'),
    ('sources = ["web"]', PURPOSES, 'purposes.recruitment.sources: "web": unknown source; none is known here'),
    ('recipients = ["us"]', PURPOSES, 'purposes.recruitment.recipients: "us": unknown recipient; none is known here'),
    ('controllers = ["us"]', PURPOSES, 'purposes.recruitment.controllers: "us": unknown controller; none is known her'),
    ('subjects = ["us"]', PURPOSES, 'purposes.recruitment.subjects: "us": unknown subject; known here: applicant'),
    ('phrase = "x"', PURPOSES, "purposes.recruitment.phrase: must be a table PHRASE"),
    ('phrase = { txt = "x" }', PURPOSES, 'purposes.recruitment.phrase.txt: unknown key; did you mean "text"?'),
    ('phrase = { ref = ["P1"] }', PURPOSES, "purposes.recruitment.phrase.text: is missing; must be text"),
    ('fields = ["nme"]', "[purposes.audit]", 'purposes.audit.fields: "nme": unknown field; did you mean "name"?'),
    ('data_sets = ["report"]', RULE, 'rules.P1.data_sets: "report" is used for none of its purposes; those use "ap'),
    ('data_sets = ["cv"]', RULE, 'rules.P1.data_sets: "cv": unknown data set; known here: application, report'),
    ("data_sets = []", RULE, "rules.P1.data_sets: must be a list of names of [data_sets.NAME]"),
    ("unless = 'consent'", RULE, "rules.P1.unless: unknown key; known here: action, ask_again, data_sets, period, phr"),
    ('warn = ["4 years"]', RULE, 'rules.P1.warn: "4 years" does not fit into the period of "3 years"; write a short'),
    ('warn = ["7 days", "30 days"]', RULE, 'rules.P1.warn: "30 days" has to be shorter than "7 days", which stands'),
    ('warn = ["1 month", "30 days"]', RULE, 'rules.P1.warn: "30 days" has to be shorter than "1 month", which sta'),
    ('warn = ["1 year", "12 months"]', RULE, 'rules.P1.warn: "12 months" has to be shorter than "1 year", which sta'),
    ('warn = ["30 days", "30 days"]', RULE, 'rules.P1.warn: "30 days" stands twice'),
    ('warn = ["-1 day"]', RULE, 'rules.P1.warn: "-1 day" is not a period such as "24 months"'),
    ('ask_again = "30 days"', RULE, "rules.P1.ask_again: needs a warning to be asked with; write one, such as warn = ["),
    (
        'warn = ["30 days"]\nask_again = "31 days"',
        RULE,
        'rules.P1.ask_again: "31 days" to answer does not fit into the "30 days" from the first warning to the end; w',
    ),
    ('start = "erasur"', KEEP, 'keeps.K1.start: "erasur": unknown event; did you mean "erasure"?'),
    ('start = "updated"', KEEP, 'keeps.K1.start: "updated" is read off records and consents, and begins or ends no ke'),
    ('until_event = "consent"', KEEP, 'keeps.K1.until_event: "consent" is read off records and consents, and begins'),
    ('until_event = "xyz"', KEEP, 'keeps.K1.until_event: "xyz": unknown event; known here: active, consent'),
    (
        'until_event = "erasure"',
        KEEP,
        'keeps.K1.until_event: "erasure" waits for what is kept, and would never come; name another event',
    ),
    (
        'start = "process-closed"\nuntil_event = "process-closed"',
        KEEP,
        'keeps.K1.until_event: "process-closed" is its start too: it would end as it begins; name another event',
    ),
]  # fmt: skip


def rule(name: str, *purposes: str) -> str:
    return f"[rules.{name}]\npurposes = {list(purposes or ['audit'])}\nstart = 'updated'\nperiod = '1 year'\n"


CIRCLE = """\
[events.hired]
title = "the person was hired"
[keeps.a]
data_sets = ["report", "application"]
ground = "claims"
text = "x"
start = "hired"
until_event = "process-closed"
[keeps.b]
data_sets = ["application"]
ground = "claims"
text = "x"
start = "process-closed"
until_event = "renewal-asked"
[keeps.c]
data_sets = ["application"]
ground = "claims"
text = "x"
start = "renewal-asked"
until_event = "hired"
"""
# Lines at the end of the file.
BELOW = [
    ("[purposs.x]", 'purposs: unknown key; did you mean "purposes"?'),
    ("[subjects.Recruiting]\ntitle = 'x'", "subjects.Recruiting: a name here starts with a to z and goes on with a to z"),
    (rule("'P 2'"), 'rules."P 2": a name here is of letters, digits, dots, - and _'),
    ("[law]\nN2 = 'on'", "law.N2: unknown row of the law; known here: N1"),
    ("[law]\nN1 = 'no'", "law.N1: must be on, warn or off"),
    ("[law]\nN1 = true", "law.N1: must be on, warn or off"),
    ("[recipients.clients]\ntitle = 'x'\nrole = 'partner'", 'recipients.clients.role: "partner" is not one of process'),
    ("[sources.web]\npublic = true", "sources.web.title: is missing; must be text"),
    ("[events.updated]\ntitle = 'x'", "events.updated: is built in; take this table away, or give the event another na"),
    ("[notice.informed_within]\nvalue = '1 month'", 'notice.informed_within: unknown key; did you mean "inform_within"?'),
    ("[notice.inform_within]\nvalue = 'soon'", 'notice.inform_within.value: "soon" is not a period such as "24 months"'),
    ("[notice.inform_within]", "notice.inform_within.value: is missing; must be a period such as"),
    ("[notice.suppliers]\nvalue = ['recmann']", 'notice.suppliers.value: "recmann": unknown processor; did you mean "recm'),
    ("[notice.rights]\nvalue = ['acces']", 'notice.rights.value: "acces" is not one of access, rectification, erasure, res'),
    ("[notice.closed_list]\nvalue = 'yes'", "notice.closed_list.value: must be true or false"),
    (
        rule("P2", "audit", "recruitment"),
        'rules.P2: keeps "application" for "recruitment", as rules.P1 does already; make them one rule, or give each d',
    ),
    (
        rule("consent"),
        "rules.consent: is what the gateway itself says in place of a rule; give it another id",
    ),
    (
        rule("N1"),
        "rules.N1: is the id of a row of the law; give it another id",
    ),
    (
        rule("K1"),
        "keeps.K1: is the id of a rule too; give it another id, such as K1-kept",
    ),
    (
        CIRCLE,
        'keeps.a: goes round in a circle with "b", "c": each begins as another ends, and "application" stays for good;',
    ),
]  # fmt: skip

WRONG = [
    *CHANGED,
    *((table, f"{table}\n{line}", message) for line, table, message in ADDED),
    *((KEEP, f"{lines}\n{KEEP}", message) for lines, message in BELOW),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_mistake_is_named_with_its_place_and_what_would_be_right(old: str, new: str, message: str) -> None:
    assert old in GOOD
    (found,) = mistakes(GOOD.replace(old, new, 1))
    assert found.startswith(message)
    assert found.endswith(" (policy.toml)")


# What stands next to a mistake, and is none.
RIGHT = [
    (PURPOSES, f'{PURPOSES}\nabout = "headhunting"'),
    (DATA_SETS, f'{DATA_SETS}\nduty = "museum"'),
    (PURPOSES, f'{PURPOSES}\nabout = ""\nproof = ""\nfields = ["anything"]'),
    (RULE, f'{RULE}\nwarn = ["3 years"]'),
    (RULE, f'{RULE}\nwarn = ["30 days", "1 week"]\nask_again = "30 days"'),
    ('start = "process-closed"\nperiod = "3 years"', 'start = "process-closed"\nperiod = "1 day"'),
    ('start = "process-closed"\nperiod = "3 years"', 'start = "updated"\nperiod = "7 days"'),
    (KEEP, f"{CIRCLE.replace('[keeps.c]', '[keeps.c]#').replace('renewal-asked', 'informed', 1)}\n{KEEP}"),
    (KEEP, f'[keeps.K2]\ndata_sets = ["report"]\nground = "order"\ntext = "x"\n{KEEP}'),
    (KEEP, f'{rule("P2", "audit", "recruitment")}data_sets = ["report"]\n{KEEP}'),
]


@pytest.mark.parametrize(("old", "new"), RIGHT)
def test_what_only_looks_like_a_mistake_is_read(old: str, new: str) -> None:
    assert old in GOOD
    assert from_text(GOOD.replace(old, new, 1), LAW, settings()).title == "Privacy policy"


def test_every_mistake_is_named_once_when_there_are_many() -> None:
    text = GOOD.replace('bases = ["consent"]', 'basis = "consent"').replace(
        "process-closed]", "process-cloed]"
    )
    text = text.replace('title = "Report"\n', "").replace('ground = "claims"', 'ground = "claim"')
    text += '[law]\nX = "on"\n[keeps.K2]\ndata_sets = ["reports"]\nground = "order"\ntext = "x"\n[notice.retention]\n'
    found = mistakes(text, recman=("audits",))
    assert [line.partition(": ")[0] for line in found] == [
        "data_sets.report.title",
        "keeps.K1.ground",
        "keeps.K2.data_sets",
        "law.X",
        "notice.retention.value",
        "purposes.recruitment.basis",
        "rules.P1.start",
        "processors.recman.purposes",
    ]


def test_purposes_of_gateway_toml_are_checked_against_those_of_the_policy() -> None:
    assert mistakes(GOOD, recman=("recruitment", "recruting"), outlook=("audit",)) == [
        'processors.recman.purposes: "recruting": unknown purpose; did you mean "recruitment"? (gateway.toml)'
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "policy.toml: is empty; it needs [policy] and [purposes.NAME]"),
        ("[policy\n", "policy.toml: is not TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),
        ("[policy]\n[policy]\n", "policy.toml: is not TOML: a key or a table stands twice (at line 2, column 8)"),
    ],
)  # fmt: skip
def test_text_is_refused_when_it_is_not_toml(content: str, message: str) -> None:
    assert mistakes(content) == [message]


def test_file_is_refused_when_it_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"policy\.toml: does not exist"):
        read_policy(tmp_path / "policy.toml", settings())
