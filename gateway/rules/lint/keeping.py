"""How long data are kept: periods that are missing or too long, and kept sets without ground, reader or end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.rules.lint.differing import differences
from gateway.rules.lint.findings import Check, Fault, Seen, Severity, listed, period_of
from gateway.rules.policy import YIELDING, Basis, Keep, LawRow, Policy, Purpose, Rule, Switch
from gateway.rules.precedence import Ground, withstands_erasure

_TIME = re.compile(r"\b(dag|døgn|uke|måned|år|day|week|month|year)(er|ene|en|et|r|ne|n|s)?\b", re.IGNORECASE)
"""Words by which a phrase speaks of a period."""
BY_LAW = frozenset({Ground.ORDER, Ground.FREEZE, Ground.LEGAL_DUTY, Ground.EMPLOYMENT})
"""Grounds whose end others set; the published policy need not name it."""


def _kept_unsaid(seen: Seen) -> Iterator[Fault]:
    for keep in seen.policy.keeps:
        gaps = [] if keep.row is not None else list(_gaps(keep))
        if gaps:
            yield Fault(
                Severity.WARNING, f"keeps.{keep.id}", f"{listed(list(keep.data_sets))}: kept, but {listed(gaps)}",
                "G3-R", "say on which ground it stays, who may read it and when it ends, here and in the policy",
                keep.phrase,
            )  # fmt: skip


def _gaps(keep: Keep) -> Iterator[str]:
    if not withstands_erasure(keep.ground):
        yield f'"{keep.ground}" is no ground to keep what is due'
    if not keep.readers:
        yield "nobody is named who may read it"
    if not _has_end(keep):
        yield "it has no end"
    elif keep.ground not in BY_LAW and keep.phrase is not None and not _TIME.search(keep.phrase.text):
        yield "the published words give it no end"


def _has_end(keep: Keep) -> bool:
    return keep.period is not None or bool(keep.until_event)


def _kept_for_ever(seen: Seen) -> Iterator[Fault]:
    for keep in seen.policy.keeps:
        if not _has_end(keep):
            yield Fault(
                Severity.BROKEN, f"keeps.{keep.id}.period", f"{listed(list(keep.data_sets))}: kept without an end",
                "G3", "give it a period, or an until_event with which it ends", keep.phrase,
            )  # fmt: skip


def _no_period_published(seen: Seen) -> Iterator[Fault]:
    said = seen.said("retention")
    if said is not None and said.value == "none":
        law = "".join(f"; for {row.values['about']}, {_start(row)}" for row in _periods_on(seen.policy))
        yield Fault(
            Severity.BROKEN, "notice.retention", "the policy says neither how long data are stored nor what settles it",
            "A13-2a", f'give a period for each purpose (value = "periods"){law}', said.phrase,
        )  # fmt: skip
    for purpose in seen.policy.purposes.values():
        row = _law_for(seen.policy, purpose)
        bare = _bare(seen.policy, purpose)
        if row is not None and bare and YIELDING & set(purpose.bases):
            yield Fault(
                Severity.WARNING, f"purposes.{purpose.name}",
                f"no rule of the firm says how long {purpose.name} keeps {listed(bare)}", row.id,
                f"add a rule, [rules.NAME], with a start event and a period; {_start(row)}", purpose.phrase,
            )  # fmt: skip


def _start(row: LawRow) -> str:
    return f"the law as shipped starts from {period_of(row.values['period'])} ({row.id})"


def _no_period(seen: Seen) -> Iterator[Fault]:
    for purpose in seen.policy.purposes.values():
        bare = _bare(seen.policy, purpose)
        if not bare or _law_for(seen.policy, purpose) is not None:
            continue
        kept = {name for each in seen.policy.keeps if _has_end(each) for name in each.data_sets}
        yields = YIELDING & set(purpose.bases)
        if not yields and kept.issuperset(bare):
            continue
        never = yields == {Basis.LEGITIMATE_INTERESTS} and len(purpose.bases) == 1
        yield Fault(
            Severity.BROKEN if never else Severity.WARNING, f"purposes.{purpose.name}",
            f"no rule says how long {purpose.name} keeps {listed(bare)}"
            + (", so that nothing but an objection ends it" if never else ""),
            "G3", "add a rule, [rules.NAME], with a start event and a period", purpose.phrase,
        )  # fmt: skip


def _bare(policy: Policy, purpose: Purpose) -> list[str]:
    """The data sets of a purpose that no rule of the firm ends; the purpose itself where it names none."""
    rules = [each for each in policy.rules if each.row is None and purpose.name in each.purposes]
    if not purpose.data_sets:
        return [] if rules else ["what is held"]
    return [name for name in purpose.data_sets if not any(_is_on(each, name) for each in rules)]


def _is_on(rule: Rule, data_set: str) -> bool:
    return not rule.data_sets or data_set in rule.data_sets


def _periods_on(policy: Policy) -> list[LawRow]:
    return [each for each in policy.law.values() if each.acts == "retention" and each.switch == Switch.ON]


def _law_for(policy: Policy, purpose: Purpose) -> LawRow | None:
    """The period of the law that acts for a purpose."""
    return next((row for row in _periods_on(policy) if row.values["about"] == purpose.about), None)


def _longer_than_the_law(seen: Seen) -> Iterator[Fault]:
    for each in differences(seen.policy, seen.today):
        if each.is_law_stricter and each.row.acts == "retention":
            where = "where consent is asked for and renewed, nothing; else " if each.unless else ""
            yield Fault(
                Severity.NOTE, each.place, str(each).removeprefix(f"{each.place}: ").removesuffix("."), each.row.id,
                f"{where}{each.law}", each.phrase,
            )  # fmt: skip


CHECKS = (
    Check("L2", "A kept set without ground, reader or end", _kept_unsaid),
    Check("L10", "No period for how long data are stored", _no_period_published),
    Check("keep-without-end", "A kept set is kept for ever", _kept_for_ever),
    Check("retention-missing", "A purpose without a retention rule", _no_period),
    Check("longer-than-law", "A period that the law cuts short", _longer_than_the_law),
)
