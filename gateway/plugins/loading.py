"""Loading plugins, checking their promises, calling one of them. The only file that touches pluggy, with hookspecs.

A plugin that breaks a promise is listed with its reason and is not called; the others go on.
"""

from __future__ import annotations

import inspect
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy

from gateway import hookspecs
from gateway.errors import PluginError, SettingsError
from gateway.model import Vendor
from gateway.plugins.offers import Offer, find
from gateway.plugins.values import check
from gateway.plugins.vendors import flaws
from gateway.settings import Settings
from gateway.settings.mistakes import did_you_mean, key_path, unknown

HOOKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(inspect.signature(spec).parameters)
        for name, spec in vars(hookspecs).items()
        if inspect.isfunction(spec) and hasattr(spec, f"{hookspecs.PROJECT}_spec")
    }
)
"""Every hook, and the arguments it is called with."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One installed plugin: what its vendor says, or the `error` for which it is not used."""

    name: str
    distribution: str
    version: str
    vendor: Vendor | None
    error: str = ""

    def can(self, hook: str) -> bool:
        """Whether the vendor has a way to carry out this hook; False for a plugin that is not used."""
        if hook not in HOOKS:
            raise ValueError(f"there is no hook {hook!r}; the hooks are {', '.join(HOOKS)}")
        return self.vendor is not None and hook not in self.vendor.cannot

    def check_settings(self, processor_name: str, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """`[processors.NAME.settings]`, checked, with defaults filled in, and one sentence for each mistake."""
        if self.vendor is None:
            at = key_path(("processors", processor_name, "plugin"))
            return {}, [f"{at}: the plugin {self.name} cannot be used: {self.error}"]
        return check(self.vendor, processor_name, raw)


class Plugins(Mapping[str, Plugin]):
    """The plugins that were loaded, by name, those with an error among them."""

    __slots__ = ("_manager", "_plugins", "installed")

    def __init__(
        self, manager: pluggy.PluginManager, plugins: Iterable[Plugin], installed: Iterable[str]
    ) -> None:
        self._manager = manager
        self._plugins = {plugin.name: plugin for plugin in plugins}
        self.installed = tuple(installed)

    def __getitem__(self, name: str) -> Plugin:
        return self._plugins[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugins)

    def __len__(self) -> int:
        return len(self._plugins)

    def call(self, name: str, hook: str, **arguments: Any) -> Any:
        """The answer of one plugin to one hook; raises PluginError where there is none to be had.

        What the hook itself raises comes through as it is. A generator fails later, where it is iterated.
        """
        plugin = self._plugins.get(name)
        if plugin is None:
            raise PluginError(f"plugin {name}: is not loaded")
        if plugin.vendor is None:
            raise PluginError(f"plugin {name}: {plugin.error}")
        if not plugin.can(hook):
            raise PluginError(f"plugin {name}: cannot {hook}: {plugin.vendor.cannot[hook]}")
        return _ask(self._manager, name, hook, arguments)


def load(names: Iterable[str] | None = None, *, offers: Iterable[Offer] | None = None) -> Plugins:
    """Load the plugins of these names (None: all that are installed). One that fails does not stop the others."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    by_name: dict[str, list[Offer]] = {}
    for offer in find() if offers is None else offers:
        by_name.setdefault(offer.name, []).append(offer)
    wanted = by_name.keys() if names is None else by_name.keys() & set(names)
    plugins = [_load(manager, by_name[name]) for name in sorted(wanted)]
    manager.check_pending()
    return Plugins(manager, plugins, by_name)


def resolve(settings: Settings, plugins: Plugins) -> dict[str, dict[str, Any]]:
    """The checked settings of every enabled processor whose plugin can be used, by the processor's name.

    Raises one SettingsError with the mistakes of all of them. A plugin that is installed and broken is no
    mistake of the file: its processors have no entry here, and the others go on.
    """
    values: dict[str, dict[str, Any]] = {}
    mistakes: list[str] = []
    for name, processor in settings.processors.items():
        if not processor.plugin or not processor.enabled:
            continue
        if processor.plugin not in plugins.installed:
            at = key_path(("processors", name, "plugin"))
            mistakes.append(f"{at}: {unknown('plugin', processor.plugin, plugins.installed)}")
        elif plugins[processor.plugin].vendor is not None:
            values[name], found = plugins[processor.plugin].check_settings(name, processor.settings)
            mistakes += found
    if mistakes:
        raise SettingsError(*(f"{mistake} ({settings.path.name})" for mistake in mistakes))
    return values


def _load(manager: pluggy.PluginManager, offers: list[Offer]) -> Plugin:
    offer = offers[0]
    if len(offers) > 1:
        sources = [f"{each.distribution} {each.version}" for each in offers]
        error = f"offered {len(offers)} times, by {' and by '.join(sources)}; keep one of them"
        return Plugin(offer.name, ", ".join(each.distribution for each in offers), "", None, error)
    vendor: Vendor | None = None
    error = offer.fault
    if offer.entry is not None:
        try:
            vendor = _register(manager, offer.name, offer.entry.load())
        except PluginError as err:
            error = str(err)
        except (Exception, SystemExit) as err:  # noqa: BLE001 - foreign code: whatever it raises must stop nobody else
            error = f"cannot be loaded: {_last_line(err)}"
        if error and manager.has_plugin(offer.name):
            manager.unregister(name=offer.name)
    return Plugin(offer.name, offer.distribution, offer.version, vendor, error)


def _register(manager: pluggy.PluginManager, name: str, thing: object) -> Vendor:
    """Check and register what an entry point names; raises PluginError saying what is wrong with it."""
    if not isinstance(thing, ModuleType):
        raise PluginError(f"its entry point names {type(thing).__name__}, not a module with the hooks")
    hooks = _hooks_of(manager, thing)
    reasons = list(_flaws_of_hooks(hooks, thing))
    if reasons:
        raise PluginError("; ".join(reasons))
    try:
        manager.register(thing, name)
    except (pluggy.PluginValidationError, ValueError) as err:
        raise PluginError(f"cannot be registered: {' '.join(str(err).split())[:300]}") from err
    try:
        vendor = _ask(manager, name, "describe", {})
    except PluginError:
        raise
    except (Exception, SystemExit) as err:
        raise PluginError(f"describe failed: {_last_line(err)}") from err
    missing = [
        f"{hook} is missing{_forgot_mark(thing, hook)}"
        for hook in sorted(HOOKS.keys() - {hook for hook, _, _ in hooks})
        if not _is_excused(vendor, hook)
    ]
    reasons = [*flaws(vendor, name, HOOKS), *missing]
    if reasons:
        raise PluginError("; ".join(reasons))
    assert isinstance(vendor, Vendor), "flaws() looked"
    return vendor


def _is_excused(vendor: object, hook: str) -> bool:
    cannot = getattr(vendor, "cannot", {})
    return isinstance(cannot, Mapping) and hook in cannot


def _hooks_of(manager: pluggy.PluginManager, thing: ModuleType) -> list[tuple[str, Callable[..., Any], bool]]:
    """The hooks a module defines: the name, the function, and whether it is a wrapper round others."""
    marked = ((name, manager.parse_hookimpl_opts(thing, name)) for name in dir(thing))
    return [
        (
            opts.get("specname") or name,
            getattr(thing, name),
            bool(opts.get("wrapper") or opts.get("hookwrapper")),
        )
        for name, opts in marked
        if opts is not None
    ]


def _flaws_of_hooks(hooks: list[tuple[str, Callable[..., Any], bool]], thing: ModuleType) -> Iterator[str]:
    times = Counter(name for name, _, _ in hooks)
    for name, function, is_wrapper in hooks:
        if name not in HOOKS:
            hint = did_you_mean(name, HOOKS) or f"the hooks are {', '.join(HOOKS)}"
            yield f"defines hook {name!r}, which does not exist; {hint}"
            continue
        if is_wrapper:
            yield f"hook {name!r} is a wrapper; a plugin answers for itself only"
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            yield f"hook {name!r} is async; hooks are plain functions"
        odd = [each.name for each in _parameters(function) if not _fits(each, HOOKS[name])]
        if odd:
            takes = ", ".join(HOOKS[name]) or "no arguments"
            yield f"hook {name!r} takes {', '.join(odd)}; it may take {takes}, plainly and without defaults"
    yield from (f"defines hook {name!r} {count} times" for name, count in times.items() if count > 1)
    if "describe" not in times:
        yield f"describe is missing{_forgot_mark(thing, 'describe')}"


def _parameters(function: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    return inspect.signature(function).parameters.values()


def _fits(parameter: inspect.Parameter, known: Collection[str]) -> bool:
    """Whether pluggy hands this parameter over, or can do without: it never fills in one that has a default."""
    plain = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    has_default = parameter.default is not parameter.empty
    return plain and (parameter.name in known) is not has_default


def _forgot_mark(thing: ModuleType, hook: str) -> str:
    return ": the function has no @hookimpl" if callable(getattr(thing, hook, None)) else ""


def _ask(manager: pluggy.PluginManager, name: str, hook: str, arguments: Mapping[str, Any]) -> Any:
    """Call one hook of one plugin, and no other plugin's."""
    if arguments.keys() != set(HOOKS[hook]):
        raise TypeError(f"{hook} is called with {', '.join(HOOKS[hook]) or 'no arguments'}")
    others = [each for each in manager.get_plugins() if each is not manager.get_plugin(name)]
    answer = manager.subset_hook_caller(hook, others)(**arguments)
    if answer is None:
        raise PluginError(f"plugin {name}: {hook} gave no answer")
    return answer


def _last_line(err: BaseException) -> str:
    line = " ".join(traceback.format_exception_only(err)[-1].split())[:300]
    if isinstance(err, SyntaxError) and err.filename:
        line += f" ({Path(err.filename).name}, line {err.lineno})"
    return line
