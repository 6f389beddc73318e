"""Example as a local server: what the notes say of the vendor, and nothing more."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateway.testing import Wire

KEY = "example-key-0123456789abcdef"


class Simulator:
    """Example over HTTP; the state is in memory. Each switch is a thing the vendor does not say.

    page    people on a page
    gone    the status a deletion of somebody who is not there is answered with: 404, or 204
    """

    urls = Map(
        [
            Rule("/people", methods=["GET"], endpoint="people"),
            Rule("/people/<int:person_id>", methods=["GET"], endpoint="person"),
            Rule("/people/<int:person_id>", methods=["DELETE"], endpoint="erase"),
        ]
    )

    def __init__(self, *, now: Callable[[], datetime], page: int = 50, gone: int = 404) -> None:
        self.now = now
        self.page = page
        self.gone = gone
        self.people: dict[int, dict[str, Any]] = {}
        self.wire = Wire(Request.application(self._answer))
        self._lock = threading.Lock()
        self._ids = count(1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.wire(environ, start_response)

    def settings(self, base_url: str) -> dict[str, str]:
        """The settings a plugin signs in with."""
        return {"url": base_url, "key": KEY}

    def add_person(
        self, name: str, email: str = "", phone: str = "", consent_until: str | None = None
    ) -> str:
        """Put a person in and return the id."""
        with self._lock:
            number = next(self._ids)
            self.people[number] = {
                "id": number,
                "name": name,
                "email": email,
                "phone": phone,
                "created": self.now().isoformat(),
                "consent_until": consent_until,
            }
        return str(number)

    def _answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _json({"error": "unknown key"}, 401)
        try:
            endpoint, values = self.urls.bind_to_environ(request.environ).match()
        except HTTPException as err:
            return _json({"error": err.name}, err.code or 500)
        with self._lock:
            if endpoint == "people":
                return self._people(request)
            return self._person(values["person_id"], erase=endpoint == "erase")

    def _people(self, request: Request) -> Response:
        email = request.args.get("email")
        if email is not None:
            return _json(
                {"people": [each for each in self.people.values() if each["email"].lower() == email.lower()]}
            )
        after = request.args.get("after", 0, type=int)
        left = [each for number, each in sorted(self.people.items()) if number > after]
        shown = left[: self.page]
        return _json({"people": shown, "next": str(shown[-1]["id"]) if len(left) > self.page else None})

    def _person(self, person_id: int, *, erase: bool) -> Response:
        if person_id not in self.people:
            if erase and self.gone == 204:
                return Response(status=204)
            return _json({"error": "no such person"}, 404)
        if erase:
            del self.people[person_id]
            return Response(status=204)
        return _json(self.people[person_id])


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
