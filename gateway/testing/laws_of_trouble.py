"""The laws of faults and secrets: trouble is named by its right name, passes, and gives nothing away."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from gateway.errors import GarbledError, GatewayError, RefusedError, ThrottledError, UnavailableError
from gateway.http import VendorAccount
from gateway.model import Secret, Subject
from gateway.testing.stage import HOOKS, Stage
from gateway.testing.wire import Fault

CALLING = HOOKS[1:]
NAMES: dict[str, type[GatewayError]] = {
    "500": UnavailableError,
    "cut": UnavailableError,
    "html": GarbledError,
    "401": RefusedError,
    "429": ThrottledError,
}
"""The error each fault has to come out as."""
_ALWAYS = 1000
_LONG_ENOUGH = 8


class TroubleLaws(Stage):
    """What a plugin does while the vendor does not do its part."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "hook" in metafunc.fixturenames:
            cannot = self.describe().cannot
            metafunc.parametrize("hook", [each for each in CALLING if each not in cannot])

    @pytest.mark.parametrize("kind", NAMES)
    def test_fault_has_its_right_name_and_passes(self, hook: str, kind: str) -> None:
        """The error's class decides what happens next: again by itself, stop the account, or call a person.

        Red: let the errors of `account.http` through; accept no status that is not understood, and read an
        answer before it is believed; raise the vendor's own way of saying no as an error of `gateway`.
        """
        subject = self._subject()
        account = self.open()
        self.vendor.wire.faults.append(Fault(kind, times=_ALWAYS))
        error = self._try(hook, account, subject)
        expected = NAMES[kind]
        self.must(error is not None, f"{hook} did not notice that every answer was {kind!r}")
        self.must(
            isinstance(error, expected),
            f"{hook} raised {type(error).__name__} on {kind!r}; it has to be {expected.__name__}",
        )
        again = getattr(error, "retry_at", None) or self.clock.now()
        self.must(
            again.utcoffset() == timedelta(0), f"the error of {hook} says retry_at={again!r}, not in UTC"
        )
        self.vendor.wire.faults.clear()
        self.clock.wait_until(again)
        late = self._try(hook, account, subject)
        self.must(
            late is None, f"{hook} still raises {type(late).__name__} after the fault has passed: {late}"
        )

    def test_secrets_are_told_to_nobody(self, hook: str, caplog: pytest.LogCaptureFixture) -> None:
        """A key in a log or an error travels to whoever is asked for help.

        Red: call `.reveal()` only on the line that signs the request; put no answer and no URL in a message.
        """
        caplog.set_level(logging.DEBUG)
        planted = self._planted()
        subject = self._subject()
        for kind in (None, "401", "500", "html"):
            self.vendor.wire.faults[:] = [Fault(kind, times=_ALWAYS)] if kind else []
            account = self.open()
            error, told = None, [repr(account), str(account)]
            try:
                told += [repr(each) for each in self._call(hook, account, subject)]
            except GatewayError as err:
                error = err
                told += traceback.format_exception(err)
            for name, forms in planted.items():
                where = f"{hook} with {kind or 'no fault'}"
                in_log = any(form in caplog.text for form in forms)
                self.must(not in_log, f"{where}: the secret setting {name!r} stands in the log")
                told_it = any(form in text for text in told for form in forms)
                what = (
                    f"the error {type(error).__name__}, or what led to it," if error else "what was yielded"
                )
                self.must(not told_it, f"{where}: the secret setting {name!r} stands in {what}")

    def _subject(self) -> Subject:
        if "fetch" in self.describe().cannot:
            return Subject("S1")
        return self.people()[0]

    def _call(self, hook: str, account: VendorAccount, subject: Subject) -> list[Any]:
        kind = self.describe().kinds[0].name
        given = {"kind": kind, "cursor": None, "subject": subject, "subjects": [subject]}
        return self.call(hook, account, **given)

    def _try(self, hook: str, account: VendorAccount, subject: Subject) -> GatewayError | None:
        try:
            self._call(hook, account, subject)
        except GatewayError as err:
            return err
        return None

    def _planted(self) -> dict[str, list[str]]:
        """Each secret in all forms it may show itself in."""
        values = self.open().settings
        planted = {
            name: value.reveal() for name, value in values.items() if isinstance(value, Secret) and value
        }
        for name, value in planted.items():
            self.must(
                len(value) >= _LONG_ENOUGH,
                f"the simulator's {name!r} is shorter than {_LONG_ENOUGH} characters: too short to search for",
            )
        plain = [value for value in values.values() if isinstance(value, str) and value]
        return {name: list(_forms(value, [*plain, *planted.values()])) for name, value in planted.items()}


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
