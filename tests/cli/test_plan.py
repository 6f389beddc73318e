"""`gateway plan`: the future in a table, a chart and sentences, and nothing written for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from gateway.ledger import tables as t

DAY = timedelta(days=1)
RECMAN = """
[processors.recman]
plugin = "recman"
role = "processor"
agreement = "DPA 2 of 2026-01-01"
location = "NO"
{more}
[processors.recman.settings]
url = "https://recman.example.org"
key = {{ env = "EXAMPLE_KEY" }}
"""
PAPER = '[processors.paper]\nrole = "joint"\nlocation = "archive"\n'
POLICY = """
[policy]
title = "Personvern"
[data_sets.application]
title = "CV"
held_at = ["example", "recman", "paper"]
[purposes.recruitment]
title = "Rekruttering"
bases = ["consent"]
data_sets = ["application"]
[rules.{rule}]
purposes = ["recruitment"]
start = ["updated"]
period = "{period}"
"""


@pytest.fixture
def planned(firm):
    """A firm with a policy of two years, at three processors, that holds nobody yet."""

    def write(more="", period="24 months", rule="P1"):
        firm.write(tail=RECMAN.format(more=more) + PAPER)
        head, rest = firm.toml.read_text().split("\n[purposes", 1)
        processors = rest[rest.index("\n[processors.example]") :]
        firm.toml.write_text(head + processors)
        (firm.folder / "policy.toml").write_text(POLICY.format(rule=rule, period=period))
        return firm

    write()
    firm.again = write
    return firm


@pytest.fixture
def hold(planned):
    """Puts people into the ledger, held at Example: `hold(days, days, …)` since they were changed."""

    def put(*ages, processor="example"):
        now = datetime.now(UTC)
        ledger = planned.ledger()
        with ledger.write() as tx:
            first = tx.execute(sa.select(sa.func.count()).select_from(t.subjects)).scalar_one() + 1
            people = [{"id": number, "wrapped_key": b"key"} for number, _ in enumerate(ages, first)]
            tx.execute(t.subjects.insert(), people)
            records = [
                {"processor": processor, "kind": "person", "vendor_id": str(number), "subject_id": number, "sealed": b"",
                 "digest": b"", "updated_at": now - age * DAY, "sweep_id": 1, "state": "held"}
                for number, age in enumerate(ages, first)
            ]  # fmt: skip
            tx.execute(t.records.insert(), records)
        ledger.close()

    return put


@pytest.fixture
def begin(planned, hold):
    """Opens cases with a step at Recman that have to be done in some days: `begin(people, days)`."""

    def put(people, days):
        hold(*[1] * people)
        now = datetime.now(UTC)
        ledger = planned.ledger()
        with ledger.write() as tx:
            case = {
                "trigger": "request",
                "why": "",
                "state": "open",
                "opened_at": now,
                "due_at": now + days * DAY,
            }
            step = {"processor": "recman", "reason": "", "kept": [], "deleted": [], "attempts": 0}
            tx.execute(t.cases.insert(), [case | {"id": n, "subject_id": n} for n in range(1, people + 1)])
            tx.execute(t.steps.insert(), [step | {"case_id": n} for n in range(1, people + 1)])
        ledger.close()

    return put


def everything(firm):
    """All rows of all tables."""
    ledger = firm.ledger()
    with ledger.read() as tx:
        found = {
            table.name: [tuple(row) for row in tx.execute(sa.select(table))]
            for table in t.metadata.sorted_tables
        }
    ledger.close()
    return found


def test_nothing_is_planned_where_nobody_is_held(planned):
    shown = planned("plan").stdout
    assert "0 people known; 0 of them with a date in that time." in shown
    assert "Nothing falls due, and nothing is under way." in shown


def test_what_falls_due_is_shown_week_by_week_as_a_chart_and_in_sentences(planned, hold):
    hold(600, 600, 500, 100)
    shown = planned("plan").stdout
    assert "by Personvern, version" in shown
    assert "4 people known; 3 of them with a date in that time." in shown
    assert "example  recman  paper" in shown
    assert " ".join(next(line for line in shown.splitlines() if "in all" in line).split()) == "in all 3 3 3"
    assert "##########" in shown
    assert "# deletions, each of one person at one processor" in shown
    assert "- example: 3 deletions with no call limit named; the last is done on" in shown
    assert "- paper: 3 tasks for a person, since there is no plugin for it." in shown
    assert "As things are, nothing will be past its date." in shown


def test_many_weeks_become_months(planned, hold):
    hold(*range(370, 720, 7))
    shown = planned("plan").stdout
    assert f"{datetime.now(UTC) + 100 * DAY:%Y-%m} " in shown
    assert "-W" not in shown
    assert len(planned.json("plan")["weeks"]) > 100


def test_until_says_how_far_it_looks(planned, hold):
    hold(600)
    soon, today = datetime.now(UTC) + 30 * DAY, datetime.now(UTC)
    assert planned.json("plan", "--until", f"{soon:%Y-%m-%d}")["people_due"] == 0
    refused = planned("plan", "--until", f"{today - 9 * DAY:%Y-%m-%d}", code=2).stderr
    assert "is not after today" in " ".join(refused.split())
    assert "has to be a day such as 2026-03-31" in planned("plan", "--until", "soon", code=2).stderr


def test_what_goes_past_its_date_ends_with_3_and_says_what_to_do(planned, begin):
    begin(450, 2)
    shown = " ".join(planned("plan", code=3).stdout.split())
    assert (
        "recman: 450 deletions within 200 calls per UTC day at 2 calls each (taken for granted, nothing"
        in shown
    )
    assert "150 go past their date, the first of" in shown
    assert "by 2 days at most." in shown
    assert (
        "Either have the quota raised to 300 calls a day, or have them deleted in one go in recman's own"
        in shown
    )
    assert "one task for a person, and it is proven with 1 read." in shown
    assert "As things are, 150 deletions will be past their date." in shown
    assert "! those past their date" in shown


def test_a_disabled_processor_is_named_and_never_ends(planned, hold):
    hold(600)
    planned.again("enabled = false")
    shown = planned("plan", code=3).stdout
    assert "- recman: 1 deletion, never while it is disabled in gateway.toml." in shown
    assert "1 deletion will be past its date." in shown


def test_a_plan_writes_nothing(planned, hold, begin):
    begin(30, 20)
    hold(600, 900)
    planned.ledger().close()
    database = planned.folder / "gateway.db"
    before, bytes_before = everything(planned), database.read_bytes()
    planned("plan", "--by-person")
    planned.json("plan", "--what-if", str(planned.folder / "policy.toml"))
    assert database.read_bytes() == bytes_before
    assert everything(planned) == before


def test_a_plan_cannot_write(planned, hold, monkeypatch):
    from gateway.cli import planning

    def meddle(tx, _zone):
        tx.execute(t.subjects.delete())

    hold(600)
    monkeypatch.setattr(planning, "open_steps", meddle)
    assert "attempt to write a readonly database" in planned("plan", code=4).stderr


def test_what_if_with_the_same_policy_moves_no_date(planned, hold):
    hold(600, 700, 100)
    shown = planned("plan", "--what-if", str(planned.folder / "policy.toml")).stdout
    assert "No date moves: the same falls due on the same days." in shown
    assert "Then, nothing will be past its date." in shown


@pytest.fixture
def shorter(planned):
    """Another policy, with one year instead of two."""
    path = planned.folder / "shorter.toml"
    path.write_text(POLICY.format(rule="Q1", period="12 months"))
    return str(path)


def test_what_if_says_how_many_come_to_it_and_which_go_earlier(planned, hold, shorter):
    hold(600, 200)
    shown = planned("plan", "--what-if", shorter).stdout
    assert "shorter.toml acted (Personvern)?" in " ".join(shown.split())
    assert "A date moves for 2 people." in shown
    found = planned.json("plan", "--what-if", shorter)["what_if"]
    at_example = next(each for each in found["differences"] if each["processor"] == "example")
    assert at_example == {
        "kind": "erase", "processor": "example", "now": 1, "then": 2, "more": 1, "fewer": 0, "earlier": 1, "later": 0,
    }  # fmt: skip
    assert found["moved_people"] == 2


def test_what_if_of_a_file_that_is_none_says_so(planned):
    assert "nowhere.toml" in planned("plan", "--what-if", str(planned.folder / "nowhere.toml"), code=2).stderr


def test_by_person_lists_dates_and_with_another_policy_how_they_change(planned, hold, shorter):
    hold(600)
    assert " (P1)  erase application at example" in planned("plan", "--by-person").stdout
    (line,) = [
        each
        for each in planned("plan", "--by-person", "--what-if", shorter).stdout.splitlines()
        if each.startswith("S1 ") and each.endswith("at example")
    ]
    assert "(P1) -> " in line
    assert "(Q1)  erase application at example" in line
    dates = planned.json("plan", "--by-person", "--what-if", shorter)["dates"]
    assert {(each["person"], each["rule"], each["then_rule"]) for each in dates} == {("S1", "P1", "Q1")}


def test_a_change_of_the_rules_that_does_not_act_yet_is_told(planned, hold):
    planned.again("enabled = false")
    planned("sync")
    hold(600)
    planned.again("enabled = false", period="36 months")
    shown = " ".join(planned("plan", code=3).stdout.split())
    assert "The rules were changed since and do not act yet" in shown


def test_the_document_has_the_same_numbers(planned, hold):
    hold(600, 600, 700)
    found = planned.json("plan")
    assert (found["people"], found["people_due"], found["late"], found["what_if"]) == (3, 3, 0, None)
    assert sum(each["count"] for each in found["weeks"] if each["processor"] == "example") == 3
    example = next(each for each in found["processors"] if each["name"] == "example")
    assert (example["way"], example["due"], example["late_days"]) == ("calls", 3, [])
