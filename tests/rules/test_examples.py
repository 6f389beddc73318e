"""The two example firms: their files are right, name all there is, and owe a person what their policies say."""

from __future__ import annotations

import base64
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from gateway.obligations import Action, BasisFact, EventFact, Obligation, PersonFacts, RecordFact
from gateway.rules import Judge, Policy, Rules, Standing
from gateway.rules.days import from_micros, to_micros
from gateway.rules.erasing import erasure, requested
from gateway.rules.lint import lint
from gateway.rules.policy import Basis
from gateway.rules.reading import read_policy
from gateway.settings import Settings, load
from gateway.trail import new_signing_key

EXAMPLES = Path(__file__).parents[2] / "examples"
OSLO = ZoneInfo("Europe/Oslo")
TODAY = date(2027, 6, 1)
NAMED = {
    "coness": {
        "controllers": "coness-as coness-search-selection-as coness-projects-as coness-invest-as",
        "subjects": "customer supplier course-participant training-participant applicant survey-participant "
        "marketing-recipient employee open-applicant searched-person referee website-visitor",
        "sources": "the-person recruitment-system brreg company-sites linkedin informants clients police credit-bureau",
        "recipients": "clients public-clients authorities datatilsynet survey-clients the-public",
        "purposes": "consulting customer-relations accounting courses course-records course-evaluation training "
        "recruitment search public-list tests checks surveys marketing employment staff-profile website",
        "processors": "recman crm case-systems case-system-abroad paper hr-system mailboxes website accounts survey-tool "
        "newsletter-tool course-system test-vendor film-store clients",
    },
    "isco": {
        "controllers": "isco-group-as",
        "subjects": "candidate applicant end-candidate hired audited-leader second-opinion-candidate "
        "succession-candidate pipeline-candidate referee website-visitor",
        "sources": "the-person linkedin open-web referees own-logs clients bisnode pixel",
        "recipients": "clients bid-theatre google-analytics facebook linkedin snapchat datatilsynet",
        "purposes": "recruitment disclosure credit-check management-audit second-opinion succession-planning "
        "talent-pipeline pixel-marketing pixel-statistics",
        "processors": "invenias outlook shl ad-resources cut-e bisnode frantz clients",
    },
}
"""What the two published texts name, section by section."""


class Firm(NamedTuple):
    """One example, read as the gateway reads it. `home` is where its people are read."""

    settings: Settings
    policy: Policy
    rules: Rules
    home: str
    kind: str


def read(name: str, folder: Path) -> Firm:
    """The example in a folder of its own, with fictional secrets in their places."""
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
    toml = (folder / "gateway.toml").read_text(encoding="utf-8")
    secrets = {
        "keys/master.key": base64.b64encode(bytes(32)).decode(),
        "keys/trail.key": new_signing_key().reveal(),
    }
    (folder / "keys").mkdir()
    for each in re.findall(r'\{ file = "([^"]+)" \}', toml):
        (folder / each).write_text(secrets.get(each, "correlation_id,ordered_at,email\n"))
        (folder / each).chmod(0o600)
    settings = load(
        folder / "gateway.toml", dict.fromkeys(re.findall(r'\{ env = "(\w+)" \}', toml), "fictional")
    )
    policy = read_policy(folder / "policy.toml", settings)
    blind = frozenset(each for each, table in settings.processors.items() if not table.plugin)
    home, kind = {"coness": ("recman", "candidate"), "isco": ("invenias", "person")}[name]
    kinds = {home: [kind], "bisnode": ["decision"]} if name == "isco" else {home: [kind]}
    return Firm(settings, policy, Rules(policy, OSLO, blind, kinds), home, kind)


@pytest.fixture(scope="module")
def coness(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return read("coness", tmp_path_factory.mktemp("coness"))


@pytest.fixture(scope="module")
def isco(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return read("isco", tmp_path_factory.mktemp("isco"))


@pytest.fixture(params=["coness", "isco"])
def firm(request: pytest.FixtureRequest) -> Firm:
    found: Firm = request.getfixturevalue(request.param)
    return found


def at(day: str) -> int:
    """The first moment of a day in Oslo."""
    return to_micros(datetime.fromisoformat(day).replace(tzinfo=OSLO).astimezone(UTC))


def on(moment: int | None) -> str:
    assert moment is not None
    return from_micros(moment).astimezone(OSLO).date().isoformat()


def person(
    firm: Firm, *facts: BasisFact | EventFact, created: str = "2026-01-10", updated: str = "2026-02-01"
) -> PersonFacts:
    """Somebody with one record where the firm reads its people, to whom these things happened."""
    record = RecordFact(firm.home, firm.kind, at(created), at(updated), None, vanished=False)
    bases = tuple(each for each in facts if isinstance(each, BasisFact))
    events = tuple(each for each in facts if isinstance(each, EventFact))
    return PersonFacts(1, bases, (record,), events)


def consent(purpose: str, given: str, over: str | None = None, withdrawn: str | None = None) -> BasisFact:
    return BasisFact(
        purpose, None, at(given), at(over) if over else None, at(withdrawn) if withdrawn else None
    )


def event(name: str, day: str, purpose: str | None = None) -> EventFact:
    return EventFact(name, purpose, at(day))


def erased(firm: Firm, who: PersonFacts, data_set: str, processor: str = "") -> Obligation:
    """Why and when a data set is to be erased; one and the same obligation wherever it lies."""
    found = [
        each
        for each in firm.rules.obligations(who, at("2027-06-01"))
        if each.action == Action.ERASE and each.data_set == data_set and processor in ("", each.processor)
    ]
    assert len({(each.rule, each.event, each.due) for each in found}) == 1, found
    return found[0]


def standing(firm: Firm, who: PersonFacts, data_set: str, day: str = "2027-06-01") -> Standing:
    """What becomes of a data set at the first place it lies."""
    return next(each for each in firm.rules.standings(who, at(day)) if each.data_set == data_set)


def refs(policy: Policy) -> set[str]:
    """The references of docs/policies.md that stand beside the words of the published policy."""
    said = [each.phrase for each in policy.data_sets.values()]
    said += [each.phrase for each in policy.purposes.values()]
    said += [each.phrase for each in policy.rules]
    said += [each.phrase for each in policy.keeps]
    return {ref for each in said if each is not None for ref in each.refs}


def test_example_reads_without_a_mistake_or_a_warning(firm: Firm) -> None:
    assert firm.settings.warnings == ()
    assert firm.policy.rules
    assert all(each.country for each in firm.settings.processors.values())


@pytest.mark.parametrize(("name", "section"), [(name, each) for name in NAMED for each in NAMED[name]])
def test_all_that_the_published_text_names_is_in_the_register(
    name: str, section: str, request: pytest.FixtureRequest
) -> None:
    firm: Firm = request.getfixturevalue(name)
    names = firm.settings.processors if section == "processors" else getattr(firm.policy, section)
    assert list(names) == NAMED[name][section].split()


def test_clients_of_isco_are_given_fifteen_things_and_never_a_nationality(isco: Firm) -> None:
    given = isco.policy.recipients["clients"].details["fields"]
    assert len(given) == 15
    assert "nationality" not in given


def test_nothing_that_is_declared_is_left_unused(firm: Firm) -> None:
    policy, purposes = firm.policy, [*firm.policy.purposes.values()]
    assert {name for each in purposes for name in each.data_sets} == policy.data_sets.keys()
    assert {name for each in purposes for name in each.sources} == policy.sources.keys()
    assert {name for each in purposes for name in each.subjects} == policy.subjects.keys()
    assert {name for each in purposes for name in each.controllers} == policy.controllers.keys()
    held_at = {each.processor for one in policy.data_sets.values() for each in one.held_at}
    assert held_at == firm.settings.processors.keys()


def test_every_rule_and_keep_of_the_firm_has_the_words_it_comes_from(firm: Firm) -> None:
    bare = [each.id for each in firm.policy.rules if each.row is None and each.phrase is None]
    bare += [each.id for each in firm.policy.keeps if each.row is None and each.phrase is None]
    assert bare == ["running-process"]
    assert refs(firm.policy) <= {f"P{number}" for number in range(1, 44)}
    assert all(each.phrase is not None for each in firm.policy.notice.values())


def test_every_purpose_has_a_basis_and_where_it_is_proven(firm: Firm) -> None:
    assert all(each.bases and each.proof for each in firm.policy.purposes.values())
    assert firm.policy.purposes["recruitment"].bases[0] == Basis.CONSENT


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("coness", "L1 L2 L3 L4 L5 L6 L7 L8 L9 L15 L16 L17 L18", "restriction, portability number gender"),
        (
            "isco",
            "L9 L10 L11 L12 L13 L14 L19 L20",
            "withdrawal nationality process-log cut-e Azure SnapChat GB",
        ),
    ],
)
def test_contradictions_of_the_published_text_are_found_and_no_others(
    name: str, known: str, words: str, request: pytest.FixtureRequest
) -> None:
    firm: Firm = request.getfixturevalue(name)
    found = [each for each in lint(firm.policy, firm.settings, TODAY) if re.fullmatch(r"L\d+", each.check)]
    assert {each.check for each in found} == set(known.split())
    assert [word for word in words.split() if not any(word in each.wrong for each in found)] == []


def test_three_years_after_the_process_or_the_consent_whichever_is_later(coness: Firm) -> None:
    given = consent("recruitment", "2026-03-01")
    assert erased(coness, person(coness, given), "application")[5:7] == ("P1", "consent")
    closed = person(coness, given, event("process-closed", "2026-09-30"))
    owed = erased(coness, closed, "cv-base")
    assert (owed.rule, owed.event, on(owed.due)) == ("P1", "process-closed", "2029-09-30")


def test_without_a_consent_the_year_of_the_law_is_the_stricter(firm: Firm) -> None:
    name = "application" if firm.home == "recman" else "candidate"
    who = person(firm, event("process-closed", "2026-09-30"))
    owed = erased(firm, who, name)
    assert (owed.rule, owed.event, on(owed.due)) == ("N1", "process-closed", "2027-09-30")


def test_all_that_belongs_to_a_candidate_is_due_at_once_everywhere(coness: Firm) -> None:
    over = consent("recruitment", "2026-03-01", over="2027-04-01")
    found = erasure(
        coness.rules, person(coness, over, event("process-closed", "2026-03-15")), at("2027-06-01")
    )
    assert found is not None
    assert found.scopes is not None
    places = "case-system-abroad case-systems clients crm film-store mailboxes paper recman test-vendor"
    assert " ".join(sorted(found.scopes)) == places
    assert not found.scopes["recman"].by_hand


def test_new_consent_is_asked_for_from_ninety_days_before(coness: Firm) -> None:
    who = person(coness, consent("recruitment", "2024-08-01"), created="2024-08-01", updated="2024-08-01")
    asked = [each for each in coness.rules.obligations(who, at("2027-06-01")) if each.action == Action.ASK]
    assert [(each.rule, on(each.due)) for each in asked] == [("P1", "2027-07-02")]
    bounced = person(
        coness, *who.bases, event("renewal-bounced", "2027-05-20"), created="2024-08-01", updated="2024-08-01"
    )
    assert erased(coness, bounced, "application").due == at("2027-08-01")


def test_withdrawal_ends_recruitment_at_once_and_no_other_purpose(coness: Firm) -> None:
    who = person(
        coness, consent("recruitment", "2026-03-01", withdrawn="2027-05-31"), consent("surveys", "2026-03-01")
    )
    assert erased(coness, who, "application")[5:] == (
        "withdrawal",
        "withdrawal",
        at("2027-05-31"),
        at("2027-05-31"),
    )
    assert standing(coness, who, "survey-answers").due is None
    assert standing(coness, who, "search-profiles").due is None


@pytest.mark.parametrize(
    ("data_set", "keep"), [("applicant-lists", "P3-lists"), ("process-reports", "P3-reports")]
)
def test_lists_and_reports_stay_without_an_end_as_published(coness: Firm, data_set: str, keep: str) -> None:
    who = person(coness, consent("recruitment", "2026-03-01", withdrawn="2027-05-31"))
    found = standing(coness, who, data_set)
    assert found.due is None
    assert [(each.rule, each.until, each.readers) for each in found.stays] == [(keep, None, ())]


def test_request_of_somebody_found_by_search_erases_all_that_rests_on_their_will(coness: Firm) -> None:
    found = requested(coness.rules, person(coness), at("2027-06-01"))
    assert found.scopes is not None
    assert {"search-profiles", "application"} <= {*found.scopes["case-systems"].sets}
    assert "invoices" not in {each for scope in found.scopes.values() for each in scope.sets}


def test_who_lies_there_without_a_consent_is_told_within_a_month_and_not_three(firm: Firm) -> None:
    who = person(firm, created="2027-05-10")
    told = [each for each in firm.rules.obligations(who, at("2027-06-01")) if each.action == Action.INFORM]
    assert [(each.purpose, each.rule) for each in told] == [("recruitment", "G16")]
    assert told[0].due <= at("2027-06-11")
    agreed = person(firm, consent("recruitment", "2027-05-10"))
    assert not [
        each for each in firm.rules.obligations(agreed, at("2027-06-01")) if each.action == Action.INFORM
    ]


@pytest.mark.parametrize(
    ("rule", "data_set", "started", "over"),
    [
        ("P8", "training-results", "programme-ended", "2028-03-15"),
        ("P9", "course-evaluations", "evaluation-reported", "2027-03-16"),
        ("P10", "survey-answers", "assignment-done", "2027-03-29"),
        ("P11", "course-records", "course-held", "2029-03-15"),
        ("P15-mailbox", "mailbox", "employment-ended", "2027-09-15"),
        ("P15-personnel", "employee-files", "employment-ended", "2027-09-15"),
        ("P16", "staff-pictures", "employment-ended", "2027-03-16"),
        ("P17-accounts", "invoices", "invoiced", "2032-12-31"),
        ("P17-agreements", "agreements", "invoiced", "2031-06-30"),
        ("as-long-as-needed", "marketing-contacts", "relation-ended", "2029-03-15"),
    ],
)  # fmt: skip
def test_each_rule_of_coness_counts_from_its_event(
    coness: Firm, rule: str, data_set: str, started: str, over: str
) -> None:
    owed = erased(coness, person(coness, event(started, "2027-03-15")), data_set)
    assert (owed.rule, owed.event, on(owed.due)) == (rule, started, over)


@pytest.mark.parametrize(("data_set", "until"), [("invoices", "2033-01-01"), ("agreements", "2031-07-01")])
def test_books_are_kept_whatever_the_person_asks(coness: Firm, data_set: str, until: str) -> None:
    asked = event("erasure-requested", "2027-05-01")
    found = standing(coness, person(coness, asked, event("invoiced", "2027-03-15")), data_set)
    assert found.due is not None
    assert on(found.due) == until


def test_marketing_ends_with_the_consent_and_leaves_the_rest(coness: Firm) -> None:
    who = person(
        coness,
        consent("marketing", "2026-03-01", withdrawn="2027-05-31"),
        consent("recruitment", "2026-03-01"),
    )
    assert standing(coness, who, "marketing-contacts").due == at("2027-05-31")
    assert on(standing(coness, who, "application").due) == "2029-03-01"


def test_a_running_process_keeps_its_data_until_it_is_closed(firm: Firm) -> None:
    name = "application" if firm.home == "recman" else "candidate"
    withdrawn = consent("recruitment", "2026-03-01", withdrawn="2027-05-20")
    running = person(firm, withdrawn, event("process-opened", "2027-05-01"))
    assert standing(firm, running, name).due is None
    closed = person(
        firm, withdrawn, event("process-opened", "2027-05-01"), event("process-closed", "2027-05-31")
    )
    assert standing(firm, closed, name).due == at("2027-06-01")


def test_who_works_here_keeps_what_the_employment_needs(coness: Firm) -> None:
    works = person(coness, event("employment-ended", "2020-01-31"), event("employment-started", "2024-01-01"))
    found = standing(coness, works, "mailbox")
    assert found.due is None
    assert [each.rule for each in found.stays] == ["P15-employed"]


def test_client_of_isco_has_to_erase_on_the_day_after_the_process(isco: Firm) -> None:
    consented = consent("recruitment", "2026-03-01", over="2029-03-01")
    owed = erased(isco, person(isco, consented, event("process-closed", "2027-05-31")), "client-copies")
    assert (owed.rule, owed.processor, on(owed.due)) == ("P25", "clients", "2027-06-01")


def test_client_of_isco_keeps_whom_it_hired_as_long_as_they_work_there(isco: Firm) -> None:
    hired = (event("process-closed", "2027-05-31"), event("hired", "2027-05-15"))
    found = standing(isco, person(isco, *hired), "client-copies")
    assert found.due is None
    assert [(each.rule, each.ground) for each in found.stays] == [("P26", "employment")]
    left = person(isco, *hired, event("employment-ended", "2027-05-31"))
    assert standing(isco, left, "client-copies").due == at("2027-06-01")


def test_isco_keeps_a_candidate_as_long_as_consent_lasts(isco: Firm) -> None:
    closed = event("process-closed", "2026-03-01")
    lasting = person(isco, consent("recruitment", "2026-01-10", over="2029-03-01"), closed)
    assert erased(isco, lasting, "candidate", "invenias")[5:] == (
        "consent",
        "consent",
        at("2026-01-10"),
        at("2029-03-01"),
    )
    assert erased(isco, person(isco, closed), "reputation-check").rule == "N1"


def test_credit_check_of_isco_goes_after_three_months(isco: Firm) -> None:
    check = RecordFact("bisnode", "decision", at("2027-02-15"), None, None, vanished=False)
    owed = erased(isco, PersonFacts(1, records=(check,)), "credit-check")
    assert (owed.rule, on(owed.due)) == ("P40", "2027-05-15")


def test_audit_of_isco_goes_a_year_after_it_was_closed(isco: Firm) -> None:
    owed = erased(
        isco, person(isco, event("process-closed", "2027-01-31", "management-audit")), "audit-reports"
    )
    assert (owed.rule, on(owed.due)) == ("P35-audits", "2028-01-31")


def test_nobody_is_owed_anything_of_whom_nothing_is_known(firm: Firm) -> None:
    assert Judge(firm.rules, PersonFacts(1), at("2027-06-01")).standings() == []
