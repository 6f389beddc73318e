"""The demo as a newcomer runs it: in a process of its own, twice in one folder, and the commands it names after it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.site import until

IGNORING_CTRL_C = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
"""Begins a process as a shell does that puts it into the background."""
STORIES = {
    "A consent expired": "recman, invenias: gone, and proven bisnode: the rest is deleted; kept.",
    "A consent was withdrawn": "recman, invenias: gone, and proven bisnode: the rest is deleted; kept.",
    "Kept longer than agreed, without a consent": "invenias: gone, and proven",
    "Deleted in Recman by hand, still held elsewhere": "invenias: gone, and proven recman: gone already, proven",
    "The vendor says deleted, and keeps the row": "invenias: NEEDS YOU. It answered done, but still holds person",
    "A current employee, who may not be deleted": "recman: kept. A current employee",
    "A credit check, of which the bureau is the controller": "bisnode: the rest is deleted; refused. The bureau keeps",
    "Two people behind one e-mail address": "recman, invenias: not touched; question",
}


def gateway(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from gateway.cli import main; main()", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120)


@pytest.mark.slow
def test_demo_tells_every_story_and_can_be_run_again(tmp_path: Path) -> None:
    first = gateway("demo", "demo", cwd=tmp_path)
    assert (first.returncode, "NOT AS TOLD" in first.stdout) == (0, False), first.stdout + first.stderr
    keys = (tmp_path / "demo/keys/master.key").read_text()
    second = gateway("demo", "demo", cwd=tmp_path)
    assert second.returncode == 0, second.stdout + second.stderr
    assert (tmp_path / "demo/keys/master.key").read_text() != keys
    for done in (first, second):
        assert "Traceback" not in done.stderr
        _check_stories(done.stdout)
        assert re.search(r"recman +\d+ +0 +0\ninvenias +\d+ +1 +1\nbisnode +\d+ +1 +0\n", done.stdout)
        assert "Nothing is wrong:" in done.stdout
        assert "\x1b" not in done.stdout
        assert max(map(len, done.stdout.replace(str(tmp_path), "").splitlines())) <= 80
    _check_commands(second.stdout, tmp_path)
    _check_readme(first.stdout)


@pytest.mark.slow
def test_vendors_are_served_for_a_daemon_that_is_killed_and_begun_again(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-u",
        "-c",
        "from gateway.cli import main; main()",
        "demo",
        "--vendors",
        "demo",
    ]
    ignoring = [sys.executable, "-c", IGNORING_CTRL_C, *command]
    with (
        subprocess.Popen(ignoring, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as vendors,
        _ended(vendors),
    ):
        said = _until_said(vendors, "Ctrl-C ends the vendors.")
        shown = re.search(r"^  \S*gateway (--settings demo/gateway.toml) serve$", said, re.MULTILINE)
        assert shown is not None, said
        with (tmp_path / "demo/gateway.toml").open("a") as settings:
            settings.write('\n[daemon]\nlisten = "127.0.0.1:0"\n')  # tests beside this one have daemons too
        first = _daemon(tmp_path, shown[1])
        until(lambda: any(each["action"] == "fetched" for each in _lines(tmp_path, shown[1])))
        first.kill()
        first.wait()
        second = _daemon(tmp_path, shown[1])
        until(lambda: any(each.get("outcome") == "verified" for each in _lines(tmp_path, shown[1])), 120)
        second.terminate()
        assert second.wait(60) == 0
        vendors.send_signal(signal.SIGINT)
        assert vendors.wait(60) == 0


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """However the test ends, the process does not outlive it."""
    try:
        yield
    finally:
        process.kill()


def _until_said(process: subprocess.Popen[str], last: str) -> str:
    said = ""
    assert process.stdout is not None
    while last not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def _daemon(folder: Path, settings: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from gateway.cli import main; main()", *settings.split(), "serve"]
    with (folder / "serve.log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stderr=log)


def _lines(folder: Path, settings: str) -> list[dict[str, Any]]:
    return list(
        json.loads(
            gateway(*settings.split(), "trail", "show", "--last", "1000", "--json", cwd=folder).stdout
        )["lines"]
    )


def _check_stories(text: str) -> None:
    told = " ".join(text.partition("What you just saw")[2].split())
    for title, stands in STORIES.items():
        _, found, rest = told.partition(f"{title}: ")
        assert found, title
        assert stands in rest[:250], title


def _check_commands(text: str, cwd: Path) -> None:
    """The commands named at the end work though no vendor answers any more."""
    offered = re.findall(r"^  \S*gateway (--settings demo/gateway.toml .+)$", text, re.MULTILINE)
    assert len(offered) == 5
    questions, case, trail, why, plan = (gateway(*each.split(), cwd=cwd) for each in offered)
    assert "Case" in why.stdout or "Sak" in why.stdout
    assert (why.returncode, plan.returncode in (0, 3)) == (0, True)
    assert "retry or by-hand" in questions.stdout
    assert "still holds person" in " ".join(case.stdout.split())
    assert trail.returncode == 0


def _check_readme(text: str) -> None:
    """What the README shows is what is printed, but for the numbers of cases and questions."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("```text\n")[2].partition("```")[0]
    number = re.compile(r"(?<=case |tion )\d+")
    printed = {number.sub("N", line.strip()) for line in text.splitlines()}
    printed.add(
        "$ gateway --settings demo/gateway.toml sync"
    )  # or by its path, where it is not on the shell's
    assert len(shown.splitlines()) > 20
    assert {number.sub("N", line.strip()) for line in shown.splitlines()} <= printed
