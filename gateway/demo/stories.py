"""The stories of the demo: how each has to come out, how it did, and in which words that is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.demo.world import Held, World
from gateway.ledger import Ledger, Transaction, graves, people, views, work
from gateway.ledger.work import Step
from gateway.model import Outcome

GONE, ABSENT, KEPT, REFUSED, UNTRUE, UNTOUCHED = "gone", "absent", "kept", "refused", "untrue", "untouched"
_STANDS: Mapping[str, tuple[Outcome | None, bool]] = {
    GONE: (Outcome.VERIFIED, True),
    ABSENT: (Outcome.NOTHING, True),
    KEPT: (Outcome.KEPT, True),
    REFUSED: (Outcome.REFUSED, True),
    UNTRUE: (Outcome.BROKEN, False),
    UNTOUCHED: (None, False),
}
"""How a step stands: its outcome, and whether it is closed."""


@dataclass(frozen=True, slots=True)
class Story:
    """One story: whose it is, what it shows, and how it has to end."""

    key: str
    title: str
    at: Mapping[str, str]
    stays: frozenset[str] = frozenset()
    state: str = "closed"


EVERYWHERE = {"recman": GONE, "invenias": GONE, "bisnode": KEPT}
"""The bureau's log of events names a consumer for a year after it was removed."""

STORIES = (
    Story("expired", "A consent expired", EVERYWHERE),
    Story("withdrawn", "A consent was withdrawn", EVERYWHERE),
    Story("old", "Kept longer than agreed, without a consent", {"invenias": GONE}),
    Story(
        "removed", "Deleted in Recman by hand, still held elsewhere",
        {"recman": ABSENT, "invenias": GONE, "bisnode": KEPT},
    ),
    Story(
        "liar", "The vendor says deleted, and keeps the row", {"recman": GONE, "invenias": UNTRUE},
        frozenset({"invenias"}), "open",
    ),
    Story(
        "employee", "A current employee, who may not be deleted", {"recman": KEPT, "invenias": GONE},
        frozenset({"recman"}),
    ),
    Story(
        "bureau", "A credit check, of which the bureau is the controller", {"recman": GONE, "bisnode": REFUSED},
        frozenset({"decision"}),
    ),
    Story(
        "shared", "Two people behind one e-mail address", {"recman": UNTOUCHED, "invenias": UNTOUCHED},
        frozenset({"recman", "invenias"}), "held",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story came out. `mistakes` says, one sentence each, what did not come out as told."""

    key: str
    title: str
    person: str
    case: int | None
    lines: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    case: int | None = None
    state: str = ""
    question: int | None = None
    steps: list[Step] = field(default_factory=list)


def endings(ledger: Ledger, world: World, why: Callable[[int], str]) -> list[Ending]:
    """How each story stands in the ledger and, in truth, at the vendors; `why` says why a case is what it is."""
    with ledger.read() as tx:
        told = [_ending(tx, ledger, world, story) for story in STORIES]
    return [each if each.case is None else _explained(each, why(each.case)) for each in told]


def _explained(ending: Ending, why: str) -> Ending:
    if not why:
        return replace(ending, mistakes=(*ending.mistakes, "nothing says why"))
    return replace(ending, lines=(*ending.lines, f"why: {why}"))


def _ending(tx: Transaction, ledger: Ledger, world: World, story: Story) -> Ending:
    held = world.cast[story.key]
    found = _find(tx, ledger, held)
    steps = {each.processor: each for each in found.steps}
    mistakes = [f"its case is {found.state or 'not there'}, not {story.state}"] * (found.state != story.state)
    for processor, stand in story.at.items():
        step = steps.get(processor)
        if step is None or (step.outcome, step.closed_at is not None) != _STANDS[stand]:
            stands = "is not in the case" if step is None else f"stands as {step.outcome or 'not begun'}"
            mistakes.append(f"{processor} {stands}, not as {stand}")
    if (there := world.still_at(held)) != story.stays:
        mistakes.append(f"held at {_listed(there)}, and it would be {_listed(story.stays)}")
    person = held.person.name
    if story.key == "shared":
        person += f" and {world.cast['sharing'].person.name}"
        if "recman" not in world.still_at(world.cast["sharing"]):
            mistakes.append("the other of the two is gone")
    return Ending(
        story.key, story.title, person, found.case, tuple(_say(story, found, steps)), tuple(mistakes)
    )


def _listed(places: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(places)) or "no place"


def _find(tx: Transaction, ledger: Ledger, held: Held) -> _Found:
    """The newest case of a person: by their records, or by the tombstones of those that were erased."""
    numbers: set[int] = set()
    for place, vendor_id in held.at.items():
        processor = "bisnode" if place == "decision" else place
        subjects = people.by_record(tx, processor, vendor_id)
        mark = graves.link_hash(ledger.vault, processor, vendor_id)
        numbers |= views.cases_about(tx, subjects, mark)
    row = work.get_case(tx, max(numbers)) if numbers else None
    if row is None:
        return _Found()
    return _Found(row.id, row.state, row.held_by, work.steps_of(tx, row.id))


def _say(story: Story, found: _Found, steps: Mapping[str, Step]) -> Iterator[str]:
    """Where the person is gone, in one line; then each place where they are not, and why."""
    gone = [name for name, step in steps.items() if step.outcome == Outcome.VERIFIED]
    if gone:
        yield f"{', '.join(gone)}: gone, and proven"
    if found.state == "held":
        yield f"{', '.join(story.at)}: not touched; question {found.question} asks if they are one"
        return
    for name, step in steps.items():
        if step.outcome == Outcome.NOTHING and name in story.at:
            yield f"{name}: gone already, proven"
        elif step.outcome == Outcome.BROKEN:
            yield f"{name}: NEEDS YOU. It {step.reason}"
        elif step.outcome in (Outcome.KEPT, Outcome.REFUSED):
            also = "the rest is deleted; " if step.deleted else ""
            yield f"{name}: {also}{step.outcome}. {step.reason}"
        elif step.outcome not in (Outcome.VERIFIED, Outcome.NOTHING):
            yield f"{name}: {step.outcome or 'to be done'}. {step.reason}".rstrip(". ")
