"""The facts of a vendor are held against its simulator, its plugin and its tests; every mistake has its words."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gateway.errors import PluginError, SettingsError
from gateway.testing import facts, facts_page, switches

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "plugins" / "example"
SIZES = "test_sweep_shows_everybody_whatever_the_size_of_a_page"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example's folder, whose facts may be changed."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "facts.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_facts_of_the_example_are_read_with_what_they_speak_of() -> None:
    read = facts.read(EXAMPLE)
    assert (read.name, read.vendor.title, read.switches) == ("example", "Example", {"page": 50, "gone": 404})
    assert [each.switches for each in read.unknowns] == [["page"], ["gone"], []]
    assert {each.mark for each in read.facts} == {"D"}
    assert read.settings.keys() == {"url", "key"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("number = 2", "number = 3", "unknown 3: stands where number 2 should"),
        ('"page"', '"pages"', """unknown 1: switch 'pages': unknown switch; did you mean "page"?"""),
        ('"page"', '"page, gon"', """switch 'gon': unknown switch; did you mean "gone"?"""),
        ('"page"', '""', "unknown 1: needs a switch, or a reason in no_switch"),
        ('switch = "page"', 'switch = "page"\nno_switch = "x"', "unknown 1: needs a switch, .* not both"),
        ("no_setting", "setting", "unknown 1: setting .* unknown setting"),
        ("no_setting", 'setting = "key"\nno_setting', "has a setting, and a reason in no_setting"),
        ("no_setting = ", 'no_setting = ""\n#', "unknown 1: needs a setting, or a reason in no_setting"),
        (f'["test_dialect.py::{SIZES}"]', "[]", "unknown 1: needs tests that run the switch on its default"),
        (SIZES, "test_none", "unknown 1: there is no test 'test_dialect.py::test_none'"),
        ("test_dialect.py", "test_none.py", "unknown 1: there is no test 'test_none.py::test_sweep"),
        ("::test_fetch_resumes", "::test_fitch", "fact 2 .*: there is no test 'test_contract.py::TestExample::"),
        ('assumed = "50"', 'assumed = " "', "unknown.0.assumed: String should have at least 1 character"),
        ('assumed = "50"', 'assummed = "50"', "unknown.0.assummed: Extra inputs are not permitted"),
        ("number = 1", 'number = "1"', "unknown.0.number: Input should be a valid integer"),
        ('"D"', '"U"', "fact 1 .*: mark 'U' is not one of D, C"),
        ('"D"', '"D, X"', "fact 1 .*: mark 'X' is not one of"),
        ('"D"', '""', "fact 1 .*: mark '' is not one of"),
        ("= true", "= false", "fact 1 .*: needs a reason in why"),
        ("= true", '= true\nwhy = "x"', "fact 1 .*: has a reason in why"),
        ("the key is revealed", "not used: #", ""),
        ('"the key is revealed in the header alone; a 401 is RefusedError"', '"not used"', "needs the reason"),
        ('"the key is revealed in the header alone; a 401 is RefusedError"', '"not used: "', "needs the reason"),
        ('["test_dialect.py::test_wrong_key_is_refused"]', "[]", "fact 1 .*: needs tests, or a plugin that"),
        ("[[unknown]]", "[[unknown]", "is not TOML"),
    ],
)  # fmt: skip
def test_mistake_is_named_and_mended_the_facts_are_read(folder: Path, old: str, new: str, said: str) -> None:
    change(folder, old, new)
    if said:
        with pytest.raises(SettingsError, match=said):
            facts.read(folder)
    change(folder, new, old)
    assert len(facts.read(folder).unknowns) == 3


def test_all_mistakes_are_named_at_once(folder: Path) -> None:
    change(folder, '"page"', '"pages"')
    change(folder, '"gone"', '"gon"')
    with pytest.raises(SettingsError) as caught:
        facts.read(folder)
    assert [each.partition(": ")[2][:9] for each in caught.value.mistakes] == ["unknown 1", "unknown 2"]


def test_folder_without_facts_or_plugin_is_told(tmp_path: Path) -> None:
    (tmp_path / "example").mkdir()
    with pytest.raises(SettingsError, match=r"does not exist; plugins/example/facts\.toml shows one"):
        facts.read(tmp_path / "example")
    with pytest.raises(SettingsError, match="no installed plugin has an entry point 'other'"):
        facts.read(tmp_path / "other")


def test_unknown_that_cannot_be_switched_needs_its_reason_alone(folder: Path) -> None:
    change(folder, 'switch = "gone"', 'no_switch = "There is nothing to switch."')
    change(folder, 'no_setting = "Both answers are read as gone."\n', "")
    change(folder, 'tests = ["test_dialect.py::test_deleting_again_is_no_error"]', "")
    page = facts_page.render([facts.read(folder)])
    assert page.count("none: There is nothing to switch. |") == 2


def test_page_shows_each_unknown_and_each_fact(folder: Path) -> None:
    change(folder, 'no_setting = "Pages', 'setting = "url"\n# "Pages')
    change(folder, "a wrong key is a 401", "a | b")
    change(folder, "simulator = true", 'simulator = false\nwhy = "it has no keys"')
    page = facts_page.render([facts.read(folder)])
    assert "| [Example](#example) | 5 | 3 | 2 | 1 |" in page
    row = "| 1 | people on a page of `GET /people` | 50 | `page`, default `50` | `url`, default `https://api.example.org` | "
    assert row in page
    assert "| 2 | the answer to the deletion of a person who is not there | 404, as to a read |" in page
    assert "`Authorization: Bearer KEY`; a &#124; b | D |" in page
    assert "a 401 is RefusedError. Not in the simulator: it has no keys |" in page
    assert re.findall(r"^\*\*(.+)\*\*$", page, re.MULTILINE) == ["Every call", "Reading", "Deleting"]


@pytest.mark.slow
def test_switch_that_is_not_turned_is_found(folder: Path) -> None:
    assert list(switches.unturned(facts.read(folder), folder)) == []
    test = folder / "tests" / "test_dialect.py"
    source = test.read_text(encoding="utf-8")
    test.write_text(source.replace("[50, 30, 7]", "[30, 7]"), encoding="utf-8")
    assert list(switches.unturned(facts.read(folder), folder)) == [
        "unknown 1: its tests make the simulator with page = 30, 7; it has to be 50 (the default) and another value"
    ]
    test.write_text(source.replace("[404, 204]", "[404]").replace("== 29", "== 30"), encoding="utf-8")
    with pytest.raises(PluginError, match="the tests of the unknowns do not pass:"):
        list(switches.unturned(facts.read(folder), folder))


def test_command_compares_the_page_and_writes_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    top = folder.parent / "top"
    (top / "docs").mkdir(parents=True)
    (top / "plugins").mkdir()
    shutil.move(folder, top / "plugins" / "example")
    monkeypatch.chdir(top)
    monkeypatch.setattr("sys.argv", ["facts"])
    assert facts.main() == 1
    assert "out of date: python -m gateway.testing.facts --write" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["facts", "--write"])
    assert facts.main() == 0
    monkeypatch.setattr("sys.argv", ["facts"])
    assert facts.main() == 0
    change(top / "plugins" / "example", "number = 1", "number = 7")
    assert facts.main() == 2
    assert "unknown 7: stands where number 1 should" in capsys.readouterr().err
