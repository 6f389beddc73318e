"""Generated policies and people: any mixture of purposes, data sets, processors, rules, keeps, holds and events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from gateway.obligations import BasisFact, EventFact, HoldFact, PersonFacts, RecordFact
from gateway.rules import Rules
from gateway.rules.days import to_micros
from gateway.rules.policy import Basis, DataSet, HeldAt, Keep, Policy, Purpose, Rule
from gateway.rules.precedence import Ground
from gateway.settings.period import Period

NOW_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW = to_micros(NOW_AT)
PURPOSES, SETS, PLACES = (
    ("recruitment", "marketing", "invoicing"),
    ("cv", "report", "invoice"),
    ("recman", "crm", "paper"),
)
KINDS = {"recman": ("person", "note"), "crm": ("person",), "paper": ()}
EVENTS = ("process-closed", "hired", "left", "invoiced")

moments = st.integers(-1500, 1500).map(lambda days: to_micros(NOW_AT + timedelta(days=days)))
past = st.integers(-1500, 0).map(lambda days: to_micros(NOW_AT + timedelta(days=days)))
periods = st.builds(Period, st.integers(1, 40), st.sampled_from(["days", "weeks", "months"]))
grounds = st.sampled_from([Ground.LEGAL_DUTY, Ground.CLAIMS, Ground.EMPLOYMENT, Ground.CONTRACT])


@st.composite
def policies(draw: Any) -> Policy:
    """A policy; of each purpose and data set there is one rule at most, as the reader of policy.toml sees to."""
    data_sets, purposes, rules = {}, {}, []
    for name in SETS:
        held = draw(st.sets(st.sampled_from([HeldAt("recman"), HeldAt("recman", "person"), HeldAt("recman", "note"),
                                             HeldAt("crm"), HeldAt("paper")]), max_size=3))  # fmt: skip
        data_sets[name] = DataSet(name, name, held_at=tuple(sorted(held, key=str)))
    for name in PURPOSES:
        bases = draw(
            st.sets(st.sampled_from([*list(Basis)[:3], Basis.LEGITIMATE_INTERESTS]), min_size=1, max_size=2)
        )
        sets = tuple(sorted(draw(st.sets(st.sampled_from(SETS), min_size=1))))
        elsewhere = draw(st.sampled_from(["from-person", "elsewhere"]))
        purposes[name] = Purpose(name, name, tuple(sorted(bases)), sets, collected=elsewhere)
        for number, each in enumerate(sets):
            if draw(st.booleans()):
                start = tuple(draw(st.lists(st.sampled_from(["created", "updated", "active", "consent", *EVENTS]),
                                            min_size=1, max_size=2, unique=True)))  # fmt: skip
                asks = number == 0 and draw(st.booleans())
                rules.append(Rule(
                    f"{name}-{each}", (name,), (each,), start, draw(periods), year_end=draw(st.booleans()),
                    warn=(Period(60, "days"),) if asks else (), ask_again=Period(30, "days") if asks else None,
                ))  # fmt: skip
    keeps = [
        Keep(f"K{number}", tuple(sorted(draw(st.sets(st.sampled_from(SETS), min_size=1)))), draw(grounds), "kept",
             start=draw(st.sampled_from(["erasure", "hired", "invoiced"])), period=draw(st.none() | periods),
             until_event=draw(st.sampled_from(["", "left"])))
        for number in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    uses = {
        (name, each.processor): tuple(purpose for purpose in PURPOSES if name in purposes[purpose].data_sets)
        for name, data_set in data_sets.items()
        for each in data_set.held_at
    }
    return Policy("A firm", "v1", purposes, data_sets, uses, tuple(rules), tuple(keeps))


bases = st.builds(BasisFact, st.sampled_from(PURPOSES), st.none() | st.sampled_from(PLACES), st.none() | past,
                  st.none() | moments, st.none() | past)  # fmt: skip
records = st.builds(RecordFact, st.sampled_from(("recman", "crm")), st.sampled_from(["person", "note"]), st.none() | past,
                    st.none() | past, st.none() | past, st.just(value=False))  # fmt: skip
events = st.builds(EventFact, st.sampled_from([*EVENTS, "informed", "first-contact", "renewal-asked", "erasure-requested"]),
                   st.none() | st.sampled_from(PURPOSES), past)  # fmt: skip
holds = st.builds(HoldFact, st.integers(1, 9), st.sampled_from(["order", "freeze", "claims"]),
                  st.none() | st.sampled_from(SETS), past, st.none() | moments)  # fmt: skip
people = st.builds(
    PersonFacts, st.just(1), st.lists(bases, max_size=4).map(tuple), st.lists(records, min_size=1, max_size=4).map(tuple),
    st.lists(events, max_size=4).map(tuple), st.lists(holds, max_size=2, unique_by=lambda each: each.number).map(tuple),
)  # fmt: skip


def rules_of(policy: Policy) -> Rules:
    return Rules(policy, ZoneInfo("Europe/Oslo"), frozenset({"paper"}), KINDS)
