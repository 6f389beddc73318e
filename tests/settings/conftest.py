"""A folder with a gateway.toml that is right, and keys made for the test."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.settings import Settings, load

GOOD = """\
[gateway]
master_key = { file = "keys/master.key" }
signing_key = { file = "keys/trail.key" }

[purposes.recruitment]
retention = "24 months"

[processors.recman]
plugin = "recman"
role = "processor"
agreement = "DPA 2024-03-01"
location = "Norway"

[processors.recman.settings]
url = "https://api.example.org"
key = { env = "RECMAN_KEY" }
"""

ENVIRON = {"RECMAN_KEY": "s3cr3t-of-the-environment"}


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys = tmp_path / "keys"
    keys.mkdir()
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (keys / "master.key").write_text(base64.b64encode(bytes(range(32))).decode() + "\n")
    (keys / "trail.key").write_bytes(pem)
    for key in keys.iterdir():
        key.chmod(0o600)
    (tmp_path / "gateway.toml").write_text(GOOD)
    return tmp_path


Read = Callable[..., Settings]


@pytest.fixture
def read(folder: Path) -> Read:
    """`read(text)` writes gateway.toml and loads it; `read(None)` loads what is there."""

    def write_and_load(text: str | bytes | None = None, **environ: str) -> Settings:
        path = folder / "gateway.toml"
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, ENVIRON | environ)

    return write_and_load
