"""Where the firm's policy and the law name different periods for the same thing, and which of the two acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from gateway.rules.lint.findings import period_of
from gateway.rules.policy import LawRow, Phrase, Policy, Rule, Switch
from gateway.settings import Period


class Difference(NamedTuple):
    """Two periods for one thing: the policy's, at `place`, and that of a row of the law. The shorter one acts."""

    place: str
    policy: Period
    row: LawRow
    law: Period
    is_law_stricter: bool
    phrase: Phrase | None = None

    @property
    def law_acts(self) -> bool:
        """Whether the row of the law acts: it is the stricter one, and more than warned about."""
        return self.is_law_stricter and self.row.switch == Switch.ON

    @property
    def unless(self) -> str:
        """For whom the row of the law does not count."""
        return str(self.row.values.get("unless", ""))

    @property
    def acts(self) -> str:
        """What acts: the id of the row, or the policy's own key."""
        return self.row.id if self.law_acts else self.place

    def __str__(self) -> str:
        warned = ", and is only warned about" if self.row.switch == Switch.WARN else ""
        unless = ", unless a consent stands" if self.law_acts and self.unless == "consent" else ""
        return (
            f"{self.place}: the policy says {self.policy}; {self.row.id} ({self.row.article}, {self.row.mark}) says "
            f"{self.law}{warned}. {self.acts} acts{unless}."
        )


def differences(policy: Policy, today: date) -> Iterator[Difference]:
    """All of them; periods in different units are compared as from today."""
    for rule in policy.rules:
        if rule.row is None:
            for row in _retention_rows(policy, rule):
                yield from _compare(f"rules.{rule.id}.period", rule.period, row, today, rule.phrase)
    said = policy.notice.get("inform_within")
    for row in policy.law.values():
        if said is not None and row.switch != Switch.OFF and row.values.get("clock") == "inform":
            place = "notice.inform_within"
            yield from _compare(place, period_of(said.value), row, today, said.phrase)


def _retention_rows(policy: Policy, rule: Rule) -> Iterator[LawRow]:
    abouts = {policy.purposes[name].about for name in rule.purposes if name in policy.purposes}
    for row in policy.law.values():
        if row.acts == "retention" and row.switch != Switch.OFF and row.values["about"] in abouts:
            yield row


def _compare(
    place: str, mine: Period, row: LawRow, today: date, phrase: Phrase | None
) -> Iterator[Difference]:
    law = period_of(row.values["period"])
    if mine.after(today) != law.after(today):
        yield Difference(place, mine, row, law, mine.after(today) > law.after(today), phrase)
