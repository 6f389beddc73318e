"""What breaks a promise is refused with its reason and answers nothing; the others go on."""

import sys
from pathlib import Path

import pytest

from gateway.errors import PluginError
from gateway.plugins import Plugins, find, load


def spoil(good: str, old: str, new: str) -> str:
    assert old in good
    return good.replace(old, new)


def refused(plugins: Plugins, name: str) -> str:
    """The reason for which a plugin is refused; it must not answer any more."""
    plugin = plugins[name]
    assert plugin.vendor is None
    assert not plugin.can("fetch")
    assert plugins._manager.get_plugin(name) is None
    assert all(
        each.plugin_name != name for hook in vars(plugins._manager.hook).values() for each in impls(hook)
    )
    with pytest.raises(PluginError, match=f"plugin {name}: "):
        plugins.call(name, "export", account=None, subject="s")
    return plugin.error


def impls(hook):
    return hook.get_hookimpls() if hasattr(hook, "get_hookimpls") else []


def test_find_imports_nothing(install) -> None:
    install("acme", "raise SystemExit('imported')")
    (offer,) = [each for each in find() if each.name == "acme"]
    assert (offer.distribution, offer.version, offer.fault) == ("fake_acme", "1.2", "")
    assert "fake_acme" not in sys.modules


def test_load_takes_only_what_is_needed(install, good: str) -> None:
    install("acme", good)
    install("other", "raise SystemExit")
    plugins = load(["acme", "unheard-of"])
    assert list(plugins) == ["acme"]
    assert {"acme", "other"} <= set(plugins.installed)
    assert "fake_other" not in sys.modules


def test_call_addresses_one_plugin_when_there_are_two(install, good: str) -> None:
    install("acme", good)
    install("other", spoil(good, "yield kind, cursor", "yield 'other'"))
    plugins = load(["acme", "other"])
    arguments = {"account": None, "kind": "person", "cursor": "7"}
    assert list(plugins.call("acme", "fetch", **arguments)) == [("person", "7")]
    assert list(plugins.call("other", "fetch", **arguments)) == ["other"]
    assert (plugins["acme"].distribution, plugins["acme"].version, plugins["acme"].error) == (
        "fake_acme",
        "1.2",
        "",
    )


def test_call_fails_when_the_hook_answers_nothing(install, good: str) -> None:
    install("acme", spoil(good, "    yield subject\n", "    return None\n"))
    plugins = load(["acme"])
    with pytest.raises(PluginError, match="plugin acme: export gave no answer"):
        plugins.call("acme", "export", account=None, subject="s")
    assert list(plugins.call("acme", "audit", account=None, subjects=["s"])) == ["s"]


def test_call_fails_when_arguments_are_not_those_of_the_hook(install, good: str) -> None:
    install("acme", good)
    with pytest.raises(TypeError, match="export is called with account, subject"):
        load(["acme"]).call("acme", "export", subject="s")


def test_call_fails_when_nothing_of_that_name_is_loaded() -> None:
    with pytest.raises(PluginError, match="plugin acme: is not loaded"):
        load([]).call("acme", "describe")


def test_hook_may_be_missing_when_the_vendor_says_why(install, good: str) -> None:
    source = good.replace('title="Fake"', 'title="Fake", cannot={"delete": "They delete by letter."}')
    install("acme", source.replace("@hookimpl\ndef delete", "def delete"))
    plugins = load(["acme"])
    assert not plugins["acme"].can("delete")
    assert plugins["acme"].can("audit")
    with pytest.raises(PluginError, match=r"plugin acme: cannot delete: They delete by letter\."):
        plugins.call("acme", "delete", account=None, subjects=[])


def test_can_refuses_a_hook_that_does_not_exist(install, good: str) -> None:
    install("acme", good)
    with pytest.raises(ValueError, match="no hook 'erase'; the hooks are"):
        load(["acme"])["acme"].can("erase")


BROKEN_IMPORTS = {
    "import nowhere_at_all": "cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'",
    "import gateway.nothing_here": "cannot be loaded: ModuleNotFoundError",
    "def :": r"cannot be loaded: SyntaxError: invalid syntax \(fake_bad.py, line 1\)",
    "raise SystemExit(3)": "cannot be loaded: SystemExit: 3",
    "1 / 0": "cannot be loaded: ZeroDivisionError: division by zero",
    "raise ValueError('one\\ntwo')": "cannot be loaded: ValueError: one two|cannot be loaded: two",
}


@pytest.mark.parametrize("source", BROKEN_IMPORTS)
def test_plugin_is_refused_when_it_cannot_be_imported(install, good: str, source: str) -> None:
    install("bad", source)
    install("acme", good)
    plugins = load(["bad", "acme"])
    refused(plugins, "bad")
    with pytest.raises(PluginError, match=BROKEN_IMPORTS[source]) as caught:
        plugins.call("bad", "describe")
    assert "\n" not in str(caught.value)
    assert plugins["acme"].vendor is not None
    assert list(plugins.call("acme", "export", account=None, subject="s")) == ["s"]


WRONG_OBJECTS = {
    "bad = fake_bad:describe": "names function, not a module",
    "bad = fake_bad:VENDOR": "names dict, not a module",
    "bad = fake_bad:nothing": "AttributeError",
    "bad = 12 : x": "cannot be loaded",
}


@pytest.mark.parametrize("entry", WRONG_OBJECTS)
def test_plugin_is_refused_when_its_entry_point_names_something_else(install, good: str, entry: str) -> None:
    install("bad", good, entry=entry)
    install("acme", good)
    plugins = load(["bad", "acme"])
    assert WRONG_OBJECTS[entry] in refused(plugins, "bad")
    assert plugins["acme"].vendor is not None


BROKEN_HOOKS = [
    ("def fetch(account, kind, cursor)", "def fetsch(account)", 'which does not exist; did you mean "fetch"'),
    ("@hookimpl\ndef fetch", "@hookimpl(optionalhook=True)\ndef fetsch", "hook 'fetsch', which does not exist"),
    ("def fetch(account, kind, cursor)", "def _zzz()", "hook '_zzz', which does not exist; the hooks are describe"),
    ("def fetch(account, kind, cursor)", "def fetch(account, kind, colour)", "takes colour; it may take account, kind,"),
    ("(account, kind, cursor)", "(account, kind, cursor=None)", "takes cursor; it may take account, kind,"),
    ("def fetch(account, kind, cursor)", "def fetch(account, *, kind)", "takes kind"),
    ("def fetch(account, kind, cursor)", "def fetch(**anything)", "takes anything"),
    ("def fetch", "async def fetch", "hook 'fetch' is async"),
    ("@hookimpl\ndef fetch", "@hookimpl(wrapper=True)\ndef fetch", "hook 'fetch' is a wrapper"),
    ("@hookimpl\ndef audit", "def audit", "audit is missing: the function has no @hookimpl"),
    ("@hookimpl\ndef audit(subjects):", "def look(subjects):", "audit is missing"),
    ("@hookimpl\ndef describe", "def describe", "describe is missing: the function has no @hookimpl"),
    ("def describe():", "def describe():\n    raise KeyError('x')", "describe failed: KeyError: 'x'"),
    ("def describe():", "def describe():\n    raise SystemExit", "describe failed: SystemExit"),
    ("def describe():", "def describe():\n    return None", "describe gave no answer"),
    ("def describe():", "def describe():\n    return {}", "describe returned dict, not a gateway.Vendor"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reason"), BROKEN_HOOKS)
def test_plugin_is_refused_when_a_hook_is_not_as_promised(
    install, good: str, old: str, new: str, reason: str
) -> None:
    install("bad", spoil(good, old, new))
    install("acme", good)
    plugins = load(["bad", "acme"])
    assert reason in refused(plugins, "bad")
    assert plugins["acme"].vendor is not None
    assert list(plugins.call("acme", "export", account=None, subject="s")) == ["s"]


def test_plugin_is_refused_when_it_answers_a_hook_twice(install, good: str) -> None:
    install("bad", good + "\n@hookimpl(specname='audit')\ndef look(subjects):\n    return []\n")
    assert "defines hook 'audit' 2 times" in refused(load(["bad"]), "bad")


BROKEN_VENDORS = [
    ('name=__name__.removeprefix("fake_")', 'name="Bad One"', "the vendor's name must start with a to z"),
    ('name=__name__.removeprefix("fake_")', "name=None", "the vendor's name must start with a to z"),
    ('name=__name__.removeprefix("fake_")', 'name="acme"', "named 'acme', but its entry point 'bad'"),
    ('kinds=(Kind("person", "People"),)', "kinds=()", "kinds must be a tuple of at least one"),
    ('kinds=(Kind("person", "People"),)', 'kinds=("person",)', "kinds must be a tuple of at least one"),
    ('kinds=(Kind("person", "People"),)', 'kinds=(Kind("a", ""), Kind("a", ""))', "two kinds have one name"),
    ('kinds=(Kind("person", "People"),)', 'kinds=(Kind("a b", ""),)', "the name of each kind"),
    ('title="Fake"', 'title=""', "has no title"),
    ('title="Fake"', 'title="F", delete_batch=0', "delete_batch must be a whole number"),
    ('title="Fake"', 'title="F", audit_batch=True', "audit_batch must be a whole number"),
    ('title="Fake"', 'title="F", grace=3', "grace must be a timedelta"),
    ('title="Fake"', 'title="F", finds_by={"email"}', "finds_by must be a frozenset"),
    ('title="Fake"', 'title="F", limits=(gateway.Limit(0),)', "a limit must have calls of 1 or more"),
    ('title="Fake"', 'title="F", limits=[1]', "limits must be a tuple"),
    ('title="Fake"', 'title="F", cannot={"fetsch": "x"}', "cannot names 'fetsch'"),
    ('title="Fake"', 'title="F", cannot={"describe": "x"}', "cannot names 'describe'"),
    ('title="Fake"', 'title="F", cannot={"delete": " "}', "cannot gives no reason for 'delete'"),
    ('title="Fake"', 'title="F", cannot=None', "cannot must map"),
    ('title="Fake"', 'title="F", expected_failures=None', "expected_failures must map"),
    ('title="Fake"', 'title="F", expected_failures={"test_law": " "}', "expected_failures gives no reason for 'test_law'"),
    ('title="Fake"', 'title="F", settings=(1,)', "settings must be a tuple of gateway.Setting"),
    ('title="Fake"', 'title="F", settings=(Setting("a", ""), Setting("a", ""))', "two settings have one name"),
    ('title="Fake"', 'title="F", settings=(Setting("A b", ""),)', "setting 'A b': its name must start"),
    ('title="Fake"', 'title="F", settings=(Setting("a", "", type=dict),)', "its type must be one of str, int"),
    ('title="Fake"', 'title="F", settings=(Setting("a", "", default=1),)', "its default is int, but its type str"),
    ('title="Fake"', 'title="F", settings=(Setting("a", "", type=int, secret=True),)', "a secret is text"),
    ('title="Fake"', 'title="F", settings=(Setting("url", "", secret=True),)', "the url is shown"),
    ('title="Fake"', 'title="F", settings=(Setting("a", "", type=int, choices=("1",)),)', "choices are for text"),
    ('title="Fake"', 'title="F", settings=(Setting("a", "", choices=("b",), default="c"),)', "not one of its choices"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reason"), BROKEN_VENDORS)
def test_plugin_is_refused_when_its_vendor_is_unfit(
    install, good: str, old: str, new: str, reason: str
) -> None:
    install("bad", spoil(good, old, new))
    assert reason in refused(load(["bad"]), "bad")


def test_every_reason_is_named_when_there_are_several(install, good: str) -> None:
    install(
        "bad", spoil(good, 'title="Fake"', 'title="", grace=3').replace("@hookimpl\ndef audit", "def audit")
    )
    error = refused(load(["bad"]), "bad")
    assert error.count("; ") == 2


def test_name_is_refused_when_two_distributions_offer_it(install, good: str) -> None:
    install("acme", good)
    install("other", good, entry="acme = fake_other")
    plugins = load(["acme"])
    assert (
        refused(plugins, "acme")
        == "offered 2 times, by fake_acme 1.2 and by fake_other 1.2; keep one of them"
    )
    assert "fake_acme" not in sys.modules


def test_module_is_refused_when_it_is_there_under_another_name(install, good: str) -> None:
    install("acme", good)
    install("second", good, entry="second = fake_acme")
    plugins = load(["acme", "second"])
    assert "already registered" in refused(plugins, "second")
    assert list(plugins.call("acme", "export", account=None, subject="s")) == ["s"]


def test_offers_of_others_are_found_when_a_list_of_entry_points_is_broken(
    install, good: str, tmp_path: Path
) -> None:
    install("acme", good)
    install("bad", good, entry="no equals sign")
    (tmp_path / "fake_bad-1.2.dist-info" / "METADATA").unlink()
    install("worse", good)
    (tmp_path / "fake_worse-1.2.dist-info" / "entry_points.txt").write_bytes(b"[gateway.plugins]\n\xff")
    plugins = load()
    assert plugins["acme"].vendor is not None
    assert plugins["unnamed"].error == "its list of entry points cannot be read; install it again"
