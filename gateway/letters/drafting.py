"""Drafting a letter: the facts of a case put into words, and a line in the trail that says who drafted what."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.errors import SettingsError
from gateway.ledger import Ledger, lines, people
from gateway.letters import wording
from gateway.letters.facts import STAYS, Facts, Stand, read
from gateway.letters.wording import Letter
from gateway.obligations import Trigger
from gateway.settings import Settings
from gateway.trail import Entry


def draft(
    ledger: Ledger,
    settings: Settings,
    case: int,
    language: str,
    *,
    to_processor: bool = False,
    processor: str = "",
    now: datetime,
    actor: str,
) -> Letter:
    """A letter about a case: to the person, or to a processor that decides for itself (`processor` says which).

    SettingsError where there is nothing to write about. The trail keeps that it was drafted, and no text of it.
    """
    titles = {name: each.title for name, each in settings.processors.items()}
    zone = ZoneInfo(settings.gateway.timezone)
    with ledger.write() as tx:
        facts = read(tx, case, titles, zone, now.astimezone(zone).date())
        if to_processor:
            stand = _who_decides(facts, processor)
            letter = wording.to_processor(facts, stand, language)
        else:
            _check_there_is_news(facts)
            letter = wording.to_person(facts, language)
        data = {"to": letter.to, "language": language}
        entry = Entry(now, actor, "drafted-letter", subject=people.ref_of(facts.subject), case=case,
                      step=letter.step, processor=letter.processor, data=data)  # fmt: skip
        lines.append(tx, [entry])
    return letter


def _check_there_is_news(facts: Facts) -> None:
    stays = any(each.kept or each.outcome in STAYS for each in facts.stands)
    if not stays and facts.trigger != Trigger.REQUEST:
        raise SettingsError(
            f"case {facts.case}: nothing was kept or refused, and the person did not ask for it: there is nothing to "
            "write to them"
        )
    if not any(each.is_answered for each in facts.stands):
        raise SettingsError(f"case {facts.case}: no processor has answered yet; `gateway sync` asks them")


def _who_decides(facts: Facts, name: str) -> Stand:
    found = {each.processor: each for each in facts.stands if each.decides}
    if not found:
        raise SettingsError(
            f"case {facts.case}: no processor in it decides for itself: there is nothing to ask"
        )
    known = ", ".join(found)
    if not name and len(found) > 1:
        raise SettingsError(
            f"case {facts.case}: more than one processor decides for itself; choose with --step: {known}"
        )
    if name and name not in found:
        raise SettingsError(f"case {facts.case}: {name} does not decide for itself there; {known} does")
    return found[name or known]
