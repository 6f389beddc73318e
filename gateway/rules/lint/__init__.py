"""What is wrong with a policy: contradictions between it, the law and the register, each with what to write instead.

Every check goes by the structure of policy.toml and gateway.toml, so that it works on any firm's, and rests on a row of
the law. A row that is off is not held against the policy; one that is a reading or only warns can break nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.rules.lint import bases, fields, keeping, notice, parties, suppliers, switches
from gateway.rules.lint.findings import Check, Fault, Finding, Seen, Severity
from gateway.rules.policy import LawRow, Mark, Policy, Switch
from gateway.settings import Settings

__all__ = ["CHECKS", "Check", "Finding", "Severity", "lint"]


def _place(check: Check) -> tuple[bool, int]:
    """L1, L2, … L20, and then the others in the order of their themes."""
    number = check.id.removeprefix("L")
    return not number.isdigit(), int(number) if number.isdigit() else 0


CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (
            *notice.CHECKS, *keeping.CHECKS, *bases.CHECKS, *fields.CHECKS, *suppliers.CHECKS, *parties.CHECKS,
            *switches.CHECKS,
        ),
        key=_place,
    )
)  # fmt: skip
"""Every check, L1 to L20 first."""
ORDER = tuple(Severity)


def lint(policy: Policy, settings: Settings, today: date) -> list[Finding]:
    """What is wrong, the worst first."""
    return sorted(_findings(Seen(policy, settings, today)), key=lambda each: ORDER.index(each.severity))


def _findings(seen: Seen) -> Iterator[Finding]:
    for check in CHECKS:
        for fault in check.look(seen):
            row = seen.policy.law.get(fault.row)
            if row is not None and (fault.row_is_off or row.switch != Switch.OFF):
                quote = "" if fault.phrase is None else fault.phrase.text
                yield Finding(
                    check.id, _severity(fault, row), fault.place, fault.wrong, fault.instead, row, quote
                )


def _severity(fault: Fault, row: LawRow) -> Severity:
    awaits = row.mark in (Mark.READING, Mark.GENERAL) or (row.switch == Switch.WARN and not fault.row_is_off)
    return Severity.WARNING if awaits and fault.severity == Severity.BROKEN else fault.severity
