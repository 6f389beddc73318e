"""What an operator stops and lets go on: all deletions or those at one processor, each with its line in the trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.desk import check_second
from gateway.errors import SettingsError
from gateway.ledger import Ledger, circuits, lines, stops
from gateway.ledger.stops import ALL, Stop
from gateway.settings import Settings
from gateway.settings.mistakes import unknown
from gateway.trail import Entry


@dataclass(frozen=True, slots=True)
class Stopped:
    """What is stopped now. Not `new`: somebody had stopped it before, and that stands."""

    stop: Stop
    new: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was let go on, and what is stopped all the same."""

    ended: tuple[Stop, ...]
    left: tuple[Stop, ...]


class Brakes:
    """One person at the brakes of one ledger. It needs no plugin and calls nobody, so that it always works."""

    def __init__(self, settings: Settings, ledger: Ledger, actor: str, now: Callable[[], datetime]) -> None:
        self.settings, self.ledger, self.actor, self.now = settings, ledger, actor, now

    def stop(self, name: str, reason: str) -> Stopped:
        """Let nothing be deleted at a processor (or anywhere: `ALL`) until it is resumed, whatever is restarted."""
        why = _read_why(reason)
        if name != ALL and name not in self.settings.processors:
            raise SettingsError(f"{name}: {unknown('processor', name, self.settings.processors)}")
        with self.ledger.write() as tx:
            now = self.now()
            for each in stops.all_stops(tx):
                if each.name == name and each.cause == stops.OPERATOR:
                    return Stopped(each, new=False)
            stops.stop(tx, name, why, now, cause=stops.OPERATOR, by=self.actor)
            lines.append(tx, [self._entry("stopped", name, why, now)])
        return Stopped(Stop(name, now, self.actor, stops.OPERATOR, why), new=True)

    def resume(self, name: str, reason: str) -> Resumed:
        """Let go on what is stopped at a processor, whatever stopped it; or (`ALL`) what is stopped for all."""
        why = _read_why(reason)
        with self.ledger.write() as tx:
            now = self.now()
            standing = stops.all_stops(tx)
            mine = [each for each in standing if each.name == name]
            if not mine:
                raise SettingsError(_nothing_to_resume(name, standing))
            if self.settings.brake.second_person:
                for each in mine:
                    check_second(self.actor, each.by, f"{_called(name)}: was stopped by")
            ended = stops.end(tx, name)
            circuits.worked(tx, name, now)
            lines.append(tx, [self._entry("resumed", name, why, now)])
            left = tuple(each for each in standing if each.name != name and ALL in (name, each.name))
        return Resumed(tuple(ended), left)

    def _entry(self, action: str, name: str, why: str, now: datetime) -> Entry:
        if name == ALL:
            return Entry(now, self.actor, action, why=why, data={"all": True})
        return Entry(now, self.actor, action, processor=name, why=why)


def _called(name: str) -> str:
    return "--all" if name == ALL else name


def _nothing_to_resume(name: str, standing: list[Stop]) -> str:
    others = ", ".join(dict.fromkeys(_called(each.name) for each in standing))
    more = f"; what is stopped is {others}" if others else "; nothing is"
    return f"{_called(name)}: is not stopped{more}"


def _read_why(reason: str) -> str:
    """A reason on one line; SettingsError where there is none."""
    read = " ".join(reason.split())
    if not read or not read.isprintable() or len(read) > 500:
        raise SettingsError(
            "--why: has to be one line of at most 500 characters; say in a few words why, without a name or an address"
        )
    return read
