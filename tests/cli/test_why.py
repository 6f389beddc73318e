"""`gateway why`: each date of a case, a step and a person in one sentence, and what makes no sense refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partialmethod
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import SettingsError
from gateway.ledger import work
from gateway.model import Kept, Reason, Ref
from gateway.obligations import EventFact, HoldFact, PersonFacts, Stay
from gateway.register import Register
from gateway.rules import Rules
from gateway.rules.days import to_micros
from gateway.rules.explaining import Explainer, Words
from gateway.rules.laws import law_texts, read_laws
from gateway.rules.policy import Keep, Policy
from gateway.rules.precedence import Ground
from gateway.settings import Period
from gateway.testing import Fault
from gateway.why import CaseDates, begun, explain_case

from .test_documents import hold

OSLO = ZoneInfo("Europe/Oslo")
POLICY = """
[policy]
title = "Personvernpolicy"
[sources.linkedin]
title = "LinkedIn"
[data_sets.application]
title = "Søknad og CV"
held_at = ["example"]
[data_sets.reports]
title = "Prosessrapporter"
held_at = ["example"]
[purposes.recruitment]
title = "Rekruttering"
bases = ["consent"]
data_sets = ["application", "reports"]
[purposes.search]
title = "Søk"
bases = ["legitimate-interests"]
data_sets = ["application"]
collected = "elsewhere"
sources = ["linkedin"]
[rules.P1]
purposes = ["recruitment"]
start = "created"
period = "3 years"
phrase = { text = "inntil 3 år" }
[keeps.P3]
data_sets = ["reports"]
ground = "claims"
text = "Kept for claims."
period = "3 years"
readers = ["Daglig leder"]
"""
PAPER = '[processors.paper]\nrole = "joint"\nlocation = "archive"\ntitle = "Arkivet"\n'


def words(text):
    """What is printed, on one line."""
    return " ".join(text.split())


@pytest.fixture
def ruled(firm):
    """A firm with a policy.toml in the place of the purposes in gateway.toml."""
    head = firm.folder / "head.toml"
    text = head.read_text(encoding="utf-8")
    head.write_text(re.sub(r"(?m)^\[purposes\.[^\n]*\n(?:[^\[\n][^\n]*\n|\n)*", "", text), encoding="utf-8")
    (firm.folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    firm.write(tail=PAPER)
    return firm


def test_why_a_case_has_its_date_and_each_step_its_reason(firm, kari):
    firm("sync")
    shown = words(firm("why", "1").stdout)
    assert shown.startswith("Sak 1, person S1 - Sak 1 skal være ferdig senest ")
    assert "fordi G11 (personvernforordningen artikkel 12(3)) gir 1 måned, og 1 måned fra " in shown
    assert (
        "example - Formålet «Recruitment» er over for datasettet «Records» hos example fra og med 2. januar 2020"
        in shown
    )
    assert words(firm("why", "1/example").stdout).startswith(
        "Sak 1 hos example, person S1 example - Formålet «Rec"
    )


def test_why_in_english(firm, kari):
    firm("sync")
    shown = words(firm("why", "1", "--lang", "en").stdout)
    assert shown.startswith("Case 1, person S1 - Case 1 is to be done by ")
    assert "because the consent holds until then (GDPR Art. 17(1)(b)); nobody" in shown


def test_why_a_person_has_their_dates(ruled, kari):
    ruled("sync", code=3)
    shown = words(ruled("why", "kari@example.org").stdout)
    assert shown.startswith("Person S1 - Sak 1 skal være ferdig senest ")
    assert (
        "example - Datasettet «Søknad og CV» hos example har ingen dato for sletting, fordi ingen slutt er"
        in shown
    )
    assert "Datasettet «Prosessrapporter» hos example skal slettes fra og med 3. januar 2023, for" in shown
    assert (
        "holder på det av hensyn til rettskrav i 3 år, og 3 år fra 2. januar 2020, da det ellers skulle ha vært"
        in shown
    )
    assert (
        "få vite at opplysninger om vedkommende brukes til «Søk», fordi G16 (personvernforordningen" in shown
    )


def test_why_a_step_says_what_stays_there(ruled, kari, ola):
    ruled("sync", code=3)
    ruled("hold", "S2", "--reason", "a claim", "--until", "2099-12-31")
    ruled("erase", "S2")
    shown, until = (
        words(ruled("why", "2").stdout),
        "blir stående til og med 31. desember 2099, fordi sperre 1 fra ",
    )
    assert f"Datasettet «Søknad og CV» hos example {until}" in shown
    assert f"Datasettet «Prosessrapporter» hos example {until}" in shown
    assert f"Alt som finnes om personen hos Arkivet {until}" in shown
    assert "svaret derfra" not in shown
    assert "spørres om personen" not in shown


def test_why_of_a_step_under_way_says_what_holds_the_rest_back(ruled, kari):
    ruled("sync", code=3)
    ruled("hold", "S1", "--reason", "a claim", "--order", "--data-set", "application")
    shown = words(ruled("why", "1/example").stdout)
    assert (
        "Datasettet «Søknad og CV» hos example blir stående uten en sluttdato som er kjent, fordi sperre 1 fra"
        in shown
    )


def test_why_of_a_step_a_freeze_has_closed(ruled, kari):
    ruled("sync", code=3)
    ruled("freeze", "S1", "--reason", "disputed")
    shown = words(ruled("why", "1/example").stdout)
    assert (
        "Datasettet «Prosessrapporter» hos example blir stående uten en sluttdato som er kjent, fordi begrensning 1"
        in shown
    )
    assert "Datasettet «Søknad og CV»" not in shown


def test_why_of_a_request_counts_from_the_day_it_was_received(firm, ola):
    firm("sync")
    day = datetime.now(OSLO).date() - timedelta(days=3)
    firm("erase", "S1", "--received", day.isoformat())
    assert f"from {day.day} {day:%B %Y}, when the request came in, is" in words(
        firm("why", "1", "--lang", "en").stdout
    )


def test_why_a_processor_is_asked_where_no_rule_knows_of_anything_there(ruled, kari):
    ruled("sync", code=3)
    ruled("erase", "S1", code=3)
    shown = words(ruled("why", "1/paper").stdout)
    assert shown.startswith(
        "Sak 1 hos Arkivet, person S1 Arkivet - Arkivet spørres om personen, fordi personen ba om å"
    )
    assert "hvis personen får vite hvorfor senest" in words(ruled("why", "1").stdout)


def test_why_a_step_waits_for_the_grace_of_its_vendor(firm, ola):
    firm.write(more='verify_after = "7 days"')
    firm("sync")
    firm("erase", "S1", code=3)
    shown = words(firm("why", "1/example").stdout)
    assert "ses det etter om opplysningene er borte hos example, fordi leverandøren svarte" in shown


def test_why_a_step_is_tried_again(firm, ola):
    firm("sync")
    firm.vendor.wire.faults.append(Fault("503", times=4, method="DELETE"))
    firm("erase", "S1", code=3)
    assert "prøves det igjen hos example, fordi forrige forsøk ikke kom frem; " in words(
        firm("why", "1").stdout
    )


def test_why_says_what_an_answer_kept(firm, ola, monkeypatch):
    left = (
        Kept(Ref("candidate", "7"), Reason.EMPLOYMENT, "they work here.", date(2099, 1, 31), ("HR",)),
        Kept(Ref("data-set", "records"), Reason.CLAIMS, "Records: a claim", None),
    )
    firm("sync")
    firm("erase", "S1")
    steps_of = work.steps_of
    monkeypatch.setattr(
        work, "steps_of", lambda tx, case: [replace(each, kept=left) for each in steps_of(tx, case)]
    )
    shown = words(firm("why", "1").stdout)
    assert (
        "Posten candidate 7 hos example blir stående til og med 31. januar 2099, fordi svaret derfra var «they work here»"
        in shown
    )
    assert (
        "Datasettet «Records» hos example blir stående uten en sluttdato som er kjent, fordi svaret derfra"
        in shown
    )


def test_why_a_duty_without_any_date_has_the_day_it_was_first_noticed(ruled, ola, vendor):
    vendor.people[1]["created"] = None
    ruled("sync", code=3)
    ledger = ruled.ledger()
    with ledger.write() as tx:
        tx.exec_driver_sql("INSERT INTO subjects (id) VALUES (99)")
        row = "INSERT INTO obligations (subject_id, action, purpose, rule, event, due_at, noted_at) VALUES (%s, 0)"
        tx.exec_driver_sql("UPDATE obligations SET due_at = due_at - 108000000000")
        tx.exec_driver_sql(row % "99, 'inform', 'search', 'G16', 'created', 1")
        tx.exec_driver_sql(row % "1, 'inform', 'other', 'G16', 'created', 1")
    ledger.close()
    told, today = ruled.json("why", "S1")["reasons"][-1], datetime.now(OSLO).date()
    assert told["due"] == (Period(1, "months").after(today) - timedelta(days=1)).isoformat()
    assert (
        "gir 1 måned, som regnes fra da det først ble lagt merke til, siden ingen post har en dato; "
        in told["text"]
    )


def test_why_of_somebody_of_whom_nothing_is_held(firm, ola, monkeypatch):
    firm("sync")
    for name in ("standings", "obligations"):
        monkeypatch.setattr(Rules, name, lambda *_: [])
    assert "Person S1 - Om personen finnes det ingenting som reglene gjelder for, " in words(
        firm("why", "S1").stdout
    )
    assert firm.json("why", "S1")["reasons"][0]["about"] == "nothing"


def test_why_has_the_document_it_is_described_with(ruled, kari):
    ruled("sync", code=3)
    case, person = ruled.json("why", "1"), ruled.json("why", "S1")
    hold("why", case, person)
    assert (case["case"], person["case"], person["person"], case["language"]) == (1, 1, "S1", "nb")
    assert re.fullmatch("[0-9a-f]{16}", case["policy"])
    rows = {each["about"]: each for each in person["reasons"]}
    told = [each["about"] for each in person["reasons"]]
    assert told == ["case", "data-set", "erase", "data-set", "erase", "stay", "inform"]
    assert (rows["erase"]["due"], rows["erase"]["rolled"]) == ("2020-01-02", None)
    assert rows["stay"] | {"text": ""} == {
        "about": "stay", "processor": "example", "data_set": "reports", "purpose": None, "rule": "P3", "due": "2023-01-02",
        "rolled": None, "text": "",
    }  # fmt: skip
    assert rows["inform"]["rolled"] >= rows["inform"]["due"]


def test_why_of_what_there_is_none_of_is_a_mistake_of_the_command(firm, ola):
    firm("sync")
    assert (
        "case 9: there is none of that number; `gateway cases --all` lists them"
        in firm("why", "9", code=2).stderr
    )
    firm("erase", "S1")
    assert "case 1: has no step at paper; it has one at example" in firm("why", "1/paper", code=2).stderr
    assert "nobody in the ledger" in firm("why", "x@example.org", code=2).stderr
    assert "nobody in the ledger" in firm("why", "S99", code=2).stderr
    assert "this is no phone number of NO" in firm("why", "9" * 20, code=2).stderr


def test_why_by_the_policy_of_its_day(ruled, ola, monkeypatch):
    ruled.vendor.people[1]["created"] = "2020-01-01T12:00:00Z"
    ruled("sync", code=4)
    path = ruled.folder / "policy.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("3 years", "2 years"), encoding="utf-8")
    ruled("sync", code=4)
    assert "gir 3 år, og 3 år fra 1. januar 2020, da det ble opprettet en post" in words(
        ruled("why", "1/example").stdout
    )
    assert "gir 2 år, og 2 år fra 1. januar 2020, da det ble opprettet en post" in words(
        ruled("why", "S1").stdout
    )
    monkeypatch.setattr(Register, "policy_of", partialmethod(refuse, Register.policy_of))
    assert "før reglene ble endret: nå ville den blitt 1. januar 2022; ingen" in words(
        ruled("why", "1/example").stdout
    )


def refuse(self, read, body):
    if "3 years" in json.loads(body)["policy"]:
        raise SettingsError("policy.toml: names a processor that is gone")
    return read(self, body)


LAW = read_laws(law_texts())
CASE = CaseDates(12, "request", "G11", date(2027, 1, 31), date(2027, 2, 28))


def explained(case, language="nb", law=LAW):
    policy = Policy("Personvernpolicy", "1", {}, {}, {}, law=law)
    return explain_case(Explainer(policy, OSLO, Words(language)), case)


def test_a_request_says_who_may_extend_it_until_when():
    assert explained(CASE) == (
        "Sak 12 skal være ferdig senest 28. februar 2027, fordi G11 (personvernforordningen artikkel 12(3)) gir 1 måned, og "
        "1 måned fra 31. januar 2027, da kravet kom inn, er 28. februar 2027, den siste dagen i måneden; 28. februar 2027 "
        "er ingen virkedag, og neste virkedag er 1. mars 2027, men det varsles etter den første av de to; virksomheten kan "
        "forlenge fristen med 2 måneder til 30. april 2027, hvis personen får vite hvorfor senest 28. februar 2027."
    )
    assert explained(CASE, "en").endswith(
        "; the firm can extend it by 2 months to 30 April 2027, where the person is told why by 28 February 2027."
    )


@pytest.mark.parametrize(("change", "told"), [
    ({"trigger": "vanished"},
     "da det var klart at personen var slettet i kilden, er 28. februar 2027, den siste dagen i måneden; 28. februar"),
    ({"trigger": "returned"}, "; ingen kan forlenge fristen, for det er ikke et krav fra personen."),
    ({"due": date(2027, 3, 2)}, "da kravet kom inn, og datoen ble satt før reglene ble endret: nå ville den blitt 28. feb"),
    ({"rule": None, "due": date(2027, 3, 2)}, ("skal være ferdig senest 2. mars 2027, en frist som ble satt 31. januar "
     "2027, da kravet kom inn, uten at noen regel ble skrevet ned; ingen kan forlenge fristen.")),
    ({"rule": "G12"}, "fordi G12 (personvernforordningen artikkel 12(4)) gir 1 måned, og"),
    ({"rule": "G12"}, "; ingen kan forlenge fristen."),
    ({"due": date(2027, 4, 30), "by": "kari", "why": "mange krav.", "told": date(2027, 2, 20)},
     ("senest 30. april 2027, fordi G11 (personvernforordningen artikkel 12(3)) gir 1 måned og kari forlenget fristen med 2 "
     "måneder («mange krav»), og 1 måned og 2 måneder fra 31. januar 2027, da kravet kom inn, er 30. april 2027; personen "
     "fikk vite det 20. februar 2027, og fristen kan ikke forlenges igjen.")),
    ({"due": date(2027, 4, 3), "by": "kari", "why": "mange krav.", "told": date(2027, 2, 20)},
     ("senest 3. april 2027, fordi kari forlenget fristen («mange krav») etter G11 (personvernforordningen artikkel 12(3)), "
     "regnet fra 31. januar 2027, da kravet kom inn; 3. april 2027 er ingen virkedag, og neste virkedag er 5. april 2027,")),
])  # fmt: skip
def test_a_case_says_what_its_date_is_counted_from(change, told):
    assert told in explained(replace(CASE, **change))
    assert explained(replace(CASE, **change), "en").endswith(".")


def at(text):
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=OSLO))


KEEPS = (
    Keep("A", ("cv",), Ground.CLAIMS, "", period=Period(3, "years")),
    Keep("B", ("cv",), Ground.CLAIMS, "", "hired", Period(3, "years")),
    Keep("C", ("cv",), Ground.EMPLOYMENT, "", "hired", until_event="employment-ended"),
)
FACTS = PersonFacts(
    1, events=(EventFact("hired", None, at("2026-01-01")), EventFact("hired", None, at("2025-01-01"))),
    holds=(HoldFact(3, "claims", None, at("2026-05-01"), None),),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "when"), [
    ("A", "2027-01-01"), ("B", "2026-01-01"), ("C", None), ("hold 3", "2026-05-01"), ("hold 4", None), ("gone", None),
])  # fmt: skip
def test_the_time_of_a_stay_begins_when_it_was_due_it_happened_or_the_hold_was_made(rule, when):
    policy = Policy("Policy", "1", {}, {}, {}, keeps=KEEPS)
    stay = Stay("cv", "recman", "claims", rule, None)
    assert begun(policy, stay, at("2027-01-01"), FACTS) == (when and at(when))
