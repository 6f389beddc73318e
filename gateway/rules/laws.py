"""The rows of the law, read from the files `law/*.toml`: which of them are right, and what their values must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator

from gateway.errors import SettingsError
from gateway.rules.checks import keep_mistakes, start_mistakes
from gateway.rules.policy import LawRow, Mark, Switch
from gateway.rules.schema import EVENTS, KEEPING, RuleName, one_or_many
from gateway.settings.checking import Mistake, check, lines, parse
from gateway.settings.mistakes import near, unknown
from gateway.settings.tables import Table, key
from gateway.settings.values import A_COUNTRY, A_PERIOD, Country, Names, Retention, Text, Texts, choice

ACTS = ("clock", "retention", "keep", "duty")
AWAITING = frozenset({Mark.READING, Mark.GENERAL})
"""Marks of rows that a lawyer has yet to confirm: nobody but the firm itself turns them on."""


class SaysTable(Table):
    en: Text = key(..., "a sentence", "In English.")
    nb: Text = key(..., "a sentence", "In Norwegian Bokmål.")


class RowTable(Table):
    article: Text = key(..., "text such as GDPR Art. 12(3)", "Where it stands.")
    mark: Annotated[str, choice(*Mark)] = key(..., "C, G, R or M", "How sure it is.")
    source: Text = key(..., "text", "What was read.")
    acts: Annotated[str, choice(*ACTS)] = key(..., "clock, retention, keep or duty", "What it is for.")
    switch: Annotated[str, choice(*Switch)] = key(..., "on, warn or off", "Whether it acts.")
    says: SaysTable = key(..., "a table with en and nb", "What it says.")
    values: dict[str, Any] = key({}, "a table", "The numbers of it.")


class LawTable(Table):
    version: Text = key(..., "text", "When these rows were last read against their sources.")
    rows: dict[RuleName, RowTable] = key(..., "tables [rows.ID]", "The rows.", min_length=1)


class ClockValues(Table, extra="allow"):
    clock: Text = key(..., "what the clock is for, such as answer", "Who runs it looks for it by this word.")
    period: Retention | None = key(None, A_PERIOD, "How long it runs.")
    hours: int | None = key(None, "a whole number, 1 or more", "How long it runs, in hours.", ge=1)
    extension: Retention | None = key(None, A_PERIOD, "By how much it may be extended.")


class RetentionValues(Table):
    about: Text = key(..., "what purposes are about, such as recruitment", "For which purposes it counts.")
    start: Annotated[Names, BeforeValidator(one_or_many)] = key(..., EVENTS, "Counted from.", min_length=1)
    period: Retention = key(..., A_PERIOD, "How long data are kept.")
    unless: Annotated[str, choice("consent", optional=True)] = key(
        "", "consent", "For whom it does not count."
    )
    country: Country = key("", A_COUNTRY, "Where this is held; a firm turns on what it is under.")
    year_end: bool = key(default=False, right="true or false", text="Counted from the end of the year.")


class KeepValues(Table):
    duty: Text = key(..., "the duty of data sets, such as bookkeeping", "For which data sets it counts.")
    ground: Annotated[str, choice(*KEEPING)] = key(
        "legal-duty", f"one of {', '.join(KEEPING)}", "On which ground."
    )
    start: Text = key("erasure", "an event", "Counted from.")
    period: Retention | None = key(None, A_PERIOD, "How long.")
    until_event: Text = key("", "an event", "Until what happens.")
    year_end: bool = key(default=False, right="true or false", text="Counted from the end of the year.")
    readers: Texts = key((), "a list of texts", "Who may still read it.")


class DutyValues(Table, extra="allow"):
    """What others carry out; the gateway counts nothing by these."""


VALUES: Mapping[str, type[Table]] = {
    "clock": ClockValues, "retention": RetentionValues, "keep": KeepValues, "duty": DutyValues,
}  # fmt: skip


def law_texts() -> dict[str, str]:
    """The files that come with the gateway, name to text."""
    folder = files("gateway.rules") / "law"
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    return {name: (folder / name).read_text(encoding="utf-8") for name in found}


def read_laws(texts: Mapping[str, str]) -> Mapping[str, LawRow]:
    """The rows of these files by id; raises SettingsError naming every mistake in them."""
    return _read(tuple(sorted(texts.items())))


@lru_cache(8)
def _read(texts: tuple[tuple[str, str], ...]) -> Mapping[str, LawRow]:
    """The same texts are read again and again: once for every time a register is opened in a test, say."""
    rows: dict[str, LawRow] = {}
    wrong: list[str] = []
    for name, text in texts:
        table, mistakes = check(LawTable, parse(text, name, "a version and [rows.ID]"))
        if table is not None:
            mistakes += _wrong(table, rows)
            rows |= {row: _row(row, each) for row, each in table.rows.items()}
        wrong += lines(mistakes, name)
    if wrong:
        raise SettingsError(*wrong)
    return MappingProxyType(rows)


def _row(name: str, table: RowTable) -> LawRow:
    return LawRow(
        id=name,
        article=table.article,
        mark=Mark(table.mark),
        source=table.source,
        says=MappingProxyType(dict(table.says)),
        acts=table.acts,
        switch=Switch(table.switch),
        values=MappingProxyType(table.values),
    )


def _wrong(law: LawTable, others: Mapping[str, LawRow]) -> Iterator[Mistake]:
    """What is wrong only in the light of another key, or of another file."""
    for name, row in law.rows.items():
        at = ("rows", name)
        if name in others:
            yield at, "stands in another file of the law too"
        if row.mark in AWAITING and row.switch == Switch.ON:
            yield (*at, "switch"), f"a row marked {row.mark} awaits a lawyer: it has to begin as warn or off"
        values, found = check(VALUES[row.acts], row.values)
        yield from (((*at, "values", *place), text) for place, text in found)
        yield from (((*at, "values", key), text) for key, text in _values(values))


def _values(values: Table | None) -> Iterator[tuple[str, str]]:
    if isinstance(values, RetentionValues):
        yield from start_mistakes(values.start)
    if isinstance(values, KeepValues):
        yield from keep_mistakes(values.start, values.until_event)
    if isinstance(values, ClockValues):
        known = ClockValues.model_fields
        for word in values.model_extra or ():
            if near(word, known):
                yield word, unknown("key", word, known)
        if values.clock == "inform" and values.period is None:
            yield "period", f"is missing; must be {A_PERIOD}"
