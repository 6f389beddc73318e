"""How many fall due when and where: counts by kind, processor and day, and the weeks, months or years they make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.forecast.dates import Dates, Horizon, Kind

MOST_ROWS = 20
"""More weeks than this are shown as months, and more months than this as years."""
Where = tuple[Kind, str]
"""A kind at a processor."""


@dataclass(slots=True)
class Tally:
    """Counts up to a horizon. What is overdue counts on its first day.

    A person counts once for a kind, processor and day, however many data sets go there then: that is one deletion.
    """

    horizon: Horizon
    counts: dict[tuple[Kind, str, int], int] = field(default_factory=dict)
    people: int = 0
    touched: int = 0

    def add(self, found: Dates, under_way: Collection[str] = ()) -> None:
        """Count one person; what is due by now where a case is `under_way` is counted there."""
        self.people += 1
        _, today, last = self.horizon
        seen = {
            (key[0], key[2], due[0] if due[0] > today else today)
            for key, due in found.items()
            if due[0] <= last
        }
        for name in under_way:
            seen.discard((Kind.ERASE, name, today))
        if seen:
            self.touched += 1
            counts = self.counts
            for each in seen:
                counts[each] = counts.get(each, 0) + 1

    def erasures(self, processor: str) -> dict[int, int]:
        """How many people are due for erasure at a processor, by day."""
        return {
            day: count
            for (kind, name, day), count in sorted(self.counts.items())
            if kind is Kind.ERASE and name == processor
        }

    def total(self, kind: Kind, processor: str | None = None) -> int:
        """How many of a kind there are, at one processor or in all."""
        return sum(
            count
            for (of, name, _), count in self.counts.items()
            if of is kind and (processor is None or name == processor)
        )

    def places(self) -> list[Where]:
        """The kinds and processors that anything falls due for."""
        return sorted({(kind, name) for kind, name, _ in self.counts})


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of time: what people call it, its first day, and how many fall due in it."""

    label: str
    begins: date
    cells: Mapping[Where, int]

    def of(self, kind: Kind) -> int:
        """How many of a kind fall due in it, everywhere."""
        return sum(count for (each, _), count in self.cells.items() if each is kind)


Span = Callable[[int], date]
"""From a day to the first day of the stretch it lies in."""


def week(day: int) -> date:
    return date.fromordinal(day - (day - 1) % 7)


def month(day: int) -> date:
    return date.fromordinal(day).replace(day=1)


def year(day: int) -> date:
    return date.fromordinal(day).replace(month=1, day=1)


def label(span: Span, begins: date) -> str:
    """How a stretch is called: `2027-W05 (1 Feb)`, `2027-02`, `2027`."""
    if span is week:
        of_year, number, _ = begins.isocalendar()
        return f"{of_year}-W{number:02d} ({begins.day} {begins:%b})"
    return f"{begins:%Y-%m}" if span is month else f"{begins:%Y}"


def span_for(days: Iterable[int], most: int = MOST_ROWS) -> Span:
    """The shortest stretch of which so many at most hold all these days."""
    some = list(days)
    return next((each for each in (week, month) if len(set(map(each, some))) <= most), year)


def rows(tally: Tally, span: Span | None = None) -> list[Row]:
    """The stretches in which something falls due, in order; without a span, the shortest that gives few enough."""
    chosen = span or span_for(day for _, _, day in tally.counts)
    found: dict[date, dict[Where, int]] = {}
    for (kind, name, day), count in tally.counts.items():
        cells = found.setdefault(chosen(day), {})
        cells[kind, name] = cells.get((kind, name), 0) + count
    return [Row(label(chosen, begins), begins, cells) for begins, cells in sorted(found.items())]
