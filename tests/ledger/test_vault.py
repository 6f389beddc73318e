"""The vault: what it seals it opens, with the right key only, and its hashes are those of the standard."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Vault, new_master_key
from gateway.ledger.vault import HASH_BYTES, with_name
from gateway.model import Identity, IdentityKind, Secret

MASTER = bytes(range(32))
FIXED = Vault(Secret(base64.b64encode(MASTER).decode()))


def hkdf(master, info):
    """HKDF-SHA256 (RFC 5869) without a salt, one block, by hand."""
    extracted = hmac.digest(bytes(32), master, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def test_a_hash_is_hmac_sha256_under_a_derived_key():
    expected = hmac.digest(hkdf(MASTER, b"ats-gateway look-up"), b"email\0kari@example.org", "sha256")
    assert FIXED.hash("email", "kari@example.org") == expected[:HASH_BYTES]
    assert len(expected[:HASH_BYTES]) == 16


def test_a_hash_with_a_name_is_of_both():
    email, name = FIXED.hash("email", "kari@example.org"), FIXED.hash("name", "kari nordmann")
    assert with_name(email, name) == sha256(email + name).digest()[:HASH_BYTES]
    assert with_name(email, None) not in (email, with_name(email, name))


def test_kind_and_master_key_change_a_hash(vault):
    assert FIXED.hash("email", "x") != FIXED.hash("phone", "x")
    assert FIXED.hash("email", "x") != vault.hash("email", "x")


@given(
    st.lists(st.tuples(st.sampled_from(["email", "phone", "link"]), st.text(st.characters(codec="utf-8"))))
)
def test_what_is_sealed_is_unsealed(identities):
    key, wrapped = FIXED.new_key()
    sealed = FIXED.seal(FIXED.unwrap(wrapped), identities)
    assert FIXED.unwrap(wrapped) == key
    assert FIXED.unseal(key, sealed) == tuple(
        Identity(IdentityKind(kind), value) for kind, value in identities
    )


def test_the_same_is_sealed_differently_each_time(vault):
    key, _ = vault.new_key()
    assert vault.seal(key, [("email", "kari@example.org")]) != vault.seal(
        key, [("email", "kari@example.org")]
    )


def test_another_master_key_opens_nothing(vault):
    _, wrapped = vault.new_key()
    with pytest.raises(
        SettingsError, match="this is not the key the ledger was written with; restore the right key"
    ):
        Vault(new_master_key()).unwrap(wrapped)
    assert len(vault.unwrap(wrapped)) == 32


def test_another_subject_key_opens_nothing(vault):
    (mine, _), (other, _) = vault.new_key(), vault.new_key()
    sealed = vault.seal(mine, [("email", "kari@example.org")])
    with pytest.raises(GatewayError, match="an identity that its subject key does not open") as caught:
        vault.unseal(other, sealed)
    assert "kari" not in str(caught.value)
    assert vault.unseal(mine, sealed)


def test_a_changed_seal_is_not_opened(vault):
    key, _ = vault.new_key()
    sealed = bytearray(vault.seal(key, [("email", "kari@example.org")]))
    sealed[-1] ^= 1
    with pytest.raises(GatewayError, match="does not open"):
        vault.unseal(key, bytes(sealed))


@pytest.mark.parametrize(
    "text", ["", "pencil", base64.b64encode(bytes(31)).decode(), "æøå", "A" * 43 + "=\n="]
)
def test_a_master_key_of_another_shape_is_refused_without_showing_it(text):
    with pytest.raises(SettingsError, match=r"gateway\.master_key: has to be 32 bytes in base64") as caught:
        Vault(Secret(text))
    assert not text or text not in str(caught.value)
    assert Vault(new_master_key())


def test_a_vault_shows_nothing_of_its_keys():
    shown = repr(FIXED) + str(FIXED) + format(FIXED)
    assert shown == "Vault()" * 3
    assert repr(new_master_key()) == "Secret('**********')"


def test_master_keys_are_never_the_same():
    assert new_master_key() != new_master_key()
