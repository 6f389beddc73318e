"""Controllers and recipients: who is named as responsible, what recipients owe, what the firm will not answer for."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.rules.lint.findings import Check, Fault, Seen, Severity


def _erases_on_its_word(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.policy.recipients.items():
        if each.details.get("erases") and not each.details.get("arrangement"):
            yield Fault(
                Severity.WARNING, f"recipients.{name}.arrangement",
                f"the policy says that {each.title} must erase, and nothing binds them to it", "G41-R",
                "name the arrangement or contract that says so, and how they confirm that it is done",
            )  # fmt: skip


def _person_for_company(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.policy.controllers.items():
        named = each.details.get("named_as")
        if named:
            yield Fault(
                Severity.WARNING, f"controllers.{name}.named_as",
                f"the policy names {named} as the controller in place of {each.title}", "A4-7-R",
                f"name {each.title} as the controller, and {named} as whom to turn to",
            )  # fmt: skip


def _disclaimed(seen: Seen) -> Iterator[Fault]:
    for name, each in seen.policy.recipients.items():
        if each.details.get("disclaimed"):
            yield Fault(
                Severity.WARNING, f"recipients.{name}.disclaimed",
                f"the policy says that the firm does not answer for {each.title}", "G24-R",
                "say instead who answers for what, and that corrections and erasures are passed on to them",
            )  # fmt: skip


def _joint_without_arrangement(seen: Seen) -> Iterator[Fault]:
    places = [
        (f"processors.{name}.agreement", each.title)
        for name, each in seen.settings.processors.items()
        if each.role == "joint" and not each.agreement.strip()
    ]
    places += [
        (f"recipients.{name}.arrangement", each.title)
        for name, each in seen.policy.recipients.items()
        if each.details.get("role") == "joint"
        and not each.details.get("arrangement")
        and not each.details.get("erases")
    ]
    for place, title in places:
        yield Fault(
            Severity.WARNING, place, f"{title} is a joint controller, and no arrangement is named", "G41",
            "name the arrangement, and publish the essence of it",
        )  # fmt: skip


CHECKS = (
    Check("L14", "A recipient that must erase, and nothing that binds it", _erases_on_its_word),
    Check("L16", "A person named as the controller", _person_for_company),
    Check("L18", "Recipients the firm will not answer for", _disclaimed),
    Check("arrangement-missing", "A joint controller without an arrangement", _joint_without_arrangement),
)
