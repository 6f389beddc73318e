"""Checkpoints: the gateway's signature (Ed25519) under where the trail stood, against rewriting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.errors import SettingsError
from gateway.model import Secret
from gateway.trail.lines import Head, stamp


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Line `seq` had this hash at that time, says the holder of the key."""

    seq: int
    hash: bytes
    at: datetime
    key_id: str
    signature: bytes


class Written(msgspec.Struct, forbid_unknown_fields=True):
    """A checkpoint as it is written in a file: the bytes in hexadecimal."""

    seq: int
    hash: str
    at: str
    key_id: str
    signature: str


def new_signing_key() -> Secret:
    """A new private key: PKCS #8, PEM."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Secret(pem.decode())


def public_key(private_key: Secret) -> str:
    """The public half: 32 bytes, as 64 hexadecimal digits."""
    return _load(private_key).public_key().public_bytes_raw().hex()


def key_id(public: str) -> str:
    """The short name of a public key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return sha256(_raw(public)).hexdigest()[:16]


def sign(head: Head, at: datetime, private_key: Secret) -> Checkpoint:
    """Put the signature under where the trail stands."""
    key = _load(private_key)
    name = key_id(key.public_key().public_bytes_raw().hex())
    return Checkpoint(head.seq, head.hash, at, name, key.sign(statement(head.seq, head.hash, at)))


def statement(seq: int, digest: bytes, at: datetime) -> bytes:
    """The text that is signed."""
    return f"ats-gateway trail checkpoint\n{seq}\n{digest.hex()}\n{stamp(at)}\n".encode()


def is_signed(checkpoint: Checkpoint, public: str) -> bool:
    """Whether the signature is that of the holder of this key."""
    try:
        Ed25519PublicKey.from_public_bytes(_raw(public)).verify(
            checkpoint.signature, statement(checkpoint.seq, checkpoint.hash, checkpoint.at)
        )
    except InvalidSignature:
        return False
    return True


def write_checkpoint(checkpoint: Checkpoint) -> str:
    """A checkpoint as one line of JSON, to be kept where the ledger is not."""
    return msgspec.json.encode(written(checkpoint)).decode()


def read_checkpoint(text: str) -> Checkpoint:
    """What `write_checkpoint` wrote; raises ValueError for anything else."""
    record = msgspec.json.decode(text, type=Written)
    at = datetime.fromisoformat(record.at)
    if at.tzinfo is None:
        raise ValueError("the time of a checkpoint carries its zone")
    return Checkpoint(
        record.seq,
        bytes.fromhex(record.hash),
        at.astimezone(UTC),
        record.key_id,
        bytes.fromhex(record.signature),
    )


def written(checkpoint: Checkpoint) -> Written:
    return Written(
        seq=checkpoint.seq, hash=checkpoint.hash.hex(), at=stamp(checkpoint.at), key_id=checkpoint.key_id,
        signature=checkpoint.signature.hex(),
    )  # fmt: skip


def _load(private_key: Secret) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(private_key.reveal().encode(), password=None)
    except (ValueError, TypeError) as err:
        raise SettingsError("the trail's signing key is not a private key in PEM without a password") from err
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError("the trail's signing key is a private key of another kind; it has to be Ed25519")
    return key


def _raw(public: str) -> bytes:
    try:
        raw = bytes.fromhex(public)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise SettingsError("a public key of the trail is 64 hexadecimal digits")
    return raw
