"""Whatever stands in a policy.toml: what reads, reads the same again, in any order of tables; all else is a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.rules.policy import Basis, Policy
from gateway.rules.reading import from_text
from gateway.rules.schema import KEEPING, document
from gateway.settings import Brake, Gateway, Processor, Settings

PLACES = ("recman", "outlook", "paper")
ROW = """\
[rows.{}]
article = "Act § 1"
mark = "C"
source = "The act"
acts = "{}"
switch = "{}"
says = {{ en = "So it is.", nb = "Slik er det." }}
values = {}
"""
HIRING = '{ about = "recruitment", start = ["hired", "updated"], period = "1 year", unless = "consent" }'
PAPERS = '{ duty = "bookkeeping", start = "invoiced", period = "5 years", year_end = true }'
ROWS = [
    ("N1", "retention", "on", HIRING),
    ("DK1", "retention", "off", HIRING),
    ("N6", "keep", "warn", PAPERS),
]
LAW = {"law.toml": 'version = "1"\n' + "".join(ROW.format(*each) for each in ROWS)}
Table = dict[str, Any]


def settings(**narrow: tuple[str, ...]) -> Settings:
    filled = {
        name: Processor.model_construct(name=name, purposes=narrow.get(name, ()))
        for name in (*PLACES, "invenias")
    }
    return Settings(Path("gateway.toml"), Gateway.model_construct(), Brake(), {}, MappingProxyType(filled))


def some(*words: str, least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), unique=True, min_size=least)


PERIODS = st.builds("{} {}".format, st.integers(6, 60), st.just("months")) | st.sampled_from(
    ["1 year", "400 days"]
)
WARNINGS = some("90 days", "2 weeks", "7 days").map(
    lambda days: sorted(days, key=["90 days", "2 weeks", "7 days"].index)
)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Table]:
    """The tables of a policy that is right, by the path of each."""
    made: dict[str, Table] = {"policy": {"title": "x"}, "events.closed": {"title": "x"}}
    sets = ["cv", "notes", "report"]
    for name in sets:
        held = draw(some(*PLACES, "invenias:person", "invenias:note"))
        duty = draw(st.sampled_from(["", "bookkeeping", "archive"]))
        made[f"data_sets.{name}"] = {"title": name, "held_at": held, "duty": duty}
    purposes = draw(some("hiring", "audit", "letters"))
    for name in purposes:
        used = draw(some(*sets))
        about = draw(st.sampled_from(["", "recruitment"]))
        bases = draw(some(*Basis, least=1))
        made[f"purposes.{name}"] = {"title": name, "bases": bases, "data_sets": used, "about": about}
        starts = draw(some("closed", "updated", "consent", least=1))
        rule: Table = {"purposes": [name], "start": starts, "period": draw(PERIODS), "warn": draw(WARNINGS)}
        if rule["warn"] and draw(st.booleans()):
            rule["ask_again"] = rule["warn"][0]
        if used and draw(st.booleans()):
            rule["data_sets"] = draw(some(*used, least=1))
        if draw(st.booleans()):
            made[f"rules.R-{name}"] = rule
    for name in draw(some("K1", "K2")):
        ground, start = draw(st.sampled_from(KEEPING)), draw(st.sampled_from(["erasure", "closed"]))
        kept = draw(some(*sets, least=1))
        made[f"keeps.{name}"] = {"data_sets": kept, "ground": ground, "text": "x", "start": start}
    switched = draw(some("N1", "N6", "DK1"))
    made["law"] = {row: draw(st.sampled_from(["on", "warn", "off"])) for row in switched}
    return made


def toml(made: dict[str, Table], order: list[str]) -> str:
    # What these tables hold, text, numbers and lists, JSON writes as TOML does.
    return "".join(
        f"[{path}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in made[path].items())
        for path in order
    )


def meaning(policy: Policy) -> dict[str, Any]:
    """What the policy says, whatever stands first in it."""
    return {
        "rules": {
            each.id: (
                set(each.purposes),
                set(each.data_sets),
                set(each.start),
                each.period,
                each.warn,
                each.ask_again,
            )
            for each in policy.rules
        },
        "keeps": {
            each.id: (set(each.data_sets), each.ground, each.start, each.period) for each in policy.keeps
        },
        "uses": {place: set(purposes) for place, purposes in policy.uses.items()},
        "held": {name: set(each.held_at) for name, each in policy.data_sets.items()},
        "rest": (policy.purposes, policy.events, policy.law, policy.title),
    }


@limits(max_examples=40, deadline=None)
@given(tables(), some("hiring", "audit"), st.data())
def test_policy_means_the_same_when_it_is_read_again_and_in_another_order(
    made: dict[str, Table], narrow: list[str], data: st.DataObject
) -> None:
    named = tuple(name for name in narrow if f"purposes.{name}" in made)
    firm = settings(outlook=named)
    policy = from_text(toml(made, list(made)), LAW, firm)
    assert from_text(toml(made, list(made)), LAW, firm) == policy
    other = from_text(toml(made, data.draw(st.permutations(list(made)))), LAW, firm)
    assert meaning(other) == meaning(policy)


@limits(max_examples=40, deadline=None)
@given(tables())
def test_data_set_serves_exactly_those_purposes_that_use_it_where_it_is_held(made: dict[str, Table]) -> None:
    policy = from_text(toml(made, list(made)), LAW, settings())
    for name in policy.data_sets:
        table = made[f"data_sets.{name}"]
        users = tuple(each.name for each in policy.purposes.values() if name in each.data_sets)
        places = {each.partition(":")[0] for each in table["held_at"]}
        assert {at: uses for (held, at), uses in policy.uses.items() if held == name} == dict.fromkeys(
            places, users
        )


@limits(max_examples=40, deadline=None)
@given(tables(), st.data())
def test_removing_a_table_is_read_or_a_mistake_of_another_that_names_it(
    made: dict[str, Table], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from([path for path in made if path != "policy"]))
    name = gone.partition(".")[2]
    try:
        policy = from_text(toml(made, [path for path in made if path != gone]), LAW, settings())
    except SettingsError as err:
        found = list(err.mistakes)
        assert found
        assert all(f'"{name}": unknown ' in line for line in found), found
    else:
        assert name not in {*policy.purposes, *policy.data_sets, *(each.id for each in policy.rules)} - {""}


ODD = [
    "1", "-1", "1e400", "nan", "true", '""', '"\\u0000"', "[]", "[[]]", "[{}]", '[""]', "{}", "{ x = 1 }", "07:32:00",
    '{ value = "x" }', "1979-05-27T07:32:00Z", '"' + "x" * 1000 + '"', '"' + "\U0001f600" * 9 + '"', "[1, 1]",
]  # fmt: skip
PATHS = [key.path.replace("NAME", "odd").replace("ID", "odd").replace("ROW", "odd") for key in document()]
SECTIONS = sorted({each.partition(".")[0] for each in PATHS} - {"PHRASE"})
HEAD = '[policy]\ntitle = "x"\n'


@pytest.mark.parametrize("value", ODD)
def test_no_value_anywhere_does_more_than_make_a_mistake(value: str) -> None:
    for path in [*SECTIONS, *(f"{each}.odd" for each in SECTIONS), *PATHS]:
        head = "" if path.startswith("policy") else HEAD
        try:
            from_text(f"{path} = {value}\n{head}", {}, settings())
        except SettingsError as err:
            found = list(err.mistakes)
        else:
            found = []
        assert all(line.startswith((*SECTIONS, "PHRASE")) for line in found)
        assert all(line.endswith(" (policy.toml)") for line in found)
