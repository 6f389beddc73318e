"""Data processing agreements and transfer bases that run out: asked about in time, once for each date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from gateway.ledger import lines, questions
from gateway.register import Register
from gateway.settings import Processor
from gateway.trail import Entry

AHEAD = timedelta(days=60)
"""How long before its end somebody is asked: a new agreement takes weeks."""
KIND = "agreement"


def _ends(processor: Processor) -> Iterator[tuple[str, date]]:
    if processor.agreement_until is not None:
        yield "the data processing agreement", processor.agreement_until
    if processor.transfer_until is not None:
        yield "what lets the data leave the EEA", processor.transfer_until


def review(register: Register, actor: str) -> int:
    """Ask about every agreement that ends soon or has ended, and was not asked about yet; how many were."""
    now = register.now()
    today = now.astimezone(register.zone).date()
    asked = 0
    with register.ledger.write() as tx:
        before = questions.texts_of(tx, KIND)
        for processor in register.settings.processors.values():
            for what, until in _ends(processor):
                text = (
                    f"{processor.title}: {what} ends on {until:%Y-%m-%d}. Agree anew and write the date into gateway.toml, "
                    "or have everybody deleted there and disable the processor. Then answer."
                )
                if until - today > AHEAD or text in before:
                    continue
                questions.ask(tx, KIND, text, ("seen",), now)
                entry = Entry(
                    now, actor, "agreement-ends", processor=processor.name, data={"until": until.isoformat()}
                )
                lines.append(tx, [entry])
                asked += 1
    return asked
