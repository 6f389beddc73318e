"""What of a person is to be erased now, and what each processor is asked for: all, some kinds, or a person's hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gateway.obligations import Erasure, Obligation, PersonFacts, Scope, Stay, Trigger
from gateway.rules import duties
from gateway.rules.claims import CONSENT, REQUEST, VANISHED, WITHDRAWAL
from gateway.rules.days import from_micros
from gateway.rules.judging import Judge, Rules, Standing
from gateway.rules.policy import Basis
from gateway.rules.precedence import Ground
from gateway.rules.ready import Held

NEVER = 2**62
"""Later than any moment: there is nothing to look at again."""
TRIGGERS = {
    CONSENT: Trigger.CONSENT_EXPIRED, WITHDRAWAL: Trigger.CONSENT_WITHDRAWN, REQUEST: Trigger.REQUEST,
    VANISHED: Trigger.VANISHED,
}  # fmt: skip
"""Why a case is opened, where no period of a rule was the reason."""


class Look(NamedTuple):
    """A person looked at: what is to be erased now, what is owed by hand, and when to look again (0: at every plan)."""

    erasure: Erasure | None
    duties: tuple[Obligation, ...]
    look_at: int


def look(rules: Rules, person: PersonFacts, now: int) -> Look:
    """Judge one person."""
    judge = Judge(rules, person, now)
    by_hand = list(duties.owed(judge, judge.ends())) if rules.has_duties else []
    begins = [duties.begins(judge, each) for each in by_hand]
    shown = tuple(each for each, begun in zip(by_hand, begins, strict=True) if begun <= now)
    moments = [begun for begun in begins if begun > now]
    moments += judge.ends_at()
    first = min(moments, default=NEVER)
    if first > now and judge.cut is None:
        return Look(None, shown, first)
    standings = [(held, judge.standing(held)) for held in judge.places()]
    found = _erasure(judge, standings)
    if found is not None:
        return Look(found, shown, 0)
    moments += [each.due for _, each in standings if each.due is not None]
    return Look(None, shown, min((each for each in moments if each > now), default=NEVER))


def erasure(rules: Rules, person: PersonFacts, now: int) -> Erasure | None:
    """What of a person is to be erased now; None where nothing is."""
    judge = Judge(rules, person, now)
    return _erasure(judge, [(held, judge.standing(held)) for held in judge.places()])


def requested(rules: Rules, person: PersonFacts, now: int) -> Erasure:
    """What is to be erased everywhere because the person asks now: all of it, less what a stronger ground keeps."""
    judge = Judge(rules, person, now, asked=True)
    standings = [(held, judge.standing(held)) for held in judge.places()]
    return _everywhere(judge, standings, _due(judge, standings))


class Revised(NamedTuple):
    """What may be erased of a person now, and the `places` where anything is known or taken to be held."""

    erasure: Erasure
    places: frozenset[str]


def revised(rules: Rules, person: PersonFacts, now: int, *, on_a_word: bool) -> Revised:
    """What may be erased of a person for whom a case is open; `on_a_word`: whatever the dates say."""
    judge = Judge(rules, person, now, asked=on_a_word)
    standings = [(held, judge.standing(held)) for held in judge.places()]
    due = _due(judge, standings)
    owed = tuple(each.by for each in due if each.by is not None)
    scopes, stays = scopes_of(standings, due), stays_of(judge, standings)
    found = Erasure(person.subject, Trigger.REQUEST, scopes, from_micros(now), "", owed=owed, stays=stays)
    return Revised(found, frozenset(held.processor for held, _ in standings))


def _due(judge: Judge, standings: Sequence[tuple[Held, Standing]]) -> list[Standing]:
    return [each for _, each in standings if each.due is not None and each.due <= judge.now]


def _erasure(judge: Judge, standings: Sequence[tuple[Held, Standing]]) -> Erasure | None:
    due = _due(judge, standings)
    begun = [each.by for each in due if each.by is not None and _is_begun(judge, each.by)]
    if not begun:
        return None
    if judge.cut is not None and judge.cut.rule == VANISHED:
        return _everywhere(judge, standings, due)
    first = min(begun, key=_since)
    trigger = TRIGGERS.get(first.rule, Trigger.RETENTION_OVER)
    owed = tuple(each.by for each in due if each.by is not None)
    scopes, stays = scopes_of(standings, due), stays_of(judge, standings)
    why, since = reason(judge.rules, first), from_micros(first.due)
    return Erasure(judge.person.subject, trigger, scopes, since, why, first.purpose, owed, stays)


def _is_begun(judge: Judge, by: Obligation) -> bool:
    """Whether something is a reason by itself: not where nobody can see who is held, unless what happened says so."""
    return by.processor in judge.seen or by.event in judge.rules.policy.events


def _everywhere(judge: Judge, standings: Sequence[tuple[Held, Standing]], due: Sequence[Standing]) -> Erasure:
    """By the person's word, or because they were deleted at the source: at every processor, held there or not."""
    cut = judge.cut
    assert cut is not None, "it is asked for, or they are gone at the source"
    held = {each.processor for each, _ in standings}
    scopes = scopes_of(standings, due)
    stays = list(stays_of(judge, standings))
    for name in judge.rules.processors:
        if name in held:
            continue
        blocked = judge.rules.keeping.holds(name, judge.person, judge.now)
        stays += blocked[:1]
        if not blocked:
            scopes[name] = Scope()
    why = "asked to be erased"
    if cut.rule == VANISHED:
        why = f"deleted at {' and '.join(judge.gone_at)}, where the data come from"
    owed = tuple(each.by for each in due if each.by is not None)
    trigger, since = TRIGGERS[cut.rule], from_micros(cut.due)
    return Erasure(judge.person.subject, trigger, scopes, since, why, owed=owed, stays=tuple(stays))


def _since(obligation: Obligation) -> tuple[int, str, str, str]:
    return obligation.due, obligation.processor, obligation.data_set, obligation.purpose


def scopes_of(standings: Sequence[tuple[Held, Standing]], due: Iterable[Standing]) -> dict[str, Scope]:
    """What each processor is asked for, where something is due."""
    sets = {(each.processor, each.data_set) for each in due}
    by_place: dict[str, list[Held]] = {}
    for held, _ in standings:
        by_place.setdefault(held.processor, []).append(held)
    return {
        name: _scope([each for each in there if (name, each.data_set) in sets], there)
        for name, there in by_place.items()
        if any((name, each.data_set) in sets for each in there)
    }


def _scope(due: Sequence[Held], there: Sequence[Held]) -> Scope:
    """All of it where nothing stays; else the kinds that hold nothing that stays; else it is a person's work."""
    names = tuple(each.data_set for each in due)
    rest = [each for each in there if each not in due]
    if not rest:
        return Scope(names)
    if all(each.kinds is not None for each in rest):
        taken = frozenset[str]().union(*(each.kinds or () for each in rest))
        free = [each for each in due if each.kinds is not None and not each.kinds & taken]
        if free:
            kinds = sorted(frozenset[str]().union(*(each.kinds or () for each in free)))
            return Scope(tuple(each.data_set for each in free), tuple(kinds))
    return Scope(names, by_hand=True)


def stays_of(judge: Judge, standings: Sequence[tuple[Held, Standing]]) -> tuple[Stay, ...]:
    """What is over and stays all the same: the strongest ground of each; and what no request ends."""
    found: list[Stay] = []
    for held, each in standings:
        if each.over is not None and each.over <= judge.now:
            found += each.stays[:1] if each.due is None or each.due > judge.now else ()
        elif judge.cut is not None and held.processor in judge.seen:
            found += _needed(judge, held, each)
    return tuple(found)


def _needed(judge: Judge, held: Held, standing: Standing) -> Iterable[Stay]:
    """What a contract or a duty needs on, whatever the person asks."""
    for ready, clocks in held.claims:
        if ready.yields:
            continue
        name = ready.purpose.name
        end = judge.end(ready, clocks, held.processor)
        if end is None or end.due > judge.now:
            ground = Ground.CONTRACT if Basis.CONTRACT in ready.purpose.bases else Ground.LEGAL_DUTY
            yield Stay(
                standing.data_set, standing.processor, str(ground), name, None if end is None else end.due
            )
            return


def reason(rules: Rules, owed: Obligation) -> str:
    """Why something is owed, in a few words for the trail."""
    since = rules.days.date(owed.due).isoformat()
    if owed.rule == WITHDRAWAL:
        return f"consent to {owed.purpose} withdrawn {since}"
    if owed.rule == CONSENT:
        return f"consent to {owed.purpose} over since {since}"
    if owed.rule in (REQUEST, VANISHED):
        return f"{owed.rule} of {since}"
    found: Mapping[str, object] = {each.id: each.period for each in rules.policy.rules}
    begun = rules.days.date(owed.start or owed.due).isoformat()
    return f"kept for {owed.purpose} {found[owed.rule]} since {begun}, over since {since}"
