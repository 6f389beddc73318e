"""The laws of secrets and people: what a plugin says outside gives neither away."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest

from gateway.model import Holding, IdentityKind, Page, Receipt, Record, Secret, Subject
from gateway.testing.faults import ALWAYS, Fault
from gateway.testing.stage import CALLING, Run, each_of
from gateway.testing.trials import Trials

_LONG_ENOUGH = 8
"""Characters; anything shorter is found where it does not stand."""
_TELLING = ("400", "403", "500", "truncated")
"""Faults whose answer has the vendor's words in it, or its rows."""


class SecretLaws(Trials):
    """Logs, errors and notes travel to whoever is asked for help."""

    @each_of(*CALLING)
    def test_secrets_are_told_to_nobody(self, hook: str, caplog: pytest.LogCaptureFixture) -> None:
        """A key or an access token in a log or an error travels to whoever is asked for help.

        Red: call `.reveal()` only on the line that signs the request; put no answer and no URL in a message.
        """
        caplog.set_level(logging.DEBUG)
        cast = self.cast()
        for faults in self._troubles(hook, cast, ("401", "500", "html")):
            caplog.clear()
            run = self.perform_anew(hook, cast, *faults)
            self.mend()
            with self.open() as account:
                shown = [repr(account), str(account), *map(repr, run.yielded)]
            self._untold(hook, self._planted(), run, caplog.text, shown)

    @each_of(*CALLING)
    def test_people_are_told_to_nobody(self, hook: str, caplog: pytest.LogCaptureFixture) -> None:
        """Who is in the database is nobody's business but the database's; notes and errors are kept for years.

        Red: put no word of the vendor's answer, no name and no address into a message, a note, a reason, a flaw
        or a cursor; send what identifies a person where it is masked, in the query or the body of a call.
        """
        if "fetch" in self.lacking():
            return
        caplog.set_level(logging.DEBUG)
        cast, people = self.cast(), _told_apart(self.everything().values())
        words = "; ".join(form for forms in people.values() for form in forms[:1])[:2000]
        searches = [self.by_identity(cast)] if hook in {"delete", "audit"} else []
        for subjects in (cast, *searches):
            for faults in self._troubles(hook, subjects, _TELLING, f"Not accepted: {words}"):
                caplog.clear()
                run = self.perform_anew(hook, subjects, *faults)
                shown = [text for each in run.yielded for text in _said(each)]
                self._untold(hook, people, run, caplog.text, shown)

    def _troubles(
        self, hook: str, cast: Sequence[Subject], kinds: Iterable[str], text: str = ""
    ) -> Iterator[tuple[Fault, ...]]:
        """Nothing wrong; then each kind from the first call on, and from the last."""
        yield ()
        calm = self.undisturbed(hook, cast)
        last = len(calm.calls) - 1 if calm and calm.calls else 0
        for kind in kinds:
            for at in sorted({0, last}):
                yield (Fault(kind, after=at, times=ALWAYS, text=text),)

    def _untold(
        self, hook: str, secrets: Mapping[str, list[str]], run: Run, log: str, yielded: Iterable[str]
    ) -> None:
        """Search for each form of each secret, by the name it has in the message."""
        raised = "".join(traceback.format_exception(run.error)) if run.error else ""
        places = {
            "the log": log.lower(),
            f"the error {type(run.error).__name__}, or what led to it": raised.lower(),
            "what was yielded": "\n".join(map(str, yielded)).lower(),
        }
        for what, forms in secrets.items():
            for place, text in places.items():
                told = any(form.lower() in text for form in forms)
                self.must(not told, f"{hook}: {what} stands in {place}", "it is told to nobody")

    def _planted(self) -> dict[str, list[str]]:
        """The secrets of the settings, those stored, and all tokens that were sent, each in all its forms."""
        with self.open() as account:
            values = dict(account.settings)
        secrets = {
            f"setting {name!r}": value.reveal()
            for name, value in values.items()
            if isinstance(value, Secret) and value
        }
        secrets |= {f"that was stored ({number})": value for number, value in enumerate(self.safe.ever, 1)}
        sent = {call.authorization.partition(" ") for call in self.vendor.wire.journal}
        tokens = {value for scheme, _, value in sent if scheme.lower() == "bearer"} - set(secrets.values())
        secrets |= {f"access token {number}": value for number, value in enumerate(sorted(tokens), 1)}
        for name, value in secrets.items():
            self.must(
                len(value) >= _LONG_ENOUGH,
                f"the simulator's secret {name} is too short to search for",
                f"at least {_LONG_ENOUGH} characters",
            )
        plain = [value for value in values.values() if isinstance(value, str) and value]
        others = [*plain, *secrets.values()]
        return {f"the secret {name}": list(_forms(value, others)) for name, value in secrets.items()}


def _forms(secret: str, others: list[str]) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    for text in (
        secret,
        *(f"{other}:{secret}" for other in others),
        *(f"{secret}:{other}" for other in others),
        f"{secret}:",
    ):
        yield base64.b64encode(text.encode()).decode().rstrip("=")


def _told_apart(records: Iterable[Record]) -> Mapping[str, list[str]]:
    """The names, addresses and numbers of people, in the forms they may show themselves in."""
    people: dict[str, list[str]] = {}
    for record in records:
        known = {"name": record.name}
        known |= {each.kind: each.value for each in record.identities if each.kind != IdentityKind.LINK}
        for what, value in known.items():
            if len(value) >= _LONG_ENOUGH:
                forms = [value, quote(value, safe=""), quote(value, safe="@")]
                people[f"the {what} of {record.ref.kind} {record.ref.id}"] = list(dict.fromkeys(forms))
    return people


def _said(each: Any) -> Iterator[str]:
    """The words of ours in what a hook yields; ids and content are the vendor's."""
    if isinstance(each, Page):
        yield each.cursor or ""
        yield from (flaw for record in each.records for flaw in record.flaws)
    elif isinstance(each, Receipt):
        yield each.note
        for kept in each.kept:
            yield from (kept.text, *kept.readers)
    elif isinstance(each, Holding):
        yield each.ref.kind
