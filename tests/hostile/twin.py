"""A bad plugin is the example plugin with one mistake; here is how one is written down and put on the stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import gateway_example
from gateway_example.simulator import Simulator

from gateway import Account, hookimpl
from gateway.testing import PluginContract

HOOKS = ("describe", "fetch", "delete", "export", "audit")


@dataclass(frozen=True)
class Twin:
    """A plugin with one mistake, and the one law that has to notice it.

    `says` is what the failure says, as a regular expression. `also` names laws that no plugin with this
    mistake can keep, and why. `switches` are those of the simulator without which the mistake does not matter.
    """

    name: str
    thought: str
    law: str
    says: str
    plugin: Any
    also: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)

    @property
    def contract(self) -> type[PluginContract]:
        return contract_of(self.plugin, **self.switches)


def wrong(
    hook: str,
    *,
    law: str,
    says: str,
    also: Mapping[str, str] | None = None,
    switches: Mapping[str, Any] | None = None,
    marked: bool = True,
    **others: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Twin]:
    """Make a twin of a function: it stands in the place of this hook, and `others` in theirs.

    The function's docstring is what its author thought.
    """

    def make(function: Callable[..., Any]) -> Twin:
        plugin = plugin_with(**others)
        setattr(plugin, hook, hookimpl(function) if marked else function)
        thought = function.__doc__ or ""
        return Twin(function.__name__, thought, f"test_{law}", says, plugin, _laws(also), switches or {})

    return make


def plugin_with(**hooks: Callable[..., Any] | None) -> Any:
    """The example plugin with some hooks exchanged, or (None) left out."""
    own = {name: getattr(gateway_example, name) for name in HOOKS}
    return SimpleNamespace(**own | {name: hook and hookimpl(hook) for name, hook in hooks.items()})


def contract_of(plugin: Any, **switches: Any) -> type[PluginContract]:
    """The whole contract for this plugin, on the smallest stage that shows most mistakes."""

    class TestTwin(PluginContract):
        least_people = 10

        def simulator(self, now: Callable[[], datetime], **more: Any) -> Simulator:
            vendor = Simulator(**{"now": now, "page": 4, **switches, **more})
            for number in range(1, 11):
                phone = f"+47 220000{3 if number == 4 else number:02}"  # 3 and 4 share a home
                vendor.add_person(f"Fictional Person {number}", f"person{number}@example.org", phone)
            vendor.add_person("Fictional Person 1", "Person1@example.org")
            vendor.add_person("Fictional Person Without Address")
            return vendor

    return type("TestTwin", (TestTwin,), {"plugin": plugin})


def twins_of(*modules: ModuleType) -> list[Twin]:
    """All twins these modules define, in their order."""
    return [each for module in modules for each in vars(module).values() if isinstance(each, Twin)]


def signed(account: Account) -> dict[str, str]:
    """The headers of a call, for twins that make their own."""
    return {"Authorization": f"Bearer {account.settings['key'].reveal()}"}


def _laws(also: Mapping[str, str] | None) -> dict[str, str]:
    return {f"test_{law}": why for law, why in (also or {}).items()}
