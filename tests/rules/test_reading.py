"""policy.toml as one Policy: defaults, where data sets are used, rows of the law beside the firm's rules, and its version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gateway.rules.policy import Basis, HeldAt, Party, Phrase, Policy, Statement, Switch
from gateway.rules.precedence import Ground
from gateway.rules.reading import from_settings, from_text, law_texts, read_policy
from gateway.settings import Brake, Gateway, Period, Processor, Purpose, Settings

SMALL = """\
[policy]
title = "Privacy policy"

[data_sets.cv]
title = "CV"
held_at = ["recman"]

[purposes.hiring]
title = "Hiring"
bases = ["consent"]
data_sets = ["cv"]
"""

WHOLE = """\
[policy]
title = "Personvernpolicy"
language = "nn"
published = 2019-09-15
[controllers.firm]
title = "Firm AS"
contact = "post@example.org"
named_as = "Daglig leder"
[subjects.applicant]
title = "Jobbsøker"
[sources.linkedin]
title = "LinkedIn"
public = true
[recipients.clients]
title = "Oppdragsgivere"
role = "joint"
fields = ["name"]
arrangement = "Assignment terms, annex 2"
erases = "on-instruction"
disclaimed = true
[events.process-closed]
title = "the process was closed"
[data_sets.application]
title = "Søknad"
subjects = ["applicant"]
fields = ["name", "cv"]
held_at = ["recman", "invenias:person", "invenias:note"]
special = ["psychometric"]
duty = "archive"
phrase = { text = "søknader", language = "nb", ref = ["P42", "P1"] }
[data_sets.report]
title = "Report"
held_at = ["invenias"]
[purposes.hiring]
title = "Hiring"
bases = ["consent", "legitimate-interests"]
proof = "rows of consent"
data_sets = ["application", "report"]
about = "recruitment"
collected = "both"
fields = ["name"]
subjects = ["applicant"]
sources = ["linkedin"]
recipients = ["clients"]
controllers = ["firm"]
phrase = { text = "finne kandidaten" }
[rules.P1]
purposes = ["hiring"]
data_sets = ["application"]
start = ["process-closed", "updated"]
period = "3 years"
year_end = true
warn = ["90 days", "30 days"]
ask_again = "30 days"
phrase = { text = "inntil 3 år", ref = ["P1"] }
[keeps.P3]
data_sets = ["report"]
ground = "claims"
text = "Kept for claims."
start = "process-closed"
period = "2 years"
until_event = "consent-lost"
year_end = true
readers = ["Daglig leder"]
[events.consent-lost]
title = "it was lost"
[notice.inform_within]
value = "3 months"
phrase = { text = "innen 3 måneder", language = "nb", ref = ["P6"] }
[notice.rights]
value = ["access", "erasure"]
[notice.closed_list]
value = true
[notice.suppliers]
value = ["recman"]
"""

ROW = """\
version = "2026-11-29"
[rows.{id}]
article = "Act § 1"
mark = "C"
source = "The act"
acts = "{acts}"
switch = "{switch}"
says.en = "So it is."
says.nb = "Slik er det."
values = {values}
"""
HIRING = '{ about = "recruitment", start = ["hired", "updated"], period = "1 year", unless = "consent", year_end = true }'
PAPERS = (
    '{ duty = "archive", start = "invoiced", period = "5 years", year_end = true, readers = ["accounting"] }'
)


def row(name: str, acts: str, values: str, switch: str = "on") -> dict[str, str]:
    return {f"{name}.toml": ROW.format(id=name, acts=acts, values=values, switch=switch)}


def settings(*names: str, purposes: dict[str, Purpose] | None = None, **narrow: tuple[str, ...]) -> Settings:
    filled = {
        name: Processor.model_construct(name=name, purposes=narrow.get(name, tuple(purposes or ())))
        for name in names
    }
    return Settings(
        Path("gateway.toml"), Gateway.model_construct(), Brake(), purposes or {}, MappingProxyType(filled)
    )


PLACES = settings("recman", "invenias")
Read = Callable[..., Policy]


@pytest.fixture
def read() -> Read:
    """The policy in a text, with no law but what is given."""

    def read_text(text: str = SMALL, law: dict[str, str] | None = None, at: Settings = PLACES) -> Policy:
        return from_text(text, law or {}, at)

    return read_text


def purpose(name: str, retention: Period | None = None, **more: Any) -> Purpose:
    return Purpose.model_construct(
        **{"name": name, "title": name, "retention": retention, "start": "updated"} | more
    )


def test_policy_is_filled_in_when_only_the_needed_is_given(read: Read) -> None:
    policy = read()
    cv, hiring = policy.data_sets["cv"], policy.purposes["hiring"]
    assert (policy.title, policy.language, policy.published) == ("Privacy policy", "nb", None)
    assert (cv.name, cv.title, cv.held_at, cv.duty, cv.phrase) == ("cv", "CV", (HeldAt("recman"),), "", None)
    assert (cv.subjects, cv.fields, cv.special) == ((), (), ())
    assert (hiring.bases, hiring.proof, hiring.about, hiring.collected) == (
        (Basis.CONSENT,),
        "",
        "",
        "from-person",
    )
    assert (policy.rules, policy.keeps, policy.events, policy.law, policy.notice) == ((), (), {}, {}, {})


def test_data_sets_and_purposes_hold_what_is_given(read: Read) -> None:
    policy = read(WHOLE)
    application, hiring = policy.data_sets["application"], policy.purposes["hiring"]
    assert (policy.language, policy.published) == ("nn", date(2019, 9, 15))
    assert application.held_at == (
        HeldAt("recman"),
        HeldAt("invenias", "person"),
        HeldAt("invenias", "note"),
    )
    assert (application.subjects, application.fields) == (("applicant",), ("name", "cv"))
    assert (application.special, application.duty) == (("psychometric",), "archive")
    assert application.phrase == Phrase("søknader", "nb", ("P42", "P1"))
    assert hiring.bases == (Basis.CONSENT, Basis.LEGITIMATE_INTERESTS)
    assert (hiring.proof, hiring.about, hiring.collected) == ("rows of consent", "recruitment", "both")
    assert (hiring.fields, hiring.subjects, hiring.sources) == (("name",), ("applicant",), ("linkedin",))
    assert (hiring.recipients, hiring.controllers) == (("clients",), ("firm",))
    assert hiring.phrase == Phrase("finne kandidaten", "nn")


def test_rules_and_keeps_hold_what_is_given(read: Read) -> None:
    policy = read(WHOLE)
    (rule,), (keep,) = policy.rules, policy.keeps
    assert (rule.id, rule.purposes, rule.data_sets) == ("P1", ("hiring",), ("application",))
    assert (rule.start, rule.period, rule.year_end) == (
        ("process-closed", "updated"),
        Period(3, "years"),
        True,
    )
    assert (rule.warn, rule.ask_again) == ((Period(90, "days"), Period(30, "days")), Period(30, "days"))
    assert (rule.phrase, rule.unless, rule.row) == (Phrase("inntil 3 år", "nn", ("P1",)), "", None)
    assert (keep.id, keep.data_sets, keep.ground, keep.text) == (
        "P3",
        ("report",),
        Ground.CLAIMS,
        "Kept for claims.",
    )
    assert (keep.start, keep.period, keep.until_event) == (
        "process-closed",
        Period(2, "years"),
        "consent-lost",
    )
    assert (keep.year_end, keep.readers, keep.row) == (True, ("Daglig leder",), None)


def test_register_and_notice_hold_what_is_given(read: Read) -> None:
    policy = read(WHOLE)
    assert policy.controllers["firm"] == Party(
        "firm", "Firm AS", {"contact": "post@example.org", "named_as": "Daglig leder"}
    )
    assert policy.subjects["applicant"] == Party("applicant", "Jobbsøker")
    assert policy.sources["linkedin"] == Party("linkedin", "LinkedIn", {"public": True})
    assert policy.recipients["clients"].details == {
        "role": "joint", "fields": ("name",), "arrangement": "Assignment terms, annex 2", "erases": "on-instruction",
        "disclaimed": True,
    }  # fmt: skip
    assert policy.notice == {
        "inform_within": Statement(
            "inform_within", Period(3, "months"), Phrase("innen 3 måneder", "nb", ("P6",))
        ),
        "rights": Statement("rights", ("access", "erasure")),
        "closed_list": Statement("closed_list", value=True),
        "suppliers": Statement("suppliers", ("recman",)),
    }
    assert policy.events == {"process-closed": "the process was closed", "consent-lost": "it was lost"}


def test_rule_covers_all_data_sets_of_its_purposes_when_it_names_none(read: Read) -> None:
    rule = '[rules.P1]\npurposes = ["hiring"]\nstart = "updated"\nperiod = "1 year"\n'
    (found,) = read(WHOLE.partition("[rules.P1]")[0] + rule).rules
    assert (found.data_sets, found.start) == (("application", "report"), ("updated",))
    assert (found.warn, found.ask_again, found.year_end) == ((), None, False)


def test_keep_counts_from_erasure_when_nothing_is_said(read: Read) -> None:
    (keep,) = read(SMALL + '[keeps.K]\ndata_sets = ["cv"]\nground = "order"\ntext = "Ordered."\n').keeps
    assert (keep.start, keep.period, keep.until_event, keep.readers) == ("erasure", None, "", ())


def test_data_set_serves_its_purposes_wherever_it_is_held(read: Read) -> None:
    more = '[purposes.audit]\ntitle = "Audit"\nbases = ["contract"]\ndata_sets = ["report"]\n'
    assert read(WHOLE + more).uses == {
        ("application", "recman"): ("hiring",),
        ("application", "invenias"): ("hiring",),
        ("report", "invenias"): ("hiring", "audit"),
    }


def test_data_set_serves_only_the_purposes_that_its_processor_is_kept_for(read: Read) -> None:
    more = '[purposes.audit]\ntitle = "Audit"\nbases = ["contract"]\ndata_sets = ["cv"]\n'
    assert read(SMALL + more, at=settings("recman", recman=("audit",))).uses == {("cv", "recman"): ("audit",)}
    assert read(SMALL, at=settings("recman")).uses == {("cv", "recman"): ("hiring",)}


def test_processor_is_used_for_all_when_gateway_toml_named_all_purposes_of_its_own(read: Read) -> None:
    before = settings("recman", purposes={"old": purpose("old"), "older": purpose("older")})
    assert read(SMALL, at=before).uses == {("cv", "recman"): ("hiring",)}


def test_data_set_that_nothing_uses_is_no_mistake(read: Read) -> None:
    policy = read(SMALL + '[data_sets.spare]\ntitle = "Spare"\nheld_at = ["recman"]\n')
    assert policy.uses["spare", "recman"] == ()
    assert read(SMALL.replace('held_at = ["recman"]\n', "")).uses == {}


def test_row_of_the_law_acts_as_a_rule_for_what_it_is_about(read: Read) -> None:
    policy = read(WHOLE, row("N1", "retention", HIRING))
    assert [each.id for each in policy.rules] == ["P1", "N1"]
    rule = policy.rules[1]
    assert (rule.purposes, rule.data_sets) == (("hiring",), ("application", "report"))
    assert (rule.start, rule.period, rule.unless) == (("hired", "updated"), Period(1, "years"), "consent")
    assert (rule.row, rule.warn, rule.ask_again, rule.year_end) == (policy.law["N1"], (), None, True)
    assert read(WHOLE.replace('about = "recruitment"', ""), row("N1", "retention", HIRING)).rules[1:] == ()


def test_row_of_the_law_keeps_what_is_under_its_duty(read: Read) -> None:
    policy = read(WHOLE, row("N6", "keep", PAPERS))
    keep = policy.keeps[1]
    assert (keep.id, keep.data_sets, keep.ground) == ("N6", ("application",), Ground.LEGAL_DUTY)
    assert (keep.start, keep.period, keep.year_end) == ("invoiced", Period(5, "years"), True)
    assert (keep.readers, keep.text, keep.row) == (("accounting",), "So it is.", policy.law["N6"])
    assert read(WHOLE.replace('"nn"', '"nb"'), row("N6", "keep", PAPERS)).keeps[1].text == "Slik er det."
    assert read(WHOLE.replace('duty = "archive"', ""), row("N6", "keep", PAPERS)).keeps[1:] == ()


@pytest.mark.parametrize(("own", "said", "acts"), [
    ("on", None, True), ("on", "warn", False), ("on", "off", False), ("warn", None, False), ("warn", "on", True),
    ("off", None, False), ("off", "on", True),
])  # fmt: skip
def test_row_of_the_law_acts_only_when_it_is_switched_on(
    read: Read, own: str, said: str | None, acts: bool
) -> None:
    text = WHOLE if said is None else WHOLE + f'[law]\nN1 = "{said}"\nN6 = "{said}"\n'
    policy = read(text, row("N1", "retention", HIRING, own) | row("N6", "keep", PAPERS, own))
    assert policy.law["N1"].switch == Switch(said or own)
    assert ([each.id for each in policy.rules] == ["P1", "N1"]) is acts
    assert ([each.id for each in policy.keeps] == ["P3", "N6"]) is acts
    assert ({"hired", "invoiced"} <= policy.events.keys()) is acts


def test_events_of_the_law_are_called_after_their_row_unless_the_policy_calls_them(read: Read) -> None:
    law = row("N1", "retention", HIRING) | row("N6", "keep", PAPERS)
    events = read(WHOLE + '[events.invoiced]\ntitle = "the invoice was sent"\n', law).events
    assert (events["hired"], events["invoiced"]) == ("hired (Act § 1)", "the invoice was sent")
    assert "updated" not in events


def test_version_changes_with_the_policy_and_with_the_law(read: Read) -> None:
    law = row("N1", "retention", HIRING)
    versions = [
        read(SMALL).version,
        read(SMALL + "# a remark\n").version,
        read(SMALL, law).version,
        read(SMALL, {name: text.replace("So it is", "So it was") for name, text in law.items()}).version,
    ]
    assert len({*versions}) == 4
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in versions)
    assert read(SMALL, law).version == versions[2]
    other = row("N6", "keep", PAPERS)
    assert read(SMALL, law | other).version == read(SMALL, other | law).version


def test_policy_is_read_from_its_file_with_the_law_that_is_shipped(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("\ufeff" + SMALL, encoding="utf-8")
    policy = read_policy(path, PLACES)
    assert policy == from_text(SMALL, law_texts(), PLACES)
    assert policy.law.keys() > {"G11", "G16", "N1", "N6"}


def test_policy_is_made_of_the_settings_when_there_is_no_file() -> None:
    purposes = {"hiring": purpose("hiring", Period(24, "months"), title="Hire"), "credit": purpose("credit")}
    firm = settings("recman", "paper", purposes=purposes, paper=("credit",))
    policy = from_settings(firm)
    assert policy.uses == {("records", "recman"): ("hiring", "credit"), ("records", "paper"): ("credit",)}
    assert policy.data_sets["records"].held_at == (HeldAt("recman"), HeldAt("paper"))
    hiring = policy.purposes["hiring"]
    assert (hiring.title, hiring.bases, hiring.data_sets, hiring.about) == (
        "Hire",
        (Basis.CONSENT,),
        ("records",),
        "",
    )
    (rule,) = policy.rules
    assert (rule.id, rule.purposes, rule.data_sets) == ("hiring", ("hiring",), ("records",))
    assert (rule.start, rule.period, rule.warn) == (("updated",), Period(24, "months"), ())
    assert (policy.keeps, policy.law["G11"].acts) == ((), "clock")


def test_version_of_the_settings_changes_with_what_the_rules_read() -> None:
    def version(retention: int = 24, title: str = "Hire", **narrow: tuple[str, ...]) -> str:
        purposes = {
            "hiring": purpose("hiring", Period(retention, "months"), title=title),
            "b": purpose("b"),
        }
        return from_settings(settings("recman", purposes=purposes, **narrow)).version

    assert version() == version()
    assert len({version(), version(25), version(title="Hired"), version(recman=("b",))}) == 4
