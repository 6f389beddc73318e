"""Files that cannot be read, are not TOML, or hold a secret that is none: a clear error that shows no content."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.errors import SettingsError
from gateway.settings import load

PLANTED = "pl4nt3d-in-a-key-file"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; it needs"),
        (b"# nothing yet\n", "is empty; it needs"),
        (b"[gateway]\nregion = 'N\xd8'\n", "is not UTF-8 text: line 2 has"),
        ("[gateway]".encode("utf-16"), "is not UTF-8 text: line 1 has"),
        (
            b"[gateway]\nregion = 'NO'\nregion = 'SE'\n",
            r"is not TOML: a key or a table stands twice \(at line 3",
        ),
        (b"[gateway]\n[brake]\n[gateway]\n", r"is not TOML: a key or a table stands twice \(at line 3"),
        (b"[gateway]\nregion = NO\n", r"is not TOML: Invalid value \(at line 2, column 10\)"),
        (b"[gateway\n", r"is not TOML: .*line 1, column 9"),
        (b"a = '\x00'\n", r"is not TOML: .*line 1, column 6"),
        (b"a = " + b"[" * 100_000, "is not TOML that can be read: nested too deep"),
        (b"a = " + b"9" * 5_000, "a number in it has too many digits"),
        (b"#" * (1024 * 1024 + 1), "is larger than 1 MB"),
    ],
)
def test_file_is_refused_with_the_place_of_the_mistake(read, good: str, content: bytes, message: str) -> None:
    with pytest.raises(SettingsError, match=f"gateway.toml: {message}") as caught:
        read(content)
    assert len(caught.value.mistakes) == 1
    assert read(good).processors


def test_file_is_refused_when_it_is_missing_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gateway\.toml: does not exist"):
        load(tmp_path / "gateway.toml", {})
    with pytest.raises(SettingsError, match="is a folder, not a file"):
        load(tmp_path, {})
    with pytest.raises(SettingsError, match="is not a regular file"):
        load(Path("/dev/null"), {})
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / ("x" * 300), {})


def test_file_is_refused_when_it_may_not_be_read(read, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        with pytest.raises(SettingsError, match=r"gateway\.toml: cannot be read: Permission denied"):
            read()
    assert read().processors


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_file_is_read_when_an_editor_of_windows_wrote_it(read, good: str) -> None:
    assert (
        read(b"\xef\xbb\xbf" + good.replace("\n", "\r\n").encode()).processors["recman"].location == "Norway"
    )


SECRETS = [
    ('{ env = "UNSET" }', 'the environment variable "UNSET" is not set'),
    ('{ env = "BLANK" }', 'the environment variable "BLANK" is empty'),
    ('{ env = "BYTES" }', 'the environment variable "BYTES" is not UTF-8'),
    ('{ env = "" }', "env must name a variable"),
    ("{ env = 3 }", "env must name a variable"),
    ("{ file = [] }", "file must name a file"),
    ('{ file = "none.key" }', 'the file "none.key" does not exist'),
    ('{ file = "keys" }', 'the file "keys" is a folder, not a file'),
    ('{ file = "blank.key" }', 'the file "blank.key" is empty'),
    ('{ file = "bytes.key" }', 'the file "bytes.key" is not UTF-8 text'),
    ('{ file = "large.key" }', 'the file "large.key" is larger than 64 KB'),
    ('{ file = "a\\u0000b" }', "is no name a file can have"),
    ('{ file = "x", env = "Y" }', "a table here must be { env"),
    ('{ path = "x" }', "a table here must be { env"),
    ("[1]", "must be text, a number, true or false, a list of texts"),
    ("1979-05-27", "must be text, a number, true or false, a list of texts"),
]


@pytest.mark.parametrize(("value", "message"), SECRETS)
def test_secret_is_refused_when_it_cannot_be_had(
    read, good: str, folder: Path, value: str, message: str
) -> None:
    (folder / "blank.key").write_text(" \n")
    (folder / "bytes.key").write_bytes(PLANTED.encode() + b"\xff")
    (folder / "large.key").write_text(PLANTED * 10_000)
    with pytest.raises(SettingsError) as caught:
        read(good.replace('{ env = "RECMAN_KEY" }', value), BLANK=" ", BYTES="\udcff" + PLANTED)
    (found,) = caught.value.mistakes
    assert found.startswith("processors.recman.settings.key: ")
    assert message in found
    assert PLANTED not in found
    assert read(good).processors


def test_secret_of_a_file_loses_only_the_end_of_its_line(read, good: str, folder: Path) -> None:
    (folder / "recman.key").write_text(" two words \r\n")
    (folder / "recman.key").chmod(0o600)
    settings = read(good.replace('{ env = "RECMAN_KEY" }', '{ file = "recman.key" }'))
    assert settings.processors["recman"].settings["key"].reveal() == " two words "
    assert settings.warnings == ()


def test_key_file_is_warned_about_when_everybody_may_read_it(read, folder: Path) -> None:
    (folder / "keys" / "master.key").chmod(0o644)
    (warning,) = read().warnings
    assert warning.startswith('the file "keys/master.key" can be read by every user of this machine')
    (folder / "keys" / "master.key").chmod(0o640)
    assert read().warnings == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PLANTED, "must be 32 random bytes in base64; it is not base64"),
        (base64.b64encode(bytes(16)).decode(), "must be 32 random bytes in base64; it is 16 bytes"),
        ("æ", "must be 32 random bytes in base64; it is not base64"),
    ],
)
def test_master_key_is_refused_when_it_is_not_32_bytes(
    read, folder: Path, content: str, message: str
) -> None:
    (folder / "keys" / "master.key").write_text(content)
    with pytest.raises(SettingsError, match=f"gateway.master_key: {message}") as caught:
        read()
    assert PLANTED not in str(caught.value)


def test_signing_key_is_refused_when_it_is_of_another_kind(read, folder: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (
        other,
        PLANTED.encode(),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ):
        (folder / "keys" / "trail.key").write_bytes(content)
        with pytest.raises(
            SettingsError, match=r"gateway\.signing_key: must be an Ed25519 private key"
        ) as caught:
            read()
        assert PLANTED not in str(caught.value)
