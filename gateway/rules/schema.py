"""The tables of policy.toml as frozen models; each key says what is right for it, for mistakes and for the docs."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from gateway.rules.notice import Notice, PhraseTable, statements
from gateway.rules.policy import Basis, Switch
from gateway.rules.precedence import Ground, withstands_erasure
from gateway.settings import Key
from gateway.settings.mistakes import quoted
from gateway.settings.tables import Table, key, keys
from gateway.settings.values import (
    A_DAY,
    A_LANGUAGE,
    A_PERIOD,
    Day,
    Language,
    Many,
    Names,
    PurposeName,
    Retention,
    SaidText,
    Text,
    Texts,
    choice,
    name_like,
    wrong,
)

BUILT_IN = {
    "created": "a record of the person was made",
    "updated": "a record of the person was changed",
    "active": "the person was last active",
    "consent": "the person gave consent",
    "erasure": "the data set was due to be erased",
    "informed": "the person was told that they are held",
    "first-contact": "the person was written to for the first time",
    "first-disclosure": "the person was shown to somebody else for the first time",
    "renewal-asked": "the person was asked for new consent",
    "renewal-refused": "the person said no to new consent",
    "renewal-bounced": "the question for new consent did not reach the person",
    "erasure-requested": "the person asked to be erased",
}
"""The events that need no declaration, and what each of them is."""

ABOUT = (
    "recruitment", "search", "assessment", "background", "credit", "pipeline", "audit", "succession", "marketing",
    "survey", "course", "training", "customers", "suppliers", "bookkeeping", "employment", "mailbox", "pictures",
    "public-list", "website", "statistics", "other",
)  # fmt: skip
"""What a purpose may be about; rows of the law go by these words."""
SPECIAL = ("credit", "criminal", "health", "psychometric", "national-id", "picture", "public-list")
DUTIES = ("bookkeeping", "correspondence", "archive", "claims")
"""What may keep a data set beyond its purposes; rows of the law go by these words."""
KEEPING = tuple(each for each in Ground if withstands_erasure(each))


def _place(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(
        r"[a-z][a-z0-9-]{0,62}(:[a-z][a-z0-9_-]{0,62})?", value
    ):
        shown = f"{quoted(value)}: " if isinstance(value, str) else ""
        raise wrong(f"{shown}must be {PLACES}")
    return value


def _switch(value: object) -> str:
    if not isinstance(value, str) or value not in {*Switch}:
        raise wrong(f"must be {SWITCHES}")
    return value


def one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


PLACES = 'a list of processors or of processor:kind, such as ["recman", "invenias:person"]'
SWITCHES = "on, warn or off"
EVENTS = "an event, or a list of events"
ROLES = ("processor", "joint", "controller", "recipient")
RuleName = Annotated[
    str,
    PlainValidator(name_like(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "is of letters, digits, dots, - and _")),
]
SwitchWord = Annotated[str, PlainValidator(_switch)]


class PolicyTable(Table):
    title: Text = key(..., "text", "What the policy is called.")
    language: Language = key("nb", A_LANGUAGE, "The language of the published policy, for its phrases.")
    published: Day | None = key(None, A_DAY, "When the policy was last published.")


class ControllerTable(Table):
    title: Text = key(..., "text", "The name of the company.")
    contact: SaidText = key("", "text", "Where people reach it.")
    named_as: SaidText = key(
        "", "text", "Whom the published policy names as controller, where that is not the company."
    )


class SubjectTable(Table):
    title: Text = key(..., "text", "What these people are: applicants, referees, customers …")


class SourceTable(Table):
    title: Text = key(..., "text", "What the source is.")
    public: bool = key(default=False, right="true or false", text="Whether everybody may look there.")


class RecipientTable(Table):
    title: Text = key(..., "text", "Who they are.")
    role: Annotated[str, choice(*ROLES)] = key(
        "recipient", "processor, joint, controller or recipient", "What they are under the GDPR."
    )
    fields: Texts = key((), "a list of fields of data sets", "What they are given.")
    arrangement: SaidText = key("", "text", "The arrangement (GDPR Art. 26) or contract with them.")
    erases: SaidText = key("", "text", "What the policy says they have to erase, and when.")
    disclaimed: bool = key(
        default=False,
        right="true or false",
        text="Whether the policy says the firm is not responsible for them.",
    )


class EventTable(Table):
    title: Text = key(
        ..., "text", "What happened, as a sentence says it: the recruitment process was closed."
    )


class DataSetTable(Table):
    title: Text = key(..., "text", "What people call it.")
    subjects: Names = key((), "a list of names of [subjects.NAME]", "Whose data it is.")
    fields: Texts = key((), "a list of texts", "What is in it, field by field.")
    held_at: Many[Annotated[str, PlainValidator(_place)]] = key(
        (), PLACES, "Where it lies: in all records of a processor of gateway.toml, or in those of one kind."
    )
    special: Many[Annotated[str, choice(*SPECIAL)]] = key(
        (), f"a list of {', '.join(SPECIAL)}", "What in it the law treats apart."
    )
    duty: SaidText = key(
        "", f"one of {', '.join(DUTIES)}", "The duty that keeps it, for the rows of the law about that duty."
    )
    phrase: PhraseTable | None = key(None, "a table PHRASE", "The words of the published policy.")


class PurposeTable(Table):
    title: Text = key(..., "text", "What people call it.")
    bases: Many[Annotated[str, choice(*Basis)]] = key(
        ..., f"a list of one or more of {', '.join(Basis)}", "The legal bases (GDPR Art. 6(1)).", min_length=1
    )
    proof: SaidText = key("", "text", "Where the bases are proven: a balancing note, rows of consent.")
    data_sets: Names = key((), "a list of names of [data_sets.NAME]", "What is used for it.")
    about: SaidText = key("", f"one of {', '.join(ABOUT)}", "Which rows of the law it falls under.")
    collected: Annotated[str, choice("from-person", "elsewhere", "both")] = key(
        "from-person", "from-person, elsewhere or both", "Where the data come from (GDPR Art. 13 and 14)."
    )
    fields: Texts = key((), "a list of fields of its data sets", "Those it needs; empty, nothing is said.")
    subjects: Names = key((), "a list of names of [subjects.NAME]", "Whose data it uses.")
    sources: Names = key((), "a list of names of [sources.NAME]", "Where they are found.")
    recipients: Names = key((), "a list of names of [recipients.NAME]", "Who is given data for it.")
    controllers: Names = key((), "a list of names of [controllers.NAME]", "Which companies pursue it.")
    phrase: PhraseTable | None = key(None, "a table PHRASE", "The words of the published policy.")


class RuleTable(Table):
    purposes: Names = key(
        ..., "a list of one or more names of [purposes.NAME]", "For which purposes it counts.", min_length=1
    )
    data_sets: Names = key(
        (), "a list of names of [data_sets.NAME]",
        "For which of their data sets; without it, for all.", min_length=1,
    )  # fmt: skip
    start: Annotated[Names, BeforeValidator(one_or_many)] = key(
        ..., EVENTS, "What the period counts from; of several, the latest that is known.", min_length=1
    )
    period: Retention = key(..., A_PERIOD, "How long the data are kept from there.")
    year_end: bool = key(
        default=False, right="true or false", text="Whether it counts from the end of the year of the event."
    )
    action: Annotated[str, choice("erase")] = key(
        "erase", "erase", "What happens then. To make data anonymous, or to look again, is a person's work."
    )
    warn: Many[Retention] = key(
        (), 'a list of periods such as ["90 days", "30 days"], the longest first',
        "How long before the end it is warned of.",
    )  # fmt: skip
    ask_again: Retention | None = key(
        None, A_PERIOD,
        "With the first warning, the person is asked for new consent, and has so long to answer; silence is no.",
    )  # fmt: skip
    phrase: PhraseTable | None = key(None, "a table PHRASE", "The words of the published policy.")


class KeepTable(Table):
    data_sets: Names = key(
        ...,
        "a list of one or more names of [data_sets.NAME]",
        "What is kept although it is due.",
        min_length=1,
    )
    ground: Annotated[str, choice(*KEEPING)] = key(
        ...,
        f"{', '.join(KEEPING[:-1])} or {KEEPING[-1]}",
        "On which ground; the strongest stands first here.",
    )
    text: Text = key(..., "text", "Why it is kept, as the person is told.")
    start: Text = key("erasure", "an event", "From when; `erasure` is the day the data set is due.")
    period: Retention | None = key(None, A_PERIOD, "How long.")
    until_event: SaidText = key(
        "", "an event", "Until what happens; a period then counts from there. With neither, it has no end."
    )
    year_end: bool = key(
        default=False, right="true or false", text="Whether the period counts from the end of the year."
    )
    readers: Texts = key((), "a list of texts", "Who may still read it.")
    phrase: PhraseTable | None = key(None, "a table PHRASE", "The words of the published policy.")


class Contents(Table):
    policy: PolicyTable = key(..., "a table with a title", "The policy itself.")
    law: dict[str, SwitchWord] = key({}, "a table", "Rows of the law, on, warn or off.")
    controllers: dict[PurposeName, ControllerTable] = key({}, "tables [controllers.NAME]", "The companies.")
    subjects: dict[PurposeName, SubjectTable] = key({}, "tables [subjects.NAME]", "Categories of people.")
    sources: dict[PurposeName, SourceTable] = key({}, "tables [sources.NAME]", "Where people are found.")
    recipients: dict[PurposeName, RecipientTable] = key({}, "tables [recipients.NAME]", "Who is given data.")
    events: dict[PurposeName, EventTable] = key({}, "tables [events.NAME]", "What starts or ends a period.")
    data_sets: dict[PurposeName, DataSetTable] = key(
        {}, "tables [data_sets.NAME]", "Data that are erased together."
    )
    purposes: dict[PurposeName, PurposeTable] = key({}, "tables [purposes.NAME]", "Why data are used.")
    rules: dict[RuleName, RuleTable] = key({}, "tables [rules.ID]", "When data are erased.")
    keeps: dict[RuleName, KeepTable] = key({}, "tables [keeps.ID]", "What is kept although it is due.")
    notice: Notice = key(Notice(), "a table", "What else the published policy says.")


def document() -> list[Key]:
    """Every key of the file, in its order, for the reference page."""
    tables: tuple[tuple[str, type[Table]], ...] = (
        ("controllers.NAME", ControllerTable), ("subjects.NAME", SubjectTable), ("sources.NAME", SourceTable),
        ("recipients.NAME", RecipientTable), ("events.NAME", EventTable), ("data_sets.NAME", DataSetTable),
        ("purposes.NAME", PurposeTable), ("rules.ID", RuleTable), ("keeps.ID", KeepTable),
    )  # fmt: skip
    switch = Key(
        "law.ROW", "on, warn or off", "", "Switches a row of the law; without it, as the row has it."
    )
    named = [each for path, table in tables for each in keys(path, table)]
    return [*keys("policy", PolicyTable), switch, *named, *statements(), *keys("PHRASE", PhraseTable)]
