"""The unit and the container file say what the daemon does, and give it no more than it needs."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.app import cli
from gateway.daemon import LONGEST_CALL
from gateway.http import Timeouts
from gateway.settings.serving import Daemon

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "gateway.service"
CONTAINER = ROOT / "deploy" / "Containerfile"
README = ROOT / "deploy" / "README.md"
SYSTEMD = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not on this machine")


def read_unit(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",)
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the container file and what it says, on one line."""
    text = re.sub(r"^#.*\n", "", CONTAINER.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


@pytest.fixture
def service() -> dict[str, str]:
    return read_unit(UNIT.read_text())["Service"]


def seconds(text: str) -> float:
    assert text.isdigit(), "plain seconds, so that they can be compared"
    return float(text)


# systemd


def test_what_is_started_is_a_command_there_is(service: dict[str, str]) -> None:
    program, *arguments = service["ExecStart"].split()
    assert program == "/opt/gateway/bin/gateway"
    assert arguments == ["serve", "--log", "json"]
    shown = CliRunner().invoke(cli, [*arguments, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "SIGHUP" in shown.output
    assert "SIGTERM" in shown.output


def test_it_is_told_when_the_daemon_is_ready_and_that_it_lives(service: dict[str, str]) -> None:
    assert service["Type"] == "notify"
    assert service["NotifyAccess"] == "main"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    tick = Daemon().tick.total_seconds()
    assert seconds(service["WatchdogSec"]) / 2 > 10 * tick, "a slow tick is no death"


def test_a_stop_leaves_time_for_the_call_under_way(service: dict[str, str]) -> None:
    assert service["KillSignal"] == "SIGTERM"
    assert seconds(service["TimeoutStopSec"]) > LONGEST_CALL > Timeouts().whole


def test_it_begins_anew_after_a_fall_and_not_after_a_mistake(service: dict[str, str], tmp_path: Path) -> None:
    assert service["Restart"] == "on-failure"
    wrong = CliRunner().invoke(cli, ["--settings", str(tmp_path / "none.toml"), "serve"])
    assert service["RestartPreventExitStatus"] == str(wrong.exit_code) == "2"
    assert seconds(read_unit(UNIT.read_text())["Unit"]["StartLimitIntervalSec"]) > 5 * seconds(
        service["RestartSec"]
    )


def test_what_it_writes_lies_where_it_may_write(service: dict[str, str]) -> None:
    folder = Path("/var/lib") / service["StateDirectory"]
    assert Path(service["WorkingDirectory"]) == folder
    name, _, settings = service["Environment"].partition("=")
    assert (name, Path(settings).parent) == ("GATEWAY_SETTINGS", folder), (
        "the checkpoints lie beside the settings"
    )
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectoryMode"] == "0700"
    assert service["UMask"] == "0077"


def test_keys_are_handed_over_and_named_where_they_are() -> None:
    handed = re.findall(r"^LoadCredential=([\w.]+):/etc/gateway/\1$", UNIT.read_text(), re.MULTILINE)
    assert handed == ["master.key", "trail.key"]
    for each in handed:
        assert f'{{ file = "/run/credentials/{UNIT.name}/{each}" }}' in README.read_text()


def test_it_has_no_rights_it_does_not_need(service: dict[str, str]) -> None:
    assert service["User"] == service["Group"] == "gateway"
    for name in (
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectHome",
        "ProtectKernelModules",
        "RestrictNamespaces",
    ):
        assert service[name] == "yes", name
    assert service["CapabilityBoundingSet"] == service["AmbientCapabilities"] == ""
    assert set(service["RestrictAddressFamilies"].split()) == {"AF_UNIX", "AF_INET", "AF_INET6"}
    assert service["SystemCallFilter"] == "@system-service"
    assert re.fullmatch(r"\d+M", service["MemoryMax"])


def test_it_sees_whether_other_nodes_live(service: dict[str, str]) -> None:
    assert not {"ProtectProc", "ProcSubset", "PrivatePIDs", "PrivateUsers"} & service.keys()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with a program that is on this machine, since verify looks for it, and a user that is."""
    text = (
        UNIT.read_text()
        .replace("/opt/gateway/bin/gateway", sys.executable)
        .replace("=gateway\nGroup=gateway", "=daemon\nGroup=daemon")
    )
    assert sys.executable in text
    path = tmp_path / UNIT.name
    path.write_text(text)
    return path


@needs_systemd
def test_systemd_understands_every_line(installed: Path) -> None:
    ran = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", str(installed)], capture_output=True, text=True, check=False
    )
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if UNIT.name in line]
    assert (ran.returncode, said) == (0, [])


@needs_systemd
def test_systemd_says_of_a_line_it_does_not_understand(installed: Path) -> None:
    installed.write_text(installed.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    ran = subprocess.run(
        [str(SYSTEMD), "verify", "--man=no", str(installed)], capture_output=True, text=True, check=False
    )
    assert "WatchdogSecs" in ran.stdout + ran.stderr


@needs_systemd
def test_systemd_finds_it_well_shut(installed: Path) -> None:
    ran = subprocess.run(
        [str(SYSTEMD), "security", "--offline=yes", "--threshold=30", "--no-pager", str(installed)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr


# The container


def test_it_does_not_run_as_root() -> None:
    users = [rest for name, rest in instructions() if name == "USER"]
    assert [re.fullmatch(r"([1-9]\d*):([1-9]\d*)", each) is not None for each in users] == [True]
    last = [name for name, _ in instructions()]
    assert last.index("USER") > max(
        place for place, name in enumerate(last) if name in {"RUN", "COPY", "FROM"}
    )


def test_everything_that_is_copied_is_there_and_nothing_is_fetched() -> None:
    copies = [rest.split() for name, rest in instructions() if name == "COPY"]
    sources = [each for parts in copies if not parts[0].startswith("--from=") for each in parts[:-1]]
    assert sources == ["requirements.lock", "pyproject.toml", "README.md", "LICENSE", "gateway", "plugins"]
    assert all((ROOT / each).exists() for each in sources)
    assert "ADD" not in {name for name, _ in instructions()}
    urls = re.findall(r"https?://\S+", CONTAINER.read_text())
    assert {each.split("/")[2] for each in urls} == {"127.0.0.1:9464"}


def test_packages_are_checked_by_their_hashes() -> None:
    installs = [
        part.strip()
        for name, rest in instructions()
        if name == "RUN"
        for part in rest.split("&&")
        if re.search(r"pip (?:install|wheel)", part)
    ]
    assert "--require-hashes" in installs[0]
    assert all("--no-index" in each for each in installs[1:])
    named = re.findall(r"\./plugins/(\w+)", " ".join(installs))
    assert named == ["recman", "invenias", "bisnode"]
    assert [each for each in named if not (ROOT / "plugins" / each / "pyproject.toml").exists()] == []


def test_there_is_no_secret_in_the_image() -> None:
    assert not re.search(r"(?i)(password|secret|token|master_key|_key)\s*=", CONTAINER.read_text())
    assert "ARG" not in {name for name, _ in instructions()}


def test_it_is_asked_whether_it_lives_where_it_answers() -> None:
    ((_, check),) = [each for each in instructions() if each[0] == "HEALTHCHECK"]
    assert "os.environ['GATEWAY_HEALTH']" in check
    environ = " ".join(rest for name, rest in instructions() if name == "ENV")
    assert f"GATEWAY_HEALTH=http://{Daemon().listen}/healthz" in environ
    source = re.search(r'"-c", "(.+)"\]', check)
    assert source is not None
    compile(source[1], "HEALTHCHECK", "exec")


def test_it_is_ended_as_a_process_is_and_starts_the_daemon() -> None:
    said = dict(instructions())
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert said["ENTRYPOINT"] == '["gateway"]'
    assert said["CMD"] == '["serve", "--log", "json"]'
    assert said["VOLUME"] == said["WORKDIR"] == "/var/lib/gateway"
