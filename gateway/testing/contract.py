"""The contract every plugin keeps, as a test class to subclass."""

from __future__ import annotations

from typing import Any

from gateway.testing.laws_of_absence import AbsenceLaws
from gateway.testing.laws_of_deleting import DeleteLaws
from gateway.testing.laws_of_faults import FaultLaws
from gateway.testing.laws_of_fetching import FetchLaws
from gateway.testing.laws_of_holding import HoldingLaws
from gateway.testing.laws_of_secrets import SecretLaws
from gateway.testing.laws_of_shape import ShapeLaws
from gateway.testing.laws_of_weather import WeatherLaws

SET_BY_VENDORS = frozenset(
    {"plugin", "simulator", "switches", "emptied", "subjects_of", "least_people", "least_pages"}
)
"""What a vendor's test class may set of its own."""


class PluginContract(
    ShapeLaws, FetchLaws, HoldingLaws, DeleteLaws, FaultLaws, AbsenceLaws, SecretLaws, WeatherLaws
):
    """The laws of a plugin. A vendor's test subclasses it:

        class TestAcme(PluginContract):
            plugin = gateway_acme
            switches = {"page": (1, 10, 1000)}

            def simulator(self, now, **switches):
                vendor = Simulator(**{"now": now, "page": 10, **switches})
                ...  # at least 25 people
                return vendor

    Every law is a test. A law about a hook that `describe().cannot` names is not tried. No law, and nothing the
    laws are written with, may be overridden. A law that is not kept yet stands in
    `describe().expected_failures`, with its reason: `test_x`, or `test_x[audit]` for one hook of a law that is
    tried on each. It is expected to fail, and fails when it passes.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        taken = sorted(name for name in vars(cls).keys() - SET_BY_VENDORS if not name.startswith("__"))
        super().__init_subclass__(**kwargs)
        if replaced := [name for name in taken if hasattr(PluginContract, name)]:
            raise TypeError(
                f"{cls.__name__} overrides {', '.join(replaced)}; it may set {', '.join(sorted(SET_BY_VENDORS))}. "
                "A law that is not kept yet belongs in describe().expected_failures, with the reason"
            )
        if hasattr(cls, "plugin"):
            cls._leave_out_what_cannot_be()

    @classmethod
    def _leave_out_what_cannot_be(cls) -> None:
        stage = cls()
        laws = {
            name: getattr(PluginContract, name) for name in dir(PluginContract) if name.startswith("test_")
        }
        variants = {f"{name}[{hook}]" for name, law in laws.items() for hook in stage.hooks_of(law)}
        if unknown := stage.describe().expected_failures.keys() - laws.keys() - variants:
            raise TypeError(
                f"{cls.__name__}: expected_failures names {', '.join(sorted(unknown))}, which is no law"
            )
        lacking = stage.lacking()
        for name, law in laws.items():
            needless = hasattr(law, "each_of") and not stage.hooks_of(law)
            if needless or lacking.intersection(getattr(law, "needs", ())):
                setattr(cls, name, None)
