"""gateway.toml as settings; every mistake in it is named at once, with its key path and what would be right."""

import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.model import Secret
from gateway.settings import Period, document

PLANTED = "pl4nt3d-in-the-file"


def mistakes(read, text: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(text, **environ)
    return list(caught.value.mistakes)


def test_settings_are_filled_in_when_only_the_needed_is_given(read, folder: Path) -> None:
    settings = read()
    processor = settings.processors["recman"]
    assert settings.gateway.ledger.reveal() == f"sqlite:///{folder}/gateway.db"
    assert (settings.gateway.timezone, settings.gateway.region) == ("Europe/Oslo", "NO")
    assert settings.gateway.verify_again == tuple(timedelta(days=days) for days in (1, 14, 30, 365))
    assert (settings.brake.people, settings.brake.percent) == (20, 2.0)
    assert settings.purposes["recruitment"].retention == Period(24, "months")
    assert (settings.purposes["recruitment"].start, settings.purposes["recruitment"].title) == (
        "updated",
        "recruitment",
    )
    assert (processor.name, processor.title, processor.role) == ("recman", "recman", "processor")
    assert (processor.enabled, processor.source, processor.parallel) == (True, False, 1)
    assert processor.purposes == ("recruitment",)
    assert (processor.verify_after, processor.full_sweep_every) == (None, timedelta(days=7))
    assert processor.settings == {
        "url": "https://api.example.org",
        "key": Secret("s3cr3t-of-the-environment"),
    }
    assert (settings.warnings, settings.folder) == ((), folder)


def test_settings_hold_what_is_given(read, good: str) -> None:
    text = good.replace(
        "[gateway]",
        '[gateway]\nledger = "postgresql://gw@db/gw"\ntimezone = "UTC"\nregion = "SE"\n'
        'verify_again = ["2 days", "1 week"]\n',
    )
    text = text.replace(
        "[purposes.recruitment]", "[brake]\npeople = 0\npercent = 5\n[purposes.recruitment]\ntitle = 'Hire'"
    )
    text = text.replace(
        "[processors.recman]",
        '[purposes.talent]\nstart = "active"\n[processors.hand]\nrole = "recipient"\nlocation = "Oslo"\n'
        '[processors.recman]\ntitle = "Recman"\nenabled = true\nsource = true\npurposes = ["talent"]\nparallel = 8\n'
        'verify_after = "90 minutes"\nfull_sweep_every = "2 weeks"',
    )
    settings = read(text + 'lists = ["a", "b"]\npages = 3\npace = 0.5\ndrafts = true\n')
    recman, hand = settings.processors["recman"], settings.processors["hand"]
    assert settings.gateway.ledger.reveal() == "postgresql://gw@db/gw"
    assert (settings.gateway.timezone, settings.gateway.region) == ("UTC", "SE")
    assert settings.gateway.verify_again == (timedelta(days=2), timedelta(weeks=1))
    assert (settings.brake.people, settings.brake.percent) == (0, 5.0)
    assert (recman.purposes, hand.purposes) == (("talent",), ("recruitment", "talent"))
    assert (hand.plugin, hand.agreement, dict(hand.settings)) == ("", "", {})
    assert (recman.source, recman.parallel, recman.title) == (True, 8, "Recman")
    assert (recman.verify_after, recman.full_sweep_every) == (timedelta(minutes=90), timedelta(weeks=2))
    assert recman.settings["lists"] == ("a", "b")
    assert [recman.settings[key] for key in ("pages", "pace", "drafts")] == [3, 0.5, True]


def test_settings_cannot_be_changed(read) -> None:
    settings = read()
    with pytest.raises(ValueError, match="frozen"):
        settings.gateway.region = "SE"
    with pytest.raises(TypeError):
        settings.processors["recman"].settings["url"] = "https://example.net"


RECMAN, GATEWAY, RECRUITMENT = "[processors.recman]", "[gateway]", "[purposes.recruitment]"

CHANGED = [
    ('role = "processor"', 'rol = "processor"', 'processors.recman.rol: unknown key; did you mean "role"?'),
    (
        'agreement = "DPA',
        'agrement = "DPA',
        'processors.recman.agrement: unknown key; did you mean "agreement"?',
    ),
    (
        'agreement = "DPA 2024-03-01"\n',
        "",
        "processors.recman.agreement: is missing; a processor needs a data",
    ),
    ('"DPA 2024-03-01"', '" "', "processors.recman.agreement: must not be empty"),
    ('"DPA 2024-03-01"', "3", "processors.recman.agreement: must be text"),
    ('"DPA 2024-03-01"', '"a\\nb"', "processors.recman.agreement: must be one line"),
    ('location = "Norway"\n', "", "processors.recman.location: is missing; must be text"),
    (
        'role = "processor"\n',
        "",
        "processors.recman.role: is missing; must be processor, joint, controller or",
    ),
    ('"processor"', '"Procesor"', 'processors.recman.role: "Procesor" is not one of processor, joint'),
    ('"processor"', "1979-05-27", "processors.recman.role: must be processor, joint, controller"),
    ('plugin = "recman"\n', "", "processors.recman.settings: there is no plugin to take them"),
    (
        "24 months",
        "24 moons",
        'purposes.recruitment.retention: "24 moons" is not a period such as "24 months"',
    ),
    ("24 months", "0 days", "purposes.recruitment.retention: must be at least 1 day"),
    (
        "24 months",
        "300 years",
        "purposes.recruitment.retention: must be at least 1 day and at most 200 years",
    ),
    ('"24 months"', "24", "purposes.recruitment.retention: must be a period such as"),
]

# A line, the table it is put into, and the mistake it makes.
ADDED = [
    ("parallel = 65", RECMAN, "processors.recman.parallel: must be a whole number from 1 to 64"),
    ("parallel = true", RECMAN, "processors.recman.parallel: must be a whole number"),
    ('enabled = "no"', RECMAN, "processors.recman.enabled: must be true or false"),
    (
        'purposes = ["recruit"]',
        RECMAN,
        'processors.recman.purposes: "recruit": unknown purpose; did you mean',
    ),
    ("purposes = [1]", RECMAN, "processors.recman.purposes: must be a list of names"),
    ("purposes = []", RECMAN, "processors.recman.purposes: must be a list of names"),
    ('verify_after = "1 month"', RECMAN, 'processors.recman.verify_after: "1 month" is not a time'),
    ('verify_after = "11 y"', RECMAN, 'processors.recman.verify_after: "11 y" is not a time'),
    ('verify_after = "9999 weeks"', RECMAN, "processors.recman.verify_after: must be at most 10 years"),
    (
        'start = "update"',
        RECRUITMENT,
        'purposes.recruitment.start: "update" is not one of created, updated, active; did',
    ),
    (
        'timezone = "Europe/Olso"',
        GATEWAY,
        'gateway.timezone: "Europe/Olso" is not a time zone; did you mean "Europe/Oslo"?',
    ),
    ('timezone = "../etc"', GATEWAY, 'gateway.timezone: "../etc" is not a time zone; write one such as'),
    ('timezone = "Europe"', GATEWAY, 'gateway.timezone: "Europe" is not a time zone'),
    ('region = "no"', GATEWAY, 'gateway.region: "no" is not a region of phone numbers; did you mean "NO"?'),
    ("region = 47", GATEWAY, "gateway.region: must be a region of two letters"),
    (
        'verify_again = "1 day"',
        GATEWAY,
        "gateway.verify_again: must be a list of times in whole days, each longer",
    ),
    ('verify_again = ["1 month"]', GATEWAY, 'gateway.verify_again: "1 month" is not a time such as "7 days"'),
    ('verify_again = ["12 hours"]', GATEWAY, "gateway.verify_again: must be whole days, one or more each"),
    (
        'verify_again = ["0 days", "1 day"]',
        GATEWAY,
        "gateway.verify_again: must be whole days, one or more each",
    ),
    (
        'verify_again = ["2 weeks", "14 days"]',
        GATEWAY,
        "gateway.verify_again: each must be longer than the one before",
    ),
    ("ledger = 3", GATEWAY, "gateway.ledger: must be text such as"),
    ('ledger = "mysql://x/y"', GATEWAY, 'gateway.ledger: must be "sqlite:///FILE" or "postgresql://'),
    ('ledger = "sqlite:///"', GATEWAY, "gateway.ledger: must name a file"),
    ('ledger = "sqlite:///:memory:"', GATEWAY, "gateway.ledger: must name a file"),
    ('ledger = "postgres://x/y"', GATEWAY, 'gateway.ledger: must start with "postgresql://"'),
    ('ledger = "postgresql://x"', GATEWAY, "gateway.ledger: must name a database"),
    ('ledger = "postgresql://x:y/z"', GATEWAY, "gateway.ledger: is not a URL that can be read"),
]

# Lines at the top of the file.
AHEAD = [
    ("[processors]\nx = 3", "processors.x: must be a table"),
    ("[processors.'A b']\nrole = 'joint'\nlocation = 'x'", 'processors."A b": a name here starts with'),
    ("[purposes.Recruiting]", "purposes.Recruiting: a name here starts with"),
    ("[brake]\npeople = -1", "brake.people: must be a whole number, 0 or more"),
    ("[brake]\npercent = nan", "brake.percent: must be a number from 0 to 100"),
    ("[braek]", 'braek: unknown key; did you mean "brake"?'),
    ("zzz = 1", "zzz: unknown key; known here: brake, daemon, gateway, processors, purposes, schedule"),
    ("brake = 1", "brake: must be a table"),
]

WRONG = [
    *CHANGED,
    *((table, f"{table}\n{line}", message) for line, table, message in ADDED),
    *((GATEWAY, f"{lines}\n{GATEWAY}", message) for lines, message in AHEAD),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_mistake_is_named_with_its_place_and_what_would_be_right(
    read, good: str, old: str, new: str, message: str
) -> None:
    assert old in good
    (found,) = mistakes(read, good.replace(old, new, 1))
    assert found.startswith(message)
    assert found.endswith(" (gateway.toml)")
    assert read(good).path.name == "gateway.toml"


def test_every_mistake_is_named_when_there_are_many(read, good: str) -> None:
    text = good.replace("role =", "rol =").replace('location = "Norway"', "").replace("24 months", "24 moons")
    text = text.replace("signing_key", "singing_key").replace("RECMAN_KEY", "UNSET")
    assert {line.partition(": ")[0] for line in mistakes(read, text)} == {
        "gateway.singing_key",
        "processors.recman.location",
        "processors.recman.rol",
        "processors.recman.settings.key",
        "purposes.recruitment.retention",
    }


def test_settings_table_is_asked_for_when_there_is_a_plugin(read, good: str) -> None:
    head, _, _ = good.partition("[processors.recman.settings]")
    (found,) = mistakes(read, head)
    assert found.startswith("processors.recman.settings: is missing; the plugin needs this table with url")


def test_processor_is_asked_for_when_there_is_none(read, good: str) -> None:
    head, _, _ = good.partition("[processors.recman]")
    assert mistakes(read, head) == [
        "processors: is missing; must be at least one table [processors.NAME] (gateway.toml)"
    ]
    assert mistakes(read, head + "[processors]\n") == [
        "processors: must be at least one table [processors.NAME] (gateway.toml)"
    ]


@pytest.mark.parametrize("key", ["master_key", "signing_key"])
def test_key_written_in_the_file_is_refused_and_not_repeated(read, good: str, key: str) -> None:
    text = "\n".join(f'{key} = "{PLANTED}"' if line.startswith(key) else line for line in good.splitlines())
    with pytest.raises(SettingsError, match=f"gateway.{key}: a secret must be given as") as caught:
        read(text.replace("[processors.recman]", f'[processors.recman]\n"x" = "{PLANTED}"'))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert PLANTED not in shown


def test_secret_is_not_shown_when_settings_are(read, good: str) -> None:
    settings = read(good + f'pin = "{PLANTED}"\n' + "", RECMAN_KEY=PLANTED)
    text = "".join(f"{each!r} {each}" for each in (settings, settings.gateway, settings.processors["recman"]))
    assert settings.processors["recman"].settings["pin"] == PLANTED
    assert PLANTED not in text
    assert "gateway.db" not in text


def test_ledger_password_stays_hidden_when_it_comes_from_the_environment(read, good: str) -> None:
    text = good.replace("[gateway]", '[gateway]\nledger = { env = "LEDGER" }')
    settings = read(text, LEDGER=f"postgresql://gw:{PLANTED}@db/gw")
    assert settings.gateway.ledger.reveal().endswith("@db/gw")
    assert PLANTED not in repr(settings)
    (found,) = mistakes(read, text, LEDGER=f"mysql://gw:{PLANTED}@db/gw")
    assert PLANTED not in found


def test_secrets_are_not_read_when_the_processor_is_disabled(read, good: str) -> None:
    text = good.replace("RECMAN_KEY", "UNSET")
    assert len(mistakes(read, text)) == 1
    settings = read(text.replace("[processors.recman]", "[processors.recman]\nenabled = false"))
    assert settings.processors["recman"].settings == {"url": "https://api.example.org"}


SECTIONS = ("gateway", "brake", "daemon", "schedule", "purposes", "processors")
ODD = [
    "1",
    "-1",
    "1e400",
    "nan",
    "true",
    '""',
    '"\\u0000"',
    '"x"',
    "[]",
    "[[]]",
    "[{}]",
    "{}",
    "{ x = 1 }",
    "07:32:00",
]
ODD += [
    "{ env = 1 }",
    '{ env = "", file = "" }',
    "1979-05-27T07:32:00Z",
    '"' + "x" * 1000 + '"',
    '"' + "\U0001f600" * 9 + '"',
]


@pytest.mark.parametrize("value", ODD)
def test_no_value_anywhere_does_more_than_make_a_mistake(read, good: str, value: str) -> None:
    paths = ["gateway", "brake", "purposes", "purposes.x", "processors", "processors.x"]
    for path in paths + [key.path.replace("NAME", "x") for key in document()]:
        # A document of TOML names a table once: what is tried leaves the rest of its section away.
        rest = (
            good[good.index("[processors.recman]") :]
            if path.startswith(("gateway", "brake", "daemon", "schedule", "purposes"))
            else ""
        )
        with pytest.raises(SettingsError) as caught:
            read(f"{path} = {value}\n{rest}")
        assert caught.value.mistakes
        assert all(
            line.endswith("(gateway.toml)") and line.startswith(SECTIONS) for line in caught.value.mistakes
        )
