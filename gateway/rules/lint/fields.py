"""Fields that are held although no purpose needs them, and nobody is given them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.rules.lint.findings import Check, Fault, Seen, Severity, listed
from gateway.rules.policy import DataSet, Purpose


def _purposes(seen: Seen, data_set: DataSet) -> list[Purpose]:
    return [each for each in seen.policy.purposes.values() if data_set.name in each.data_sets]


def _without(data_set: DataSet, needed: Iterable[str]) -> list[str]:
    known = {each.casefold().strip() for each in needed}
    return [each for each in data_set.fields if each.casefold().strip() not in known]


def _never_given(seen: Seen, data_set: DataSet) -> list[str]:
    """The fields that recipients of the data are not given and no purpose is said to need, where recipients' are said."""
    purposes = _purposes(seen, data_set)
    names = {name for each in purposes for name in each.recipients}
    given = [
        field
        for name, each in seen.policy.recipients.items()
        if name in names
        for field in each.details.get("fields", ())
    ]
    needed = [field for each in purposes for field in each.fields]
    return _without(data_set, [*given, *needed]) if given else []


def _stored_and_not_given(seen: Seen) -> Iterator[Fault]:
    for data_set in seen.policy.data_sets.values():
        idle = _never_given(seen, data_set)
        if idle:
            yield Fault(
                Severity.WARNING, f"data_sets.{data_set.name}.fields",
                f"stored, and neither given to a recipient nor said to be needed: {listed(idle)}", "G1-R",
                "stop collecting it, or name it in `fields` of the purpose that needs it", data_set.phrase,
            )  # fmt: skip


def _needed_for_nothing(seen: Seen) -> Iterator[Fault]:
    for data_set in seen.policy.data_sets.values():
        purposes = _purposes(seen, data_set)
        if not purposes or not all(each.fields for each in purposes):
            continue
        told = _never_given(seen, data_set) if seen.counts("G1-R") else []
        idle = _without(data_set, [*told, *(field for each in purposes for field in each.fields)])
        if idle:
            yield Fault(
                Severity.WARNING, f"data_sets.{data_set.name}.fields",
                f"collected, and needed by none of {listed([each.name for each in purposes])}: {listed(idle)}", "G1",
                "stop collecting it, or name it in `fields` of the purpose that needs it", data_set.phrase,
            )  # fmt: skip


CHECKS = (
    Check("L19", "Fields that are stored and never given or needed", _stored_and_not_given),
    Check("field-unneeded", "A field that no purpose needs", _needed_for_nothing),
)
