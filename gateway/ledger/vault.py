"""The ledger's cryptography: one key per subject, sealed identities, and keyed hashes to find them again.

The master key never enters the database. Three keys are derived from it (HKDF-SHA256): one wraps subject keys
(AES-256-GCM), one makes the look-up hashes (HMAC-SHA256), one seals the secrets of accounts (AES-256-GCM). With a
new master key the look-up key stays, sealed under the new one: a tombstone cannot be hashed anew.
Destroying a wrapped key makes what was sealed under it unreadable; an older backup still holds the key, until it
expires.
"""

from __future__ import annotations

import base64
import binascii
import os
from copy import copy
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import GatewayError, SettingsError
from gateway.model import Identity, IdentityKind, Secret

KEY_BYTES = 32
HASH_BYTES = 16
ANOTHER_KEY = (
    "gateway.master_key: this is not the key the ledger was written with; restore the right key file"
)
_NONCE = 12
_LOOKUP = b"\0look-up key"
"""Stands where the place of a secret would: no account is called so."""
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[tuple[str, str]])


def new_master_key() -> Secret:
    """A fresh master key: 32 random bytes in base64."""
    return Secret(base64.b64encode(os.urandom(KEY_BYTES)).decode())


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"ats-gateway {purpose}".encode()).derive(master)


def with_name(identity_hash: bytes, name_hash: bytes | None) -> bytes:
    """The hash an address is found by together with a name (or with none); keyed, as both of them are."""
    return sha256(identity_hash + (name_hash or b"")).digest()[:HASH_BYTES]


class Vault:
    """Seals and finds identities under one master key."""

    def __init__(self, master_key: Secret) -> None:
        try:
            master = base64.b64decode(master_key.reveal(), validate=True)
        except (binascii.Error, ValueError):
            master = b""
        if len(master) != KEY_BYTES:
            raise SettingsError("gateway.master_key: has to be 32 bytes in base64; `gateway init` makes one")
        self._wrapping = AESGCM(_derive(master, "wrap"))
        self._keeping = AESGCM(_derive(master, "secrets"))
        self._lookup_key = _derive(master, "look-up")
        self._lookup = HMAC(self._lookup_key, SHA256())

    def __repr__(self) -> str:
        return "Vault()"

    def seal_lookup(self, other: Vault) -> str:
        """The look-up key of `other`, sealed under this master key: what was hashed there is found with this one."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._keeping.encrypt(nonce, other._lookup_key, _LOOKUP)).decode()

    def with_lookup(self, sealed: str) -> Vault:
        """The same vault with the look-up key that was sealed under it; SettingsError when it is another one's."""
        raw = base64.b64decode(sealed)
        try:
            key = self._keeping.decrypt(raw[:_NONCE], raw[_NONCE:], _LOOKUP)
        except InvalidTag:
            raise SettingsError(ANOTHER_KEY) from None
        found = copy(self)
        found._lookup_key, found._lookup = key, HMAC(key, SHA256())  # noqa: SLF001 - it is one of ours, not used yet
        return found

    def hashes_like(self, other: Vault) -> bool:
        """Whether both find the same things by the same hashes."""
        return self._lookup_key == other._lookup_key

    def new_key(self) -> tuple[bytes, bytes]:
        """A fresh subject key, in clear and wrapped."""
        noise = os.urandom(KEY_BYTES + _NONCE)
        key, nonce = noise[:KEY_BYTES], noise[KEY_BYTES:]
        return key, nonce + self._wrapping.encrypt(nonce, key, None)

    def wrap(self, key: bytes) -> bytes:
        """A subject key that is there already, wrapped under this master key."""
        nonce = os.urandom(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, key, None)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The subject key in clear; SettingsError when the master key is another one."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], None)
        except InvalidTag:
            raise SettingsError(ANOTHER_KEY) from None

    def hash(self, kind: str, value: str) -> bytes:
        """The keyed hash a value is found by: HMAC-SHA256, its first 16 bytes (RFC 2104, section 5)."""
        mac = self._lookup.copy()
        mac.update(f"{kind}\0{value}".encode("utf-8", "surrogatepass"))
        return mac.finalize()[:HASH_BYTES]

    def seal(self, key: bytes, identities: list[tuple[str, str]]) -> bytes:
        """Identities as (kind, normalised value), unreadable without the subject key."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, _encoder.encode(identities), None)

    def unseal(self, key: bytes, sealed: bytes) -> tuple[Identity, ...]:
        try:
            text = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except InvalidTag as err:
            raise GatewayError("the ledger holds an identity that its subject key does not open") from err
        return tuple(Identity(IdentityKind(kind), value) for kind, value in _decoder.decode(text))

    def seal_secret(self, place: str, secret: Secret) -> bytes:
        """A secret of an account, readable with the master key and for this place only."""
        nonce = os.urandom(_NONCE)
        return nonce + self._keeping.encrypt(nonce, secret.reveal().encode(), place.encode())

    def open_secret(self, place: str, sealed: bytes) -> Secret:
        """The secret in clear; SettingsError when it was sealed with another master key, or for another place."""
        try:
            text = self._keeping.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except InvalidTag:
            raise SettingsError(ANOTHER_KEY) from None
        return Secret(text.decode())
