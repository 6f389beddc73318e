"""Checkpoints: keys, signatures, and the form they are kept in outside the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.errors import SettingsError
from gateway.model import Secret
from gateway.trail import (
    GENESIS,
    key_id,
    new_signing_key,
    public_key,
    read_checkpoint,
    sign,
    write_checkpoint,
)

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_signature_is_over_the_statement_the_documents_name(key: Secret) -> None:
    mark = sign(GENESIS, AT, key)

    statement = f"ats-gateway trail checkpoint\n0\n{'00' * 32}\n2026-03-01T08:00:00.000000Z\n"
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key(key))).verify(
        mark.signature, statement.encode()
    )


def test_key_id_is_the_start_of_the_hash_of_the_public_key(key: Secret) -> None:
    public = public_key(key)

    assert len(public) == 64
    assert key_id(public) == sha256(bytes.fromhex(public)).hexdigest()[:16] == sign(GENESIS, AT, key).key_id


def test_each_new_key_is_another_and_shows_itself_to_nobody() -> None:
    first, second = new_signing_key(), new_signing_key()

    assert public_key(first) != public_key(second)
    assert "PRIVATE" not in repr(first)
    assert first.reveal().startswith("-----BEGIN PRIVATE KEY-----")


def test_checkpoint_reads_back_as_it_was_written(make_trail: Callable, make_mark: Callable) -> None:
    mark = make_mark(make_trail(3), 3)

    assert read_checkpoint(write_checkpoint(mark)) == mark


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"seq":3', '"seq":"x"', "Expected `int`"),
        ('"seq":3', '"seq":3,"more":1', "unknown field `more`"),
        ('"hash":"', '"hash":"zz', "non-hexadecimal"),
        ("03.000000Z", "03.000000", "the time of a checkpoint carries its zone"),
        ("}", "", "truncated"),
    ],
)
def test_checkpoint_is_refused_when_what_is_read_is_none(
    make_trail: Callable, make_mark: Callable, old: str, new: str, message: str
) -> None:
    text = write_checkpoint(make_mark(make_trail(3), 3))

    with pytest.raises(ValueError, match=message):
        read_checkpoint(text.replace(old, new))
    assert read_checkpoint(text).seq == 3


X25519 = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq
-----END PRIVATE KEY-----
"""


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        ("", "not a private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key in PEM"),
        (X25519, "of another kind; it has to be Ed25519"),
    ],
    ids=["empty", "broken", "x25519"],
)
def test_signing_is_refused_when_the_key_is_none(pem: str, message: str, key: Secret) -> None:
    with pytest.raises(SettingsError, match=message):
        sign(GENESIS, AT, Secret(pem))
    assert sign(GENESIS, AT, key).seq == 0
