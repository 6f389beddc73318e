"""From tables that are right to one Policy: defaults filled in, the rows of the law that act as rules beside the firm's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from gateway.rules import schema
from gateway.rules.laws import KeepValues, RetentionValues
from gateway.rules.notice import PhraseTable
from gateway.rules.policy import (
    Basis,
    DataSet,
    HeldAt,
    Keep,
    LawRow,
    Party,
    Phrase,
    Policy,
    Purpose,
    Rule,
    Statement,
    Switch,
)
from gateway.rules.precedence import Ground
from gateway.settings import Settings
from gateway.settings.tables import Table

T = TypeVar("T", bound=Table)


def compiled(
    contents: schema.Contents, law: Mapping[str, LawRow], settings: Settings, version: str
) -> Policy:
    """The policy these tables make, with the rows of the law as the firm switched them."""
    language = contents.policy.language
    rows = {name: _switched(row, contents.law.get(name)) for name, row in law.items()}
    purposes = {name: _purpose(name, each, language) for name, each in contents.purposes.items()}
    data_sets = {name: _data_set(name, each, language) for name, each in contents.data_sets.items()}
    acting = [row for row in rows.values() if row.switch == Switch.ON]
    law_rules = [*_law_rules(acting, purposes)]
    law_keeps = [*_law_keeps(acting, data_sets, language)]
    return Policy(
        title=contents.policy.title,
        version=version,
        purposes=MappingProxyType(purposes),
        data_sets=MappingProxyType(data_sets),
        uses=MappingProxyType(_uses(purposes, data_sets, settings)),
        rules=(*(_rule(name, each, purposes, language) for name, each in contents.rules.items()), *law_rules),
        keeps=(*(_keep(name, each, language) for name, each in contents.keeps.items()), *law_keeps),
        events=MappingProxyType(_events(contents.events, law_rules, law_keeps)),
        law=MappingProxyType(rows),
        controllers=_parties(contents.controllers),
        subjects=_parties(contents.subjects),
        sources=_parties(contents.sources),
        recipients=_parties(contents.recipients),
        notice=MappingProxyType(_notice(contents, language)),
        language=language,
        published=contents.policy.published,
    )


def narrowed(settings: Settings, processor: str) -> tuple[str, ...]:
    """The purposes gateway.toml keeps a processor for; none where it says nothing, or names all it has."""
    named = settings.processors[processor].purposes
    return () if set(named) == set(settings.purposes) else named


def _switched(row: LawRow, switch: str | None) -> LawRow:
    return row if switch is None else replace(row, switch=Switch(switch))


def _phrase(table: PhraseTable | None, language: str) -> Phrase | None:
    return None if table is None else Phrase(table.text, table.language or language, table.ref)


def _purpose(name: str, table: schema.PurposeTable, language: str) -> Purpose:
    return Purpose(
        **{
            **dict(table),
            "name": name,
            "bases": tuple(map(Basis, table.bases)),
            "phrase": _phrase(table.phrase, language),
        }
    )


def _data_set(name: str, table: schema.DataSetTable, language: str) -> DataSet:
    places = tuple(HeldAt(*each.partition(":")[::2]) for each in table.held_at)
    return DataSet(
        **{**dict(table), "name": name, "held_at": places, "phrase": _phrase(table.phrase, language)}
    )


def _rule(name: str, table: schema.RuleTable, purposes: Mapping[str, Purpose], language: str) -> Rule:
    data_sets = table.data_sets or _all_sets(purposes[each] for each in table.purposes)
    return Rule(
        **{**dict(table), "id": name, "data_sets": data_sets, "phrase": _phrase(table.phrase, language)}
    )


def _keep(name: str, table: schema.KeepTable, language: str) -> Keep:
    return Keep(
        **{
            **dict(table),
            "id": name,
            "ground": Ground(table.ground),
            "phrase": _phrase(table.phrase, language),
        }
    )


def _all_sets(purposes: Iterable[Purpose]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in purposes for name in each.data_sets))


def _uses(
    purposes: Mapping[str, Purpose], data_sets: Mapping[str, DataSet], settings: Settings
) -> dict[tuple[str, str], tuple[str, ...]]:
    uses: dict[tuple[str, str], tuple[str, ...]] = {}
    for name, data_set in data_sets.items():
        for processor in dict.fromkeys(each.processor for each in data_set.held_at):
            only = narrowed(settings, processor)
            uses[name, processor] = tuple(
                each.name
                for each in purposes.values()
                if name in each.data_sets and (not only or each.name in only)
            )
    return uses


def _law_rules(acting: Iterable[LawRow], purposes: Mapping[str, Purpose]) -> Iterator[Rule]:
    for row in acting:
        if row.acts == "retention":
            values = RetentionValues.model_validate(dict(row.values))
            about = [each for each in purposes.values() if each.about == values.about and each.data_sets]
            if about:
                yield Rule(
                    id=row.id,
                    purposes=tuple(each.name for each in about),
                    data_sets=_all_sets(about),
                    start=values.start,
                    period=values.period,
                    year_end=values.year_end,
                    unless=values.unless,
                    row=row,
                )


def _law_keeps(acting: Iterable[LawRow], data_sets: Mapping[str, DataSet], language: str) -> Iterator[Keep]:
    for row in acting:
        if row.acts == "keep":
            values = KeepValues.model_validate(dict(row.values))
            kept = tuple(each.name for each in data_sets.values() if each.duty == values.duty)
            if kept:
                yield Keep(
                    id=row.id,
                    data_sets=kept,
                    ground=Ground(values.ground),
                    text=row.says.get(language, row.says["en"]),
                    start=values.start,
                    period=values.period,
                    until_event=values.until_event,
                    year_end=values.year_end,
                    readers=values.readers,
                    row=row,
                )


def _events(
    declared: Mapping[str, schema.EventTable], rules: Iterable[Rule], keeps: Iterable[Keep]
) -> dict[str, str]:
    """The events of the policy, and those that rows of the law begin or end by, called after the row."""
    events = {name: each.title for name, each in declared.items()}
    of_law: list[tuple[str, LawRow | None]] = [(name, each.row) for each in rules for name in each.start]
    of_law += [(name, each.row) for each in keeps for name in (each.start, each.until_event) if name]
    for name, row in of_law:
        if name not in schema.BUILT_IN and row is not None:
            events.setdefault(name, f"{name.replace('-', ' ')} ({row.article})")
    return events


def _parties(tables: Mapping[str, T]) -> Mapping[str, Party]:
    return MappingProxyType({name: _party(name, dict(table)) for name, table in tables.items()})


def _party(name: str, values: dict[str, Any]) -> Party:
    return Party(name, values.pop("title"), MappingProxyType(values))


def _notice(contents: schema.Contents, language: str) -> dict[str, Statement]:
    return {
        name: Statement(name, table.value, _phrase(table.phrase, language))
        for name, table in dict(contents.notice).items()
        if table is not None
    }
