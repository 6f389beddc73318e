"""The contracts that ship with plugins: found by their entry points, and loaded when they are to be tried."""

from __future__ import annotations

import traceback
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from gateway import plugins
from gateway.errors import PluginError, SettingsError
from gateway.settings.mistakes import unknown

if TYPE_CHECKING:
    from gateway.testing.contract import PluginContract

GROUP = "gateway.contracts"
NEEDED = ("hypothesis", "pytest", "responses", "werkzeug")
"""What the kit imports; the packages come with `ats-gateway[testing]`."""


def in_words(law: str) -> str:
    """The name of a law as people read it: `delete touches no stranger`, or for one hook `… (fetch)`."""
    return law.removeprefix("test_").replace("_", " ").replace("[", " (").replace("]", ")")


def offered() -> dict[str, EntryPoint]:
    """The contracts that ship with installed plugins, by the plugin's name; nothing of them is imported."""
    found: dict[str, EntryPoint] = {}
    for offer in plugins.find():
        if offer.entry is not None and offer.entry.dist is not None:
            shipped = offer.entry.dist.entry_points.select(group=GROUP, name=offer.name)
            found |= {each.name: each for each in shipped}
    return found


def load(name: str) -> type[PluginContract]:
    """The contract of an installed plugin, which tries this plugin and no other.

    Raises SettingsError where there is no such plugin, no contract or no kit, and PluginError where the
    plugin or its contract is not fit to be tried.
    """
    found = plugins.load({name})
    if name not in found.installed:
        raise SettingsError(f"NAME: {unknown('plugin', name, found.installed)}")
    if found[name].vendor is None:
        raise PluginError(f"plugin {name}: {found[name].error}")
    entry = offered().get(name)
    if entry is None:
        raise SettingsError(
            f"NAME: {found[name].distribution} ships no contract for {name}: an entry point {name!r} in the group "
            f"{GROUP}, such as gateway_{name}.contract:Test{name.capitalize()}"
        )
    if missing := [each for each in NEEDED if find_spec(each) is None]:
        raise SettingsError(
            f"the contract kit needs {', '.join(missing)}: pip install 'ats-gateway[testing]'"
        )
    return _fit(name, entry)


def _fit(name: str, entry: EntryPoint) -> type[PluginContract]:
    from gateway.testing.contract import PluginContract

    try:
        contract: Any = entry.load()
    except (Exception, SystemExit) as err:  # foreign code: whatever it raises, its author has to see
        reason = " ".join(traceback.format_exception_only(err)[-1].split())
        raise PluginError(f"contract {entry.value}: cannot be loaded: {reason}") from err
    if not isinstance(contract, type) or not issubclass(contract, PluginContract):
        raise PluginError(f"contract {entry.value}: is not a subclass of gateway.testing.PluginContract")
    tried = getattr(contract, "plugin", None)
    if tried is not _module_of(name):
        raise PluginError(f"contract {entry.value}: sets `plugin` to something else than the plugin {name}")
    return contract


def _module_of(name: str) -> Any:
    return next(each.entry.load() for each in plugins.find() if each.name == name and each.entry is not None)
