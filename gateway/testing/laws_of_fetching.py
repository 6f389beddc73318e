"""The laws of `fetch`: what is read is everything, once, and can be taken up again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gateway.model import Page, Record, Ref
from gateway.testing.people import named
from gateway.testing.stage import Run, Stage, needs


class FetchLaws(Stage):
    """What is read is everything, once, and can be taken up again."""

    @needs("fetch")
    def test_simulator_is_large_enough(self) -> None:
        """On one page everything is easy: too few people or pages prove nothing.

        Red: let `simulator` seed more people, or make its pages smaller.
        """
        people = len(self.people())
        self.must(
            people >= self.least_people,
            f"the simulator holds {people} people, fewer than {self.least_people}",
            f"at least {self.least_people}",
        )
        most = max(len(self.pages(kind.name)) for kind in self.describe().kinds)
        self.must(
            most >= self.least_pages,
            f"the largest kind has {most} pages, fewer than {self.least_pages}",
            f"at least {self.least_pages}",
        )

    @needs("fetch")
    def test_fetch_ends_with_the_last_page(self) -> None:
        """`complete` is what lets the core believe that a missing person is gone; by silence it believes nothing.

        Red: `complete` is None on all pages but the last; on the last it is True if every record of the kind
        was shown, else False.
        """
        shape = (
            "pages with a text cursor and complete=None, then one that says whether the sweep was complete"
        )
        for kind, pages in self._sweeps():
            self.must(pages, f"fetch of {kind} yielded no page", "one empty page where nothing is held")
            yielded: list[object] = list(pages)
            wrong = [type(each).__name__ for each in yielded if not isinstance(each, Page)]
            self.must(not wrong, f"fetch of {kind} yielded {', '.join(wrong)} where a Page belongs", "Pages")
            last = len(pages)
            for number, page in enumerate(pages, 1):
                said, where = page.complete, f"page {number} of {last} of {kind}"
                self.must(number == last or said is None, f"{where} says complete={said}", shape)
                self.must(
                    number < last or said is not None, f"the last page of {kind} says complete=None", shape
                )
                is_text = isinstance(page.cursor, str) or (number == last and page.cursor is None)
                self.must(is_text, f"the cursor of {where} is {page.cursor!r}, not text", shape)
            self.must(
                pages[-1].complete,
                f"the undisturbed sweep of {kind} says it is not complete",
                "complete=True: nothing disturbed it",
            )

    @needs("fetch")
    def test_fetch_yields_each_record_once(self) -> None:
        """A record seen twice would be counted, matched and deleted twice.

        Red: look at how the pages follow each other, and at what makes up the id.
        """
        for kind, pages in self._sweeps():
            for ref, times in _counted(pages).items():
                self.must(
                    ref.kind == kind,
                    f"fetch of {kind} yielded a record of kind {ref.kind!r}",
                    "records of the kind that was asked for",
                )
                self.must(
                    _is_text(ref.id),
                    f"the id {ref.id!r} of a {kind} is not text",
                    "the vendor's id, as text",
                )
                self.must(
                    times == 1, f"fetch of {kind} yielded the record {ref.id!r} {times} times", "each once"
                )

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
                "the same records in the same order",
            )

    @needs("fetch")
    def test_fetch_resumes_from_every_page(self) -> None:
        """A sweep that was interrupted goes on from the cursor that was written down, maybe days later.

        Red: put into the cursor all that the next page needs, as text; keep nothing in memory.
        """
        for kind, pages in self._sweeps():
            ends = bool(pages) and pages[-1].complete is not None
            for number, page in enumerate(pages, 1):
                last = number == len(pages)
                if last and page.cursor is None:
                    continue
                rest = self.pages(kind, page.cursor)
                if not last:
                    self._compare(
                        _counted(pages[number:]), _counted(rest), f"{kind}, resumed after page {number},"
                    )
                self.must(
                    not ends or (rest and rest[-1].complete is not None),
                    f"the sweep of {kind} resumed after page {number} of {len(pages)} has no last page",
                    "a last page that says whether the sweep was complete",
                )

    @needs("fetch")
    def test_times_carry_their_zone(self) -> None:
        """A consent that ends an hour early or late is a breach; a time without a zone is a guess.

        Red: read times with `gateway.read_datetime`, and say there which zone the vendor writes in.
        """
        for kind, pages in self._sweeps():
            for record in (each for page in pages for each in page.records):
                for name, moment in _moments(record):
                    self.must(
                        moment.utcoffset() == timedelta(0),
                        f"{name} of the {kind} {record.ref.id!r} is not in UTC: {moment!r}",
                        "an aware time in UTC",
                    )

    @needs("fetch", "delete")
    def test_fetch_loses_nobody_when_rows_move(self) -> None:
        """Rows move up when people before them go, and a sweep that counts in pages then skips as many.

        Red: page by what does not move (the last id shown), or notice that rows moved and end the sweep with
        complete=False; leave out what was shown already.
        """
        for kind in (each.name for each in self.describe().kinds):
            for stop in range(1, max(2, len(self.pages(kind)))):
                self.begin_anew()
                before = _counted(self.pages(kind))
                run, gone = self._swept_meanwhile(kind, stop)
                self.asked = f"fetch of {kind}, and delete by another account in the middle of it"
                where = f"{kind}, of which {named(gone)} went after page {stop},"
                if run.error is not None or not run.yielded:
                    continue  # an error is no claim; a sweep without trouble is another law
                seen = _counted(run.yielded)
                lost = before.keys() - gone - seen.keys()
                self.must(
                    not lost or run.yielded[-1].complete is not True,
                    f"the sweep of {where} says complete=True and lost {named(lost)}",
                    "nobody else is lost, or the last page says complete=False",
                )
                once = all(times == 1 for times in before.values())  # or else there is another law
                again = {ref for ref, times in seen.items() if times > 1 and once}
                self.must(not again, f"the sweep of {where} yielded {named(again)} twice", "each record once")

    def _swept_meanwhile(self, kind: str, stop: int) -> tuple[Run, set[Ref]]:
        """A sweep while which, after a page, two people of the pages read so far are deleted; and who went."""
        pages: list[Page] = []
        gone: set[Ref] = set()
        with self.open() as account:
            try:
                for page in self.begin("fetch", account, kind=kind, cursor=None):
                    pages.append(page)
                    if len(pages) == stop:
                        seen = [record for each in pages for record in each.records]
                        gone = {ref for each in self._delete(seen) for ref in each}
            except Exception as err:  # noqa: BLE001  # whatever a plugin raises, it claims no complete sweep
                return Run(pages, err), gone
        return Run(pages), gone

    def _delete(self, records: Sequence[Record]) -> list[tuple[Ref, ...]]:
        subjects = self.subjects_of(records)
        return [each.deleted for each in self.receipts([*subjects[:1], *subjects[1:][-1:]])]

    def _sweeps(self) -> Iterator[tuple[str, list[Page]]]:
        for kind in self.describe().kinds:
            yield kind.name, self.pages(kind.name)

    def _compare(self, due: Counter[Ref], got: Counter[Ref], which: str) -> None:
        lost, again = (due - got).keys(), (got - due).keys()
        expected = "all that comes after that page, nothing lost and nothing twice"
        self.must(not lost, f"fetch of {which} lost {len(lost)} records: {named(lost)}", expected)
        self.must(
            not again, f"fetch of {which} yielded {len(again)} records once more: {named(again)}", expected
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _refs(pages: list[Page]) -> list[Ref]:
    return [each.ref for page in pages for each in page.records]


def _counted(pages: list[Page]) -> Counter[Ref]:
    return Counter(_refs(pages))


def _moments(record: Record) -> Iterator[tuple[str, datetime]]:
    for name in ("created", "updated", "active"):
        if (moment := getattr(record, name)) is not None:
            yield name, moment
    for consent in record.consents:
        for name in ("given", "expires", "withdrawn"):
            if isinstance(moment := getattr(consent, name), datetime):
                yield f"consent {name}", moment
