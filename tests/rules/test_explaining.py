"""Why a date is what it is: one complete sentence for everything the rules can owe or keep, in both languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import obligations as facts
from gateway.obligations import Action, Obligation, PersonFacts, Stay
from gateway.rules import Rules, Standing, erasure
from gateway.rules import policy as model
from gateway.rules.calendar import Holidays
from gateway.rules.days import to_micros
from gateway.rules.explaining import LANGUAGES, Explainer, Words
from gateway.rules.policy import Basis, DataSet, HeldAt, Keep, Phrase, Purpose, Rule
from gateway.rules.precedence import Ground, withstands_erasure
from gateway.settings import Period

OSLO = ZoneInfo("Europe/Oslo")
MONTH, YEAR, YEARS = Period(1, "months"), Period(1, "years"), Period(3, "years")
WORDS = {each: Words(each) for each in LANGUAGES}


def row(name, article, mark=model.Mark.GUIDANCE, **values):
    return model.LawRow(name, article, mark, "", {}, "clock", model.Switch.ON, values)


N1 = row("N1", "GDPR Art. 5(1)(e) in recruitment")
N6 = row("N6", "Bokføringsloven § 13")
G16 = row("G16", "GDPR Art. 14", clock="inform", period="1 month")
P1 = Rule(
    "P1", ("hiring",), ("cv",), ("process-closed", "updated"), YEARS, warn=(Period(90, "days"),),
    ask_again=Period(30, "days"), phrase=Phrase("inntil 3 år"),
)  # fmt: skip
LAW = Rule("N1", ("hiring",), ("cv",), ("hired", "updated"), YEAR, unless="consent", row=N1)
KEEP = Keep("P3", ("cv",), Ground.CLAIMS, "Kept.", period=YEARS, phrase=Phrase("Unntatt"))
BOOKS = Keep("N6", ("cv",), Ground.LEGAL_DUTY, "", "invoiced", Period(5, "years"), year_end=True, row=N6)
JOB = Keep("P26", ("cv",), Ground.EMPLOYMENT, "", "hired", until_event="employment-ended")
LEFT = replace(JOB, id="P27", period=YEAR)


def promised(period, phrase=None):
    return {"inform_within": model.Statement("inform_within", period, phrase)}


POLICY = model.Policy(
    title="Personvernpolicy",
    version="1",
    purposes={
        "hiring": Purpose("hiring", "Rekruttering", data_sets=("cv",)),
        "search": Purpose("search", "Søk", (Basis.LEGITIMATE_INTERESTS,), ("cv",), collected="elsewhere"),
        "billing": Purpose("billing", "Faktura", (Basis.LEGAL_OBLIGATION,), ("cv",)),
    },
    data_sets={"cv": DataSet("cv", "Søknad og CV", held_at=(HeldAt("recman"),))},
    uses={("cv", "recman"): ("hiring", "search")},
    rules=(P1, LAW),
    keeps=(KEEP, BOOKS, JOB, LEFT),
    events={"process-closed": "Prosessen er lukket.", "hired": "hired (GDPR Art. 5(1)(e) in recruitment)"},
    law={"G16": G16},
    notice=promised(Period(3, "months"), Phrase("innen 3 måneder")),
)


def at(text):
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=OSLO))


def say(language="nb", policy=POLICY):
    return Explainer(policy, OSLO, WORDS[language], {"recman": "Recman"})


def over(rule, event, start, due, purpose="hiring"):
    return Obligation(1, Action.ERASE, purpose, "cv", "recman", rule, event, start and at(start), at(due))


def nb(owed, policy=POLICY):
    """In Norwegian; that there is as much to say in English is seen to."""
    assert is_sentence(say("en", policy).obligation(owed))
    return say("nb", policy).obligation(owed)


def test_a_rule_of_the_law_says_that_it_is_stricter_than_the_policy():
    owed = over("N1", "updated", "2024-03-14", "2025-03-14")
    assert nb(owed) == (
        "Formålet «Rekruttering» er over for datasettet «Søknad og CV» hos Recman fra og med 14. mars 2025, fordi N1 "
        "(personvernforordningen artikkel 5(1)(e) ved rekruttering) gir 1 år, og 1 år fra 14. mars 2024, da en post om "
        "personen sist ble endret, er 14. mars 2025; her er loven strengere enn policyen, for regel P1 i "
        "«Personvernpolicy» («inntil 3 år») gir 3 år; ingen kan forlenge fristen; et nytt samtykke eller en senere "
        "hendelse som perioden regnes fra, flytter datoen, og en sperre utsetter slettingen."
    )
    assert say("en").obligation(owed) == (
        "The purpose “Rekruttering” is over for the data set “Søknad og CV” at Recman from 14 March 2025, because N1 "
        "(GDPR Art. 5(1)(e) in recruitment) gives 1 year, and 1 year from 14 March 2024, when a record of the person was "
        "last changed, is 14 March 2025; here the law is stricter than the policy, as rule P1 of “Personvernpolicy” "
        "(“inntil 3 år”) gives 3 years; nobody can extend it; new consent or a later event that the period is counted "
        "from moves the date, and a hold puts erasure off."
    )


def test_a_rule_of_the_policy_says_why_the_shorter_law_does_not_count():
    assert (
        "fordi regel P1 i «Personvernpolicy» («inntil 3 år») gir 3 år, og 3 år fra 29. februar 2024, da dette skjedde: "
        "«Prosessen er lukket», er 28. februar 2027, den siste dagen i måneden; N1 (personvernforordningen artikkel "
        "5(1)(e) ved rekruttering) gir 1 år, men teller ikke mens et samtykke står ved lag; "
    ) in nb(over("P1", "process-closed", "2024-02-29", "2027-02-28"))


@pytest.mark.parametrize(("rule", "told"), [
    (replace(LAW, period=Period(4, "years")), "; her er policyen strengere enn loven, for N1 ("),
    (replace(LAW, period=Period(36, "months")), "ved rekruttering) gir det samme; ingen"),
    (replace(LAW, unless=""), "gir 1 år, men regnes fra noe som ikke er kjent eller skjedde senere; "),
    (replace(P1, id="P4", period=Period(5, "years"), phrase=None),
     "; regel P4 i «Personvernpolicy» gjelder også og gir 5 år, men den som er ute først, avgjør; "),
    (replace(LAW, row=replace(N1, mark=model.Mark.READING)), "ved rekruttering, en tolkning som venter på jurist) gir 1 år"),
    (replace(LAW, purposes=("search",)), "er 14. mars 2027; ingen kan"),
    (replace(LAW, data_sets=("notes",)), "er 14. mars 2027; ingen kan"),
    (replace(LAW, data_sets=()), "gir 1 år, men teller ikke mens"),
])  # fmt: skip
def test_what_is_said_of_a_rule_beside_the_one_that_acts(rule, told):
    assert told in nb(over("P1", "updated", "2024-03-14", "2027-03-14"), replace(POLICY, rules=(P1, rule)))


@pytest.mark.parametrize(("rule", "due", "told"), [
    (replace(P1, year_end=True), "2027-12-31",
     ("gir 3 år fra utgangen av året, og regnet fra utgangen av 2024 (14. mars 2024, da en post om personen sist ble "
     "endret) er tiden ute 31. desember 2027; ingen")),
    (P1, "2026-03-14", "endret, og datoen ble satt før reglene ble endret: nå ville den blitt 14. mars 2027; ingen"),
    (replace(P1, id="P2"), "2027-03-14",
     "2027, fordi det fulgte av regel P1, som ikke står i reglene lenger; neste plan regner datoen ut på nytt."),
    (replace(P1, purposes=("billing",)), "2027-03-14", "; ingen kan forlenge fristen; en senere hendelse som"),
    (replace(P1, period=Period(1, "days")), "2024-03-15", "gir 1 dag, og 1 dag fra 14. mars 2024, da"),
])  # fmt: skip
def test_the_sum_of_a_rule_is_shown(rule, due, told):
    owed = over("P1", "updated", "2024-03-14", due, rule.purposes[0])
    assert told in nb(owed, replace(POLICY, rules=(rule,)))


def test_a_rule_may_be_called_like_what_is_no_rule():
    named = replace(POLICY, rules=(replace(P1, id="request", phrase=None),))
    owed = over("request", "updated", "2024-03-14", "2027-03-14")
    assert "fordi regel request i «Personvernpolicy» gir 3 år" in nb(owed, named)


@pytest.mark.parametrize(("owed", "told"), [
    (("consent", "consent", "2024-01-01"),
     ("fordi samtykket som ble gitt 1. januar 2024, gjelder til da (personvernforordningen artikkel 17(1)(b)), og så lenge "
     "det har en egen slutt, teller ikke perioden i P1 og N1; ingen kan forlenge det for personen")),
    (("consent", "consent", "2026-05-17"), "fordi samtykket gjelder til da ("),
    (("withdrawal", "withdrawal", "2026-05-17"),
     "fordi personen trakk samtykket sitt den dagen (personvernforordningen artikkel 7(3) og 17(1)(b));"),
    (("withdrawal", "withdrawal", "2026-05-17", "search"),
     "fordi personen protesterte den dagen (personvernforordningen artikkel 17(1)(c) og 21(1));"),
    (("request", "erasure-requested", "2026-05-17"), "fordi personen ba om å bli slettet den dagen ("),
    (("vanished", "vanished", None), "fordi personen er slettet i systemet opplysningene kom fra;"),
])  # fmt: skip
def test_what_ends_by_no_rule_has_its_article(owed, told):
    assert "fra og med 17. mai 2026, " + told in nb(over(*owed[:3], "2026-05-17", *owed[3:]))


def test_consent_without_any_rule_beside_it_names_none():
    bare = replace(POLICY, rules=())
    assert "17(1)(b)); ingen kan" in nb(over("consent", "consent", None, "2026-05-17"), bare)


@pytest.mark.parametrize(("rule", "due", "told"), [
    ("P1", "2027-02-12", ("før 12. februar 2027, fordi regel P1 i «Personvernpolicy» («inntil 3 år») gir 30 dager til å "
     "svare, og 30 dager før 14. mars 2027, da formålet ellers er over, er 12. februar 2027; ingen kan forlenge fristen, "
     "og svarer personen ikke, eller kommer spørsmålet i retur, er svaret nei og datoen står.")),
    ("P1", "2027-02-01", "før 1. februar 2027, for at det skal være tid til å svare før 14. mars 2027, da formålet"),
    ("N1", "2027-02-12", "før 12. februar 2027, fordi det fulgte av regel N1, som ikke står i reglene lenger; neste plan"),
    ("P9", "2027-02-01", "før 1. februar 2027, fordi det fulgte av regel P9, som ikke står i reglene lenger; neste plan"),
])  # fmt: skip
def test_a_question_for_consent_is_counted_back_from_the_end(rule, due, told):
    owed = Obligation(1, Action.ASK, "hiring", "", "", rule, "over", at("2027-03-14"), at(due))
    assert "Personen skal spørres om nytt samtykke til «Rekruttering» " + told in nb(owed)


def inform(due, rule="G16", event="created", start="2027-01-31"):
    return Obligation(1, Action.INFORM, "search", "", "", rule, event, start and at(start), at(due))


@pytest.mark.parametrize(("policy", "owed", "told"), [
    (POLICY, inform("2027-03-01"),
     ("28. februar 2027 få vite at opplysninger om vedkommende brukes til «Søk», fordi G16 (personvernforordningen artikkel "
     "14) gir 1 måned, og 1 måned fra 31. januar 2027, da det ble opprettet en post om personen, er 28. februar 2027, den "
     "siste dagen i måneden; her er loven strengere enn policyen, for ordene «innen 3 måneder» i «Personvernpolicy» gir 3 "
     "måneder; 28. februar 2027 er ingen virkedag, og neste virkedag er 1. mars 2027, men det varsles etter den første av "
     "de to; ingen kan forlenge fristen, men den blir kortere hvis")),
    (POLICY, inform("2027-02-10", event="first-contact", start="2027-02-10"),
     ("10. februar 2027 få vite at opplysninger om vedkommende brukes til «Søk», fordi vedkommende ble kontaktet første gang "
     "den dagen og G16 (personvernforordningen artikkel 14) ikke lar det vente lenger enn til da; her er loven")),
    (POLICY, inform("2027-02-13", event="first-disclosure", start="2027-02-13"),
     ("13. februar 2027 få vite at opplysninger om vedkommende brukes til «Søk», fordi opplysningene ble utlevert første "
     "gang den dagen og G16")),
    (POLICY, inform("2027-02-17", start=None), ("16. februar 2027 få vite at opplysninger om vedkommende brukes til «Søk», "
     "fordi G16 (personvernforordningen artikkel 14) gir 1 måned, som regnes fra da det først ble lagt merke til, siden "
     "ingen post har en dato; her er loven")),
    (POLICY, inform("2027-02-17", "G99"), "fordi det fulgte av regel G99, som ikke står i reglene lenger; neste plan"),
    (replace(POLICY, notice=promised(Period(14, "days"))), inform("2027-02-15", "inform_within"),
     ("fordi fristen i «Personvernpolicy» gir 14 dager, og 14 dager fra 31. januar 2027, da det ble opprettet en post om "
     "personen, er 14. februar 2027; her er policyen strengere enn loven, for G16 (personvernforordningen artikkel 14) gir "
     "1 måned; 14. februar 2027 er ingen virkedag")),
    (replace(POLICY, notice=promised(MONTH)), inform("2027-03-01"), "; fristen i «Personvernpolicy» gir det samme; "),
    (replace(POLICY, notice=promised(Period(1, "weeks"))), inform("2027-03-01"), "den siste dagen i måneden; 28. februar"),
    (replace(POLICY, notice={}), inform("2027-03-02", start="2027-02-01"), "er 1. mars 2027; ingen kan forlenge"),
    (replace(POLICY, law={}), inform("2027-05-01", "inform_within"), "30. april 2027, den siste dagen i måneden; ingen"),
])  # fmt: skip
def test_information_is_due_by_the_strictest_clock(policy, owed, told):
    assert told in nb(owed, policy)


def test_the_day_of_a_duty_is_the_last_it_may_be_done_on():
    assert say().last_day(inform("2027-03-01")) == date(2027, 2, 28)
    assert say().last_day(inform("2027-02-10", event="first-contact")) == date(2027, 2, 10)
    assert say().last_day(over("P1", "updated", None, "2027-03-14")) == date(2027, 3, 14)


CLAIMS = Stay("cv", "recman", "claims", "P3", at("2030-03-15"), ("Daglig leder", "Styret"))
FREEZE = Stay("cv", "recman", "freeze", "hold 4", None)
NOBODY = "; ingen er oppgitt som kan lese det; "


@pytest.mark.parametrize(("stay", "begun", "told"), [
    (CLAIMS, "2027-03-14",
     ("til og med 14. mars 2030, fordi regel P3 i «Personvernpolicy» («Unntatt») holder på det av hensyn til rettskrav i "
     "3 år, og 3 år fra 14. mars 2027, da det ellers skulle ha vært slettet, er 14. mars 2030; bare «Daglig "
     "leder» og «Styret» kan lese det; bare en sperre kan forlenge tiden, og bare en endring av regelen kan korte den ned.")),
    (replace(CLAIMS, readers=()), None,
     "2030, fordi regel P3 i «Personvernpolicy» («Unntatt») holder på det av hensyn til rettskrav" + NOBODY),
    (Stay("cv", "recman", "legal-duty", "N6", at("2030-01-01")), "2024-03-14",
     ("til og med 31. desember 2029, fordi N6 (Bokføringsloven § 13) holder på det etter en plikt i loven i 5 år fra "
     "utgangen av året, og regnet fra utgangen av 2024 (14. mars 2024, da fakturaen ble sendt) er tiden ute 31. ")),
    (Stay("cv", "recman", "employment", "P26", None), "2024-03-14",
     ("uten en sluttdato som er kjent, fordi regel P26 i «Personvernpolicy» holder på det av hensyn til et arbeidsforhold "
     "til dette skjer: «arbeidsforholdet tar slutt»; ")),
    (Stay("cv", "recman", "employment", "P27", at("2025-03-15")), "2024-03-14", "da arbeidsforholdet tok slutt, er 14."),
    (Stay("cv", "recman", "claims", "hold 3", at("2027-04-01")), "2026-05-01",
     ("til og med 31. mars 2027, fordi sperre 3 fra 1. mai 2026 holder på det av hensyn til rettskrav; ingen er oppgitt som "
     "kan lese det; virksomheten kan oppheve den før, eller forlenge den med en ny sperre og en ny grunn.")),
    (FREEZE, None,
     ("uten en sluttdato som er kjent, fordi begrensning 4 holder på det etter personvernforordningen artikkel 18; ingen "
     "skal bruke det til annet enn lagring; den oppheves først når personen har fått beskjed (personvernforordningen "
     "artikkel 18(3)).")),
    (Stay("cv", "recman", "legal-duty", "billing", at("2030-01-01")), None,
     ("til 1. januar 2030, fordi formålet «Faktura» trenger det etter en plikt i loven, og det bortfaller ikke når personen "
     "ber om sletting; ")),
    (Stay("cv", "recman", "order", "gone", None), None,
     "uten en sluttdato som er kjent, fordi det fulgte av regel gone, som ikke står i reglene lenger; neste plan regner"),
])  # fmt: skip
def test_what_stays_says_on_which_ground_until_when_and_who_reads_it(stay, begun, told):
    nb, en = (say(each).stay(stay, begun and at(begun)) for each in LANGUAGES)
    assert nb.startswith("Datasettet «Søknad og CV» hos Recman blir stående ")
    assert told in nb
    assert is_sentence(en)


def test_a_hold_on_everything_says_so():
    told = say().stay(replace(FREEZE, data_set=""))
    assert told.startswith("Alt som finnes om personen hos Recman blir stående uten")


BY = over("P1", "updated", "2024-03-14", "2027-03-14")
CONSENT = over("consent", "consent", None, "2027-03-14")
HIRING = "det siste formålet, «Rekruttering»,"


@pytest.mark.parametrize(("standing", "told"), [
    (Standing("cv", "recman", BY.due, BY.due, BY, (), ()),
     f"skal slettes fra og med 14. mars 2027, for da er {HIRING} over etter regel P1 i «Personvernpolicy» («inntil 3 år»)."),
    (Standing("cv", "recman", CLAIMS.until, BY.due, BY, (), (CLAIMS,)),
     (f"skal slettes fra og med 15. mars 2030, for {HIRING} er over fra 14. mars 2027 etter regel P1 i «Personvernpolicy» "
     "(«inntil 3 år»), men regel P3 i «Personvernpolicy» («Unntatt») holder det tilbake til da.")),
    (Standing("cv", "recman", None, BY.due, CONSENT, (), (FREEZE, CLAIMS)),
     (f"har ingen dato for sletting: {HIRING} er over fra 14. mars 2027 (samtykket gjelder til da), men begrensning 4 "
     "holder det tilbake uten en slutt som er kjent.")),
    (Standing("cv", "recman", None, None, BY, ("hiring", "search"), (FREEZE,)),
     ("har ingen dato for sletting, fordi ingen slutt er kjent for «Rekruttering» og «Søk»; en dato følger av disse "
     "hendelsene når de er kjent: «Prosessen er lukket», «en post om personen endres» og «personen ansettes», men N1 "
     "teller ikke mens et samtykke står ved lag.")),
    (Standing("cv", "recman", None, None, None, ("search",), ()),
     ("har ingen dato for sletting, fordi ingen slutt er kjent for «Søk»; ingen regel har en periode for det, så bare "
     "personen selv kan gi det en slutt.")),
    (Standing("cv", "recman", None, None, None, ("billing",), ()),
     ("har ingen dato for sletting, fordi ingen slutt er kjent for «Faktura»; ingen regel har en periode for det, og "
     "personen kan ikke selv gi det en slutt.")),
    (Standing("cv", "recman", None, None, None, (), ()),
     ("har ingen dato for sletting, fordi policyen ikke nevner noe formål det brukes til der; gi det et formål eller slett "
     "det.")),
])  # fmt: skip
def test_a_data_set_says_when_it_goes_or_why_there_is_no_date(standing, told):
    assert say().standing(standing) == "Datasettet «Søknad og CV» hos Recman " + told
    assert is_sentence(say("en").standing(standing))


STOPS_INSIDE = re.compile(r"Art\. |\d\. (?=[a-z])|[«“][^»”]*[»”]")
FLAWS = re.compile(r"\$|  | [,;.)]|\(\)|[«“][»”]|[;,] ?[;,.]")


def is_sentence(text):
    """One sentence: begun and ended as one, with no gap, no half clause and no other stop in it."""
    bare = STOPS_INSIDE.sub("x", text)
    return text[:1].isupper() and bare.count(".") == 1 and text.endswith(".") and not FLAWS.search(text)


PERIODS = st.builds(Period, st.integers(1, 40), st.sampled_from(["days", "weeks", "months", "years"]))
EVENTS = st.sampled_from("created updated active consent hired process-closed lunch informed".split())  # noqa: SIM905
MOMENTS = st.integers(at("2015-01-01"), at("2030-01-01"))
MAYBE = st.none() | MOMENTS
PURPOSES, SETS, PLACES = ("hiring", "search", "billing"), ("cv", "notes"), ("recman", "paper")
PHRASES = st.none() | st.just(Phrase("så lenge\ndet er nødvendig."))
ROWS = st.none() | st.builds(
    row, st.just("N9"), st.just("GDPR Art. 5(1)(b) and (c)"), st.sampled_from(model.Mark)
)
STAYING = st.sampled_from([each for each in Ground if withstands_erasure(each)])


def some(values, least=1):
    each = values if isinstance(values, st.SearchStrategy) else st.sampled_from(values)
    return st.lists(each, min_size=least, max_size=3, unique=True).map(tuple)


RULES = st.builds(
    Rule, st.just(""), some(PURPOSES), some(SETS), some(EVENTS), PERIODS, st.booleans(), st.just((Period(60, "days"),)),
    st.none() | st.just(Period(20, "days")), st.sampled_from(["", "consent"]), PHRASES, ROWS,
)  # fmt: skip
KEEPS = st.builds(
    Keep, st.just(""), some(SETS), STAYING, st.just("Kept."), EVENTS | st.just("erasure"), st.none() | PERIODS,
    st.sampled_from(["", "lunch", "employment-ended"]), st.booleans(), some(["Daglig leder", "Styret"], 0), PHRASES, ROWS,
)  # fmt: skip
HAPPENED = EVENTS | st.sampled_from(["erasure-requested", "first-contact", "first-disclosure"])
AT = st.sampled_from(PLACES)
BASES = st.builds(facts.BasisFact, st.sampled_from(PURPOSES), st.none() | AT, MAYBE, MAYBE, MAYBE)
RECORDS = st.builds(facts.RecordFact, AT, st.just("candidate"), MAYBE, MAYBE, MAYBE, st.booleans())
EVENTS_OF = st.builds(facts.EventFact, HAPPENED, st.none() | st.sampled_from(PURPOSES), MOMENTS)
KINDS = st.sampled_from(["order", "freeze", "claims"])
HOLDS = st.builds(facts.HoldFact, st.integers(1, 9), KINDS, st.none() | st.sampled_from(SETS), MOMENTS, MAYBE)
PEOPLE = st.builds(PersonFacts, st.just(1), some(BASES, 0), some(RECORDS), some(EVENTS_OF, 0), some(HOLDS, 0))


@st.composite
def policies(draw):
    rules, keeps = draw(st.lists(RULES, max_size=3)), draw(st.lists(KEEPS, max_size=3))
    return replace(
        POLICY,
        purposes={
            name: Purpose(name, name.title(), draw(some(Basis)), SETS, collected=draw(st.sampled_from(["both", "elsewhere"])))
            for name in PURPOSES
        },
        rules=tuple(replace(each, id=f"P{n}") for n, each in enumerate(rules)),
        keeps=tuple(replace(each, id=f"K{n}") for n, each in enumerate(keeps)),
        notice=draw(st.just({}) | st.builds(promised, PERIODS, PHRASES)),
        law=draw(st.sampled_from([{}, {"G16": G16}])),
        data_sets={name: DataSet(name, name.title(), held_at=tuple(map(HeldAt, PLACES))) for name in SETS},
        uses={(name, place): draw(some(PURPOSES, 0)) for name in SETS for place in PLACES},
    )  # fmt: skip


@pytest.mark.slow
@given(policies(), st.lists(PEOPLE, min_size=3, max_size=6), MOMENTS)
@settings(max_examples=40, deadline=None)
def test_whatever_the_rules_owe_or_keep_has_one_complete_sentence_that_names_its_day(policy, people, now):
    rules = Rules(policy, OSLO)
    for person, explainer in ((each, say(language, policy)) for each in people for language in LANGUAGES):
        standings, found = rules.standings(person, now), erasure(rules, person, now)
        stays = [*(found.stays if found else ()), *(each for stands in standings for each in stands.stays)]
        owed = {each: explainer.obligation(each) for each in rules.obligations(person, now)}
        told = [*owed.values(), *map(explainer.standing, standings)]
        told += [explainer.stay(each, begun) for each in stays for begun in (None, now)]
        assert [each for each in told if not is_sentence(each)] == []
        assert all(explainer.words.day(explainer.last_day(each)) in text for each, text in owed.items())
        assert not any(word in text for text in owed.values() for word in ("nå ville den", "now it would"))


def parts(language):
    text = (resources.files("gateway.rules") / "texts" / f"why.{language}.toml").read_text(encoding="utf-8")
    groups = {name: each for name, each in tomllib.loads(text).items() if isinstance(each, dict)}
    return {
        (group, name): set(re.findall(r"\$[a-z_]+", str(said)))
        for group, each in groups.items()
        if group != "citation"
        for name, said in each.items()
    }


def test_both_languages_have_the_same_parts():
    assert parts("nb") == parts("en")


def test_the_calendar_can_be_another_one():
    other = Explainer(POLICY, OSLO, WORDS["nb"], holidays=Holidays(lambda year: frozenset()))
    assert (other.rolled(date(2027, 5, 17)), other.title("paper")) == ("", "paper")
    assert "17. mai 2027 er ingen virkedag, og neste virkedag er 18." in say().rolled(date(2027, 5, 17))
