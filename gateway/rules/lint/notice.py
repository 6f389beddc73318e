"""What the published policy says and may not, or does not say and should: promises, rights, lists, its age."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.rules.lint.differing import differences
from gateway.rules.lint.findings import Check, Fault, Seen, Severity, listed
from gateway.rules.lint.suppliers import leaves_the_eea


def _informed_late(seen: Seen) -> Iterator[Fault]:
    for each in differences(seen.policy, seen.today):
        if each.is_law_stricter and each.row.acts == "clock":
            yield Fault(
                Severity.BROKEN, each.place,
                f"people found elsewhere are told within {each.policy}; the law gives {each.law}, or less",
                each.row.id, f"promise {each.law}, and no later than the first contact or the first disclosure",
                each.phrase,
            )  # fmt: skip


def _all_erased(seen: Seen) -> Iterator[Fault]:
    said = seen.said("withdrawal_erases")
    if said is None or said.value != "all":
        return
    keeps = [f"keeps.{each.id}" for each in seen.policy.keeps if each.row is None]
    kept = {name for each in seen.policy.keeps if each.row is None for name in each.data_sets}
    duties = [
        f"data_sets.{each.name}"
        for each in seen.policy.data_sets.values()
        if each.duty and each.name not in kept
    ]
    if keeps or duties:
        yield Fault(
            Severity.BROKEN, "notice.withdrawal_erases",
            f"all data are said to be erased when consent is withdrawn, and yet some stay: {listed(keeps + duties)}",
            "G20", 'say for each data set whether it goes or stays, and why: value = "per-data-set"', said.phrase,
        )  # fmt: skip


def _names_on_request(seen: Seen) -> Iterator[Fault]:
    said = seen.said("supplier_names")
    if said is not None and said.value == "on-request":
        yield Fault(
            Severity.WARNING, "notice.supplier_names", "suppliers are named only to who asks the firm for them",
            "C-154-21",
            'name them in the notice (value = "listed"), and in any case in the answer to whoever asks for access',
            said.phrase,
        )  # fmt: skip


def _accepted_by_use(seen: Seen) -> Iterator[Fault]:
    said = seen.said("accepted_by")
    if said is not None and said.value == "use":
        yield Fault(
            Severity.BROKEN, "notice.accepted_by", "using the site is taken for agreement to the policy", "A4-11",
            'strike the sentence (value = "nothing"): a policy informs and is not agreed to; ask for consent, one '
            "purpose at a time, where it is the basis",
            said.phrase,
        )  # fmt: skip


def _short_list(seen: Seen) -> Iterator[Fault]:
    said = seen.said("public_list_fields")
    for row in seen.rows("list_says"):
        fields = [] if said is None else [str(each).casefold() for each in said.value]
        missing = [
            name
            for name, words in row.values["list_says"].items()
            if not any(word in field for word in words for field in fields)
        ]
        if said is not None and missing:
            yield Fault(
                Severity.BROKEN, "notice.public_list_fields",
                f"the public list of applicants is said to hold {listed(fields)}, but not the {listed(missing)}",
                row.id, f"add the {listed(missing)}; and let each advert say that there will be a list", said.phrase,
            )  # fmt: skip


def _rights_left_out(seen: Seen) -> Iterator[Fault]:
    said = seen.said("rights")
    if said is None:
        return
    bases = {str(basis) for each in seen.policy.purposes.values() for basis in each.bases}
    named = {str(each) for each in said.value}
    complaint = seen.said("complaint")
    if complaint is not None and complaint.value:
        named.add("complaint")
    for row in seen.rows("rights"):
        missing = [
            right
            for right, needs in row.values["rights"].items()
            if right not in named and (not needs or bases & set(needs))
        ]
        if missing:
            yield Fault(
                Severity.BROKEN, "notice.rights", f"the policy does not tell people of {listed(missing)}", row.id,
                f"name {listed(missing)} too, and how each is used", said.phrase,
            )  # fmt: skip


def _older_than_the_law(seen: Seen) -> Iterator[Fault]:
    published = seen.policy.published
    for row in seen.rows("since"):
        since = row.values["since"]
        if published is not None and published < since and _touches(seen, str(row.values.get("touches", ""))):
            yield Fault(
                Severity.WARNING, "policy.published",
                f"the policy is of {published.isoformat()}; the law changed on {since.isoformat()}", row.id,
                "read the policy against the change, correct it, and publish it with a new date",
            )  # fmt: skip


def _touches(seen: Seen, what: str) -> bool:
    """Whether a change of the law is about this firm, as far as the files show."""
    if what == "transfer":
        return any(leaves_the_eea(seen, each) for each in seen.settings.processors.values())
    if what == "credit":
        return any(what in each.special for each in seen.policy.data_sets.values()) or any(
            each.about == what for each in seen.policy.purposes.values()
        )
    return True


CHECKS = (
    Check("L1", "People found elsewhere are told too late", _informed_late),
    Check("L3", "All is said to be erased, and some stays", _all_erased),
    Check("L5", "Suppliers are named on request only", _names_on_request),
    Check("L6", "Use of a site is taken for consent", _accepted_by_use),
    Check("L8", "The public list of applicants leaves something out", _short_list),
    Check("L9", "Rights are left out", _rights_left_out),
    Check("L15", "The policy is older than a change in the law", _older_than_the_law),
)
