"""The JSON documents of the commands that keep the ledger, member by member, beside those in documents.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_COUNTS = {
    "tables": "how many tables were copied",
    "rows": "how many rows",
    "lines": "how many lines of the trail are among them",
}
OF_KEEPING: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "backup": {"file": "the file", **_COUNTS},
        "restore": {
            "file": "the file",
            **_COUNTS,
            "line": "the last line of the trail in the backup",
            "backed_up": "when the backup was made; null where it does not say",
            "upgraded_from": "the schema of an older backup; null where it was up to date",
            "open_steps": "how many steps will be looked at before they are begun",
            "strange_checkpoints": "how many checkpoints kept outside had another hash for a line of the backup",
            "aside[]": "the files that keep what was there before",
            "carried": "what came over from the ledger that was replaced; null where nothing could",
            "carried.tombstones": "how many keyed tombstones",
            "carried.cases": "how many cases, which tombstones point to or people asked for",
            "carried.words": "how many consents, events and holds were added or changed",
            "carried.erased": "how many people were erased since the backup, and stay so",
            "carried.lost[].action": "what the replaced trail tells of since; these lines are in the file kept aside only",
            "carried.lost[].lines": "in how many lines",
        },
        "move": {"to": "the new database, without a password", **_COUNTS},
        "upgrade": {
            "before": "the schema of the ledger before",
            "after": "the schema now; the same where there was nothing to do",
            "backup": "the backup that was made first; null where none was",
        },
        "key rotate": {
            "file": "the file of the new key",
            "made": "whether the key was made now",
            "people": "how many keys of people were put under it",
            "secrets": "how many secrets of accounts",
            "line": "what has to stand in gateway.toml",
        },
    }
)
