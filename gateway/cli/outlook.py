"""What `gateway plan` shows: the table and the chart of what falls due, and what call limits make of it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from gateway.cli import printing
from gateway.cli.printing import many
from gateway.forecast import Change, Comparison, Kind, Outlook, Row, Tally, Way, rows
from gateway.forecast.counting import span_for
from gateway.forecast.dates import Due
from gateway.forecast.quota import WHOLE
from gateway.http.windows import name_of
from gateway.risks import Risk

TOTALS = {Kind.ASK: "ask", Kind.INFORM: "tell", Kind.KEEP_ENDS: "keeps end"}
"""The columns of what is counted over all processors."""
UNDER_WAY = "under way"
WIDEST_BAR = 50
SIGNS = {True: ("█", "▒"), False: ("#", "!")}
"""What bars are made of, in time and past their date: on a terminal that can show it, and anywhere."""


def show(out: Console, tally: Tally, outlooks: Mapping[str, Outlook]) -> None:
    """Print the table, the chart, and what the limits make of it."""
    found = rows(tally)
    waiting = {name: each.backlog + each.tasks for name, each in outlooks.items()}
    if not found and not any(waiting.values()):
        printing.say(out, "Nothing falls due, and nothing is under way.")
        return
    _table(out, found, waiting)
    printing.say(out, "")
    _chart(out, found, tally, outlooks)
    show_limits(out, outlooks)


def _table(out: Console, found: Sequence[Row], waiting: Mapping[str, int]) -> None:
    """A row a week: how many are to be erased at each processor, and what else falls due; as wide as fits."""
    names = [
        name
        for name, count in waiting.items()
        if count or any((Kind.ERASE, name) in row.cells for row in found)
    ]
    kinds = [kind for kind in TOTALS if any(row.of(kind) for row in found)]
    cells = [
        (
            row.label,
            [*(row.cells.get((Kind.ERASE, name), 0) for name in names), *(row.of(kind) for kind in kinds)],
        )
        for row in found
    ]
    if any(waiting.values()):
        cells.insert(0, (UNDER_WAY, [*(waiting[name] for name in names), *(0 for _ in kinds)]))
    if len(cells) > 1:
        cells.append(("in all", [sum(column) for column in zip(*(row for _, row in cells), strict=True)]))
    lines = [[label, *(f"{count:,}" if count else "-" for count in row)] for label, row in cells]
    for block in _blocks(out.width, [["", *names, *(TOTALS[kind] for kind in kinds)], *lines]):
        printing.table(out, block[0], block[1:], numbers=True)


def _blocks(width: int, lines: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """The lines cut into as many tables below each other as it takes, each with the first column."""
    widths = [max(len(line[place]) for line in lines) + 1 for place in range(len(lines[0]))]
    chosen: list[int] = []
    for place in range(1, len(widths)):
        if chosen and widths[0] + sum(widths[each] for each in chosen) + widths[place] > width:
            yield [[line[0], *(line[each] for each in chosen)] for line in lines]
            chosen = []
        chosen.append(place)
    if chosen:
        yield [[line[0], *(line[each] for each in chosen)] for line in lines]


def _chart(out: Console, found: Sequence[Row], tally: Tally, outlooks: Mapping[str, Outlook]) -> None:
    """A bar a row: the people to be erased, and how many of them past their date."""
    span = span_for(day for _, _, day in tally.counts)
    late: dict[date | None, int] = {}
    for each in outlooks.values():
        for day, count in each.late_by_day(tally.horizon).items():
            begins = None if day is None else span(day)
            late[begins] = late.get(begins, 0) + count
    bars = [(row.label, row.of(Kind.ERASE), late.get(row.begins, 0)) for row in found if row.of(Kind.ERASE)]
    waiting = sum(each.backlog + each.tasks for each in outlooks.values())
    if waiting:
        bars.insert(0, (UNDER_WAY, waiting, late.get(None, 0)))
    if not bars:
        return
    most = max(count for _, count, _ in bars)
    edge, numbers = max(len(label) for label, _, _ in bars), len(f"{most:,}")
    wide = min(WIDEST_BAR, out.width - edge - numbers - 4)
    signs = SIGNS[out.is_terminal and not out.legacy_windows and "utf" in out.encoding]
    for label, count, behind in bars:
        length = max(1, round(wide * count / most))
        red = min(length, -(-length * min(behind, count) // count))
        bar = Text(f"{label:<{edge}}  ")
        bar.append(signs[0] * (length - red))
        bar.append(signs[1] * red, style="red")
        bar.append(f"  {count:,}")
        out.print(bar, soft_wrap=True)
    what = f"{signs[0]} deletions, each of one person at one processor"
    printing.say(out, f"{what}; {signs[1]} those past their date" if any(late.values()) else what, "")


def show_limits(out: Console, outlooks: Mapping[str, Outlook]) -> None:
    """Print, for each processor with work, when it ends and what is late; and what to do then."""
    for name, text in limits(outlooks).items():
        printing.point(out, f"{name}: {text}")
    printing.say(out, _in_all(outlooks))


def show_other_limits(out: Console, outlooks: Mapping[str, Outlook], others: Mapping[str, Outlook]) -> None:
    """Print where it ends otherwise, and what is late in all, by another policy."""
    now = limits(outlooks)
    for name, text in limits(others).items():
        if now.get(name) != text:
            printing.point(out, f"{name}: {text}")
    printing.say(out, _in_all(others, "Then"))


def limits(outlooks: Mapping[str, Outlook]) -> dict[str, str]:
    """What there is to say of each processor with work."""
    return {
        name: " ".join(_sentences(each))
        for name, each in outlooks.items()
        if each.course.people or each.tasks
    }


def _in_all(outlooks: Mapping[str, Outlook], when: str = "As things are") -> str:
    late = sum(each.late for each in outlooks.values())
    if not late:
        return f"{when}, nothing will be past its date."
    return f"{when}, {many(late, 'deletion')} will be past {'its' if late == 1 else 'their'} date."


def _sentences(each: Outlook) -> Iterator[str]:
    lane = each.lane
    deletions = many(each.course.people, "deletion")
    if lane.way is Way.OWN:
        yield f"{lane.why}; {many(each.due, 'person is', 'people are')} to be told."
        return
    if lane.way is Way.NEVER:
        yield f"{deletions}, never while {lane.why.rstrip('.')}."
        return
    if lane.way is Way.BY_HAND:
        yield f"{many(each.course.people, 'task')} for a person, since {lane.why.rstrip('.')}."
    else:
        yield f"{deletions} {_limits(each)}; {_end(each)}."
        if each.tasks:
            yield f"{many(each.tasks, 'step waits', 'steps wait')} for a person besides."
    if each.already:
        yield f"{many(each.already, 'is', 'are')} past the date already."
    if each.late > each.already:
        yield from _remedies(each)


def _limits(each: Outlook) -> str:
    """By which limits it is reckoned, and with what numbers."""
    lane = each.lane
    if not lane.allowances:
        return "with no call limit named"
    limits = " and ".join(name_of(limit) for limit in lane.limits)
    cost = f"{_calls(lane.cost.hundredths)} each"
    how = (
        f"measured on {lane.cost.people:,}"
        if lane.cost.people
        else "taken for granted, nothing is measured yet"
    )
    read = f", less {_calls(lane.fetch)} a day to read" if lane.fetch else ""
    return f"within {limits} at {cost} ({how}){read}"


def _calls(hundredths: int) -> str:
    return f"{hundredths / WHOLE:,.4g} {'call' if hundredths == WHOLE else 'calls'}"


def _end(each: Outlook) -> str:
    ends = each.course.ends
    return f"the last is done on {date.fromordinal(ends)}" if ends is not None else "it never ends like this"


def _remedies(each: Outlook) -> Iterator[str]:
    lane, late = each.lane, [one for one in each.course.late if one.late]
    first = date.fromordinal(min(one.hard for one in late))
    days = [one.ends - one.hard for one in late if one.ends is not None]
    by = f", by {many(max(days), 'day')} at most" if len(days) == len(late) else ""
    yield f"{each.late - each.already:,} go past their date, the first of {first}{by}."
    proof = (
        f"it is proven with {many(each.reads, 'read')}"
        if each.reads
        else "it ends on your word, since no read can prove it"
    )
    yield (
        f"Either have the quota raised to {each.enough:,} calls a day, or have them deleted in one go in "
        f"{lane.title}'s own screen: one task for a person, and {proof}."
    )


def show_risks(out: Console, risks: Sequence[Risk]) -> None:
    """Print of what is under way where calls do not suffice: by when it is owed and done, and the command that helps."""
    for each in risks:
        done = f"done by {each.done_by}" if each.done_by is not None else "never done"
        printing.say(
            out,
            f"At risk: {many(each.late_people, 'person', 'people')} under way at {each.title}, owed by {each.due_by}, "
            f"will be {done}. `{each.command}` lists them for its own screen, as one task.",
        )  # fmt: skip


def risk_document(each: Risk) -> dict[str, Any]:
    """What is at risk at one processor, as a document has it."""
    return {
        "processor": each.processor, "steps": each.steps, "late": each.late_people, "late_already": each.already,
        "due_by": each.due_by, "done_by": each.done_by, "calls_a_day": each.calls_a_day,
        "enough_calls_a_day": each.enough_calls_a_day, "reads_to_prove": each.reads or None, "command": each.command,
    }  # fmt: skip


def show_comparison(out: Console, comparison: Comparison) -> None:
    """Print what another policy changes, counted by data set."""
    found = differences(comparison)
    if not comparison.changed:
        printing.say(out, "No date moves: the same falls due on the same days.", "")
        return
    names = ("now", "then", "more", "fewer", "earlier", "later")
    printing.table(
        out, ("data sets", *names),
        [(_place(each["kind"], each["processor"]), *(f"{each[name]:,}" for name in names)) for each in found],
        numbers=True,
    )  # fmt: skip
    printing.say(out, "", f"A date moves for {many(comparison.people, 'person', 'people')}.", "")


def _place(kind: Kind, processor: str | None) -> str:
    return str(processor) if kind is Kind.ERASE else " ".join(filter(None, (TOTALS[kind], processor)))


def differences(comparison: Comparison) -> list[dict[str, Any]]:
    """What differs, by kind and processor, as a document has it."""
    order = list(Kind)
    return [
        {
            "kind": kind, "processor": name or None, "now": each.now, "then": each.then, "more": each.more,
            "fewer": each.fewer, "earlier": each.earlier, "later": each.later,
        }
        for (kind, name), each in sorted(
            comparison.differences.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]  # fmt: skip


WORDS = {
    Kind.ERASE: "erase {what} at {where}",
    Kind.ASK: "ask for new consent to {what}",
    Kind.INFORM: "tell them that they are held for {what}",
    Kind.KEEP_ENDS: "{what} at {where} is not kept any longer",
}


def tell(out: Console, person: str, change: Change, *, compares: bool) -> None:
    """Print one date of a person, or how it changes; most lines fit and are written as they are."""
    words = WORDS[change.kind].format(what=change.what, where=change.processor)
    dates = f"{_day(change.was)} -> {_day(change.becomes)}" if compares else _day(change.was)
    line = f"{person:<8} {dates}  {words}"
    if len(line) <= out.width:
        out.file.write(f"{line}\n")
    else:
        printing.say(out, line)


def _day(due: Due | None) -> str:
    return "no date" if due is None else f"{date.fromordinal(due[0])} ({due[1]})"


def change_document(person: str, change: Change) -> dict[str, Any]:
    """One date of a person, as a document has it."""
    was, becomes = change.was, change.becomes
    return {
        "person": person, "kind": change.kind, "what": change.what, "processor": change.processor or None,
        "date": date.fromordinal(was[0]) if was else None, "rule": was[1] if was else None,
        "then_date": date.fromordinal(becomes[0]) if becomes else None, "then_rule": becomes[1] if becomes else None,
    }  # fmt: skip


def outlook_document(each: Outlook) -> dict[str, Any]:
    """How it goes at one processor, as a document has it."""
    lane, ends = each.lane, each.course.ends
    return {
        "name": lane.name, "way": lane.way, "why": lane.why or None, "under_way": each.backlog, "tasks": each.tasks,
        "due": each.due, "ends": None if ends is None else date.fromordinal(ends), "late": each.late,
        "late_already": each.already, "calls_a_day": lane.calls_a_day, "calls_a_person": lane.cost.hundredths / WHOLE,
        "measured_on": lane.cost.people, "calls_to_read_a_day": lane.fetch / WHOLE, "enough_calls_a_day": each.enough,
        "reads_to_prove": each.reads or None,
        "late_days": [
            {
                "due": date.fromordinal(one.due), "by": date.fromordinal(one.hard), "people": one.people,
                "late": one.late, "ends": None if one.ends is None else date.fromordinal(one.ends),
            }
            for one in each.course.late
        ],
    }  # fmt: skip
