"""Policies and registers made by hand, over the law as it ships, and the linter run on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gateway.rules.laws import law_texts, read_laws
from gateway.rules.lint import Finding, lint
from gateway.rules.policy import (
    Basis,
    DataSet,
    Keep,
    LawRow,
    Mark,
    Party,
    Phrase,
    Policy,
    Purpose,
    Rule,
    Statement,
    Switch,
)
from gateway.rules.precedence import Ground
from gateway.settings import Brake, Gateway, Processor, Settings
from gateway.settings.period import read_period

TODAY = date(2026, 11, 23)
LAW = read_laws(law_texts())
PERIODS = ("period", "ask_again")


def named(kind: Any, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: kind(**{"name": name, "title": name} | table) for name, table in tables.items()}


def numbered(kind: Any, tables: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    found = []
    for name, table in tables.items():
        values = {key: read_period(value) if key in PERIODS else value for key, value in table.items()}
        words = values.pop("words", "")
        found.append(kind(id=name, phrase=Phrase(words) if words else None, **values))
    return tuple(found)


def make_policy(
    *, purposes: Any = None, data_sets: Any = None, rules: Any = None, keeps: Any = None, notice: Any = None,
    controllers: Any = None, recipients: Any = None, published: str = "", law: Any = None,
    rows: Any = None,
) -> Policy:  # fmt: skip
    """A policy in the words of policy.toml; `law` switches rows, `rows` replaces all of them."""
    switched = {name: replace(LAW[name], switch=Switch(word)) for name, word in (law or {}).items()}
    parties = [
        {name: Party(name, table.get("title", name), table) for name, table in (tables or {}).items()}
        for tables in (controllers, recipients)
    ]
    return Policy(
        title="Personvernpolicy",
        version="0123456789abcdef",
        purposes={
            name: replace(each, bases=tuple(map(Basis, each.bases)))
            for name, each in named(Purpose, purposes or {}).items()
        },
        data_sets=named(DataSet, data_sets or {}),
        uses={},
        rules=numbered(Rule, rules or {}),
        keeps=tuple(replace(each, ground=Ground(each.ground)) for each in numbered(Keep, keeps or {})),
        law=rows if rows is not None else {**LAW, **switched},
        controllers=parties[0],
        recipients=parties[1],
        notice={name: Statement(name, value) for name, value in (notice or {}).items()},
        published=date.fromisoformat(published) if published else None,
    )


def make_settings(processors: Any = None) -> Settings:
    """A register whose processors have an agreement that was signed, unless they say otherwise."""
    signed = {"role": "processor", "agreement": "DPA 1", "signed": date(2026, 1, 1), "location": "NO"}
    made = {
        name: Processor.model_construct(**{"name": name, "title": name.title()} | signed | table)
        for name, table in (processors or {}).items()
    }
    return Settings(
        Path("gateway.toml"), Gateway.model_construct(), Brake(), MappingProxyType({}), MappingProxyType(made)
    )


def found_in(processors: Any = None, *, today: date = TODAY, **policy: Any) -> list[Finding]:
    return lint(make_policy(**policy), make_settings(processors), today)


@pytest.fixture
def linted() -> Callable[..., list[Finding]]:
    """All findings: `linted({"shl": {...}}, purposes={...}, notice={...})`."""
    return found_in


@pytest.fixture
def find(linted: Callable[..., list[Finding]]) -> Callable[..., list[Finding]]:
    """The findings of one check."""

    def ask(check: str, *args: Any, **policy: Any) -> list[Finding]:
        return [each for each in linted(*args, **policy) if each.check == check]

    return ask


@pytest.fixture
def law() -> dict[str, LawRow]:
    """The law as it ships."""
    return dict(LAW)


@pytest.fixture
def awaiting() -> frozenset[Mark]:
    """The marks of rows that wait for a lawyer."""
    return frozenset({Mark.READING, Mark.GENERAL})
