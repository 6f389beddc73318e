"""`gateway` itself: its help is quick and complete, and every error has its exit code."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway import errors
from gateway.cli import exits, front, main, reference
from gateway.cli.app import cli
from gateway.ledger import BusyError
from gateway.ledger.engines import LedgerError, ReplacedError
from gateway.ledger.nodes import LostError
from gateway.runs import NotCalledError

HEAVY = {
    "alembic", "click", "cryptography", "gateway.plugins", "gateway.settings", "gateway_example", "gateway_recman", "logging",
    "msgspec", "pluggy", "pydantic", "requests", "rich", "sqlalchemy",
}  # fmt: skip
REPOSITORY = Path(__file__).parents[2]


def modules_after(code):
    """The modules a fresh interpreter has loaded after running some code."""
    told = f"{code}\nimport sys\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stderr.split()), done.stdout


def test_help_imports_nothing_heavy_and_no_plugin():
    loaded, shown = modules_after(
        "import sys\nsys.argv = ['gateway', '--help']\nfrom gateway.cli import main\nmain()"
    )
    assert not loaded & HEAVY
    assert shown == front.help_text()


def test_the_command_line_imports_click_and_no_command():
    loaded, _ = modules_after("import gateway.cli.app")
    assert loaded & HEAVY <= {"click", "logging"}
    assert not {f"gateway.cli.{target.split(':')[0]}" for target in front.targets().values()} & loaded


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_is_the_same_however_it_is_asked_for(words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gateway", *words])
    main()
    assert capsys.readouterr().out == front.help_text() == CliRunner().invoke(cli, ["--help"]).stdout
    assert all(len(line) <= 80 for line in front.help_text().splitlines())


def test_help_names_every_option_of_the_front():
    declared = {name for each in cli.params for name in each.opts}
    assert declared == {part.split()[0] for text, _ in front.OPTIONS for part in text.split(", ")} - {
        "-h",
        "--help",
    }


def test_every_command_in_the_table_is_there_and_says_what_it_does():
    for name in front.targets():
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0, name
        assert f"Usage: cli {name}" in result.stdout


def test_a_misspelt_command_is_answered_with_the_right_one():
    result = CliRunner().invoke(cli, ["synk"])
    assert result.exit_code == 2
    assert "there is no command 'synk'; did you mean 'sync'?" in result.stderr
    assert "`gateway --help` lists them" in CliRunner().invoke(cli, ["xyzzy"]).stderr


def test_version_is_that_of_the_distribution():
    assert CliRunner().invoke(cli, ["--version"]).stdout == "gateway 0.1.0\n"


def test_docs_of_the_commands_are_up_to_date():
    page = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == reference.render(), "python -m gateway.cli.reference --write"


CODES = {
    errors.SettingsError("x"): 2,
    errors.PluginError("x"): 4,
    errors.UnavailableError("x"): 3,
    errors.ThrottledError("x", retry_at=datetime(2026, 1, 1, tzinfo=UTC)): 3,
    errors.RefusedError("x"): 4,
    errors.GarbledError("x"): 4,
    BusyError("x"): 3,
    NotCalledError("x"): 3,
    errors.GatewayError("x"): 4,
    LedgerError("x"): 4,
    ReplacedError("x"): 4,
    LostError("x"): 4,
}


@pytest.mark.parametrize(("error", "code"), CODES.items(), ids=lambda each: type(each).__name__)
def test_every_error_has_its_exit_code(error, code):
    assert exits.code_of(error) == code


def test_no_error_is_left_without_an_exit_code():
    def below(kind):
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    own = {each for each in below(errors.GatewayError) if each.__module__.startswith("gateway.")}
    assert own - {errors.VendorError} == {type(each) for each in CODES}


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (click.Abort(), 130, "Stopped."),
        (errors.SettingsError("a: one", "b: two"), 2, "  a: one\n  b: two"),
        (errors.GatewayError("the ledger cannot be used: disk full"), 4, "disk full"),
        (OSError("other"), 1, "a bug of the gateway (OSError)"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_a_command_raises_is_told_in_plain_words(raised, code, told, monkeypatch):
    def fail(_path):
        raise raised

    monkeypatch.setattr("gateway.cli.consent_file.read", fail)
    result = CliRunner().invoke(cli, ["consent", "import", "x"])
    assert result.exit_code == code
    assert told in result.stderr
    assert result.stdout == ""


@pytest.mark.slow
def test_output_that_nobody_reads_any_more_is_no_bug(firm, kari):
    firm("sync")
    command = f"{sys.executable} -c 'from gateway.cli import main; main()' --settings {firm.toml} trail show --json | true"
    done = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout) in (0, exits.PIPE_CLOSED)
