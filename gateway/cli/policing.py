"""`gateway policy`: what contradicts what, the rows of the law, and the policy as it acts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gateway.cli import exits, printing
from gateway.cli.opening import read_settings, zone_of
from gateway.cli.options import FILE, Options, json_option, with_options
from gateway.cli.versioning import approve, versions
from gateway.errors import SettingsError
from gateway.register import clock
from gateway.rules import sarif
from gateway.rules import versions as versions_of_rules
from gateway.rules.lint import Finding, Severity, lint
from gateway.rules.lint.differing import Difference, differences
from gateway.rules.policy import DataSet, Keep, LawRow, Policy, Purpose, Rule
from gateway.rules.reading import read_policy
from gateway.settings import Settings

LANGUAGES = ("nb", "en")
BROKEN = 1
"""The exit code of `lint` where something is broken, as other linters have it."""
HEADS = {
    Severity.BROKEN: "Broken: it contradicts the law, or itself",
    Severity.WARNING: "To be looked at by a person",
    Severity.NOTE: "Good to know",
}


@click.group()
def policy() -> None:
    """Lint the firm's policy, show it as it acts, and list the rows of the law."""


policy.add_command(versions)
policy.add_command(approve)


def _read(options: Options, file: Path | None = None) -> tuple[Settings, Policy, Path | None]:
    """The settings, the policy, and the file it is from: the one named, or policy.toml beside gateway.toml, if any."""
    settings = read_settings(options)
    if file is not None:
        return settings, read_policy(file, settings), file
    return (
        settings,
        versions_of_rules.from_body(versions_of_rules.body_of(settings), settings),
        settings.policy_path,
    )


def _today(settings: Settings) -> date:
    return clock().astimezone(zone_of(settings)).date()


@policy.command("lint")
@click.argument("file", type=FILE, required=False)
@click.option("--sarif", "sarif_file", type=FILE, metavar="FILE",
              help="Also write the findings to FILE, as SARIF 2.1.0 for editors and code hosts.")  # fmt: skip
@json_option
@with_options(hidden=True)
@click.pass_obj
def lint_(options: Options, file: Path | None, sarif_file: Path | None, as_json: bool) -> None:
    """Find contradictions between the policy, the law and the register of processors.

    FILE is a policy.toml; without it, the one beside gateway.toml is meant. Each finding says where, what is wrong,
    what the law says and what to write instead. Readings of the law that wait for a lawyer break nothing. Ends with 1
    where something is broken, with 0 where there are warnings and notes at most.
    """
    settings, read, path = _read(options, file)
    found = lint(read, settings, _today(settings))
    if sarif_file is not None:
        _write(sarif_file, sarif.render(found, path, settings.path, version("ats-gateway")))
    if as_json:
        printing.document(_lint_document(read, found))
    else:
        _show_findings(printing.console(), read, found)
    broken = any(each.severity == Severity.BROKEN for each in found)
    click.get_current_context().exit(BROKEN if broken else exits.DONE)


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as err:
        raise SettingsError(f"{path}: cannot be written: {err.strerror or type(err).__name__}") from err


def _show_findings(out: Console, read: Policy, found: Sequence[Finding]) -> None:
    for severity, group in groupby(found, key=lambda each: each.severity):
        printing.say(out, f"{HEADS[severity]}:", "")
        for each in group:
            printing.say(out, f"{each.check}  {each.place}")
            if each.quote:
                printing.point(out, f"policy: «{each.quote}»")
            printing.point(out, f"wrong: {each.wrong}")
            printing.point(out, f"law: {each.law()}")
            printing.point(out, f"instead: {each.instead}")
            printing.say(out, "")
    counts = [printing.many(sum(each.severity == name for each in found), *words) for name, words in _COUNTED]
    printing.say(out, f"{read.title}: {', '.join(counts) if found else 'nothing was found'}.")


_COUNTED = (
    (Severity.BROKEN, ("thing broken", "things broken")),
    (Severity.WARNING, ("warning",)),
    (Severity.NOTE, ("note",)),
)


def _lint_document(read: Policy, found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "policy": read.title,
        "version": read.version,
        "broken": any(each.severity == Severity.BROKEN for each in found),
        "findings": [
            {
                "check": each.check, "severity": each.severity, "place": each.place, "quote": each.quote or None,
                "wrong": each.wrong, "row": each.row.id, "article": each.row.article, "mark": each.row.mark,
                "source": each.row.source, "says": dict(each.row.says), "instead": each.instead,
            }
            for each in found
        ],
    }  # fmt: skip


@policy.command()
@click.option(
    "--lang", type=click.Choice(LANGUAGES), default="nb", show_default=True, help="In which language."
)
@json_option
@with_options(hidden=True)
@click.pass_obj
def law(options: Options, lang: str, as_json: bool) -> None:
    """List the rows of the law, as [law] of the policy switches them.

    Marks: C is stated in a law, G is guidance, R is a reading, M is general knowledge. R and M wait for the firm's
    lawyer and never act by themselves.
    """
    _, read, _ = _read(options)
    if as_json:
        printing.document({"rows": [_row_document(each) for each in read.law.values()]})
        return
    out = printing.console()
    rows = [(each.id, each.article, each.mark, each.switch, each.says[lang]) for each in read.law.values()]
    printing.table(out, ("id", "article", "mark", "switch", "says"), rows)


def _row_document(row: LawRow) -> dict[str, Any]:
    return {
        "id": row.id, "article": row.article, "mark": row.mark, "source": row.source, "acts": row.acts,
        "switch": row.switch, "says": dict(row.says), "values": dict(row.values),
    }  # fmt: skip


@policy.command()
@json_option
@with_options(hidden=True)
@click.pass_obj
def show(options: Options, as_json: bool) -> None:
    """Show the purposes with their bases, where each data set lies, the rules, what is kept, and where law and policy
    differ, which of them acts.
    """
    settings, read, _ = _read(options)
    differ = list(differences(read, _today(settings)))
    if as_json:
        printing.document(_show_document(read, differ))
        return
    out = printing.console()
    published = f", published {read.published.isoformat()}" if read.published else ""
    printing.say(out, f"{read.title}{published}, version {read.version}", "")
    for heads, rows in _tables(read):
        if rows:
            printing.table(out, heads, rows)
            printing.say(out, "")
    if not differ:
        printing.say(out, "Law and policy nowhere differ.")
        return
    printing.say(out, "Where law and policy differ:")
    for each in differ:
        printing.point(out, str(each))


def _tables(read: Policy) -> Iterator[tuple[Sequence[str], list[Sequence[str]]]]:
    yield ("purpose", "bases", "data sets"), [_purpose(each) for each in read.purposes.values()]
    yield (
        ("data set", "held at"),
        [(each.name, ", ".join(_held(each)) or "nowhere") for each in read.data_sets.values()],
    )
    yield ("rule", "for", "kept", "from"), [_rule(each) for each in read.rules]
    yield ("kept set", "data sets", "ground", "until", "readers"), [_keep(each) for each in read.keeps]


def _purpose(purpose: Purpose) -> Sequence[str]:
    return purpose.name, ", ".join(purpose.bases), ", ".join(purpose.data_sets)


def _held(data_set: DataSet) -> list[str]:
    return [f"{each.processor}:{each.kind}" if each.kind else each.processor for each in data_set.held_at]


def _rule(rule: Rule) -> Sequence[str]:
    unless = ", unless consent stands" if rule.unless else ""
    return (
        rule.id,
        ", ".join(rule.purposes),
        f"{rule.period}{unless}",
        _from(rule.start, year_end=rule.year_end),
    )


def _from(start: Sequence[str], *, year_end: bool) -> str:
    which = " or ".join(start) + (", the latest" if len(start) > 1 else "")
    return f"the end of the year of {which}" if year_end else which


def _keep(keep: Keep) -> Sequence[str]:
    period = (
        "" if keep.period is None else f"{keep.period} from {_from([keep.start], year_end=keep.year_end)}"
    )
    until = "; ".join(each for each in (period, keep.until_event) if each) or "without end"
    return keep.id, ", ".join(keep.data_sets), keep.ground, until, ", ".join(keep.readers)


def _show_document(read: Policy, differ: Sequence[Difference]) -> dict[str, Any]:
    return {
        "policy": read.title,
        "version": read.version,
        "published": read.published,
        "purposes": [
            {"name": each.name, "title": each.title, "bases": list(each.bases), "data_sets": list(each.data_sets)}
            for each in read.purposes.values()
        ],
        "data_sets": [
            {"name": each.name, "title": each.title, "held_at": _held(each)} for each in read.data_sets.values()
        ],
        "rules": [
            {
                "id": each.id, "purposes": list(each.purposes), "data_sets": list(each.data_sets),
                "start": list(each.start), "period": str(each.period), "year_end": each.year_end,
                "unless": each.unless or None, "law": each.row is not None,
            }
            for each in read.rules
        ],
        "keeps": [
            {
                "id": each.id, "data_sets": list(each.data_sets), "ground": each.ground, "text": each.text,
                "start": each.start, "period": None if each.period is None else str(each.period),
                "until_event": each.until_event or None, "year_end": each.year_end, "readers": list(each.readers),
                "law": each.row is not None,
            }
            for each in read.keeps
        ],
        "differences": [
            {
                "place": each.place, "policy": str(each.policy), "row": each.row.id, "law": str(each.law),
                "acts": each.acts, "unless": each.unless or None,
            }
            for each in differ
        ],
    }  # fmt: skip
