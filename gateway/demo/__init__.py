"""`gateway demo`: three vendors on loopback, people who do not exist, and the real `gateway sync` against them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from gateway import plugins
from gateway.demo import folder as rooms
from gateway.demo import serving, speaking, stories
from gateway.demo.serving import Vendors
from gateway.demo.speaking import Speaker
from gateway.demo.stories import Ending
from gateway.demo.world import World
from gateway.ledger import Ledger, Vault, read_url, views
from gateway.register import Register
from gateway.settings import load
from gateway.why import Why

DEFAULT = Path("gateway-demo")
NEEDS_YOU = 4
"""What both syncs end with when the stories come out as told: one vendor does not do what it says."""
_COMMAND = (sys.executable, "-P", "-c", "from gateway.cli import main; main()")


@contextmanager
def _staged(folder: Path | None, more: str = "") -> Iterator[tuple[Path, World, Vendors]]:
    """The settings of a new firm, its people, and its vendors as long as they answer."""
    where = folder or DEFAULT
    simulators = serving.make()
    rooms.prepare(where)
    world = World(simulators["recman"], simulators["invenias"], simulators["bisnode"], datetime.now(UTC))
    with serving.served(simulators) as vendors:
        yield rooms.fill(where, vendors, more), world, vendors


def run(folder: Path | None = None) -> int:
    """Show the gateway in a new folder, or in that of an earlier demo. 0 if every story came out as told, else 1."""
    with _staged(folder) as (settings, world, vendors):
        return Demo(settings, world, vendors).play()


def serve_vendors(folder: Path | None = None) -> int:
    """Serve the vendors until Ctrl-C, for a daemon in another terminal that may be killed at will."""
    with _staged(folder, rooms.SCHEDULE) as (settings, world, _):
        speaker, words = Speaker(), [speaking.gateway_command(), "--settings", str(settings)]
        speaker.say(f"Three vendors answer on this machine, with {world.people} people who do not exist.")
        speaker.say(
            "", "In another terminal, begin the daemon, kill it whenever you like, and begin it again:", ""
        )
        speaker.say("  " + " ".join([*words, "serve"]))
        speaker.say("", "Meanwhile, or afterwards:", "")
        for word in ("nodes", "schedule", "cases", "questions"):
            speaker.say("  " + " ".join([*words, word]))
        speaker.say("", "Ctrl-C ends the vendors.")
        _until_stopped()
    return 0


def _until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM, also where whoever began this process had it ignore Ctrl-C."""
    over = Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: over.set())
    over.wait()


class Demo:
    """One performance. It runs the command as a user does, and looks in the ledger and at the vendors for the truth."""

    def __init__(self, settings: Path, world: World, vendors: Vendors) -> None:
        self.settings, self.world, self.vendors = settings, world, vendors
        self.speaker = Speaker()
        self.gateway = speaking.gateway_command()
        self.mistakes: list[str] = []

    def play(self) -> int:
        """All of it, or up to a sync that did not work; 0 if every story came out as told."""
        self._introduce()
        told: list[Ending] = []
        if self._sync(
            "Monday: the first sync", "One vendor says it deleted somebody, but did not. See below."
        ):
            monday, cases = self.vendors.deletions(), self._count_cases()
            self._remove_by_hand()
            if self._sync(
                "Tuesday: the same command again", "It is the same vendor, until somebody answers."
            ):
                self._compare(monday, self._count_cases() - cases)
                told = self._tell()
                self._verify()
        self._end(told)
        return 1 if self.mistakes else 0

    def _introduce(self) -> None:
        world = self.world
        self.speaker.say(
            f"Three vendors answer on this machine, with {world.people} people who do not exist:",
            "",
            f"  recman    {len(world.recman.candidate_ids())} candidates, in the applicant tracking system",
            f"  invenias  {len(world.invenias.person_ids())} people, in the executive-search CRM",
            f"  bisnode   {len(world.bisnode.consumer_ids())} people the credit bureau follows, and "
            f"{len(world.bisnode.decisions)} credit checks",
            "",
            f"{self.settings} and the keys beside it are what you would have for your own vendors.",
        )

    def _sync(self, title: str, why: str) -> bool:
        """One sync; whether it worked, whatever it came to."""
        self.speaker.title(title)
        code = self._run("sync")
        self.speaker.exit_code(code, why if code == NEEDS_YOU else "")
        if code != NEEDS_YOU:
            self.mistakes.append(f"{title}: it ended with exit code {code}, not {NEEDS_YOU}")
        return code in speaking.MEANINGS

    def _remove_by_hand(self) -> None:
        held = self.world.cast["removed"]
        self.speaker.title("In between")
        self.speaker.say(
            f"A colleague deletes {held.person.name} in Recman, by hand. Nobody tells Invenias or Bisnode."
        )
        self.world.recman.remove_candidate(held.at["recman"])

    def _compare(self, monday: Mapping[str, Counter[str]], new_cases: int) -> None:
        both = self.vendors.deletions()
        self.speaker.title("Nothing is done twice")
        self.speaker.say("People whose deletion each vendor was asked for:", "")
        self.speaker.deletions(monday, both)
        liar = self.world.cast["liar"]
        self.speaker.say(
            "",
            f"Invenias said that all were deleted, and still showed {liar.person.name}: so it was asked again, for that one.",
        )
        self.mistakes += [
            f"{name} was asked for a deletion twice"
            for name, asked in both.items()
            if set(speaking.repeated(asked)) - {liar.at["invenias"]}
        ]
        held = self.world.cast["removed"]
        wanted = {name: [held.at[name]] if name != "recman" else [] for name in both}
        tuesday = {name: list((asked - monday[name]).elements()) for name, asked in both.items()}
        if tuesday != wanted or new_cases != 1:
            self.mistakes.append("Tuesday did more, or less, than carry on the one deletion made by hand")

    def _tell(self) -> list[Ending]:
        self.speaker.title("What you just saw")
        with self._open() as ledger:
            told = stories.endings(ledger, self.world, lambda case: self._why(ledger, case))
        self.speaker.stories(told)
        self.mistakes += [f"{each.title}: {mistake}" for each in told for mistake in each.mistakes]
        return told

    def _why(self, ledger: Ledger, case: int) -> str:
        """The first thing `gateway why` says of what a case rests on."""
        settings = load(self.settings, os.environ)
        register = Register(settings, ledger, plugins.load(serving.NAMES))
        reasons = Why(register, "en").case(case).reasons
        return next((each.text for each in reasons if each.about in ("erase", "step")), "")

    def _verify(self) -> None:
        self.speaker.title("And the proof")
        if code := self._run("trail", "verify"):
            self.mistakes.append(f"`gateway trail verify` ended with exit code {code}")

    def _end(self, told: Sequence[Ending]) -> None:
        if self.mistakes:
            self.speaker.title("This did not come out as told")
            self.speaker.say(*self.mistakes)
            return
        untrue = next(each.case for each in told if each.key == "liar")
        self.speaker.title("Try next")
        self.speaker.say("The vendors are gone now. The ledger stays, and these read it:", "")
        for words in (
            ["questions"],
            ["case", str(untrue)],
            ["trail", "show"],
            ["why", str(untrue)],
            ["plan"],
        ):
            self.speaker.say("  " + " ".join(self._typed(*words)))
        self.speaker.say("", "And as a daemon, which you may kill at will (it says how):", "")
        self.speaker.say(f"  {self.gateway} demo --vendors {self.settings.parent}")

    def _typed(self, *words: str) -> list[str]:
        return [self.gateway, "--settings", str(self.settings), *words]

    def _run(self, *words: str) -> int:
        """Run the command in a process of its own, on this terminal; its exit code."""
        self.speaker.command(self._typed(*words))
        command = [*_COMMAND, "--settings", str(self.settings), *words]
        return subprocess.run(command, check=False).returncode  # noqa: S603 - this very program, no shell

    @contextmanager
    def _open(self) -> Iterator[Ledger]:
        own = load(self.settings, os.environ).gateway
        ledger = Ledger(read_url(own.ledger.reveal()), Vault(own.master_key))
        try:
            yield ledger
        finally:
            ledger.close()

    def _count_cases(self) -> int:
        with self._open() as ledger, ledger.read() as tx:
            return views.count_cases(tx)
