"""Legal bases: two for one purpose, one that cannot carry what rests on it, one that nothing proves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gateway.rules.lint.findings import Check, Fault, Seen, Severity, listed
from gateway.rules.policy import YIELDING, Basis, Mark, Purpose


def _consent_carries_too_much(seen: Seen) -> Iterator[Fault]:
    rows = [each for each in seen.rows("special") if "bases" in each.values]
    for purpose in seen.policy.purposes.values():
        for row in rows:
            special, needed = row.values["special"], list(row.values["bases"])
            sets = [
                name
                for name in purpose.data_sets
                if name in seen.policy.data_sets and special in seen.policy.data_sets[name].special
            ]
            if sets and Basis.CONSENT in purpose.bases and not set(needed) & set(purpose.bases):
                yield Fault(
                    Severity.BROKEN if row.mark == Mark.STATED else Severity.WARNING, f"purposes.{purpose.name}.bases",
                    f"consent alone carries {listed(sets)} ({special} data)", row.id,
                    f"name the basis that carries it ({' or '.join(needed)}) and where it is shown; else do without",
                    purpose.phrase,
                )  # fmt: skip


def _marketing_on_two(seen: Seen) -> Iterator[Fault]:
    for row in seen.rows("about"):
        if row.acts != "duty":
            continue
        purposes = [each for each in seen.policy.purposes.values() if each.about == row.values["about"]]
        instead = (
            "part customers from all others: one purpose on interests, one on consent, and nobody in both"
        )
        for each in purposes:
            if len(each.bases) > 1:
                wrong = f"{each.name} rests on {_spelled(each)} at once; the law treats them differently"
                yield Fault(
                    Severity.BROKEN, f"purposes.{each.name}.bases", wrong, row.id, instead, each.phrase
                )
        for one, other in combinations(purposes, 2):
            if set(one.bases) != set(other.bases) and _same_people(one, other):
                wrong = (
                    f"the same data serve {one.name} on {_spelled(one)} and {other.name} on {_spelled(other)}"
                )
                yield Fault(
                    Severity.BROKEN, f"purposes.{other.name}.bases", wrong, row.id, instead, other.phrase
                )


def _same_people(one: Purpose, other: Purpose) -> bool:
    apart = one.subjects and other.subjects and not set(one.subjects) & set(other.subjects)
    return not apart and bool(set(one.data_sets) & set(other.data_sets))


def _spelled(purpose: Purpose) -> str:
    return listed([str(each) for each in purpose.bases])


def _on_two(seen: Seen) -> Iterator[Fault]:
    marketing = {row.values["about"] for row in seen.rows("about") if row.acts == "duty"}
    for each in seen.policy.purposes.values():
        if len(each.bases) > 1 and each.about not in marketing:
            yield Fault(
                Severity.WARNING, f"purposes.{each.name}.bases",
                f"{each.name} rests on {_spelled(each)} at once: who withdraws consent cannot know what then happens"
                if Basis.CONSENT in each.bases
                else f"{each.name} rests on {_spelled(each)} at once",
                "G5", "split the purpose by basis, so that each person and data set has one", each.phrase,
            )  # fmt: skip


def _unproven(seen: Seen) -> Iterator[Fault]:
    for each in seen.policy.purposes.values():
        if each.proof.strip():
            continue
        rows = [row for row in seen.rows("basis") if row.values["basis"] in each.bases]
        for row in rows:
            basis = row.values["basis"]
            what = (
                "the consent rows" if basis == Basis.CONSENT else "the note in which interests were weighed"
            )
            yield Fault(
                Severity.WARNING, f"purposes.{each.name}.proof", f"nothing proves that {each.name} has {basis} as its basis",
                row.id, f"name in `proof` where {what} can be found", each.phrase,
            )  # fmt: skip
        if not YIELDING & set(each.bases):
            yield Fault(
                Severity.NOTE, f"purposes.{each.name}.proof",
                f"{each.name} rests on {_spelled(each)}, and nothing says on which", "G5",
                "name the contract or the statute in `proof`", each.phrase,
            )  # fmt: skip


CHECKS = (
    Check("L7", "Consent cannot carry these data alone", _consent_carries_too_much),
    Check("L17", "Marketing on two bases", _marketing_on_two),
    Check("two-bases", "A purpose with two bases", _on_two),
    Check("basis-proof", "A basis without proof", _unproven),
)
