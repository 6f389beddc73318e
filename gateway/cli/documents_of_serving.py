"""The JSON documents of `gateway nodes` and `schedule`, member by member, beside those in documents.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OF_SERVING: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "nodes": {
            "nodes[].number": "the number of the node",
            "nodes[].name": "how it is called",
            "nodes[].kind": "serve or sync",
            "nodes[].state": "alive, stopped, gone (its process is not there), or silent (for too long)",
            "nodes[].host": "the machine it is on",
            "nodes[].pid": "its process there",
            "nodes[].version": "the version of the gateway it runs",
            "nodes[].started": "when it began",
            "nodes[].beat": "when it last said that it lives",
            "nodes[].ended": "when it ended; null while it has not",
            "nodes[].at[]": "a processor at which it alone works now",
            "nodes[].doing[]": "what it is doing, such as `delete recman`",
        },
        "schedule": {
            "jobs[].name": "what is done, and at which processor: `fetch:recman`, `plan`",
            "jobs[].every": "how often, or five fields of cron, as gateway.toml says",
            "jobs[].next": "when its turn comes",
            "jobs[].last": "when its last turn began; null before the first",
            "jobs[].ended": "when that ended; null while it goes on",
            "jobs[].result": "done, or failed with the reason; null while it goes on",
            "jobs[].missed": "how many turns never came, since nobody was there",
            "jobs[].missed_at": "when that was last found; null for never",
            "jobs[].overlapped": "how many turns were left out, since the one before still went on",
        },
    }
)
