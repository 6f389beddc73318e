"""The laws of what a plugin says of itself and of `fetch`."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway import hookspecs
from gateway.model import Page, Record, Ref, Vendor
from gateway.testing.stage import HOOKS, Stage, needs

_SECRET = re.compile(r"(^|_)(api_?key|key|secret|password|token)$")


class ShapeLaws(Stage):
    """What holds before the first call."""

    def test_hooks_are_all_there(self) -> None:
        """The core finds every hook by its name and its mark; one it does not find is never called.

        Red: write the function, put `@hookimpl` on it, take only arguments the hook has; or name the hook in
        `describe().cannot` with the reason.
        """
        cannot = self.describe().cannot
        for hook in HOOKS:
            function = getattr(self.plugin, hook, None)
            if function is None and hook in cannot:
                continue
            self.must(
                callable(function), f"there is no function {hook}, and describe().cannot does not name it"
            )
            self.must(hasattr(function, f"{hookspecs.PROJECT}_impl"), f"{hook} is not marked with @hookimpl")
            promised = list(inspect.signature(getattr(hookspecs, hook)).parameters)
            asked = set(inspect.signature(function or hookspecs.describe).parameters)
            alien = sorted(asked.difference(promised))
            self.must(not alien, f"{hook} takes {', '.join(alien)}; the hook has only {', '.join(promised)}")

    def test_describe_is_pure(self) -> None:
        """`describe` is asked before there are settings or a network, and by commands that list plugins.

        Red: answer a Vendor made of constants: the same at every call, nothing read and no call made.
        """
        first, second = self.describe(), self.describe()
        self.must(isinstance(first, Vendor), f"describe answered {type(first).__name__}, not a Vendor")
        self.must(first == second, "describe answered something else the second time")
        self.must(not self.vendor.wire.journal, "describe called the vendor")
        self.must(
            re.fullmatch(r"[a-z][a-z0-9-]*", first.name), f"the name {first.name!r} is not like 'my-vendor'"
        )
        self.must(first.kinds, "describe names no kind of record")
        for what, names in (("kind", first.kinds), ("setting", first.settings)):
            twice = [name for name, times in Counter(each.name for each in names).items() if times > 1]
            self.must(not twice, f"describe names the {what} {', '.join(twice)} twice")

    def test_settings_are_secret_when_named_so(self) -> None:
        """A secret setting cannot be printed, logged or written into `gateway.toml` in clear.

        Red: declare the setting with `secret=True`.
        """
        for setting in self.describe().settings:
            self.must(
                setting.secret or not _SECRET.search(setting.name.lower()),
                f"the setting {setting.name!r} is named like a secret but not declared secret",
            )

    def test_what_cannot_be_done_has_a_reason(self) -> None:
        """The reason stands in front of the operator, and in the record of why a person's data stayed.

        Red: in `describe().cannot`, name a hook, and say why in one sentence that ends with a full stop.
        """
        for hook, reason in self.describe().cannot.items():
            self.must(
                hook in HOOKS[1:],
                f"describe().cannot names {hook!r}, which is none of {', '.join(HOOKS[1:])}",
            )
            sentence = len(reason.split()) >= 3 and reason.endswith(".") and "\n" not in reason
            self.must(sentence, f"the reason for {hook!r} is no sentence: {reason!r}")


class FetchLaws(Stage):
    """What is read is everything, once, and can be taken up again."""

    @needs("fetch")
    def test_simulator_is_large_enough(self) -> None:
        """On one page everything is easy: too few people or pages prove nothing.

        Red: let `simulator` seed more people, or make its pages smaller.
        """
        self.must(
            len(self.people()) >= self.least_people,
            f"the simulator holds {len(self.people())} people, fewer than {self.least_people}",
        )
        most = max(len(self.pages(kind.name)) for kind in self.describe().kinds)
        self.must(
            most >= self.least_pages, f"the largest kind has {most} pages, fewer than {self.least_pages}"
        )

    @needs("fetch")
    def test_fetch_ends_with_the_last_page(self) -> None:
        """`complete` is what lets the core believe that a missing person is gone; by silence it believes nothing.

        Red: `complete` is None on all pages but the last; on the last it is True if every record of the kind
        was shown, else False.
        """
        for kind, pages in self._sweeps():
            self.must(pages, f"fetch of {kind} yielded no page; where nothing is held, yield one empty page")
            yielded: list[object] = list(pages)
            wrong = [type(each).__name__ for each in yielded if not isinstance(each, Page)]
            self.must(not wrong, f"fetch of {kind} yielded {', '.join(wrong)} where a Page belongs")
            last = len(pages)
            for number, page in enumerate(pages, 1):
                said = page.complete
                self.must(
                    number == last or said is None, f"page {number} of {last} of {kind} says complete={said}"
                )
                self.must(number < last or said is not None, f"the last page of {kind} says complete=None")
                is_text = isinstance(page.cursor, str) or (number == last and page.cursor is None)
                self.must(
                    is_text, f"the cursor of page {number} of {last} of {kind} is {page.cursor!r}, not text"
                )
            self.must(pages[-1].complete, f"the undisturbed sweep of {kind} says it is not complete")

    @needs("fetch")
    def test_fetch_yields_each_record_once(self) -> None:
        """A record seen twice would be counted, matched and deleted twice.

        Red: look at how the pages follow each other, and at what makes up the id.
        """
        for kind, pages in self._sweeps():
            seen = Counter(each.ref for page in pages for each in page.records)
            for ref, times in seen.items():
                self.must(ref.kind == kind, f"fetch of {kind} yielded a record of kind {ref.kind!r}")
                self.must(_is_text(ref.id), f"the id {ref.id!r} of a {kind} is not text")
                self.must(times == 1, f"fetch of {kind} yielded the record {ref.id!r} {times} times")

    @needs("fetch")
    def test_fetch_is_stable(self) -> None:
        """Only a sweep that shows the same twice can show that something is missing.

        Red: ask the vendor for a fixed order, best by id.
        """
        for kind, pages in self._sweeps():
            again = self.pages(kind)
            self.must(
                _refs(pages) == _refs(again),
                f"the second fetch of {kind} did not yield the same in the same order",
            )

    @needs("fetch")
    def test_fetch_resumes_from_every_page(self) -> None:
        """A sweep that was interrupted goes on from the cursor that was written down, maybe days later.

        Red: put into the cursor all that the next page needs, as text; keep nothing in memory.
        """
        for kind, pages in self._sweeps():
            for number, page in enumerate(pages[:-1], 1):
                rest = self.pages(kind, page.cursor)
                due, got = _refs(pages[number:]), _refs(rest)
                self._compare(due, got, f"fetch of {kind}, resumed after page {number} of {len(pages)},")
                said = rest[-1].complete if rest else None
                self.must(
                    said is not None, f"the sweep of {kind} resumed after page {number} has no last page"
                )
            if pages[-1].cursor is not None:
                following = self.pages(kind, pages[-1].cursor)
                self.must(
                    following and following[-1].complete is not None,
                    f"the fetch of {kind} that starts at the last cursor has no last page",
                )

    @needs("fetch")
    def test_times_carry_their_zone(self) -> None:
        """A consent that ends an hour early or late is a breach; a time without a zone is a guess.

        Red: read times with `gateway.read_datetime`, and say there which zone the vendor writes in.
        """
        for kind, pages in self._sweeps():
            for record in (each for page in pages for each in page.records):
                for name, moment in _moments(record):
                    aware = moment.utcoffset() == timedelta(0)
                    self.must(aware, f"{name} of the {kind} {record.ref.id!r} is not in UTC: {moment!r}")

    def _sweeps(self) -> Iterator[tuple[str, list[Page]]]:
        for kind in self.describe().kinds:
            yield kind.name, self.pages(kind.name)

    def _compare(self, due: list[Ref], got: list[Ref], which: str) -> None:
        lost = [ref.id for ref in due if ref not in got]
        self.must(not lost, f"{which} lost {len(lost)} records: {', '.join(lost[:5])}")
        again = [ref.id for ref, times in Counter(got).items() if times > 1 or ref not in due]
        self.must(not again, f"{which} yielded {len(again)} records once more: {', '.join(again[:5])}")
        self.must(due == got, f"{which} yielded the rest in another order")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _refs(pages: list[Page]) -> list[Ref]:
    return [each.ref for page in pages for each in page.records]


def _moments(record: Record) -> Iterator[tuple[str, datetime]]:
    for name in ("created", "updated", "active"):
        if (moment := getattr(record, name)) is not None:
            yield name, moment
    for consent in record.consents:
        for name in ("given", "expires", "withdrawn"):
            if isinstance(moment := getattr(consent, name), datetime):
                yield f"consent {name}", moment
