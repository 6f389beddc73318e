"""The settings of a processor against what its vendor declares: every mistake at once, no value in any of them."""

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gateway.errors import SettingsError
from gateway.model import Kind, Secret, Setting, Vendor
from gateway.plugins import Plugin, Plugins, load, resolve
from gateway.settings import Brake, Gateway, Processor, Settings

PLANTED = "pl4nt3d-in-the-file"

VENDOR = Vendor(
    name="acme",
    title="Acme",
    site="https://example.org",
    kinds=(Kind("person", "People"),),
    settings=(
        Setting("key", "the API key", required=True, secret=True),
        Setting("region", "where the tenant is", choices=("eu", "uk"), default="eu"),
        Setting("pages", "how many", type=int, default=5),
        Setting("pace", "how fast", type=float, default=1.5),
        Setting("drafts", "also drafts", type=bool, default=False),
        Setting("lists", "which lists", type=list, default=("a",)),
        Setting("token_url", "where to sign in", default=""),
        Setting("second", "another key", secret=True, default="spare"),
    ),
)
ACME = Plugin("acme", "gateway-acme", "1.0", VENDOR)
GOOD = {"url": "https://api.example.org/v2", "key": Secret("k")}


def mistakes(**changed: Any) -> list[str]:
    return ACME.check_settings(
        "acme", {key: value for key, value in (GOOD | changed).items() if value is not None}
    )[1]


def test_settings_are_filled_in_when_they_are_right() -> None:
    values, found = ACME.check_settings("acme", GOOD)
    assert found == []
    assert values == GOOD | {
        "region": "eu", "pages": 5, "pace": 1.5, "drafts": False, "lists": ["a"], "token_url": "", "second": Secret("spare"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("pace", 2, 2.0),
        ("pages", Secret("7"), 7),
        ("pace", Secret("0.5"), 0.5),
        ("drafts", Secret("True"), True),
        ("url", Secret("https://other.example.org"), "https://other.example.org"),
        ("lists", ("x", "y"), ["x", "y"]),
        ("url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("url", "http://[::1]:8080", "http://[::1]:8080"),
        ("url", "http://localhost", "http://localhost"),
    ],
)
def test_setting_is_taken_when_it_can_be_read(name: str, given: Any, value: Any) -> None:
    values, found = ACME.check_settings("acme", GOOD | {name: given})
    assert (values[name], found) == (value, [])
    assert type(values[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("key", PLANTED, 'is a secret: it must be given as { env = "NAME" } or { file = "path" }'),
        ("key", None, "is missing; the API key"),
        ("url", None, "is missing; the address of the vendor's API"),
        ("url", "", "must not be empty"),
        ("url", PLANTED, "is not an https URL"),
        ("url", "ftp://" + PLANTED, "is not an https URL"),
        ("url", "https://[" + PLANTED, "is not a URL"),
        ("url", "http://example.org/" + PLANTED, "must start with https://"),
        ("url", f"https://kari:{PLANTED}@example.org", "must not hold a user name or password"),
        ("url", "https://example.org?key=" + PLANTED, "must end before the ?"),
        ("token_url", "http://example.org/" + PLANTED, "must start with https://"),
        ("region", PLANTED, 'must be one of "eu", "uk"'),
        ("region", "UK", 'must be one of "eu", "uk"; did you mean "uk"?'),
        ("pages", PLANTED, "must be a whole number"),
        ("pages", Secret(PLANTED), "must be a whole number"),
        ("pages", True, "must be a whole number"),
        ("pace", True, "must be a number"),
        ("drafts", 1, "must be true or false"),
        ("drafts", Secret(PLANTED), "must be true or false"),
        ("lists", PLANTED, "must be a list of texts"),
        ("lists", Secret(PLANTED), "must be a list of texts"),
        ("lists", (1,), "must be a list of texts"),
        ("regoin", PLANTED, 'unknown key; did you mean "region"?'),
        ("zzz", PLANTED, "unknown key; known here: drafts, lists"),
    ],
)
def test_mistake_is_named_without_its_value(name: str, given: Any, message: str) -> None:
    (found,) = mistakes(**{name: given})
    assert found.startswith(f"processors.acme.settings.{name}: {message}")
    assert PLANTED not in found


def test_misspelt_key_is_one_mistake_when_the_right_one_is_missing() -> None:
    assert mistakes(key=None, kye=Secret("k")) == [
        'processors.acme.settings.kye: unknown key; did you mean "key"?',
    ]


def test_url_may_be_left_out_when_the_vendor_has_one() -> None:
    vendor = Vendor(
        "acme", "Acme", "", VENDOR.kinds, (Setting("url", "the API", default="https://api.example.org"),)
    )
    values, found = Plugin("acme", "", "", vendor).check_settings("acme", {})
    assert (values, found) == ({"url": "https://api.example.org"}, [])


def settings_of(**processors: dict[str, Any]) -> Settings:
    filled = {
        name: Processor.model_construct(**{"name": name, "enabled": True, "settings": {}} | table)
        for name, table in processors.items()
    }
    return Settings(Path("gateway.toml"), Gateway.model_construct(), Brake(), {}, MappingProxyType(filled))


def test_resolve_names_the_mistakes_of_all_processors_at_once(install, good: str) -> None:
    install("acme", good)
    plugins = load(["acme"])
    wrong = settings_of(
        a={"plugin": "acme", "settings": {"url": PLANTED}},
        b={"plugin": "acmee", "settings": {}},
        c={"plugin": "acme", "settings": {"url": "https://example.org", "kei": PLANTED}},
        d={"plugin": "", "settings": {}},
        e={"plugin": "gone", "enabled": False, "settings": {}},
    )
    with pytest.raises(SettingsError) as caught:
        resolve(wrong, plugins)
    assert list(caught.value.mistakes) == [
        "processors.a.settings.url: is not an https URL; give one such as https://api.example.org (gateway.toml)",
        'processors.b.plugin: unknown plugin; did you mean "acme"? (gateway.toml)',
        "processors.c.settings.kei: unknown key; known here: url (gateway.toml)",
    ]
    right = settings_of(a={"plugin": "acme", "settings": {"url": "https://example.org"}}, d={"plugin": ""})
    assert resolve(right, plugins) == {"a": {"url": "https://example.org"}}


def test_resolve_leaves_out_a_broken_plugin_so_that_others_go_on(install, good: str) -> None:
    install("acme", good)
    install("bad", "raise ImportError('no')")
    both = settings_of(
        a={"plugin": "acme", "settings": {"url": "https://example.org"}}, b={"plugin": "bad", "settings": {}}
    )
    plugins = load(["acme", "bad"])
    assert resolve(both, plugins) == {"a": {"url": "https://example.org"}}
    assert plugins["bad"].check_settings("b", {}) == (
        {},
        ["processors.b.plugin: the plugin bad cannot be used: cannot be loaded: ImportError: no"],
    )


def test_plugins_are_a_mapping() -> None:
    plugins: Plugins = load([])
    assert (list(plugins), len(plugins), plugins.get("acme")) == ([], 0, None)
