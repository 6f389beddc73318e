"""A plain vendor on loopback: shows a person by e-mail or by id, deletes one by id, and goes wrong when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire
from gateway.testing.faults import CutError

LATENCY = 0.02


class PlainVendor:
    """People in memory, and an honest journal on `wire`, where faults are put too.

    `keeps`: a deletion is answered with 204, and the row stays. `hold` keeps the deletions that arrive from
    being answered until `let_go`: how many wait says `held`.
    """

    urls = Map(
        [
            Rule("/people", methods=["GET"], endpoint="find"),
            Rule("/people/<int:number>", methods=["GET"], endpoint="show"),
            Rule("/people/<int:number>", methods=["DELETE"], endpoint="erase"),
        ]
    )

    def __init__(self) -> None:
        self.people: dict[int, dict[str, Any]] = {}
        self.erased: list[int] = []
        self.keeps = False
        self.held = 0
        self.wire = Wire(Request.application(self._answer))
        self.wire.latency = LATENCY
        self._lock = threading.Lock()
        self._ids = count(1)
        self._go_on = threading.Event()
        self._go_on.set()
        self._fate: Callable[[int], str] = lambda _: "late"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def add(self, email: str, also: str = "") -> int:
        """Put a person in; `also` is their second address. The id."""
        number = next(self._ids)
        self.people[number] = {"id": number, "email": email, "also": also}
        return number

    def hold(self, fate: Callable[[int], str] = lambda _: "late") -> None:
        """Answer no deletion until `let_go`. The fate of each, by id:

        early   the row is deleted at once, and the answer waits
        late    it is deleted when the wait is over, whoever still listens
        lost    it is never deleted, and the connection is cut
        """
        self._fate = fate
        self._go_on.clear()

    def let_go(self) -> None:
        self._go_on.set()

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, values = self.urls.bind_to_environ(request.environ).match()
        except HTTPException as err:
            return _json({"error": err.name}, err.code or 500)
        if endpoint == "find":
            return self._find(request.args)
        number = values["number"]
        if endpoint == "show":
            person = self.people.get(number)
            return _json(person) if person else _json({"error": "no such person"}, 404)
        return self._erase(number)

    def _find(self, asked: Any) -> Response:
        """Those of one address; without one, a page of all."""
        with self._lock:
            rows = sorted(self.people.items())
        if "email" in asked:
            email = asked["email"].lower()
            return _json({"people": [row for _, row in rows if row["email"].lower() == email]})
        return _json({"people": [row for _, row in rows]})

    def _erase(self, number: int) -> Response:
        if self._go_on.is_set():
            return self._deleted(number)
        fate = self._fate(number)
        answer = self._deleted(number) if fate == "early" else None
        with self._lock:
            self.held += 1
        self._go_on.wait()
        with self._lock:
            self.held -= 1
        if fate == "lost":
            raise CutError
        return answer or self._deleted(number)

    def _deleted(self, number: int) -> Response:
        with self._lock:
            if number not in self.people:
                return _json({"error": "no such person"}, 404)
            if not self.keeps:
                del self.people[number]
                self.erased.append(number)
        return Response(status=204)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
