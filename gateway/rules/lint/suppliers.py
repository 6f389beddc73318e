"""The register of processors: agreements, transfers out of the EEA, suppliers that are not named or not what they seem."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.rules.lint.findings import Check, Fault, Seen, Severity, listed
from gateway.rules.policy import LawRow
from gateway.settings import Processor

TRANSFER = "G40"


def _transfers(seen: Seen) -> LawRow | None:
    return next(seen.rows("eea"), None)


def leaves_the_eea(seen: Seen, processor: Processor) -> bool:
    """Whether data lie, or are reached from, outside the EEA, or a basis for that is named."""
    row = _transfers(seen)
    outside = row is not None and processor.country not in row.values["eea"]
    return bool(processor.transfer_basis) or (outside and bool(processor.country))


def _no_basis(seen: Seen) -> Iterator[Fault]:
    row = _transfers(seen)
    for name, each in seen.settings.processors.items():
        if (
            row is not None
            and each.transfer_basis
            and each.transfer_basis not in row.values["transfer_bases"]
        ):
            yield Fault(
                Severity.BROKEN, f"processors.{name}.transfer_basis",
                "the transfer rests on a promise of secrecy, which is no basis for one", row.id,
                f"one of {', '.join(row.values['transfer_bases'])}, with the assessment; or keep the data in the EEA",
            )  # fmt: skip


def _basis_missing(seen: Seen) -> Iterator[Fault]:
    row = _transfers(seen)
    for name, each in seen.settings.processors.items():
        if row is not None and leaves_the_eea(seen, each) and not each.transfer_basis:
            yield Fault(
                Severity.BROKEN, f"processors.{name}.transfer_basis",
                f"data go to {each.country}, outside the EEA, and no basis for it is named", row.id,
                f"one of {', '.join(row.values['transfer_bases'])}, and transfer_until where it has an end",
            )  # fmt: skip


def _adequacy_ends(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.settings.processors.items():
        if each.transfer_basis != "adequacy":
            continue
        decision = _decision(seen, each)
        ends = None if decision is None else decision.values["until"]
        row = TRANSFER if decision is None else decision.id
        place, until = f"processors.{name}.transfer_until", each.transfer_until
        if ends is not None and (until is None or until > ends):
            has = "no end" if until is None else until.isoformat()
            wrong = (
                f"the register has {has} for the decision on {each.country}, which ends {ends.isoformat()}"
            )
            yield Fault(Severity.WARNING, place, wrong, row, f"transfer_until = {ends.isoformat()}")
        last = min((day for day in (ends, until) if day is not None), default=None)
        if last is not None:
            yield _ending(
                seen, place, f"the decision that {each.country or 'the country'} is adequate", last, row
            )


def _decision(seen: Seen, processor: Processor) -> LawRow | None:
    rows = (row for row in seen.rows("transfer") if row.values["transfer"] == processor.transfer_basis)
    return next((row for row in rows if row.values["country"] == processor.country), None)


def _basis_ends(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.settings.processors.items():
        if each.transfer_until is not None and each.transfer_basis != "adequacy":
            what = f'the basis of the transfer ("{each.transfer_basis}")'
            yield _ending(seen, f"processors.{name}.transfer_until", what, each.transfer_until, TRANSFER)


def _ending(seen: Seen, place: str, what: str, last: date, row: str) -> Fault:
    if last < seen.today:
        wrong = f"{what} ended {last.isoformat()}"
        return Fault(Severity.BROKEN, place, wrong, row, "stop the transfer, or store what it rests on since")
    wrong = f"{what} ends {last.isoformat()}"
    return Fault(Severity.NOTE, place, wrong, row, "nothing yet; settle before then what follows it")


def _not_named(seen: Seen) -> Iterator[Fault]:
    closed, named = seen.said("closed_list"), seen.said("suppliers")
    if closed is None or not closed.value:
        return
    names = [str(each) for each in named.value] if named is not None else []
    processors = seen.settings.processors
    known = {each.casefold() for each in names}
    known |= {processors[each].title.casefold() for each in names if each in processors}
    others = [
        name for name, each in processors.items() if name not in names and _is_supplier(seen, name, each)
    ]
    others += [
        name
        for name, each in seen.policy.recipients.items()
        if each.details.get("role") == "processor" and not known & {name.casefold(), each.title.casefold()}
    ]
    others += [
        f"{sub} (of {name})"
        for name, each in processors.items()
        for sub in each.sub_processors
        if sub.casefold() not in known
    ]
    if others:
        yield Fault(
            Severity.BROKEN, "notice.closed_list",
            f"the policy says that no suppliers are used but those it names; the register has {listed(others)} too",
            "G29", "name them all in the policy and in `suppliers`, or strike the sentence", closed.phrase,
        )  # fmt: skip


def _is_supplier(seen: Seen, name: str, processor: Processor) -> bool:
    """Clients and other recipients of the policy are none, nor is who controls the data jointly with the firm."""
    if name in seen.policy.recipients:
        return False
    return processor.role in ("processor", "controller") or processor.own_purposes


def _own_purposes(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.settings.processors.items():
        if each.role == "processor" and each.own_purposes:
            yield Fault(
                Severity.WARNING, f"processors.{name}.own_purposes",
                f"{each.title} is a processor in the register, and uses the data for purposes of its own", "G33-R",
                'role = "controller" and a basis for handing the data over, or an agreement that forbids own use',
            )  # fmt: skip


def _chain(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.settings.processors.items():
        if each.own_purposes and each.sub_processors:
            yield Fault(
                Severity.WARNING, f"processors.{name}.sub_processors",
                f"{each.title} uses the data for itself and passes them to {listed(list(each.sub_processors))}: who "
                "answers for what is unclear",
                "G29-R", "give each of them a table of its own under [processors], with its role and agreement",
            )  # fmt: skip


def _unsigned(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.settings.processors.items():
        if each.role != "processor":
            continue
        if not each.agreement.strip():
            yield Fault(
                Severity.BROKEN, f"processors.{name}.agreement", f"{each.title} is a processor without an agreement",
                "G29", "make one, and name it here with the day it was signed",
            )  # fmt: skip
        elif each.signed is None or each.signed > seen.today:
            future = each.signed is not None
            yield Fault(
                Severity.BROKEN if future else Severity.WARNING, f"processors.{name}.signed",
                f"the agreement with {each.title} "
                + ("is to be signed later" if future else "has no day on which it was signed"),
                "G29", "the day it was signed, by both; no data before that day",
            )  # fmt: skip


def _expired(seen: Seen) -> Iterator[Fault]:
    rows = {"processor": "G29", "joint": "G41"}
    for name, each in seen.settings.processors.items():
        until = each.agreement_until
        if each.role in rows and until is not None and until < seen.today:
            yield Fault(
                Severity.BROKEN, f"processors.{name}.agreement_until",
                f"the agreement with {each.title} ran out {until.isoformat()}", rows[each.role],
                "renew it and store its new end, or have the data deleted there",
            )  # fmt: skip


CHECKS = (
    Check("L4", "A promise of secrecy as the basis of a transfer", _no_basis),
    Check("L11", "Suppliers that the policy says are not used", _not_named),
    Check("L12", "A transfer to a country whose adequacy ends", _adequacy_ends),
    Check("L13", "A processor with purposes of its own", _own_purposes),
    Check("L20", "A chain of suppliers whose roles are unclear", _chain),
    Check("agreement-unsigned", "A processor without a signed agreement", _unsigned),
    Check("agreement-expired", "An agreement that ran out", _expired),
    Check("transfer-missing", "A transfer without a basis", _basis_missing),
    Check("transfer-ends", "A basis of a transfer that ends", _basis_ends),
)
