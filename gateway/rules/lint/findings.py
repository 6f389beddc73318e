"""A finding of the policy linter: how grave, where, what is wrong, what the law says, what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from gateway.rules.policy import LawRow, Mark, Phrase, Policy, Statement, Switch
from gateway.settings import Period, Settings
from gateway.settings.period import read_period


class Severity(StrEnum):
    """How grave a finding is, the gravest first."""

    BROKEN = "broken"
    """It contradicts what a law or guidance on it says."""
    WARNING = "warning"
    """A person should look at it: it is a reading, or something that has to be weighed."""
    NOTE = "note"
    """Nothing is wrong; it is good to know."""


MARKS = {
    Mark.STATED: "stated in the law",
    Mark.GUIDANCE: "guidance",
    Mark.READING: "a reading, for the firm's lawyer to confirm",
    Mark.GENERAL: "general knowledge, for the firm's lawyer to confirm",
}
"""What the certainty marks mean, in words that can stand behind an article."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the linter found. `place` is a key of policy.toml or gateway.toml; `quote` the policy's own words."""

    check: str
    severity: Severity
    place: str
    wrong: str
    instead: str
    row: LawRow
    quote: str = ""

    def law(self, language: str = "en") -> str:
        """What the law says, with its article, its source and how sure that is."""
        row = self.row
        where = row.source if row.article in row.source else f"{row.article}; {row.source}"
        return f"{row.says[language]} ({where}; {row.mark}: {MARKS[row.mark]})"


class Fault(NamedTuple):
    """What a check saw; `row` is the id of the row of the law it rests on. With `row_is_off`, it is about that."""

    severity: Severity
    place: str
    wrong: str
    row: str
    instead: str
    phrase: Phrase | None = None
    row_is_off: bool = False


class Seen(NamedTuple):
    """What a check looks at."""

    policy: Policy
    settings: Settings
    today: date

    def said(self, name: str) -> Statement | None:
        """What the published policy says under `[notice.NAME]`."""
        return self.policy.notice.get(name)

    def counts(self, row: str) -> bool:
        """Whether a row of the law is there and not off."""
        found = self.policy.law.get(row)
        return found is not None and found.switch != Switch.OFF

    def rows(self, key: str) -> Iterator[LawRow]:
        """The rows of the law that count and have a value of this name."""
        for row in self.policy.law.values():
            if row.switch != Switch.OFF and key in row.values:
                yield row


class Check(NamedTuple):
    """One check: its id, what it is about in a few words, and how it looks."""

    id: str
    title: str
    look: Callable[[Seen], Iterator[Fault]]


def period_of(value: object) -> Period:
    """A period of a row or a statement, as it was read or as it is written."""
    return value if isinstance(value, Period) else read_period(str(value))


def listed(words: tuple[str, ...] | list[str]) -> str:
    """`a, b and c`."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
