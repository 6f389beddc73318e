"""Records as they go into the ledger: normalised, hashed, and stripped of names. It runs for every row of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.errors import PluginError
from gateway.identities import name_key, normalise
from gateway.ledger.vault import Vault
from gateway.model import Identity, IdentityKind, Record

_LINK = str(IdentityKind.LINK)
_encode = msgspec.json.Encoder().encode


class Sighting(NamedTuple):
    """A record with what is compared and kept of it. `links` name records at other processors."""

    record: Record
    identities: list[tuple[str, str]]
    hashes: list[bytes]
    links: list[tuple[str, str]]
    own_link: bytes
    name_hash: bytes | None
    born_hash: bytes | None
    digest: bytes


def sight(records: Sequence[Record], processor: str, vault: Vault, region: str) -> list[Sighting]:
    """Normalise and hash the records of a page; nothing is written. PluginError for what no ledger can hold."""
    if mistake := _mistake(records):
        raise PluginError(f"{processor}: a record of kind {records[0].ref.kind!r} has {mistake}")
    keyed = vault.hash
    sightings = []
    for record in records:
        identities = _normalised(record.identities, region)
        name, born = name_key(record.name), record.born
        content = _encode(
            (sorted(identities), name, born, record.created, record.updated, record.active, record.consents)
        )
        sighting = Sighting(
            record,
            identities,
            [keyed(kind, value) for kind, value in identities],
            [_halves(value) for kind, value in identities if kind == _LINK],
            keyed(_LINK, f"{processor}:{record.ref.id}"),
            keyed("name", name) if name else None,
            keyed("born", born.isoformat()) if born else None,
            keyed("record", content.decode()),
        )
        sightings.append(sighting)
    return sightings


def _normalised(identities: Iterable[Identity], region: str) -> list[tuple[str, str]]:
    """Kind and value of each that can serve to know somebody by, once."""
    found = {
        (str(each.kind), value): None for each in identities if (value := normalise(each, region)) is not None
    }
    return list(found)


def _halves(link: str) -> tuple[str, str]:
    processor, _, vendor_id = link.partition(":")
    return processor, vendor_id


def _mistake(records: Iterable[Record]) -> str:
    """What the databases would refuse, or take for something else; empty where there is nothing."""
    consents = [consent for record in records for consent in record.consents]
    moments = [each for record in records for each in (record.created, record.updated, record.active)]
    days = [day for each in consents for day in (each.given, each.expires, each.withdrawn)]
    moments += [day for day in days if isinstance(day, datetime)]
    if any(each.tzinfo is None for each in moments if each is not None):
        return "a time without a zone"
    texts = [text for record in records for text in (record.ref.kind, record.ref.id)]
    texts += [each.purpose for each in consents]
    return "" if _can_be_kept(texts) else "an id or a purpose that is not text, or is empty"


def _can_be_kept(texts: Iterable[str]) -> bool:
    """Whether all are Unicode without NUL, and none is empty: PostgreSQL keeps no other."""
    try:
        return all(texts) and b"\0" not in "".join(texts).encode()
    except (TypeError, UnicodeEncodeError):
        return False
