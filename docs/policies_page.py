"""docs/policies.md, made from docs/duties.toml: `python docs/policies_page.py --write` renews it."""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
HOWS = {
    "rule": "a rule of the policy, or a row of the law, makes it happen by itself",
    "gate": "the gateway refuses what must not be, or `gateway policy lint` calls it broken",
    "task": "a person does it; the gateway counts the days, reminds or finds what is missing, where it can",
    "later": "the gateway is to do it and does not yet; a person does it until then",
    "not-software": "a person's judgement, or something the gateway has no part in",
}
"""How a duty is carried out, and what that means."""
PARTS = {
    "P": ("The two policies", ("id", "duty", "in the policy's words", "how", "by what", "proof")),
    "G": ("The GDPR", ("id", "duty", "how", "by what", "proof")),
    "N": ("Norway", ("id", "duty", "how", "by what", "proof")),
}
"""The tables of the page, by the first letter of the ids in them."""
HEAD = """\
# The two policies, duty by duty

<!-- Made by `python docs/policies_page.py --write` from docs/duties.toml. Change that, not this page. -->

What two published policies of Norwegian recruitment firms, the GDPR and Norwegian law ask for, and who does it. The two
policies are in [examples](../examples/README.md) as files that the gateway reads. Nothing here is legal advice: rows of
the law that are a reading, or are not checked against the text, are off or only warn until a lawyer has switched them.

| how | means |
| --- | --- |
"""
LEGEND = """\
| by what | is |
| --- | --- |
| `coness:…`, `isco:…` | a rule or a kept set in that example's policy.toml |
| `law:…` | a row of the law, in `gateway/rules/law` |
| `lint:…` | a check of `gateway policy lint` |
| `setting:…`, `policy:…` | a key of gateway.toml, or of policy.toml |
| `command:…` | a command |
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What one firm published."""

    firm: str
    text: str


@dataclass(frozen=True, slots=True)
class Duty:
    """One entry of docs/duties.toml."""

    id: str
    duty: str
    how: str
    by: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    note: str = ""
    said: tuple[Words, ...] = ()


def read(path: Path = FOLDER / "duties.toml") -> list[Duty]:
    """The duties in the order of the file; a key that is not known is an error."""
    return [_duty(name, **table) for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items()]


def _duty(name: str, **table: Any) -> Duty:
    said = tuple(Words(**each) for each in table.pop("said", ()))
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Duty(name, **{**table, **lists}, said=said)


def render(duties: Sequence[Duty]) -> str:
    """The whole page."""
    means = "".join(f"| {how} | {text} |\n" for how, text in HOWS.items())
    parts = [HEAD + means, LEGEND, _counts(duties)]
    for letter, (title, head) in PARTS.items():
        rows = [_row(each) for each in duties if each.id.startswith(letter)]
        parts += [f"## {title}\n", _table(head, rows)]
    return "\n".join(parts)


def _counts(duties: Sequence[Duty]) -> str:
    """How many there are of each kind, in each table and in all."""
    found = Counter((each.id[0], each.how) for each in duties)
    rows = [(how, *(found[letter, how] for letter in PARTS)) for how in HOWS]
    rows.append(("all", *(sum(found[letter, how] for how in HOWS) for letter in PARTS)))
    head = ("how", *(title for title, _ in PARTS.values()), "together")
    return _table(head, [(*each, sum(number for number in each if isinstance(number, int))) for each in rows])


def _row(each: Duty) -> tuple[str, ...]:
    said = (
        ("; ".join(f"{words.firm}: «{words.text}»" for words in each.said),)
        if each.id.startswith("P")
        else ()
    )
    how = f"{each.how}: {each.note}" if each.note else each.how
    return each.id, each.duty, *said, how, _code(each.by), _code(each.tests)


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(each).replace('|', '&#124;') for each in row)} |\n" for row in lines)


def main() -> int:
    """Write the page with `--write`; else print it."""
    page = render(read())
    if sys.argv[1:] == ["--write"]:
        (FOLDER / "policies.md").write_text(page, encoding="utf-8")
    else:
        print(page, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
