"""What is wrong with a policy only in the light of other tables: names nobody declared, rules that collide, no end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from gateway.rules.policy import LawRow
from gateway.rules.schema import ABOUT, BUILT_IN, DUTIES, Contents, KeepTable, RuleTable
from gateway.settings import Period
from gateway.settings.checking import Mistake
from gateway.settings.mistakes import listed, quoted, unknown

RECORD_DATES = frozenset({"created", "updated", "active"})
NOT_NOTED = RECORD_DATES | {"consent"}
"""Events that nobody notes by themselves: they are read off records and consents, for one purpose."""
TAKEN = frozenset({"consent", "withdrawal", "request", "vanished", "inform_within"})
"""What stands in place of the id of a rule where something is owed by no rule."""
HASTY = Period(7, "days")
"""A record is entered, and within a week everybody who was entered is due: that is a slip of the pen."""

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "data_sets": {"subjects": "subjects", "held_at": "processors"},
    "purposes": {
        "data_sets": "data_sets", "subjects": "subjects", "sources": "sources", "recipients": "recipients",
        "controllers": "controllers",
    },
    "rules": {"purposes": "purposes", "data_sets": "data_sets", "start": "events"},
    "keeps": {"data_sets": "data_sets", "start": "events", "until_event": "events"},
}  # fmt: skip
"""Section, key, and the section whose names stand there."""


class Known(NamedTuple):
    """The names a policy may use: those it declares, section by section, the processors, and the rows of the law."""

    names: Mapping[str, Collection[str]]
    law: Mapping[str, LawRow]

    def words(self, key: str, own: Iterable[str]) -> list[str]:
        """The words that purposes and data sets may use for rows of the law to go by."""
        of_rows = (row.values[key] for row in self.law.values() if key in row.values)
        return list(dict.fromkeys([*own, *(each for each in of_rows if isinstance(each, str))]))


def mistakes(policy: Contents, known: Known) -> Iterator[Mistake]:
    """All that is wrong across tables; names that a mistaken table declares are known too."""
    yield from _references(policy, known)
    yield from _words(policy, known)
    yield from _ids(policy, known)
    yield from _data_sets(policy)
    for name, rule in policy.rules.items():
        yield from ((("rules", name, key), text) for key, text in _rule(rule, policy))
    yield from _overlaps(policy)
    for name, keep in policy.keeps.items():
        yield from ((("keeps", name, key), text) for key, text in keep_mistakes(keep.start, keep.until_event))
    yield from _circles(policy.keeps)


def _references(policy: Contents, known: Known) -> Iterator[Mistake]:
    for section, keys in REFERENCES.items():
        for name, table in getattr(policy, section).items():
            for key, target in keys.items():
                for word in _words_of(getattr(table, key)):
                    yield from _unknown((section, name, key), word, target, known.names[target])
    suppliers = policy.notice.suppliers
    for word in suppliers.value if suppliers else ():
        yield from _unknown(("notice", "suppliers", "value"), word, "processors", known.names["processors"])


def _words_of(value: Any) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if value else ()


def _unknown(at: tuple[str, ...], word: str, target: str, names: Collection[str]) -> Iterator[Mistake]:
    name = word.partition(":")[0] if target == "processors" else word
    if name not in names:
        yield at, f"{quoted(word)}: {unknown(target.removesuffix('s').replace('_', ' '), name, names)}"


def _words(policy: Contents, known: Known) -> Iterator[Mistake]:
    """Words that rows of the law go by: one that is misspelt would leave a row out without a word."""
    about, duties = known.words("about", ABOUT), known.words("duty", DUTIES)
    for name, purpose in policy.purposes.items():
        if purpose.about and purpose.about not in about:
            yield (
                ("purposes", name, "about"),
                f"{quoted(purpose.about)}: {unknown('word', purpose.about, about)}",
            )
        sets = [policy.data_sets[each].fields for each in purpose.data_sets if each in policy.data_sets]
        fields = {each for some in sets for each in some}
        for word in purpose.fields if len(sets) == len(purpose.data_sets) and all(sets) else ():
            if word not in fields:
                yield ("purposes", name, "fields"), f"{quoted(word)}: {unknown('field', word, fields)}"
    for name, data_set in policy.data_sets.items():
        if data_set.duty and data_set.duty not in duties:
            yield (
                ("data_sets", name, "duty"),
                f"{quoted(data_set.duty)}: {unknown('duty', data_set.duty, duties)}",
            )
    for row in policy.law:
        if row not in known.law:
            yield ("law", row), unknown("row of the law", row, known.law)


def _ids(policy: Contents, known: Known) -> Iterator[Mistake]:
    for name in policy.events.keys() & BUILT_IN.keys():
        yield ("events", name), "is built in; take this table away, or give the event another name"
    for section, tables in (("rules", policy.rules), ("keeps", policy.keeps)):
        for name in tables:
            if name in TAKEN:
                yield (
                    (section, name),
                    "is what the gateway itself says in place of a rule; give it another id",
                )
            if name in known.law:
                yield (section, name), "is the id of a row of the law; give it another id"
    for name in policy.rules.keys() & policy.keeps.keys():
        yield ("keeps", name), f"is the id of a rule too; give it another id, such as {name}-kept"


def _data_sets(policy: Contents) -> Iterator[Mistake]:
    for name, data_set in policy.data_sets.items():
        for place in data_set.held_at:
            whole = place.partition(":")[0]
            if place != whole and whole in data_set.held_at:
                yield (
                    ("data_sets", name, "held_at"),
                    f"{quoted(place)} lies within {quoted(whole)}, which stands here too; take one away",
                )


def _rule(rule: RuleTable, policy: Contents) -> Iterator[tuple[str, str]]:
    yield from start_mistakes(rule.start)
    if all(each in policy.purposes for each in rule.purposes):
        used = {each for name in rule.purposes for each in policy.purposes[name].data_sets}
        for word in rule.data_sets:
            if word in policy.data_sets and word not in used:
                yield (
                    "data_sets",
                    f"{quoted(word)} is used for none of its purposes; those use {listed(sorted(used))}",
                )
    if RECORD_DATES & {*rule.start} and not _fits(HASTY, rule.period):
        text = (
            f'"{rule.period}" from the date of a record would delete everybody within a week of being entered'
        )
        yield "period", f"{text}; write a longer one, or another start"
    yield from _warnings(rule)


def _warnings(rule: RuleTable) -> Iterator[tuple[str, str]]:
    for warn in rule.warn:
        if not _fits(warn, rule.period):
            yield "warn", f'"{warn}" does not fit into the period of "{rule.period}"; write a shorter one'
    for before, after in pairwise(rule.warn):
        if not _is_shorter(after, before):
            yield "warn", f'"{after}" has to be shorter than "{before}", which stands before it'
    if rule.ask_again is not None and not rule.warn:
        yield "ask_again", 'needs a warning to be asked with; write one, such as warn = ["90 days"]'
    elif rule.ask_again is not None and not _fits(rule.ask_again, rule.warn[0]):
        text = f'"{rule.ask_again}" to answer does not fit into the "{rule.warn[0]}" from the first warning to the end'
        yield "ask_again", f"{text}; write a shorter one"


def start_mistakes(start: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the start of a retention period."""
    if "erasure" in start:
        yield (
            "start",
            '"erasure" is what the rule itself brings about: it would wait for itself; name another event',
        )


def keep_mistakes(start: str, until_event: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the start and the end of a kept set."""
    for key, word in (("start", start), ("until_event", until_event)):
        if word in NOT_NOTED:
            yield (
                key,
                f"{quoted(word)} is read off records and consents, and begins or ends no kept set; name another event",
            )
    if until_event == "erasure":
        yield "until_event", '"erasure" waits for what is kept, and would never come; name another event'
    elif until_event and until_event == start:
        yield (
            "until_event",
            f"{quoted(start)} is its start too: it would end as it begins; name another event",
        )


def _overlaps(policy: Contents) -> Iterator[Mistake]:
    """Two rules for the same data set and purpose: nobody could say which of them counts."""
    covers = {name: set(_covered(rule, policy)) for name, rule in policy.rules.items()}
    for one, other in combinations(covers, 2):
        both = sorted(covers[one] & covers[other])
        if both:
            purpose, data_set = both[0]
            text = f"keeps {quoted(data_set)} for {quoted(purpose)}, as rules.{one} does already"
            yield ("rules", other), f"{text}; make them one rule, or give each data_sets of its own"


def _covered(rule: RuleTable, policy: Contents) -> Iterator[tuple[str, str]]:
    for purpose in rule.purposes:
        used = policy.purposes[purpose].data_sets if purpose in policy.purposes else ()
        yield from ((purpose, each) for each in used if not rule.data_sets or each in rule.data_sets)


def _circles(keeps: Mapping[str, KeepTable]) -> Iterator[Mistake]:
    """Keeps of one data set of which each begins as the one before it ends, round and round: it would stay for good."""
    for data_set in dict.fromkeys(each for keep in keeps.values() for each in keep.data_sets):
        ends = {
            name: keep
            for name, keep in keeps.items()
            if data_set in keep.data_sets and keep.until_event not in ("", keep.start)
        }
        for name in ends:
            circle = _circle(name, ends)
            if circle and name == min(circle):
                others = listed(each for each in circle if each != name)
                text = f"goes round in a circle with {others}: each begins as another ends, and {quoted(data_set)} stays"
                yield ("keeps", name), f"{text} for good; give one of them a period instead"


def _circle(first: str, keeps: Mapping[str, KeepTable]) -> list[str]:
    """The keeps that lead from the end of one back to its start; none where no way leads back."""
    ways = [[first]]
    seen = {first}
    while ways:
        way = ways.pop(0)
        end = keeps[way[-1]].until_event
        if end == keeps[first].start:
            return way
        for name, keep in keeps.items():
            if keep.start == end and name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


_STARTS = [date(year, month, 1) for year in (2001, 2004) for month in range(1, 13)]
"""The first of every month, of a common and of a leap year: how long a month is depends on where it begins."""


def _fits(period: Period, into: Period) -> bool:
    return all(period.after(day) <= into.after(day) for day in _STARTS)


def _is_shorter(period: Period, than: Period) -> bool:
    return all(period.after(day) < than.after(day) for day in _STARTS)
