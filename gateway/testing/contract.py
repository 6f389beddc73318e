"""The contract every plugin keeps, as a test class to subclass."""

from __future__ import annotations

from typing import Any

from gateway.testing.laws_of_holding import AuditLaws, DeleteLaws
from gateway.testing.laws_of_reading import FetchLaws, ShapeLaws
from gateway.testing.laws_of_trouble import TroubleLaws
from gateway.testing.stage import Stage


class PluginContract(ShapeLaws, FetchLaws, AuditLaws, DeleteLaws, TroubleLaws):
    """The laws of a plugin. A vendor's test subclasses it:

        class TestAcme(PluginContract):
            plugin = gateway_acme

            def simulator(self, now, **switches):
                vendor = Simulator(**{"now": now, "page": 10, **switches})
                ...  # at least 25 people
                return vendor

    Every law is a test. A law about a hook that `describe().cannot` names is not tried. A law may not be
    overridden; one that is not kept yet stands in `describe().expected_failures` with the reason: it is
    expected to fail, and fails when it passes.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        laws = {name: law for name in dir(PluginContract) if callable(law := getattr(PluginContract, name))}
        laws = {name: law for name, law in laws.items() if name.startswith("test_")}
        if replaced := [name for name, law in laws.items() if getattr(cls, name) not in (law, None)]:
            raise TypeError(
                f"{cls.__name__} overrides {', '.join(replaced)}; a law that is not kept yet belongs in "
                "describe().expected_failures, with the reason"
            )
        if hasattr(cls, "plugin"):
            said = Stage.describe(cls())
            if unknown := said.expected_failures.keys() - laws.keys():
                raise TypeError(
                    f"{cls.__name__}: expected_failures names {', '.join(unknown)}, which is no law"
                )
            cannot = said.cannot
            for name, law in laws.items():
                if set(getattr(law, "needs", ())) & cannot.keys():
                    setattr(cls, name, None)
