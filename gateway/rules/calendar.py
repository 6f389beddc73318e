"""Which days are working days: Norway's public holidays from the `holidays` library, and Saturdays and Sundays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_SATURDAY = 5
_DAY = timedelta(days=1)


@lru_cache(256)
def norwegian(year: int) -> frozenset[date]:
    """The public holidays of a year in Norway; the library knows them from 1901 to 2100."""
    return frozenset(_norway()(years=year))


@lru_cache(1)
def _norway() -> Callable[..., Iterable[date]]:
    """The library's calendar of Norway, loaded when somebody asks: most commands do not.

    Its package loads two hundred other countries at a third of a second and 10 MB; this loads the one file.
    """
    import holidays  # what the file needs

    path = Path(holidays.__file__).parent / "countries" / "norway.py"
    spec = spec_from_file_location("holidays_of_norway", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    norway: Callable[..., Iterable[date]] = module.Norway
    return norway


@dataclass(frozen=True, slots=True)
class Holidays:
    """A calendar of public holidays: `of_year` names those of a year. Saturdays and Sundays are no working days in any."""

    of_year: Callable[[int], frozenset[date]] = norwegian

    def is_working(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.of_year(day.year)

    def next_working(self, day: date) -> date:
        """The day itself, or the first working day after it."""
        while not self.is_working(day) and day < date.max:
            day += _DAY
        return day

    def plus_working_days(self, day: date, count: int) -> date:
        """The working day that is `count` working days later; the day itself is not counted."""
        for _ in range(count):
            if day == date.max:
                break
            day = self.next_working(day + _DAY)
        return day
