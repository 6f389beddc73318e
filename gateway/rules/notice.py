"""What the published policy says beside its periods: the tables `[notice.NAME]` of policy.toml, a closed list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, get_args

from gateway.settings import Key
from gateway.settings.tables import Table, key, keys
from gateway.settings.values import (
    A_LANGUAGE,
    A_PERIOD,
    Language,
    Many,
    Names,
    Retention,
    Text,
    Texts,
    choice,
)

RIGHTS = (
    "access", "rectification", "erasure", "restriction", "portability", "objection", "withdrawal", "complaint",
)  # fmt: skip


class PhraseTable(Table):
    text: Text = key(..., "text", "The words, as they were published.")
    language: Language = key("", A_LANGUAGE, "Their language; without it, that of the policy.")
    ref: Texts = key((), "a list of texts", 'What the table of duties calls them, such as "P1".')


class StatementTable(Table):
    phrase: PhraseTable | None = key(None, "a table PHRASE", "The words of the published policy.")


class InformWithin(StatementTable):
    value: Retention = key(..., A_PERIOD, "How soon those who were found elsewhere are told.")


class Rights(StatementTable):
    value: Many[Annotated[str, choice(*RIGHTS)]] = key(
        ..., f"a list of {', '.join(RIGHTS)}", "Which rights people are told of."
    )


class SupplierNames(StatementTable):
    value: Annotated[str, choice("listed", "on-request")] = key(
        ..., "listed or on-request", "Whether suppliers are named, or only to those who ask."
    )


class ClosedList(StatementTable):
    value: bool = key(..., "true or false", "Whether it says that there are no other suppliers.")


class Suppliers(StatementTable):
    value: Names = key(..., "a list of names of processors of gateway.toml", "The suppliers it names.")


class AcceptedBy(StatementTable):
    value: Annotated[str, choice("nothing", "use")] = key(
        ..., "nothing or use", "Whether it says that whoever uses the site accepts it."
    )


class WithdrawalErases(StatementTable):
    value: Annotated[str, choice("all", "per-data-set")] = key(
        ..., "all or per-data-set", "What it says is erased when consent is withdrawn."
    )


class SurveyResults(StatementTable):
    value: Annotated[str, choice("anonymous")] = key(..., "anonymous", "What becomes of answers to surveys.")


class PublicListFields(StatementTable):
    value: Texts = key(..., "a list of texts", "What it says stands in public lists of applicants.")


class RetentionSaid(StatementTable):
    value: Annotated[str, choice("periods", "criteria", "none")] = key(
        ..., "periods, criteria or none", "How it says how long data are kept."
    )


class SendsOnlyNeeded(StatementTable):
    value: bool = key(..., "true or false", "Whether it says that only what is needed is sent.")


class Complaint(StatementTable):
    value: bool = key(..., "true or false", "Whether it says where people can complain.")


class Notice(Table):
    """`[notice]`: each name at most once. What it says of a name, the name's own table says."""

    inform_within: InformWithin | None = key(None, "a table with a value", "")
    rights: Rights | None = key(None, "a table with a value", "")
    supplier_names: SupplierNames | None = key(None, "a table with a value", "")
    closed_list: ClosedList | None = key(None, "a table with a value", "")
    suppliers: Suppliers | None = key(None, "a table with a value", "")
    accepted_by: AcceptedBy | None = key(None, "a table with a value", "")
    withdrawal_erases: WithdrawalErases | None = key(None, "a table with a value", "")
    survey_results: SurveyResults | None = key(None, "a table with a value", "")
    public_list_fields: PublicListFields | None = key(None, "a table with a value", "")
    retention: RetentionSaid | None = key(None, "a table with a value", "")
    sends_only_needed: SendsOnlyNeeded | None = key(None, "a table with a value", "")
    complaint: Complaint | None = key(None, "a table with a value", "")


def statements() -> Iterator[Key]:
    """The value of each statement, and the phrase that each may have, for the reference page."""
    for name, field in Notice.model_fields.items():
        table = next(each for each in get_args(field.annotation) if issubclass(each, StatementTable))
        yield from (each for each in keys(f"notice.{name}", table) if each.path.endswith(".value"))
    yield from keys("notice.NAME", StatementTable)
