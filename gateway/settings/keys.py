"""The ledger's URL and the gateway's own keys: are they what they must be? No message shows any of them."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from urllib.parse import urlsplit

from gateway.model import Secret

SQLITE = "sqlite:///"
_KNOWN = 'must be "sqlite:///FILE" or "postgresql://USER@HOST/DATABASE"'


def read_ledger(url: str, folder: Path) -> str:
    """The ledger's URL with a whole path; raises ValueError for a URL that is no ledger's."""
    url = url.strip()
    if not url.isprintable():
        raise ValueError(_KNOWN)
    if url.startswith(SQLITE):
        name, mark, query = url.removeprefix(SQLITE).partition("?")
        if not name or name == ":memory:" or name.endswith("/"):
            raise ValueError("must name a file: the ledger is the only memory of the gateway")
        return f"{SQLITE}{(folder / name).absolute()}{mark}{query}"
    if url.startswith("postgres://"):
        raise ValueError('must start with "postgresql://"')
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("is not a URL that can be read; " + _KNOWN) from None
    if parts.scheme not in {"postgresql", "postgresql+psycopg"} or not port_fits:
        raise ValueError(_KNOWN)
    if len(parts.path) < 2:
        raise ValueError("must name a database: postgresql://USER@HOST/DATABASE")
    return url


def check_master(key: Secret) -> None:
    """Raises ValueError where the key is not 32 bytes in base64."""
    try:
        size = len(base64.b64decode(key.reveal().strip(), validate=True))
    except (binascii.Error, ValueError):
        size = -1
    if size != 32:
        found = "it is not base64" if size < 0 else f"it is {size} bytes"
        raise ValueError(f"must be 32 random bytes in base64; {found}")


def check_signing(key: Secret) -> None:
    """Raises ValueError where the key is not an Ed25519 private key in PEM without a password."""
    # Heavy to import, and needed by few commands before the settings are read.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(key.reveal().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    fits = isinstance(private, Ed25519PrivateKey)
    if not fits:
        raise ValueError("must be an Ed25519 private key in PEM (PKCS 8), without a password")
