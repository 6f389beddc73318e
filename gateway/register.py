"""The register of processors, opened for work: the settings joined with plugins, accounts and the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from zoneinfo import ZoneInfo

from gateway import plugins as plugin_room
from gateway.cases import Brake
from gateway.errors import SettingsError
from gateway.forecast import Wanted
from gateway.http import Standing, VendorAccount, open_account
from gateway.ledger import Ledger, policies, sweeps
from gateway.ledger.quota import LedgerQuota
from gateway.ledger.secrets import LedgerSecrets
from gateway.places import Place
from gateway.plugins import Plugins
from gateway.rules import Policy, Rules, versions
from gateway.runs import Reading, Target
from gateway.settings import Processor, Settings

Observe = Callable[[str, str, int | None, float], None]
"""Is told of each call: the processor, the method, the status (None: no answer came), and the seconds it took."""


def clock() -> datetime:
    """The real time; everything below is handed one like it."""
    return datetime.now(UTC)


class Register:
    """Every processor of the settings: how planning sees it, and how it is called."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        plugins: Plugins,
        *,
        now: Callable[[], datetime] = clock,
        sleep: Callable[[float], None] = time.sleep,
        observe: Observe | None = None,
    ) -> None:
        self._observe = observe
        self.settings, self.ledger, self.plugins, self.now = settings, ledger, plugins, now
        self._sleep = sleep
        self._values = plugin_room.resolve(settings, plugins)
        self._accounts: dict[str, VendorAccount] = {}
        self.places: Mapping[str, Place] = {
            name: self._place(each) for name, each in settings.processors.items()
        }

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.gateway.timezone)

    @cached_property
    def body(self) -> str:
        """What the rules are read from, as it is now."""
        return versions.body_of(self.settings)

    @cached_property
    def version(self) -> str:
        """The hash that names the rules as they are read now."""
        return versions.version_of(self.body)

    @cached_property
    def read_policy(self) -> Policy:
        """The policy as it is read now, whether it acts already or waits."""
        return versions.from_body(self.body, self.settings)

    def policy_of(self, body: str) -> Policy:
        """An earlier policy; SettingsError where what it names is not there any more."""
        return self.read_policy if body == self.body else versions.from_body(body, self.settings)

    @property
    def policy(self) -> Policy:
        """The policy that acts: the one that is read now, unless it waits for a second person.

        Where the one that acts names what gateway.toml has no more, the one that is read: a hold can always be made.
        """
        return self._acting() or self.read_policy

    @property
    def can_plan(self) -> bool:
        """Whether the policy that acts can still be read: nobody is planned for by one that waits."""
        return self._acting() is not None

    def _acting(self) -> Policy | None:
        with self.ledger.read() as tx:
            acting = policies.active(tx)
        if acting is None:
            return self.read_policy
        try:
            return self.policy_of(acting.body)
        except SettingsError:
            return None

    @property
    def policy_number(self) -> int | None:
        """The number of the policy that acts; None before the first plan."""
        with self.ledger.read() as tx:
            acting = policies.active(tx)
        return None if acting is None else int(acting.id)

    @property
    def rules(self) -> Rules:
        """The policy that acts, and where nobody knows (any more) who is held."""
        return self.rules_by(self.policy)

    def rules_by(self, policy: Policy) -> Rules:
        """Rules by any policy, at the processors there are."""
        with self.ledger.read() as tx:
            blind = frozenset(
                name
                for name, place in self.places.items()
                if place.fault or not place.kinds or sweeps.swept(tx, name, place.kinds) is None
            )
        return Rules(policy, self.zone, blind, {name: place.kinds for name, place in self.places.items()})

    @property
    def brake(self) -> Brake:
        return Brake(self.settings.brake.people, self.settings.brake.percent)

    def reading(self, name: str, *, full: bool = False) -> Reading:
        """How records of one processor are read."""
        processor = self.settings.processors[name]
        return Reading(self.zone, self.settings.gateway.region, processor.full_sweep_every, full)

    def _fault(self, processor: Processor) -> str:
        if not processor.enabled:
            return "it is disabled in gateway.toml"
        if not processor.plugin:
            return ""
        plugin = self.plugins[processor.plugin]
        return f"plugin {plugin.name} could not be loaded: {plugin.error}" if plugin.vendor is None else ""

    def _place(self, processor: Processor) -> Place:
        fault = self._fault(processor)
        plugin = self.plugins.get(processor.plugin) if processor.plugin else None
        vendor = plugin.vendor if plugin is not None else None
        if vendor is None:
            return Place(
                processor.name, processor.title, processor.role, plugin=processor.plugin, fault=fault
            )
        return Place(
            processor.name,
            processor.title,
            processor.role,
            () if "fetch" in vendor.cannot else tuple(each.name for each in vendor.kinds),
            processor.plugin,
            vendor.finds_by,
            vendor.cannot.get("delete", ""),
            fault,
        )

    def callable_names(self) -> list[str]:
        """The processors that can be called now, in the order of the settings."""
        return [name for name, place in self.places.items() if place.plugin and not place.fault]

    def target(self, name: str) -> Target:
        """A processor ready to be called; SettingsError when it cannot be."""
        place, processor = self.places[name], self.settings.processors[name]
        vendor = self.plugins[processor.plugin].vendor if processor.plugin else None
        if vendor is None or place.fault:
            raise SettingsError(f"processors.{name}: cannot be called: {place.fault or 'it has no plugin'}")
        grace = processor.verify_after if processor.verify_after is not None else vendor.grace
        return Target(
            name, processor.plugin, vendor, self._account(name), grace, processor.parallel, processor.source,
            self.settings.gateway.verify_again, self.settings.brake.failures, self._account(name).spent,
        )  # fmt: skip

    def _account(self, name: str) -> VendorAccount:
        if name not in self._accounts:
            processor = self.settings.processors[name]
            vendor = self.plugins[processor.plugin].vendor
            assert vendor is not None, "target() looked"
            self._accounts[name] = open_account(
                name, self._values[name], vendor=vendor, store=LedgerQuota(self.ledger), now=self.now,
                sleep=self._sleep, parallel=processor.parallel, secrets=LedgerSecrets(self.ledger, self.now),
                observe=None if self._observe is None else partial(self._observe, name),
                demand=Wanted(self.ledger, self.places[name], vendor, processor.full_sweep_every, self.now),
            )  # fmt: skip
        return self._accounts[name]

    def standings(self) -> dict[str, list[Standing]]:
        """How the call limits of those accounts stand that were called so far."""
        return {name: each.http.left() for name, each in list(self._accounts.items())}

    def close(self) -> None:
        for each in self._accounts.values():
            each.close()
        self._accounts.clear()
