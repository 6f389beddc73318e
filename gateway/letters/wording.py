"""The words of a letter, in each language: templates and phrases are data, and what the ledger does not know is a gap."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources
from string import Template
from typing import Any

from gateway.letters.facts import Facts, Stand
from gateway.model import Kept, Outcome, Reason

LANGUAGES = ("nb", "en")
SECTIONS = ("deleted", "nothing", "kept", "decides", "open")
WIDTH = 76
_GAP = re.compile(r"\[[^\[\]]+\]")
_INDENTS = re.compile(r"- |\d\. |")


@dataclass(frozen=True, slots=True)
class Letter:
    """A draft. `step` and `processor` are set where it is to a processor."""

    to: str
    language: str
    case: int
    text: str
    due: date
    step: int | None = None
    processor: str = ""

    @property
    def gaps(self) -> tuple[str, ...]:
        """What whoever sends it has to fill in or put into other words, as it stands in brackets."""
        found = _GAP.findall(" ".join(self.text.split()))
        return tuple(dict.fromkeys(each[1:-1] for each in found))


def to_person(facts: Facts, language: str) -> Letter:
    """To the person: what is gone, what stays and why, and whom they may ask or complain to."""
    words = _Words(language)
    told: dict[str, list[str]] = {name: [] for name in SECTIONS}
    for stand in facts.stands:
        for name, line in words.lines(stand, facts):
            told[name].append(f"- {line}")
    sections = [
        "\n".join([words.phrase("section", name), "", *found]) for name, found in told.items() if found
    ]
    text = words.letter(
        "person",
        case=facts.case,
        cause=words.phrase("person", facts.trigger),
        sections="\n\n".join(sections),
    )
    return Letter("person", language, facts.case, text, facts.due)


def to_processor(facts: Facts, stand: Stand, language: str) -> Letter:
    """To a processor that decides for itself: delete it, or say what you keep and why."""
    words = _Words(language)
    own = [each for each in stand.kept if each.reason == Reason.OWN_CONTROLLER]
    records = [words.record(each) for each in own] or [words.phrase("line", "no_record")]
    texts = dict.fromkeys(_sentence(each.text) for each in own)
    text = words.letter(
        "processor",
        case=facts.case,
        step=stand.step,
        title=stand.title,
        cause=words.phrase("processor", facts.trigger),
        records="\n".join(f"- {each}" for each in records),
        why=" ".join(words.phrase("line", "noted", text=each) for each in texts),
        due=words.phrase("line", "due_late" if facts.late else "due", due=words.day(facts.due)),
    )
    return Letter("processor", language, facts.case, text, facts.due, stand.step, stand.processor)


class _Words:
    """One language: its templates and phrases, filled in."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words: dict[str, Any] = tomllib.loads(_read(f"words.{language}.toml"))

    def phrase(self, group: str, name: str, **values: object) -> str:
        return Template(self.words[group][name]).substitute(values)

    def letter(self, kind: str, **values: object) -> str:
        return _wrapped(Template(_read(f"{kind}.{self.language}.txt")).substitute(values))

    def day(self, day: date) -> str:
        month = self.words["months"][day.month - 1]
        return Template(self.words["date"]).substitute(day=day.day, month=month, year=day.year)

    def record(self, kept: Kept) -> str:
        return self.phrase("line", "record", kind=kept.ref.kind, id=kept.ref.id)

    def lines(self, stand: Stand, facts: Facts) -> Iterator[tuple[str, str]]:
        """What there is to say of one processor, each with the section it belongs to."""
        name = _how_it_went(stand, late=facts.late)
        if name:
            proven = self.day(stand.closed) if stand.closed else ""
            line = self.phrase("line", name, title=stand.title, proven=proven, due=self.day(facts.due))
            yield SECTION_OF[name], line
        for kept, *others in _alike(stand.kept):
            yield self._stays(stand.title, kept, ", ".join(map(self.record, (kept, *others))))

    def _stays(self, title: str, kept: Kept, record: str) -> tuple[str, str]:
        section = "decides" if kept.reason == Reason.OWN_CONTROLLER else "kept"
        until = self.day(kept.until) if kept.until else ""
        readers = ", ".join(kept.readers)
        line = self.phrase(
            "line",
            section,
            title=title,
            record=record,
            reason=self.phrase("reason", kept.reason),
            theirs=Template(self.words["theirs"]).substitute(text=_sentence(kept.text)),
            until=self.phrase("line", "until" if until else "no_until", until=until),
            readers=self.phrase("line", "readers" if readers else "no_readers", readers=readers),
        )
        return section, line


SECTION_OF = {
    "deleted": "deleted", "deleted_but": "deleted", "on_word": "deleted", "promised": "deleted", "nothing": "nothing",
    "kept_unnamed": "kept", "decides_unnamed": "decides", "open": "open", "open_late": "open",
}  # fmt: skip
"""In which section a phrase about a processor as a whole stands."""


def _how_it_went(stand: Stand, *, late: bool) -> str:
    """The phrase about the processor as a whole; empty where what stays says all."""
    if not stand.is_answered:
        return "open_late" if late else "open"
    if stand.outcome in (Outcome.KEPT, Outcome.REFUSED):
        if not stand.kept:
            return "kept_unnamed" if stand.outcome == Outcome.KEPT else "decides_unnamed"
        if not stand.deleted:
            return ""
        return "deleted_but" if stand.closed else "promised"
    if stand.outcome == Outcome.NOTHING:
        return "nothing"
    if stand.outcome == Outcome.VERIFIED:
        return "deleted"
    return "on_word" if stand.closed else "promised"


def _alike(kept: tuple[Kept, ...]) -> list[list[Kept]]:
    """Records that stay for the same reason, told together."""
    groups: dict[object, list[Kept]] = {}
    for each in kept:
        groups.setdefault((each.reason, each.text, each.until, each.readers), []).append(each)
    return list(groups.values())


def _sentence(text: str) -> str:
    """What a plugin wrote, as a sentence on one line."""
    line = " ".join(text.split())
    return line[:1].upper() + line[1:] + ("" if line.endswith((".", "!", "?")) else ".")


def _read(name: str) -> str:
    return (resources.files(__package__) / "texts" / name).read_text(encoding="utf-8")


def _wrapped(text: str) -> str:
    """The letter with no line too long to read; points keep their indent."""
    return "\n".join(line for each in text.splitlines() for line in _wrap(" ".join(each.split())))


def _wrap(line: str) -> list[str]:
    found = _INDENTS.match(line)
    indent = " " * (found.end() if found else 0)
    wrapped = textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return wrapped or [""]
