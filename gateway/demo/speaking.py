"""What the demo says: calm text on stdout, at most 80 columns wide, in colour only on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import fill

from rich import box
from rich.console import Console
from rich.table import Table

from gateway.demo.stories import Ending

WIDEST = 80
MEANINGS = {
    0: "all that was due is done",
    3: "fine so far, and something waits",
    4: "something needs a person now",
}


class Speaker:
    """The voice of the demo."""

    def __init__(self) -> None:
        self._out = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
        self._out.width = min(self._out.width, WIDEST)

    def title(self, text: str) -> None:
        self._print("", "")
        self._print("bold", text, "-" * len(text))

    def say(self, *sentences: str) -> None:
        self._print("", *(self._wrapped(each) for each in sentences))

    def command(self, words: Sequence[str]) -> None:
        """A command as the user would type it, said before it is run."""
        self._print("bold", "", f"$ {' '.join(words)}", "")
        sys.stdout.flush()

    def exit_code(self, code: int, why: str) -> None:
        self.say("", f"Exit code {code}: {MEANINGS.get(code, 'this should not be')}. {why}")

    def deletions(self, monday: Mapping[str, Counter[str]], both: Mapping[str, Counter[str]]) -> None:
        """Of how many people each vendor was asked to delete them, day by day, and of how many twice."""
        made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        made.add_column("")
        for head in ("Monday", "Tuesday", "asked for twice"):
            made.add_column(head, justify="right")
        for name, asked in both.items():
            first = monday[name].total()
            made.add_row(name, str(first), str(asked.total() - first), str(len(repeated(asked))))
        self._out.print(made)

    def stories(self, told: Iterable[Ending]) -> None:
        """Each story with its person, its case, and how it stands."""
        for each in told:
            case = f"case {each.case}" if each.case else "no case"
            self._print("bold", "", self._wrapped(f"{each.title}: {each.person}, {case}"))
            for line in (*each.lines, *(f"NOT AS TOLD: {mistake}" for mistake in each.mistakes)):
                self._print("", self._wrapped(line, "    "))

    def _wrapped(self, text: str, indent: str = "") -> str:
        deeper = indent + "  " if indent else ""
        return fill(
            text, self._out.width, initial_indent=indent, subsequent_indent=deeper, break_on_hyphens=False,
            break_long_words=False,
        )  # fmt: skip

    def _print(self, style: str, *texts: str) -> None:
        for each in texts:
            self._out.print(each, style=style or None, soft_wrap=True)


def repeated(asked: Counter[str]) -> list[str]:
    """Whoever was asked for more than once."""
    return [each for each, times in asked.items() if times > 1]


def gateway_command() -> str:
    """How this installation's `gateway` is typed here: its name where the shell finds it, else its path."""
    own = Path(sysconfig.get_path("scripts")) / "gateway"
    found = shutil.which("gateway")
    if not own.exists() or (found is not None and Path(found).resolve() == own.resolve()):
        return "gateway"
    near = os.path.relpath(own)
    return str(own) if near.startswith("..") else near
