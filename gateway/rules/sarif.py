"""Findings of the policy linter as SARIF 2.1.0, which editors and code hosts show beside the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.rules.lint import CHECKS, Finding, Severity

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.BROKEN: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_HEAD = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")


def render(findings: Sequence[Finding], policy: Path | None, register: Path, version: str) -> dict[str, Any]:
    """The log of one run. Places among the processors lie in the register (gateway.toml), all others in the policy."""
    places = {path: _places(path) for path in {policy or register, register}}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": {"name": "gateway policy lint", "version": version, "rules": _rules()}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, policy or register, register, places) for each in findings],
            }
        ],
    }


def _rules() -> list[dict[str, Any]]:
    return [{"id": each.id, "shortDescription": {"text": each.title}} for each in CHECKS]


def _result(
    finding: Finding, policy: Path, register: Path, places: Mapping[Path, Mapping[str, int]]
) -> dict[str, Any]:
    path = register if finding.place.startswith("processors.") else policy
    physical: dict[str, Any] = {"artifactLocation": {"uri": path.name}}
    line = _line(finding.place, places[path])
    if line:
        physical["region"] = {"startLine": line}
    return {
        "ruleId": finding.check,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.wrong}. {finding.law()} Instead: {finding.instead}."},
        "locations": [
            {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": finding.place}]}
        ],
    }


def _line(place: str, lines: Mapping[str, int]) -> int:
    """The line a place stands on, or the nearest table around it; 0 where the file has none."""
    parts = place.split(".")
    for count in range(len(parts), 0, -1):
        line = lines.get(".".join(parts[:count]))
        if line:
            return line
    return 0


def _places(path: Path) -> dict[str, int]:
    """Each table and key of a TOML file, and its line; of what stands twice, the first."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}
    found: dict[str, int] = {}
    for place, number in _keys(text):
        found.setdefault(place, number)
    return found


def _keys(text: str) -> Iterator[tuple[str, int]]:
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEAD.fullmatch(line)
        if head is not None:
            table = _plain(head[1])
            yield table, number
        elif (key := _KEY.match(line)) is not None:
            yield f"{table}.{_plain(key[1])}".removeprefix("."), number


def _plain(name: str) -> str:
    return re.sub(r"[\"'\s]", "", name)
