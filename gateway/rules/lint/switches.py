"""Rows of the law that the policy switched off, although a law or guidance on it says them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.rules.lint.findings import MARKS, Check, Fault, Seen, Severity
from gateway.rules.policy import Mark, Switch

SURE = (Mark.STATED, Mark.GUIDANCE)


def _switched_off(seen: Seen) -> Iterator[Fault]:
    for row in seen.policy.law.values():
        if row.mark in SURE and row.switch != Switch.ON:
            yield Fault(
                Severity.BROKEN if row.mark == Mark.STATED else Severity.WARNING, f"law.{row.id}",
                f'{row.id} is switched to "{row.switch}", and is {MARKS[row.mark]}', row.id,
                f'{row.id} = "on", or leave it out', row_is_off=True,
            )  # fmt: skip


CHECKS = (Check("law-off", "A row of the law that was switched off", _switched_off),)
