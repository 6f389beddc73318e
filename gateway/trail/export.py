"""Writing a trail to a file that anybody can verify: `docs/verify_trail.py` needs nothing but Python."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gateway.trail.checkpoints import Checkpoint, written

FORMAT, VERSION = "ats-gateway-trail", 1


def export_lines(
    lines: Iterable[tuple[int, str, bytes]], checkpoints: Iterable[Checkpoint], *public_keys: str
) -> Iterator[str]:
    """The export as lines of JSON, without line ends: a header, the checkpoints, the lines of the trail.

    Checkpoints come first, so that a file whose end was cut off says so itself.
    """
    yield _written({"format": FORMAT, "version": VERSION, "public_keys": list(public_keys)})
    for checkpoint in checkpoints:
        yield _written({"checkpoint": msgspec.to_builtins(written(checkpoint))})
    for seq, body, digest in lines:
        yield _written({"seq": seq, "body": body, "hash": digest.hex()})


def _written(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))
