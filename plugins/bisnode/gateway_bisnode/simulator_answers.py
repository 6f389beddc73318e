"""How the simulated Bisnode answers: JSON, and a no with the vendor's error body."""

from __future__ import annotations

import json
from collections.abc import Iterable

from werkzeug.wrappers import Response


class RefusalError(Exception):
    """An answer that is a no, with the vendor's error body."""

    def __init__(self, status: int, message: str, fields: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.fields = [
            {"object": "request", "field": f, "rejectedValue": v, "message": message} for f, v in fields
        ]


def as_json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
